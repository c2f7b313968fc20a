//! What one sink wants to hear, and when: pure.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};

use crate::alert::{Kind, Notice};
use crate::config::{Alert, Hours, Sink};
use crate::model::Severity;

/// How often Alertmanager is told that an alert still fires. It forgets one after [`FIRING`].
const REFRESH: Duration = Duration::from_secs(60);
/// How long an alert fires that nobody refreshes: long enough for three refreshes to get lost.
pub(super) const FIRING: Duration = Duration::from_secs(240);
/// A clock that goes back no further is not taken for one that was set.
const CORRECTION: TimeDelta = TimeDelta::seconds(60);

/// The rules of one sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub(super) min_severity: Severity,
    pub(super) cooldown: Duration,
    /// Zero: never.
    pub(super) remind_every: Duration,
    pub(super) escalate_after: Option<Duration>,
    pub(super) quiet_hours: Option<Hours>,
    pub(super) digest_above: NonZeroU32,
    pub(super) gathering: Gathering,
}

/// What becomes of many messages at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Gathering {
    /// For people: above a number of them, one that lists them.
    Digest,
    /// For what takes many at once and sorts them itself.
    Batch,
    /// For what keeps a state for each incident, and for files.
    Each,
}

impl Policy {
    /// The rules that the config sets for a sink.
    pub fn of(alert: &Alert) -> Self {
        let gathering = match alert.sink {
            Sink::Slack(_) | Sink::Email(_) | Sink::Webhook(_) | Sink::Command(_) => Gathering::Digest,
            Sink::Alertmanager(_) => Gathering::Batch,
            Sink::Pagerduty(_) | Sink::File(_) => Gathering::Each,
        };
        Self {
            min_severity: alert.min_severity,
            cooldown: alert.cooldown,
            remind_every: alert.remind_every,
            escalate_after: alert.escalate_after,
            quiet_hours: alert.quiet_hours,
            digest_above: alert.digest_above,
            gathering,
        }
    }

    /// Until when everything waits; `None` outside of quiet hours.
    pub(super) fn quiet_until<Z: TimeZone>(&self, now: DateTime<Utc>, zone: &Z) -> Option<DateTime<Utc>> {
        self.quiet_hours?.end_after(now, zone)
    }
}

/// What a sink was told last of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) severity: Severity,
    pub(super) at: DateTime<Utc>,
    /// The news said itself that it escalated.
    #[serde(default)]
    pub(super) is_escalated: bool,
}

/// When a sink was told last of a trouble that comes and goes, and how often it came since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Last {
    pub(super) at: DateTime<Utc>,
    #[serde(default)]
    pub(super) folded: u32,
}

/// What a sink is to hear of an open incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Now(Kind),
    At(DateTime<Utc>),
    Never,
}

impl Policy {
    /// Decides about an incident that is open; a muted one is somebody's concern already, or nobody's for now.
    pub(super) fn due(
        &self,
        news: &Notice,
        is_muted: bool,
        told: Option<&Told>,
        last: Option<&Last>,
        now: DateTime<Utc>,
    ) -> Due {
        let Some(told) = told else { return self.due_first(news, is_muted, last, now) };
        let is_given_up = news.kind == Kind::Escalated && !told.is_escalated && !is_muted;
        if news.severity > told.severity || is_given_up {
            return Due::Now(Kind::Escalated);
        }
        let period = match self.gathering {
            Gathering::Batch => REFRESH,
            _ if is_muted || self.remind_every.is_zero() => return Due::Never,
            _ => self.remind_every,
        };
        after(told.at, period, Kind::Reminder, now)
    }

    /// About one that the sink does not know of.
    fn due_first(&self, news: &Notice, is_muted: bool, last: Option<&Last>, now: DateTime<Utc>) -> Due {
        if news.severity < self.min_severity || is_muted {
            return Due::Never;
        }
        if let Some(patience) = self.escalate_after {
            return after(news.opened_at, patience, Kind::Escalated, now);
        }
        let kind = if news.kind == Kind::Escalated { Kind::Escalated } else { Kind::Opened };
        // A clock that was set back must not silence for longer than it should.
        let last = last.filter(|last| last.at <= now);
        last.map_or(Due::Now(kind), |last| since(last.at + self.cooldown, kind, now))
    }
}

/// A clock that was set back, and not just corrected, must not silence for longer than it should.
fn after(begun: DateTime<Utc>, period: Duration, kind: Kind, now: DateTime<Utc>) -> Due {
    if begun > now + CORRECTION { Due::Now(kind) } else { since(begun + period, kind, now) }
}

fn since(at: DateTime<Utc>, kind: Kind, now: DateTime<Utc>) -> Due {
    if at <= now { Due::Now(kind) } else { Due::At(at) }
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime};

    use super::*;
    use crate::alert::testing::{later, minutes, notice, policy};

    #[test]
    fn quiet_hours_end_on_the_right_day() {
        let zone = FixedOffset::east_opt(2 * 3600).unwrap();
        let quiet = Policy { quiet_hours: Hours::parse("22:00-07:00"), ..policy() };
        let until = |text: &str| {
            let now = text.parse::<DateTime<Utc>>().unwrap();
            quiet.quiet_until(now, &zone).map(|end| end.to_rfc3339())
        };
        assert_eq!(until("2026-03-01T19:59:00Z"), None);
        assert_eq!(until("2026-03-01T20:00:00Z").unwrap(), "2026-03-02T05:00:00+00:00");
        assert_eq!(until("2026-03-02T04:59:59Z").unwrap(), "2026-03-02T05:00:00+00:00");
        assert_eq!(until("2026-03-02T05:00:00Z"), None);
    }

    /// Central Europe in the autumn of 2026: on 25 October the hour from 02:00 to 03:00 comes twice.
    #[derive(Clone, Copy, Debug)]
    struct Autumn;

    impl Autumn {
        fn offset(hours: i32) -> FixedOffset {
            FixedOffset::east_opt(hours * 3600).unwrap()
        }

        fn at(text: &str) -> NaiveDateTime {
            text.parse().unwrap()
        }
    }

    impl TimeZone for Autumn {
        type Offset = FixedOffset;

        fn from_offset(_: &FixedOffset) -> Self {
            Self
        }

        fn offset_from_local_date(&self, date: &NaiveDate) -> MappedLocalTime<FixedOffset> {
            self.offset_from_local_datetime(&date.and_time(chrono::NaiveTime::MIN))
        }

        fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<FixedOffset> {
            if *local < Self::at("2026-10-25T02:00:00") {
                MappedLocalTime::Single(Self::offset(2))
            } else if *local < Self::at("2026-10-25T03:00:00") {
                MappedLocalTime::Ambiguous(Self::offset(2), Self::offset(1))
            } else {
                MappedLocalTime::Single(Self::offset(1))
            }
        }

        fn offset_from_utc_date(&self, date: &NaiveDate) -> FixedOffset {
            self.offset_from_utc_datetime(&date.and_time(chrono::NaiveTime::MIN))
        }

        fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
            Self::offset(if *utc < Self::at("2026-10-25T01:00:00") { 2 } else { 1 })
        }
    }

    #[test]
    fn quiet_hours_end_later_than_now_in_the_hour_that_comes_twice() {
        let quiet = Policy { quiet_hours: Hours::parse("22:00-02:30"), ..policy() };
        let until = |text: &str| {
            let now = text.parse::<DateTime<Utc>>().unwrap();
            quiet.quiet_until(now, &Autumn).map(|end| end.to_rfc3339())
        };
        assert_eq!(until("2026-10-25T00:10:00Z").unwrap(), "2026-10-25T00:30:00+00:00");
        assert_eq!(until("2026-10-25T00:30:00Z"), None);
        assert_eq!(until("2026-10-25T01:10:00Z").unwrap(), "2026-10-25T01:30:00+00:00", "its second time");
        assert_eq!(until("2026-10-25T01:30:00Z"), None);
    }

    #[test]
    fn an_incident_is_told_once_then_reminded_of_until_somebody_takes_it() {
        let (rules, news) = (policy(), notice("i", "api"));
        let due =
            |is_acknowledged, told: Option<&Told>, now| rules.due(&news, is_acknowledged, told, None, now);
        assert_eq!(due(false, None, news.at), Due::Now(Kind::Opened));
        let told = Told { severity: news.severity, at: news.at, is_escalated: false };
        assert_eq!(due(false, Some(&told), news.at), Due::At(news.at + minutes(240)));
        assert_eq!(due(false, Some(&told), news.at + minutes(240)), Due::Now(Kind::Reminder));
        assert_eq!(due(true, Some(&told), news.at + minutes(240)), Due::Never);
        assert_eq!(
            due(false, Some(&told), news.at - minutes(60)),
            Due::Now(Kind::Reminder),
            "a clock set back"
        );
        let mild = Told { severity: Severity::Warning, ..told };
        assert_eq!(due(true, Some(&mild), news.at), Due::Now(Kind::Escalated), "worse is always news");
    }

    #[test]
    fn who_is_given_up_is_told_so_once_at_the_same_severity() {
        let (rules, first) = (policy(), notice("i", "api"));
        let news = later(&first, Kind::Escalated, first.at + minutes(5));
        let told = Told { severity: first.severity, at: first.at, is_escalated: false };
        assert_eq!(rules.due(&news, false, Some(&told), None, news.at), Due::Now(Kind::Escalated));
        assert_eq!(rules.due(&news, true, Some(&told), None, news.at), Due::Never, "somebody is at it");
        let told = Told { is_escalated: true, ..told };
        assert_eq!(
            rules.due(&news, false, Some(&told), None, news.at),
            Due::At(first.at + minutes(240)),
            "not again"
        );
    }

    #[test]
    fn whoever_comes_second_hears_only_what_stays() {
        let rules = Policy { escalate_after: Some(Duration::from_secs(1800)), ..policy() };
        let news = notice("i", "api");
        let due = |is_acknowledged, now| rules.due(&news, is_acknowledged, None, None, now);
        assert_eq!(due(false, news.at), Due::At(news.at + minutes(30)));
        assert_eq!(due(false, news.at + minutes(30)), Due::Now(Kind::Escalated));
        assert_eq!(due(true, news.at + minutes(30)), Due::Never);
    }

    #[test]
    fn a_repeat_waits_for_the_cooldown() {
        let (rules, news) = (policy(), notice("i", "api"));
        let last = Last { at: news.at - minutes(5), folded: 0 };
        assert_eq!(rules.due(&news, false, None, Some(&last), news.at), Due::At(news.at + minutes(10)));
        let ahead = Last { at: news.at + minutes(60), folded: 0 };
        assert_eq!(rules.due(&news, false, None, Some(&ahead), news.at), Due::Now(Kind::Opened));
    }

    #[test]
    fn what_is_too_mild_is_not_told() {
        let (rules, mut news) = (policy(), notice("i", "api"));
        news.severity = Severity::Warning;
        let strict = Policy { min_severity: Severity::Critical, ..rules };
        assert_eq!(strict.due(&news, false, None, None, news.at), Due::Never);
    }
}
