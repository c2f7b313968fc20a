//! A lock that two runs of fuelops cannot hold at once, and that a killed one does not keep.
//!
//! The kernel holds it (`flock`), the file only says who: a number of its own says nothing, because the one who wrote it
//! may be long gone. The file is never removed, so that everybody locks the same one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::atomic::owner_to_hand_to;

/// Length of what a holder leaves about itself. Always as long, so that a disk which fills up later still takes it.
const SIGNATURE: usize = 256;
/// Longest name of a work.
const MAX_WORK: usize = 80;
/// Somebody may hold the lock for a moment only to see whether it is held; that is waited for.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(10);

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("{} is held by {}", path.display(), holder.as_ref().map_or_else(|| "another process".to_owned(), Holder::words))]
    Held { path: PathBuf, holder: Option<Holder> },
    #[error("cannot lock {}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Who holds a lock, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub pid: u32,
    /// What it does, such as `restart backend`.
    pub work: String,
    pub since: DateTime<Utc>,
}

impl Holder {
    fn words(&self) -> String {
        let since = self.since.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!("process {} (fuelops {}) since {since}", self.pid, self.work)
    }
}

/// A lock that is held until it is dropped, or the process ends however it may. Programs started meanwhile do not inherit
/// it.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes a lock file, making it where it is not there, and writes down who does what since when. Does not wait.
    ///
    /// # Errors
    /// [`LockError::Held`] where another process has it.
    pub fn take(path: &Path, work: &str, now: DateTime<Utc>) -> Result<Self, LockError> {
        let at = |source| LockError::Io { path: path.to_owned(), source };
        loop {
            let mut options = OpenOptions::new();
            let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
            let file = options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path).map_err(at)?;
            if !try_for_a_moment(&file).map_err(at)? {
                return Err(LockError::Held { path: path.to_owned(), holder: signature(&file) });
            }
            if !is_own(&file) {
                return Err(at(io::Error::new(io::ErrorKind::InvalidInput, "is no file of its own")));
            }
            // Whoever removed the file meanwhile has locked another one.
            if is_still(&file, path) {
                hand_over(&file, path);
                // Who holds it is a courtesy: on a full disk the lock holds all the same.
                sign(&file, work, now).unwrap_or(());
                return Ok(Self { file });
            }
        }
    }

    /// The lock for another process to hold on to: it stays taken until both have let go.
    ///
    /// # Errors
    /// When there are no descriptors left.
    pub fn share(&self) -> io::Result<OwnedFd> {
        self.file.try_clone().map(OwnedFd::from)
    }

    /// Locks a folder itself: for a disk on which no file can be made.
    ///
    /// # Errors
    /// [`LockError::Held`] where another process has it.
    pub fn take_folder(path: &Path) -> Result<Self, LockError> {
        let at = |source| LockError::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(at)?;
        match try_for_a_moment(&file).map_err(at)? {
            true => Ok(Self { file }),
            false => Err(LockError::Held { path: path.to_owned(), holder: None }),
        }
    }

    /// Tells whether somebody holds a lock, without taking it and without making its file.
    ///
    /// # Errors
    /// When the file may not be read.
    pub fn is_held(path: &Path) -> Result<bool, LockError> {
        Ok(probe(path)?.is_some())
    }

    /// Tells who holds a lock; `None` where nobody does, or it does not say.
    ///
    /// # Errors
    /// When the file may not be read.
    pub fn holder(path: &Path) -> Result<Option<Holder>, LockError> {
        Ok(probe(path)?.and_then(|file| signature(&file)))
    }
}

/// The lock's file, if somebody holds it.
fn probe(path: &Path) -> Result<Option<File>, LockError> {
    let at = |source| LockError::Io { path: path.to_owned(), source };
    let file =
        match OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(at)?,
        };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(file)),
        Err(TryLockError::Error(source)) => Err(at(source)),
    }
}

/// Whether the lock could be had.
fn try_for_a_moment(file: &File) -> io::Result<bool> {
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(source)) => return Err(source),
            Ok(()) => return Ok(true),
        }
    }
    match file.try_lock() {
        Err(TryLockError::Error(source)) => Err(source),
        other => Ok(other.is_ok()),
    }
}

fn is_still(file: &File, path: &Path) -> bool {
    let Ok(now) = path.symlink_metadata() else { return false };
    file.metadata().is_ok_and(|ours| (ours.dev(), ours.ino()) == (now.dev(), now.ino()))
}

/// Nothing else has another name here, which signing would overwrite.
fn is_own(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.nlink() <= 1)
}

/// A lock that stays root's is no harm to anyone but its owner's convenience.
fn hand_over(file: &File, path: &Path) {
    if let Some((uid, gid)) = path.parent().and_then(owner_to_hand_to) {
        fchown(file, Some(uid), Some(gid)).unwrap_or(());
    }
}

fn sign(file: &File, work: &str, now: DateTime<Utc>) -> io::Result<()> {
    let work = work.chars().take(MAX_WORK).collect();
    let holder = Holder { pid: std::process::id(), work, since: now };
    let mut line = serde_json::to_vec(&holder)?;
    line.resize(SIGNATURE.max(line.len() + 1) - 1, b' ');
    line.push(b'\n');
    file.write_all_at(&line, 0)?;
    file.set_len(line.len() as u64)
}

fn signature(file: &File) -> Option<Holder> {
    let mut text = String::new();
    file.take(4 * SIGNATURE as u64).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_taker_learns_who_has_it_and_what_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("action.lock");
        assert!(!Lock::is_held(&path).unwrap());
        let now = DateTime::UNIX_EPOCH;
        let first = Lock::take(&path, "restart backend", now).unwrap();
        let error = Lock::take(&path, "recover", now).unwrap_err();
        let pid = std::process::id();
        let words = format!("process {pid} (fuelops restart backend) since 1970-01-01T00:00:00Z");
        assert_eq!(error.to_string(), format!("{} is held by {words}", path.display()));
        assert_eq!(Lock::holder(&path).unwrap().unwrap().work, "restart backend");
        drop(first);
        // A program that another test starts at this moment has the file until it is executed.
        let is_free = || Lock::holder(&path).unwrap().is_none();
        assert!((0..500).any(|_| is_free() || {
            thread::sleep(PAUSE);
            false
        }));
        Lock::take(&path, &"x".repeat(500), now).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(path.metadata().unwrap().len(), SIGNATURE as u64);
    }

    #[test]
    fn looking_at_a_lock_keeps_nobody_from_taking_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("action.lock");
        drop(Lock::take(&path, "x", DateTime::UNIX_EPOCH).unwrap());
        let looker = File::open(&path).unwrap();
        looker.lock_shared().unwrap();
        let late = thread::spawn(move || {
            thread::sleep(PAUSE);
            drop(looker);
        });
        Lock::take(&path, "x", DateTime::UNIX_EPOCH).unwrap();
        late.join().unwrap();
    }

    #[test]
    fn a_holder_that_says_nothing_still_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.lock");
        std::fs::write(&path, "17").unwrap();
        let file = File::open(&path).unwrap();
        file.lock().unwrap();
        assert!(Lock::is_held(&path).unwrap());
        assert_eq!(Lock::holder(&path).unwrap(), None);
        let error = Lock::take(&path, "x", DateTime::UNIX_EPOCH).unwrap_err();
        assert!(error.to_string().ends_with("is held by another process"), "{error}");
    }

    #[test]
    fn a_folder_can_be_locked_too() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take_folder(folder.path()).unwrap();
        assert!(matches!(Lock::take_folder(folder.path()), Err(LockError::Held { .. })));
        drop(first);
        Lock::take_folder(folder.path()).unwrap();
    }

    #[test]
    fn a_link_is_no_lock_and_neither_is_a_second_name() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("x.lock")).unwrap();
        let taken = Lock::take(&folder.path().join("x.lock"), "x", DateTime::UNIX_EPOCH);
        assert!(matches!(taken, Err(LockError::Io { .. })));
        std::fs::write(folder.path().join("precious"), "x").unwrap();
        std::fs::hard_link(folder.path().join("precious"), folder.path().join("y.lock")).unwrap();
        let taken = Lock::take(&folder.path().join("y.lock"), "x", DateTime::UNIX_EPOCH);
        assert!(matches!(taken, Err(LockError::Io { .. })));
        assert_eq!(std::fs::read(folder.path().join("precious")).unwrap(), b"x");
    }
}
