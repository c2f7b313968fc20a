//! The file that a state is kept in.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::logs::Counted;
use crate::logs::input::Problem;
use crate::logs::state::content::Content;
use crate::store::{AtomicFile, WriteError};

/// What every state begins with; the version stands behind it.
const SCHEMA: &str = "fuelops.logs-state/";
const VERSION: u32 = 2;
const PRIVATE: u32 = 0o600;
const LEVEL: i32 = 3;
/// Unpacked bytes of a state at most.
const MAX_BYTES: u64 = 4 << 30;
/// Unpacked bytes of one log's counts at most.
const MAX_LINE: u64 = 1 << 30;

/// A state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("cannot use the state {}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error(
        "{} and {} overlap in part: both hold {log}, but not the same of it or not alone; merge states of distinct logs, \
         or emit one anew over all of them",
        path.display(),
        other.display()
    )]
    Overlap { path: PathBuf, other: PathBuf, log: String },
    #[error(
        "{} was made with other [[logs.rule]]s than this config has: emit it anew, or merge with the config that it was \
         made with",
        path.display()
    )]
    OtherRules { path: PathBuf },
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    schema: String,
    /// Of the rules that records were matched with.
    rules: u64,
    /// Logs that follow.
    logs: usize,
    /// What could not be found or opened.
    problems: Vec<Problem>,
}

/// One log with what was counted in it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    pub host: String,
    pub name: String,
    pub series: String,
    pub content: Content,
    pub counted: Counted,
}

/// All logs of a state.
#[derive(Debug)]
pub struct State {
    pub path: PathBuf,
    pub problems: Vec<Problem>,
    pub entries: Vec<Entry>,
}

impl State {
    /// Reads a state that was made with these rules.
    ///
    /// # Errors
    /// When it cannot be read, is no state or not whole, or was made with other rules or by a newer fuelops.
    pub fn read(path: &Path, rules: u64) -> Result<Self, StateError> {
        let failed = |source| StateError::Unreadable { path: path.to_owned(), source };
        let (header, entries) = File::open(path).and_then(read).map_err(failed)?;
        if header.rules != rules {
            return Err(StateError::OtherRules { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), problems: header.problems, entries })
    }
}

fn read(file: File) -> io::Result<(Header, Vec<Entry>)> {
    let mut lines = BufReader::new(zstd::Decoder::new(file)?.take(MAX_BYTES));
    // Anything may be handed in by mistake; the first bytes of a state are known.
    let line = next_line(&mut lines).map_err(|error| match error.kind() {
        io::ErrorKind::IsADirectory => error,
        _ => invalid("is no state that analyze-logs wrote"),
    })?;
    let header: Header =
        serde_json::from_slice(&line).map_err(|_| invalid("is no state that analyze-logs wrote"))?;
    match header.schema.strip_prefix(SCHEMA).map(str::parse::<u32>) {
        Some(Ok(VERSION)) => {}
        Some(Ok(version)) => {
            let text =
                format!("has format {version}, this fuelops knows {VERSION}: use the one that wrote it");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        _ => return Err(invalid("is no state that analyze-logs wrote")),
    }
    let damaged = |what: &dyn std::fmt::Display| {
        io::Error::new(io::ErrorKind::InvalidData, format!("is damaged or cut short: {what}"))
    };
    let mut entries = Vec::new();
    for _ in 0..header.logs {
        let line = next_line(&mut lines).map_err(|error| damaged(&error))?;
        entries.push(serde_json::from_slice(&line).map_err(|error| damaged(&error))?);
    }
    // The checksum stands behind the last byte.
    match lines.read(&mut [0]) {
        Ok(0) => Ok((header, entries)),
        Ok(_) => Err(damaged(&"more stands in it than it says")),
        Err(error) => Err(damaged(&error)),
    }
}

fn next_line(lines: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    lines.take(MAX_LINE).read_until(b'\n', &mut line)?;
    if line.pop() == Some(b'\n') { Ok(line) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn invalid(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text.to_owned())
}

/// Writes a state, one log after the other; dropped before the end, it leaves what was there before.
pub struct Writer {
    path: PathBuf,
    file: zstd::Encoder<'static, AtomicFile>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Writer {
    /// Begins a state of so many logs, of which each record was matched with these rules.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn new(path: &Path, rules: u64, logs: usize, problems: &[Problem]) -> Result<Self, WriteError> {
        let at = |source| WriteError { path: path.to_owned(), source };
        let mut file = zstd::Encoder::new(AtomicFile::create(path, PRIVATE)?, LEVEL).map_err(at)?;
        file.include_checksum(true).map_err(at)?;
        let mut writer = Self { path: path.to_owned(), file };
        let schema = format!("{SCHEMA}{VERSION}");
        writer.line(&Header { schema, rules, logs, problems: problems.to_vec() })?;
        Ok(writer)
    }

    /// Adds a log.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, entry: &Entry) -> Result<(), WriteError> {
        self.line(entry)
    }

    /// Puts the state in its place.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> Result<(), WriteError> {
        let Self { path, file } = self;
        file.finish().map_err(|source| WriteError { path, source })?.commit()
    }

    fn line<T: Serialize>(&mut self, value: &T) -> Result<(), WriteError> {
        let written = serde_json::to_writer(&mut self.file, value).map_err(io::Error::from);
        let written = written.and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|source| WriteError { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{State, StateError, Writer};
    use crate::logs::input::{Problem, ProblemKind};

    #[test]
    fn what_was_written_is_read_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.state");
        let problem = Problem::nothing("x.log", ProblemKind::Missing, "no such file");
        Writer::new(&path, 7, 0, std::slice::from_ref(&problem)).unwrap().finish().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(State::read(&path, 7).unwrap().problems, [problem]);
        assert!(matches!(State::read(&path, 8), Err(StateError::OtherRules { .. })));
    }

    #[test]
    fn a_writer_that_is_dropped_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.state");
        fs::write(&path, "before").unwrap();
        drop(Writer::new(&path, 0, 5, &[]).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_whole_state_of_ours_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.state");
        let packed = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
        Writer::new(&path, 0, 1, &[]).unwrap().finish().unwrap();
        let short = fs::read(&path).unwrap();
        let newer = packed("{\"schema\":\"fuelops.logs-state/9\",\"rules\":0,\"logs\":0,\"problems\":[]}\n");
        for (bytes, why) in [
            (b"".to_vec(), "no state"),
            (b"2026-03-02 10:00:00 INFO x\n".to_vec(), "no state"),
            (packed("{\"a\": 1}\n"), "no state"),
            (packed("hello"), "no state"),
            (newer, "format 9"),
            (short.clone(), "cut short"),
            (short[..short.len() - 2].to_vec(), "cut short"),
        ] {
            fs::write(&path, bytes).unwrap();
            let Err(StateError::Unreadable { source, .. }) = State::read(&path, 0) else { panic!("{why}") };
            assert!(source.to_string().contains(why), "{source} instead of {why}");
        }
    }
}
