//! The block in `crashes.log` that tells how a program died.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chrono::{DateTime, Local};

use crate::capture::ending::{Ending, QUOTE};
use crate::grouping::{self, SourceRoots};
use crate::platform::FileUser;
use crate::text::{redact, sanitize};

const WIDTH: usize = 80;
const MODE: u32 = 0o640;
/// Longest message of an exception that is named on one line.
const MAX_MESSAGE: usize = 500;
/// Lines of output that are repeated at most.
const QUOTED: usize = 20;

/// An end that was not asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    pub at: DateTime<Local>,
    /// The service's name, or the one that `run` was given.
    pub name: String,
    pub pid: u32,
    pub command: String,
    pub ending: Ending,
    /// The last traceback that it printed, if that was at its end.
    pub traceback: Option<Vec<u8>>,
    /// What it printed last.
    pub last_words: Vec<u8>,
}

impl Crash {
    /// The block, secrets taken out.
    pub fn block(&self) -> String {
        let line = "=".repeat(WIDTH);
        let (kind, message) =
            self.exception().unwrap_or_else(|| (self.ending.word().to_owned(), self.ending.to_string()));
        let text = match &self.traceback {
            Some(trace) if !self.ending.is_from_outside() => whole(trace),
            _ => format!("(none was printed; the last lines of its output:)\n{}", quoted(&self.last_words)),
        };
        let text = redact::secrets(&text);
        let time = self.at.format("%Y-%m-%d %H:%M:%S");
        let Self { name, pid, command, ending, .. } = self;
        let context = format!("{name} (pid {pid}): {command}: {ending}");
        let context = redact::secrets(&context);
        let first = message.lines().next().unwrap_or_default();
        let message: Cow<'_, str> = redact::secrets(first);
        let message: String = message.chars().take(MAX_MESSAGE).collect();
        let mut block = String::new();
        write!(
            block,
            "\n{line}\nCRASH: {time}\nContext: {context}\n{line}\nError: {kind}: {message}\nTraceback:\n{text}\n{line}\n"
        )
        .expect("a string takes what is written to it");
        block
    }

    /// What it said of its end, on one line and without secrets: its exception, else the last line of its output.
    pub fn said(&self) -> Option<String> {
        let last_words = String::from_utf8_lossy(&self.last_words);
        let last_line = || last_words.lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned);
        let said = match self.exception() {
            Some((kind, message)) => Some(format!("{kind}: {}", message.lines().next().unwrap_or_default())),
            None => last_line(),
        };
        let said = said.filter(|_| !self.ending.is_from_outside())?;
        Some(sanitize::line(&redact::secrets(said.trim())).chars().take(MAX_MESSAGE).collect())
    }

    fn exception(&self) -> Option<(String, String)> {
        let is_its = !matches!(self.ending, Ending::Signal(_));
        let trace = self.traceback.as_ref().filter(|_| is_its)?;
        let chains = grouping::parse(trace, &SourceRoots::default());
        let last = chains.last()?.last();
        (!last.kind.is_empty()).then(|| (last.kind.clone(), last.message.clone()))
    }
}

fn whole(text: &[u8]) -> String {
    String::from_utf8_lossy(text).trim_matches('\n').to_owned()
}

/// Lines that were printed before, marked so that nobody who reads the file takes them for said anew.
fn quoted(text: &[u8]) -> String {
    let text = whole(text);
    let lines: Vec<_> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(QUOTED)..];
    last.iter().map(|line| format!("{QUOTE}{line}")).collect::<Vec<_>>().join("\n")
}

/// Appends a crash to the file, with the rights of `user`.
///
/// # Errors
/// When it cannot be written.
pub fn record_crash(path: &Path, crash: &Crash, user: Option<(u32, u32)>) -> io::Result<()> {
    let _user = user.map(|(uid, gid)| FileUser::become_for_files(uid, gid));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(MODE).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    options.open(path)?.write_all(crash.block().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crash(traceback: Option<&str>, ending: Ending) -> Crash {
        Crash {
            at: DateTime::UNIX_EPOCH.into(),
            name: "backend".into(),
            pid: 7,
            command: "python3 main.py --password=hunter2".into(),
            ending,
            traceback: traceback.map(|text| text.as_bytes().to_vec()),
            last_words: b"one\nTraceback (most recent call last):\n".to_vec(),
        }
    }

    const TRACEBACK: &str = "Traceback (most recent call last):\n  File \"main.py\", line 1, in <module>\n    1/0\nZeroDivisionError: division by zero\n";
    const LAST_LINES: &str = "Traceback:\n(none was printed; the last lines of its output:)\n  | one\n  | Traceback (most recent call last):\n=";

    #[test]
    fn the_block_has_the_shape_that_teams_know() {
        let block = crash(Some(TRACEBACK), Ending::Code(1)).block();
        let lines: Vec<&str> = block.lines().collect();
        let bar = "=".repeat(80);
        assert_eq!((lines[0], lines[1], lines[4]), ("", bar.as_str(), bar.as_str()));
        assert!(lines[2].starts_with("CRASH: ") && lines[2].len() == 26);
        assert!(lines[3].starts_with("Context: backend (pid 7)") && !block.contains("hunter2"));
        assert_eq!(lines[5], "Error: ZeroDivisionError: division by zero");
        assert_eq!((lines[6], lines[7]), ("Traceback:", "Traceback (most recent call last):"));
        assert_eq!(lines.last(), Some(&bar.as_str()));
    }

    #[test]
    fn without_a_traceback_the_last_lines_stand_for_it() {
        let block = crash(None, Ending::Code(1)).block();
        assert!(block.contains("Error: ExitCode: ended with exit code 1\n"), "{block}");
        assert!(block.contains(LAST_LINES), "{block}");
    }

    #[test]
    fn what_it_said_is_its_exception_else_its_last_line_and_nothing_where_others_ended_it() {
        let said = |traceback, ending| crash(traceback, ending).said();
        let exception = said(Some(TRACEBACK), Ending::Code(1));
        assert_eq!(exception.as_deref(), Some("ZeroDivisionError: division by zero"));
        let last_line = said(None, Ending::Signal(libc::SIGABRT));
        assert_eq!(last_line.as_deref(), Some("Traceback (most recent call last):"));
        assert_eq!(said(None, Ending::Signal(libc::SIGKILL)), None);
    }

    #[test]
    fn a_signal_is_not_blamed_on_an_exception() {
        let own = crash(Some(TRACEBACK), Ending::Signal(libc::SIGABRT)).block();
        assert!(own.contains("Error: Signal: killed by signal 6 (SIGABRT)\n"), "{own}");
        assert!(own.contains("\nZeroDivisionError"), "{own}");
    }

    #[test]
    fn who_kills_a_program_from_outside_ends_it_for_no_traceback() {
        let block = crash(Some(TRACEBACK), Ending::Signal(libc::SIGKILL)).block();
        assert!(block.contains(LAST_LINES) && !block.contains("ZeroDivision"), "{block}");
    }
}
