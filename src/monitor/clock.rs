//! The loop's clock, and how it notices that it was not there: held up, stopped, asleep with the machine.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use crate::text::human;

/// The machine's clock shows this when the monitor starts, so that what an earlier one did has a place before it.
pub(super) const BEGIN: Duration = Duration::from_secs(7 * 24 * 3600);
/// Woken so much later than asked for, what was measured meanwhile says nothing.
const HELD_UP: Duration = Duration::from_secs(2);
/// The calendar may drift from the running clock by so much between two turns.
const DRIFT: TimeDelta = TimeDelta::seconds(5);

/// Time that only goes forward, beside the calendar.
#[derive(Debug)]
pub(super) struct Clock {
    origin: Instant,
    last: Duration,
    calendar: DateTime<Utc>,
}

impl Clock {
    pub(super) fn new(instant: Instant, calendar: DateTime<Utc>) -> Self {
        Self { origin: instant, last: BEGIN, calendar }
    }

    /// What it shows now.
    pub(super) fn at(&self, instant: Instant) -> Duration {
        BEGIN + instant.saturating_duration_since(self.origin)
    }

    /// Takes note of a turn of the loop, which wanted to be woken at `due`; returns what speaks against everything that
    /// was measured since the last one.
    pub(super) fn turn(
        &mut self,
        instant: Instant,
        calendar: DateTime<Utc>,
        due: Option<Duration>,
    ) -> Option<String> {
        let now = self.at(instant);
        let ran = TimeDelta::from_std(now.saturating_sub(self.last)).unwrap_or(TimeDelta::MAX);
        let shift = (calendar - self.calendar).checked_sub(&ran).unwrap_or_default();
        let late = due.map_or(Duration::ZERO, |due| now.saturating_sub(due.max(self.last)));
        (self.last, self.calendar) = (now, calendar);
        if late > HELD_UP {
            return Some(format!("was held up for {}", human::duration(late)));
        }
        let words = |shift: TimeDelta| human::duration(shift.to_std().unwrap_or_default());
        if shift > DRIFT {
            return Some(format!("this machine slept, or its clock was set ahead, by {}", words(shift)));
        }
        (shift < -DRIFT).then(|| format!("the clock of this machine was set back by {}", words(-shift)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lapse(late_by: u64, calendar_by: i64) -> Option<String> {
        let (instant, calendar) = (Instant::now(), DateTime::UNIX_EPOCH);
        let mut clock = Clock::new(instant, calendar);
        let due = BEGIN + Duration::from_secs(30);
        let woken = instant + Duration::from_secs(30 + late_by);
        clock.turn(woken, calendar + TimeDelta::seconds(calendar_by), Some(due))
    }

    #[test]
    fn a_turn_in_time_is_nothing_and_a_late_one_or_another_calendar_is_a_lapse() {
        assert_eq!(lapse(0, 31), None);
        assert_eq!(lapse(60, 90).unwrap(), "was held up for 1m");
        assert!(lapse(0, 3_630).unwrap().contains("slept"));
        assert!(lapse(0, -3_570).unwrap().contains("set back by 1h"));
    }
}
