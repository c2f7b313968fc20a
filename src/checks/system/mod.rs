//! The machine: processors, load, memory, swap, open files, clock. `observe` measures, the other files judge.

mod clock;
mod cpu;
mod files;
mod memory;
mod observe;

pub(super) use observe::{SAMPLE, SystemObservation, observe};

use crate::checks::processes::Culprits;
use crate::config::Thresholds;
use crate::model::{Finding, Severity};

/// Judges all parts of the machine. `culprits` names who uses most, where that was measured.
pub(super) fn judge(seen: &SystemObservation, bars: &Thresholds, culprits: &Culprits) -> Vec<Finding> {
    vec![
        cpu::judge(seen, bars.cpu_percent, culprits),
        cpu::judge_load(seen, bars.cpu_percent),
        memory::judge(seen, bars.memory_percent, culprits),
        memory::judge_swap(seen, bars.memory_percent),
        files::judge(seen),
        clock::judge(seen),
    ]
}

/// The ids of [`judge`], for a run in which nothing could be measured.
pub(super) const PARTS: [&str; 6] = ["cpu", "load", "memory", "swap", "files", "clock"];

/// Yellow from `warn`, red from `critical`.
pub(super) fn against(value: f64, bars: crate::config::Bars) -> Severity {
    if value >= bars.critical {
        Severity::Critical
    } else if value >= bars.warn {
        Severity::Warning
    } else {
        Severity::Ok
    }
}

/// One decimal is all that a percentage is worth.
pub(super) fn rounded(percent: f64) -> f64 {
    (percent * 10.0).round() / 10.0
}
