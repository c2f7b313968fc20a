//! Has everything judged that was seen: one finding at least for each check of the plan. Pure.

use chrono::{DateTime, Utc};

use crate::checks::http::{self, Expectation, HttpObservation};
use crate::checks::processes::Culprits;
use crate::checks::run::{CheckSeen, Disks, LOCAL_DEADLINE, Measured, Observations};
use crate::checks::seen::Seen;
use crate::checks::system::SystemObservation;
use crate::checks::{Plan, Subject, certificate, disk, later, system, tcp};
use crate::config::{Check, CheckKind, Service};
use crate::model::Finding;
use crate::report::SystemSummary;

/// Judges a whole run.
pub(super) fn everything(plan: &Plan, seen: &Observations, now: DateTime<Utc>) -> Measured {
    let culprits = Culprits::default();
    let mut findings = Vec::new();
    if plan.judges_system {
        findings.extend(of_system(plan, &seen.system, &culprits));
        findings.extend(of_disks(plan, seen.disks.as_ref()));
    }
    for (service, http) in plan.services.iter().zip(&seen.services) {
        findings.extend(of_service(service, http.as_ref(), now));
    }
    for (check, seen) in plan.checks.iter().zip(&seen.checks) {
        findings.push(of_check(check, seen, now));
    }
    Measured { findings, system: summary(seen) }
}

fn of_system(plan: &Plan, seen: &Seen<SystemObservation>, culprits: &Culprits) -> Vec<Finding> {
    let findings = match seen {
        Seen::Done { value, .. } => system::judge(value, &plan.thresholds, culprits),
        other => system::PARTS.map(|part| not_done(&Subject::system(part), other)).into(),
    };
    findings.into_iter().map(|f| timed(f, seen)).collect()
}

fn of_disks(plan: &Plan, disks: Option<&Disks>) -> Vec<Finding> {
    let Some(disks) = disks else { return vec![disk::judge_mount_missed(&plan.root, LOCAL_DEADLINE)] };
    let mut findings = Vec::new();
    for (mount, seen) in &disks.seen {
        let judged = match seen {
            Seen::Done { value, .. } => disk::judge_mount(mount, value, plan.thresholds.disk_percent),
            _ => vec![disk::judge_mount_missed(mount, LOCAL_DEADLINE)],
        };
        findings.extend(judged.into_iter().map(|f| timed(f, seen)));
    }
    findings
}

fn of_service(service: &Service, http: Option<&Seen<HttpObservation>>, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = later::service(service).into_iter().collect();
    findings.extend(http.map(|seen| {
        let subject = Subject::service(&service.name, "http");
        let expected = Expectation::of_service(service);
        let finding = match seen {
            Seen::Done { value, .. } => http::judge(&subject, &expected, value, now.timestamp()),
            other => not_done(&subject, other),
        };
        timed(finding, seen)
    }));
    for finding in &mut findings {
        finding.severity = finding.severity.capped(service.required);
    }
    findings
}

fn of_check(check: &Check, seen: &CheckSeen, now: DateTime<Utc>) -> Finding {
    let subject = Subject::check(&check.name);
    let now = now.timestamp();
    let mut finding = match (&check.kind, seen) {
        (CheckKind::Http(wanted), CheckSeen::Http(seen)) => {
            let expected = Expectation::of_check(wanted, check.timeout);
            judged(&subject, seen, |seen| http::judge(&subject, &expected, seen, now))
        }
        (CheckKind::Tcp(wanted), CheckSeen::Tcp(seen)) => {
            judged(&subject, seen, |seen| tcp::judge(&subject, wanted, check.timeout, seen))
        }
        (CheckKind::Certificate(wanted), CheckSeen::Certificate(seen)) => {
            judged(&subject, seen, |seen| certificate::judge(&subject, wanted, check.timeout, seen, now))
        }
        (CheckKind::Disk(_), CheckSeen::Disk(seen)) => {
            judged(&subject, seen, |seen| disk::judge_check(&subject, seen, check.thresholds.disk_percent))
        }
        (kind, _) => later::check(&subject, kind),
    };
    finding.severity = finding.severity.capped(check.required);
    finding
}

fn judged<T>(subject: &Subject, seen: &Seen<T>, judge: impl FnOnce(&T) -> Finding) -> Finding {
    let finding = match seen {
        Seen::Done { value, .. } => judge(value),
        other => not_done(subject, other),
    };
    timed(finding, seen)
}

fn not_done<T>(subject: &Subject, seen: &Seen<T>) -> Finding {
    match seen {
        Seen::Missed { deadline } => subject.missed(*deadline),
        _ => subject.unknown("this probe broke off by a bug of fuelops"),
    }
}

fn timed<T>(mut finding: Finding, seen: &Seen<T>) -> Finding {
    finding.elapsed_ms = u64::try_from(seen.elapsed().as_millis()).unwrap_or(u64::MAX);
    finding
}

fn summary(seen: &Observations) -> SystemSummary {
    let system = seen.system.value();
    let root = seen.disks.as_ref().and_then(|disks| disks.seen.get(disks.root?));
    let usage = root.and_then(|(_, seen)| seen.value()).and_then(|d| d.usage.as_ref().ok());
    SystemSummary {
        cpu_percent: system.and_then(SystemObservation::cpu_percent),
        memory_percent: system.and_then(SystemObservation::memory_percent),
        memory_available_bytes: system.and_then(SystemObservation::memory_available),
        disk_percent: usage.map(|u| system::rounded(u.used_percent())),
        disk_free_bytes: usage.map(|u| u.free_bytes),
    }
}
