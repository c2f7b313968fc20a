//! The right to watch: one monitor a state folder.

use anyhow::{Context as _, Result};
use chrono::Utc;

use crate::monitor::{Mode, Setup};
use crate::service::Site;
use crate::store::{Lock, LockError, create_folder};

/// Held for as long as a monitor runs.
const LOCK: &str = "monitor.lock";

/// The right to watch here; nobody else has it meanwhile.
#[derive(Debug)]
pub struct Claim {
    _lock: Option<Lock>,
}

impl Claim {
    /// Takes it; a rehearsal needs none.
    ///
    /// # Errors
    /// When another monitor runs, or the state folder cannot be used.
    pub fn take(setup: &Setup, mode: Mode) -> Result<Self> {
        let lock = if mode == Mode::Rehearse { None } else { Some(lock(&setup.site)?) };
        Ok(Self { _lock: lock })
    }
}

/// One monitor a state folder; where no file can be made, the folder itself is locked.
fn lock(site: &Site) -> Result<Lock> {
    create_folder(&site.state_dir, 0o700)?;
    let refused = |error: &LockError| matches!(error, LockError::Io { source, .. } if is_full(source));
    match Lock::take(&site.state_dir.join(LOCK), "monitor", Utc::now()) {
        Err(error) if refused(&error) => Ok(Lock::take_folder(&site.state_dir)?),
        lock => lock.context("another monitor watches here"),
    }
}

fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem)
}
