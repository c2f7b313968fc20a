//! Measures the machine once. The CPU is sampled over a short span: what stands since boot says nothing of now.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::platform::{self, ClockState, CpuQuota, CpuTimes, Memory, MemoryLimit, OpenFiles, Pressure, Swap};

/// Length of the CPU sample.
pub(in crate::checks) const SAMPLE: Duration = Duration::from_millis(200);

/// What the machine says; a part that cannot be read holds the reason.
#[derive(Clone, Debug)]
pub(in crate::checks) struct SystemObservation {
    pub(super) cpu: Result<CpuSample, String>,
    /// Of the control group that fuelops itself runs in, where it grants less than the machine has.
    pub(super) quota: Option<QuotaSample>,
    pub(super) load: Option<[f64; 3]>,
    pub(super) pressure: Pressure,
    pub(super) memory: Result<Memory, String>,
    /// Of the control group that fuelops itself runs in, as in a container.
    pub(super) limit: Option<MemoryLimit>,
    pub(super) swap: Result<SwapSample, String>,
    pub(super) files: Option<OpenFiles>,
    pub(super) clock: ClockSample,
}

/// Two readings of the processors, and what fuelops itself used between them.
#[derive(Clone, Copy, Debug)]
pub(super) struct CpuSample {
    pub(super) before: CpuTimes,
    pub(super) after: CpuTimes,
    pub(super) span: Duration,
    pub(super) own: Duration,
}

impl CpuSample {
    /// The share of all processors that others were busy with.
    pub(super) fn percent(&self) -> Option<f64> {
        let busy = self.after.busy_percent_since(&self.before)?;
        let capacity = self.span.as_secs_f64() * f64::from(self.after.processors.max(1));
        let own = if capacity > 0.0 { self.own.as_secs_f64() / capacity * 100.0 } else { 0.0 };
        Some((busy - own).clamp(0.0, 100.0))
    }
}

/// What a control group grants, and what it used of that during the sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuotaSample {
    pub(super) processors: f64,
    pub(super) percent: f64,
    /// The share of the sample that it was made to wait for.
    pub(super) throttled_percent: f64,
}

impl QuotaSample {
    fn between(before: CpuQuota, after: CpuQuota, span: Duration, own: Duration) -> Self {
        let share =
            |part: Duration, whole: f64| (part.as_secs_f64() / whole.max(0.001) * 100.0).clamp(0.0, 100.0);
        let used = after.used.saturating_sub(before.used).saturating_sub(own);
        let throttled = after.throttled.saturating_sub(before.throttled);
        Self {
            processors: after.processors,
            percent: share(used, span.as_secs_f64() * after.processors),
            throttled_percent: share(throttled, span.as_secs_f64()),
        }
    }
}

/// Swap, and how much was read back from it while the CPU was sampled.
#[derive(Clone, Copy, Debug)]
pub(super) struct SwapSample {
    pub(super) swap: Swap,
    pub(super) pages_in: Option<u64>,
}

/// The wall clock against the one that cannot be set.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockSample {
    pub(super) state: ClockState,
    pub(super) wall: SystemTime,
    /// How far the wall clock moved beside the true time during the sample.
    pub(super) jump: Duration,
}

impl SystemObservation {
    /// CPU in percent: of the machine or of what the control group grants, whichever is fuller.
    pub(in crate::checks) fn cpu_percent(&self) -> Option<f64> {
        let machine = self.cpu.as_ref().ok().and_then(CpuSample::percent)?;
        Some(super::rounded(self.quota.map_or(machine, |quota| quota.percent.max(machine))))
    }

    /// Memory that programs can still get, the control group's limit included.
    pub(in crate::checks) fn memory_available(&self) -> Option<u64> {
        let memory = self.memory.as_ref().ok()?;
        let below_limit = self.limit.map(|l| l.limit_bytes.saturating_sub(l.used_bytes));
        Some(below_limit.map_or(memory.available_bytes, |left| left.min(memory.available_bytes)))
    }

    /// Memory in use in percent: of the machine or of the control group, whichever is fuller.
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 52 bits")]
    pub(in crate::checks) fn memory_percent(&self) -> Option<f64> {
        let memory = self.memory.as_ref().ok().filter(|m| m.total_bytes > 0)?;
        let used = memory.total_bytes.saturating_sub(memory.available_bytes);
        let machine = used as f64 / memory.total_bytes as f64 * 100.0;
        let group = self.limit.filter(|l| l.limit_bytes > 0);
        let group = group.map_or(0.0, |l| l.used_bytes as f64 / l.limit_bytes as f64 * 100.0);
        Some(super::rounded(machine.max(group)))
    }
}

/// Measures everything; takes as long as the CPU sample.
pub(in crate::checks) fn observe() -> SystemObservation {
    let began = (Instant::now(), SystemTime::now(), platform::own_cpu());
    let before = platform::cpu_times();
    let quota_before = platform::cpu_quota();
    let pages_before = platform::swap().ok().and_then(|s| s.pages_in);
    let memory = platform::memory().map_err(|e| format!("cannot read memory: {e}"));
    let limit = platform::limit_of(std::process::id());
    let limit = limit.filter(|l| memory.as_ref().is_ok_and(|m| l.limit_bytes < m.total_bytes));
    let files = platform::open_files();
    let load = platform::load_average();
    thread::sleep(SAMPLE.saturating_sub(began.0.elapsed()));
    let after = platform::cpu_times();
    let quota_after = quota_before.and_then(|_| platform::cpu_quota());
    let (span, wall, own) = (began.0.elapsed(), SystemTime::now(), platform::own_cpu());
    let own = own.saturating_sub(began.2);
    let cpu = before.and_then(|before| after.map(|after| CpuSample { before, after, span, own }));
    let processors = cpu.as_ref().map_or(f64::MAX, |sample| f64::from(sample.after.processors));
    let quota = quota_before.zip(quota_after).filter(|(_, after)| after.processors < processors);
    let quota = quota.map(|(before, after)| QuotaSample::between(before, after, span, own));
    let swap = platform::swap().map(|swap| SwapSample {
        pages_in: swap.pages_in.zip(pages_before).map(|(now, then)| now.saturating_sub(then)),
        swap,
    });
    SystemObservation {
        cpu: cpu.map_err(|e| format!("cannot read processor times: {e}")),
        quota,
        load,
        pressure: platform::pressure(),
        memory,
        limit,
        swap: swap.map_err(|e| format!("cannot read swap: {e}")),
        files,
        clock: ClockSample { state: platform::clock_state(), wall, jump: drift(began.1, wall, span) },
    }
}

/// How far two readings of the wall clock are from the true span between them.
fn drift(before: SystemTime, after: SystemTime, span: Duration) -> Duration {
    match after.duration_since(before) {
        Ok(moved) => moved.abs_diff(span),
        Err(backwards) => backwards.duration() + span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_is_real_and_short() {
        let start = Instant::now();
        let seen = observe();
        assert!(start.elapsed() >= SAMPLE);
        let percent = seen.cpu_percent().unwrap();
        assert!((0.0..=100.0).contains(&percent), "{percent}");
        assert!(seen.memory_available().unwrap() > 0);
    }

    #[test]
    fn clock_set_back_shows_as_a_jump() {
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let span = Duration::from_millis(200);
        assert_eq!(drift(noon, noon + span, span), Duration::ZERO);
        assert!(drift(noon, noon - Duration::from_secs(3_600), span) >= Duration::from_secs(3_600));
        assert!(drift(noon, noon + Duration::from_secs(3_600), span) >= Duration::from_secs(3_599));
    }

    #[test]
    fn own_work_is_not_the_machines_load() {
        let times = |busy| CpuTimes { busy, total: busy + 100 - busy, steal: 0, processors: 1 };
        let before = CpuTimes { busy: 0, total: 0, steal: 0, processors: 1 };
        let span = Duration::from_secs(1);
        let sample = CpuSample { before, after: times(30), span, own: Duration::from_millis(200) };
        assert!((sample.percent().unwrap() - 10.0).abs() < 0.01);
    }

    #[test]
    fn quota_is_full_when_its_share_is_used() {
        let at = |ms| CpuQuota {
            processors: 0.5,
            used: Duration::from_millis(ms),
            throttled: Duration::from_millis(ms),
        };
        let sample = QuotaSample::between(at(0), at(100), Duration::from_millis(200), Duration::ZERO);
        assert!((sample.percent - 100.0).abs() < 0.01, "{sample:?}");
        assert!((sample.throttled_percent - 50.0).abs() < 0.01, "{sample:?}");
    }
}
