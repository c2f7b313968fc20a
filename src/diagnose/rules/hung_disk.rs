//! A file system that does not answer.

use std::path::Path;

use crate::checks::WaitsOn;
use crate::config::CheckKind;
use crate::diagnose::rule::Rule;
use crate::diagnose::rules::shared::is_of_disk;
use crate::diagnose::scene::{Node, Part};
use crate::model::{Cause, Severity};

/// What lies on it cannot be looked at, and whoever reads it waits.
pub(super) const FOLDERS_OF_A_DISK_THAT_DOES_NOT_ANSWER: Rule = Rule {
    name: "folders-of-a-disk-that-does-not-answer",
    is_root: |root| {
        let is_missed = root.cause().is_none() && root.finding().severity == Severity::Critical;
        root.id().starts_with("disk.") && is_of_disk(root) && is_missed
    },
    proof: |root, consequence| {
        let mount = Path::new(&root.finding().target);
        let lies_there = |path: &Path| root.evidence().is_on(path, mount);
        let is_its = match (consequence.service(), consequence.kind()) {
            (Some((service, Part::Process | Part::Port)), _) => {
                consequence.finding().severity == Severity::Unknown && lies_there(&service.cwd)
            }
            (Some((service, Part::Http)), _) => {
                let waits = root.evidence().wait_of(&service.name);
                let on_it = waits.is_some_and(|wait| match &wait.on {
                    WaitsOn::File(path) => lies_there(path),
                    WaitsOn::Kernel(_) => lies_there(&service.cwd),
                    _ => false,
                });
                consequence.is_one_of(&[Cause::ProcessHung, Cause::SlowResponse]) && on_it
            }
            (_, Some(CheckKind::FileAge(check))) => missed(consequence) && lies_there(&check.path),
            (_, Some(CheckKind::Disk(check))) => missed(consequence) && lies_there(&check.path),
            (_, Some(CheckKind::Certificate(check))) => {
                missed(consequence) && check.file.as_deref().is_some_and(lies_there)
            }
            _ => false,
        };
        is_its.then(|| format!("it lies on {}", mount.display()))
    },
};

/// Whether a probe came back with nothing.
fn missed(node: Node<'_>) -> bool {
    node.cause().is_none() && node.finding().observed.is_empty()
}
