//! What a service needs is not there: by what it waits for, by its log, by its broker, by the config's word.

use crate::checks::WaitsOn;
use crate::config::CheckKind;
use crate::diagnose::naming::is_recent;
use crate::diagnose::rule::Rule;
use crate::diagnose::rules::shared::{failing, is_of_kind, is_outage};
use crate::diagnose::scene::{Node, Part};
use crate::model::{Cause, Severity};

/// A service that hangs in the middle of a conversation with a server that is no good.
pub(super) const WAITS_FOR_IT: Rule = Rule {
    name: "waits-for-it",
    is_root: |root| root.endpoint().is_some() && root.finding().severity >= Severity::Warning,
    proof: |root, consequence| {
        let (service, Part::Http) = consequence.service()? else { return None };
        let wait = root.evidence().wait_of(&service.name)?;
        let WaitsOn::Peer(peer) = wait.on else { return None };
        let asked = root.endpoint()?;
        let is_there = asked.port == peer.port() && (asked.is_loopback() == peer.ip().is_loopback());
        (is_there && is_outage(consequence)).then(|| format!("pid {} waits for {peer}", wait.pid))
    },
};

/// A service whose log says that the server does not answer it, and that server is no good.
pub(super) const LOG_NAMES_IT: Rule = Rule {
    name: "log-names-it",
    is_root: |root| is_server(root) && root.finding().severity >= Severity::Warning,
    proof: |root, consequence| {
        let (service, part) = consequence.service()?;
        let words = consequence.evidence().last_words_of(&service.name)?;
        let kind = root.kind()?;
        let is_dead = part == Part::Process && consequence.cause() == Some(Cause::ProcessDown);
        let is_failing = part == Part::Http && is_outage(consequence);
        let fault = words.faults.iter().find(|fault| {
            let is_of_now = if is_dead { fault.is_last } else { is_recent(words, fault) };
            is_of_now && is_of_kind(kind, fault.rule)
        })?;
        (is_dead || is_failing || part == Part::Restarts).then(|| format!("its log says: {}", fault.summary))
    },
};

/// Workers whose broker is no good.
pub(super) const SAME_BROKER: Rule = Rule {
    name: "same-broker",
    is_root: |root| is_server(root) && root.finding().severity >= Severity::Warning,
    proof: |root, consequence| {
        let Some(CheckKind::Celery(_)) = consequence.kind() else { return None };
        let is_same = root.endpoint()?.is_same_place(consequence.endpoint()?);
        is_same.then(|| format!("its broker is {}", root.finding().target))
    },
};

/// A service or check that the config says to depend on it, and that fails as one does for want of something.
pub(super) const DECLARED: Rule = Rule {
    name: "declared",
    is_root: |root| match root.service() {
        Some(_) => failing(root).is_some(),
        None => root.check().is_some() && root.finding().severity >= Severity::Warning,
    },
    proof: |root, consequence| {
        let name = &root.finding().target;
        let is_declared = consequence.depends_on().contains(name);
        let fails_so = match consequence.service() {
            // That a process is gone has reasons of its own.
            Some((_, part)) => part == Part::Http && is_outage(consequence),
            None => is_outage(consequence),
        };
        (is_declared && fails_so).then(|| format!("the config says that it depends on {name}"))
    },
};

fn is_server(node: Node<'_>) -> bool {
    matches!(node.kind(), Some(CheckKind::Mysql(_) | CheckKind::Postgres(_) | CheckKind::Redis(_)))
}
