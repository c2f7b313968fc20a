//! `--since`, `--until` and `--tz`, which mean the same wherever logs or kept errors are read.

use chrono::{DateTime, Utc};
use clap::Args;

use crate::cli::exit::UsageError;
use crate::config::Timezone;
use crate::logs::{Zone, ZoneChoice};
use crate::text::moment::parse_moment;

/// From when to when, as typed.
#[derive(Args, Clone, Debug, Default)]
pub struct TimeRange {
    /// From then on: 2h, yesterday, "today 14:30", 2024-01-31T10:00
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Up to then
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Zone of both, of times in logs that have no offset, and of times that are told.
    // Brackets are links where the documentation is made of it.
    #[arg(
        long,
        value_name = "ZONE",
        // West of Greenwich an offset begins like an option.
        allow_hyphen_values = true,
        help = "Zone of these two, of times in logs that have no offset, and of times that are told: America/Bogota, \
                +02:00, utc, local, or guess, which compares with the file's time [default: timezone in [logs] of the \
                config]"
    )]
    pub tz: Option<Timezone>,
}

/// From when to when, as meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Earliest and latest time that counts, in microseconds since 1970.
    pub since: Option<i64>,
    pub until: Option<i64>,
    /// Of times without an offset.
    pub timezone: Timezone,
}

impl Span {
    /// All times there are.
    pub fn whole(timezone: Timezone) -> Self {
        Self { since: None, until: None, timezone }
    }

    /// The zone that times are told in.
    pub fn zone(&self) -> Zone {
        ZoneChoice::from(self.timezone).zone()
    }
}

impl TimeRange {
    /// Understands what was typed; `configured` holds where no zone was.
    ///
    /// # Errors
    /// When it is no time, or nothing lies between the two.
    pub fn span(&self, configured: Timezone, now: DateTime<Utc>) -> Result<Span, UsageError> {
        let timezone = self.tz.unwrap_or(configured);
        let zone = Span::whole(timezone).zone();
        let now = now.with_timezone(&zone);
        let moment = |text: &Option<String>| {
            let parsed = text.as_deref().map(|text| parse_moment(text, &now)).transpose();
            parsed.map_err(|error| UsageError(error.to_string()))
        };
        let (from, to) = (moment(&self.since)?, moment(&self.until)?);
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            let told = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string();
            let (from, to) = (told(from), told(to));
            let words = format!("--since ({from}) is later than --until ({to}): nothing lies between");
            return Err(UsageError(words));
        }
        let micros = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_micros());
        Ok(Span { since: micros(from), until: micros(to), timezone })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, Offset};

    use super::*;

    /// What is meant at 2024-05-15 12:00 UTC, in hours before that.
    fn hours(since: &str, tz: &str) -> i64 {
        let now = DateTime::from_timestamp(1_715_774_400, 0).unwrap();
        let tz = (!tz.is_empty()).then(|| tz.parse().unwrap());
        let range = TimeRange { since: Some(since.to_owned()), until: None, tz };
        let span = range.span(Timezone::Fixed(Utc.fix()), now).unwrap();
        (now.timestamp_micros() - span.since.unwrap()) / 3_600_000_000
    }

    #[test]
    fn a_zone_on_the_command_line_goes_before_the_configs() {
        assert_eq!((hours("today", ""), hours("today", "+02:00"), hours("2h", "+02:00")), (12, 14, 2));
        assert_eq!(hours("2024-05-15T10:00Z", "+02:00"), 2, "an offset of its own goes before both");
        if "America/Bogota".parse::<Timezone>().is_ok() {
            assert_eq!(hours("today", "America/Bogota"), 7);
        }
    }

    #[test]
    fn the_wrong_way_round_is_refused_in_the_zone_that_was_typed() {
        let range = TimeRange { since: Some("11:00".into()), until: Some("10:00".into()), tz: None };
        let zone = Timezone::Fixed(FixedOffset::west_opt(5 * 3_600).unwrap());
        let error = range.span(zone, DateTime::from_timestamp(1_715_774_400, 0).unwrap()).unwrap_err();
        assert!(error.to_string().contains("--since (2024-05-15 11:00:00) is later"), "{error}");
    }
}
