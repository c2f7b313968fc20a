//! Real errors by the minute, and crashes by the day.

use std::collections::BTreeMap;

use crate::logs::Analysis;
use crate::logs::summary::judged::Judged;
use crate::report::Restarts;

const MINUTE_S: i64 = 60;
const MINUTE_US: i64 = MINUTE_S * 1_000_000;
const DAY_S: i64 = 86_400;

/// Real errors in each minute that had some, by time, and those without any time.
///
/// Patterns that are very frequent are counted in buckets wider than a minute; their records are spread evenly.
pub(super) fn errors(judged: &[Judged<'_>]) -> (Vec<(i64, u64)>, u64) {
    let mut by_minute: BTreeMap<i64, u64> = BTreeMap::new();
    let mut undated = 0;
    for share in judged.iter().flat_map(|j| &j.shares).filter(|s| s.is_error()).map(|s| s.share) {
        let width = ((1_i64 << share.buckets.shift().min(40)) / MINUTE_S).max(1);
        for (start, count) in share.buckets.iter() {
            let first = start.div_euclid(MINUTE_S);
            for (minute, part) in spread(count, width) {
                *by_minute.entry(first + minute).or_default() += part;
            }
        }
        undated += share.count.saturating_sub(share.buckets.total());
    }
    (by_minute.into_iter().collect(), undated)
}

/// Splits a count over so many minutes, as evenly as whole numbers allow; minutes that get nothing are left out.
fn spread(count: u64, minutes: i64) -> impl Iterator<Item = (i64, u64)> {
    let n = u64::try_from(minutes).unwrap_or(1).clamp(1, count.max(1));
    (0..n).map(move |i| {
        let part = count * (i + 1) / n - count * i / n;
        let minute = i64::try_from(i).unwrap_or(0) * minutes / i64::try_from(n).unwrap_or(1);
        (minute, part)
    })
}

/// Minutes from the first record to the last, both included.
pub(super) fn covered(analysis: &Analysis) -> u64 {
    match (analysis.books.first_at, analysis.books.last_at) {
        (Some(first), Some(last)) => {
            let minutes = last.div_euclid(MINUTE_US) - first.div_euclid(MINUTE_US) + 1;
            u64::try_from(minutes).unwrap_or(0)
        }
        _ => 0,
    }
}

/// Crashes in the worst 24 hours; those without a time count together.
pub(super) fn crashes_per_day(starts: &Restarts) -> u64 {
    let crashes = starts.events.iter().filter(|e| e.kind == "crash");
    let (dated, undated): (Vec<_>, Vec<_>) =
        crashes.map(|e| e.at.map(|at| at.timestamp())).partition(Option::is_some);
    let mut times: Vec<i64> = dated.into_iter().flatten().collect();
    times.sort_unstable();
    let within_a_day = |(i, from): (usize, &i64)| times[i..].partition_point(|t| t - from < DAY_S);
    let worst = times.iter().enumerate().map(within_a_day).max().unwrap_or(0);
    (worst + undated.len()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreading_keeps_the_sum() {
        for (count, minutes) in [(1, 34), (100, 34), (33, 34), (7, 1), (0, 3)] {
            let parts: Vec<(i64, u64)> = spread(count, minutes).collect();
            assert_eq!(parts.iter().map(|p| p.1).sum::<u64>(), count);
            assert!(parts.iter().all(|p| p.0 < minutes), "{parts:?}");
        }
    }
}
