//! What an operator wants of each service: that it runs, that it stays down, or that nobody touches it for now.
//!
//! One file a service in `state_dir/desired`. Whoever starts or restarts services by itself reads it first: a stopped
//! service stays down, one that is in work is left alone for as long as the worker lives.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::Identity;
use crate::store::{WriteError, create_folder, write_own};

/// Longest file that is read.
const MAX_FILE: u64 = 16 * 1024;

/// What is wanted of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    Run,
    Stopped,
}

/// What is wanted of a service, since when, and who is at work on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    pub wish: Wish,
    pub since: DateTime<Utc>,
    /// Who stops or starts it right now; of no weight once that process has ended.
    pub in_work_by: Option<Identity>,
}

impl Desired {
    /// Reads what is wanted of a service; `None` where nobody has said.
    pub fn read(state_dir: &Path, service: &str) -> Option<Self> {
        let path = file(state_dir, service);
        let metadata = fs::symlink_metadata(&path).ok()?;
        let is_fit = metadata.is_file() && metadata.len() <= MAX_FILE;
        is_fit.then(|| fs::read(&path).ok()).flatten().and_then(|text| serde_json::from_slice(&text).ok())
    }

    /// Writes down what is wanted of a service.
    ///
    /// # Errors
    /// When the state folder cannot be written to.
    pub fn write(&self, state_dir: &Path, service: &str) -> Result<(), WriteError> {
        let path = file(state_dir, service);
        create_folder(state_dir, 0o700)?;
        create_folder(&state_dir.join(FOLDER), 0o700)?;
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| WriteError { path: path.clone(), source: error.into() })?;
        write_own(&path, &text, 0o600)
    }
}

const FOLDER: &str = "desired";

fn file(state_dir: &Path, service: &str) -> PathBuf {
    state_dir.join(FOLDER).join(format!("{service}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_read_again_and_nobody_has_said_is_told_apart() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(Desired::read(state.path(), "backend"), None);
        let wish = Desired { wish: Wish::Stopped, since: DateTime::UNIX_EPOCH, in_work_by: None };
        wish.write(state.path(), "backend").unwrap();
        assert_eq!(Desired::read(state.path(), "backend"), Some(wish));
        fs::write(file(state.path(), "backend"), "?").unwrap();
        assert_eq!(Desired::read(state.path(), "backend"), None);
    }
}
