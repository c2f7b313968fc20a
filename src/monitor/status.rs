//! How it stands with every target, as a report.

use std::time::Duration;

use crate::checks::Plan;
use crate::model::{Severity, Verdict};
use crate::monitor::{Fleet, Machine, Order, Phase, Setup};
use crate::report::{MonitorReport, MonitorSilence, MonitoredKind, MonitoredTarget};
use crate::text::human;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a monitor says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Itself {
    pub(super) uptime: Duration,
    pub(super) lost_lines: u64,
    pub(super) refused_config: Option<String>,
    pub(super) silences: Vec<MonitorSilence>,
}

/// The report of a running monitor; `cause` names the target whose trouble explains another one's.
pub(super) fn report(
    setup: &Setup,
    fleet: &Fleet,
    now: Duration,
    itself: Itself,
    cause: &dyn Fn(&str) -> Option<String>,
) -> MonitorReport {
    let explained = |machine: &Machine| {
        let target = target(&setup.plan, machine, now);
        let caused_by = cause(&target.target).filter(|_| target.incident_seconds.is_some());
        // What an operator wants is no trouble, nor is what follows from it.
        let root = caused_by.as_ref().and_then(|name| fleet.machine(name));
        let is_wanted = root.is_some_and(|root| *root.phase() == Phase::Stopped);
        MonitoredTarget { caused_by, severity: target.severity.capped(!is_wanted), ..target }
    };
    let targets: Vec<MonitoredTarget> = fleet.machines().iter().map(explained).collect();
    MonitorReport {
        name: setup.name.clone(),
        verdict: targets.iter().map(|target| target.severity).collect::<Verdict>(),
        pid: Some(std::process::id()),
        uptime_seconds: Some(itself.uptime.as_secs()),
        targets,
        lost_lines: itself.lost_lines,
        refused_config: itself.refused_config,
        silences: itself.silences,
        next: Vec::new(),
    }
}

fn target(plan: &Plan, machine: &Machine, now: Duration) -> MonitoredTarget {
    let service = plan.services.iter().find(|service| service.name == machine.name);
    let check = plan.checks.iter().find(|check| check.name == machine.name);
    let is_required = service.is_none_or(|s| s.required) && check.is_none_or(|c| c.required);
    let incident = machine.incident();
    let due = match machine.phase() {
        // What is asked meanwhile is nobody's concern.
        Phase::Waiting { until, .. } => *until,
        // When it would be asked again, neither.
        _ if machine.asked.is_some() => now,
        _ => machine.next(),
    };
    let next = due.saturating_sub(now);
    let is_told = incident.is_some() || machine.is_doubted();
    // It answers, and a close look has found something that is looked for once more.
    let is_suspect = matches!(machine.phase(), Phase::Healthy { .. }) && machine.is_doubted();
    let phase = if is_suspect { &Phase::Suspect } else { machine.phase() };
    MonitoredTarget {
        target: machine.name.clone(),
        kind: if service.is_some() { MonitoredKind::Service } else { MonitoredKind::Check },
        phase: phase.word().to_owned(),
        severity: severity(machine).capped(is_required),
        pid: machine.pid(),
        is_paused: machine.is_paused(),
        restarts: machine.restarts(),
        restarts_today: machine.restarts_within(DAY, now),
        incident_seconds: incident.map(|incident| now.saturating_sub(incident.since).as_secs()),
        is_acknowledged: incident.is_some_and(|incident| incident.is_acknowledged),
        caused_by: None,
        why: Some(machine.why().to_owned()).filter(|why| !why.is_empty() && is_told),
        next: words(machine, next),
        next_ms: u64::try_from(next.as_millis()).unwrap_or(u64::MAX),
    }
}

fn severity(machine: &Machine) -> Severity {
    match machine.phase() {
        Phase::Healthy { .. } if machine.incident().is_some() || machine.is_doubted() => Severity::Warning,
        Phase::Healthy { .. } => Severity::Ok,
        Phase::Failing { .. } | Phase::Acting | Phase::Waiting { .. } | Phase::Held { .. } => {
            Severity::Critical
        }
        Phase::Stopped | Phase::Paused | Phase::InWork => Severity::Warning,
        _ if machine.incident().is_some() => Severity::Critical,
        Phase::Unseen => Severity::Unknown,
        _ => Severity::Warning,
    }
}

fn words(machine: &Machine, next: Duration) -> String {
    let span = human::duration(next);
    match machine.phase() {
        Phase::Waiting { until: _, .. } => format!("start in {span}"),
        Phase::Held { need } => format!("start when {need} is well"),
        Phase::Paused => "nothing until it is resumed".to_owned(),
        Phase::Stopped => "nothing until an operator starts it".to_owned(),
        Phase::InWork => "another fuelops is at work".to_owned(),
        Phase::Acting => "its start".to_owned(),
        _ => match machine.asked {
            Some((Order::Examine, _)) => "a close look".to_owned(),
            Some(_) => "an answer".to_owned(),
            None => format!("a look in {span}"),
        },
    }
}
