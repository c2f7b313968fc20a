//! What the log of a service says at its end.

use std::time::Duration;

use crate::checks::{LastWords, SaidFault};
use crate::diagnose::naming::Named;
use crate::diagnose::rules::is_of_kind;
use crate::diagnose::scene::{Node, Part};
use crate::logs::rules::FaultClass;
use crate::model::{Cause, Severity};

/// What a log says of a fault that lasts is repeated within so long.
const RECENT: Duration = Duration::from_secs(15 * 60);
/// A log without times is as young as its last line.
const JUST_WRITTEN: Duration = Duration::from_secs(2 * 60);

/// A process is gone, and its last words say why.
pub(super) fn of_the_dead(node: Node<'_>) -> Option<Named> {
    let (service, Part::Process) = node.service()? else { return None };
    if node.cause() != Some(Cause::ProcessDown) {
        return None;
    }
    let fault = last_fault(node.evidence().last_words_of(&service.name)?)?;
    let cause = match fault.class {
        FaultClass::Memory => Some(Cause::MemoryFull),
        FaultClass::Files => Some(Cause::FilesExhausted),
        class => named_by_log(node, fault, class),
    };
    Some(Named { cause, evidence: format!("its last words: {}", fault.summary) })
}

/// An answer that tells of a fault of the server, and the log says which.
pub(super) fn of_the_failing(node: Node<'_>) -> Option<Named> {
    let (service, Part::Http) = node.service()? else { return None };
    if !node.is_server_error() {
        return None;
    }
    let words = node.evidence().last_words_of(&service.name)?;
    let fault = telling(words.faults.iter().filter(|fault| is_recent(words, fault)))?;
    let cause = match fault.class {
        FaultClass::Files => Some(Cause::FilesExhausted),
        class => named_by_log(node, fault, class),
    };
    Some(Named { cause, evidence: format!("its log says: {}", fault.summary) })
}

/// The fault that a log ends with.
pub(in crate::diagnose) fn last_fault(words: &LastWords) -> Option<&SaidFault> {
    telling(words.faults.iter().filter(|fault| fault.is_last))
}

/// Whether a fault is of now.
pub(in crate::diagnose) fn is_recent(words: &LastWords, fault: &SaidFault) -> bool {
    match fault.age {
        Some(age) => age < RECENT,
        None => fault.is_last && words.silent_for < JUST_WRITTEN,
    }
}

/// The newest that tells more than that something failed.
fn telling<'a>(faults: impl Iterator<Item = &'a SaidFault>) -> Option<&'a SaidFault> {
    let faults: Vec<_> = faults.collect();
    let tells = |fault: &&&SaidFault| {
        !matches!(fault.class, FaultClass::Worker | FaultClass::Load | FaultClass::Data)
    };
    faults.iter().find(tells).or(faults.first()).copied()
}

/// A database or cache that no check of its own watches is named on the word of the log; one that is watched answers for
/// itself.
fn named_by_log(node: Node<'_>, fault: &SaidFault, class: FaultClass) -> Option<Cause> {
    let cause = match class {
        FaultClass::Database => Cause::DatabaseDown,
        FaultClass::Cache => Cause::CacheDown,
        _ => return None,
    };
    let is_watched = node.scene().checks().any(|kind| is_of_kind(kind, fault.rule));
    let is_grave = node.finding().severity == Severity::Critical;
    (is_grave && !is_watched && is_outage(fault.rule)).then_some(cause)
}

/// Whether a fault says that the server itself is not to be had, and not that a query was wrong.
fn is_outage(rule: &str) -> bool {
    let signs = [
        "refused",
        "gone-away",
        "lost",
        "starting",
        "too-many",
        "blocked",
        "read-only",
        "cannot-save",
        "loading",
    ];
    signs.iter().any(|sign| rule.contains(sign))
}
