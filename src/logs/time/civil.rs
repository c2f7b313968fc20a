//! A calendar time with whatever was written of it, and days to dates and back.

/// Microseconds in one second.
pub(crate) const SECOND_US: i64 = 1_000_000;
/// Microseconds in one day.
pub(crate) const DAY_US: i64 = 86_400 * SECOND_US;

/// A written time taken apart. What was not written is 0 (`year`, `month`, `day`) or `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i32,
    pub(crate) month: u32,
    pub(crate) day: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
    pub(crate) micros: u32,
    /// Seconds east of UTC.
    pub(crate) offset_s: Option<i32>,
}

impl Civil {
    /// Whether all that was written is in range; a missing date is in range, 60 is a leap second.
    pub(crate) fn is_valid(&self) -> bool {
        let date_missing = self.month == 0 && self.day == 0;
        let date_valid = (1..=12).contains(&self.month) && (1..=days_in(self.month)).contains(&self.day);
        (date_missing || date_valid) && self.hour < 24 && self.minute < 60 && self.second <= 60
    }

    /// Microseconds since midnight.
    pub(crate) fn day_us(&self) -> i64 {
        let seconds = self.hour * 3600 + self.minute * 60 + self.second;
        i64::from(seconds) * SECOND_US + i64::from(self.micros)
    }

    /// Microseconds from 1970 to this wall clock time in the given year, as if it were UTC.
    pub(crate) fn wall_us(&self, year: i32) -> i64 {
        days_from_civil(year, self.month, self.day) * DAY_US + self.day_us()
    }
}

/// The most days that a month can have.
fn days_in(month: u32) -> u32 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
pub(crate) fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    // Years begin in March here, so that the leap day comes last.
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The year that a day falls into, counted in days from 1970-01-01.
pub(crate) fn year_of(days: i64) -> i32 {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Days 306 and later of a year that begins in March lie in January and February of the next.
    i32::try_from(year_of_era + era * 400 + i64::from(day_of_year >= 306)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, NaiveDate};

    use super::*;

    #[test]
    fn days_agree_with_chrono_over_four_centuries() {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for day in (-80_000..80_000).step_by(13) {
            let date = epoch + chrono::Duration::days(day);
            assert_eq!(days_from_civil(date.year(), date.month(), date.day()), day, "{date}");
            assert_eq!(year_of(day), date.year(), "{date}");
        }
    }

    #[test]
    fn days_that_no_month_has_are_invalid() {
        let on = |month, day| Civil { month, day, ..Civil::default() }.is_valid();
        assert!(on(2, 29) && on(0, 0) && on(12, 31));
        assert!(!on(2, 30) && !on(4, 31) && !on(13, 1) && !on(1, 0));
    }
}
