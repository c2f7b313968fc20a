//! The machine is out of memory.

use crate::diagnose::rule::Rule;
use crate::diagnose::rules::shared::said;
use crate::diagnose::scene::{Node, Part};
use crate::logs::rules::FaultClass;
use crate::model::Cause;

/// Share of the time in which somebody waited for memory, in percent, from which all are slow.
const PRESSURE: f64 = 10.0;

/// Whom the kernel killed, and who asked for memory in vain.
pub(super) const OUT_OF_MEMORY: Rule = Rule {
    name: "out-of-memory",
    is_root: is_full,
    proof: |_, consequence| {
        let evidence = consequence.finding().evidence.as_deref();
        let is_killed = evidence.is_some_and(|text| text.ends_with("the machine was out of memory"));
        if is_killed {
            return evidence.map(str::to_owned);
        }
        let is_victim = consequence.is_part(Part::Process) && consequence.cause() == Some(Cause::MemoryFull);
        let fault = said(consequence, &[FaultClass::Memory]).filter(|_| is_victim)?;
        Some(format!("its last words: {}", fault.summary))
    },
};

/// Whoever waits for memory answers late.
pub(super) const THRASHING: Rule = Rule {
    name: "thrashing",
    is_root: |root| is_full(root) && root.number("pressure_percent").is_some_and(|share| share >= PRESSURE),
    proof: |root, consequence| {
        let is_ours =
            consequence.is_part(Part::Http) || consequence.endpoint().is_some_and(|at| at.is_loopback());
        let is_late = consequence.is_one_of(&[Cause::SlowResponse, Cause::ProcessHung]);
        let share = root.number("pressure_percent")?;
        (is_ours && is_late).then(|| format!("processes wait for memory {share:.0} % of the time"))
    },
};

/// Swap fills when memory is short.
pub(super) const SWAP: Rule = Rule {
    name: "swap",
    is_root: is_full,
    proof: |_, consequence| {
        (consequence.id() == "system.swap").then(|| "swap fills when memory is short".to_owned())
    },
};

fn is_full(root: Node<'_>) -> bool {
    root.id() == "system.memory" && root.cause() == Some(Cause::MemoryFull)
}
