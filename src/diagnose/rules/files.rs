//! File descriptors are used up, of one process or of the machine.

use crate::diagnose::rule::Rule;
use crate::diagnose::rules::shared::{is_outage, said};
use crate::diagnose::scene::{Node, Part};
use crate::logs::rules::FaultClass;
use crate::model::Cause;

/// Share of its limit from which a process cannot accept a connection any more.
const ALL: f64 = 0.97;

/// A process without a descriptor to spare accepts nobody.
pub(super) const NO_DESCRIPTOR_LEFT: Rule = Rule {
    name: "no-descriptor-left",
    is_root: |root| root.is_part(Part::Process) && root.is_one_of(&[Cause::FilesExhausted]),
    proof: |root, consequence| {
        let (service, _) = root.service()?;
        let own = root.is_same_service(consequence) && consequence.is_part(Part::Http);
        let asked = consequence.endpoint().filter(|at| at.is_loopback()).map(|at| at.port);
        let is_asked = asked.is_some() && asked == service.port;
        let is_bad =
            is_outage(consequence) || consequence.is_one_of(&[Cause::BadResponse, Cause::FilesExhausted]);
        ((own || is_asked) && is_bad && has_none_left(root))
            .then(|| "its process has no file descriptor left".to_owned())
    },
};

/// A process that could open nothing, on a machine that has nothing left to open.
pub(super) const MACHINE_HAS_NONE_LEFT: Rule = Rule {
    name: "machine-has-none-left",
    is_root: |root| root.id() == "system.files" && root.is_one_of(&[Cause::FilesExhausted]),
    proof: |_, consequence| {
        let fault = said(consequence, &[FaultClass::Files])?;
        Some(format!("its log says: {}", fault.summary))
    },
};

fn has_none_left(process: Node<'_>) -> bool {
    let open = process.number("open_files").zip(process.number("open_files_limit"));
    let is_full = open.is_some_and(|(open, limit)| open >= limit * ALL || open + 2.0 >= limit);
    is_full || said(process, &[FaultClass::Files]).is_some()
}
