//! Runs a program once and tells what it took: wall time, processor time, peak memory.
//!
//! The kernel counts the resources of ended children for the whole process, so each run gets a process of its own in
//! between: this program calls itself with [`ONE`], starts the one child, and prints what the kernel says about it.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// First argument of the process in between.
pub(crate) const ONE: &str = "--measure-one";

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) wall: Duration,
    /// User and system together.
    pub(crate) cpu: Duration,
    pub(crate) peak_rss_bytes: u64,
}

/// Measures a command; its output is thrown away.
pub(crate) fn measure(command: &[&str]) -> Result<Taken, String> {
    let myself = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(myself)
        .arg(ONE)
        .args(command)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [wall, cpu, peak_rss_bytes] = numbers[..] else {
        return Err(format!("`{}` could not be measured", command.join(" ")));
    };
    Ok(Taken { wall: Duration::from_micros(wall), cpu: Duration::from_micros(cpu), peak_rss_bytes })
}

/// The process in between. Any exit code will do: `analyze-logs` may find trouble in the corpus.
pub(crate) fn measure_one(command: &[String]) -> Result<(), String> {
    let [program, args @ ..] = command else { return Err("nothing to measure".to_owned()) };
    let start = Instant::now();
    let status = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("{program}: {error}"))?;
    let wall = start.elapsed();
    if status.code().is_none_or(|code| code >= 64) {
        return Err(format!("{}: {status}", command.join(" ")));
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
    let cpu = micros(usage.user_time()) + micros(usage.system_time());
    // Linux counts KiB here, macOS bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    writeln!(std::io::stdout(), "{} {cpu} {}", wall.as_micros(), usage.max_rss() * unit)
        .map_err(|error| error.to_string())
}

fn micros(time: TimeVal) -> i64 {
    time.tv_sec() * 1_000_000 + i64::from(time.tv_usec())
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
