//! What holds for any findings whatever: tests over random ones.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::DateTime;
use proptest::prelude::*;

use crate::capture::{Ending, LastCrash};
use crate::checks::{CrashedService, Evidence, Kill, LastWords, MountedAt, SaidFault, Server, Wait, WaitsOn};
use crate::diagnose::testing::diagnosed;
use crate::logs::rules::rules;
use crate::model::{Cause, Finding, Severity};

/// Every id that the stack of the tests can have, and some that nobody knows.
const IDS: [&str; 25] = [
    "system.cpu",
    "system.load",
    "system.memory",
    "system.swap",
    "system.files",
    "system.clock",
    "disk./",
    "disk./.inodes",
    "disk./srv",
    "service.api.process",
    "service.api.port",
    "service.api.http",
    "service.api.restarts",
    "service.portal.process",
    "service.portal.port",
    "check.fleet",
    "check.mysql",
    "check.redis",
    "check.celery",
    "check.metrics",
    "check.target",
    "check.log",
    "logs.errors",
    "errors.rate",
    "service.nobody.knows",
];

fn severity() -> impl Strategy<Value = Severity> {
    prop::sample::select(vec![Severity::Ok, Severity::Unknown, Severity::Warning, Severity::Critical])
}

fn finding(id: &'static str) -> impl Strategy<Value = Finding> {
    let cause = prop::option::weighted(0.8, prop::sample::select(Cause::ALL.to_vec()));
    let text =
        prop::sample::select(vec!["", "No space left on device", "is read-only", "Too many open files"]);
    (severity(), cause, text, prop::sample::select(vec![200, 503]), any::<bool>(), 0..200_u32).prop_map(
        move |(severity, cause, text, status, has_pid, number)| {
            let target = id.split('.').nth(1).unwrap_or(id);
            let mut finding = Finding::new(id, target, severity, text);
            finding.cause = cause.filter(|_| severity != Severity::Ok);
            finding = finding.with("status", status).with("pressure_percent", number).with("path", "/srv");
            let targets = serde_json::json!([{"url": "http://127.0.0.1:8050/metrics", "health": "down"}]);
            finding = finding.with("newest", text).with("targets", targets);
            if has_pid { finding.with("pid", 7) } else { finding.with("stale_pid", 7) }
        },
    )
}

fn crashed(ending: Ending) -> CrashedService {
    let crash = LastCrash { at: DateTime::UNIX_EPOCH, ending, said: None };
    CrashedService { service: "api".into(), ago: Duration::from_secs(9), crash }
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let rules: Vec<_> = rules().collect();
    let faults = prop::collection::vec((prop::sample::select(rules), any::<bool>(), 0..3_600_u64), 0..4);
    let wait = prop::sample::select(vec![
        WaitsOn::Itself,
        WaitsOn::Peer("127.0.0.1:3306".parse().unwrap()),
        WaitsOn::File("/srv/x".into()),
        WaitsOn::Kernel("nfs_wait".into()),
    ]);
    let endings = prop::option::of(prop::sample::select(vec![Ending::Code(1), Ending::Signal(9)]));
    (faults, wait, endings, any::<bool>(), any::<bool>()).prop_map(
        |(faults, on, ending, is_killed, is_of_group)| {
            let faults = faults.into_iter().map(|(rule, is_last, age)| SaidFault {
                rule: rule.id,
                class: rule.class,
                summary: rule.id.to_owned(),
                age: Some(Duration::from_secs(age)),
                is_last,
            });
            let kill = Kill { pid: Some(7), name: "mysqld".into(), age: Duration::from_secs(9), is_of_group };
            let mount = |path: &str, space: &str| MountedAt { path: path.into(), space: space.into() };
            Evidence {
                stopped: Vec::new(),
                ends: ending.map(crashed).into_iter().collect(),
                kills: if is_killed { vec![kill] } else { Vec::new() },
                last_words: vec![LastWords {
                    service: "api".into(),
                    log: "/srv/api.log".into(),
                    silent_for: Duration::from_secs(9),
                    pid: Some(7),
                    faults: faults.collect(),
                }],
                waits: vec![Wait { service: "api".into(), pid: 7, on }],
                servers: vec![Server {
                    port: 3306,
                    pid: 9,
                    command: "mysqld".into(),
                    dir: Some("/srv/db".into()),
                    is_stopped: false,
                }],
                mounts: vec![mount("/", "a"), mount("/srv", "b")],
                endpoints: Vec::new(),
            }
        },
    )
}

fn findings() -> impl Strategy<Value = Vec<Finding>> {
    prop::sample::subsequence(IDS.to_vec(), 0..=IDS.len())
        .prop_flat_map(|ids| ids.into_iter().map(finding).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn causes_exist_stand_at_the_root_and_make_no_circle((findings, evidence) in (findings(), evidence())) {
        let read = diagnosed(findings, &evidence);
        let by_id: HashMap<_, _> = read.iter().map(|f| (f.check.as_str(), f)).collect();
        for finding in &read {
            let Some(root) = &finding.caused_by else { continue };
            prop_assert_ne!(root, &finding.check);
            let root = by_id.get(root.as_str());
            prop_assert!(root.is_some_and(|root| root.caused_by.is_none()), "{finding:#?}");
            prop_assert!(root.is_some_and(|root| root.severity > Severity::Ok), "{finding:#?}");
            prop_assert!(finding.evidence.is_some(), "{finding:#?}");
        }
    }

    #[test]
    fn what_is_well_never_gets_a_cause((findings, evidence) in (findings(), evidence())) {
        let before = findings.clone();
        let read = diagnosed(findings, &evidence);
        for (before, after) in before.iter().zip(&read) {
            prop_assert_eq!(before.severity, after.severity);
            if before.severity == Severity::Ok {
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn nothing_is_removed_and_order_decides_nothing(
        (findings, evidence, seed) in (findings(), evidence(), any::<u64>())
    ) {
        let mut shuffled = findings.clone();
        let key = |f: &Finding| f.check.bytes().fold(seed, |n, b| (n ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        shuffled.sort_by_key(key);
        let sorted = |mut list: Vec<Finding>| {
            list.sort_by(|a, b| a.check.cmp(&b.check));
            list
        };
        let ids: HashSet<_> = findings.iter().map(|f| f.check.clone()).collect();
        let read = sorted(diagnosed(findings, &evidence));
        prop_assert_eq!(read.iter().map(|f| f.check.clone()).collect::<HashSet<_>>(), ids);
        prop_assert_eq!(read, sorted(diagnosed(shuffled, &evidence)));
    }
}
