//! `--state FILE`: how far each log was read, so that the next run reads only what is new.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use chrono::Utc;
use serde::{Deserialize, Serialize};

use crate::logs::input::{Reached, Source, Unread, resume};
use crate::report::FileCoverage;
use crate::store::{self, Lock};

const SCHEMA: &str = "fuelops.logs-progress/1";
const PRIVATE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;

#[derive(Serialize, Deserialize)]
struct Saved {
    schema: String,
    logs: Vec<Reached>,
}

/// What this run adds to the file.
#[derive(Debug)]
pub(super) struct Progress {
    path: PathBuf,
    has_logs: bool,
    knows_logs: bool,
    unread: Unread,
    /// Two runs at once would both tell what is new, and one forget what the other read.
    _lock: Lock,
}

impl Progress {
    /// Leaves out of the sources what the run before has read; no other run goes on from this file meanwhile.
    pub(super) fn resume(path: &Path, sources: &mut Vec<Source>) -> Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            store::create_folder(folder, PRIVATE_FOLDER)?;
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let lock = Lock::take(Path::new(&beside), "analyze-logs --state", Utc::now())?;
        let known = read(path).with_context(|| format!("cannot use {}", path.display()))?;
        let has_logs = !sources.is_empty();
        let unread = resume(sources, &known, SystemTime::now());
        Ok(Self { path: path.to_owned(), has_logs, knows_logs: !known.is_empty(), unread, _lock: lock })
    }

    /// Whether logs that hold nothing new are no fault: there are some, and they were read before.
    pub(super) fn may_find_nothing(&self) -> bool {
        self.has_logs && self.knows_logs
    }

    /// Notes how far the sources were read.
    pub(super) fn save(self, sources: &[Source], read: &[FileCoverage]) -> Result<()> {
        let logs = self.unread.and(sources, read.iter().map(|file| (file.bytes, file.lines)));
        let saved = serde_json::to_vec(&Saved { schema: SCHEMA.to_owned(), logs })?;
        Ok(store::write_atomic(&self.path, &saved, PRIVATE)?)
    }
}

fn read(path: &Path) -> io::Result<Vec<Reached>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    match serde_json::from_slice::<Saved>(&text) {
        Ok(saved) if saved.schema == SCHEMA => Ok(saved.logs),
        _ => {
            let text = "is no progress that this analyze-logs wrote; remove it to read all logs anew";
            Err(io::Error::new(io::ErrorKind::InvalidData, text))
        }
    }
}
