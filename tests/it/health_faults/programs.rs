//! Checks that run a program, look at a file, or count lines.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::Utc;
use fuelops::checks::{self, Plan};
use fuelops::config::{CheckKind, CommandCheck, CommandLine, FileAgeCheck, LogRateCheck, PathPattern};
use fuelops::model::{Cause, Finding, Severity};

use super::plan::{BOUND, TIMEOUT, check, finding_of, plan};
use crate::support::{is_root_or_skip, wait_until};

fn script(root: &Path, text: &str) -> Plan {
    let path = root.join("check.sh");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let command = CommandLine::new(vec!["./check.sh".to_owned(), "a b".to_owned()]).unwrap();
    let mut plan = plan(root);
    plan.checks.push(check("x", CheckKind::Command(CommandCheck { command })));
    plan
}

fn ran(text: &str) -> Finding {
    let dir = tempfile::tempdir().unwrap();
    checks::run(&script(dir.path(), text), Utc::now()).unwrap().findings.remove(0)
}

#[test]
fn plugin_speaks_by_exit_code_and_first_line() {
    let finding = ran("echo \"DISK WARNING - $1 | used=81%;80;90\"; exit 1");
    assert_eq!((finding.severity, finding.summary.as_str()), (Severity::Warning, "DISK WARNING - a b"));
    assert_eq!(finding.metrics.len(), 1);
    assert_eq!(ran("exit 0").severity, Severity::Ok);
    assert_eq!(ran("exit 2").severity, Severity::Critical);
    assert_eq!(ran("exit 77").severity, Severity::Unknown);
    assert_eq!(ran("kill -SEGV $$").severity, Severity::Unknown);
    assert_eq!(ran("cat; echo no input").summary, "no input");
}

#[test]
fn program_that_is_not_there_is_unknown() {
    let command = CommandLine::new(vec!["/nonexistent/check".to_owned()]).unwrap();
    let finding = finding_of(CheckKind::Command(CommandCheck { command }));
    assert_eq!(finding.severity, Severity::Unknown);
    assert!(finding.summary.contains("/nonexistent/check"), "{finding:#?}");
}

#[test]
fn hung_plugin_is_killed_with_all_that_it_started() {
    let dir = tempfile::tempdir().unwrap();
    let plan = script(dir.path(), "sleep 1000 & echo $! > child; trap '' TERM; sleep 1000");
    let start = Instant::now();
    let finding = checks::run(&plan, Utc::now()).unwrap().findings.remove(0);
    assert!(start.elapsed() < BOUND);
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.summary.contains("was killed"), "{finding:#?}");
    let child: i32 = fs::read_to_string(dir.path().join("child")).unwrap().trim().parse().unwrap();
    let is_gone = || nix::sys::signal::kill(nix::unistd::Pid::from_raw(child), None).is_err();
    assert!(wait_until(Duration::from_secs(5), is_gone));
}

#[test]
fn background_child_that_keeps_the_pipe_does_not_hold_up_the_answer() {
    let finding = ran("echo fine; sleep 5 & exit 0");
    assert_eq!((finding.severity, finding.summary.as_str()), (Severity::Ok, "fine"));
    assert!(u128::from(finding.elapsed_ms) < TIMEOUT.as_millis(), "{finding:#?}");
}

#[test]
fn endless_output_is_capped() {
    let finding = ran("yes | head -c 1000000; exit 1");
    assert_eq!((finding.severity, &finding.observed["output_is_cut"]), (Severity::Warning, &true.into()));
}

#[test]
fn command_of_a_foreign_config_runs_as_its_owner_and_never_as_root() {
    if !is_root_or_skip("command_of_a_foreign_config_runs_as_its_owner_and_never_as_root") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut plan = script(dir.path(), "echo \"$(id -u) $(id -g) $(id -G) ${CARGO_MANIFEST_DIR:-clean}\"");
    plan.run_as = Some(65534);
    let finding = checks::run(&plan, Utc::now()).unwrap().findings.remove(0);
    let nobody = nix::unistd::User::from_uid(65534.into()).unwrap().unwrap();
    let group = nobody.gid;
    assert_eq!(finding.summary, format!("65534 {group} {group} clean"));
}

#[test]
fn silent_log_is_stale() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sync.log");
    fs::write(&path, "").unwrap();
    let of = |path: &Path| {
        let max_age = Duration::from_secs(60);
        finding_of(CheckKind::FileAge(FileAgeCheck { path: path.to_owned(), max_age }))
    };
    assert_eq!(of(&path).severity, Severity::Ok);
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(std::time::SystemTime::now() - Duration::from_secs(600)).unwrap();
    assert_eq!((of(&path).severity, of(&path).cause), (Severity::Critical, Some(Cause::StaleLog)));
    assert_eq!(of(&dir.path().join("none")).severity, Severity::Critical);
}

#[test]
fn errors_of_the_last_hour_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let line = |level: &str| format!("{} - app - {level} - text\n", Utc::now().format("%Y-%m-%dT%H:%M:%SZ"));
    fs::write(dir.path().join("a.log"), line("ERROR").repeat(6) + &line("INFO")).unwrap();
    let of = |pattern: &str| {
        let paths = vec![PathPattern::new(dir.path(), pattern).unwrap()];
        finding_of(CheckKind::LogRate(LogRateCheck { paths }))
    };
    let finding = of("*.log");
    assert_eq!(
        (finding.severity, finding.cause),
        (Severity::Warning, Some(Cause::ErrorRate)),
        "{finding:#?}"
    );
    assert_eq!(finding.observed["errors_per_hour"], 6);
    assert_eq!(of("none/*.log").severity, Severity::Unknown);
}
