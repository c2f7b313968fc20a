//! The process table, from `/proc/PID`.
//!
//! `/proc/PID/stat` is `pid (name) state parent group …`; the name is hostile: it may hold spaces, parentheses and
//! newlines, so fields are counted from the last `)`.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use super::{read_into, read_text};
use crate::platform::{Executable, ProcessStat, ProcessState, StartMark};

/// Flag in the ninth field of `stat`: a thread of the kernel.
const PF_KTHREAD: u64 = 0x0020_0000;

/// Reads every process that this caller can see.
///
/// # Errors
/// When `/proc` itself cannot be listed.
pub fn processes() -> io::Result<Vec<ProcessStat>> {
    let clock = StatClock::now();
    let mut buffer = Vec::with_capacity(1024);
    let mut found = Vec::with_capacity(256);
    for entry in fs::read_dir("/proc")? {
        let Ok(entry) = entry else { continue };
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        found.extend(read_stat(pid, &clock, &mut buffer));
    }
    Ok(found)
}

/// Reads one process; `None` when it is gone.
pub fn process_stat(pid: u32) -> Option<ProcessStat> {
    read_stat(pid, &StatClock::now(), &mut Vec::with_capacity(1024))
}

fn read_stat(pid: u32, clock: &StatClock, buffer: &mut Vec<u8>) -> Option<ProcessStat> {
    read_into(&format!("/proc/{pid}/stat"), buffer).ok()?;
    parse_stat(buffer, clock)
}

/// What is needed to turn ticks and pages into time and bytes.
struct StatClock {
    ticks_per_second: u64,
    page_bytes: u64,
    since_boot: Duration,
}

impl StatClock {
    fn now() -> Self {
        let ticks_per_second = rustix::param::clock_ticks_per_second().max(1);
        let page_bytes = rustix::param::page_size() as u64;
        Self { ticks_per_second, page_bytes, since_boot: super::clock::since_boot() }
    }

    fn duration(&self, ticks: u64) -> Duration {
        let rest = ticks % self.ticks_per_second * 1_000_000_000 / self.ticks_per_second;
        Duration::new(ticks / self.ticks_per_second, u32::try_from(rest).unwrap_or(0))
    }
}

fn parse_stat(stat: &[u8], clock: &StatClock) -> Option<ProcessStat> {
    let open = memchr::memchr(b'(', stat)?;
    let close = memchr::memrchr(b')', stat)?;
    let pid = std::str::from_utf8(stat.get(..open)?).ok()?.trim().parse().ok()?;
    let name = String::from_utf8_lossy(stat.get(open + 1..close)?).into_owned();
    let rest = std::str::from_utf8(stat.get(close + 1..)?).ok()?;
    // Field n of proc(5) is at n - 3 here.
    let fields: Vec<&str> = rest.split_ascii_whitespace().take(22).collect();
    let number = |n: usize| fields.get(n - 3).and_then(|f| f.parse::<u64>().ok());
    let small = |n: usize| number(n).and_then(|v| u32::try_from(v).ok());
    let started = number(22)?;
    Some(ProcessStat {
        pid,
        parent: small(4)?,
        group: small(5).unwrap_or(0),
        name,
        state: state(fields.first()?),
        threads: small(20)?,
        rss_bytes: number(24).unwrap_or(0).saturating_mul(clock.page_bytes),
        cpu: clock.duration(number(14)?.saturating_add(number(15)?)),
        started: StartMark(started),
        age: clock.since_boot.saturating_sub(clock.duration(started)),
        is_kernel: number(9).unwrap_or(0) & PF_KTHREAD != 0,
    })
}

fn state(letter: &str) -> ProcessState {
    match letter {
        "R" => ProcessState::Running,
        "S" | "I" => ProcessState::Sleeping,
        "D" => ProcessState::Uninterruptible,
        "T" | "t" => ProcessState::Stopped,
        "Z" | "X" | "x" => ProcessState::Zombie,
        _ => ProcessState::Other,
    }
}

/// Returns the words of a command line, as the process itself last wrote them; `None` without rights or when it is gone.
///
/// Empty for threads of the kernel and for zombies. A program that sets its title leaves one word.
pub fn command_line(pid: u32) -> Option<Vec<OsString>> {
    let mut raw = Vec::new();
    read_into(&format!("/proc/{pid}/cmdline"), &mut raw).ok()?;
    while raw.last() == Some(&0) {
        raw.pop();
    }
    if raw.is_empty() {
        return Some(Vec::new());
    }
    Some(raw.split(|b| *b == 0).map(|word| OsString::from_vec(word.to_vec())).collect())
}

/// Returns the file that a process runs; `None` without rights, for threads of the kernel, or when it is gone.
pub fn executable(pid: u32) -> Option<Executable> {
    const DELETED: &[u8] = b" (deleted)";
    let path = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let bytes = path.as_os_str().as_bytes();
    // A file may really end in " (deleted)"; only one that does not exist was deleted.
    match bytes.strip_suffix(DELETED) {
        Some(kept) if !path.exists() => {
            let path = PathBuf::from(OsString::from_vec(kept.to_vec()));
            Some(Executable { path, is_deleted: true })
        }
        _ => Some(Executable { path, is_deleted: false }),
    }
}

/// Returns a process's working folder; `None` without rights or when it is gone.
pub fn working_dir(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

/// Returns the file that a process writes its standard output to; `None` without rights, or when it is no plain file.
pub fn output_file(pid: u32) -> Option<PathBuf> {
    let path = fs::read_link(format!("/proc/{pid}/fd/1")).ok()?;
    path.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(path)
}

/// Returns the user on whose behalf a process acts.
///
/// From `status`: the owner of `/proc/PID` is root for a program that changed its user by itself.
pub fn process_owner(pid: u32) -> Option<u32> {
    let status = read_text(&format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("Uid:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Whether a process lives in a world of its own, such as a container, where the same path is another file; `None` without
/// rights or when it is gone.
pub fn is_contained(pid: u32) -> Option<bool> {
    let theirs = fs::read_link(format!("/proc/{pid}/ns/pid")).ok()?;
    Some(theirs != fs::read_link("/proc/self/ns/pid").ok()?)
}

/// Returns how many files a process holds open; `None` without rights.
pub fn process_files(pid: u32) -> Option<u64> {
    let dir = format!("/proc/{pid}/fd");
    // Linux 6.2 and later put the count into the size of the folder.
    let counted = fs::metadata(&dir).ok()?.size();
    let listing = fs::read_dir(&dir).ok()?;
    Some(if counted > 0 { counted } else { listing.count() as u64 })
}

/// Returns how many files a process may hold open; `None` without rights.
pub fn process_files_limit(pid: u32) -> Option<u64> {
    let limits = read_text(&format!("/proc/{pid}/limits")).ok()?;
    let line = limits.lines().find_map(|l| l.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// Returns the environment that a process was started with, as `NAME=value` parts that end in NUL; `None` without rights or
/// when it is gone. At most the first 128 KiB; the process may have written over it.
pub fn environment(pid: u32) -> Option<Vec<u8>> {
    let mut raw = Vec::new();
    read_into(&format!("/proc/{pid}/environ"), &mut raw).ok()?;
    Some(raw)
}

/// Returns what in the kernel a process waits in, where the kernel tells.
pub fn wait_channel(pid: u32) -> Option<String> {
    let text = read_text(&format!("/proc/{pid}/wchan")).ok()?;
    (!text.is_empty() && text != "0").then_some(text)
}

/// Returns a name for the time since the machine was started.
pub fn boot_id() -> Option<String> {
    Some(read_text("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::super::ProcessHold;
    use super::*;

    const CLOCK: StatClock =
        StatClock { ticks_per_second: 100, page_bytes: 4096, since_boot: Duration::from_secs(100) };

    #[test]
    fn hostile_name_moves_no_field() {
        let line = b"42 (a) R 1) \n\xff) S 7 8 9 0 -1 4194304 1 2 3 4 150 50 0 0 20 0 3 0 2500 1000 25 99";
        let stat = parse_stat(line, &CLOCK).unwrap();
        assert_eq!((stat.pid, stat.parent, stat.group, stat.threads), (42, 7, 8, 3));
        assert_eq!(stat.name, "a) R 1) \n\u{fffd}");
        assert_eq!(stat.cpu, Duration::from_secs(2));
        assert_eq!(stat.age, Duration::from_secs(75));
        assert_eq!(stat.rss_bytes, 25 * 4096);
    }

    #[test]
    fn cut_off_stat_is_no_process() {
        for line in [&b""[..], b"1", b"1 (x", b"1 (x) S 1 2", b")("] {
            assert_eq!(parse_stat(line, &CLOCK), None);
        }
    }

    #[test]
    fn own_process_is_read_whole() {
        let me = std::process::id();
        let stat = process_stat(me).unwrap();
        assert_eq!(stat.pid, me);
        assert!(stat.rss_bytes > 0 && stat.threads > 0 && !stat.is_kernel);
        assert!(processes().unwrap().iter().any(|p| p.pid == me && p.started == stat.started));
        assert_eq!(executable(me).unwrap().path, std::env::current_exe().unwrap());
        assert_eq!(working_dir(me).unwrap(), std::env::current_dir().unwrap());
        assert_eq!(process_owner(me), Some(crate::platform::caller_uid()));
        assert!(process_files(me).unwrap() >= 3);
        assert!(process_files_limit(me).unwrap() > 0);
        assert!(!command_line(me).unwrap().is_empty());
        assert_eq!(is_contained(me), Some(false));
    }

    #[test]
    fn ended_process_is_none_and_not_an_error() {
        let mut child = Command::new("true").stdout(Stdio::null()).spawn().unwrap();
        let pid = child.id();
        let hold = ProcessHold::take(pid).unwrap();
        child.wait().unwrap();
        assert!(!hold.is_alive());
        assert_eq!(process_stat(pid), None);
        assert_eq!(command_line(pid), None);
        assert_eq!(executable(pid), None);
    }
}
