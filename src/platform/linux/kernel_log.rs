//! The kernel's own log: what it killed, and which disks failed.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::platform::KernelMessage;

/// Longest record; the kernel refuses a shorter buffer for one that is longer.
const MAX_RECORD: usize = 8 * 1024;
/// Records that are read; the buffer of a kernel holds fewer.
const MAX_RECORDS: usize = 50_000;

/// What the first namespace's link says on every kernel: `PROC_PID_INIT_INO` of `include/linux/proc_ns.h`.
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// Reads what the kernel's log holds, oldest first; `None` without rights, or in a container that hides it.
pub fn kernel_log() -> Option<Vec<KernelMessage>> {
    let mut log = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open("/dev/kmsg").ok()?;
    let now = clock_gettime(ClockId::Monotonic);
    let now = Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0));
    let mut messages = Vec::new();
    let mut record = vec![0; MAX_RECORD];
    for _ in 0..MAX_RECORDS {
        match log.read(&mut record) {
            Ok(0) => break,
            Ok(length) => messages.extend(parse(&record[..length], now)),
            // Records were overwritten meanwhile: the next read goes on behind them.
            Err(e) if e.kind() == ErrorKind::BrokenPipe || e.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    Some(messages)
}

/// Whether the kernel's log and this process mean the same by a pid: not in a container with a PID namespace of its own.
pub fn kernel_log_has_our_pids() -> bool {
    std::fs::read_link("/proc/self/ns/pid")
        .is_ok_and(|namespace| namespace.as_os_str() == FIRST_PID_NAMESPACE)
}

/// How many processes the kernel has killed for want of memory since it started; `None` before 4.13.
pub fn out_of_memory_kills() -> Option<u64> {
    let counters = std::fs::read_to_string("/proc/vmstat").ok()?;
    counters.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

/// One record: `priority,sequence,microseconds,flags;text`, then lines of its dictionary.
fn parse(record: &[u8], now: Duration) -> Option<KernelMessage> {
    let record = String::from_utf8_lossy(record);
    let (head, text) = record.lines().next()?.split_once(';')?;
    let microseconds = head.split(',').nth(2)?.parse().ok()?;
    let age = now.saturating_sub(Duration::from_micros(microseconds));
    Some(KernelMessage { age, text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_counts_its_kills() {
        assert!(out_of_memory_kills().is_some());
    }

    #[test]
    fn record_is_its_first_line() {
        let record = b"6,339,5140900,-;Out of memory: Killed process 7 (a;b)\n SUBSYSTEM=x\n";
        let message = parse(record, Duration::from_micros(7_140_900)).unwrap();
        assert_eq!(message.text, "Out of memory: Killed process 7 (a;b)");
        assert_eq!(message.age, Duration::from_secs(2));
    }

    #[test]
    fn garbage_is_no_record() {
        for record in [&b""[..], b"6,1", b";", b"6,x,y,-;text", b"\xff\xfe"] {
            assert_eq!(parse(record, Duration::ZERO), None);
        }
    }
}
