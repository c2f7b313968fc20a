//! Chains of causes, each with the evidence that makes it and the lack of evidence that does not.

use std::time::Duration;

use crate::checks::{Evidence, Kill, LastWords, MountedAt, SaidFault, Server, Wait, WaitsOn};
use crate::diagnose::testing::{bad, diagnosed};
use crate::logs::rules::find;
use crate::model::{Cause, Finding, Severity};

fn folded(findings: Vec<Finding>, evidence: &Evidence) -> Vec<(String, Option<String>)> {
    let mut read = diagnosed(findings, evidence);
    read.sort_by(|a, b| a.check.cmp(&b.check));
    read.into_iter().map(|f| (f.check, f.caused_by)).collect()
}

#[track_caller]
fn check(findings: Vec<Finding>, evidence: &Evidence, expected: &[(&str, &str)]) {
    let mut expected: Vec<_> = expected
        .iter()
        .map(|(id, root)| ((*id).to_owned(), (!root.is_empty()).then(|| (*root).to_owned())))
        .collect();
    expected.sort();
    assert_eq!(folded(findings, evidence), expected);
}

fn down() -> Vec<Finding> {
    let nameless = |id: &str| {
        let mut finding = bad(id, Cause::ProcessDown);
        finding.cause = None;
        finding
    };
    vec![
        bad("service.api.process", Cause::ProcessDown).with("stale_pid", 7),
        nameless("service.api.port"),
        nameless("service.api.http"),
    ]
}

fn living() -> Finding {
    Finding::new("service.api.process", "api", Severity::Ok, "").with("pid", 7)
}

fn failing(status: u16) -> Finding {
    bad("service.api.http", Cause::BadResponse).with("status", status)
}

/// A log whose last line is this, written just now.
fn saying(line: &str) -> Evidence {
    let (rule, fault) = find(line).unwrap();
    let fault =
        SaidFault { rule: rule.id, class: rule.class, summary: fault.summary, age: None, is_last: true };
    let silent_for = Duration::from_secs(3);
    Evidence {
        last_words: vec![LastWords {
            service: "api".into(),
            log: "/srv/api.log".into(),
            silent_for,
            pid: None,
            faults: vec![fault],
        }],
        mounts: vec![
            MountedAt { path: "/".into(), space: "a".into() },
            MountedAt { path: "/srv".into(), space: "b".into() },
            MountedAt { path: "/var/lib/mysql".into(), space: "c".into() },
        ],
        ..Evidence::default()
    }
}

fn waiting(on: WaitsOn) -> Evidence {
    Evidence { waits: vec![Wait { service: "api".into(), pid: 7, on }], ..Evidence::default() }
}

fn full(mount: &str) -> Finding {
    bad(&format!("disk.{mount}"), Cause::DiskFull).with("path", mount).with("free_bytes", 0)
}

#[test]
fn log_without_room_cannot_tell_why_its_service_fails() {
    let mut silent = saying("OSError: [Errno 28] No space left on device");
    silent.last_words[0].faults.clear();
    let findings = |mount, status| vec![full(mount), failing(status)];
    let folded = [("disk./srv", ""), ("service.api.http", "disk./srv")];
    check(findings("/srv", 500), &silent, &folded);
    check(findings("/srv", 404), &silent, &[("disk./srv", ""), ("service.api.http", "")]);
    let elsewhere = [("disk./var/lib/mysql", ""), ("service.api.http", "")];
    check(findings("/var/lib/mysql", 500), &silent, &elsewhere);
    let told =
        saying("pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'localhost'\")");
    check(findings("/srv", 500), &told, &[("disk./srv", ""), ("service.api.http", "")]);
}

#[test]
fn server_that_its_check_finds_well_is_not_named_on_the_word_of_a_log() {
    let told =
        saying("pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'localhost'\")");
    let summary = |mysql: Option<Finding>| {
        let found = diagnosed([failing(500)].into_iter().chain(mysql).collect(), &told);
        found.into_iter().find(|finding| finding.check == "service.api.http").unwrap().summary
    };
    assert!(!summary(None).contains("MySQL"));
    assert!(summary(Some(bad("check.mysql", Cause::DatabaseDown))).contains("MySQL on 'localhost'"));
}

#[test]
fn dead_process_explains_port_url_checks_and_log() {
    let mut findings = down();
    findings.push(bad("check.fleet", Cause::ProcessDown));
    findings.push(bad("check.log", Cause::StaleLog));
    let root = "service.api.process";
    let expected = [
        (root, ""),
        ("service.api.port", root),
        ("service.api.http", root),
        ("check.fleet", root),
        ("check.log", root),
    ];
    check(findings, &Evidence::default(), &expected);
}

#[test]
fn memory_full_explains_the_kill_and_all_below_it() {
    let mut findings = down();
    findings.push(bad("system.memory", Cause::MemoryFull));
    findings.push(bad("system.swap", Cause::MemoryFull));
    let kill = |is_of_group| Kill {
        pid: Some(7),
        name: "python3".into(),
        age: Duration::from_secs(60),
        is_of_group,
    };
    let by = |is_of_group| Evidence { kills: vec![kill(is_of_group)], ..Evidence::default() };
    let (memory, process) = ("system.memory", "service.api.process");
    let of = |root| [(process, root), ("service.api.port", root), ("service.api.http", root)];
    let mut machine = of(memory).to_vec();
    machine.extend([(memory, ""), ("system.swap", memory)]);
    check(findings.clone(), &by(false), &machine);
    // A control group that was full is a cause of its own, and so is a death without a kill.
    for evidence in [by(true), Evidence::default()] {
        let apart = [
            (process, ""),
            ("service.api.port", process),
            ("service.api.http", process),
            (memory, ""),
            ("system.swap", memory),
        ];
        check(findings.clone(), &evidence, &apart);
    }
}

#[test]
fn stranger_on_the_port_explains_the_crash_loop() {
    let mut findings = down();
    findings[1].cause = Some(Cause::PortTaken);
    findings.push(bad("service.api.restarts", Cause::CrashLoop));
    let port = "service.api.port";
    let expected = [
        (port, ""),
        ("service.api.process", port),
        ("service.api.http", port),
        ("service.api.restarts", port),
    ];
    check(findings, &Evidence::default(), &expected);
}

#[test]
fn stranger_on_the_port_is_not_told_as_the_service() {
    let port = bad("service.api.port", Cause::PortTaken);
    let read = diagnosed(vec![living(), port, bad("check.fleet", Cause::ProcessDown)], &Evidence::default());
    assert_eq!(read[2].caused_by.as_deref(), Some("service.api.port"));
    assert_eq!(read[2].evidence.as_deref(), Some("port 8000 of api is taken by a stranger"));
}

#[test]
fn lost_parent_explains_workers_on_the_port() {
    let ids = ["service.api.process", "service.api.port", "service.api.http"];
    let findings = ids.map(|id| bad(id, Cause::OrphanProcess)).to_vec();
    check(findings, &Evidence::default(), &[(ids[0], ""), (ids[1], ids[0]), (ids[2], ids[0])]);
}

#[test]
fn full_disk_explains_the_database_and_the_database_the_errors() {
    let mysql = bad("check.mysql", Cause::DatabaseDown).with("read_only", true);
    let findings = vec![living(), failing(500), mysql, full("/var/lib/mysql")];
    let server = Server {
        port: 3306,
        pid: 9,
        command: "mysqld".into(),
        dir: Some("/var/lib/mysql".into()),
        is_stopped: false,
    };
    let mut evidence = saying(
        "pymysql.err.OperationalError: (1290, 'The MySQL server is running with the --read-only option')",
    );
    evidence.servers = vec![server.clone()];
    let disk = "disk./var/lib/mysql";
    let process = ("service.api.process", "");
    check(
        findings.clone(),
        &evidence,
        &[process, ("service.api.http", disk), ("check.mysql", disk), (disk, "")],
    );
    // Its files lie elsewhere: two causes.
    evidence.servers = vec![Server { dir: Some("/srv/mysql".into()), ..server }];
    check(
        findings,
        &evidence,
        &[process, ("service.api.http", "check.mysql"), ("check.mysql", ""), (disk, "")],
    );
}

#[test]
fn full_disk_explains_a_service_that_says_so_and_lies_there() {
    let said = "OSError: [Errno 28] No space left on device";
    let process = ("service.api.process", "");
    check(
        vec![living(), failing(500), full("/srv")],
        &saying(said),
        &[process, ("service.api.http", "disk./srv"), ("disk./srv", "")],
    );
    check(
        vec![living(), failing(500), full("/")],
        &saying(said),
        &[process, ("service.api.http", ""), ("disk./", "")],
    );
    check(
        vec![living(), failing(500), full("/srv")],
        &Evidence::default(),
        &[process, ("service.api.http", ""), ("disk./srv", "")],
    );
}

#[test]
fn database_explains_errors_of_who_depends_on_it_and_no_other_answer() {
    let mysql = || bad("check.mysql", Cause::DatabaseDown);
    let of = |status, root| {
        let findings = vec![living(), failing(status), mysql()];
        let expected = [("service.api.process", ""), ("service.api.http", root), ("check.mysql", "")];
        check(findings, &Evidence::default(), &expected);
    };
    of(500, "check.mysql");
    of(404, "");
}

#[test]
fn what_it_waits_for_explains_silence() {
    let hung =
        || vec![living(), bad("service.api.http", Cause::ProcessHung), bad("check.redis", Cause::CacheDown)];
    let of = |evidence: &Evidence, root| {
        let expected = [("service.api.process", ""), ("service.api.http", root), ("check.redis", "")];
        check(hung(), evidence, &expected);
    };
    of(&waiting(WaitsOn::Peer("127.0.0.1:6379".parse().unwrap())), "check.redis");
    of(&waiting(WaitsOn::Peer("127.0.0.1:5432".parse().unwrap())), "");
    of(&Evidence::default(), "");
}

#[test]
fn broker_explains_its_workers() {
    let findings = vec![bad("check.celery", Cause::WorkerDown), bad("check.redis", Cause::CacheDown)];
    check(findings, &Evidence::default(), &[("check.celery", "check.redis"), ("check.redis", "")]);
}

#[test]
fn page_that_is_no_page_explains_the_target() {
    let target = |port: u16| {
        let url = format!("http://127.0.0.1:{port}/metrics");
        let down = serde_json::json!([{"url": url, "health": "down"}, {"url": "http://h/", "health": "up"}]);
        bad("check.target", Cause::TargetDown).with("targets", down)
    };
    let page = || bad("check.metrics", Cause::MetricsInvalid);
    check(
        vec![page(), target(8050)],
        &Evidence::default(),
        &[("check.metrics", ""), ("check.target", "check.metrics")],
    );
    check(vec![page(), target(9100)], &Evidence::default(), &[("check.metrics", ""), ("check.target", "")]);
}

#[test]
fn saturated_processors_explain_slowness_unless_it_waits_for_another() {
    let cpu = || bad("system.cpu", Cause::CpuSaturated).with("pressure_percent", 60.0);
    let findings = || vec![living(), bad("service.api.http", Cause::SlowResponse), cpu()];
    let of = |evidence: &Evidence, root| {
        let expected = [("service.api.process", ""), ("service.api.http", root), ("system.cpu", "")];
        check(findings(), evidence, &expected);
    };
    of(&Evidence::default(), "system.cpu");
    of(&waiting(WaitsOn::Peer("127.0.0.1:3306".parse().unwrap())), "");
}

#[test]
fn checks_of_one_server_that_is_silent_are_one() {
    let brokers = vec![bad("check.celery", Cause::CacheDown), bad("check.redis", Cause::CacheDown)];
    let root = "check.redis";
    check(brokers, &Evidence::default(), &[("check.celery", root), (root, "")]);
    let apart = vec![bad("check.mysql", Cause::DatabaseDown), bad("check.redis", Cause::CacheDown)];
    check(apart, &Evidence::default(), &[("check.mysql", ""), (root, "")]);
    let server = |port| Server { port, pid: 9, command: "x".into(), dir: None, is_stopped: true };
    let evidence = Evidence { servers: vec![server(3306), server(8050)], ..Evidence::default() };
    let stopped = vec![bad("check.mysql", Cause::ProcessHung), bad("check.metrics", Cause::ProcessHung)];
    let root = "check.metrics";
    check(stopped, &evidence, &[("check.mysql", root), (root, "")]);
}

#[test]
fn check_of_the_process_of_a_hung_service_is_its_consequence() {
    let server = Server { port: 3306, pid: 7, command: "x".into(), dir: None, is_stopped: true };
    let evidence = Evidence { servers: vec![server], ..Evidence::default() };
    let root = "service.portal.process";
    let hung = bad(root, Cause::ProcessHung).with("pid", 7);
    let asked = bad("check.mysql", Cause::ProcessHung);
    check(vec![hung, asked], &evidence, &[(root, ""), ("check.mysql", root)]);
}

#[test]
fn service_that_burns_the_processors_is_the_cause_and_not_the_victim() {
    let cpu = bad("system.cpu", Cause::CpuSaturated)
        .with("pressure_percent", 60.0)
        .with("top_processes", serde_json::json!([{"pid": 7}]));
    let load = bad("system.load", Cause::CpuSaturated);
    let findings = vec![living(), bad("service.api.http", Cause::ProcessHung), cpu, load];
    let root = "service.api.http";
    let expected = [("service.api.process", ""), (root, ""), ("system.cpu", root), ("system.load", root)];
    check(findings, &waiting(WaitsOn::Itself), &expected);
}

#[test]
fn process_without_descriptors_explains_silence() {
    let full = |open: u64| {
        bad("service.api.process", Cause::FilesExhausted)
            .with("pid", 7)
            .with("open_files", open)
            .with("open_files_limit", 64)
    };
    let of = |open, root| {
        let findings = vec![full(open), bad("service.api.http", Cause::ProcessHung)];
        check(findings, &Evidence::default(), &[("service.api.process", ""), ("service.api.http", root)]);
    };
    of(63, "service.api.process");
    of(55, "");
}

#[test]
fn file_system_that_does_not_answer_explains_what_cannot_be_seen() {
    let unknown = |id: &str| Finding::new(id, "api", Severity::Unknown, "");
    let disk = Finding::new("disk./srv", "/srv", Severity::Critical, "no answer within 5 s");
    let evidence = saying("MemoryError");
    let findings = vec![unknown("service.api.process"), unknown("service.api.port"), disk];
    let root = "disk./srv";
    check(findings, &evidence, &[("service.api.process", root), ("service.api.port", root), (root, "")]);
}

#[test]
fn wrong_clock_explains_ages() {
    let clock = Finding::new("system.clock", "clock", Severity::Critical, "");
    let findings =
        vec![clock, bad("check.log", Cause::StaleLog), bad("check.fleet", Cause::CertificateExpiring)];
    let root = "system.clock";
    check(findings, &Evidence::default(), &[(root, ""), ("check.log", root), ("check.fleet", root)]);
}

#[test]
fn newest_error_is_folded_under_what_makes_it() {
    let errors = |newest: &str| bad("logs.errors", Cause::ErrorRate).with("newest", newest);
    let mysql = || bad("check.mysql", Cause::DatabaseDown);
    let of = |newest, root| {
        let expected = [("logs.errors", root), ("check.mysql", "")];
        check(vec![errors(newest), mysql()], &Evidence::default(), &expected);
    };
    of("(2003, \"Can't connect to MySQL server on 'localhost'\")", "check.mysql");
    of("OSError: [Errno 28] No space left on device", "");
    of("something else", "");
}

#[test]
fn errors_that_were_logged_and_kept_are_told_once() {
    let of = |logged: &str, kept: &str, expected: &[(&str, &str)]| {
        let errors = |id: &str, newest: &str| bad(id, Cause::ErrorRate).with("newest", newest);
        check(
            vec![errors("logs.errors", logged), errors("errors.rate", kept)],
            &Evidence::default(),
            expected,
        );
    };
    let rate = "errors.rate";
    of("KeyError: 'DO9693'", "KeyError: 'DO9693'", &[("logs.errors", rate), (rate, "")]);
    of("worker lost", "KeyError: 'DO9693'", &[("logs.errors", ""), (rate, "")]);
    of("Error: x", "Error: y", &[("logs.errors", ""), (rate, "")]);
    let gone = "OperationalError: (2003, \"Can't connect to MySQL server on 'localhost'\")";
    let kept = bad(rate, Cause::ErrorRate).with("newest", gone);
    let root = "check.mysql";
    check(vec![kept, bad(root, Cause::DatabaseDown)], &Evidence::default(), &[(rate, root), (root, "")]);
}

#[test]
fn two_causes_stay_two() {
    let mut findings = down();
    findings.push(full("/"));
    findings.push(bad("check.redis", Cause::CacheDown));
    let process = "service.api.process";
    let expected = [
        (process, ""),
        ("service.api.port", process),
        ("service.api.http", process),
        ("disk./", ""),
        ("check.redis", ""),
    ];
    check(findings, &saying("ModuleNotFoundError: No module named 'x'"), &expected);
}
