//! A process held by descriptor (pidfd): its number may be given to another process, the descriptor never is.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{fstat, fstatfs};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::platform::Delivery;

/// File system of pidfds from Linux 6.9 on: there, a process has an inode that no other gets until the next boot.
const PIDFS_MAGIC: i64 = 0x5049_4446;

/// Holds on to one process, so that what is read by its pid can be told from what a later owner of the number says.
///
/// Its descriptor becomes readable when the process has ended; a zombie has.
#[derive(Debug)]
pub struct ProcessHold {
    pid: u32,
    descriptor: OwnedFd,
}

impl ProcessHold {
    /// Takes hold of a living process; `None` when there is none, or the kernel is too old (before 5.3).
    pub fn take(pid: u32) -> Option<Self> {
        let raw = Pid::from_raw(i32::try_from(pid).ok()?)?;
        let descriptor = pidfd_open(raw, PidfdFlags::empty()).ok()?;
        Some(Self { pid, descriptor })
    }

    /// The number that the process has for as long as it is not reaped.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the process still lives; everything read between `take` and a `true` here belongs to it.
    pub fn is_alive(&self) -> bool {
        !self.ends_within(Duration::ZERO)
    }

    /// Waits for its end, and tells whether it came.
    pub fn ends_within(&self, span: Duration) -> bool {
        let mut fds = [PollFd::new(&self.descriptor, PollFlags::IN)];
        let span = Timespec { tv_sec: span.as_secs().cast_signed(), tv_nsec: span.subsec_nanos().into() };
        !matches!(poll(&mut fds, Some(&span)), Ok(0))
    }

    /// A number that no other process gets until the next boot, where the kernel gives one.
    pub fn unique(&self) -> Option<u64> {
        let system = fstatfs(&self.descriptor).ok()?;
        (system.f_type == PIDFS_MAGIC).then(|| fstat(&self.descriptor).ok().map(|stat| stat.st_ino)).flatten()
    }

    /// Signals this process and no other.
    pub fn signal(&self, signal: Signal) -> Delivery {
        match pidfd_send_signal(&self.descriptor, signal) {
            Ok(()) => Delivery::Sent,
            Err(Errno::SRCH) => Delivery::Gone,
            Err(_) => Delivery::Forbidden,
        }
    }
}

impl AsFd for ProcessHold {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_reaped_process_takes_no_signal_and_its_inode_is_its_own() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let hold = ProcessHold::take(child.id()).unwrap();
        let again = ProcessHold::take(child.id()).unwrap();
        assert_eq!(hold.unique(), again.unique());
        assert_ne!(
            hold.unique().unwrap_or(1),
            ProcessHold::take(std::process::id()).unwrap().unique().unwrap_or(0)
        );
        assert_eq!(hold.signal(Signal::KILL), Delivery::Sent);
        child.wait().unwrap();
        assert!(!hold.is_alive());
        assert_eq!(hold.signal(Signal::KILL), Delivery::Gone);
        assert!(ProcessHold::take(u32::MAX).is_none());
    }
}
