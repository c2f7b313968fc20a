//! Changes within one log: its earlier part is what the later one is compared with.

use crate::logs::changes::significance::{all_inside, discoveries, likelihood_ratio, p_of_ratio};
use crate::logs::changes::{Clock, PatternSeries, Shift};
use crate::report::ChangeClass;

/// Buckets that the scan for stretches looks at; finer ones are joined first.
const SCAN_BUCKETS: usize = 64;
/// A stretch is a spike from this many times the rate outside it.
const SPIKE_RATIO: f64 = 3.0;
/// What began in the first part of a log may only look new because the log begins there.
const EARLIEST_ONSET: f64 = 0.1;
const LATEST_END: f64 = 0.9;
/// Probability by chance below which [`surges`] believes it.
const SURPRISE: f64 = 1e-5;
/// Fewer events than this tell nothing.
const MIN_EVENTS: u64 = 3;

/// Finds the patterns that changed in the course of one log.
///
/// A log of fewer than four buckets has no earlier part: nothing is found.
pub fn within(patterns: &[PatternSeries<'_>], clock: &Clock<'_>) -> Vec<Shift> {
    if clock.records.len() < 4 {
        return Vec::new();
    }
    let exposure = Exposure::new(clock.records);
    let candidates: Vec<Shift> = patterns.iter().filter_map(|p| strongest(p, clock, &exposure)).collect();
    // Patterns without a candidate were tested too: they count among the tests.
    let tested = patterns.iter().filter(|p| p.buckets.iter().sum::<u64>() >= MIN_EVENTS).count();
    let mut p_values: Vec<f64> = candidates.iter().map(|c| c.p_value).collect();
    p_values.resize(tested.max(candidates.len()), 1.0);
    let kept = discoveries(&p_values);
    let mut shifts: Vec<Shift> = kept.into_iter().filter_map(|i| candidates.get(i).cloned()).collect();
    shifts.sort_by(|a, b| a.p_value.total_cmp(&b.p_value).then_with(|| a.id.cmp(&b.id)));
    shifts
}

/// What patterns are compared with: where all records lie.
struct Exposure {
    /// Share of all records that lie before each bucket.
    before: Vec<f64>,
    /// Where the stretches begin and end that are scanned for spikes.
    cuts: Vec<usize>,
    /// The share of each such stretch, by its first cut and its last one.
    shares: Vec<Vec<f64>>,
}

impl Exposure {
    fn new(records: &[u64]) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "shares are wanted")]
        let total = records.iter().sum::<u64>().max(1) as f64;
        let mut sum = 0.0;
        let mut before = vec![0.0];
        for &n in records {
            #[expect(clippy::cast_precision_loss, reason = "shares are wanted")]
            let part = n as f64 / total;
            sum += part;
            before.push(sum);
        }
        let (n, parts) = (records.len(), records.len().min(SCAN_BUCKETS));
        let cuts: Vec<usize> = (0..=parts).map(|i| i * n / parts).collect();
        let mut exposure = Self { before, cuts, shares: Vec::new() };
        let share = |from: &usize, to: &usize| if from < to { exposure.share(*from, *to) } else { 0.0 };
        let row = |from| exposure.cuts.iter().map(|to| share(from, to)).collect();
        exposure.shares = exposure.cuts.iter().map(row).collect();
        exposure
    }

    /// The share of a stretch in all records or in the whole time, whichever is larger: a pattern that keeps to either of
    /// them has not changed.
    fn share(&self, from: usize, to: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand buckets")]
        let of_time = (to - from) as f64 / (self.before.len() - 1).max(1) as f64;
        (self.before[to] - self.before[from]).max(of_time)
    }
}

fn strongest(pattern: &PatternSeries<'_>, clock: &Clock<'_>, exposure: &Exposure) -> Option<Shift> {
    let total: u64 = pattern.buckets.iter().sum();
    if total < MIN_EVENTS {
        return None;
    }
    let first = pattern.buckets.iter().position(|n| *n > 0)?;
    let last = pattern.buckets.iter().rposition(|n| *n > 0)?;
    let end = pattern.buckets.len();
    let appeared = edge(
        pattern,
        clock,
        Edge { class: ChangeClass::New, quiet: (0, first), busy: (first, end) },
        exposure,
    );
    let ended = edge(
        pattern,
        clock,
        Edge { class: ChangeClass::Gone, quiet: (last + 1, end), busy: (0, last + 1) },
        exposure,
    );
    let spike = spike(pattern, clock, exposure);
    let found = [appeared, ended, spike].into_iter().flatten();
    // New and gone outrank the spike that they also are: the stronger claim is the more useful one.
    found.min_by(|a, b| rank(a).cmp(&rank(b)).then(a.p_value.total_cmp(&b.p_value)))
}

fn rank(shift: &Shift) -> u8 {
    let certain = shift.p_value < 1e-4;
    match (shift.class, certain) {
        (ChangeClass::New, true) => 0,
        (ChangeClass::Gone, true) => 1,
        (ChangeClass::Spiking, true) => 2,
        _ => 3,
    }
}

#[derive(Clone, Copy)]
struct Edge {
    class: ChangeClass,
    quiet: (usize, usize),
    busy: (usize, usize),
}

/// Whether a pattern that stayed away from one end of the log did so by chance.
fn edge(pattern: &PatternSeries<'_>, clock: &Clock<'_>, edge: Edge, exposure: &Exposure) -> Option<Shift> {
    let total: u64 = pattern.buckets.iter().sum();
    let share = exposure.share(edge.busy.0, edge.busy.1);
    let (onset_share, far_enough) = match edge.class {
        ChangeClass::New => (exposure.before[edge.busy.0], exposure.before[edge.busy.0] >= EARLIEST_ONSET),
        // What came and went within the log is a spike, not a loss.
        _ => (
            exposure.before[edge.busy.1],
            exposure.before[edge.busy.1] <= LATEST_END
                && exposure.before[first_busy(pattern.buckets, 0, edge.busy.1)] < EARLIEST_ONSET,
        ),
    };
    if !far_enough || onset_share <= 0.0 {
        return None;
    }
    let busy = per_minute(total, clock.minutes(edge.busy.1 - edge.busy.0));
    let is_new = edge.class == ChangeClass::New;
    Some(Shift {
        id: pattern.id.to_owned(),
        class: edge.class,
        onset_s: Some(if is_new { clock.at(edge.busy.0) } else { clock.at(edge.quiet.0) }),
        before_per_minute: if is_new { 0.0 } else { busy },
        after_per_minute: if is_new { busy } else { 0.0 },
        // One event fixes where the busy part begins; the others had the choice.
        p_value: all_inside(share, total - 1),
    })
}

/// The stretch whose rate stands out most, if any does.
fn spike(pattern: &PatternSeries<'_>, clock: &Clock<'_>, exposure: &Exposure) -> Option<Shift> {
    let cuts = &exposure.cuts;
    let mut sums = vec![0u64];
    for pair in cuts.windows(2) {
        let part: u64 = pattern.buckets[pair[0]..pair[1]].iter().sum();
        sums.push(sums[sums.len() - 1] + part);
    }
    let total = sums[sums.len() - 1];
    let mut best: Option<(f64, usize, usize)> = None;
    for from in 1..cuts.len() - 1 {
        for to in from + 1..cuts.len() {
            let inside = sums[to] - sums[from];
            if inside == 0 {
                continue;
            }
            let ratio = stands_out(inside, total, exposure.shares[from][to]);
            if ratio > best.map_or(0.0, |b| b.0) {
                best = Some((ratio, from, to));
            }
        }
    }
    let (ratio, from, to) = best?;
    let inside = sums[to] - sums[from];
    #[expect(clippy::cast_precision_loss, reason = "a few thousand stretches")]
    let stretches = (cuts.len() * cuts.len() / 2) as f64;
    let quiet_minutes = clock.minutes(pattern.buckets.len() - (cuts[to] - cuts[from]));
    Some(Shift {
        id: pattern.id.to_owned(),
        class: ChangeClass::Spiking,
        onset_s: Some(clock.at(first_busy(pattern.buckets, cuts[from], cuts[to]))),
        before_per_minute: per_minute(total - inside, quiet_minutes),
        after_per_minute: per_minute(inside, clock.minutes(cuts[to] - cuts[from])),
        p_value: (p_of_ratio(ratio) * stretches).min(1.0),
    })
}

fn first_busy(buckets: &[u64], from: usize, to: usize) -> usize {
    buckets[from..to].iter().position(|n| *n > 0).map_or(from, |at| from + at)
}

fn stands_out(inside: u64, total: u64, share: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "rates are compared")]
    let (inside, total) = (inside as f64, total as f64);
    let (rate_in, rate_out) = (inside / share, (total - inside) / (1.0 - share));
    if share <= 0.0 || share >= 1.0 || rate_in < SPIKE_RATIO * rate_out.max(f64::MIN_POSITIVE) {
        return 0.0;
    }
    likelihood_ratio(inside, total, share)
}

/// Whether so many of all events in a part of `share` of the time are many more than elsewhere, and not by chance: asked
/// again and again, it says so about once in a hundred thousand times where nothing has changed.
pub fn surges(inside: u64, total: u64, share: f64) -> bool {
    p_of_ratio(stands_out(inside, total, share)) < SURPRISE
}

fn per_minute(count: u64, minutes: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate is shown with three digits")]
    let rate = count as f64 / minutes;
    rate
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK_START: i64 = 1_700_000_000;

    fn shifts(series: &[(&str, Vec<u64>)]) -> Vec<(String, ChangeClass, Option<i64>)> {
        let records = vec![1_000; series[0].1.len()];
        let clock = Clock { start_s: CLOCK_START, bucket_s: 60, records: &records };
        let patterns: Vec<PatternSeries<'_>> = series
            .iter()
            .map(|(id, b)| PatternSeries { id, level: None, count: b.iter().sum(), buckets: b })
            .collect();
        within(&patterns, &clock).into_iter().map(|s| (s.id, s.class, s.onset_s)).collect()
    }

    fn steady(seed: u64) -> Vec<u64> {
        // A small generator with an even spread: 4 to 6 in each bucket.
        (0..120).map(|i| 4 + (i * 7 + seed * 13) % 3).collect()
    }

    #[test]
    fn steady_patterns_yield_nothing() {
        let all: Vec<(&str, Vec<u64>)> = vec![("a", steady(1)), ("b", steady(2)), ("rare", vec![1; 120])];
        assert_eq!(shifts(&all), []);
    }

    #[test]
    fn an_injected_fault_is_new_from_its_first_minute() {
        let mut fault = vec![0; 120];
        fault[70..].fill(3);
        let found = shifts(&[("a", steady(1)), ("fault", fault)]);
        assert_eq!(found, [("fault".to_owned(), ChangeClass::New, Some(CLOCK_START + 70 * 60))]);
    }

    #[test]
    fn what_stops_is_gone() {
        let mut old = vec![2; 120];
        old[60..].fill(0);
        let found = shifts(&[("a", steady(1)), ("old", old)]);
        assert_eq!(found, [("old".to_owned(), ChangeClass::Gone, Some(CLOCK_START + 60 * 60))]);
    }

    #[test]
    fn a_burst_on_top_of_a_trickle_is_a_spike() {
        let mut burst = vec![1; 120];
        burst[80..90].fill(40);
        let found = shifts(&[("a", steady(1)), ("burst", burst)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].0.as_str(), found[0].1), ("burst", ChangeClass::Spiking));
        let onset = (found[0].2.unwrap() - CLOCK_START) / 60;
        assert!((78..=81).contains(&onset), "{onset}");
    }

    #[test]
    fn a_busier_hour_alone_changes_nothing() {
        let records: Vec<u64> = (0..120).map(|i| if i >= 60 { 5_000 } else { 500 }).collect();
        let clock = Clock { start_s: 0, bucket_s: 60, records: &records };
        let buckets: Vec<u64> = records.iter().map(|n| n / 100).collect();
        let pattern = PatternSeries { id: "x", level: None, count: buckets.iter().sum(), buckets: &buckets };
        assert_eq!(within(&[pattern], &clock), []);
    }

    #[test]
    fn a_quieter_hour_alone_changes_nothing() {
        let records: Vec<u64> = (0..120).map(|i| if i >= 60 { 500 } else { 5_000 }).collect();
        let clock = Clock { start_s: 0, bucket_s: 60, records: &records };
        let with_all: Vec<u64> = records.iter().map(|n| n / 100).collect();
        let steady = steady(1);
        let patterns = [("with all", &with_all), ("by the clock", &steady)]
            .map(|(id, buckets)| PatternSeries { id, level: None, count: buckets.iter().sum(), buckets });
        assert_eq!(within(&patterns, &clock), []);
    }

    #[test]
    fn two_records_prove_nothing() {
        let mut rare = vec![0; 120];
        rare[100] = 2;
        assert_eq!(shifts(&[("a", steady(1)), ("rare", rare)]), []);
    }
}
