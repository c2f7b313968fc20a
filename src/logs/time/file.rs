//! What holds for all times of one file: the zone where none is written, the latest time that its lines can bear.

use crate::config::Timezone;
use crate::logs::assemble::{peel, trim};
use crate::logs::format::parse;
use crate::logs::time::civil::{Civil, DAY_US, SECOND_US, year_of};
use crate::logs::time::zone::{CachedZone, Zone};
use crate::logs::time::{Moment, moment};
use crate::logs::{Stamp, StampLayout};

/// How the zone of times without offset is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneChoice {
    /// As told.
    Given(Zone),
    /// By comparing the file's last time with its mtime, to the quarter of an hour; local where that says nothing.
    Guess,
}

impl From<Timezone> for ZoneChoice {
    fn from(configured: Timezone) -> Self {
        match configured {
            Timezone::Local => Self::Given(Zone::Local),
            Timezone::Guess => Self::Guess,
            Timezone::Fixed(offset) => Self::Given(Zone::Fixed(offset.local_minus_utc())),
            Timezone::Named(zone) => Self::Given(Zone::Named(zone)),
        }
    }
}

impl ZoneChoice {
    /// The zone that people think in: a zone that is to be guessed is not known beforehand.
    pub fn zone(self) -> Zone {
        match self {
            Self::Given(zone) => zone,
            Self::Guess => Zone::Local,
        }
    }
}

/// What the clocks of a file's segments share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileTime {
    zone: Zone,
    latest_us: i64,
}

/// Lines of the tail that are looked at for a time.
const MAX_TAIL_LINES: usize = 200;
/// Guessed offsets are multiples of this.
const QUARTER_US: i64 = 900 * SECOND_US;
/// How far the last line may lie from the file's mtime for a guess.
const MAX_GUESS_ERROR_US: i64 = 300 * SECOND_US;
/// Zones reach from 12 hours west to 14 hours east.
const MAX_OFFSET_US: i64 = 14 * 3_600 * SECOND_US;

impl FileTime {
    /// Takes zone and latest time as told; a stamp without year is put in the last year that does not exceed `latest_us`.
    pub fn new(zone: Zone, latest_us: i64) -> Self {
        Self { zone, latest_us }
    }

    /// Finds zone and latest time from the file's last bytes (whole lines are not needed) and its mtime.
    ///
    /// Without an mtime (a pipe) pass the present time, which is then the latest.
    pub fn sniff(choice: ZoneChoice, tail: &[u8], mtime_us: i64) -> Self {
        let last = last_stamp(tail).and_then(|stamp| moment(&stamp));
        let zone = match (choice, last) {
            (ZoneChoice::Given(zone), _) => zone,
            (ZoneChoice::Guess, Some(Moment::Written(last))) => {
                guessed(&last.civil, mtime_us).unwrap_or(Zone::Local)
            }
            (ZoneChoice::Guess, _) => Zone::Local,
        };
        let by_mtime = Self { zone, latest_us: mtime_us };
        let latest_us = match last {
            Some(Moment::Us(us)) => us,
            Some(Moment::Written(last)) if last.civil.month > 0 => {
                by_mtime.us_of(&last.civil, &mut CachedZone::new(zone))
            }
            _ => mtime_us,
        };
        Self { zone, latest_us }
    }

    /// The zone of times without offset.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// The latest time that a line without year can bear.
    pub fn latest_us(&self) -> i64 {
        self.latest_us
    }

    /// Microseconds since 1970 of a written date; the year is found where it is missing.
    pub(crate) fn us_of(&self, civil: &Civil, zone: &mut CachedZone) -> i64 {
        let year = if civil.year == 0 { self.year_for(civil, zone) } else { civil.year };
        let wall = civil.wall_us(year);
        match civil.offset_s {
            Some(offset) => wall - i64::from(offset) * SECOND_US,
            None => zone.utc_us(wall),
        }
    }

    /// The last year in which the date does not lie after the latest time; a day is allowed for clocks and zones.
    fn year_for(&self, civil: &Civil, zone: &mut CachedZone) -> i32 {
        let latest_wall = zone.wall_us(self.latest_us).saturating_add(DAY_US);
        let last = year_of(latest_wall.div_euclid(DAY_US));
        let leap_day = civil.month == 2 && civil.day == 29;
        let fits = |year: &i32| civil.wall_us(*year) <= latest_wall && (!leap_day || is_leap(*year));
        (last.saturating_sub(9)..=last).rev().find(fits).unwrap_or(last)
    }
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The last written time of a file's last bytes; one with a date is preferred.
fn last_stamp(tail: &[u8]) -> Option<Stamp<'_>> {
    let mut dateless = None;
    for raw in tail.rsplit(|b| *b == b'\n').take(MAX_TAIL_LINES) {
        let text = trim(raw);
        let stamp =
            peel(text).map(|peeled| peeled.outer.stamp).filter(|stamp| stamp.layout != StampLayout::None);
        let stamp = stamp.unwrap_or_else(|| parse(text).line.stamp);
        match stamp.layout {
            StampLayout::None => {}
            layout if layout.lacks_day() => dateless = dateless.or(Some(stamp)),
            _ => return Some(stamp),
        }
    }
    dateless
}

/// The offset that would make the last written time the file's mtime.
fn guessed(civil: &Civil, mtime_us: i64) -> Option<Zone> {
    if civil.offset_s.is_some() {
        return None;
    }
    let mtime_day = mtime_us.div_euclid(DAY_US);
    let walls = if civil.month == 0 {
        [-1, 0, 1].map(|days| (mtime_day + days) * DAY_US + civil.day_us())
    } else {
        let year = if civil.year == 0 { year_of(mtime_day) } else { civil.year };
        let spread = i32::from(civil.year == 0);
        [-1, 0, 1].map(|years| civil.wall_us(year + years * spread))
    };
    let shift = walls.into_iter().map(|wall| wall - mtime_us).min_by_key(|shift| shift.abs())?;
    let rounded = (shift + QUARTER_US / 2).div_euclid(QUARTER_US) * QUARTER_US;
    let near = (shift - rounded).abs() <= MAX_GUESS_ERROR_US && rounded.abs() <= MAX_OFFSET_US;
    near.then(|| i32::try_from(rounded / SECOND_US).ok().map(Zone::Fixed))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const UTC: ZoneChoice = ZoneChoice::Given(Zone::Fixed(0));
    /// 2024-01-01T10:00:00Z.
    const TEN: i64 = 1_704_103_200 * SECOND_US;

    fn us(file: FileTime, stamp: &str) -> i64 {
        let civil = crate::logs::time::read(stamp.as_bytes()).unwrap().civil;
        file.us_of(&civil, &mut CachedZone::new(file.zone))
    }

    #[test]
    fn a_missing_year_is_the_last_that_fits() {
        let file = FileTime::new(Zone::Fixed(0), TEN);
        assert_eq!(us(file, "Jan  1 09:00:00"), TEN - 3_600 * SECOND_US);
        assert_eq!(us(file, "Dec 31 10:00:00"), TEN - DAY_US);
        assert_eq!(us(file, "Jan  2 09:00:00"), TEN + DAY_US - 3_600 * SECOND_US);
        assert_eq!(us(file, "Jan  3 10:00:00"), us(file, "2023-01-03 10:00:00"));
        assert_eq!(us(file, "Feb 29 10:00:00"), us(file, "2020-02-29 10:00:00"));
    }

    #[test]
    fn the_tail_tells_what_latest_means() {
        // A log of last summer, copied today: its last line bears no year, so the mtime bounds it.
        let file = FileTime::sniff(UTC, b"Jun 14 15:00:00 h a: x\nFeb  1 10:00:00 h a: y\n", TEN);
        assert_eq!(us(file, "Jun 14 15:00:00"), us(file, "2022-06-14 15:00:00"));
        assert_eq!(us(file, "Feb  1 10:00:00"), us(file, "2023-02-01 10:00:00"));
        let file = FileTime::sniff(UTC, b"2020-05-01 10:00:00 x\n", TEN);
        assert_eq!(us(file, "Dec 31 10:00:00"), us(file, "2019-12-31 10:00:00"));
    }

    #[test]
    fn the_zone_is_guessed_from_the_mtime() {
        for (tail, offset) in [
            ("2024-01-01 15:29:58,123 [INFO] main - x\n", 19_800),
            ("2024-01-01 06:00:01 - INFO - x\nundated\n", -14_400),
            ("Jan  1 11:00:00 h a: x\n", 3_600),
            ("12:00:00 INFO x\n", 7_200),
        ] {
            assert_eq!(
                FileTime::sniff(ZoneChoice::Guess, tail.as_bytes(), TEN).zone(),
                Zone::Fixed(offset),
                "{tail}"
            );
        }
        for tail in [
            "2024-01-01 15:07:00 INFO x\n",
            "2023-06-01 10:00:00 INFO x\n",
            "2024-01-01T10:00:00Z INFO x\n",
            "x",
        ] {
            assert_eq!(
                FileTime::sniff(ZoneChoice::Guess, tail.as_bytes(), TEN).zone(),
                Zone::Local,
                "{tail}"
            );
        }
    }
}
