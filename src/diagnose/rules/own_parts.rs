//! Process, port, URL and log of one service.

use crate::config::CheckKind;
use crate::diagnose::rule::Rule;
use crate::diagnose::rules::shared::{failing, is_gone};
use crate::diagnose::scene::{Node, Part};
use crate::model::{Cause, Severity};

/// A stranger on the port keeps the service from starting.
pub(super) const PORT_TAKEN_KEEPS_IT_DOWN: Rule = Rule {
    name: "port-taken-keeps-it-down",
    is_root: |root| root.is_part(Part::Port) && root.is_one_of(&[Cause::PortTaken]),
    proof: |root, consequence| {
        let (_, part) = same_service(root, consequence)?;
        // What killed the process is another matter than what keeps it from coming back.
        let counts = match part {
            Part::Process => {
                consequence.is_one_of(&[Cause::ProcessDown, Cause::CrashLoop, Cause::UnitFailed])
            }
            Part::Restarts | Part::Http => true,
            Part::Port => false,
        };
        counts.then(|| format!("{} holds its port", holder(root)))
    },
};

/// What ends it each time explains that it ends again and again.
pub(super) const ENDS_FOR_A_REASON_AND_AGAIN: Rule = Rule {
    name: "ends-for-a-reason-and-again",
    is_root: |root| is_gone(root) && !root.is_one_of(&[Cause::ProcessDown, Cause::CrashLoop]),
    proof: |root, consequence| {
        let (_, part) = same_service(root, consequence)?;
        (part == Part::Restarts).then(|| root.finding().evidence.clone()).flatten()
    },
};

/// A service that starts and ends all the time is down between its starts.
pub(super) const CRASH_LOOP: Rule = Rule {
    name: "crash-loop",
    is_root: |root| root.is_part(Part::Restarts) && root.is_one_of(&[Cause::CrashLoop]),
    proof: |root, consequence| {
        let (_, part) = same_service(root, consequence)?;
        let counts = part != Part::Process || consequence.is_one_of(&[Cause::ProcessDown]);
        counts.then(|| "it ends soon after each start".to_owned())
    },
};

/// A process that does not run answers nobody.
pub(super) const NOT_RUNNING: Rule = Rule {
    name: "not-running",
    is_root: is_gone,
    proof: |root, consequence| {
        let (_, part) = same_service(root, consequence)?;
        let is_orphaned = root.cause() == Some(Cause::OrphanProcess);
        (part != Part::Restarts).then(|| match is_orphaned {
            true => "workers without their parent hold the port".to_owned(),
            false => "its process does not run".to_owned(),
        })
    },
};

/// A stopped process does not answer.
pub(super) const STOPPED: Rule = Rule {
    name: "stopped",
    is_root: |root| root.is_part(Part::Process) && root.cause() == Some(Cause::ProcessHung),
    proof: |root, consequence| {
        let (_, part) = same_service(root, consequence)?;
        (part == Part::Http).then(|| "its process is stopped".to_owned())
    },
};

/// A port on which nobody, or somebody else, listens.
pub(super) const NOBODY_LISTENS: Rule = Rule {
    name: "nobody-listens",
    is_root: |root| root.is_part(Part::Port),
    proof: |root, consequence| {
        let (_, part) = same_service(root, consequence)?;
        (part == Part::Http).then(|| root.finding().summary.clone())
    },
};

/// A log falls silent when nobody is left to write it.
pub(super) const SILENT_LOG: Rule = Rule {
    name: "silent-log",
    is_root: |root| !root.is_part(Part::Restarts) && failing(root).is_some(),
    proof: |root, consequence| {
        let (service, _) = root.service()?;
        let Some(CheckKind::FileAge(check)) = consequence.kind() else { return None };
        let is_silent = is_gone(root) || root.is_one_of(&[Cause::ProcessHung]);
        (is_silent && service.log_file.as_ref() == Some(&check.path))
            .then(|| format!("{} writes that file", service.name))
    },
};

/// The part of a consequence, where both are about one service.
fn same_service<'s>(root: Node<'s>, consequence: Node<'s>) -> Option<(&'s str, Part)> {
    let (service, part) = consequence.service()?;
    let is_sure = root.finding().severity > Severity::Unknown;
    (is_sure && root.is_same_service(consequence)).then_some((service.name.as_str(), part))
}

fn holder(port: Node<'_>) -> String {
    let holders = port.finding().observed.get("holders").and_then(|list| list.as_array());
    let stranger = holders.into_iter().flatten().find(|holder| holder["is_own"] == false);
    stranger
        .and_then(|holder| holder["pid"].as_u64())
        .map_or_else(|| "a stranger".to_owned(), |pid| format!("pid {pid}"))
}
