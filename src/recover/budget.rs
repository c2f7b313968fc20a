//! One clock for a whole recovery, shared out over its steps. What one step does not use, the next ones have.

use std::time::{Duration, Instant};

/// Longest gathering of evidence.
const SNAPSHOT: Duration = Duration::from_secs(2);
/// Longest wait for processes that were asked to end.
const GRACE: Duration = Duration::from_secs(8);
/// Longest wait for processes that were killed.
const KILL: Duration = Duration::from_secs(2);
/// Longest making of room.
const FREE: Duration = Duration::from_secs(3);
/// Kept for the last look and the report.
const REPORT: Duration = Duration::from_millis(300);
/// How long a service has to keep answering before it counts as recovered.
pub(super) const STABLE: Duration = Duration::from_secs(2);

/// The time that is there, and how it is shared.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    begun: Instant,
    total: Duration,
}

impl Budget {
    /// Begins to count.
    pub fn new(begun: Instant, total: Duration) -> Self {
        Self { begun, total }
    }

    /// Since the beginning.
    pub fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.begun)
    }

    /// When everything has to be over.
    pub fn end(&self) -> Instant {
        self.begun + self.total
    }

    /// When gathering evidence has to be over.
    pub fn snapshot_until(&self, now: Instant) -> Instant {
        self.at_most(now, SNAPSHOT)
    }

    /// How long processes may take to end by themselves, of what their service grants them.
    pub fn grace(&self, now: Instant, wanted: Duration) -> Duration {
        // Half of what is left belongs to starting.
        let left = self.end().saturating_duration_since(now) / 2;
        wanted.min(GRACE).min(left)
    }

    /// How long killed processes may take to be gone.
    pub fn kill(&self) -> Duration {
        KILL
    }

    /// When making room has to be over.
    pub fn free_until(&self, now: Instant) -> Instant {
        self.at_most(now, FREE)
    }

    /// When the services have to answer, so that they can be watched for a while and reported.
    pub fn ready_until(&self) -> Instant {
        let reserve = (STABLE + REPORT).min(self.total / 2);
        self.end() - reserve
    }

    fn at_most(&self, now: Instant, share: Duration) -> Instant {
        (now + share).min(self.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_end_within_the_whole() {
        let begun = Instant::now();
        let budget = Budget::new(begun, Duration::from_secs(30));
        let mut now = budget.snapshot_until(begun);
        now += budget.grace(now, Duration::from_secs(60)) + budget.kill();
        now = budget.free_until(now);
        assert!(budget.ready_until() > now + Duration::from_secs(12));
        assert!(budget.ready_until() + STABLE < budget.end());
    }

    #[test]
    fn a_small_budget_is_shared_too() {
        let begun = Instant::now();
        let budget = Budget::new(begun, Duration::from_secs(3));
        assert!(budget.grace(begun, Duration::from_secs(60)) <= Duration::from_millis(1_500));
        assert!(budget.ready_until() > begun);
        assert_eq!(budget.free_until(begun + Duration::from_secs(2)), budget.end());
    }
}
