//! What the log of a service says at its end.

use std::time::Duration;

use crate::checks::{CrashedService, Evidence, Kill, LastWords, SaidFault};
use crate::config::CheckKind;
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
    let age = age_of_end(node, fault);
    let is_recent = age.is_some_and(|age| age < RECENT);
    let cause = match fault.class {
        _ if !is_recent => None,
        FaultClass::Memory => Some(Cause::MemoryFull).filter(|_| is_short_of_memory(node)),
        FaultClass::Files => Some(Cause::FilesExhausted).filter(|_| is_short_of_files(node)),
        class => named_by_log(node, fault, class),
    };
    let end = node.evidence().end_of(&service.name);
    let how = end.map_or_else(String::new, |end| format!("{}; ", ended(end)));
    let ago = age.filter(|_| !is_recent && end.is_none());
    let ago = ago.map_or_else(String::new, |age| format!(", {} ago", human::duration(age)));
    Some(Named { cause, evidence: format!("{how}its last words{ago}: {}", fault.summary) })
}

/// Whether the machine is short of memory, by its own measure or the kernel's: a program may as well have met a limit of
/// its own, or have asked for more than any machine has.
fn is_short_of_memory(node: Node<'_>) -> bool {
    let is_full = |machine: Node<'_>| machine.cause() == Some(Cause::MemoryFull);
    let has_killed = |kill: &Kill| !kill.is_of_group && kill.age < RECENT;
    node.scene().find("system.memory").is_some_and(is_full) || node.evidence().kills.iter().any(has_killed)
}

fn is_short_of_files(node: Node<'_>) -> bool {
    node.scene().find("system.files").is_some_and(|machine| machine.cause() == Some(Cause::FilesExhausted))
}

/// How long ago a service said what it said last: without times, a log is as old as its last line. What was so then tells
/// of now only where that was just now.
fn age_of_end(node: Node<'_>, fault: &SaidFault) -> Option<Duration> {
    let words = node.service().and_then(|(service, _)| node.evidence().last_words_of(&service.name));
    fault.age.or(words.map(|words| words.silent_for))
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
    let told = words.faults.iter().filter(|fault| is_recent(words, fault) && !is_refuted(node, fault));
    let fault = telling(told)?;
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

/// Whether a server that a log complains of has a check of its own, and is well by now.
fn is_refuted(node: Node<'_>, fault: &SaidFault) -> bool {
    let is_of_it = |kind: &CheckKind| is_of_kind(kind, fault.rule);
    let is_watched = node.scene().checks().any(is_of_it);
    is_watched && !node.scene().bad().any(|bad| bad.kind().is_some_and(is_of_it))
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
    use crate::model::Finding;

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

    /// The cause of a process that ended so long ago with such a fault as its last words, on such a machine.
    fn cause_of(rule: &'static str, class: FaultClass, ago: u64, machine: Option<Finding>) -> Option<Cause> {
        let (service, silent_for) = ("api".to_owned(), Duration::from_secs(ago));
        let fault = SaidFault { rule, class, summary: "x".into(), age: None, is_last: true };
        let words = LastWords { service, log: "/x.log".into(), silent_for, pid: None, faults: vec![fault] };
        let evidence = Evidence { last_words: vec![words], ..Evidence::default() };
        let findings = [bad("service.api.process", Cause::ProcessDown)].into_iter().chain(machine).collect();
        let found = &read(findings, &evidence)[0];
        let when = if ago < 900 { "its last words: x" } else { "its last words, 1095d ago: x" };
        assert!(found.summary.contains(when), "{}", found.summary);
        found.cause
    }

    #[test]
    fn machine_is_short_of_what_a_program_lacked_only_where_it_is_so_now() {
        let machine = |id: &str, cause| Some(bad(id, cause));
        for (rule, class, id, full) in [
            ("out-of-memory", FaultClass::Memory, "system.memory", Cause::MemoryFull),
            ("too-many-open-files", FaultClass::Files, "system.files", Cause::FilesExhausted),
        ] {
            assert_eq!(cause_of(rule, class, 60, None), Some(Cause::ProcessDown), "{rule}");
            assert_eq!(cause_of(rule, class, 60, machine(id, full)), Some(full), "{rule}");
            let years = 3 * 365 * 86_400;
            assert_eq!(cause_of(rule, class, years, machine(id, full)), Some(Cause::ProcessDown), "{rule}");
        }
    }

    #[test]
    fn server_that_was_gone_years_ago_is_not_why_it_is_down_now() {
        // Watched by no check of its own.
        for (rule, class, cause) in [
            ("postgres-connection-refused", FaultClass::Database, Cause::DatabaseDown),
            ("memcached-refused", FaultClass::Cache, Cause::CacheDown),
        ] {
            assert_eq!(cause_of(rule, class, 60, None), Some(cause), "{rule}");
            assert_eq!(cause_of(rule, class, 3 * 365 * 86_400, None), Some(Cause::ProcessDown), "{rule}");
        }
    }

    #[test]
    fn who_was_killed_did_not_end_of_what_it_said_last() {
        let told = ended_with_a_missing_module(Some(Ending::Signal(9)));
        assert!(told.contains("killed by signal 9 (SIGKILL), 1m 30s ago, from outside"), "{told}");
        assert!(!told.contains("module"), "{told}");
    }
}
