//! The zone of written times that name none, and of those that are told.

use std::fmt;

use chrono::{
    DateTime, FixedOffset, Local, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta,
    TimeZone, Utc,
};

use crate::logs::time::civil::SECOND_US;
use crate::platform::NamedZone;

/// A zone that wall clock times are read in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// The machine's own, with its changes of summer time.
    Local,
    /// So many seconds east of UTC; 0 is UTC.
    Fixed(i32),
    /// One of the system's database.
    Named(NamedZone),
}

/// Wall clock times within this span share their offset; no zone changes inside a quarter of an hour.
const QUARTER_US: i64 = 900 * SECOND_US;

impl Zone {
    /// Seconds east of UTC at a wall clock time, given in microseconds as if it were UTC.
    ///
    /// Of an hour that stands twice (autumn) the first is taken; in one that never was (spring) the offset before it holds.
    pub(crate) fn offset_s(self, wall_us: i64) -> i32 {
        if let Self::Fixed(seconds) = self {
            return seconds;
        }
        let Some(wall) = DateTime::from_timestamp_micros(wall_us).map(|time| time.naive_utc()) else {
            return 0;
        };
        let offset_of = |wall: NaiveDateTime| self.offset_from_local_datetime(&wall).earliest();
        // The longest gap on record is a day, the usual one an hour.
        let earlier = |hours| offset_of(wall.checked_sub_signed(TimeDelta::hours(hours))?);
        let offset = offset_of(wall).or_else(|| earlier(2)).or_else(|| earlier(26));
        offset.map_or(0, |offset| offset.fix().local_minus_utc())
    }
}

/// An offset, and the zone in which it holds at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneOffset {
    zone: Zone,
    offset: FixedOffset,
}

impl ZoneOffset {
    /// An offset beyond a day is none.
    fn new(zone: Zone, seconds: i32) -> Self {
        Self { zone, offset: FixedOffset::east_opt(seconds).unwrap_or_else(|| Utc.fix()) }
    }
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        self.offset
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.offset.fmt(f)
    }
}

impl TimeZone for Zone {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Self {
        offset.zone
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<ZoneOffset> {
        self.offset_from_local_datetime(&local.and_time(NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<ZoneOffset> {
        let new = |seconds| ZoneOffset::new(*self, seconds);
        match self {
            Self::Local => {
                Local.offset_from_local_datetime(local).map(|offset| new(offset.fix().local_minus_utc()))
            }
            Self::Fixed(seconds) => MappedLocalTime::Single(new(*seconds)),
            Self::Named(zone) => match zone.offsets_at_wall(local.and_utc().timestamp()) {
                (Some(first), Some(second)) => MappedLocalTime::Ambiguous(new(first), new(second)),
                (Some(only), None) | (None, Some(only)) => MappedLocalTime::Single(new(only)),
                (None, None) => MappedLocalTime::None,
            },
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        let seconds = match self {
            Self::Local => Local.offset_from_utc_datetime(utc).local_minus_utc(),
            Self::Fixed(seconds) => *seconds,
            Self::Named(zone) => zone.offset_at(utc.and_utc().timestamp()),
        };
        ZoneOffset::new(*self, seconds)
    }
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

    #[test]
    fn a_named_zone_is_read_and_told_with_its_summer_time() {
        let Ok(berlin) = NamedZone::find("Europe/Berlin") else { return };
        let zone = Zone::Named(berlin);
        let told = |hour: i64| {
            let wall = DateTime::from_timestamp(1_774_742_400 + hour * 3_600, 0).unwrap().naive_utc();
            let us = wall.and_utc().timestamp_micros();
            let at = DateTime::from_timestamp_micros(CachedZone::new(zone).utc_us(us)).unwrap();
            at.with_timezone(&zone).format("%F %R %z").to_string()
        };
        assert_eq!(told(1), "2026-03-29 01:00 +0100");
        assert_eq!(told(2), "2026-03-29 03:00 +0200", "02:00 never was");
        assert_eq!(told(3), "2026-03-29 03:00 +0200");
    }
}
