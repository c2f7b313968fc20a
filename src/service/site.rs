//! The place that services belong to, its lock and its notes.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::keeper::Keeper;
use crate::process::{Bound, Twins};
use crate::store::{Desired, Lock, Wish, WriteError, create_folder};

const LOCK: &str = "action.lock";
const STATE_MODE: u32 = 0o700;

/// Where services live, who keeps them, and what they are started with.
#[derive(Clone)]
pub struct Site {
    /// The folder whose owner services run as where nothing else is said.
    pub root: PathBuf,
    pub state_dir: PathBuf,
    /// Starts services and keeps their output.
    pub keeper: Keeper,
    /// Which of its services only their keeper tells apart.
    pub twins: Twins,
    /// What services of the caller's own user are started with.
    pub environment: Vec<(OsString, OsString)>,
}

impl fmt::Debug for Site {
    /// Without the environment, which holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("root", &self.root)
            .field("state_dir", &self.state_dir)
            .finish_non_exhaustive()
    }
}

/// Whether somebody is at work on a service at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// This process is.
    Begun,
    Done,
}

impl Site {
    /// The lock of everything that stops or starts services; of the root folder itself where no file can be made. Does
    /// not wait.
    ///
    /// # Errors
    /// [`crate::store::LockError::Held`] in its chain where another process acts.
    pub fn lock(&self, work: &str, now: DateTime<Utc>) -> anyhow::Result<Lock> {
        let in_file = create_folder(&self.state_dir, STATE_MODE)
            .map_err(anyhow::Error::from)
            .and_then(|()| Ok(Lock::take(&self.state_dir.join(LOCK), work, now)?));
        match in_file {
            // A disk without room for a file, and only that: somebody without rights must not take another lock.
            Err(error) if is_full(&error) => Ok(Lock::take_folder(&self.root)?),
            other => other,
        }
    }

    /// Whether somebody acts on services; nobody where that cannot be told.
    pub fn is_locked(&self) -> bool {
        Lock::is_held(&self.state_dir.join(LOCK)).unwrap_or(false)
    }

    /// Writes down what is wanted of a service, and whether this process works on it: whoever watches it leaves it alone
    /// for so long, and its end is no crash.
    ///
    /// # Errors
    /// When the state folder takes no note.
    pub fn note(&self, service: &str, wish: Wish, work: Work, now: DateTime<Utc>) -> Result<(), WriteError> {
        let in_work_by = match work {
            Work::Begun => Bound::take(std::process::id()).map(|me| me.identity().clone()),
            Work::Done => None,
        };
        Desired { wish, since: now, in_work_by }.write(&self.state_dir, service)
    }
}

fn is_full(error: &anyhow::Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let kinds = error.chain().filter_map(|cause| Some(cause.downcast_ref::<std::io::Error>()?.kind()));
    kinds.into_iter().any(|kind| matches!(kind, StorageFull | QuotaExceeded | ReadOnlyFilesystem))
}
