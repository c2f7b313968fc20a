//! Probes of databases, caches, metrics, targets and units, against real servers and against servers that misbehave.

mod celery;
mod faults;
mod metrics;
mod mysql;
mod postgres;
mod redis;
mod strangers;
mod units;

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::Utc;
use fuelops::checks::{self, BackupFolder, ErrorCounter, Plan};
use fuelops::config::{Environment, parse};
use fuelops::model::{Finding, Severity};
use fuelops::process::Twins;

/// Room that a whole run takes beyond its longest deadline: by contract a second, and some for a busy machine.
const ROOM: Duration = Duration::from_secs(4);

/// Measures checks, given as the lines of their tables without name.
#[track_caller]
fn look_at_all(checks: &[String]) -> Vec<Finding> {
    let nothing = tempfile::tempdir().unwrap();
    look_in(nothing.path(), checks)
}

/// The same, with a folder that relative paths start at.
#[track_caller]
fn look_in(root: &Path, checks: &[String]) -> Vec<Finding> {
    let tables = checks.iter().enumerate();
    let text: String = tables.map(|(n, lines)| format!("[[check]]\nname = \"c{n}\"\n{lines}\n")).collect();
    let caller = nix::unistd::geteuid().as_raw();
    let environment = Environment { cwd: root.to_owned(), caller, ..Environment::default() };
    let config = parse(&text, root, &environment).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let longest = config.checks.iter().map(|check| check.timeout).max().unwrap_or_default();
    let plan = Plan {
        root: config.root,
        folders: Vec::new(),
        thresholds: config.thresholds,
        services: Vec::new(),
        twins: Twins::default(),
        checks: config.checks,
        logs: Vec::new(),
        error_store: None,
        counter: ErrorCounter::of_records(Vec::new(), fuelops::config::Timezone::Local),
        run_as: None,
        backups: BackupFolder::default(),
        judges_system: false,
    };
    let start = Instant::now();
    let measured = checks::run(&plan, Utc::now()).unwrap();
    assert!(start.elapsed() < longest + ROOM, "took {:?}", start.elapsed());
    measured.findings
}

/// Measures one check.
#[track_caller]
fn look_at(lines: &str) -> Finding {
    look_at_all(&[format!("timeout = \"20s\"\n{lines}")]).remove(0)
}

/// A check of a type with its url, and a deadline that a test can wait for.
fn short(kind: &str, url: &str) -> String {
    format!("type = \"{kind}\"\nurl = \"{url}\"\ntimeout = \"1500ms\"")
}

/// Fails unless a finding is this grave and says this.
#[track_caller]
fn expect(finding: &Finding, severity: Severity, words: &str) {
    assert_eq!(finding.severity, severity, "{finding:#?}");
    assert!(finding.summary.contains(words), "no `{words}` in {finding:#?}");
}
