//! Judges processors and load. Pure.

use crate::checks::Subject;
use crate::checks::processes::Culprits;
use crate::checks::system::{SystemObservation, against, rounded};
use crate::config::Bars;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::human;

/// Tasks for each processor, over five minutes, from which load is yellow. Load is never red by itself: it also counts
/// tasks that wait for a disk, and a machine can live with it.
const LOAD_WARN: f64 = 4.0;

/// Share of the time in which somebody waited for a processor, in percent, from which all are slow: one that is only busy
/// does its work.
const PRESSURE: f64 = 20.0;
/// Processor time in use from which it is so, where the system does not measure the waiting.
const FULL: f64 = 97.0;

pub(super) fn judge(seen: &SystemObservation, bars: Bars, culprits: &Culprits) -> Finding {
    let subject = Subject::system("cpu");
    let sample = match &seen.cpu {
        Ok(sample) => sample,
        Err(why) => return subject.unknown(why.clone()),
    };
    let Some(percent) = seen.cpu_percent() else {
        return subject.unknown("the processors' clock stood still during the sample");
    };
    let severity = against(percent, bars);
    let processors = sample.after.processors;
    let whole = human::plural(u64::from(processors), "processor");
    let is_granted = seen.quota.filter(|quota| rounded(quota.percent) >= percent);
    let mut summary = match is_granted {
        Some(quota) => {
            let granted = rounded(quota.processors);
            let used = human::percent(percent);
            format!("{used} used of the {granted} processors that the control group grants, of {whole}")
        }
        None => format!("{} busy on {whole}", human::percent(percent)),
    };
    let mut finding = subject
        .finding(severity, "")
        .with("used_percent", percent)
        .with("processors", processors)
        .with("steal_percent", sample.after.steal_percent_since(&sample.before).map(rounded))
        .with("granted_processors", seen.quota.map(|quota| quota.processors))
        .with("throttled_percent", seen.quota.map(|quota| rounded(quota.throttled_percent)))
        .with("pressure_percent", seen.pressure.cpu);
    if severity != Severity::Ok {
        finding = finding.with("top_processes", culprits.by_cpu_json());
        finding.cause = is_waited_for(seen, percent).then_some(Cause::CpuSaturated);
        summary.push_str(&culprits.by_cpu_text());
    }
    finding.summary = summary;
    finding
        .metric(Metric::new("cpu", percent, Unit::Percent).bars(bars.warn, bars.critical).range(0.0, 100.0))
}

/// Whether somebody waits for a processor, or is kept from one by a control group.
fn is_waited_for(seen: &SystemObservation, percent: f64) -> bool {
    let is_throttled = seen.quota.is_some_and(|quota| quota.throttled_percent >= PRESSURE);
    is_throttled || seen.pressure.cpu.map_or(percent >= FULL, |share| share >= PRESSURE)
}

/// Load is judged only where the CPU is: a threshold above 100 % switches both off.
pub(super) fn judge_load(seen: &SystemObservation, bars: Bars) -> Finding {
    let subject = Subject::system("load");
    let Some([one, five, fifteen]) = seen.load else { return subject.unknown("load average cannot be read") };
    let processors = seen.cpu.as_ref().map_or(1, |c| c.after.processors.max(1));
    let each = five / f64::from(processors);
    let severity = if each >= LOAD_WARN && bars.warn <= 100.0 { Severity::Warning } else { Severity::Ok };
    let warn = LOAD_WARN * f64::from(processors);
    let mut metric = Metric::new("load5", five, Unit::Count);
    metric.warn = Some(warn);
    metric.min = Some(0.0);
    let mut finding = subject
        .finding(severity, format!("load {one:.2}, {five:.2}, {fifteen:.2} on {processors} processors"))
        .with("load1", one)
        .with("load5", five)
        .with("load15", fifteen)
        .with("io_pressure_percent", seen.pressure.io)
        .metric(metric);
    if severity != Severity::Ok {
        finding = finding.because(Cause::CpuSaturated);
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::system::observe::observe;

    #[test]
    fn busy_processors_that_nobody_waits_for_are_no_cause() {
        let mut seen = observe();
        let always = Bars { warn: 0.0, critical: 0.0 };
        for (share, cause) in [(5.0, None), (60.0, Some(Cause::CpuSaturated))] {
            (seen.quota, seen.pressure.cpu) = (None, Some(share));
            let finding = judge(&seen, always, &Culprits::default());
            assert_eq!((finding.severity, finding.cause), (Severity::Critical, cause));
        }
    }
}
