//! Patterns that came at even intervals and ceased.

use crate::logs::pattern::Buckets;
use crate::logs::silence::Silence;

/// Beats from which on a rhythm is believed.
const LEAST_BEATS: u64 = 20;
/// Beats in a row that must be missing, and for how long at least.
const MISSING: i64 = 10;
const LEAST_S: i64 = 60;
/// Share of intervals that must be near the median, in percent, and how near.
const EVEN_PERCENT: usize = 90;
const NEAR_PERCENT: i64 = 25;
/// Variance over mean of the counts of buckets: 1 for what comes by chance, 0 for clockwork.
const DISPERSION: f64 = 0.25;
/// Buckets that tell a rhythm by their counts.
const LEAST_BUCKETS: usize = 8;

/// A pattern that may be a heartbeat.
#[derive(Clone, Copy, Debug)]
pub struct Beat<'a> {
    pub count: u64,
    pub last_s: i64,
    pub buckets: &'a Buckets,
    /// How far the logs in which it stands went on.
    pub log_last_s: i64,
}

/// Says which heartbeats ceased, the longest silence first.
pub fn ceased(beats: &[Beat<'_>]) -> Vec<Silence> {
    let mut found: Vec<Silence> = beats
        .iter()
        .enumerate()
        .filter(|(_, beat)| beat.count >= LEAST_BEATS && beat.log_last_s - beat.last_s >= LEAST_S)
        .filter_map(|(of, beat)| {
            let silent_s = beat.log_last_s - beat.last_s;
            let usual_s = period(beat.buckets)?;
            let width = 1_i64 << beat.buckets.shift().min(40);
            (silent_s >= MISSING * usual_s && silent_s >= 2 * width).then_some(Silence {
                of,
                last_s: beat.last_s,
                silent_s,
                usual_s,
            })
        })
        .collect();
    found.sort_by_key(|silence| (std::cmp::Reverse(silence.silent_s), silence.of));
    found
}

/// The period of even counts, in whole seconds; `None` where there is no rhythm.
fn period(buckets: &Buckets) -> Option<i64> {
    let cells: Vec<(i64, u64)> = buckets.iter().collect();
    if buckets.shift() == 0 && cells.iter().all(|cell| cell.1 == 1) {
        by_intervals(&cells)
    } else {
        by_counts(&cells, 1_i64 << buckets.shift().min(40))
    }
}

fn by_intervals(cells: &[(i64, u64)]) -> Option<i64> {
    let mut gaps: Vec<i64> = cells.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    gaps.sort_unstable();
    let median = *gaps.get(gaps.len() / 2)?;
    let slack = (median * NEAR_PERCENT / 100).max(1);
    let near = gaps.iter().filter(|gap| (*gap - median).abs() <= slack).count();
    (near * 100 >= gaps.len() * EVEN_PERCENT).then_some(median)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a rhythm, within a quarter"
)]
fn by_counts(cells: &[(i64, u64)], width: i64) -> Option<i64> {
    // The first and the last bucket are not full.
    let inner = cells.get(1..cells.len().checked_sub(1)?)?;
    if inner.len() < LEAST_BUCKETS {
        return None;
    }
    let span = (inner.last()?.0 - inner.first()?.0) / width + 1;
    let n = span as f64;
    let mean = inner.iter().map(|cell| cell.1 as f64).sum::<f64>() / n;
    let empty = n - inner.len() as f64;
    let squares: f64 = inner.iter().map(|cell| (cell.1 as f64 - mean).powi(2)).sum();
    let variance = (squares + empty * mean * mean) / n;
    (variance <= DISPERSION * mean).then(|| ((width as f64 / mean).round() as i64).max(1))
}

#[cfg(test)]
mod tests {
    use super::{Beat, ceased};
    use crate::logs::pattern::Buckets;
    use crate::logs::scan::mix64;

    fn beat(times: impl Iterator<Item = u32>, most: usize, log_last_s: i64) -> usize {
        let (mut buckets, mut count, mut last_s) = (Buckets::default(), 0, 0);
        for time in times {
            buckets.add(time >> buckets.shift(), 1, most);
            count += 1;
            last_s = last_s.max(i64::from(time));
        }
        ceased(&[Beat { count, last_s, buckets: &buckets, log_last_s }]).len()
    }

    #[test]
    fn a_beat_of_15_seconds_that_ceased_is_told() {
        assert_eq!(beat((0..200).map(|n| n * 15), 512, 6_000), 1);
        assert_eq!(beat((0..200).map(|n| n * 15), 512, 3_000), 0, "it goes on");
        // Too many for buckets of a second.
        assert_eq!(beat((0..20_000).map(|n| n * 15), 512, 400_000), 1);
    }

    #[test]
    fn jitter_of_a_second_is_no_matter() {
        let times = (0..300_u32).map(|n| n * 30 + u32::try_from(mix64(n.into(), 1) % 2).unwrap());
        assert_eq!(beat(times, 512, 20_000), 1);
    }

    #[test]
    fn what_comes_by_chance_is_no_heartbeat() {
        for count in [100, 300, 20_000] {
            let mut times: Vec<u32> = (0..count).map(|n| (mix64(n, 7) % 300_000) as u32).collect();
            times.sort_unstable();
            assert_eq!(beat(times.iter().copied(), 512, 400_000), 0, "{count}");
        }
    }
}
