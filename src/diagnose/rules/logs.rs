//! Errors in the logs that a known cause makes.

use crate::config::CheckKind;
use crate::diagnose::rule::Rule;
use crate::diagnose::rules::shared::{is_of_disk, is_of_kind};
use crate::diagnose::scene::Part;
use crate::logs::rules::{FaultClass, find};
use crate::model::{Cause, Severity};

/// The newest error is of the kind that the cause makes.
pub(super) const ERRORS_NAME_IT: Rule = Rule {
    name: "errors-name-it",
    is_root: |root| root.finding().severity >= Severity::Warning && root.cause() != Some(Cause::ErrorRate),
    proof: |root, consequence| {
        let is_of_logs =
            consequence.id() == "logs.errors" || matches!(consequence.kind(), Some(CheckKind::LogRate(_)));
        if !is_of_logs || consequence.cause() != Some(Cause::ErrorRate) {
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
