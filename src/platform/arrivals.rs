//! Signals as something that can be waited for beside other things.
//!
//! A handler writes each signal into a pipe; whoever polls the pipe takes them out again. One set for the whole process.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::{FdFlags, fcntl_setfd};

/// The end of the pipe that handlers write to; below 0 until there is one.
static DOOR: AtomicI32 = AtomicI32::new(-1);

/// A signal that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub signal: i32,
    /// The system itself sent it, as a terminal does on Ctrl-C to everybody in the foreground.
    pub from_system: bool,
}

/// The signals that this process is told of.
#[derive(Debug)]
pub struct Arrivals {
    pipe: File,
    _door: OwnedFd,
}

impl Arrivals {
    /// Starts to be told of these signals instead of what they would do.
    ///
    /// # Errors
    /// When the process may open no more files, or a signal cannot be caught.
    #[expect(unsafe_code, reason = "no crate here installs a handler that learns who sent a signal")]
    pub fn of(signals: &[i32]) -> io::Result<Self> {
        let (pipe, door) = rustix::pipe::pipe()?;
        for end in [&pipe, &door] {
            fcntl_setfl(end, fcntl_getfl(end)? | OFlags::NONBLOCK)?;
            fcntl_setfd(end, FdFlags::CLOEXEC)?;
        }
        DOOR.store(door.as_raw_fd(), Ordering::Release);
        for signal in signals {
            // SAFETY: a zeroed record is a valid one; the handler below has the signature that SA_SIGINFO asks for and
            // is safe to run at any moment; both pointers are to live records or null.
            let result = unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = note as *const () as usize;
                action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_NOCLDSTOP;
                libc::sigaction(*signal, &raw const action, std::ptr::null_mut())
            };
            if result != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(Self { pipe: File::from(pipe), _door: door })
    }

    /// Takes what has arrived; does not wait.
    pub fn take(&self) -> Vec<Arrived> {
        let mut raw = [0; 128];
        let mut found = Vec::new();
        while let Ok(got) = (&self.pipe).read(&mut raw) {
            found.extend(raw[..got].iter().map(|byte| Arrived {
                signal: i32::from(byte & !FROM_SYSTEM),
                from_system: byte & FROM_SYSTEM != 0,
            }));
            if got < raw.len() {
                break;
            }
        }
        found
    }
}

impl AsFd for Arrivals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

/// Marks a signal of the system's; numbers of signals are smaller.
const FROM_SYSTEM: u8 = 0x80;

#[expect(unsafe_code, reason = "a signal handler is given raw pointers")]
extern "C" fn note(signal: libc::c_int, about: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel hands a valid record to a handler that was installed with SA_SIGINFO.
    let sender = unsafe { (*about).si_pid() };
    let mark = if sender == 0 { FROM_SYSTEM } else { 0 };
    let byte = [u8::try_from(signal).unwrap_or(0) | mark];
    // SAFETY: both calls are safe in a handler; errno, which the interrupted code may be about to read, is put back. A
    // full pipe loses a signal of which a hundred others tell.
    unsafe {
        let errno = errno_place();
        let kept = *errno;
        libc::write(DOOR.load(Ordering::Acquire), byte.as_ptr().cast(), 1);
        *errno = kept;
    }
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "errno is a C interface")]
unsafe fn errno_place() -> *mut libc::c_int {
    // SAFETY: returns the place of this thread's errno, and has no preconditions.
    unsafe { libc::__errno_location() }
}

#[cfg(target_os = "macos")]
#[expect(unsafe_code, reason = "errno is a C interface")]
unsafe fn errno_place() -> *mut libc::c_int {
    // SAFETY: returns the place of this thread's errno, and has no preconditions.
    unsafe { libc::__error() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_arrives_is_taken_once() {
        let arrivals = Arrivals::of(&[libc::SIGWINCH]).unwrap();
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGWINCH).unwrap();
        let found = arrivals.take();
        assert_eq!(found, [Arrived { signal: libc::SIGWINCH, from_system: false }]);
        assert_eq!(arrivals.take(), []);
    }
}
