//! The guard: a second process that finishes a recovery whose first one was killed.
//!
//! It is posted before the first signal, waits at a pipe that only the first process holds open, and holds the same lock
//! (by the same open file): a recovery that is merely paused is therefore never done twice. The end of the pipe without
//! the word of relief means that the first process is gone.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::platform;

/// What relieves a guard.
const RELIEF: &[u8] = b"done";

/// A guard at its post.
#[derive(Debug)]
pub struct Guard {
    child: Child,
    pipe: ChildStdin,
}

impl Guard {
    /// Posts a guard: this program, with these arguments, holding the lock.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn post(program: &Path, arguments: &[OsString], lock: OwnedFd) -> io::Result<Self> {
        let mut command = Command::new(program);
        // A descriptor that is inherited and closed by nobody is what a lock needs: standard output is one.
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::from(lock)).stderr(Stdio::null());
        platform::unblock_signals(&mut command);
        let mut child = command.spawn()?;
        let pipe = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { child, pipe })
    }

    /// Sends it home.
    pub fn relieve(mut self) {
        // One that is gone needs no relief.
        self.pipe.write_all(RELIEF).unwrap_or(());
        drop(self.pipe);
        let _status = self.child.wait();
    }
}

/// Stands guard, in the process that was posted: leaves the terminal, waits, and tells whether it was relieved.
///
/// # Errors
/// When the pipe cannot be read.
pub fn stand() -> io::Result<bool> {
    // Fails only for the leader of a group, which needs no new session to be out of the terminal's reach.
    let _session = rustix::process::setsid();
    let mut word = Vec::new();
    io::stdin().lock().take(16).read_to_end(&mut word)?;
    Ok(word == RELIEF)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn lock_file(folder: &Path) -> File {
        File::create(folder.join("action.lock")).unwrap()
    }

    #[test]
    fn the_guard_holds_the_lock_on_until_it_is_relieved() {
        let folder = tempfile::tempdir().unwrap();
        let lock = lock_file(folder.path());
        lock.lock().unwrap();
        let arguments = ["-c".into(), "read word; exit 0".into()];
        let guard = Guard::post(Path::new("/bin/sh"), &arguments, lock.try_clone().unwrap().into()).unwrap();
        drop(lock);
        let other = File::open(folder.path().join("action.lock")).unwrap();
        assert!(other.try_lock().is_err(), "the first holder is gone, and the lock is held");
        guard.relieve();
        other.try_lock().unwrap();
    }
}
