//! What several rules ask.

use crate::checks::SaidFault;
use crate::config::{CheckKind, Service};
use crate::diagnose::naming::{is_recent, last_words};
use crate::diagnose::scene::{Node, Part};
use crate::logs::rules::FaultClass;
use crate::model::{Cause, Severity};

/// Whether a known fault, by the id of its rule, is about servers of this kind.
pub(in crate::diagnose) fn is_of_kind(kind: &CheckKind, rule: &str) -> bool {
    let signs: &[&str] = match kind {
        CheckKind::Mysql(_) => &["mysql-"],
        CheckKind::Postgres(_) => &["postgres-"],
        CheckKind::Redis(_) => &["redis-", "broker-"],
        _ => return false,
    };
    signs.iter().any(|sign| rule.starts_with(sign))
}

/// Whether a service's process is known to be gone, or whole only in parts.
pub(super) fn is_gone(node: Node<'_>) -> bool {
    // A unit tells that it has none by a null.
    let is_down = node.number("pid").is_none() && node.finding().severity > Severity::Unknown;
    let is_failing = node.is_one_of(&[Cause::UnitFailed, Cause::CrashLoop]);
    node.is_part(Part::Process) && node.cause().is_some() && (is_down || is_failing)
}

/// Whether a failure is an outage: nobody answers, too late, or with an error of the server's own. An answer that is only
/// not the wanted one has a reason of its own.
pub(super) fn is_outage(node: Node<'_>) -> bool {
    const SILENT: [Cause; 8] = [
        Cause::ProcessDown,
        Cause::ProcessHung,
        Cause::SlowResponse,
        Cause::DatabaseDown,
        Cause::CacheDown,
        Cause::WorkerDown,
        Cause::TargetDown,
        Cause::CrashLoop,
    ];
    let is_nameless = node.cause().is_none() && node.finding().severity == Severity::Critical;
    node.is_one_of(&SILENT) || node.is_server_error() || is_nameless
}

/// The service whose process, port or URL a finding is about, where that is no good.
pub(super) fn failing(node: Node<'_>) -> Option<&Service> {
    let (service, part) = node.service()?;
    let counts = match part {
        Part::Process => is_gone(node) || node.is_one_of(&[Cause::ProcessHung]),
        Part::Port => node.finding().severity >= Severity::Warning,
        // Restarts that are over explain nothing.
        Part::Restarts => node.is_one_of(&[Cause::CrashLoop]),
        Part::Http => is_outage(node),
    };
    counts.then_some(service)
}

/// A fault of one of these classes that the log of a finding's service tells: as its last words where the process is gone,
/// of now where it lives.
pub(super) fn said<'s>(node: Node<'s>, classes: &[FaultClass]) -> Option<&'s SaidFault> {
    let (service, part) = node.service()?;
    let words = last_words(node.evidence(), &service.name)?;
    let counts = |fault: &&SaidFault| match part {
        Part::Process | Part::Restarts => fault.is_last,
        Part::Http | Part::Port => is_recent(words, fault),
    };
    words.faults.iter().filter(counts).find(|fault| classes.contains(&fault.class))
}

/// Who serves a service's port, in words: the service, or whoever has taken it.
pub(super) fn serves(root: Node<'_>, service: &Service, port: u16) -> String {
    if root.is_one_of(&[Cause::PortTaken]) {
        return format!("port {port} of {} is taken by a stranger", service.name);
    }
    format!("{} serves port {port}", service.name)
}

/// Whether a finding is about a disk: one of the machine's, or a check of one.
pub(super) fn is_of_disk(node: Node<'_>) -> bool {
    node.id().starts_with("disk.") || matches!(node.kind(), Some(CheckKind::Disk(_)))
}
