//! Points in time as people type them, for `--since` and `--until`.
//!
//! ```text
//! now   today   yesterday   monday … sunday (the last one; today where it is that day)
//! today 14:30   yesterday 09:00   mon 08:00
//! 14:30   14:30:15                        today at that time
//! 2h   90s   7d   1h30m   2h ago   -2h    that long before now
//! 2024-01-01   2024-01-01 10:00   2024-01-01T10:00:00.250   in the zone of `now`; a day begins at 00:00
//! 2024-01-01T10:00:00Z   2024-01-01 10:00:00+02:00           with an offset of its own
//! @1704103200                             seconds since 1970
//! ```
//!
//! Pure: the present and its zone are passed in.

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday,
};

use crate::text::human;

/// Why a point in time could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseMomentError {
    #[error("\"{0}\" is no point in time; write it like 2h, yesterday, \"today 14:30\" or 2024-01-31T10:00")]
    Malformed(String),
    #[error("\"{0}\" is beyond what a calendar holds")]
    OutOfRange(String),
}

/// Reads a point in time.
///
/// # Errors
/// When the text is none of the forms above.
pub fn parse_moment<Tz: TimeZone>(text: &str, now: &DateTime<Tz>) -> Result<DateTime<Utc>, ParseMomentError> {
    let trimmed = text.trim();
    let lower = trimmed.to_ascii_lowercase();
    let malformed = || ParseMomentError::Malformed(text.to_owned());
    if lower == "now" {
        return Ok(now.to_utc());
    }
    if let Some(seconds) = trimmed.strip_prefix('@') {
        let seconds = seconds.parse().map_err(|_| malformed())?;
        return DateTime::from_timestamp(seconds, 0).ok_or(ParseMomentError::OutOfRange(text.to_owned()));
    }
    if let Some(absolute) = with_offset(trimmed) {
        return Ok(absolute);
    }
    if let Some(local) = local_time(&lower, now) {
        return from_local(local, &now.timezone()).ok_or(ParseMomentError::OutOfRange(text.to_owned()));
    }
    let past = human::parse_duration(&span_of(&lower)).map_err(|_| malformed())?;
    let past = TimeDelta::from_std(past).ok();
    past.and_then(|past| now.to_utc().checked_sub_signed(past))
        .ok_or(ParseMomentError::OutOfRange(text.to_owned()))
}

/// A date and time with an offset, `T` or a blank between them, seconds or none.
fn with_offset(text: &str) -> Option<DateTime<Utc>> {
    const LAYOUTS: [&str; 4] =
        ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z", "%Y-%m-%d %H:%M%#z"];
    let utc = text.strip_suffix(['Z', 'z']).map(|bare| format!("{}+00:00", bare.trim_end()));
    let text = utc.as_deref().unwrap_or(text);
    LAYOUTS.iter().find_map(|layout| DateTime::parse_from_str(text, layout).ok()).map(|at| at.to_utc())
}

/// A day, a time or both, in the zone of `now`.
fn local_time<Tz: TimeZone>(text: &str, now: &DateTime<Tz>) -> Option<NaiveDateTime> {
    let today = now.date_naive();
    if let Some(time) = time_of_day(text) {
        return Some(today.and_time(time));
    }
    let split = text.rsplit_once(' ').or_else(|| text.rsplit_once('t'));
    let timed = split.and_then(|(day, time)| Some((day, time_of_day(time)?)));
    let (day, time) = timed.unwrap_or((text, NaiveTime::MIN));
    Some(day_named(day.trim(), today)?.and_time(time))
}

fn time_of_day(text: &str) -> Option<NaiveTime> {
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|layout| NaiveTime::parse_from_str(text, layout).ok())
}

fn day_named(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    match text {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        _ => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().or_else(|| {
            let weekday: Weekday = text.parse().ok()?;
            let back = (7 + today.weekday().num_days_from_monday() - weekday.num_days_from_monday()) % 7;
            today.checked_sub_days(Days::new(back.into()))
        }),
    }
}

/// The duration in `-2h`, `2h ago`, `2 h`.
fn span_of(text: &str) -> String {
    let bare = text.strip_suffix("ago").unwrap_or(text);
    let bare = bare.strip_prefix('-').unwrap_or(bare);
    bare.split_whitespace().collect()
}

/// The clock's first showing of a local time; where it was jumped over, as much later as the jump took.
fn from_local<Tz: TimeZone>(local: NaiveDateTime, zone: &Tz) -> Option<DateTime<Utc>> {
    let found = zone.from_local_datetime(&local).earliest();
    let after_gap = || {
        let before = zone.from_local_datetime(&local.checked_sub_signed(TimeDelta::hours(3))?).latest()?;
        before.checked_add_signed(TimeDelta::hours(3))
    };
    found.or_else(after_gap).map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono::FixedOffset;

    use super::*;

    /// Wednesday, 2024-05-15 12:00 at +02:00.
    fn parse(text: &str) -> Result<String, ParseMomentError> {
        let zone = FixedOffset::east_opt(7_200).unwrap();
        let now = zone.with_ymd_and_hms(2024, 5, 15, 12, 0, 0).unwrap();
        parse_moment(text, &now).map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }

    #[test]
    fn every_form_has_its_moment() {
        for (text, moment) in [
            ("now", "2024-05-15T10:00:00Z"),
            ("today", "2024-05-14T22:00:00Z"),
            ("Yesterday", "2024-05-13T22:00:00Z"),
            ("yesterday 09:00", "2024-05-14T07:00:00Z"),
            ("today 14:30:15", "2024-05-15T12:30:15Z"),
            ("mon", "2024-05-12T22:00:00Z"),
            ("Wednesday", "2024-05-14T22:00:00Z"),
            ("thursday 08:00", "2024-05-09T06:00:00Z"),
            ("14:30", "2024-05-15T12:30:00Z"),
            ("2h", "2024-05-15T08:00:00Z"),
            ("-2h", "2024-05-15T08:00:00Z"),
            ("1h30m ago", "2024-05-15T08:30:00Z"),
            ("2 h ago", "2024-05-15T08:00:00Z"),
            ("7d", "2024-05-08T10:00:00Z"),
            ("2024-01-01", "2023-12-31T22:00:00Z"),
            ("2024-01-01 10:00", "2024-01-01T08:00:00Z"),
            ("2024-01-01T10:00:00.250", "2024-01-01T08:00:00.250Z"),
            ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"),
            ("2024-01-01T10:00Z", "2024-01-01T10:00:00Z"),
            ("2024-01-01 10:00:00+05:30", "2024-01-01T04:30:00Z"),
            ("2024-01-01T10:00:00.5-0800", "2024-01-01T18:00:00.500Z"),
            ("@1704103200", "2024-01-01T10:00:00Z"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(moment), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_an_example() {
        for text in [
            "",
            "soon",
            "2",
            "2 parsecs",
            "2024-13-01",
            "25:00",
            "today 25:00",
            "@x",
            "2024-02-30",
            "ago",
            "-",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains("yesterday"), "{text}: {error}");
        }
        assert!(matches!(
            parse("99999999999999d"),
            Err(ParseMomentError::Malformed(_) | ParseMomentError::OutOfRange(_))
        ));
        assert!(matches!(parse("@9999999999999999"), Err(ParseMomentError::OutOfRange(_))));
    }
}
