//! The common time axis that patterns are laid on.

use chrono::{DateTime, Utc};

use crate::logs::Analysis;
use crate::logs::changes::Clock;
use crate::logs::pattern::Buckets;
use crate::logs::summary::judged::Judged;
use crate::model::Level;
use crate::report::{Timeline, TimelineBucket};

/// Most bars of the timeline.
const MAX_BARS: i64 = 120;
/// Lengths that a person can read, in seconds.
const LENGTHS: [i64; 18] = [
    1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800, 2_592_000,
    31_536_000,
];

/// Equal steps from the first record to the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    start_s: i64,
    step_s: i64,
    bars: usize,
    /// From the first record to the last.
    span_s: i64,
}

impl Axis {
    /// The axis that covers an analysis; without any time it has no bars.
    pub(super) fn of(analysis: &Analysis) -> Self {
        let (Some(first), Some(last)) = (analysis.books.first_at, analysis.books.last_at) else {
            return Self { start_s: 0, step_s: 1, bars: 0, span_s: 0 };
        };
        let (first, last) = (first.div_euclid(1_000_000), last.div_euclid(1_000_000));
        let span = last - first;
        let fits = |step: &i64| span / step < MAX_BARS;
        let step_s = LENGTHS.into_iter().find(fits).unwrap_or(span / MAX_BARS + 1);
        let start_s = first.div_euclid(step_s) * step_s;
        let bars = usize::try_from((last - start_s) / step_s + 1).unwrap_or(0);
        Self { start_s, step_s, bars, span_s: span }
    }

    /// Minutes from the first record to the last.
    pub(super) fn minutes(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a span for rates")]
        let minutes = self.span_s as f64 / 60.0;
        minutes
    }

    /// Each pattern's records in each bar, each once.
    pub(super) fn tracks(&self, judged: &[Judged<'_>]) -> Vec<Vec<u64>> {
        judged.iter().map(|j| self.track(j)).collect()
    }

    fn track(&self, judged: &Judged<'_>) -> Vec<u64> {
        if judged.shares.iter().all(|share| !share.is_copy) {
            return self.lay(&judged.pattern.buckets);
        }
        let mut track = vec![0; self.bars];
        for share in judged.originals() {
            track.iter_mut().zip(self.lay(&share.share.buckets)).for_each(|(sum, n)| *sum += n);
        }
        track
    }

    /// Lays counts on the axis; a bucket wider than a bar is spread evenly over the bars that it covers.
    pub(super) fn lay(&self, buckets: &Buckets) -> Vec<u64> {
        let mut track = vec![0; self.bars];
        let Some(last) = self.bars.checked_sub(1) else { return track };
        let width = 1_i64 << buckets.shift().min(40);
        let place =
            |s: i64| usize::try_from((s - self.start_s).max(0) / self.step_s).unwrap_or(last).min(last);
        for (start, count) in buckets.iter() {
            let (from, to) = (place(start), place(start + width - 1));
            let n = (to - from + 1) as u64;
            for (i, at) in (from..=to).enumerate() {
                track[at] += count * (i as u64 + 1) / n - count * i as u64 / n;
            }
        }
        track
    }

    /// All records in each bar.
    pub(super) fn totals(&self, tracks: &[Vec<u64>]) -> Vec<u64> {
        let mut totals = vec![0; self.bars];
        for track in tracks {
            totals.iter_mut().zip(track).for_each(|(sum, n)| *sum += n);
        }
        totals
    }

    /// The axis as the tests for changes want it.
    pub(super) fn clock<'a>(&self, records: &'a [u64]) -> Clock<'a> {
        Clock { start_s: self.start_s, bucket_s: self.step_s, records }
    }

    /// The bars of the report, by effective level.
    pub(super) fn timeline(&self, judged: &[Judged<'_>], totals: &[u64]) -> Timeline {
        let mut errors = vec![0; self.bars];
        let mut warnings = vec![0; self.bars];
        for share in judged.iter().flat_map(Judged::originals) {
            let track = match share.effective {
                Some(level) if level >= Level::Error => &mut errors,
                Some(Level::Warning) => &mut warnings,
                _ => continue,
            };
            let laid = self.lay(&share.share.buckets);
            track.iter_mut().zip(laid).for_each(|(sum, n)| *sum += n);
        }
        let bar = |i: usize| {
            let at = self.start_s + self.step_s * i64::try_from(i).ok()?;
            let at = DateTime::<Utc>::from_timestamp(at, 0)?;
            Some(TimelineBucket { at, records: totals[i], warnings: warnings[i], errors: errors[i] })
        };
        Timeline {
            bucket_seconds: u64::try_from(self.step_s).unwrap_or(1),
            buckets: (0..self.bars).filter_map(bar).collect(),
        }
    }
}
