//! Close looks that are under way: one at a time, and none that hangs or is lost ends them all. Pure.

use std::collections::VecDeque;
use std::time::Duration;

/// A look that takes longer is not waited for.
const HUNG: Duration = Duration::from_secs(90);
/// Looks that hang at the same time; with so many another one would hang, too.
const MAX_HUNG: usize = 3;

/// Looks that have begun and not come back, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Looks {
    under_way: VecDeque<(u64, Duration)>,
    generation: u64,
}

impl Looks {
    /// Whether another one may begin.
    pub(super) fn may_begin(&self, now: Duration) -> bool {
        let is_hung = |(_, since): &(u64, Duration)| now.saturating_sub(*since) >= HUNG;
        self.under_way.len() <= MAX_HUNG && self.under_way.back().is_none_or(is_hung)
    }

    /// Notes that one begins, and says which.
    pub(super) fn begin(&mut self, now: Duration) -> u64 {
        self.generation += 1;
        self.under_way.push_back((self.generation, now));
        self.generation
    }

    /// Notes that one is over; whether it is the latest, and what it saw counts.
    pub(super) fn end(&mut self, generation: u64) -> bool {
        self.under_way.retain(|(other, _)| *other != generation);
        generation == self.generation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn one_that_hangs_is_followed_by_another_and_what_it_saw_counts_no_more() {
        let mut looks = Looks::default();
        let first = looks.begin(seconds(1));
        assert!(!looks.may_begin(seconds(80)) && looks.may_begin(seconds(91)));
        let second = looks.begin(seconds(91));
        assert!(!looks.may_begin(seconds(92)));
        assert!(!looks.end(first) && looks.end(second));
        assert!(looks.may_begin(seconds(93)));
    }

    #[test]
    fn no_more_than_a_few_hang_and_one_that_comes_back_makes_room() {
        let mut looks = Looks::default();
        let mut now = seconds(1);
        while looks.may_begin(now) {
            looks.begin(now);
            now += HUNG;
        }
        assert_eq!(looks.under_way.len(), MAX_HUNG + 1);
        looks.end(1);
        assert!(looks.may_begin(now));
    }
}
