//! The numbers of the machine and of the process that the `/health` family answers with.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Local};
use serde_json::{Value, json};

use crate::platform::{self, CpuTimes};

/// From here on a part of the machine is no longer "ok"; the original health route draws the same line.
const FULL_PERCENT: f64 = 90.0;

const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;

/// Measures on demand; CPU is the share since the last call.
#[derive(Debug)]
pub(super) struct Vitals {
    last: Mutex<Option<CpuTimes>>,
}

impl Vitals {
    /// Takes the first CPU sample.
    pub(super) fn new() -> Self {
        Self { last: Mutex::new(platform::cpu_times().ok()) }
    }

    /// `system` and `health_checks` of `/health`, for the disk that holds `folder`; null where it cannot be told.
    pub(super) fn machine(&self, folder: &Path) -> (Value, Value) {
        let cpu = self.cpu_percent();
        let memory = platform::memory().ok();
        let used = memory.map(|memory| 100.0 - percent(memory.available_bytes, memory.total_bytes));
        let disk = platform::disk_usage(folder).ok();
        let full = disk.map(|disk| disk.used_percent());
        let numbers = json!({
            "cpu_percent": cpu.map(tenths),
            "memory_percent": used.map(tenths),
            "memory_available_mb": memory.map(|memory| tenths(as_f64(memory.available_bytes) / MIB)),
            "disk_percent": full.map(tenths),
            "disk_free_gb": disk.map(|disk| tenths(as_f64(disk.free_bytes) / GIB)),
        });
        let is_ok = |percent: Option<f64>| percent.is_none_or(|percent| percent < FULL_PERCENT);
        let checks = json!({"cpu_ok": is_ok(cpu), "memory_ok": is_ok(used), "disk_ok": is_ok(full)});
        (numbers, checks)
    }

    /// `process` of `/health/detailed`; CPU is the share of one processor since the start.
    pub(super) fn process(&self, now: DateTime<Local>) -> Value {
        let pid = std::process::id();
        let Some(process) = platform::process_stat(pid) else { return json!({"pid": pid}) };
        let (cpu, age) = (process.cpu.as_secs_f64(), process.age.as_secs_f64());
        json!({
            "pid": pid,
            "memory_mb": tenths(as_f64(process.rss_bytes) / MIB),
            "cpu_percent": if age > 0.0 { tenths(100.0 * cpu / age) } else { 0.0 },
            "num_threads": process.threads,
            "create_time": (now - process.age).timestamp(),
        })
    }

    fn cpu_percent(&self) -> Option<f64> {
        let now = platform::cpu_times().ok()?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let percent = last.and_then(|last| now.busy_percent_since(&last));
        *last = Some(now);
        percent
    }
}

#[expect(clippy::cast_precision_loss, reason = "the numbers are rounded to tenths anyway")]
fn as_f64(number: u64) -> f64 {
    number as f64
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * as_f64(part) / as_f64(whole) }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_the_one_that_teams_scrape() {
        let (numbers, checks) = Vitals::new().machine(Path::new("/"));
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            keys(&numbers),
            ["cpu_percent", "memory_percent", "memory_available_mb", "disk_percent", "disk_free_gb"]
        );
        assert_eq!(keys(&checks), ["cpu_ok", "memory_ok", "disk_ok"]);
        assert!(numbers["memory_percent"].as_f64().unwrap() > 0.0);
    }

    #[test]
    fn a_process_knows_itself() {
        let process = Vitals::new().process(Local::now());
        assert_eq!(process["pid"], std::process::id());
        assert!(process["memory_mb"].as_f64().unwrap() > 0.0);
    }
}
