//! Runs a manager's tool to its end, or to a deadline.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::platform;
use crate::units::UnitFault;

/// Bytes of each stream that are read.
const MAX_OUTPUT: u64 = 1024 * 1024;
/// How long a tool's output is waited for after its end.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Between two looks whether a tool has ended.
const PACE: Duration = Duration::from_millis(2);

/// What a tool printed, and how it ended.
#[derive(Clone, Debug)]
pub(super) struct Printed {
    pub(super) output: String,
    pub(super) errors: String,
    pub(super) status: ExitStatus,
}

/// Runs a tool; nothing of it is left when the deadline has passed.
pub(super) fn run(program: &str, arguments: &[&str], deadline: Instant) -> Result<Printed, UnitFault> {
    let mut command = Command::new(program);
    platform::unblock_signals(&mut command);
    let spawned = command
        .process_group(0)
        .args(arguments)
        .env("LC_ALL", "C")
        .env("SYSTEMD_COLORS", "0")
        .env("SYSTEMD_PAGER", "")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => UnitFault::NoManager(format!("{program} is not on this machine")),
        _ => UnitFault::NoManager(format!("{program} cannot be started: {error}")),
    })?;
    let _group = platform::LiveGroup::of(child.id());
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let (output, errors) = (Drain::of(output), Drain::of(errors));
    let Some(status) = end_of(&mut child, deadline) else {
        platform::kill_group(child.id());
        drop(child.wait());
        return Err(UnitFault::Silent);
    };
    let last = Instant::now() + LAST_WORDS;
    Ok(Printed { output: output.text(last), errors: errors.text(last), status })
}

fn end_of(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(PACE),
            _ => return None,
        }
    }
}

/// A stream of a tool that a thread reads to its end, or for as long as anybody listens.
struct Drain(Receiver<Vec<u8>>);

impl Drain {
    fn of(stream: Option<impl Read + Send + 'static>) -> Self {
        let (sender, pieces) = mpsc::channel();
        thread::spawn(move || {
            let Some(stream) = stream else { return };
            let mut stream = stream.take(MAX_OUTPUT);
            let mut piece = [0; 8192];
            while let Ok(length @ 1..) = stream.read(&mut piece) {
                if sender.send(piece[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self(pieces)
    }

    /// What came until its end, or until `last`: a helper of the tool may hold the stream open for ever.
    fn text(self, last: Instant) -> String {
        let mut bytes = Vec::new();
        while let Ok(piece) = self.0.recv_timeout(last.saturating_duration_since(Instant::now())) {
            bytes.extend(piece);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_end_by_themselves_or_at_the_deadline() {
        let soon = || Instant::now() + Duration::from_secs(20);
        let printed = run("sh", &["-c", "echo out; echo err >&2; exit 3"], soon()).unwrap();
        assert_eq!(
            (printed.output.trim(), printed.errors.trim(), printed.status.code()),
            ("out", "err", Some(3))
        );
        let start = Instant::now();
        let hung = run("sleep", &["60"], Instant::now() + Duration::from_millis(100));
        assert!(matches!(hung, Err(UnitFault::Silent)));
        assert!(start.elapsed() < Duration::from_secs(20));
        assert!(matches!(run("no-such-tool", &[], soon()), Err(UnitFault::NoManager(_))));
    }

    #[test]
    fn what_a_tool_leaves_running_holds_nobody_up() {
        let start = Instant::now();
        let script = "setsid sleep 60 & echo $!; echo done";
        let printed = run("sh", &["-c", script], Instant::now() + Duration::from_secs(20)).unwrap();
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        let (pid, rest) = printed.output.split_once('\n').unwrap();
        assert_eq!(rest.trim(), "done");
        drop(Command::new("kill").arg(pid).status());
    }
}
