//! Telling programs to open their log anew, and waiting until they have.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::config::{CommandLine, Reopen};
use crate::platform::files::{FileId, has_open};
use crate::platform::{self, Delivery, ProcessHold, Signal};

/// How long programs have to open their log anew.
const GRACE: Duration = Duration::from_secs(5);
/// How long a command may take.
const DEADLINE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// A log that was put aside, and the processes that wrote to it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) id: FileId,
    pub(super) writers: Vec<u32>,
}

/// Tells the writers of some logs, each process once; the answers say who did not follow.
pub(super) fn tell(reopen: &Reopen, logs: &[Told], run_as: Option<u32>) -> Vec<Option<String>> {
    let failed = match reopen {
        Reopen::Signal(signal) => signal_all(signal.number(), logs),
        Reopen::Command(command) => run(command, run_as).err().map(|why| format!("`reopen` {why}")),
    };
    let until = Instant::now() + GRACE;
    let stays = |log: &Told| log.writers.iter().copied().find(|pid| has_open(*pid, log.id));
    while logs.iter().any(|log| stays(log).is_some()) && Instant::now() < until {
        sleep(PAUSE);
    }
    let late = |log: &Told| {
        let pid = stays(log)?;
        Some(failed.clone().unwrap_or_else(|| format!("process {pid} still writes to the old file")))
    };
    let mut warnings: Vec<Option<String>> = logs.iter().map(late).collect();
    // A command that failed is worth a word even where nobody has a file open.
    if let (Some(failed), Some(first)) = (failed, warnings.first_mut()) {
        first.get_or_insert(failed);
    }
    warnings
}

fn signal_all(number: i32, logs: &[Told]) -> Option<String> {
    let signal = Signal::from_named_raw(number)?;
    let mut asked = BTreeSet::new();
    let mut failed = None;
    for log in logs {
        for pid in log.writers.iter().copied().filter(|pid| asked.insert(*pid)) {
            // Held first, so that what is seen of the number and what is signalled are one process.
            let Some(hold) = ProcessHold::take(pid) else { continue };
            let is_meant = has_open(pid, log.id) && platform::catches_signal(pid, number) != Some(false);
            if is_meant && hold.signal(signal) == Delivery::Forbidden {
                failed = Some(format!("process {pid} may not be told to open its log anew"));
            }
        }
    }
    failed
}

/// Runs a command to its end, or to the deadline.
fn run(command: &CommandLine, run_as: Option<u32>) -> Result<(), String> {
    let mut child = Command::new(command.program());
    child.args(command.args()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    child.process_group(0);
    if let Some(uid) = run_as {
        let account =
            platform::account(uid).ok_or_else(|| format!("runs as user {uid}, who does not exist"))?;
        child.uid(account.uid).gid(account.gid);
    }
    let mut child = child.spawn().map_err(|error| format!("cannot be run: {error}"))?;
    let _group = platform::LiveGroup::of(child.id());
    let until = Instant::now() + DEADLINE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("failed: {status}")),
            Ok(None) if Instant::now() < until => sleep(PAUSE),
            Ok(None) => break,
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
    platform::kill_group(child.id());
    child.wait().map_or_else(|e| Err(e.to_string()), |_| Err(format!("did not end within {DEADLINE:?}")))
}
