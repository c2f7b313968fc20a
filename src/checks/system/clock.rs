//! Judges the clock: an implausible year, a jump while we looked, and whether a time service keeps it. Pure.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Datelike, SecondsFormat, Utc};

use crate::checks::Subject;
use crate::checks::system::SystemObservation;
use crate::model::{Finding, Severity};
use crate::text::human;

/// The year that this program was written in; no true clock is before it.
const FIRST_YEAR: i32 = 2025;
/// A clock that is beyond it has lost its way.
const LAST_YEAR: i32 = 2100;
/// A time service steps the clock by less.
const JUMP: Duration = Duration::from_secs(1);

pub(super) fn judge(seen: &SystemObservation) -> Finding {
    let subject = Subject::system("clock");
    let clock = &seen.clock;
    let now = DateTime::<Utc>::from(clock.wall);
    let shown = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let is_plausible = clock.wall >= SystemTime::UNIX_EPOCH && (FIRST_YEAR..=LAST_YEAR).contains(&now.year());
    let (severity, summary) = if !is_plausible {
        (Severity::Critical, format!("the clock says {shown}: certificates, logs and timers go wrong by it"))
    } else if clock.jump >= JUMP {
        (
            Severity::Warning,
            format!("the clock jumped by {} while it was watched", human::duration(clock.jump)),
        )
    } else {
        let service = match clock.state.is_synchronised {
            Some(true) => "kept by a time service",
            Some(false) => "kept by no time service",
            None => "plausible",
        };
        (Severity::Ok, service.to_owned())
    };
    subject
        .finding(severity, summary)
        .with("time", shown)
        .with("is_synchronised", clock.state.is_synchronised)
        .with("jump_ms", u64::try_from(clock.jump.as_millis()).unwrap_or(u64::MAX))
        .with("uptime_seconds", clock.state.since_boot.as_secs())
}
