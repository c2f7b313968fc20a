//! Alerts, told to real receivers on loopback. Slack and PagerDuty are not reached from here: what is sent to them is
//! compared with exchanges in the form that their documentation shows, and those tests say so by name.

mod command;
mod outbox;
mod receivers;
mod send;

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use fuelops::alert::{Dispatcher, Kind, Notice, Outfit};
use fuelops::config::{Environment, parse};
use fuelops::model::{Cause, Hint, Severity};

/// Longest wait for what a busy machine does in a moment.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a dispatcher needs, out of `[[alert]]` tables.
fn outfit(folder: &Path, alerts: &str) -> Outfit {
    let config = parse(alerts, folder, &Environment::default()).unwrap_or_else(|error| panic!("{error}"));
    Outfit {
        state_dir: folder.join("state"),
        root: folder.to_owned(),
        run_as: None,
        alerts: config.alerts,
        ping_url: None,
    }
}

fn start(folder: &Path, alerts: &str) -> Dispatcher {
    Dispatcher::start(outfit(folder, alerts)).unwrap()
}

/// An alert by webhook.
fn webhook(url: &str) -> String {
    format!("[[alert]]\nname = \"hook\"\ntype = \"webhook\"\nurl = \"{url}\"\n")
}

/// News of a critical incident, now.
fn notice(incident: &str, kind: Kind) -> Notice {
    let now: DateTime<Utc> = Utc::now();
    Notice {
        incident: incident.to_owned(),
        kind,
        severity: Severity::Critical,
        target: format!("api-{incident}"),
        summary: "does not answer".to_owned(),
        cause: Some(Cause::ProcessHung),
        consequences: Vec::new(),
        more_consequences: 0,
        hint: Some(Hint { text: "restart it".into(), command: Some("fuelops recover".into()) }),
        opened_at: now,
        at: now,
        repeats: 0,
        host: "web-1".to_owned(),
        project: "fuel".to_owned(),
    }
}
