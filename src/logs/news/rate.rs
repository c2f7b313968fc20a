//! How often something came lately, against how often it came before.

use std::collections::VecDeque;

use crate::logs::changes::surges;

/// Minutes that count as lately.
const LATELY: i64 = 5;
/// The same, as it is told with [`Rate::lately`].
pub(super) const LATELY_IN_WORDS: &str = "in 5 minutes";
/// Fewer records make no spike.
const LEAST: u64 = 10;
/// Minutes that must lie before to tell what is usual.
const LEAST_BEFORE: i64 = 15;
/// Times the usual rate below which a spike is over.
const CALM_RATIO: f64 = 1.5;

/// What came in the last minutes.
#[derive(Clone, Debug, Default)]
pub(super) struct Rate {
    minutes: VecDeque<(i64, u64)>,
    is_spiking: bool,
}

/// What became of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Spiking,
    Steady,
}

impl Rate {
    /// Takes in what came in a minute, out of `total` since the minute `first`; says whether that is a change.
    pub(super) fn take(&mut self, minute: i64, came: u64, (first, total): (i64, u64)) -> Option<Turn> {
        match self.minutes.back_mut() {
            Some((last, count)) if *last >= minute => *count += came,
            _ if came > 0 => self.minutes.push_back((minute, came)),
            _ => {}
        }
        while self.minutes.front().is_some_and(|(oldest, _)| *oldest <= minute - LATELY) {
            self.minutes.pop_front();
        }
        let before_minutes = minute - LATELY - first;
        if before_minutes < LEAST_BEFORE {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "rates are compared")]
        let (share, usual) = {
            let before = total.saturating_sub(self.lately()) as f64;
            let minutes = before_minutes as f64;
            (LATELY as f64 / (LATELY as f64 + minutes), before / minutes * LATELY as f64)
        };
        let lately = self.lately();
        let surges = lately >= LEAST && surges(lately, total.max(lately), share);
        #[expect(clippy::cast_precision_loss, reason = "rates are compared")]
        let is_calm = lately < LEAST || lately as f64 <= usual * CALM_RATIO;
        match (self.is_spiking, surges, is_calm) {
            (false, true, _) => {
                self.is_spiking = true;
                Some(Turn::Spiking)
            }
            (true, _, true) => {
                self.is_spiking = false;
                Some(Turn::Steady)
            }
            _ => None,
        }
    }

    /// Records of the last minutes.
    pub(super) fn lately(&self) -> u64 {
        self.minutes.iter().map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Rate, Turn};

    /// What is told in each minute of some counts, after two hours of one record a minute.
    fn turns(counts: &[u64]) -> Vec<(i64, Turn)> {
        let (mut rate, mut total, mut turns) = (Rate::default(), 120, Vec::new());
        for (minute, came) in (120..).zip(counts) {
            total += came;
            turns.extend(rate.take(minute, *came, (0, total)).map(|turn| (minute - 120, turn)));
        }
        turns
    }

    #[test]
    fn a_burst_is_told_once_and_so_is_its_end() {
        let counts = [1, 1, 30, 40, 30, 1, 1, 1, 1, 1, 1, 1];
        assert_eq!(turns(&counts), [(2, Turn::Spiking), (9, Turn::Steady)]);
    }

    #[test]
    fn what_comes_as_it_always_did_is_no_change() {
        assert_eq!(turns(&[1, 2, 0, 3, 1, 1, 0, 2, 1, 1, 4, 1]), []);
    }

    #[test]
    fn what_is_usual_is_not_known_from_a_few_minutes() {
        let mut rate = Rate::default();
        assert_eq!(rate.take(7, 100, (0, 101)), None);
    }
}
