//! How a program ended, as `crashes.log` spells it, and the way back from there.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Local, NaiveDateTime, TimeDelta, TimeZone, Utc};

use crate::config::{Manager, Service};
use crate::process::signal;
use crate::store::{LogFiles, tail};
use crate::text::redact;

/// Bytes at the end of the crash records that are read.
const TAIL: u64 = 256 * 1024;
const CONTEXT: &str = "Context: ";
const CRASH: &str = "CRASH: ";
const ERROR: &str = "Error: ";
/// What stands before a line of output that a record repeats.
pub(super) const QUOTE: &str = "  | ";
/// Longest part of what it said that is told.
const SAID: usize = 200;
const BY_SIGNAL: &str = "killed by signal ";
const BY_CODE: &str = "ended with exit code ";
/// A record is written to the second; a service that has run since prints beyond it.
const SLACK: TimeDelta = TimeDelta::seconds(2);
/// What a program sends itself when it breaks.
const OF_ITS_OWN: [i32; 7] =
    [libc::SIGABRT, libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS];

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Code(i32),
    Signal(i32),
    /// Nobody was there to see it.
    Unseen,
}

impl Ending {
    /// Whether somebody else ended it: nothing that it said is why.
    pub fn is_from_outside(self) -> bool {
        matches!(self, Self::Signal(number) if !OF_ITS_OWN.contains(&number))
    }

    /// The word that stands where the type of an exception would.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Code(_) => "ExitCode",
            Self::Signal(_) => "Signal",
            Self::Unseen => "Ended",
        }
    }

    /// Reads what its `Display` wrote.
    fn read(text: &str) -> Self {
        let number = |rest: &str| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse().ok()
        };
        let signal = text.strip_prefix(BY_SIGNAL).and_then(number).map(Self::Signal);
        signal.or_else(|| text.strip_prefix(BY_CODE).and_then(number).map(Self::Code)).unwrap_or(Self::Unseen)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "{BY_CODE}{code}"),
            Self::Signal(number) => write!(f, "{BY_SIGNAL}{number} ({})", signal::name(*number)),
            Self::Unseen => f.write_str("nobody was there to see how"),
        }
    }
}

/// When and how a program crashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastCrash {
    /// To the second.
    pub at: DateTime<Utc>,
    pub ending: Ending,
    /// Its exception, else its last line; absent where it was ended from outside, and so for nothing that it said. Hostile
    /// text, without secrets.
    pub said: Option<String>,
}

impl LastCrash {
    /// What follows on how it ended, and why.
    pub fn why(&self) -> String {
        match &self.said {
            Some(said) => format!(": {said}"),
            None if self.ending.is_from_outside() => ", from outside".to_owned(),
            None => String::new(),
        }
    }
}

/// The newest crash records of all programs that write them into one file.
#[derive(Clone, Debug, Default)]
pub struct CrashRecords(String);

impl CrashRecords {
    /// Reads the end of the file; nothing where it cannot be read, or is a link. May hang where the file system does.
    pub fn read(path: &Path) -> Self {
        let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
        let read = is_file.then(|| tail(path, TAIL).ok()).flatten();
        Self(read.map(|(bytes, _)| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default())
    }

    /// The last crash of a program; `None` where it has printed something since, as it has run again then.
    pub fn last_of(&self, name: &str, files: &LogFiles) -> Option<LastCrash> {
        let crash = last_of(&self.0, name)?;
        let has_run_since = last_line(files).is_some_and(|line| line > crash.at + SLACK);
        (!has_run_since).then_some(crash)
    }
}

/// The last crash of one program.
pub fn last_crash(name: &str, files: &LogFiles) -> Option<LastCrash> {
    CrashRecords::read(&files.crashes).last_of(name, files)
}

/// Where a service's output goes: as its section says, else where a keeper writes it.
pub fn service_log(service: &Service, root: &Path) -> Option<PathBuf> {
    let is_kept = service.manager == Manager::Process;
    service.log_file.clone().or_else(|| is_kept.then(|| LogFiles::of(&service.name, None, root).main))
}

/// When a program printed last.
pub fn last_line(files: &LogFiles) -> Option<DateTime<Utc>> {
    let metadata = fs::symlink_metadata(&files.main).ok()?;
    let is_written = metadata.is_file() && metadata.len() > 0;
    is_written.then(|| metadata.modified().ok()).flatten().map(DateTime::from)
}

fn last_of(text: &str, name: &str) -> Option<LastCrash> {
    let ours = format!("{CONTEXT}{name} (pid ");
    let lines: Vec<&str> = text.lines().collect();
    let is_its = |pair: &[&str]| pair[0].starts_with(CRASH) && pair[1].starts_with(&ours);
    let block = &lines[lines.windows(2).rposition(is_its)?..];
    let time = NaiveDateTime::parse_from_str(block[0].strip_prefix(CRASH)?, "%Y-%m-%d %H:%M:%S").ok()?;
    let at = Local.from_local_datetime(&time).earliest()?.with_timezone(&Utc);
    let (_, ending) = block[1].rsplit_once(": ")?;
    let ending = Ending::read(ending);
    let said = if ending.is_from_outside() { None } else { said(&block[2..], ending) };
    Some(LastCrash { at, ending, said })
}

/// What stands as the exception, else the last line that is quoted.
fn said(block: &[&str], ending: Ending) -> Option<String> {
    let block = block.split(|line| line.starts_with(CRASH)).next()?;
    let error = block.iter().find_map(|line| line.strip_prefix(ERROR))?;
    let is_exception = error.strip_prefix(ending.word()).is_none_or(|rest| !rest.starts_with(": "));
    let mut quoted = block.iter().rev().filter_map(|line| line.strip_prefix(QUOTE));
    let line = if is_exception { Some(error) } else { quoted.find(|line| !line.trim().is_empty()) }?;
    let said: String = line.trim().chars().take(SAID).collect();
    Some(redact::secrets(&said).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Crash;

    const ENDINGS: [Ending; 4] = [Ending::Code(3), Ending::Signal(9), Ending::Signal(64), Ending::Unseen];

    fn crash(name: &str, ending: Ending, at: DateTime<Local>) -> Crash {
        let command = "python3 -c 'x: y'".to_owned();
        Crash { at, name: name.into(), pid: 7, command, ending, traceback: None, last_words: b"x".to_vec() }
    }

    #[test]
    fn what_is_written_of_an_end_is_read_again() {
        let now = Local::now();
        for ending in ENDINGS {
            let text = crash("api", ending, now).block() + &crash("web", Ending::Code(1), now).block();
            let read = last_of(&text, "api").unwrap();
            assert_eq!((read.ending, read.at.timestamp()), (ending, now.timestamp()));
        }
        let told = last_of(&crash("api", Ending::Code(1), now).block(), "api").unwrap();
        assert_eq!(told.why(), ": x");
        let killed = last_of(&crash("api", Ending::Signal(9), now).block(), "api").unwrap();
        assert_eq!(killed.why(), ", from outside");
        assert_eq!(last_of("CRASH: soon\nContext: api (pid 1): x\n", "api"), None);
    }

    #[test]
    fn only_what_others_send_comes_from_outside() {
        assert!(Ending::Signal(libc::SIGKILL).is_from_outside());
        let own = [Ending::Signal(libc::SIGSEGV), Ending::Code(137), Ending::Unseen];
        assert!(!own.into_iter().any(Ending::is_from_outside));
    }

    #[test]
    fn a_record_tells_nothing_of_a_program_that_has_printed_since() {
        let folder = tempfile::tempdir().unwrap();
        let files = LogFiles::of("api", None, folder.path());
        fs::create_dir(folder.path().join("logs")).unwrap();
        assert_eq!(last_crash("api", &files), None);
        let crashed = Local::now() - TimeDelta::minutes(5);
        fs::write(&files.crashes, crash("api", Ending::Code(1), crashed).block()).unwrap();
        assert_eq!(last_crash("api", &files).unwrap().at.timestamp(), crashed.timestamp());
        fs::write(&files.main, "it has run since\n").unwrap();
        assert_eq!(last_crash("api", &files), None);
    }
}
