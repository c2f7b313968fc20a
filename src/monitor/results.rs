//! What the last probes said: failures in a row, failures among the last, and whether it goes to and fro. Pure.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Results that tell whether a target flaps, as Nagios looks at it.
const REMEMBERED: usize = 21;
/// It begins to flap at this share of changes, in percent, newer ones weighing more…
const FLAPS_FROM: f64 = 50.0;
/// … and has calmed down at this one.
const CALM_BELOW: f64 = 25.0;
/// Weight of the oldest change; that of the newest is as far above 1 as this is below.
const OLDEST: f64 = 0.8;

/// The last results of one target; those that could not tell are no results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// Oldest first.
    last: VecDeque<bool>,
    is_flapping: bool,
}

impl Results {
    /// Adds one.
    pub fn push(&mut self, is_good: bool) {
        self.last.push_back(is_good);
        if self.last.len() > REMEMBERED {
            self.last.pop_front();
        }
        let share = self.changes_percent();
        self.is_flapping = if self.is_flapping { share >= CALM_BELOW } else { share >= FLAPS_FROM };
    }

    /// Its process is another one: what the old one did is past.
    pub fn begin_anew(&mut self) {
        *self = Self::default();
    }

    /// Failures since the last success.
    pub fn failures_in_a_row(&self) -> u32 {
        count(self.last.iter().rev().take_while(|is_good| !**is_good))
    }

    /// Successes since the last failure.
    pub fn successes_in_a_row(&self) -> u32 {
        count(self.last.iter().rev().take_while(|is_good| **is_good))
    }

    /// Failures among the last `of` results.
    pub fn failures_among(&self, of: u32) -> u32 {
        let of = usize::try_from(of).unwrap_or(usize::MAX);
        count(self.last.iter().rev().take(of).filter(|is_good| !**is_good))
    }

    /// Whether it goes to and fro, so that one good result means little.
    pub fn is_flapping(&self) -> bool {
        self.is_flapping
    }

    #[expect(clippy::cast_precision_loss, reason = "there are 20 changes at most")]
    fn changes_percent(&self) -> f64 {
        let most = REMEMBERED - 1;
        let step = 2.0 * (1.0 - OLDEST) / (most - 1) as f64;
        // The newest change has the last place, however few there are.
        let newest_first = self.last.iter().rev().zip(self.last.iter().rev().skip(1)).enumerate();
        let changed = newest_first.filter(|(_, (a, b))| a != b);
        let weight: f64 = changed.map(|(age, _)| OLDEST + step * (most - 1 - age) as f64).sum();
        weight / most as f64 * 100.0
    }
}

fn count(iterator: impl Iterator) -> u32 {
    u32::try_from(iterator.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Results {
        let mut results = Results::default();
        text.bytes().for_each(|byte| results.push(byte == b'+'));
        results
    }

    #[test]
    fn rows_end_at_the_other_result_and_windows_do_not() {
        let results = of("++-+--");
        assert_eq!((results.failures_in_a_row(), results.successes_in_a_row()), (2, 0));
        assert_eq!((results.failures_among(4), results.failures_among(99)), (3, 3));
    }

    #[test]
    fn to_and_fro_is_flapping_until_it_is_calm_and_one_outage_is_not() {
        assert!(!of("+++++++----------++++").is_flapping());
        assert!(of("+-+-+-+-+-+-+-+-+-+-+").is_flapping());
        let mut results = of("+-+-+-+-+-+-+-+-+-+-+");
        for _ in 0..9 {
            results.push(true);
        }
        assert!(results.is_flapping(), "a few good ones are not calm yet");
        for _ in 0..12 {
            results.push(true);
        }
        assert!(!results.is_flapping());
    }

    #[test]
    fn another_process_is_not_charged_with_what_the_old_one_did() {
        let mut results = of("+-+-+-+-+-+-+-+-+-+-+");
        results.begin_anew();
        assert_eq!(results, Results::default());
    }
}
