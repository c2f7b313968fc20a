//! Judges memory and swap. Pure.

use crate::checks::Subject;
use crate::checks::processes::Culprits;
use crate::checks::system::{SystemObservation, against, rounded};
use crate::config::Bars;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::human;

/// Swap in use from which it may be yellow, in percent.
const SWAP_FULL: f64 = 90.0;
/// Pages read back in a fifth of a second from which the machine is thrashing: 4 KiB each, 20 MiB a second.
const THRASHING_PAGES: u64 = 1_000;

pub(super) fn judge(seen: &SystemObservation, bars: Bars, culprits: &Culprits) -> Finding {
    let subject = Subject::system("memory");
    let memory = match &seen.memory {
        Ok(memory) => memory,
        Err(why) => return subject.unknown(why.clone()),
    };
    let (Some(percent), Some(available)) = (seen.memory_percent(), seen.memory_available()) else {
        return subject.unknown("the machine reports no memory");
    };
    let severity = against(percent, bars);
    let of = match seen.limit {
        Some(limit) => format!("the control group's limit of {}", human::bytes(limit.limit_bytes)),
        None => human::bytes(memory.total_bytes),
    };
    let mut summary =
        format!("{} used, {} available of {of}", human::percent(percent), human::bytes(available));
    let mut finding = subject
        .finding(severity, "")
        .with("used_percent", percent)
        .with("available_bytes", available)
        .with("total_bytes", memory.total_bytes)
        .with("limit_bytes", seen.limit.map(|l| l.limit_bytes))
        .with("pressure_percent", seen.pressure.memory);
    if severity != Severity::Ok {
        finding = finding.because(Cause::MemoryFull).with("top_processes", culprits.by_memory_json());
        summary.push_str(&culprits.by_memory_text());
    }
    finding.summary = summary;
    finding.metric(
        Metric::new("memory", percent, Unit::Percent).bars(bars.warn, bars.critical).range(0.0, 100.0),
    )
}

/// Full swap alone is no fault: pages that nobody needs belong there. It is one when they are read back all the time, or
/// when memory is short as well. A memory threshold above 100 % switches this off too.
pub(super) fn judge_swap(seen: &SystemObservation, bars: Bars) -> Finding {
    let subject = Subject::system("swap");
    let sample = match &seen.swap {
        Ok(sample) => sample,
        Err(why) => return subject.unknown(why.clone()),
    };
    let swap = sample.swap;
    if swap.total_bytes == 0 {
        return subject.finding(Severity::Ok, "none on this machine").with("total_bytes", 0);
    }
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 52 bits")]
    let percent = rounded(swap.used_bytes as f64 / swap.total_bytes as f64 * 100.0);
    let is_thrashing = sample.pages_in.is_some_and(|pages| pages >= THRASHING_PAGES);
    let is_short = percent >= SWAP_FULL && seen.memory_percent().is_some_and(|m| m >= bars.warn);
    let mut summary = format!("{} of {} used", human::percent(percent), human::bytes(swap.total_bytes));
    if is_thrashing {
        summary.push_str(", and read back all the time");
    }
    let is_bad = (is_thrashing || is_short) && bars.warn <= 100.0;
    let mut finding = subject.finding(if is_bad { Severity::Warning } else { Severity::Ok }, summary);
    finding.cause = is_bad.then_some(Cause::MemoryFull);
    finding
        .with("used_percent", percent)
        .with("used_bytes", swap.used_bytes)
        .with("total_bytes", swap.total_bytes)
        .with("pages_read_back", sample.pages_in)
        .metric(Metric::new("swap", percent, Unit::Percent).range(0.0, 100.0))
}
