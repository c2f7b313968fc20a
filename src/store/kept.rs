//! Which programs are kept, by whom, and into which files their output goes.
//!
//! One file a program in `state_dir/kept`. A keeper that dies leaves them behind, so that the next one knows what lives
//! and where its output is waiting; whoever removes or packs log files learns here which ones are being written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::Identity;
use crate::store::{WriteError, spare_of, write_until_boot};

/// The folder of the state folder that holds them.
const FOLDER: &str = "kept";
/// Longest record that is read.
const MAX_RECORD: u64 = 64 * 1024;

/// The files of one program's output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFiles {
    /// Everything; rotated by size.
    pub main: PathBuf,
    /// Records of level error and worse; rotated by size.
    pub errors: PathBuf,
    /// Everything; one file a day.
    pub daily: PathBuf,
    /// What is written when it ends as it should not; shared with others.
    pub crashes: PathBuf,
}

impl LogFiles {
    /// The files of a program below `root`: `main` where it is configured, else `logs/NAME.log`; the others stand in
    /// `logs`, named after the main one.
    pub fn of(name: &str, main: Option<&Path>, root: &Path) -> Self {
        let logs = root.join("logs");
        let stem = main.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
        let stem = stem.unwrap_or_else(|| name.to_owned());
        Self {
            main: main.map_or_else(|| logs.join(format!("{name}.log")), Path::to_owned),
            errors: logs.join(format!("{stem}_errors.log")),
            daily: logs.join(format!("{stem}_daily.log")),
            crashes: logs.join("crashes.log"),
        }
    }

    /// All four.
    pub fn all(&self) -> [&Path; 4] {
        [&self.main, &self.errors, &self.daily, &self.crashes]
    }
}

/// A program that is, or was, kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptProgram {
    /// The service's name, or the one that `run` was given.
    pub name: String,
    /// The program itself; `None` where it had ended before it could be looked at.
    pub program: Option<Identity>,
    /// Its command, for showing.
    pub command: String,
    /// The mark in its environment.
    pub cookie: String,
    /// Its own control group.
    pub scope: Option<PathBuf>,
    /// The pipe that its output waits in.
    pub pipe: PathBuf,
    pub files: LogFiles,
    pub started_at: DateTime<Utc>,
    /// Who reads its output; dead, where another one may take over.
    pub keeper: Option<Identity>,
    /// How it ended, once it has.
    pub ended: Option<Ended>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub at: DateTime<Utc>,
    /// Its exit code; `None` where a signal ended it, or nobody was there to see.
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// What it said last, where it ended by itself: its exception, else its last line; without secrets.
    pub said: Option<String>,
}

impl KeptProgram {
    /// Where the pipe of a program lies.
    pub fn pipe_of(state_dir: &Path, name: &str) -> PathBuf {
        folder(state_dir).join(format!("{name}.pipe"))
    }

    /// Writes it down.
    ///
    /// # Errors
    /// When the state folder cannot be written to.
    pub fn write(&self, state_dir: &Path) -> Result<(), WriteError> {
        let path = record(state_dir, &self.name);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| WriteError { path: path.clone(), source: error.into() })?;
        write_until_boot(&path, &text, 0o600)
    }

    /// Reads what was written down of a program, in the spare of the state folder where it stands nowhere else; `None`
    /// where nothing was, or it cannot be understood.
    pub fn read(state_dir: &Path, name: &str) -> Option<Self> {
        let own = read(&record(state_dir, name)).ok();
        own.or_else(|| read(&record(&spare_of(state_dir)?, name)).ok())
    }

    /// Reads all, by name; those of the state folder before those of its spare.
    pub fn all(state_dir: &Path) -> Vec<Self> {
        let mut found = Self::all_in(state_dir);
        found.extend(spare_of(state_dir).map(|spare| Self::all_in(&spare)).unwrap_or_default());
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found.dedup_by(|later, earlier| later.name == earlier.name);
        found
    }

    /// Reads all of one folder, by name; those of its spare have a keeper of their own.
    pub fn all_in(state_dir: &Path) -> Vec<Self> {
        let entries = fs::read_dir(folder(state_dir)).into_iter().flatten().flatten();
        let paths =
            entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "json"));
        let mut found: Vec<Self> = paths.filter_map(|path| read(&path).ok()).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// Whether no later start of the same name has taken its place.
    pub fn is_current(&self, state_dir: &Path) -> bool {
        read(&record(state_dir, &self.name)).ok().is_none_or(|record| record.cookie == self.cookie)
    }

    /// Forgets it; a later start of the same name is left alone.
    pub fn forget(&self, state_dir: &Path) {
        if !self.is_current(state_dir) {
            return;
        }
        // Gone already is what was wanted.
        fs::remove_file(record(state_dir, &self.name)).unwrap_or(());
        fs::remove_file(&self.pipe).unwrap_or(());
    }
}

/// The folder of all records and pipes.
pub fn kept_folder(state_dir: &Path) -> PathBuf {
    folder(state_dir)
}

fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join(FOLDER)
}

fn record(state_dir: &Path, name: &str) -> PathBuf {
    folder(state_dir).join(format!("{name}.json"))
}

fn read(path: &Path) -> io::Result<KeptProgram> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || metadata.len() > MAX_RECORD {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_the_main_one() {
        let files = LogFiles::of("sync", Some(Path::new("/x/wialon_sync.log")), Path::new("/x"));
        assert_eq!(files.main, Path::new("/x/wialon_sync.log"));
        assert_eq!(files.errors, Path::new("/x/logs/wialon_sync_errors.log"));
        let files = LogFiles::of("sync", None, Path::new("/x"));
        assert_eq!(files.main, Path::new("/x/logs/sync.log"));
        assert_eq!(files.daily, Path::new("/x/logs/sync_daily.log"));
    }

    #[test]
    fn a_program_that_has_ended_takes_nothing_from_the_one_that_followed_it() {
        let state = tempfile::tempdir().unwrap();
        fs::create_dir(folder(state.path())).unwrap();
        let old = kept_with("01", state.path());
        let new = kept_with("02", state.path());
        new.write(state.path()).unwrap();
        fs::write(&new.pipe, "").unwrap();
        old.forget(state.path());
        assert!(new.pipe.exists() && KeptProgram::read(state.path(), "backend") == Some(new.clone()));
        new.forget(state.path());
        assert!(!new.pipe.exists() && KeptProgram::read(state.path(), "backend").is_none());
    }

    fn kept_with(cookie: &str, state: &Path) -> KeptProgram {
        KeptProgram {
            name: "backend".into(),
            program: None,
            command: "x".into(),
            cookie: cookie.into(),
            scope: None,
            pipe: KeptProgram::pipe_of(state, "backend"),
            files: LogFiles::of("backend", None, state),
            started_at: DateTime::UNIX_EPOCH,
            keeper: None,
            ended: None,
        }
    }

    #[test]
    fn what_was_written_is_read_again_and_garbage_is_nobody() {
        let state = tempfile::tempdir().unwrap();
        fs::create_dir(folder(state.path())).unwrap();
        let kept = kept_with("00", state.path());
        kept.write(state.path()).unwrap();
        fs::write(record(state.path(), "odd"), "{").unwrap();
        assert_eq!(KeptProgram::all(state.path()), std::slice::from_ref(&kept));
        kept.forget(state.path());
        assert!(KeptProgram::read(state.path(), "backend").is_none());
    }
}
