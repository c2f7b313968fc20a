//! A stretch of every day, such as the night.

use std::fmt;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::read::{Node, Reader, Schema, Setting, quoted};

/// From one time of the day to another; over midnight where the second comes before the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// The first moment that belongs to it.
    pub from: NaiveTime,
    /// The first moment that no longer does.
    pub until: NaiveTime,
}

impl Hours {
    /// Reads `22:00-07:00`; `None` when it is something else, or an empty stretch.
    pub fn parse(text: &str) -> Option<Self> {
        let (from, until) = text.split_once('-')?;
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let hours = Self { from: time(from)?, until: time(until)? };
        (hours.from != hours.until).then_some(hours)
    }

    /// Whether a time of the day belongs to it.
    pub fn contains(&self, time: NaiveTime) -> bool {
        if self.from < self.until {
            (self.from..self.until).contains(&time)
        } else {
            time >= self.from || time < self.until
        }
    }

    /// When the stretch ends that a moment lies in; `None` outside of it. A day's clock may jump: what comes first is the
    /// end.
    pub fn end_after<Z: TimeZone>(&self, now: DateTime<Utc>, zone: &Z) -> Option<DateTime<Utc>> {
        let local = now.with_timezone(zone).naive_local();
        if !self.contains(local.time()) {
            return None;
        }
        let today = local.date().and_time(self.until);
        let end = if today > local { today } else { today.checked_add_days(Days::new(1))? };
        // In the hour that a clock leaves out there is no such time; an hour later there is. In the one that comes twice,
        // the first may be over.
        [end, end + TimeDelta::hours(1)].iter().find_map(|end| {
            let ends = zone.from_local_datetime(end);
            let both = [ends.clone().earliest(), ends.latest()].into_iter().flatten();
            both.map(|end| end.with_timezone(&Utc)).find(|end| *end > now)
        })
    }

    /// The day on which the stretch began that a moment of a local clock lies in.
    pub fn begun_on(&self, local: NaiveDateTime) -> NaiveDate {
        let is_of_the_day_before = self.from >= self.until && local.time() < self.until;
        let day_before = local.date().pred_opt().filter(|_| is_of_the_day_before);
        day_before.unwrap_or_else(|| local.date())
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.format("%H:%M"), self.until.format("%H:%M"))
    }
}

impl Setting for Hours {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let text = cx.text(node, "hours such as \"22:00-07:00\"")?;
        let hours = Self::parse(&text);
        if hours.is_none() {
            cx.wrong(node, format_args!("{text:?} is no stretch of a day; write it as \"22:00-07:00\""));
        }
        hours
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }

    fn schema(_: &mut Schema) -> Value {
        json!({ "type": "string", "pattern": r"^\s*\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}\s*$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_goes_over_midnight() {
        let night = Hours::parse("22:00-07:00").unwrap();
        let at = |text: &str| night.contains(NaiveTime::parse_from_str(text, "%H:%M").unwrap());
        assert!(at("22:00") && at("23:59") && at("00:00") && at("06:59"));
        assert!(!at("07:00") && !at("12:00") && !at("21:59"));
        assert_eq!(night.to_string(), "22:00-07:00");
    }

    #[test]
    fn what_is_left_of_a_night_after_midnight_began_on_the_day_before() {
        let begun = |hours: &str, text: &str| {
            Hours::parse(hours).unwrap().begun_on(text.parse().unwrap()).to_string()
        };
        assert_eq!(begun("22:00-07:00", "2026-03-01T23:00:00"), "2026-03-01");
        assert_eq!(begun("22:00-07:00", "2026-03-02T06:59:00"), "2026-03-01");
        assert_eq!(begun("02:00-04:00", "2026-03-02T03:00:00"), "2026-03-02");
    }

    #[test]
    fn what_is_no_stretch_of_a_day_is_refused() {
        for text in ["", "22:00", "22-7", "25:00-07:00", "07:00-07:00", "22:00-07:00-08:00"] {
            assert_eq!(Hours::parse(text), None, "{text}");
        }
    }
}
