//! Whom the kernel killed for want of memory, out of its own log.

use std::time::Duration;

use crate::checks::evidence::Kill;
use crate::platform::{self, KernelMessage};

/// Kills that are kept.
const MOST: usize = 64;
/// Older ones explain nothing that is wrong now.
const MAX_AGE: Duration = Duration::from_secs(24 * 3_600);

const MACHINE: &str = "Out of memory: Kill";
const GROUP: &str = "Memory cgroup out of memory: Kill";

/// Older ones are of another process of the same number.
const JUST_NOW: Duration = Duration::from_secs(60);

/// Whether the kernel says that it has just killed this process for want of memory; without rights to its log, nobody does.
pub fn was_out_of_memory(pid: u32) -> bool {
    find().iter().any(|kill| kill.pid == Some(pid) && kill.age <= JUST_NOW)
}

/// Reads the kernel's log; empty without rights.
pub(super) fn find() -> Vec<Kill> {
    let messages = platform::kernel_log().unwrap_or_default();
    let has_our_pids = platform::kernel_log_has_our_pids();
    let recent = messages.iter().rev().filter(|message| message.age <= MAX_AGE);
    let kills = recent.filter_map(kill).take(MOST);
    kills.map(|kill| Kill { pid: kill.pid.filter(|_| has_our_pids), ..kill }).collect()
}

/// `Out of memory: Killed process 4711 (python3) total-vm:…`; older kernels write `Kill process`.
fn kill(message: &KernelMessage) -> Option<Kill> {
    let text = message.text.as_str();
    let is_of_group = text.starts_with(GROUP);
    if !is_of_group && !text.starts_with(MACHINE) {
        return None;
    }
    let (_, rest) = text.split_once(" process ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (pid, rest) = rest.split_at(digits);
    let name = rest.strip_prefix(" (")?;
    // A name may hold parentheses; what the kernel adds behind it may not.
    let end = name.find(") total-vm").or_else(|| name.find(") score")).or_else(|| name.rfind(')'))?;
    Some(Kill { pid: Some(pid.parse().ok()?), name: name[..end].to_owned(), age: message.age, is_of_group })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Kill> {
        kill(&KernelMessage { age: Duration::from_secs(5), text: text.to_owned() })
    }

    #[test]
    fn victims_are_known_by_pid_and_name() {
        let machine =
            read("Out of memory: Killed process 4711 (python3) total-vm:8123456kB, anon-rss:7kB").unwrap();
        assert_eq!((machine.pid, machine.name.as_str(), machine.is_of_group), (Some(4711), "python3", false));
        let group = read("Memory cgroup out of memory: Killed process 12 (a) (b) total-vm:1kB").unwrap();
        assert_eq!((group.pid, group.name.as_str(), group.is_of_group), (Some(12), "a) (b", true));
        let old = read("Out of memory: Kill process 7 (x) score 900 or sacrifice child").unwrap();
        assert_eq!((old.pid, old.name.as_str()), (Some(7), "x"));
    }

    #[test]
    fn other_messages_kill_nobody() {
        for text in [
            "",
            "python3 invoked oom-killer: gfp_mask=0x1",
            "Out of memory: Killed process x (y)",
            "Kill process 7",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
