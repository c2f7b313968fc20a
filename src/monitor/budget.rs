//! How soon a service may be started again. Pure.
//!
//! The first restart in a window is immediate, the next ones wait longer and longer. When the window is full it goes on
//! slowly, for good: a service is never given up, and never quick again before it has been well for long enough.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::monitor::Restarts;

/// Waits are lengthened by up to one part in so many, so that services that fell together do not start together.
const JITTER: u32 = 10;

/// What kind of wait stands before a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// The first in its window.
    Immediate,
    Backoff,
    /// The window is full.
    Slow,
}

/// When the next restart may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub at: Duration,
    pub pace: Pace,
}

/// Restarts that were made, and the next one that was granted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Of the window, oldest first.
    made: VecDeque<Duration>,
    /// No quick ones until it has been well for long.
    is_slow: bool,
    /// Slow ones in a row.
    slow: u32,
    granted: Option<Grant>,
    /// State of the dice.
    dice: u64,
}

impl Budget {
    /// Nothing made yet; budgets of different seeds wait differently.
    pub fn new(seed: u64) -> Self {
        Self { dice: seed, ..Self::default() }
    }

    /// Says when the next restart may be; asked again before it was made, it says the same.
    pub fn grant(&mut self, policy: &Restarts, now: Duration) -> Grant {
        if let Some(granted) = self.granted {
            return granted;
        }
        self.forget(policy, now);
        let made = u32::try_from(self.made.len()).unwrap_or(u32::MAX);
        let (pace, wait) = if self.is_slow || made >= policy.max {
            let turn =
                usize::try_from(self.slow).unwrap_or(usize::MAX).min(policy.slow.len().saturating_sub(1));
            (Pace::Slow, policy.slow.get(turn).copied().unwrap_or(policy.backoff_max))
        } else if let Some(doublings) = made.checked_sub(1) {
            let factor = 2_u32.checked_pow(doublings).unwrap_or(u32::MAX);
            (Pace::Backoff, policy.backoff.saturating_mul(factor).min(policy.backoff_max))
        } else {
            (Pace::Immediate, Duration::ZERO)
        };
        let grant = Grant { at: now.saturating_add(self.lengthened(wait)), pace };
        self.granted = Some(grant);
        grant
    }

    /// Has the next one wait as if the window were full: a quick one cannot help.
    pub fn slow_down(&mut self) {
        self.is_slow = true;
        self.granted = None;
    }

    /// Notes that the granted restart was made.
    pub fn spend(&mut self, now: Duration) {
        if self.granted.take().is_some_and(|granted| granted.pace == Pace::Slow) {
            self.is_slow = true;
            self.slow = self.slow.saturating_add(1);
        }
        self.made.push_back(now);
    }

    /// It has been well for long enough: counting begins anew.
    pub fn reset(&mut self) {
        self.made.clear();
        self.is_slow = false;
        self.slow = 0;
        self.granted = None;
    }

    /// Whether there is anything to count.
    pub fn is_fresh(&self) -> bool {
        self.made.is_empty() && !self.is_slow
    }

    /// Restarts within the window.
    pub fn in_window(&self, policy: &Restarts, now: Duration) -> usize {
        self.made.iter().filter(|at| now.saturating_sub(**at) < policy.window).count()
    }

    /// What was counted on another clock, of which this one's `now` was `then`.
    #[must_use]
    pub fn moved(mut self, then: Duration, now: Duration) -> Self {
        let shift = |at: Duration| now.saturating_sub(then.saturating_sub(at));
        self.made.iter_mut().for_each(|at| *at = shift(*at));
        // A wait goes on where it stood; one that is over by now may be followed at once.
        if let Some(granted) = &mut self.granted {
            granted.at = now.saturating_add(granted.at.saturating_sub(then));
        }
        self
    }

    fn forget(&mut self, policy: &Restarts, now: Duration) {
        while self.made.front().is_some_and(|at| now.saturating_sub(*at) >= policy.window) {
            self.made.pop_front();
        }
    }

    fn lengthened(&mut self, wait: Duration) -> Duration {
        // SplitMix64: one number a restart needs no better dice.
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let share = u32::try_from((z ^ (z >> 31)) >> 54).unwrap_or(0);
        wait.saturating_add(wait / JITTER * share / 1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Restarts {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        Restarts {
            max: 3,
            window: minutes(10),
            backoff: Duration::from_secs(1),
            backoff_max: minutes(1),
            slow: vec![minutes(5), minutes(15), minutes(30)],
            reset_after: minutes(10),
        }
    }

    const BEGIN: Duration = Duration::from_secs(86_400);

    /// Paces and waits of a service that falls over as soon as it is started.
    fn waits(count: usize) -> Vec<(Pace, u64)> {
        let (mut budget, mut now) = (Budget::new(7), BEGIN);
        (0..count)
            .map(|_| {
                let grant = budget.grant(&policy(), now);
                let wait = grant.at - now;
                now = grant.at;
                budget.spend(now);
                (grant.pace, wait.as_secs())
            })
            .collect()
    }

    #[test]
    fn first_is_immediate_then_waits_grow_and_then_it_goes_on_slowly_for_good() {
        let (paces, waits): (Vec<Pace>, Vec<u64>) = waits(8).into_iter().unzip();
        let slow = [Pace::Slow; 5];
        assert_eq!(paces[..3], [Pace::Immediate, Pace::Backoff, Pace::Backoff]);
        assert_eq!(paces[3..], slow);
        for (wait, least) in waits.iter().zip([0, 1, 2, 300, 900, 1800, 1800, 1800]) {
            assert!((least..=least * 11 / 10 + 1).contains(wait), "{wait} is not about {least}");
        }
    }

    #[test]
    fn one_that_is_well_for_long_begins_anew_and_one_that_is_not_never_does() {
        let mut budget = Budget::new(1);
        let mut now = BEGIN;
        for _ in 0..5 {
            now = budget.grant(&policy(), now).at;
            budget.spend(now);
        }
        assert_eq!(budget.grant(&policy(), now + Duration::from_secs(86_400)).pace, Pace::Slow);
        budget.reset();
        assert_eq!(budget.grant(&policy(), now).pace, Pace::Immediate);
    }

    #[test]
    fn asking_twice_changes_nothing() {
        let mut budget = Budget::new(1);
        budget.grant(&policy(), BEGIN);
        budget.spend(BEGIN);
        let granted = budget.grant(&policy(), BEGIN);
        assert_eq!(budget.grant(&policy(), BEGIN + Duration::from_secs(60)), granted);
    }

    #[test]
    fn what_another_monitor_counted_is_as_old_on_the_new_clock() {
        let mut budget = Budget::new(1);
        for _ in 0..3 {
            let at = budget.grant(&policy(), BEGIN).at;
            budget.spend(at);
        }
        let later = Duration::from_secs(9_000);
        let mut moved = budget.moved(BEGIN + Duration::from_secs(3), later);
        assert_eq!(moved.in_window(&policy(), later), 3);
        assert_eq!(moved.grant(&policy(), later).pace, Pace::Slow);
        assert!(moved.in_window(&policy(), later + Duration::from_secs(660)) == 0);
    }

    #[test]
    fn no_quick_restart_at_all_where_none_is_allowed() {
        let none = Restarts { max: 0, ..policy() };
        assert_eq!(Budget::new(1).grant(&none, BEGIN).pace, Pace::Slow);
    }
}
