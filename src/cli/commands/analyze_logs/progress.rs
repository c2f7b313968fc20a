//! `--state FILE`: how far each log was read, so that the next run reads only what is new.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::logs::input::{Reached, Source, Unread, resume};
use crate::report::FileCoverage;
use crate::store;

const SCHEMA: &str = "fuelops.logs-progress/1";
const PRIVATE: u32 = 0o600;

#[derive(Serialize, Deserialize)]
struct Saved {
    schema: String,
    logs: Vec<Reached>,
}

/// What this run adds to the file.
#[derive(Debug)]
pub(super) struct Progress {
    path: PathBuf,
    knows_logs: bool,
    unread: Unread,
}

impl Progress {
    /// Leaves out of the sources what the run before has read.
    pub(super) fn resume(path: &Path, sources: &mut Vec<Source>) -> Result<Self> {
        let known = read(path).with_context(|| format!("cannot use {}", path.display()))?;
        let unread = resume(sources, &known, SystemTime::now());
        Ok(Self { path: path.to_owned(), knows_logs: !known.is_empty(), unread })
    }

    /// Whether logs were read before.
    pub(super) fn knows_logs(&self) -> bool {
        self.knows_logs
    }

    /// Notes how far the sources were read.
    pub(super) fn save(self, sources: &[Source], read: &[FileCoverage]) -> Result<()> {
        let logs = self.unread.and(sources, read.iter().map(|file| (file.bytes, file.lines)));
        let saved = serde_json::to_vec(&Saved { schema: SCHEMA.to_owned(), logs })?;
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            store::create_folder(folder, 0o700)?;
        }
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
