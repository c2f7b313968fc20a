//! The block in `crashes.log` that tells how a program died.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chrono::{DateTime, Local};

use crate::grouping::{self, SourceRoots};
use crate::platform::FileUser;
use crate::text::redact;

const WIDTH: usize = 80;
const MODE: u32 = 0o640;
/// Longest message of an exception that is named on one line.
const MAX_MESSAGE: usize = 500;

/// An end that was not asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    pub at: DateTime<Local>,
    /// Which program, and how it ended.
    pub context: String,
    /// What is said of it where no exception was printed: a word and a message.
    pub ending: (String, String),
    /// The last traceback that it printed, if that was at its end.
    pub traceback: Option<Vec<u8>>,
    /// What it printed last.
    pub last_words: Vec<u8>,
    /// Its exception, and not a signal, has ended it.
    pub is_of_its_own: bool,
}

impl Crash {
    /// The block, secrets taken out.
    pub fn block(&self) -> String {
        let line = "=".repeat(WIDTH);
        let (kind, message) = self.exception().unwrap_or_else(|| self.ending.clone());
        let (about, text) = match &self.traceback {
            Some(trace) => ("", trace.as_slice()),
            None => ("(none was printed; the last lines of its output:)\n", self.last_words.as_slice()),
        };
        let text = String::from_utf8_lossy(text);
        let text = redact::secrets(text.trim_matches('\n'));
        let time = self.at.format("%Y-%m-%d %H:%M:%S");
        let context = redact::secrets(&self.context);
        let first = message.lines().next().unwrap_or_default();
        let message: Cow<'_, str> = redact::secrets(first);
        let message: String = message.chars().take(MAX_MESSAGE).collect();
        let mut block = String::new();
        write!(
            block,
            "\n{line}\nCRASH: {time}\nContext: {context}\n{line}\nError: {kind}: {message}\nTraceback:\n{about}{text}\n{line}\n"
        )
        .expect("a string takes what is written to it");
        block
    }

    fn exception(&self) -> Option<(String, String)> {
        let trace = self.traceback.as_ref().filter(|_| self.is_of_its_own)?;
        let chains = grouping::parse(trace, &SourceRoots::default());
        let last = chains.last()?.last();
        (!last.kind.is_empty()).then(|| (last.kind.clone(), last.message.clone()))
    }
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

    fn crash(traceback: Option<&str>, is_of_its_own: bool) -> Crash {
        Crash {
            at: DateTime::UNIX_EPOCH.into(),
            context: "backend (pid 7): python3 main.py --password=hunter2".into(),
            ending: ("ExitCode".into(), "ended with exit code 1".into()),
            traceback: traceback.map(|text| text.as_bytes().to_vec()),
            last_words: b"one\ntwo\n".to_vec(),
            is_of_its_own,
        }
    }

    const TRACEBACK: &str = "Traceback (most recent call last):\n  File \"main.py\", line 1, in <module>\n    1/0\nZeroDivisionError: division by zero\n";

    #[test]
    fn the_block_has_the_shape_that_teams_know() {
        let block = crash(Some(TRACEBACK), true).block();
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
        let block = crash(None, true).block();
        assert!(block.contains("Error: ExitCode: ended with exit code 1\n"), "{block}");
        assert!(
            block.contains("Traceback:\n(none was printed; the last lines of its output:)\none\ntwo\n"),
            "{block}"
        );
    }

    #[test]
    fn a_signal_is_not_blamed_on_an_exception() {
        assert!(crash(Some(TRACEBACK), false).block().contains("Error: ExitCode: "));
    }
}
