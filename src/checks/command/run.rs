//! Runs a program under a deadline.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{timeout, timeout_at};

use crate::config::CommandLine;
use crate::platform::{self, Account, LiveGroup};

/// Bytes of each stream that are kept; more is read and dropped, so that the program is not held up.
const MAX_OUTPUT: usize = 64 * 1024;
/// Time for the end of the output after the end of the program: what it has started may hold the pipe for ever.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// Where programs are looked for on behalf of another user.
const SAFE_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program, where it runs, and as whom.
#[derive(Clone, Debug)]
pub(in crate::checks) struct Invocation {
    pub(in crate::checks) command: CommandLine,
    pub(in crate::checks) dir: PathBuf,
    pub(in crate::checks) run_as: Option<u32>,
    /// What it is given on its standard input.
    pub(in crate::checks) input: Vec<u8>,
}

/// What became of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::checks) struct CommandObservation {
    pub(super) ending: Ending,
    pub(super) output: String,
    pub(super) errors: String,
    /// It printed more than was kept.
    pub(super) is_cut: bool,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::checks) enum Ending {
    NotStarted(String),
    Code(i32),
    Signal(i32),
    /// At its deadline, with all of its group.
    Killed,
}

/// Runs a program to its end, or to its deadline.
pub(in crate::checks) async fn observe(invocation: Invocation, limit: Duration) -> CommandObservation {
    let deadline = Instant::now() + limit;
    let mut group = match start(&invocation) {
        Ok(child) => Group::new(child),
        Err(why) => return CommandObservation::silent(Ending::NotStarted(why)),
    };
    let (stdout, stderr) = (group.child.stdout.take(), group.child.stderr.take());
    let stdin = group.child.stdin.take();
    let mut output = Captured::default();
    let mut errors = Captured::default();
    let ending = {
        let reading =
            async { tokio::join!(feed(stdin, invocation.input), output.fill(stdout), errors.fill(stderr)) };
        let mut reading = std::pin::pin!(reading);
        let mut is_read = false;
        let ended = timeout_at(deadline.into(), async {
            loop {
                tokio::select! {
                    status = group.child.wait() => break status,
                    _ = &mut reading, if !is_read => is_read = true,
                }
            }
        });
        let ending = ended.await.map_or(Ending::Killed, |status| Ending::of(&status));
        if !is_read && ending != Ending::Killed {
            // Whoever still holds the pipe has nothing to tell us.
            drop(timeout(LAST_WORDS, reading).await);
        }
        ending
    };
    if ending == Ending::Killed {
        group.kill().await;
    }
    let is_cut = output.is_cut || errors.is_cut;
    CommandObservation { ending, output: output.text(), errors: errors.text(), is_cut }
}

impl CommandObservation {
    fn silent(ending: Ending) -> Self {
        Self { ending, output: String::new(), errors: String::new(), is_cut: false }
    }
}

impl Ending {
    fn of(status: &io::Result<std::process::ExitStatus>) -> Self {
        match status {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => Self::Code(code),
                (None, signal) => Self::Signal(signal.unwrap_or(0)),
            },
            Err(e) => Self::NotStarted(e.to_string()),
        }
    }
}

/// A program and all that it has started in its group.
struct Group {
    child: Child,
    /// Held for as long as a signal to ourselves must reach the group.
    _live: Option<LiveGroup>,
}

impl Group {
    fn new(child: Child) -> Self {
        let live = child.id().map(LiveGroup::of);
        Self { child, _live: live }
    }

    async fn kill(&mut self) {
        if let Some(leader) = self.child.id() {
            platform::kill_group(leader);
        }
        // A process that waits for a device dies later than we can wait.
        drop(timeout(LAST_WORDS, self.child.wait()).await);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // None once it has been reaped: then the number may be somebody else's.
        if let Some(leader) = self.child.id() {
            platform::kill_group(leader);
        }
    }
}

fn start(invocation: &Invocation) -> Result<Child, String> {
    let account = match invocation.run_as {
        Some(uid) => {
            Some(platform::account(uid).ok_or_else(|| format!("user {uid} does not exist on this machine"))?)
        }
        None => None,
    };
    let mut command = Command::new(program(invocation.command.program(), &invocation.dir));
    command
        .args(invocation.command.args())
        .current_dir(&invocation.dir)
        .process_group(0)
        .stdin(if invocation.input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(account) = account.filter(|account| account.uid != platform::caller_uid()) {
        become_user(&mut command, &account);
    }
    platform::unblock_signals(command.as_std_mut());
    command.spawn().map_err(|e| e.to_string())
}

/// A relative path starts at the folder of the run; a bare name is looked up.
fn program(word: &str, dir: &Path) -> OsString {
    if word.contains('/') { dir.join(word).into_os_string() } else { OsString::from(word) }
}

/// Nothing of the caller's environment goes along, and none of its groups.
fn become_user(command: &mut Command, account: &Account) {
    command
        .uid(account.uid)
        .gid(account.gid)
        .env_clear()
        .env("PATH", SAFE_PATH)
        .env("HOME", &account.home)
        .env("USER", &account.name)
        .env("LOGNAME", &account.name);
}

/// Gives a program its input; one that does not want it may close the pipe.
async fn feed(stdin: Option<ChildStdin>, input: Vec<u8>) {
    if let Some(mut stdin) = stdin {
        drop(stdin.write_all(&input).await);
    }
}

/// The start of a stream.
#[derive(Default)]
struct Captured {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Captured {
    async fn fill(&mut self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else { return };
        let mut block = vec![0; 16 * 1024];
        while let Ok(got) = stream.read(&mut block).await {
            if got == 0 {
                break;
            }
            let room = MAX_OUTPUT - self.bytes.len();
            self.bytes.extend_from_slice(&block[..got.min(room)]);
            self.is_cut |= got > room;
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}
