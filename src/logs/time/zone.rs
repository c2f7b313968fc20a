//! The zone of written times that name none.

use chrono::{DateTime, Local, NaiveDateTime, Offset, TimeDelta, TimeZone};

use crate::logs::time::civil::SECOND_US;

/// A zone that wall clock times are read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// The machine's own, with its changes of summer time.
    Local,
    /// So many seconds east of UTC; 0 is UTC.
    Fixed(i32),
}

/// Wall clock times within this span share their offset; no zone changes inside a quarter of an hour.
const QUARTER_US: i64 = 900 * SECOND_US;

impl Zone {
    /// Seconds east of UTC at a wall clock time, given in microseconds as if it were UTC.
    ///
    /// Of an hour that stands twice (autumn) the first is taken; in one that never was (spring) the offset before it holds.
    pub(crate) fn offset_s(self, wall_us: i64) -> i32 {
        let fixed = match self {
            Self::Fixed(seconds) => return seconds,
            Self::Local => DateTime::from_timestamp_micros(wall_us).map(|time| time.naive_utc()),
        };
        fixed.map_or(0, local_offset_s)
    }
}

fn local_offset_s(wall: NaiveDateTime) -> i32 {
    let offset_of = |wall| {
        Local.offset_from_local_datetime(&wall).earliest().map(|offset| offset.fix().local_minus_utc())
    };
    // The longest gap on record is a day, the usual one an hour.
    offset_of(wall)
        .or_else(|| offset_of(wall - TimeDelta::hours(2)))
        .or_else(|| offset_of(wall - TimeDelta::hours(26)))
        .unwrap_or(0)
}

/// A zone that remembers its last answer; lines that follow each other ask for the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CachedZone {
    zone: Zone,
    quarter: i64,
    offset_us: i64,
}

impl CachedZone {
    pub(crate) fn new(zone: Zone) -> Self {
        Self { zone, quarter: i64::MIN, offset_us: 0 }
    }

    /// Microseconds since 1970 of a wall clock time.
    #[inline]
    pub(crate) fn utc_us(&mut self, wall_us: i64) -> i64 {
        wall_us - self.offset_us(wall_us)
    }

    #[inline]
    pub(crate) fn offset_us(&mut self, wall_us: i64) -> i64 {
        let quarter = wall_us.div_euclid(QUARTER_US);
        if quarter != self.quarter {
            self.quarter = quarter;
            self.offset_us = i64::from(self.zone.offset_s(quarter * QUARTER_US)) * SECOND_US;
        }
        self.offset_us
    }

    /// The wall clock time of a moment; near a change of summer time it may be off by the change.
    pub(crate) fn wall_us(&mut self, us: i64) -> i64 {
        let guess = us + self.offset_us(us);
        us + self.offset_us(guess)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_zones_shift_by_their_offset() {
        let mut zone = CachedZone::new(Zone::Fixed(3600));
        assert_eq!(zone.utc_us(7_200 * SECOND_US), 3_600 * SECOND_US);
        assert_eq!(zone.wall_us(3_600 * SECOND_US), 7_200 * SECOND_US);
    }

    #[test]
    fn the_local_zone_agrees_with_chrono_and_never_panics() {
        for wall in [0, 1_704_103_200_000_000, i64::MAX, i64::MIN, -1] {
            let offset = Zone::Local.offset_s(wall);
            assert!(offset.abs() < 86_400, "{wall}: {offset}");
        }
        let noon = DateTime::from_timestamp(1_704_110_400, 0).unwrap().naive_utc();
        let expected = Local.from_local_datetime(&noon).unwrap().timestamp();
        assert_eq!(1_704_110_400 - i64::from(Zone::Local.offset_s(1_704_110_400 * SECOND_US)), expected);
    }
}
