//! Processors: time used, load, pressure.

use std::io;

use super::read_text;
use crate::platform::{CpuTimes, Pressure};

/// Reads the CPU time of all processors together.
///
/// # Errors
/// When `/proc/stat` cannot be read or has no `cpu` line.
pub fn cpu_times() -> io::Result<CpuTimes> {
    parse_cpu_times(&read_text("/proc/stat")?)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc/stat has no cpu line"))
}

fn parse_cpu_times(stat: &str) -> Option<CpuTimes> {
    let mut lines = stat.lines();
    let first = lines.next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = first.split_ascii_whitespace().map_while(|n| n.parse().ok()).collect();
    let at = |n: usize| ticks.get(n).copied().unwrap_or(0);
    // user nice system idle iowait irq softirq steal; guest time that follows is part of user already.
    let total = ticks.iter().take(8).sum::<u64>();
    let busy = total.checked_sub(at(3))?.checked_sub(at(4))?;
    let processors = lines.take_while(|l| l.starts_with("cpu")).count();
    Some(CpuTimes { busy, total, steal: at(7), processors: u32::try_from(processors.max(1)).ok()? })
}

/// Returns the load average of 1, 5 and 15 minutes.
pub fn load_average() -> Option<[f64; 3]> {
    let text = read_text("/proc/loadavg").ok()?;
    let mut numbers = text.split_ascii_whitespace().map_while(|n| n.parse().ok());
    Some([numbers.next()?, numbers.next()?, numbers.next()?])
}

/// Returns the pressure of the last ten seconds; all `None` before Linux 4.20.
pub fn pressure() -> Pressure {
    let read =
        |what: &str| read_text(&format!("/proc/pressure/{what}")).ok().and_then(|t| parse_pressure(&t));
    Pressure { cpu: read("cpu"), memory: read("memory"), io: read("io") }
}

fn parse_pressure(text: &str) -> Option<f64> {
    text.lines().next()?.strip_prefix("some avg10=")?.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_disk_is_not_busy_and_guests_count_once() {
        let times = parse_cpu_times("cpu  10 5 5 60 20 0 0 1 7 0\ncpu0 1 1\ncpu1 1 1\nintr 5\n").unwrap();
        assert_eq!(times, CpuTimes { busy: 21, total: 101, steal: 1, processors: 2 });
    }

    #[test]
    fn pressure_line_gives_its_ten_seconds() {
        assert_eq!(parse_pressure("some avg10=1.25 avg60=0.00 avg300=0.00 total=0\n"), Some(1.25));
        assert_eq!(parse_pressure("odd"), None);
    }

    #[test]
    fn this_machine_answers() {
        assert!(cpu_times().unwrap().processors > 0);
        assert!(load_average().is_some());
    }
}
