//! The report of a recovery, from its plan and from what was done.

use chrono::{DateTime, Utc};

use crate::model::{Finding, Hint, Severity, urgent};
use crate::recover::plan::Plan;
use crate::recover::run::Done;
use crate::report::{
    LeftService, Outcome, Preserved, RecoverCause, RecoverReport, RecoverStep, RefusedProcess,
    StartedService, StepStatus, StoppedProcess,
};
use crate::text::redact;

/// Causes that are told.
const MAX_CAUSES: usize = 8;

/// Names a run: when, and by which process.
pub fn run_id(now: DateTime<Utc>, pid: u32) -> String {
    format!("{}-{pid}", now.format("%Y%m%dT%H%M%SZ"))
}

/// A report of a plan that is not carried out, or not yet.
pub fn planned(
    name: &str,
    run_id: &str,
    plan: &Plan,
    findings: &[Finding],
    outcome: Outcome,
) -> RecoverReport {
    let mut report = RecoverReport {
        name: name.to_owned(),
        run_id: run_id.to_owned(),
        outcome,
        summary: plan.summary.clone(),
        causes: causes(findings),
        steps: if outcome == Outcome::Planned { steps(plan) } else { Vec::new() },
        stopped: stops(plan),
        refused: Vec::new(),
        started: plan
            .start
            .iter()
            .map(|s| StartedService { service: s.service.clone(), pid: None })
            .collect(),
        left: Vec::new(),
        preserved: Preserved::default(),
        freed_bytes: 0,
        downtime_ms: None,
        outage: None,
        elapsed_ms: 0,
        timeline: Vec::new(),
        next: hints(plan, findings),
        report_path: None,
    };
    if outcome != Outcome::Planned {
        report.stopped.clear();
        report.started.clear();
    }
    report.refused = plan
        .refused
        .iter()
        .map(|r| RefusedProcess {
            pid: r.member.pid,
            command: r.member.command.clone(),
            why: format!("{}: {}", r.service, r.member.why),
        })
        .collect();
    report.left = plan
        .left
        .iter()
        .map(|(service, why)| LeftService { service: service.clone(), why: why.clone() })
        .collect();
    report
}

/// A report of what was done.
pub fn of_done(name: &str, run_id: &str, plan: &Plan, findings: &[Finding], done: Done) -> RecoverReport {
    let outcome = done.outcome.unwrap_or(Outcome::Failed);
    let kept = &done.kept;
    let base = planned(name, run_id, plan, findings, outcome);
    RecoverReport {
        outcome,
        summary: redact::secrets(&done.summary).into_owned(),
        preserved: Preserved {
            path: kept.folder.as_ref().map(|folder| folder.to_string_lossy().into_owned()),
            files: kept.files.len() as u64,
            bytes: kept.bytes(),
            manifest: done.manifest.as_ref().map(|path| path.to_string_lossy().into_owned()),
        },
        steps: done.steps,
        stopped: done.stopped,
        started: done.started,
        refused: done.refused.into_iter().chain(base.refused.clone()).collect(),
        freed_bytes: done.freed_bytes,
        downtime_ms: done.downtime_ms,
        timeline: done.timeline,
        next: if outcome == Outcome::Recovered { Vec::new() } else { hints(plan, findings) },
        ..base
    }
}

/// Roots only: what they caused goes with them.
fn causes(findings: &[Finding]) -> Vec<RecoverCause> {
    urgent(findings)
        .into_iter()
        .filter(|f| matches!(f.severity, Severity::Critical | Severity::Warning))
        .take(MAX_CAUSES)
        .map(|f| RecoverCause {
            check: f.check.clone(),
            severity: f.severity,
            cause: f.cause,
            summary: redact::secrets(&f.summary).into_owned(),
        })
        .collect()
}

/// The cures of what this plan does not cure itself, each once.
fn hints(plan: &Plan, findings: &[Finding]) -> Vec<Hint> {
    let mut found: Vec<Hint> = Vec::new();
    let roots = urgent(findings).into_iter().filter(|f| f.severity == Severity::Critical);
    let is_cured = |f: &&Finding| plan.start.iter().any(|start| start.service == f.target);
    for hint in roots.filter(|f| !is_cured(f)).filter_map(|f| f.hint.as_ref()) {
        let is_self = hint.command.as_deref().is_some_and(|c| c.contains("fuelops recover"));
        if !is_self && !found.contains(hint) {
            found.push(hint.clone());
        }
    }
    found
}

fn stops(plan: &Plan) -> Vec<StoppedProcess> {
    let of = |stop: &crate::service::Stop| -> Vec<StoppedProcess> {
        stop.members
            .iter()
            .map(|member| StoppedProcess {
                service: stop.service.clone(),
                pid: member.pid,
                started_at: member.started_at.clone(),
                command: member.command.clone(),
                signal: None,
                proof: member.why.clone(),
            })
            .collect()
    };
    plan.stop.iter().flat_map(of).collect()
}

/// Who is ended; a stranger is called one.
fn stops_of(plan: &Plan, services: &str) -> String {
    let evicted = plan.stop.iter().flat_map(|stop| &stop.evicted);
    let evicted: Vec<String> =
        evicted.map(|member| format!("EVICTS pid {} ({})", member.pid, member.command)).collect();
    match evicted.is_empty() {
        true => format!("{services}: its own processes, asked first"),
        false => format!("{services}: {}", evicted.join(", ")),
    }
}

/// The steps as they would be taken.
fn steps(plan: &Plan) -> Vec<RecoverStep> {
    let services = plan.started().join(", ");
    let stops = plan.stop.iter().map(|stop| stop.service.as_str()).collect::<Vec<_>>().join(", ");
    let mut steps = Vec::new();
    let mut add = |name: &str, detail: String| {
        let status = if detail.is_empty() { StepStatus::Empty } else { StepStatus::Planned };
        steps.push(RecoverStep { name: name.to_owned(), status, elapsed_ms: 0, detail });
    };
    add(
        "snapshot",
        "processes, open files, memory, disks, last log lines; no signal is sent for it".to_owned(),
    );
    add("stop", if stops.is_empty() { String::new() } else { stops_of(plan, &stops) });
    add(
        "preserve",
        if stops.is_empty() && services.is_empty() {
            String::new()
        } else {
            "logs are renamed, never truncated".to_owned()
        },
    );
    add("free", if plan.frees_space { "what fuelops clean would free".to_owned() } else { String::new() });
    add("start", services.clone());
    add(
        "verify",
        if services.is_empty() {
            String::new()
        } else {
            "until it answers, and goes on answering".to_owned()
        },
    );
    add("archive", "hash and compress what was kept, once the services are up".to_owned());
    add("report", "recovery.log, and a report beside the logs".to_owned());
    steps
}
