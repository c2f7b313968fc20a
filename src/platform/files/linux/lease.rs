//! A write lease on a file: granted only while nobody else on this machine has it open, in any namespace, by any name.
//!
//! While it is held, whoever opens the file waits for a moment, so that what is done under it (a rename, an unlink)
//! comes before or after the other's open, never in between.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};

use rustix::io::Errno;

/// `fcntl` command numbers that libc does not export everywhere.
const SET_SIGNAL: libc::c_int = 10;

/// Whether a file is ours alone.
#[derive(Debug)]
pub enum Claim<'a> {
    /// Nobody else has it open, and nobody gets it while the lease lives.
    Sole(Lease<'a>),
    /// Somebody has it open.
    Held,
    /// Leases are not to be had here: another's file, or a file system without them (NFS, FUSE).
    Unknown,
}

/// Keeps a file closed to others until it is dropped.
#[derive(Debug)]
pub struct Lease<'a> {
    file: &'a File,
}

/// Asks for a file that we have opened once.
pub fn claim(file: &File) -> Claim<'_> {
    let fd = file.as_raw_fd();
    // Whoever waits for the file makes the kernel send a signal; the default one would end us, this one is ignored.
    if control(fd, SET_SIGNAL, libc::SIGURG).is_err() {
        return Claim::Unknown;
    }
    match control(fd, libc::F_SETLEASE, libc::F_WRLCK) {
        Ok(_) => Claim::Sole(Lease { file }),
        Err(error) if error.raw_os_error() == Some(Errno::AGAIN.raw_os_error()) => Claim::Held,
        Err(_) => Claim::Unknown,
    }
}

impl Lease<'_> {
    /// Whether somebody waits for the file.
    pub fn is_wanted(&self) -> bool {
        control(self.file.as_raw_fd(), libc::F_GETLEASE, 0).is_ok_and(|kind| kind != libc::F_WRLCK)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        // Fails only when the kernel has taken the lease away already.
        control(self.file.as_raw_fd(), libc::F_SETLEASE, libc::F_UNLCK).unwrap_or(0);
    }
}

#[expect(unsafe_code, reason = "neither rustix nor nix knows leases")]
fn control(fd: RawFd, command: libc::c_int, argument: libc::c_int) -> io::Result<libc::c_int> {
    // SAFETY: the three commands used take and return plain integers, and the descriptor is borrowed from a live file.
    let result = unsafe { libc::fcntl(fd, command, argument) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_file_that_anybody_has_open_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        std::fs::write(&path, "x").unwrap();
        let ours = File::open(&path).unwrap();
        assert!(matches!(claim(&ours), Claim::Sole(_)));
        let reader = File::open(&path).unwrap();
        assert!(matches!(claim(&ours), Claim::Held));
        drop(reader);
        let writer = File::options().append(true).open(&path).unwrap();
        assert!(matches!(claim(&ours), Claim::Held));
        drop(writer);
        assert!(matches!(claim(&ours), Claim::Sole(_)));
    }

    #[test]
    fn whoever_opens_a_leased_file_waits_and_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        std::fs::write(&path, "x").unwrap();
        let ours = File::open(&path).unwrap();
        let Claim::Sole(lease) = claim(&ours) else { panic!("not ours") };
        let other = path.clone();
        let writer = std::thread::spawn(move || {
            File::options().append(true).open(other).unwrap().write_all(b"late").unwrap();
        });
        while !lease.is_wanted() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::fs::rename(&path, folder.path().join("a.log.1")).unwrap();
        drop(lease);
        writer.join().unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.log.1")).unwrap(), b"xlate");
    }
}
