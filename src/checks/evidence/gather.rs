//! Gathers evidence, each kind on a thread of its own, until the deadline.

use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::checks::Plan;
use crate::checks::evidence::{Evidence, MountedAt, ends, kills, last_words, servers, stops, waits};
use crate::model::{Finding, Severity};
use crate::platform;

/// Time for all of it: a run ends by its longest deadline plus one second.
const DEADLINE: Duration = Duration::from_millis(600);

/// A part of the evidence, put into its place.
type Part = Box<dyn FnOnce(&mut Evidence) + Send>;

/// Looks for what can explain the findings; nothing where nothing is wrong.
pub fn gather(plan: &Plan, findings: &[Finding], now: DateTime<Utc>) -> Evidence {
    let mut evidence = Evidence::default();
    let is_bad = |f: &Finding| f.severity > Severity::Ok && !f.check.starts_with("system.");
    if !findings.iter().any(is_bad) {
        return evidence;
    }
    let until = Instant::now() + DEADLINE;
    let (sender, parts) = mpsc::channel();
    let wanted = start_all(plan, findings, now, &sender);
    for _ in 0..wanted {
        match parts.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(part) => part(&mut evidence),
            // What hangs stays behind, as the probes do.
            Err(_) => break,
        }
    }
    evidence
}

/// Starts every kind; returns how many answers will come.
fn start_all(plan: &Plan, findings: &[Finding], now: DateTime<Utc>, sender: &Sender<Part>) -> usize {
    start(sender, || {
        let found = kills::find();
        Box::new(move |evidence| evidence.kills = found)
    });
    start(sender, || {
        let found = platform::mounts().unwrap_or_default();
        let mounts = found.into_iter().map(|m| MountedAt { path: m.path, space: m.space }).collect();
        Box::new(move |evidence| evidence.mounts = mounts)
    });
    let (services, state_dir) = (plan.services.clone(), plan.backups.state_dir.clone());
    start(sender, move || {
        let found = stops::find(&services, &state_dir, now);
        Box::new(move |evidence| evidence.stopped = found)
    });
    let (services, root) = (plan.services.clone(), plan.root.clone());
    start(sender, move || {
        let found = ends::find(&services, &root, now);
        Box::new(move |evidence| evidence.ends = found)
    });
    let (checks, failed) = (plan.checks.clone(), servers::failed(findings));
    start(sender, move || {
        let endpoints = servers::endpoints(&checks);
        let servers = servers::find(&servers::ports(&endpoints, &failed));
        Box::new(move |evidence| (evidence.endpoints, evidence.servers) = (endpoints, servers))
    });
    let processes = waits::processes(plan, findings);
    start(sender, move || {
        let found = waits::find(processes);
        Box::new(move |evidence| evidence.waits = found)
    });
    let logs = last_words::logs(plan);
    let count = logs.len();
    for (service, path) in logs {
        // Each by itself: one log on a dead server must not silence the others.
        start(sender, move || {
            let found = last_words::read(&service, &path, now);
            Box::new(move |evidence| evidence.last_words.extend(found))
        });
    }
    6 + count
}

fn start(sender: &Sender<Part>, look: impl FnOnce() -> Part + Send + 'static) {
    let sender = sender.clone();
    thread::spawn(move || {
        // Nobody waits any more once the deadline has passed.
        let _late = sender.send(look());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn healthy_run_costs_nothing() {
        let plan = Plan::nothing("/");
        let good = [Finding::new("service.x.process", "x", Severity::Ok, "")];
        let start = Instant::now();
        assert_eq!(gather(&plan, &good, Utc::now()), Evidence::default());
        assert!(start.elapsed() < Duration::from_millis(50));
    }

    #[test]
    fn trouble_brings_mounts_in_time() {
        let bad = [Finding::new("service.x.process", "x", Severity::Critical, "")];
        let start = Instant::now();
        let evidence = gather(&Plan::nothing("/"), &bad, Utc::now());
        assert!(!evidence.mounts.is_empty());
        assert!(start.elapsed() < Duration::from_secs(2));
    }
}
