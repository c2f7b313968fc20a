//! Changes against the analysis before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::logs::changes::significance::{discoveries, likelihood_ratio, p_of_ratio};
use crate::logs::changes::{PatternSeries, Shift};
use crate::report::ChangeClass;

/// A rate spikes from this many times the one before.
const SPIKE_RATIO: f64 = 2.0;
/// A pattern is remembered for this many analyses after it was last seen.
const REMEMBERED_RUNS: u32 = 20;

/// What the next analysis compares itself with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    pub records: u64,
    pub minutes: f64,
    pub patterns: BTreeMap<String, BaselinePattern>,
}

/// One pattern of the analysis before, or of an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselinePattern {
    pub count: u64,
    /// Analyses since it was last seen; 0 where the last one saw it.
    pub absent_runs: u32,
}

impl Baseline {
    /// What to keep for the next analysis: this one's counts, and the memory of what is gone.
    pub fn next(before: Option<&Self>, patterns: &[PatternSeries<'_>], records: u64, minutes: f64) -> Self {
        let mut kept: BTreeMap<String, BaselinePattern> = BTreeMap::new();
        for (id, old) in before.into_iter().flat_map(|b| &b.patterns) {
            if old.absent_runs < REMEMBERED_RUNS {
                kept.insert(id.clone(), BaselinePattern { count: 0, absent_runs: old.absent_runs + 1 });
            }
        }
        for pattern in patterns {
            kept.insert(pattern.id.to_owned(), BaselinePattern { count: pattern.count, absent_runs: 0 });
        }
        Self { records, minutes, patterns: kept }
    }
}

/// Finds the patterns whose rate differs from the analysis before.
pub fn against(before: &Baseline, patterns: &[PatternSeries<'_>], records: u64, minutes: f64) -> Vec<Shift> {
    let shares = Shares::new(before, records, minutes);
    let now: BTreeMap<&str, u64> = patterns.iter().map(|p| (p.id, p.count)).collect();
    let gone =
        before.patterns.iter().filter(|(id, old)| old.absent_runs == 0 && !now.contains_key(id.as_str()));
    let seen = now.iter().map(|(id, count)| (*id, *count, before.patterns.get(*id)));
    let all = seen.chain(gone.map(|(id, old)| (id.as_str(), 0, Some(old))));
    let candidates: Vec<Shift> = all
        .map(|(id, count, old)| {
            let earlier = old.filter(|o| o.absent_runs == 0).map_or(0, |o| o.count);
            #[expect(clippy::cast_precision_loss, reason = "rates are compared")]
            let (a, b) = (count as f64, earlier as f64);
            let share = shares.nearest(a / (a + b));
            let p_value = p_of_ratio(likelihood_ratio(a, a + b, share));
            let relative = (a / share.max(1e-12)) / (b / (1.0 - share).max(1e-12));
            Shift {
                id: id.to_owned(),
                class: classify(count, earlier, old, relative),
                onset_s: None,
                before_per_minute: b / before.minutes.max(1.0 / 60.0),
                after_per_minute: a / minutes.max(1.0 / 60.0),
                p_value,
            }
        })
        .collect();
    let p_values: Vec<f64> = candidates.iter().map(|c| c.p_value).collect();
    discoveries(&p_values)
        .into_iter()
        .map(|i| candidates[i].clone())
        .filter(|shift| shift.class != ChangeClass::Steady)
        .collect()
}

/// What part of a pattern belongs to this analysis where nothing has changed: as much as of all records, as much as of the
/// time, or between the two.
struct Shares {
    low: f64,
    high: f64,
}

impl Shares {
    fn new(before: &Baseline, records: u64, minutes: f64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "shares are wanted")]
        let of_records = records as f64 / (records + before.records).max(1) as f64;
        // Logs without times say nothing of rates in time.
        let has_times = minutes > 0.0 && before.minutes > 0.0;
        let of_time = if has_times { minutes / (minutes + before.minutes) } else { of_records };
        Self { low: of_records.min(of_time), high: of_records.max(of_time) }
    }

    /// The one that speaks most for no change.
    fn nearest(&self, observed: f64) -> f64 {
        observed.max(self.low).min(self.high)
    }
}

fn classify(count: u64, earlier: u64, old: Option<&BaselinePattern>, relative: f64) -> ChangeClass {
    match (count, earlier, old) {
        (0, ..) => ChangeClass::Gone,
        (_, 0, Some(_)) => ChangeClass::Regressed,
        (_, 0, None) => ChangeClass::New,
        _ if relative >= SPIKE_RATIO => ChangeClass::Spiking,
        _ => ChangeClass::Steady,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series<'a>(counts: &[(&'a str, u64)]) -> Vec<PatternSeries<'a>> {
        counts
            .iter()
            .map(|(id, count)| PatternSeries { id, level: None, count: *count, buckets: &[] })
            .collect()
    }

    fn classes(before: &Baseline, now: &[(&str, u64)]) -> Vec<(String, ChangeClass)> {
        against(before, &series(now), 10_000, 60.0).into_iter().map(|s| (s.id, s.class)).collect()
    }

    #[test]
    fn new_gone_spiking_and_steady_are_told_apart() {
        let before = Baseline::next(None, &series(&[("old", 50), ("even", 900), ("more", 20)]), 10_000, 60.0);
        let found = classes(&before, &[("even", 910), ("more", 200), ("fresh", 30)]);
        assert_eq!(
            found,
            [
                ("fresh".to_owned(), ChangeClass::New),
                ("more".to_owned(), ChangeClass::Spiking),
                ("old".to_owned(), ChangeClass::Gone)
            ]
        );
    }

    #[test]
    fn what_was_gone_for_a_run_and_is_back_has_regressed() {
        let first = Baseline::next(None, &series(&[("bug", 40)]), 10_000, 60.0);
        let second = Baseline::next(Some(&first), &series(&[]), 10_000, 60.0);
        assert_eq!(classes(&second, &[("bug", 40)]), [("bug".to_owned(), ChangeClass::Regressed)]);
    }

    #[test]
    fn a_longer_log_alone_changes_nothing() {
        let before = Baseline::next(None, &series(&[("a", 100)]), 1_000, 6.0);
        assert_eq!(classes(&before, &[("a", 1_000)]), []);
    }

    #[test]
    fn a_quieter_day_alone_changes_nothing() {
        let before =
            Baseline::next(None, &series(&[("with all", 5_000), ("by the clock", 600)]), 100_000, 60.0);
        assert_eq!(classes(&before, &[("with all", 500), ("by the clock", 610)]), []);
        assert_eq!(
            classes(&before, &[("with all", 500), ("by the clock", 1_800)]),
            [("by the clock".to_owned(), ChangeClass::Spiking)]
        );
    }

    #[test]
    fn what_stays_away_is_forgotten_in_the_end() {
        let mut baseline = Baseline::next(None, &series(&[("a", 1)]), 1, 1.0);
        for _ in 0..=REMEMBERED_RUNS {
            baseline = Baseline::next(Some(&baseline), &[], 1, 1.0);
        }
        assert!(baseline.patterns.is_empty());
    }
}
