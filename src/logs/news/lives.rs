//! Starts and crashes, each told once.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::model::Severity;
use crate::report::{NewsKind, RestartEvent};
use crate::text::human;

/// What an event is known by: its file may be renamed.
type Key = (Option<DateTime<Utc>>, u64, Option<u32>, String);

/// The events that were told.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives {
    told: BTreeSet<Key>,
}

impl Lives {
    /// Those among all events that were not told before.
    pub(super) fn news<'e>(&mut self, events: &'e [RestartEvent]) -> Vec<&'e RestartEvent> {
        let key = |event: &RestartEvent| (event.at, event.line, event.pid, event.kind.clone());
        events.iter().filter(|event| self.told.insert(key(event))).collect()
    }
}

/// What an event is, and how bad.
pub(super) fn kind_of(event: &RestartEvent) -> (NewsKind, Severity) {
    match event.kind.as_str() {
        "crash" => (NewsKind::Crash, Severity::Critical),
        "reload" => (NewsKind::Reload, Severity::Ok),
        "worker-crash" => (NewsKind::WorkerCrash, Severity::Critical),
        "oom-kill" => (NewsKind::OomKill, Severity::Critical),
        _ => (NewsKind::Start, Severity::Ok),
    }
}

/// An event in words.
pub(super) fn summary(event: &RestartEvent) -> String {
    let who = event.pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
    let what = match kind_of(event).0 {
        NewsKind::Crash => {
            let down = event.downtime_ms.map(std::time::Duration::from_millis);
            let down = down.map(|down| format!(", after {} of silence", human::duration(down)));
            format!("started{who} without having been stopped{}", down.unwrap_or_default())
        }
        NewsKind::Reload => format!("reloaded{who}"),
        NewsKind::WorkerCrash => format!("a worker{who} ended without being asked to"),
        NewsKind::OomKill => format!("a process{who} was killed for its memory"),
        _ => format!("started{who}"),
    };
    match event.last_words.last() {
        Some(words) => format!("{what}; last words: {}", words.trim()),
        None => what,
    }
}
