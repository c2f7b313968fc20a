//! Silence, as the report tells it.

use std::collections::BTreeMap;

use crate::logs::Analysis;
use crate::logs::input::Source;
use crate::logs::pattern::Buckets;
use crate::logs::restarts::Mark;
use crate::logs::silence::{Beat, Silence, Track, ceased, stopped};
use crate::logs::summary::coverage::moment;
use crate::logs::summary::judged::Judged;
use crate::model::Level;
use crate::report;
use crate::text::redact;

/// Buckets over the life of one log.
const BUCKETS: usize = 4096;
/// A log of errors alone has no steady life. Share of its records, in percent.
const ERRORS_ALONE: u64 = 90;

/// Logs that stopped and heartbeats that ceased, the longest silence first.
pub(super) fn silences(
    analysis: &Analysis,
    sources: &[Source],
    judged: &[Judged<'_>],
) -> Vec<report::Silence> {
    let lives = Lives::of(analysis, sources, judged);
    let mut found: Vec<report::Silence> = lives
        .stopped()
        .into_iter()
        .map(|silence| {
            told(&silence, report::SilenceKind::LogStopped, analysis.series[silence.of].clone(), None)
        })
        .collect();
    let candidates: Vec<(&Judged<'_>, i64)> =
        judged.iter().filter(is_calm).filter_map(|judged| Some((judged, lives.last_of(judged)?))).collect();
    let beats: Vec<Beat<'_>> = candidates
        .iter()
        .map(|(judged, log_last_s)| Beat {
            count: judged.pattern.count,
            last_s: judged.pattern.last_at.map_or(i64::MAX, seconds),
            buckets: &judged.pattern.buckets,
            log_last_s: *log_last_s,
        })
        .filter(|beat| beat.last_s != i64::MAX)
        .collect();
    found.extend(ceased(&beats).into_iter().map(|silence| {
        let pattern = candidates[silence.of].0.pattern;
        let template = redact::secrets(&pattern.template).into_owned();
        told(&silence, report::SilenceKind::HeartbeatCeased, template, Some(pattern.id.to_string()))
    }));
    found
}

/// A failure that no longer comes is no heartbeat that is missed.
fn is_calm(judged: &&Judged<'_>) -> bool {
    judged.shares.iter().all(|share| share.effective < Some(Level::Warning))
}

fn told(
    silence: &Silence,
    kind: report::SilenceKind,
    subject: String,
    pattern_id: Option<String>,
) -> report::Silence {
    let ms = |s: i64| u64::try_from(s).unwrap_or(0) * 1_000;
    report::Silence {
        kind,
        subject,
        pattern_id,
        last_at: moment(Some(silence.last_s * 1_000_000)),
        silent_ms: ms(silence.silent_s),
        usual_ms: ms(silence.usual_s),
    }
}

fn seconds(us: i64) -> i64 {
    us.div_euclid(1_000_000)
}

/// The logs over time, by series; `None` for one that can be called neither steady nor silent.
struct Lives {
    tracks: Vec<Option<Track>>,
}

impl Lives {
    fn of(analysis: &Analysis, sources: &[Source], judged: &[Judged<'_>]) -> Self {
        let mut buckets: Vec<Buckets> = vec![Buckets::default(); analysis.series.len()];
        let mut errors = vec![0_u64; analysis.series.len()];
        for share in judged.iter().flat_map(|j| &j.shares).map(|s| s.share) {
            let series = share.variant.series as usize;
            buckets[series].merge(share.buckets.clone(), BUCKETS);
            if share.variant.level >= Some(Level::Error) {
                errors[series] += share.count;
            }
        }
        let last_marks: BTreeMap<&str, Mark> =
            analysis.events.iter().map(|event| (event.series.as_str(), event.mark)).collect();
        let track = |(number, name): (usize, &String)| {
            let books = || {
                let of_it = sources.iter().zip(&analysis.sources);
                of_it.filter(|(source, _)| source.series == *name).map(|(_, books)| books)
            };
            let records: u64 = books().map(|books| books.records).sum();
            let is_copy = analysis.copies.original_of(number as u32).is_some();
            if is_copy || errors[number] * 100 >= records * ERRORS_ALONE {
                return None;
            }
            Some(Track {
                first_s: books().filter_map(|books| books.first_at).min().map(seconds)?,
                last_s: books().filter_map(|books| books.last_at).max().map(seconds)?,
                records,
                longest_pause_s: longest_pause(&buckets[number]),
                ends_stopped: last_marks.get(name.as_str()) == Some(&Mark::Stop),
            })
        };
        Self { tracks: analysis.series.iter().enumerate().map(track).collect() }
    }

    fn stopped(&self) -> Vec<Silence> {
        let known: Vec<(usize, Track)> =
            self.tracks.iter().enumerate().filter_map(|(at, track)| Some((at, (*track)?))).collect();
        let tracks: Vec<Track> = known.iter().map(|(_, track)| *track).collect();
        let found = stopped(&tracks).into_iter();
        found.map(|silence| Silence { of: known[silence.of].0, ..silence }).collect()
    }

    /// How far the logs went on in which a pattern stands.
    fn last_of(&self, judged: &Judged<'_>) -> Option<i64> {
        let series = judged.shares.iter().map(|s| s.share.variant.series as usize);
        series.filter_map(|at| self.tracks[at].map(|track| track.last_s)).max()
    }
}

/// The longest time from one occupied bucket to the next.
fn longest_pause(buckets: &Buckets) -> i64 {
    let starts: Vec<i64> = buckets.iter().map(|(start, _)| start).collect();
    let width = 1_i64 << buckets.shift().min(40);
    starts.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(width)
}
