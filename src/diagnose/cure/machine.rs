//! Cures for what the machine is short of.

use std::borrow::Cow;
use std::path::Path;

use crate::diagnose::cure::Case;
use crate::diagnose::cure::command::{hint, joined, listed, words};
use crate::diagnose::cure::observed::{list, number, text};
use crate::model::{Cause, Finding, Hint};
use crate::text::shell;

/// Folders of open files, by their number.
const MOST_FILES: &str =
    r#"for p in /proc/[0-9]*; do echo "$(sudo ls "$p/fd" 2>/dev/null | wc -l) $p"; done | sort -n | tail"#;

/// A folder with less than this part of what is used is not what fills a disk.
const SHARE: u64 = 4;

/// Of the machine: who uses it. Of a service: it was killed, or is about to be.
pub(super) fn memory(case: Case<'_>) -> Hint {
    let is_gone = case.service.is_some() && number(case.finding, "pid").is_none();
    if let Some(service) = case.service.filter(|_| is_gone) {
        let start = case.start(service);
        let limit =
            if case.finding.cause == Some(Cause::MemoryLimit) { "raise the limit" } else { "free memory" };
        return hint(
            format!("find what grew, {limit}, then start it again"),
            start.or_else(|| case.last_lines()),
        );
    }
    if let (Some(_), Some(pid)) = (case.service, number(case.finding, "pid")) {
        let shown = listed("pid,user,rss,args", &[pid]);
        return hint("see what it keeps in memory, or raise its limit", Some(shown));
    }
    used_by(case, "the largest processes are", "pid,user,rss,args")
}

pub(super) fn busy(case: Case<'_>) -> Hint {
    used_by(case, "the busiest processes are", "pid,user,pcpu,time,args")
}

fn used_by(case: Case<'_>, what: &str, columns: &str) -> Hint {
    let pids: Vec<u64> = list(case.finding, "top_processes").filter_map(|p| p["pid"].as_u64()).collect();
    if pids.is_empty() {
        return hint("see who uses most", Some(format!("ps -eo {columns} | sort -k3 -n | tail")));
    }
    hint(format!("{what} pids {}", joined(&pids, ", ")), Some(listed(columns, &pids)))
}

pub(super) fn disk(case: Case<'_>) -> Hint {
    let path = text(case.finding, "path").unwrap_or("/");
    let mount = case.known.evidence.mount_of(Path::new(path)).map(Path::to_string_lossy);
    let folder = largest_of_ours(case.finding).map(Cow::from).or(mount).unwrap_or(path.into());
    let look = format!("du -xh -d 1 {} | sort -h | tail", shell::quote(&folder));
    match case.fuelops(["clean"]) {
        // Where nothing is due, its plan is empty, and what fills the disk is somebody else's.
        Some(clean) => hint(
            format!(
                "see what retention would free; it asks before it removes anything. What else fills it: {look}"
            ),
            Some(clean),
        ),
        None => hint("see what fills it", Some(look)),
    }
}

/// The largest folder of ours, unless what fills the disk lies elsewhere.
fn largest_of_ours(finding: &Finding) -> Option<&str> {
    let largest = list(finding, "largest_folders").next()?;
    let is_small = |used: u64| largest["bytes"].as_u64().is_some_and(|bytes| bytes < used / SHARE);
    let is_elsewhere = number(finding, "used_bytes").is_some_and(is_small);
    largest["path"].as_str().filter(|_| !is_elsewhere)
}

pub(super) fn inodes(case: Case<'_>) -> Option<Hint> {
    let path = text(case.finding, "path")?;
    let command = format!("du --inodes -x -d 2 {} | sort -n | tail", shell::quote(path));
    Some(hint("find the folder with the many small files", Some(command)))
}

pub(super) fn files(case: Case<'_>) -> Hint {
    let Some(pid) = number(case.finding, "open_files_pid").map(|pid| pid.to_string()) else {
        let gone = case.service.is_some().then(|| case.last_lines()).flatten();
        return hint(
            "see who holds so many files open, and raise the limit if they are needed",
            Some(gone.unwrap_or_else(|| MOST_FILES.to_owned())),
        );
    };
    let lsof = case.program(["lsof", "-nP", "-p", &pid]);
    hint(
        "see what it holds open; it may leak files or sockets, or need a higher limit",
        Some(lsof.unwrap_or_else(|| words(["ls", "-l", &format!("/proc/{pid}/fd")]))),
    )
}
