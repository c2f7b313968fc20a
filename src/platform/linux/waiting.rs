//! What a process waits for: its state, the call that it is in, and what stands behind the descriptor of that call.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::processes::wait_channel;
use super::read_text;
use super::sockets::peer_of;
use crate::platform::{ProcessState, Waiting, process_stat};

/// Calls whose first argument is the descriptor that they wait for.
const ON_DESCRIPTOR: [i64; 9] = [
    libc::SYS_read,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_write,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_connect,
    libc::SYS_flock,
    libc::SYS_fsync,
];

/// Says what the first thread of a process waits for; `None` without rights, when it is gone, or when nothing tells.
pub fn waiting(pid: u32) -> Option<Waiting> {
    let stat = process_stat(pid)?;
    if stat.state == ProcessState::Running {
        return Some(Waiting::Nothing);
    }
    let call = read_text(&format!("/proc/{pid}/syscall")).ok();
    let on = call.as_deref().and_then(Call::parse).and_then(|call| of_call(pid, call));
    match on {
        Some(on) => Some(on),
        None if stat.state == ProcessState::Uninterruptible => Some(Waiting::Kernel(wait_channel(pid)?)),
        None => None,
    }
}

/// A system call that a thread is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Call {
    number: i64,
    first: u64,
}

impl Call {
    /// `45 0x5 0x7f… …`; `running` and `-1 …` are no call.
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let number = words.next()?.parse().ok().filter(|n| *n >= 0)?;
        let first = u64::from_str_radix(words.next()?.trim_start_matches("0x"), 16).ok()?;
        Some(Self { number, first })
    }
}

fn of_call(pid: u32, call: Call) -> Option<Waiting> {
    if call.number == libc::SYS_futex {
        return Some(Waiting::Lock);
    }
    if !ON_DESCRIPTOR.contains(&call.number) {
        return None;
    }
    let target = fs::read_link(format!("/proc/{pid}/fd/{}", call.first)).ok()?;
    let text = target.to_string_lossy();
    if let Some(inode) = text.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')) {
        let peer: SocketAddr = peer_of(pid, inode.parse().ok()?)?;
        return Some(Waiting::Peer(peer));
    }
    if text.starts_with("pipe:") {
        return Some(Waiting::Pipe);
    }
    // A terminal or an event descriptor: a program that waits for its user is not hung on anything.
    text.starts_with('/').then(|| Waiting::File(PathBuf::from(&target)))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn calls_are_read_and_other_words_are_none() {
        assert_eq!(
            Call::parse("45 0x5 0x7ffc 0x1 0x0 0x0 0x0 0x7f 0x7e\n"),
            Some(Call { number: 45, first: 5 })
        );
        assert_eq!(Call::parse("running\n"), None);
        assert_eq!(Call::parse("-1 0x7ffc 0x7e\n"), None);
        assert_eq!(Call::parse(""), None);
    }

    #[test]
    fn pipe_that_nobody_writes_to_is_seen() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let start = Instant::now();
        let mut seen = None;
        while start.elapsed() < Duration::from_secs(10) && seen != Some(Waiting::Pipe) {
            std::thread::sleep(Duration::from_millis(5));
            seen = waiting(child.id());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // Some sandboxes hide the call; then nothing is said, and nothing wrong.
        assert!(matches!(seen, Some(Waiting::Pipe) | None), "{seen:?}");
    }

    #[test]
    fn silent_peer_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let script = format!("exec 3<>/dev/tcp/127.0.0.1/{}; read -r -n 1 -u 3", address.port());
        let mut child = Command::new("bash").args(["-c", &script]).stdin(Stdio::null()).spawn().unwrap();
        let (held, _) = listener.accept().unwrap();
        let start = Instant::now();
        let mut seen = None;
        while start.elapsed() < Duration::from_secs(10) && seen != Some(Waiting::Peer(address)) {
            std::thread::sleep(Duration::from_millis(5));
            seen = waiting(child.id());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        drop(held);
        assert!(matches!(seen, Some(Waiting::Peer(at)) if at == address) || seen.is_none(), "{seen:?}");
    }
}
