//! The processors are saturated, and by whom.

use crate::checks::WaitsOn;
use crate::diagnose::rule::Rule;
use crate::diagnose::scene::{Node, Part};
use crate::model::{Cause, Severity};

/// Share of the time in which somebody waited for a processor, in percent, from which all are slow.
const PRESSURE: f64 = 20.0;
/// Processor time in use from which it is so, where the system does not measure the waiting.
const FULL: f64 = 97.0;

/// A service that computes without a pause, and uses most: it is not slow because the processors are busy, they are busy
/// because of it.
pub(super) const BUSY_SERVICE: Rule = Rule {
    name: "busy-service",
    is_root: |root| root.is_part(Part::Http) && root.cause() == Some(Cause::ProcessHung),
    proof: |root, consequence| {
        let (service, _) = root.service()?;
        let wait = root.evidence().wait_of(&service.name).filter(|wait| wait.on == WaitsOn::Itself)?;
        let top = consequence.finding().observed.get("top_processes")?.get(0)?.get("pid")?.as_u64()?;
        let is_it = consequence.id() == "system.cpu" && top == u64::from(wait.pid);
        is_it.then(|| format!("pid {top} of {} uses most", service.name))
    },
};

/// Whoever waits for a processor answers late.
pub(super) const NO_PROCESSOR_FREE: Rule = Rule {
    name: "no-processor-free",
    is_root: |root| {
        let is_pressed = match root.number("pressure_percent") {
            Some(share) => share >= PRESSURE,
            None => root.number("used_percent").is_some_and(|used| used >= FULL),
        };
        is_saturated(root) && root.finding().severity == Severity::Critical && is_pressed
    },
    proof: |root, consequence| {
        let is_ours =
            consequence.is_part(Part::Http) || consequence.endpoint().is_some_and(|at| at.is_loopback());
        let is_late = consequence.is_one_of(&[Cause::SlowResponse, Cause::ProcessHung]);
        // Who waits for somebody else does not wait for a processor.
        let waits = consequence.service().and_then(|(service, _)| root.evidence().wait_of(&service.name));
        let is_free = waits.is_none_or(|wait| wait.on == WaitsOn::Itself);
        (is_ours && is_late && is_free).then(|| match root.number("pressure_percent") {
            Some(share) => format!("processes wait for a processor {share:.0} % of the time"),
            None => "no processor is free".to_owned(),
        })
    },
};

/// Load is made of what keeps the processors busy.
pub(super) const LOAD: Rule = Rule {
    name: "load",
    is_root: is_saturated,
    proof: |_, consequence| {
        (consequence.id() == "system.load").then(|| "what computes stands in the queue".to_owned())
    },
};

fn is_saturated(node: Node<'_>) -> bool {
    node.id() == "system.cpu" && node.cause() == Some(Cause::CpuSaturated)
}
