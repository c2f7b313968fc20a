//! Plans for the tests: small ones, with a deadline that a test can wait for.

use std::num::NonZeroU32;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::Utc;
use fuelops::checks::{self, BackupFolder, ErrorCounter, Plan};
use fuelops::config::{
    Bars, Check, CheckKind, Environment, HttpCheck, LatencyBars, StatusSet, Thresholds, Url,
};
use fuelops::model::Finding;
use fuelops::process::Twins;

/// Time that each check of a test has.
pub(super) const TIMEOUT: Duration = Duration::from_millis(1_500);
/// Time that a whole run may take: by contract a second more, here some more for a machine that is busy with other tests.
pub(super) const BOUND: Duration = Duration::from_millis(4_500);

/// Bars that nothing on a busy test machine crosses.
pub(super) fn thresholds() -> Thresholds {
    let off = Bars { warn: 101.0, critical: 101.0 };
    Thresholds {
        cpu_percent: off,
        memory_percent: off,
        disk_percent: off,
        errors_per_hour: Bars { warn: 5.0, critical: 20.0 },
        restarts_per_day: Bars { warn: 1.0, critical: 4.0 },
        min_uptime: Duration::ZERO,
    }
}

pub(super) fn plan(root: &Path) -> Plan {
    Plan {
        root: root.to_owned(),
        folders: Vec::new(),
        thresholds: thresholds(),
        services: Vec::new(),
        twins: Twins::default(),
        checks: Vec::new(),
        logs: Vec::new(),
        error_store: None,
        counter: ErrorCounter::of_records(Vec::new(), fuelops::config::Timezone::Local),
        run_as: None,
        backups: BackupFolder::default(),
        judges_system: false,
    }
}

pub(super) fn check(name: &str, kind: CheckKind) -> Check {
    let one = NonZeroU32::MIN;
    Check {
        name: name.to_owned(),
        timeout: TIMEOUT,
        period: Duration::from_secs(30),
        required: true,
        depends_on: Vec::new(),
        thresholds: thresholds(),
        failure_threshold: one,
        success_threshold: one,
        kind,
    }
}

pub(super) fn http(url: &str) -> HttpCheck {
    HttpCheck {
        url: Url::literal(url).unwrap(),
        method: "GET".to_owned(),
        headers: std::collections::BTreeMap::new(),
        request_body: None,
        status: StatusSet::new(vec![200..=299]),
        body: None,
        json: Vec::new(),
        latency: LatencyBars::default(),
        redirects: 5,
        ca: None,
    }
}

/// A plan out of a config's text, with a machine that is never short of anything.
pub(super) fn plan_of(root: &Path, text: &str) -> Plan {
    let environment = Environment {
        cwd: root.to_owned(),
        caller: nix::unistd::geteuid().as_raw(),
        ..Environment::default()
    };
    let config = fuelops::config::parse(text, root, &environment).unwrap_or_else(|e| panic!("{e}\n{text}"));
    Plan { services: config.services, checks: config.checks, ..plan(&config.root) }
}

/// Measures a config's services and checks.
#[track_caller]
pub(super) fn findings_of(root: &Path, text: &str) -> Vec<Finding> {
    let start = Instant::now();
    let measured = checks::run(&plan_of(root, text), Utc::now()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(6), "took {:?}", start.elapsed());
    measured.findings
}

/// The finding of one check among many.
#[track_caller]
pub(super) fn one<'a>(findings: &'a [Finding], check: &str) -> &'a Finding {
    findings.iter().find(|f| f.check == check).unwrap_or_else(|| panic!("no {check} in {findings:#?}"))
}

/// Runs one check and returns its finding; fails when the run outlives its deadline by more than a second.
#[track_caller]
pub(super) fn finding_of(kind: CheckKind) -> Finding {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(dir.path());
    plan.checks.push(check("x", kind));
    let start = Instant::now();
    let measured = checks::run(&plan, Utc::now()).unwrap();
    assert!(start.elapsed() < BOUND, "took {:?}", start.elapsed());
    assert_eq!(measured.findings.len(), 1, "{:#?}", measured.findings);
    measured.findings.into_iter().next().unwrap()
}
