//! Runs a command as if we were not there, and keeps the end of what it wrote to stderr.
//!
//! The command is over when it ends, whoever else holds its stderr: what it has left running in the background is not
//! waited for.

use std::ffi::OsString;
use std::io::{self, PipeReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{ChildStderr, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionread;

/// Bytes of stderr that are kept.
const KEPT: usize = 64 << 10;
/// How long others may write to its stderr once it has ended: a `tee` behind it is a moment late.
const GRACE: Duration = Duration::from_millis(100);

/// How a command ended.
pub(super) struct Ended {
    /// As a shell tells it: 128 + n by signal n.
    pub(super) code: u8,
    /// `exit code 3`, `killed by signal 9`.
    pub(super) how: String,
    /// The end of what it wrote.
    pub(super) stderr: String,
}

/// Runs a command; its input and output are ours.
pub(super) fn run(words: &[OsString]) -> Result<Ended> {
    let name = words[0].to_string_lossy().into_owned();
    let spawned = Command::new(&words[0]).args(&words[1..]).stderr(Stdio::piped()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
            return Ok(Ended { code, how: format!("cannot run it: {error}"), stderr: String::new() });
        }
    };
    let stderr = child.stderr.take();
    let (ended, end) = io::pipe().context("cannot make a pipe")?;
    let waiter = thread::spawn(move || {
        let status = child.wait();
        drop(end);
        status
    });
    let kept = stderr.map(|stream| pass_on(stream, &ended)).unwrap_or_default();
    let waited = waiter.join().map_err(|_| anyhow!("cannot wait for {name}"))?;
    let status = waited.with_context(|| format!("cannot wait for {name}"))?;
    let (code, how) = match (status.code(), status.signal()) {
        (Some(code), _) => (u8::try_from(code).unwrap_or(1), format!("exit code {code}")),
        (None, Some(signal)) => {
            (u8::try_from(128 + signal).unwrap_or(255), format!("killed by signal {signal}"))
        }
        (None, None) => (1, "ended in no known way".to_owned()),
    };
    Ok(Ended { code, how, stderr: String::from_utf8_lossy(&kept).into_owned() })
}

/// Copies a stream to our stderr until it ends, or its writer has, and returns its end.
fn pass_on(stream: ChildStderr, ended: &PipeReader) -> Vec<u8> {
    let mut copy = Copy { stream, kept: Vec::new() };
    while wait_for(&copy.stream, Some(ended), None) != Ready::Ended {
        if copy.some(usize::MAX) == 0 {
            return copy.kept;
        }
    }
    let end = Instant::now() + GRACE;
    while wait_for(&copy.stream, None, Some(end)) == Ready::Readable {
        if copy.some(usize::MAX) == 0 {
            return copy.kept;
        }
    }
    // What stood in the pipe by now is the command's own, however slowly our stderr takes it.
    let mut left = ioctl_fionread(&copy.stream).map_or(0, |n| usize::try_from(n).unwrap_or(0));
    while left > 0 {
        match copy.some(left) {
            0 => break,
            n => left -= n,
        }
    }
    copy.kept
}

#[derive(PartialEq, Eq)]
enum Ready {
    Readable,
    Ended,
}

/// Waits until there is something to read, or the writer has ended, or it is late.
fn wait_for(stream: &ChildStderr, ended: Option<&PipeReader>, until: Option<Instant>) -> Ready {
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let time = left.and_then(|left| Timespec::try_from(left).ok());
        let mut fds = vec![PollFd::new(stream, PollFlags::IN)];
        fds.extend(ended.map(|ended| PollFd::new(ended, PollFlags::IN)));
        match poll(&mut fds, time.as_ref()) {
            Err(rustix::io::Errno::INTR) => {}
            Ok(n) if n > 0 && !fds[0].revents().is_empty() => return Ready::Readable,
            _ => return Ready::Ended,
        }
    }
}

struct Copy {
    stream: ChildStderr,
    kept: Vec<u8>,
}

impl Copy {
    /// Copies what is there, at most `max` bytes; 0 at the end.
    fn some(&mut self, max: usize) -> usize {
        let mut buffer = [0; 8192];
        let room = max.min(buffer.len());
        let Ok(n) = self.stream.read(&mut buffer[..room]) else { return 0 };
        // Where our stderr is gone the command still runs to its end.
        io::stderr().lock().write_all(&buffer[..n]).unwrap_or(());
        self.kept.extend_from_slice(&buffer[..n]);
        if self.kept.len() > 2 * KEPT {
            self.kept.drain(..self.kept.len() - KEPT);
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_leaves_in_the_background_is_not_waited_for() {
        for background in ["sleep 20", "while sleep 0.01; do printf '\\000' >&2 || exit; done"] {
            let script = format!("printf '\\000' >&2; ({background}) & exit 3");
            let start = Instant::now();
            let ended = run(&["sh".into(), "-c".into(), script.into()]).unwrap();
            assert!(start.elapsed() < Duration::from_secs(15), "{background}");
            assert_eq!((ended.code, ended.stderr.get(..1)), (3, Some("\0")));
        }
    }

    #[test]
    fn nothing_that_was_written_is_lost() {
        // As much as a pipe may hold, and nothing that a terminal shows.
        let script = "head -c 40000 /dev/zero >&2; sleep 20 >&2 & exit 4";
        let ended = run(&["sh".into(), "-c".into(), script.into()]).unwrap();
        assert_eq!((ended.code, ended.stderr.len()), (4, 40_000));
    }
}
