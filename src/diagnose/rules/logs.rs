//! Errors, in logs or kept, that a known cause makes; and those that are the same errors told twice.

use crate::config::CheckKind;
use crate::diagnose::rule::Rule;
use crate::diagnose::rules::shared::{is_of_disk, is_of_kind};
use crate::diagnose::scene::{Node, Part};
use crate::logs::rules::{FaultClass, find};
use crate::model::{Cause, Severity};

/// The finding of the error store.
const KEPT: &str = "errors.rate";
/// Types that say nothing.
const NAMELESS: [&str; 3] = ["Error", "Exception", "message"];

fn is_of_logs(node: Node<'_>) -> bool {
    node.id() == "logs.errors" || matches!(node.kind(), Some(CheckKind::LogRate(_)))
}

/// An application that reports its errors logs them, too: the store knows them better.
pub(super) const SAME_ERRORS: Rule = Rule {
    name: "same-errors",
    is_root: |root| root.id() == KEPT && root.cause() == Some(Cause::ErrorRate),
    proof: |root, consequence| {
        let is_rate = is_of_logs(consequence) && consequence.cause() == Some(Cause::ErrorRate);
        let kind = root.text("newest")?.split(':').next().filter(|kind| !NAMELESS.contains(kind))?;
        let logged = consequence.text("newest").filter(|line| is_rate && line.contains(kind))?;
        (!kind.is_empty() && !logged.is_empty())
            .then(|| format!("the newest error is one that was kept: {kind}"))
    },
};

/// The newest error is of the kind that the cause makes.
pub(super) const ERRORS_NAME_IT: Rule = Rule {
    name: "errors-name-it",
    is_root: |root| root.finding().severity >= Severity::Warning && root.cause() != Some(Cause::ErrorRate),
    proof: |root, consequence| {
        let is_rate = is_of_logs(consequence) || consequence.id() == KEPT;
        if !is_rate || consequence.cause() != Some(Cause::ErrorRate) {
            return None;
        }
        let (rule, fault) = find(consequence.text("newest")?)?;
        let is_its = match rule.class {
            FaultClass::Database | FaultClass::Cache => {
                root.kind().is_some_and(|kind| is_of_kind(kind, rule.id))
            }
            FaultClass::Disk => is_of_disk(root) && root.is_one_of(&[Cause::DiskFull, Cause::InodesFull]),
            FaultClass::Memory => root.is_one_of(&[Cause::MemoryFull, Cause::MemoryLimit]),
            FaultClass::Files => root.is_one_of(&[Cause::FilesExhausted]),
            FaultClass::Port => {
                root.is_part(Part::Port) && root.is_one_of(&[Cause::PortTaken, Cause::OrphanProcess])
            }
            FaultClass::Certificate => root.is_one_of(&[Cause::CertificateExpiring]),
            _ => false,
        };
        is_its.then(|| format!("the newest error: {}", fault.summary))
    },
};
