//! Has everything judged that was seen: one finding at least for each check of the plan. Pure.

use chrono::{DateTime, Utc};

use crate::checks::error_store::{self, Restart};
use crate::checks::http::{self, Expectation, HttpObservation};
use crate::checks::observation::{Disks, Observation, Observations};
use crate::checks::processes::{self, Culprits, ProcessesObservation, ServiceObservation};
use crate::checks::run::Measured;
use crate::checks::seen::Seen;
use crate::checks::start::LOCAL_DEADLINE;
use crate::checks::system::SystemObservation;
use crate::checks::unit::{self, UnitObservation};
use crate::checks::{
    LogRate, Plan, Subject, backup_age, celery, certificate, command, disk, file_age, later, log_rate,
    metrics_page, mysql, postgres, prometheus_target, redis, restarts, system, tcp,
};
use crate::config::{Check, CheckKind, Service};
use crate::model::{Finding, Severity};
use crate::report::SystemSummary;
use crate::text::human;

/// Judges a whole run.
pub(super) fn everything(plan: &Plan, seen: &Observations, now: DateTime<Utc>) -> Measured {
    let processes = seen.processes.value().and_then(|seen| seen.as_ref().ok());
    let nobody = Culprits::default();
    let culprits = processes.map_or(&nobody, |seen| &seen.culprits);
    let mut findings = Vec::new();
    let mut notes = Vec::new();
    if plan.judges_system {
        findings.extend(of_system(plan, &seen.system, culprits));
        findings.extend(of_disks(plan, seen.disks.as_ref()));
        findings.extend(seen.logs.as_ref().and_then(|logs| of_logs(plan, logs)));
        let restart = processes.and_then(|seen| last_restart(plan, &seen.services, now));
        match seen.kept.as_ref().map(|kept| error_store::judge(kept, &plan.thresholds, restart, now)) {
            Some(Ok(finding)) => findings.extend(finding),
            Some(Err(note)) => notes.push(note),
            None => {}
        }
    }
    for (n, (service, http)) in plan.services.iter().zip(&seen.services).enumerate() {
        let own = processes.and_then(|seen| seen.services.get(n)).and_then(Option::as_ref);
        let unit = seen.units.get(n).and_then(Option::as_ref);
        let sight = Sight { own, table: &seen.processes, unit, http: http.as_ref() };
        findings.extend(of_service(service, &sight, now));
        let starts = seen.restarts.get(n).and_then(Option::as_ref).and_then(Seen::value);
        let mut watched = seen.watched.as_ref().and_then(Seen::value).into_iter().flatten();
        let watched = watched.find(|watched| watched.target == service.name);
        let looping = starts.and_then(|starts| restarts::judge(service, starts, now));
        let of_day = || Some(restarts::judge_day(service, watched?, plan.thresholds.restarts_per_day, now));
        let restarts = looping.or_else(of_day);
        findings.extend(restarts.map(|f| Finding { severity: f.severity.capped(service.required), ..f }));
        let min_uptime = plan.thresholds.min_uptime;
        notes.extend(own.and_then(|own| processes::note_of_uptime(service, own, min_uptime)));
    }
    for (n, (check, of_check)) in plan.checks.iter().zip(&seen.checks).enumerate() {
        let found = processes.and_then(|seen| seen.matches.get(n));
        let finding = match (&check.kind, found) {
            (CheckKind::Process(wanted), Some(pids)) => {
                let finding = processes::judge_matches(&Subject::check(&check.name), wanted, pids);
                timed(finding, &seen.processes)
            }
            (CheckKind::Process(_), None) => without_table(&Subject::check(&check.name), &seen.processes),
            _ => judge_check(check, of_check.as_ref(), now),
        };
        findings.push(Finding { severity: finding.severity.capped(check.required), ..finding });
    }
    Measured { findings, system: summary(seen), notes }
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

fn of_logs(plan: &Plan, seen: &Seen<LogRate>) -> Option<Finding> {
    let subject = Subject::new("logs.errors", "logs");
    let finding = match seen {
        Seen::Done { value, .. } => log_rate::judge(&subject, value, plan.thresholds.errors_per_hour)?,
        // Reading the logs is our own work, and no answer of theirs.
        Seen::Missed { deadline } => {
            subject.unknown(format!("could not be read within {}", human::duration(*deadline)))
        }
        other @ Seen::Broken => not_done(&subject, other),
    };
    Some(timed(finding, seen))
}

/// The service that was started last, as long as it runs.
fn last_restart<'a>(
    plan: &'a Plan,
    services: &[Option<ServiceObservation>],
    now: DateTime<Utc>,
) -> Option<Restart<'a>> {
    let ages = plan
        .services
        .iter()
        .zip(services)
        .filter_map(|(service, own)| Some((own.as_ref()?.age()?, service.name.as_str())));
    let (age, service) = ages.min()?;
    Some(Restart { service, at: now - age })
}

/// All that was seen of one service.
struct Sight<'a> {
    own: Option<&'a ServiceObservation>,
    table: &'a SeenProcesses,
    unit: Option<&'a Seen<UnitObservation>>,
    http: Option<&'a Seen<HttpObservation>>,
}

fn of_service(service: &Service, sight: &Sight<'_>, now: DateTime<Utc>) -> Vec<Finding> {
    let Sight { own, table, unit, http } = *sight;
    let mut findings = Vec::new();
    match (later::service(service), unit, own) {
        (Some(later), _, _) => findings.push(later),
        (None, Some(seen), _) => {
            let subject = Subject::service(&service.name, "process");
            findings.push(judged(&subject, seen, |seen| unit::judge(&subject, LOCAL_DEADLINE, seen)));
        }
        (None, None, Some(own)) => {
            findings.push(timed(processes::judge_service(service, own), table));
            findings.extend(processes::judge_port(service, own).map(|finding| timed(finding, table)));
        }
        (None, None, None) => {
            let parts = std::iter::once("process").chain(service.port.map(|_| "port"));
            findings.extend(parts.map(|part| without_table(&Subject::service(&service.name, part), table)));
        }
    }
    findings.extend(http.map(|seen| of_health_url(service, own, seen, now)));
    for finding in &mut findings {
        finding.severity = finding.severity.capped(service.required);
    }
    findings
}

/// A good answer is worth little when it is not the service that gives it.
fn of_health_url(
    service: &Service,
    own: Option<&ServiceObservation>,
    seen: &Seen<HttpObservation>,
    now: DateTime<Utc>,
) -> Finding {
    let subject = Subject::service(&service.name, "http");
    let expected = Expectation::of_service(service);
    let mut finding = judged(&subject, seen, |seen| http::judge(&subject, &expected, seen, now.timestamp()));
    // A health URL may lead elsewhere, to a proxy or another machine.
    let peer = seen.value().and_then(|http| http.peer);
    let is_own_port = peer.is_some_and(|peer| peer.ip().is_loopback() && Some(peer.port()) == service.port);
    let stranger = own.filter(|_| is_own_port).and_then(processes::stranger_behind);
    if let Some((cause, who)) = stranger.filter(|_| finding.severity == Severity::Ok) {
        finding.severity = Severity::Warning;
        finding.summary = format!("{}, but {who}", finding.summary);
        finding.cause = Some(cause);
    }
    finding
}

type SeenProcesses = Seen<Result<ProcessesObservation, String>>;

/// What depends on the process table, where there is none.
fn without_table(subject: &Subject, table: &SeenProcesses) -> Finding {
    let finding = match table {
        Seen::Done { value: Err(why), .. } => subject.unknown(why.clone()),
        Seen::Missed { deadline } => {
            let within = human::duration(*deadline);
            subject.unknown(format!("the processes of this machine could not be read within {within}"))
        }
        other => not_done(subject, other),
    };
    timed(finding, table)
}

/// Judges one check.
pub(super) fn judge_check(check: &Check, seen: Option<&Seen<Observation>>, now: DateTime<Utc>) -> Finding {
    let subject = Subject::check(&check.name);
    match seen {
        Some(seen) => judged(&subject, seen, |seen| of_observation(&subject, check, seen, now)),
        None => subject.unknown("was not looked at, by a bug of fuelops"),
    }
}

fn of_observation(subject: &Subject, check: &Check, seen: &Observation, now: DateTime<Utc>) -> Finding {
    let (timeout, bars) = (check.timeout, &check.thresholds);
    match (&check.kind, seen) {
        (CheckKind::Http(wanted), Observation::Http(seen)) => {
            http::judge(subject, &Expectation::of_check(wanted, timeout), seen, now.timestamp())
        }
        (CheckKind::Tcp(wanted), Observation::Tcp(seen)) => tcp::judge(subject, wanted, timeout, seen),
        (CheckKind::Certificate(wanted), Observation::Certificate(seen)) => {
            certificate::judge(subject, wanted, timeout, seen, now.timestamp())
        }
        (CheckKind::Disk(wanted), Observation::Disk(seen)) => {
            disk::judge_check(subject, &wanted.path, seen, bars.disk_percent)
        }
        (CheckKind::FileAge(wanted), Observation::FileAge(seen)) => {
            file_age::judge(subject, wanted, seen, now)
        }
        (CheckKind::Command(wanted), Observation::Command(seen)) => {
            command::judge(subject, wanted, timeout, seen)
        }
        (CheckKind::LogRate(wanted), Observation::LogRate(seen)) => {
            log_rate::judge(subject, seen, bars.errors_per_hour)
                .unwrap_or_else(|| subject.unknown(log_rate::nothing_at(&wanted.paths)))
        }
        (CheckKind::Mysql(wanted), Observation::Mysql(seen)) => mysql::judge(subject, wanted, timeout, seen),
        (CheckKind::Postgres(wanted), Observation::Postgres(seen)) => {
            postgres::judge(subject, wanted, timeout, seen)
        }
        (CheckKind::Redis(_), Observation::Redis(seen)) => {
            redis::judge(subject, bars.memory_percent, timeout, seen)
        }
        (CheckKind::MetricsPage(wanted), Observation::MetricsPage(seen)) => {
            metrics_page::judge(subject, wanted, timeout, seen, now.timestamp())
        }
        (CheckKind::PrometheusTarget(wanted), Observation::PrometheusTarget(seen)) => {
            prometheus_target::judge(subject, wanted, timeout, seen, now)
        }
        (CheckKind::Systemd(_) | CheckKind::Launchd(_), Observation::Unit(seen)) => {
            unit::judge(subject, timeout, seen)
        }
        (CheckKind::Backup(wanted), Observation::Backup(seen)) => {
            backup_age::judge(subject, wanted, seen, now)
        }
        (CheckKind::Celery(wanted), Observation::Celery(seen)) => {
            celery::judge(subject, wanted, timeout, seen)
        }
        _ => subject.unknown("was looked at as something else, by a bug of fuelops"),
    }
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
