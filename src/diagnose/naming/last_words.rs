//! What the log of a service says at its end.

use std::time::Duration;

use crate::checks::{CrashedService, Evidence, LastWords, SaidFault};
use crate::diagnose::naming::Named;
use crate::diagnose::rules::is_of_kind;
use crate::diagnose::scene::{Node, Part};
use crate::logs::rules::FaultClass;
use crate::model::{Cause, Severity};
use crate::text::human;

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
    let fault = last_fault_of(node.evidence(), &service.name)?;
    let cause = match fault.class {
        FaultClass::Memory => Some(Cause::MemoryFull),
        FaultClass::Files => Some(Cause::FilesExhausted),
        class => named_by_log(node, fault, class),
    };
    let end = node.evidence().end_of(&service.name);
    let how = end.map_or_else(String::new, |end| format!("{}; ", ended(end)));
    Some(Named { cause, evidence: format!("{how}its last words: {}", fault.summary) })
}

/// A process is gone, and a keeper saw how.
pub(super) fn of_the_ended(node: Node<'_>) -> Option<Named> {
    let (service, Part::Process) = node.service()? else { return None };
    let end = node.evidence().end_of(&service.name)?;
    let evidence = ended(end) + &end.crash.why();
    (node.cause() == Some(Cause::ProcessDown)).then_some(Named { cause: None, evidence })
}

fn ended(end: &CrashedService) -> String {
    format!("{}, {} ago", end.crash.ending, human::duration(end.ago))
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

/// The fault that the log of a service ends with, where that can be why the service ended: one that was killed did not end
/// of what it said.
pub(in crate::diagnose) fn last_fault_of<'e>(evidence: &'e Evidence, service: &str) -> Option<&'e SaidFault> {
    telling(last_words(evidence, service)?.faults.iter().filter(|fault| fault.is_last))
}

/// What the log of a service says at its end, unless it was killed in the middle of its work.
pub(in crate::diagnose) fn last_words<'e>(evidence: &'e Evidence, service: &str) -> Option<&'e LastWords> {
    let is_killed = evidence.end_of(service).is_some_and(|end| end.crash.ending.is_from_outside());
    evidence.last_words_of(service).filter(|_| !is_killed)
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

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;
    use crate::capture::{Ending, LastCrash};
    use crate::diagnose::testing::{bad, diagnosed as read};

    fn ended_with_a_missing_module(ending: Option<Ending>) -> String {
        let fault = SaidFault {
            rule: "module-missing",
            class: FaultClass::Dependency,
            summary: "the module 'fastapi' is not there".into(),
            age: None,
            is_last: true,
        };
        let (service, ago) = ("api".to_owned(), Duration::from_secs(90));
        let (log, faults) = ("/x.log".into(), vec![fault]);
        let words = LastWords { service: service.clone(), log, silent_for: ago, pid: None, faults };
        let crash = |ending| LastCrash { at: Utc::now(), ending, said: None };
        let ends = ending.map(|ending| CrashedService { service, ago, crash: crash(ending) });
        let evidence =
            Evidence { ends: ends.into_iter().collect(), last_words: vec![words], ..Evidence::default() };
        read(vec![bad("service.api.process", Cause::ProcessDown)], &evidence)[0].summary.clone()
    }

    #[test]
    fn who_ended_by_itself_did_so_of_what_it_said_last() {
        let told = ended_with_a_missing_module(Some(Ending::Code(1)));
        assert!(told.contains("ended with exit code 1, 1m 30s ago; its last words: the module"), "{told}");
        assert!(ended_with_a_missing_module(None).contains("its last words: the module"));
    }

    #[test]
    fn who_was_killed_did_not_end_of_what_it_said_last() {
        let told = ended_with_a_missing_module(Some(Ending::Signal(9)));
        assert!(told.contains("killed by signal 9 (SIGKILL), 1m 30s ago, from outside"), "{told}");
        assert!(!told.contains("module"), "{told}");
    }
}
