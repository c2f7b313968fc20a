//! Judges a service's process. Pure.

use std::time::Duration;

use crate::checks::Subject;
use crate::checks::processes::observe::{MainProcess, PidFileState};
use crate::checks::processes::{ServiceObservation, pid_list, processes};
use crate::checks::system::{against, rounded};
use crate::config::{Bars, Service};
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::platform::ProcessState;
use crate::process::{FileUse, Presence, Proof};
use crate::text::human;

/// Open files of one process against its own limit, in percent.
const FILE_BARS: Bars = Bars { warn: 80.0, critical: 90.0 };
/// Memory of a control group against its limit, in percent; beyond it the kernel kills.
const GROUP_BARS: Bars = Bars { warn: 90.0, critical: 98.0 };

/// Something about a process that is not as it should be.
struct Flaw {
    severity: Severity,
    cause: Option<Cause>,
    text: String,
}

impl Flaw {
    fn new(severity: Severity, cause: Option<Cause>, text: impl Into<String>) -> Self {
        Self { severity, cause, text: text.into() }
    }

    fn warning(text: impl Into<String>) -> Self {
        Self::new(Severity::Warning, None, text)
    }
}

/// Judges whether a service's process is there and well.
pub(in crate::checks) fn judge(service: &Service, seen: &ServiceObservation) -> Finding {
    let subject = Subject::service(&service.name, "process");
    let finding = match &seen.presence {
        Presence::Running { copies, proof, .. } => {
            running(&subject, service, seen, copies).with("proof", word(*proof))
        }
        Presence::Orphaned { pids } => {
            let summary = format!(
                "its parent is gone; {} of it live on ({}){}",
                processes(seen.usage.processes),
                pid_list(pids),
                about_pid_file(service, seen)
            );
            let finding = subject.finding(Severity::Critical, summary).because(Cause::OrphanProcess);
            finding.with("pids", pids.clone())
        }
        Presence::Unproven { pid } => unproven(&subject, service, seen, *pid),
        Presence::Down if seen.missing_user.is_some() => userless(&subject, seen),
        Presence::Down if is_hidden(seen) => subject.unknown(format!(
            "its process may not be looked at: run as its user or as root{}",
            about_pid_file(service, seen)
        )),
        Presence::Down => {
            let summary = format!("does not run{}", about_pid_file(service, seen));
            subject.finding(Severity::Critical, summary).because(Cause::ProcessDown)
        }
    };
    with_measures(finding, seen)
}

/// It does not run, and cannot: nobody is called as its user.
fn userless(subject: &Subject, seen: &ServiceObservation) -> Finding {
    let user = seen.missing_user.as_deref().unwrap_or_default();
    let summary = format!("cannot run: its user {user} does not exist on this machine");
    let finding = subject.finding(Severity::Critical, summary).because(Cause::ProcessDown);
    finding.with("missing_user", user)
}

/// Whether something stands for the process that this caller may not see: its pid is in use, or a user that may be its own
/// holds its port unseen.
fn is_hidden(seen: &ServiceObservation) -> bool {
    let is_named = matches!(seen.pid_file, PidFileState::Hidden(_));
    is_named || seen.port.as_ref().is_some_and(|port| port.unseen.iter().any(|(_, _, may_be)| *may_be))
}

fn running(subject: &Subject, service: &Service, seen: &ServiceObservation, copies: &[u32]) -> Finding {
    let Some(main) = &seen.main else { return subject.unknown("ended while it was looked at") };
    let mut flaws = flaws(service, seen, main);
    if !copies.is_empty() {
        flaws.push(Flaw::warning(format!("runs more than once: also {}", pid_list(copies))));
    }
    flaws.sort_by_key(|flaw| std::cmp::Reverse(flaw.severity));
    let severity = flaws.first().map_or(Severity::Ok, |flaw| flaw.severity);
    let alive = alive(seen, main);
    let summary = match flaws.as_slice() {
        [] => alive,
        _ => {
            let texts: Vec<&str> = flaws.iter().map(|flaw| flaw.text.as_str()).collect();
            format!("{}; {alive}", texts.join("; "))
        }
    };
    let mut finding = subject.finding(severity, summary);
    finding.cause = flaws.iter().find_map(|flaw| flaw.cause);
    if of_pid_file(service, seen).is_some() {
        finding = finding.with("pid_file_is_wrong", true);
    }
    if copies.is_empty() { finding } else { finding.with("copies", copies.to_vec()) }
}

/// `pid 7, up 3d 2h, 120 MiB, 4 % CPU in 3 processes`.
fn alive(seen: &ServiceObservation, main: &MainProcess) -> String {
    let usage = &seen.usage;
    let count =
        if usage.processes > 1 { format!(" in {}", processes(usage.processes)) } else { String::new() };
    let (up, rss) = (human::duration(main.age), human::bytes(usage.rss_bytes));
    format!("pid {}, up {up}, {rss}, {} CPU{count}", main.pid, human::percent(seen.cpu_percent))
}

fn flaws(service: &Service, seen: &ServiceObservation, main: &MainProcess) -> Vec<Flaw> {
    let state = match main.state {
        ProcessState::Stopped => Some(Flaw::new(
            Severity::Critical,
            Some(Cause::ProcessHung),
            "is stopped by a signal and does nothing",
        )),
        ProcessState::Uninterruptible => {
            Some(Flaw::warning("waits for a device or file system and takes no signal"))
        }
        _ => None,
    };
    let zombies = seen.usage.zombies;
    let zombies = (zombies > 0)
        .then(|| Flaw::warning(format!("does not reap its dead children: {} zombie", processes(zombies))));
    let parts = [state, of_files(seen), of_memory(service, seen, main), zombies, of_pid_file(service, seen)];
    parts.into_iter().flatten().collect()
}

fn of_files(seen: &ServiceObservation) -> Option<Flaw> {
    let files @ FileUse { open, limit: Some(limit), pid } = seen.usage.files? else { return None };
    let severity = against(files.percent(), FILE_BARS);
    let text = format!("pid {pid} holds {} of {} files open", human::count(open), human::count(limit));
    (severity != Severity::Ok).then(|| Flaw::new(severity, Some(Cause::FilesExhausted), text))
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 52 bits")]
fn of_memory(service: &Service, seen: &ServiceObservation, main: &MainProcess) -> Option<Flaw> {
    let rss = seen.usage.rss_bytes;
    if let Some(limit) = service.limits.memory.map(|limit| limit.0).filter(|limit| rss >= *limit) {
        let text = format!("uses more than its limit of {}", human::bytes(limit));
        return Some(Flaw::new(Severity::Warning, Some(Cause::MemoryLimit), text));
    }
    let group = main.limit.filter(|group| group.limit_bytes > 0)?;
    let percent = group.used_bytes as f64 / group.limit_bytes as f64 * 100.0;
    let severity = against(percent, GROUP_BARS);
    let limit = human::bytes(group.limit_bytes);
    let text = format!("its control group uses {} of {limit}", human::percent(percent));
    (severity != Severity::Ok).then(|| Flaw::new(severity, Some(Cause::MemoryLimit), text))
}

/// A wrong pid file is a flaw even while the service runs: other tools act on it.
fn of_pid_file(service: &Service, seen: &ServiceObservation) -> Option<Flaw> {
    let is_wrong = matches!(
        seen.pid_file,
        PidFileState::Garbage(_) | PidFileState::Stale(_) | PidFileState::Stranger { .. }
    );
    is_wrong.then(|| Flaw::warning(about_pid_file(service, seen).trim_start_matches("; ")))
}

fn about_pid_file(service: &Service, seen: &ServiceObservation) -> String {
    let name = service.pid_file.as_ref().and_then(|path| path.file_name()).unwrap_or_default();
    let name = name.to_string_lossy();
    match &seen.pid_file {
        PidFileState::NotConfigured | PidFileState::Missing | PidFileState::Right(_) => String::new(),
        PidFileState::Unreadable(why) => format!("; {name} cannot be read: {why}"),
        PidFileState::Garbage(text) if text.is_empty() => format!("; {name} is empty"),
        PidFileState::Garbage(text) => format!("; {name} holds no pid but \"{text}\""),
        PidFileState::Hidden(pid) => format!("; {name} names pid {pid}, which may not be looked at"),
        PidFileState::Stale(pid) => format!("; {name} is stale: process {pid} is gone"),
        PidFileState::Stranger { pid, command, user } => {
            let user = user.as_ref().map_or_else(String::new, |user| format!(" of {user}"));
            format!("; {name} names a stranger: pid {pid}{user}, {command}")
        }
    }
}

/// Without rights to look closely, the pid file or the port's user must speak for it too.
fn unproven(subject: &Subject, service: &Service, seen: &ServiceObservation, pid: u32) -> Finding {
    let is_named = seen.pid_file == PidFileState::Right(pid);
    let has_port = seen.port.as_ref().is_some_and(|port| port.unseen.iter().any(|(_, _, may_be)| *may_be));
    let Some(main) = &seen.main else { return subject.unknown("ended while it was looked at") };
    if is_named || has_port {
        let by = if is_named { "its pid file" } else { "the user of its port" };
        let alive = alive(seen, main);
        return subject.finding(Severity::Ok, format!("{alive} (by {by}; no right to look closer)"));
    }
    let about = about_pid_file(service, seen);
    subject.unknown(format!(
        "pid {pid} looks like it, and may not be looked at closely enough: run as its user or as root{about}"
    ))
}

fn with_measures(finding: Finding, seen: &ServiceObservation) -> Finding {
    let usage = &seen.usage;
    let mut finding = finding;
    if let Some(main) = &seen.main {
        finding = finding
            .with("pid", main.pid)
            .with("user", main.user.clone())
            .with("command", main.command.clone())
            .with("uptime_seconds", main.age.as_secs());
    }
    if let PidFileState::Stale(pid) = seen.pid_file {
        finding = finding.with("stale_pid", pid);
    }
    if let PidFileState::Stranger { pid, command, user } = &seen.pid_file {
        finding = finding
            .with("pid_file_process", serde_json::json!({"pid": pid, "command": command, "user": user}));
    }
    if usage.processes == 0 {
        return finding;
    }
    let cpu = rounded(seen.cpu_percent);
    let mut metrics = [
        Metric::new("rss", to_float(usage.rss_bytes), Unit::Bytes),
        Metric::new("cpu", cpu, Unit::Percent),
        Metric::new("processes", f64::from(usage.processes), Unit::Count),
    ];
    for metric in &mut metrics {
        metric.min = Some(0.0);
    }
    finding.metrics.extend(metrics);
    finding
        .with("rss_bytes", usage.rss_bytes)
        .with("cpu_percent", cpu)
        .with("processes", usage.processes)
        .with("threads", usage.threads)
        .with("open_files", usage.files.map(|f| f.open))
        .with("open_files_pid", usage.files.map(|f| f.pid))
        .with("open_files_limit", usage.files.and_then(|f| f.limit))
        .with("zombies", usage.zombies)
        .with("uninterruptible", usage.uninterruptible)
}

#[expect(clippy::cast_precision_loss, reason = "memory of this age fits 52 bits")]
fn to_float(bytes: u64) -> f64 {
    bytes as f64
}

fn word(proof: Proof) -> &'static str {
    match proof {
        Proof::Command => "command",
        Proof::Kept => "keeper",
        Proof::PidFile => "pid-file",
        Proof::Port => "port",
    }
}

/// A remark on a service that has not been up for long.
pub(in crate::checks) fn note_of_uptime(
    service: &Service,
    seen: &ServiceObservation,
    min_uptime: Duration,
) -> Option<String> {
    let main = seen.main.as_ref().filter(|main| main.age < min_uptime)?;
    Some(format!("{} has been up for {} only", service.name, human::duration(main.age)))
}
