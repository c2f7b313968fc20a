//! What a sink is given: one notice or many, and how that reads in each medium.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::alert::{Kind, Notice};
use crate::model::Severity;
use crate::text::human;

/// Lines of a digest; the rest is counted.
const MAX_LINES: usize = 20;
/// Version of the JSON that webhooks, commands and files are given.
const SCHEMA: &str = "fuelops.alert/1";

/// Something to deliver.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The same for every attempt to deliver it.
    pub(super) key: String,
    /// In the order in which they happened; never empty.
    pub(super) notices: Vec<Notice>,
    /// Many that are told as one.
    pub(super) is_digest: bool,
    /// Notices that this sink was never told, for want of room or time, since ever.
    pub(super) dropped: u64,
}

impl Message {
    /// One notice by itself, which stands in no outbox.
    pub fn of(notice: Notice) -> Self {
        Self {
            key: format!("{}-{}", notice.incident, notice.kind.word()),
            notices: vec![notice],
            is_digest: false,
            dropped: 0,
        }
    }

    /// The one line that says it all.
    pub(super) fn subject(&self) -> String {
        match self.notices.as_slice() {
            [only] => only.subject(),
            notices => {
                let project = notices.first().map_or("", |notice| &notice.project);
                format!("[{project}] {}", self.tally())
            }
        }
    }

    /// The worst of what is open; ok where everything is over.
    pub(super) fn severity(&self) -> Severity {
        let open = self.latest().into_iter().filter(|notice| notice.is_firing());
        open.map(|notice| notice.severity).max().unwrap_or(Severity::Ok)
    }

    /// The last news of each incident, what is open first, the worst first.
    pub(super) fn latest(&self) -> Vec<&Notice> {
        let mut latest: BTreeMap<&str, &Notice> = BTreeMap::new();
        for notice in &self.notices {
            latest.insert(&notice.incident, notice);
        }
        let mut latest: Vec<_> = latest.into_values().collect();
        latest.sort_by_key(|n| (!n.is_firing(), std::cmp::Reverse(n.severity), n.opened_at, &n.target));
        latest
    }

    /// The lines of a digest, and how many incidents stand in none.
    pub(super) fn digest_lines(&self) -> (Vec<&Notice>, usize) {
        let mut latest = self.latest();
        let more = latest.len().saturating_sub(MAX_LINES);
        latest.truncate(MAX_LINES);
        (latest, more)
    }

    /// What scripts are given; the same keys for one notice and for many.
    pub(super) fn json(&self) -> Value {
        let kind = match self.notices.as_slice() {
            [only] if !self.is_digest => only.kind.word(),
            _ => "digest",
        };
        json!({
            "schema": SCHEMA,
            "key": self.key,
            "kind": kind,
            "severity": self.severity(),
            "subject": self.subject(),
            "dropped": self.dropped,
            "notices": self.notices,
        })
    }

    /// `3 critical, 1 warning, 2 resolved`.
    pub(super) fn tally(&self) -> String {
        tally(&self.latest())
    }
}

fn tally(latest: &[&Notice]) -> String {
    let count = |severity| latest.iter().filter(|n| n.is_firing() && n.severity == severity).count();
    let resolved = latest.iter().filter(|notice| !notice.is_firing()).count();
    let parts = [
        (count(Severity::Critical), "critical"),
        (count(Severity::Warning), "warning"),
        (count(Severity::Unknown) + count(Severity::Ok), "unknown"),
        (resolved, "resolved"),
    ];
    let parts: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    parts.join(", ")
}

impl Notice {
    /// One line of a digest.
    pub(super) fn line(&self) -> String {
        let state = match self.kind {
            Kind::Resolved => "resolved",
            _ => self.severity.word(),
        };
        format!("{state}: {}: {}", self.target, self.summary)
    }

    /// When it was, how long it took, where, and why, each with its name.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let lasted = human::duration((self.at - self.opened_at).to_std().unwrap_or_default());
        let mut facts = vec![("since", moment(self.opened_at))];
        match self.kind {
            Kind::Opened => {}
            Kind::Resolved => facts.extend([("until", moment(self.at)), ("lasted", lasted)]),
            _ => facts.push(("lasts", lasted)),
        }
        facts.extend(self.cause.map(|cause| ("cause", cause.to_string())));
        if self.repeats > 0 {
            let times = human::plural(u64::from(self.repeats), "time");
            facts.push(("before that", format!("came and went {times}")));
        }
        facts.push(("host", self.host.clone()));
        facts
    }
}

pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::{later, minutes, notice, start};

    fn message(notices: Vec<Notice>) -> Message {
        let is_digest = notices.len() > 1;
        Message { key: "k".into(), notices, is_digest, dropped: 0 }
    }

    #[test]
    fn one_notice_tells_everything() {
        let mut told = later(&notice("i", "api"), Kind::Resolved, start() + minutes(7));
        told.repeats = 2;
        let facts: Vec<String> =
            told.facts().iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let expected = [
            "since: 2026-03-01T12:00:00Z",
            "until: 2026-03-01T12:07:00Z",
            "lasted: 7m",
            "cause: process-down",
            "before that: came and went 2 times",
            "host: web-1",
        ];
        assert_eq!(facts, expected);
        assert_eq!(message(vec![told]).subject(), "[fuel] resolved: api: does not answer");
    }

    #[test]
    fn a_digest_tells_the_last_state_of_each_incident_and_counts_the_rest() {
        let mut notices: Vec<_> = (0..30).map(|n| notice(&format!("i{n:02}"), &format!("t{n:02}"))).collect();
        notices.push(later(&notices[0], Kind::Resolved, start()));
        let digest = message(notices);
        assert_eq!(digest.subject(), "[fuel] 29 critical, 1 resolved");
        let (lines, more) = digest.digest_lines();
        assert_eq!((lines.len(), more), (20, 10));
        assert_eq!(lines[0].line(), "critical: t01: does not answer");
        assert!(lines.iter().all(|line| line.target != "t00"), "what is over stands last");
        assert_eq!(digest.json()["kind"], "digest");
        assert_eq!(digest.json()["notices"].as_array().unwrap().len(), 31);
    }
}
