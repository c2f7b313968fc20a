//! The machine itself: full file systems, hung files, a process table that does not hold still.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;
use fuelops::checks::{self, Plan};
use fuelops::config::{Bars, CertificateCheck, CheckKind, DayBars, DiskCheck};
use fuelops::model::{Cause, Finding, Severity};

use super::plan::{BOUND, check, one, plan};
use crate::support::is_root_or_skip;

/// A small memory file system, unmounted when dropped.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    fn new(options: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(dir.path()).status();
        assert!(mounted.unwrap().success());
        Self(dir)
    }

    fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn judging_disks(root: &Path) -> Plan {
    let mut plan = plan(root);
    plan.thresholds.disk_percent = Bars { warn: 80.0, critical: 90.0 };
    plan.judges_system = true;
    plan
}

fn run(plan: &Plan) -> Vec<Finding> {
    checks::run(plan, Utc::now()).unwrap().findings
}

#[test]
fn whole_machine_is_told_with_every_id() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(dir.path());
    plan.judges_system = true;
    let measured = checks::run(&plan, Utc::now()).unwrap();
    for part in ["cpu", "load", "memory", "swap", "files", "clock"] {
        let finding = one(&measured.findings, &format!("system.{part}"));
        assert_eq!((finding.severity, finding.target.as_str()), (Severity::Ok, part), "{finding:#?}");
    }
    assert!(measured.findings.iter().any(|f| f.check.starts_with("disk./")));
    let system = measured.system;
    assert!(system.cpu_percent.is_some() && system.memory_percent.is_some());
    assert!(system.memory_available_bytes.is_some() && system.disk_percent.is_some());
    assert!(system.disk_free_bytes.is_some());
}

#[test]
fn full_file_system_names_the_largest_folder() {
    if !is_root_or_skip("full_file_system_names_the_largest_folder") {
        return;
    }
    let tmpfs = Tmpfs::new("size=1m");
    let root = tmpfs.path();
    let logs = root.join("logs");
    fs::create_dir(&logs).unwrap();
    let _no_space = fs::write(logs.join("backend.log"), vec![b'x'; 2 << 20]);
    let mut plan = judging_disks(&root);
    plan.folders = vec![root.clone(), logs.clone()];
    plan.checks.push(check("data", CheckKind::Disk(DiskCheck { path: logs.clone() })));
    plan.checks[0].thresholds.disk_percent = plan.thresholds.disk_percent;
    let start = Instant::now();
    let findings = run(&plan);
    assert!(start.elapsed() < Duration::from_secs(3));
    for id in [format!("disk.{}", root.display()), "check.data".to_owned()] {
        let finding = one(&findings, &id);
        assert_eq!(
            (finding.severity, finding.cause),
            (Severity::Critical, Some(Cause::DiskFull)),
            "{finding:#?}"
        );
        assert_eq!(finding.observed["free_bytes"], 0);
        let largest = finding.observed["largest_folders"].as_array().unwrap();
        assert!(largest.iter().any(|f| f["path"] == logs.to_str().unwrap()), "{finding:#?}");
        assert!(largest.iter().all(|f| f["path"] != root.to_str().unwrap()), "{finding:#?}");
    }
    assert_eq!(checks::run(&plan, Utc::now()).unwrap().system.disk_percent, Some(100.0));
}

#[test]
fn file_system_without_inodes_left_is_full_too() {
    if !is_root_or_skip("file_system_without_inodes_left_is_full_too") {
        return;
    }
    let tmpfs = Tmpfs::new("size=4m,nr_inodes=20");
    let root = tmpfs.path();
    for n in 0..30 {
        let _no_inode = fs::write(root.join(n.to_string()), "");
    }
    let findings = run(&judging_disks(&root));
    assert_eq!(one(&findings, &format!("disk.{}", root.display())).severity, Severity::Ok);
    let inodes = one(&findings, &format!("disk.{}.inodes", root.display()));
    assert_eq!((inodes.severity, inodes.cause), (Severity::Critical, Some(Cause::InodesFull)));
}

#[test]
fn hung_file_costs_its_own_deadline_only() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe.pem");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut plan = judging_disks(dir.path());
    let days = DayBars { warn: 21, critical: 7 };
    for n in 0..20 {
        // Opened for reading, a pipe without a writer waits for ever: as a file on a dead server does.
        let kind = CheckKind::Certificate(CertificateCheck { address: None, file: Some(pipe.clone()), days });
        plan.checks.push(check(&format!("hung{n}"), kind));
    }
    plan.checks.push(check("disk", CheckKind::Disk(DiskCheck { path: "/".into() })));
    let start = Instant::now();
    let findings = run(&plan);
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
    assert_eq!(one(&findings, "check.disk").severity, Severity::Ok);
    for n in 0..20 {
        let finding = one(&findings, &format!("check.hung{n}"));
        assert_eq!(finding.severity, Severity::Critical);
        assert!(finding.summary.contains("no answer within"), "{finding:#?}");
    }
}

#[test]
fn processes_that_vanish_while_they_are_read_disturb_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let plan = super::plan::plan_of(
        dir.path(),
        r#"
        [[service]]
        name = "ghost"
        command = ["true", "--never"]
        port = 9
        [[check]]
        name = "any"
        type = "process"
        match = "true"
        min = 0
        "#,
    );
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    let _status = Command::new("true").status();
                }
            });
        }
        for _ in 0..8 {
            let findings = run(&plan);
            assert_eq!(one(&findings, "service.ghost.process").cause, Some(Cause::ProcessDown));
            assert_eq!(one(&findings, "check.any").severity, Severity::Ok);
        }
        is_done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_service_of_a_manager_that_is_not_asked_is_unknown_and_never_ok() {
    let dir = tempfile::tempdir().unwrap();
    let findings = super::plan::findings_of(
        dir.path(),
        r#"
        [[service]]
        name = "portal"
        manager = "docker"
        unit = "portal"
        "#,
    );
    let finding = one(&findings, "service.portal.process");
    assert_eq!(finding.severity, Severity::Unknown);
    assert!(finding.summary.contains("docker"), "{finding:#?}");
}
