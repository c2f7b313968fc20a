//! Evidence, gathered before anything is touched and never by a signal that could end a process.
//!
//! What cannot be read in time is missing and said to be so. Secrets are taken out before anything is kept.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::model::Finding;
use crate::platform;
use crate::process::Table;
use crate::store;
use crate::text::{redact, sanitize};

/// Bytes of each log's end that are kept.
const LOG_TAIL: u64 = 64 * 1024;
const LOG_LINES: usize = 200;
/// Largest processes of the machine that are named.
const LARGEST: usize = 20;
/// Processes of the services that are looked at closely.
const MAX_CLOSE: usize = 64;
/// Bytes of one process's stacks.
const MAX_STACKS: u64 = 256 * 1024;
const PAUSE: Duration = Duration::from_millis(10);

/// What is looked at.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Processes that are looked at closely: the services' own.
    pub pids: Vec<u32>,
    pub logs: Vec<PathBuf>,
    /// Places whose disks are measured.
    pub places: Vec<PathBuf>,
    pub findings: Vec<Finding>,
    /// Shows the stacks of a Python process without disturbing it; absent where it is not installed.
    pub py_spy: Option<PathBuf>,
}

/// What was seen, ready to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Machine, processes, findings.
    pub facts: Value,
    /// Name and text of each further file.
    pub texts: Vec<(String, String)>,
    /// What there was no time for.
    pub missing: Vec<String>,
}

/// Looks at everything, as far as it comes until then.
pub fn gather(scene: &Scene, until: Instant) -> Evidence {
    let table = Table::read().ok();
    let mut evidence = Evidence::default();
    let close = table.as_ref().map(|table| {
        scene.pids.iter().take(MAX_CLOSE).filter_map(|pid| process(table, *pid)).collect::<Vec<_>>()
    });
    evidence.facts = json!({
        "machine": machine(&scene.places),
        "processes": close,
        "largest_processes": table.as_ref().map(largest),
        "findings": scene.findings,
    });
    redact_all(&mut evidence.facts);
    for log in &scene.logs {
        match tail(log) {
            Ok(text) if text.is_empty() => {}
            Ok(text) => evidence.texts.push((format!("tail-{}.txt", file_name(log)), text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => evidence.missing.push(format!("the end of {}: {error}", log.display())),
        }
    }
    if let (Some(tool), Some(table)) = (&scene.py_spy, &table) {
        for pid in scene.pids.iter().take(MAX_CLOSE).filter(|pid| is_python(table, **pid)) {
            match stacks(tool, *pid, until) {
                Some(text) => evidence.texts.push((format!("stacks-{pid}.txt"), text)),
                None => evidence.missing.push(format!("stacks of pid {pid}")),
            }
        }
    }
    evidence
}

fn machine(places: &[PathBuf]) -> Value {
    let disks: Vec<Value> = places
        .iter()
        .filter_map(|place| {
            let usage = platform::disk_usage(place).ok()?;
            Some(json!({
                "path": place.to_string_lossy(),
                "total_bytes": usage.total_bytes,
                "free_bytes": usage.free_bytes,
                "used_percent": usage.used_percent(),
                "inodes_free": usage.inodes_free,
            }))
        })
        .collect();
    let memory = platform::memory().ok();
    let swap = platform::swap().ok();
    let pressure = platform::pressure();
    json!({
        "load_average": platform::load_average(),
        "memory_total_bytes": memory.map(|m| m.total_bytes),
        "memory_available_bytes": memory.map(|m| m.available_bytes),
        "swap_used_bytes": swap.map(|s| s.used_bytes),
        "pressure_percent": { "cpu": pressure.cpu, "memory": pressure.memory, "io": pressure.io },
        "open_files": platform::open_files().map(|files| json!({ "open": files.open, "limit": files.limit })),
        "disks": disks,
    })
}

fn process(table: &Table, pid: u32) -> Option<Value> {
    let stat = table.stat(pid)?;
    let facts = table.facts(pid);
    let executable = facts.and_then(|f| f.executable.as_ref());
    Some(json!({
        "pid": pid,
        "parent": stat.parent,
        "state": format!("{:?}", stat.state).to_lowercase(),
        "threads": stat.threads,
        "rss_bytes": stat.rss_bytes,
        "cpu_ms": u64::try_from(stat.cpu.as_millis()).unwrap_or(u64::MAX),
        "age_seconds": stat.age.as_secs(),
        "command": table.shown(pid),
        "executable": executable.map(|e| e.path.to_string_lossy().into_owned()),
        "executable_is_deleted": executable.map(|e| e.is_deleted),
        "working_dir": facts.and_then(|f| f.working_dir.as_ref()).map(|d| d.to_string_lossy().into_owned()),
        "user_id": facts.and_then(|f| f.owner),
        "open_files": platform::process_files(pid),
        "open_files_limit": platform::process_files_limit(pid),
    }))
}

fn largest(table: &Table) -> Vec<Value> {
    let mut all: Vec<_> = table.stats().filter(|stat| !stat.is_kernel).collect();
    all.sort_by_key(|stat| (std::cmp::Reverse(stat.rss_bytes), stat.pid));
    let row = |pid: u32, rss: u64| json!({ "pid": pid, "rss_bytes": rss, "command": table.shown(pid) });
    all.iter().take(LARGEST).map(|stat| row(stat.pid, stat.rss_bytes)).collect()
}

/// The last lines of a log, as they may be shown to anybody.
fn tail(path: &Path) -> io::Result<String> {
    let (bytes, _) = store::tail(path, LOG_TAIL)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let kept = &lines[lines.len().saturating_sub(LOG_LINES)..];
    let clean: Vec<String> =
        kept.iter().map(|line| sanitize::line(&redact::secrets(line)).into_owned()).collect();
    Ok(clean.join("\n"))
}

fn is_python(table: &Table, pid: u32) -> bool {
    let executable = table.facts(pid).and_then(|facts| facts.executable.as_ref());
    executable
        .is_some_and(|e| e.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python")))
}

/// Asks py-spy, which reads the process's memory and neither stops nor signals it.
fn stacks(tool: &Path, pid: u32, until: Instant) -> Option<String> {
    let mut command = Command::new(tool);
    command.args(["dump", "--nonblocking", "--pid", &pid.to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    platform::unblock_signals(&mut command);
    let mut child = command.spawn().ok()?;
    let output = child.stdout.take()?;
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        output.take(MAX_STACKS).read_to_string(&mut text).map(|_| text).ok()
    });
    while child.try_wait().ok()?.is_none() {
        if Instant::now() >= until {
            child.kill().unwrap_or(());
            child.wait().ok()?;
            return None;
        }
        std::thread::sleep(PAUSE);
    }
    let text = reader.join().ok()??;
    (!text.trim().is_empty()).then(|| redact::secrets(&text).into_owned())
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "log".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn redact_all(value: &mut Value) {
    match value {
        Value::String(text) => *text = redact::secrets(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(redact_all),
        Value::Object(fields) => fields.values_mut().for_each(redact_all),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_own_process_and_the_end_of_the_log_are_kept_without_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("backend.log");
        let lines: String = (0..500).map(|n| format!("line {n} mysql://root:hunter2@db\n")).collect();
        std::fs::write(&log, lines).unwrap();
        let scene = Scene {
            pids: vec![std::process::id()],
            logs: vec![log, folder.path().join("absent.log")],
            places: vec![folder.path().to_owned()],
            ..Scene::default()
        };
        let evidence = gather(&scene, Instant::now() + Duration::from_secs(5));
        assert_eq!(evidence.facts["processes"][0]["pid"], std::process::id());
        assert!(evidence.facts["machine"]["memory_total_bytes"].as_u64().is_some());
        let (name, text) = &evidence.texts[0];
        assert_eq!((name.as_str(), text.lines().count()), ("tail-backend.log.txt", LOG_LINES));
        assert!(text.ends_with("@db") && !text.contains("hunter2"), "{text}");
        assert!(evidence.missing.is_empty());
    }

    #[test]
    fn a_tool_that_hangs_costs_its_deadline_and_no_more() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let tool = folder.path().join("py-spy");
        std::fs::write(&tool, "#!/bin/sh\nexec sleep 60\n").unwrap();
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
        let until = Instant::now() + Duration::from_millis(50);
        assert_eq!(stacks(&tool, 1, until), None);
        assert!(Instant::now() < until + Duration::from_secs(20));
    }

    #[test]
    fn a_pipe_that_nobody_writes_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backend.log");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(tail(&path).is_err());
    }
}
