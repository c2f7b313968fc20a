//! Helpers of the tests in this room.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::policy::Gathering;
use super::{Kind, Notice, Policy};
use crate::model::{Cause, Severity};

/// When everything here begins.
pub(super) fn start() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(super) fn minutes(n: i64) -> TimeDelta {
    TimeDelta::minutes(n)
}

/// News of a critical incident that has just opened.
pub(super) fn notice(incident: &str, target: &str) -> Notice {
    Notice {
        incident: incident.to_owned(),
        kind: Kind::Opened,
        severity: Severity::Critical,
        target: target.to_owned(),
        summary: "does not answer".to_owned(),
        cause: Some(Cause::ProcessDown),
        consequences: Vec::new(),
        more_consequences: 0,
        hint: None,
        opened_at: start(),
        at: start(),
        repeats: 0,
        host: "web-1".to_owned(),
        project: "fuel".to_owned(),
    }
}

/// The same incident, later.
pub(super) fn later(first: &Notice, kind: Kind, at: DateTime<Utc>) -> Notice {
    Notice { kind, at, ..first.clone() }
}

/// Rules without quiet hours for a person.
pub(super) fn policy() -> Policy {
    Policy {
        min_severity: Severity::Warning,
        cooldown: Duration::from_secs(15 * 60),
        remind_every: Duration::from_secs(4 * 3600),
        escalate_after: None,
        quiet_hours: None,
        digest_above: NonZeroU32::new(10).unwrap(),
        gathering: Gathering::Digest,
    }
}
