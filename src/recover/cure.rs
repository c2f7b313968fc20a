//! What helps one service. Pure.

use crate::checks::STARTING;
use crate::model::{Cause, Finding, Severity};
use crate::recover::breaker::Fault;
use crate::recover::plan::{Scope, Wish};
use crate::service::Inventory;

/// What is done about one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cure {
    /// Nothing is wrong with it.
    Fine,
    /// It does not run: nothing has to be stopped first.
    Start,
    Restart,
    /// It has been started a moment ago and may still come up; how long it has.
    Wait(String),
    /// Something may be wrong with it, but not for us to act on; why.
    Leave(String),
    /// A stranger has its port; who.
    Squatted(String),
    /// It is broken, and a restart would not help or would touch what is not ours; why.
    Refuse(String),
}

/// Chooses the cure for a service.
pub(super) fn of(inventory: &Inventory, findings: &[Finding], wish: &Wish) -> Cure {
    let name = &inventory.service;
    if inventory.is_stopped_by_operator {
        return Cure::Leave(parked(inventory));
    }
    if inventory.managed.is_some() {
        // Its manager ends what is left of it, and knows best how.
        return match worst(name, findings).map_or(Cure::Fine, |f| for_finding(f, inventory, findings, wish)) {
            Cure::Restart => Cure::Start,
            cure => cure,
        };
    }
    let runs = !inventory.own.is_empty() || !inventory.orphans.is_empty();
    if !inventory.strangers.is_empty() && !wish.evict && needs_port(inventory, findings) {
        return Cure::Squatted(squatted(inventory));
    }
    let acts = match wish.scope {
        Scope::Full | Scope::Preventive => true,
        _ => worst(name, findings).is_some(),
    };
    // What is started beside it may be a second copy.
    if let Some(member) = inventory.unproven.as_ref().filter(|_| acts) {
        let (pid, command) = (member.pid, &member.command);
        return Cure::Refuse(format!(
            "pid {pid} ({command}) may be it, and {}; run this as its user or as root",
            member.why
        ));
    }
    let evicts = wish.evict && !inventory.strangers.is_empty();
    let replaced = if runs || evicts { Cure::Restart } else { Cure::Start };
    let least = worst(name, findings).map_or(Cure::Fine, |f| for_finding(f, inventory, findings, wish));
    match (wish.scope, least) {
        (Scope::Full, _) => replaced,
        (Scope::Preventive, Cure::Fine) => replaced,
        (_, Cure::Start | Cure::Restart) if evicts || runs => Cure::Restart,
        (_, cure) => cure,
    }
}

/// What is wrong with a service, by its root; nothing where nothing asks for action.
pub(super) fn fault(service: &str, findings: &[Finding]) -> Option<Fault> {
    let cause = root_of(worst(service, findings)?, findings).cause;
    Some(Fault { service: service.to_owned(), cause })
}

/// Whether the service stands still for want of its port.
fn needs_port(inventory: &Inventory, findings: &[Finding]) -> bool {
    inventory.own.is_empty() || worst(&inventory.service, findings).is_some()
}

/// The finding of a service that asks for action, roots before consequences.
fn worst<'a>(service: &str, findings: &'a [Finding]) -> Option<&'a Finding> {
    let prefix = format!("service.{service}.");
    // Restarts that are over are no reason for another one.
    let is_past = |f: &Finding| f.check.ends_with(".restarts") && f.cause != Some(Cause::CrashLoop);
    let asks = |f: &&Finding| {
        f.check.starts_with(&prefix)
            && !is_past(f)
            && (f.severity == Severity::Critical || (f.severity == Severity::Warning && is_down(f)))
    };
    findings.iter().filter(asks).min_by_key(|f| (f.caused_by.is_some(), std::cmp::Reverse(f.severity)))
}

/// A service that is not required only degrades when it is down; it is started again all the same.
fn is_down(finding: &Finding) -> bool {
    matches!(
        finding.cause,
        Some(
            Cause::ProcessDown
                | Cause::ProcessHung
                | Cause::OrphanProcess
                | Cause::CrashLoop
                | Cause::UnitFailed
        )
    )
}

fn for_finding(finding: &Finding, inventory: &Inventory, findings: &[Finding], wish: &Wish) -> Cure {
    let root = root_of(finding, findings);
    // Of what a manager runs nothing is known but what was measured.
    let runs =
        !inventory.own.is_empty() || (inventory.managed.is_some() && !finding.check.ends_with(".process"));
    let restart = || if runs { Cure::Restart } else { Cure::Start };
    if wish.force {
        return restart();
    }
    if let Some(young) = starting(finding, inventory, findings) {
        return Cure::Wait(format!("still starting: {}", young.summary));
    }
    match root.cause {
        Some(
            cause @ (Cause::DatabaseDown
            | Cause::CacheDown
            | Cause::CertificateExpiring
            | Cause::MetricsInvalid
            | Cause::TargetDown
            | Cause::CpuSaturated),
        ) if runs => Cure::Refuse(elsewhere(root, cause)),
        // It was asked for a precaution, whatever it answers.
        Some(Cause::BadResponse) if runs && answers(root) && wish.scope != Scope::Preventive => {
            Cure::Refuse(format!(
                "{}: it lives and answers, so a restart is not known to help (--force restarts it anyway)",
                root.summary
            ))
        }
        Some(Cause::SlowResponse | Cause::ErrorRate | Cause::StaleLog | Cause::BackupStale) => {
            Cure::Leave(format!(
                "{}: {}; a restart would hide it and not cure it (--force restarts anyway)",
                root.target, root.summary
            ))
        }
        // It may stand still only for want of space; that is made first, and what runs may then write again.
        Some(Cause::DiskFull | Cause::InodesFull) if runs => {
            Cure::Leave("it runs; room is made on the disk, and it can write again".to_owned())
        }
        _ => restart(),
    }
}

/// What says that a process which does not answer yet has time left to come up; nothing where the process itself is what
/// is wrong.
fn starting<'a>(finding: &Finding, inventory: &Inventory, findings: &'a [Finding]) -> Option<&'a Finding> {
    let is_alive = !inventory.own.is_empty() && !finding.check.ends_with(".process");
    let id = format!("service.{}.port", inventory.service);
    findings.iter().find(|f| is_alive && f.check == id && f.observed.contains_key(STARTING))
}

/// Whether an answer came, with a status, and is only not the wanted one.
fn answers(finding: &Finding) -> bool {
    finding.observed.contains_key("status")
}

fn elsewhere(root: &Finding, cause: Cause) -> String {
    format!(
        "{} ({cause}): {}; restarting it would not cure that (--force restarts it anyway)",
        root.target, root.summary
    )
}

fn parked(inventory: &Inventory) -> String {
    let stopped = "an operator stopped it".to_owned();
    match inventory.strangers.first() {
        Some(who) => {
            format!("{stopped}; its port is held by pid {} ({}), which is not ours", who.pid, who.command)
        }
        None => stopped,
    }
}

fn squatted(inventory: &Inventory) -> String {
    let who = &inventory.strangers[0];
    format!(
        "its port is held by pid {} ({}), which is not ours; stop it there, or let --evict stop it",
        who.pid, who.command
    )
}

/// Follows consequences to what caused them.
pub fn root_of<'a>(finding: &'a Finding, findings: &'a [Finding]) -> &'a Finding {
    let mut at = finding;
    // No chain is longer than there are findings.
    for _ in 0..findings.len() {
        let next = at.caused_by.as_ref().and_then(|id| findings.iter().find(|f| f.check == *id));
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}
