//! Runs a database's program: its input fed, its output read as it comes, its errors kept, its end awaited.
//!
//! It runs in a process group of its own, with nothing of the caller's environment but what it needs. When nothing comes
//! for too long, when the reader fails, or when somebody asks us to end, the whole group is killed.

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::interrupt::Interrupt;
use crate::platform::{self, LiveGroup};
use crate::text::redact;

/// Bytes of errors that are kept.
const MAX_ERRORS: usize = 64 * 1024;
/// Lines of errors that are told.
const SHOWN_ERRORS: usize = 3;
/// Bytes read at once.
const BLOCK: usize = 256 * 1024;
/// How often is looked whether to end.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
/// A program that is fed nothing and writes nothing for so long hangs. One that is fed may be building an index.
const STALL: Duration = Duration::from_secs(30 * 60);
/// Time to end once the output has ended.
const LAST_WORDS: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(2);

/// Why a program's work does not count.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    #[error("{program} cannot be started")]
    NotStarted { program: String, source: io::Error },
    #[error("{program} {ending}{said}")]
    Failed { program: String, ending: String, said: String },
    #[error("{program} did nothing for {} and was ended", crate::text::human::duration(STALL))]
    Stalled { program: String },
    #[error("interrupted")]
    Interrupted,
    /// What was to be done with the output failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl RunError {
    /// Names the program where that was not known.
    fn of(self, program: &str) -> Self {
        match self {
            Self::Stalled { .. } => Self::Stalled { program: program.to_owned() },
            other => other,
        }
    }
}

/// A program that has ended well.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// What it said beside its output: warnings, since it ended well.
    pub(super) remarks: Vec<String>,
}

/// What a program's output is given to.
pub(super) type Sink<'a> = &'a mut (dyn FnMut(&[u8]) -> io::Result<()> + 'a);

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started, ends with another code than 0, says anything that is no warning, hangs, or the sink fails.
pub(super) fn run(
    mut command: Command,
    input: Option<&mut (dyn Read + Send)>,
    sink: Sink<'_>,
    interrupt: &Interrupt,
) -> Result<Ended, RunError> {
    let program = name_of(&command);
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child =
        command.spawn().map_err(|source| RunError::NotStarted { program: program.clone(), source })?;
    let mut group = Group { live: LiveGroup::of(child.id()), child };
    let (stdin, stdout) = (group.child.stdin.take(), group.child.stdout.take());
    let stderr = group.child.stderr.take();
    let stall = input.is_none().then_some(STALL);
    thread::scope(|scope| {
        let errors = scope.spawn(move || kept(stderr));
        let fed = input.zip(stdin).map(|(input, stdin)| scope.spawn(move || feed(input, stdin)));
        let read = drain(stdout, sink, interrupt, stall).map_err(|error| error.of(&program));
        if read.is_err() {
            group.kill();
        }
        let status = group.end();
        let errors = errors.join().unwrap_or_default();
        let fed = fed.map_or(Ok(()), |fed| fed.join().unwrap_or(Ok(())));
        read?;
        let ended = judge(&program, status?, &errors)?;
        fed?;
        Ok(ended)
    })
}

/// Runs a program whose output is short.
pub(super) fn output(command: Command, interrupt: &Interrupt) -> Result<String, RunError> {
    let mut bytes = Vec::new();
    let mut keep = |block: &[u8]| {
        let room = MAX_ERRORS.saturating_sub(bytes.len());
        bytes.extend_from_slice(&block[..block.len().min(room)]);
        Ok(())
    };
    run(command, None, &mut keep, interrupt)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

fn name_of(command: &Command) -> String {
    let path = std::path::Path::new(command.get_program());
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Reads the output to its end.
fn drain(
    stdout: Option<ChildStdout>,
    sink: Sink<'_>,
    interrupt: &Interrupt,
    stall: Option<Duration>,
) -> Result<(), RunError> {
    let Some(mut stdout) = stdout else { return Ok(()) };
    let mut block = vec![0; BLOCK];
    let mut last = Instant::now();
    loop {
        if interrupt.is_asked() {
            return Err(RunError::Interrupted);
        }
        let mut watched = [PollFd::new(&stdout, PollFlags::IN)];
        match poll(&mut watched, Some(&TICK)) {
            Ok(0) if stall.is_some_and(|stall| last.elapsed() > stall) => {
                return Err(RunError::Stalled { program: String::new() });
            }
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(io::Error::from(error).into()),
            Ok(_) => {}
        }
        let read = stdout.read(&mut block)?;
        if read == 0 {
            return Ok(());
        }
        last = Instant::now();
        sink(&block[..read])?;
    }
}

/// Feeds a program. One that wants no more says by its exit code whether that is well.
fn feed(input: &mut dyn Read, mut stdin: ChildStdin) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    loop {
        let read = input.read(&mut block)?;
        if read == 0 {
            return Ok(());
        }
        match stdin.write_all(&block[..read]) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            other => other?,
        }
    }
}

fn kept(stream: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Some(mut stream) = stream else { return bytes };
    let mut block = [0; 4096];
    while let Ok(read) = stream.read(&mut block) {
        if read == 0 {
            break;
        }
        let room = MAX_ERRORS - bytes.len();
        bytes.extend_from_slice(&block[..read.min(room)]);
    }
    bytes
}

/// Exit code and errors have to agree that all went well.
fn judge(program: &str, status: ExitStatus, errors: &[u8]) -> Result<Ended, RunError> {
    let errors = String::from_utf8_lossy(errors);
    let lines: Vec<&str> = errors.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let failed = |ending: String, lines: &[&str]| {
        let shown: Vec<_> = lines.iter().take(SHOWN_ERRORS).map(|line| redact::secrets(line)).collect();
        let said = if shown.is_empty() { String::new() } else { format!(": {}", shown.join("; ")) };
        RunError::Failed { program: program.to_owned(), ending, said }
    };
    if !status.success() {
        let ending = match (status.code(), status.signal()) {
            (Some(code), _) => format!("ended with exit code {code}"),
            (None, signal) => format!("was ended by signal {}", signal.unwrap_or(0)),
        };
        return Err(failed(ending, &lines));
    }
    let complaints: Vec<&str> = lines.iter().copied().filter(|line| !is_warning(line)).collect();
    if !complaints.is_empty() {
        return Err(failed("ended with exit code 0, but complained".to_owned(), &complaints));
    }
    let remarks = lines.iter().map(|line| redact::secrets(line).into_owned()).collect();
    Ok(Ended { remarks })
}

/// What the programs say without anything being wrong.
fn is_warning(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    ["warning", "deprecated", "detail:", "hint:", "note:", "notice:"].iter().any(|word| lower.contains(word))
        && !lower.contains("error")
}

/// A program and all that it has started.
struct Group {
    child: Child,
    /// Held for as long as a signal to ourselves must reach the group.
    live: LiveGroup,
}

impl Group {
    fn kill(&mut self) {
        platform::kill_group(self.child.id());
    }

    /// Waits for the end, not for ever.
    fn end(&mut self) -> io::Result<ExitStatus> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if begun.elapsed() > LAST_WORDS {
                self.kill();
            }
            thread::sleep(PAUSE);
        }
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group").field("live", &self.live).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    fn run_shell(script: &str) -> (Result<Ended, RunError>, Vec<u8>) {
        let mut out = Vec::new();
        let mut keep = |block: &[u8]| {
            out.extend_from_slice(block);
            Ok(())
        };
        let ended = run(shell(script), None, &mut keep, &Interrupt::default());
        (ended, out)
    }

    #[test]
    fn output_and_warnings_of_one_that_ends_well_are_kept() {
        let (ended, out) = run_shell("echo data; echo 'pg_dump: warning: odd' >&2");
        assert_eq!(ended.unwrap().remarks, ["pg_dump: warning: odd"]);
        assert_eq!(out, b"data\n");
    }

    #[test]
    fn exit_code_signal_and_complaints_all_fail() {
        for (script, expected) in [
            ("echo no >&2; exit 3", "sh ended with exit code 3: no"),
            ("exit 1", "sh ended with exit code 1"),
            ("kill -9 $$", "sh was ended by signal 9"),
            (
                "echo 'Got error: 2013 --password=hunter2hunter2' >&2",
                "sh ended with exit code 0, but complained: Got error: 2013 --password=[redacted]",
            ),
        ] {
            assert_eq!(run_shell(script).0.unwrap_err().to_string(), expected, "{script}");
        }
    }

    #[test]
    fn a_sink_that_fails_ends_the_program() {
        let mut full = |_: &[u8]| Err(io::ErrorKind::StorageFull.into());
        let begun = Instant::now();
        let ended = run(shell("yes & yes"), None, &mut full, &Interrupt::default());
        assert!(matches!(ended, Err(RunError::Io(error)) if error.kind() == io::ErrorKind::StorageFull));
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn an_interrupt_ends_a_program_that_says_nothing() {
        let begun = Instant::now();
        let interrupt = Interrupt::new(move || begun.elapsed() > Duration::from_millis(300));
        let ended = run(shell("sleep 600"), None, &mut |_| Ok(()), &interrupt);
        assert!(matches!(ended, Err(RunError::Interrupted)));
    }

    #[test]
    fn what_is_fed_arrives_and_may_be_refused() {
        let big = vec![b'x'; 3_000_000];
        let mut count = Vec::new();
        let mut keep = |block: &[u8]| {
            count.extend_from_slice(block);
            Ok(())
        };
        run(shell("wc -c"), Some(&mut &big[..]), &mut keep, &Interrupt::default()).unwrap();
        assert_eq!(String::from_utf8(count).unwrap().trim(), "3000000");
        run(shell("exit 0"), Some(&mut &big[..]), &mut |_| Ok(()), &Interrupt::default()).unwrap();
    }
}
