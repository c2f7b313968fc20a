//! How a program is born: its session, its control group, its user; and how ended children are collected.

use std::io::{self, PipeWriter, Read};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::SigSet;
use rustix::event::{Timespec, poll};
use rustix::process::{Pid, WaitOptions};

use crate::platform::{Account, ScopeDoor, groups_of};

/// Highest signal whose treatment is set back to the default before a program starts; none above it is ever ignored by a
/// shell or `nohup`.
const LAST_SIGNAL: i32 = 31;

/// Descriptors that are looked at one by one where the system has no call for all.
const MAX_DESCRIPTOR: i32 = 4096;

/// Whose terminal and signals a program shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Session {
    /// Its own: no terminal reaches it.
    #[default]
    Own,
    /// The caller's, with its process group: Ctrl-C reaches both.
    Shared,
}

/// A user with all of its groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
}

/// What a program is given between fork and exec.
#[derive(Debug, Default)]
pub struct Birth {
    pub session: Session,
    /// Where it enters its control group.
    pub door: Option<ScopeDoor>,
    /// Whom it becomes; only root can ask for it.
    pub credentials: Option<Credentials>,
}

impl Birth {
    /// Starts a command with this; returns the pid of the program, which is a child of this process.
    ///
    /// The program enters its control group and its session as the caller and becomes its user last.
    ///
    /// # Errors
    /// When it cannot be started or may not be given what it should; nothing of it is left then.
    pub fn spawn(self, mut command: Command) -> io::Result<u32> {
        // In its control group it may have another pid than the child that was forked.
        let (mut told, teller) = io::pipe()?;
        self.prepare(&mut command, teller);
        let child = command.spawn();
        // Nobody but the child can tell now, and it has told or is gone.
        drop(command);
        let mut pid = [0; size_of::<i32>()];
        let told = told.read_exact(&mut pid).ok().and_then(|()| Pid::from_raw(i32::from_ne_bytes(pid)));
        match (child, told) {
            (Ok(mut child), Some(pid)) if pid.as_raw_pid().cast_unsigned() != child.id() => {
                // It has ended as soon as it had told.
                drop(child.wait());
                Ok(pid.as_raw_pid().cast_unsigned())
            }
            (Ok(child), _) => Ok(child.id()),
            (Err(error), told) => {
                // Whoever was forked is collected by now; who was born in the group is not.
                told.map(|pid| rustix::process::waitpid(Some(pid), WaitOptions::empty()));
                Err(error)
            }
        }
    }

    #[expect(
        unsafe_code,
        reason = "what happens between fork and exec is beyond what the standard library offers"
    )]
    fn prepare(self, command: &mut Command, teller: PipeWriter) {
        // SAFETY: the closure runs in a forked child before exec; it makes system calls only, on values that were made
        // before the fork, and allocates nothing.
        unsafe { command.pre_exec(move || self.child(&teller)) };
    }

    fn child(&self, teller: &PipeWriter) -> io::Result<()> {
        if let Some(door) = &self.door {
            door.enter()?;
            let pid = rustix::process::getpid().as_raw_pid();
            rustix::io::write(teller, &pid.to_ne_bytes())?;
        }
        if self.session == Session::Own {
            rustix::process::setsid()?;
        }
        reset_signals();
        unblock();
        close_on_exec();
        match &self.credentials {
            Some(credentials) => become_user(credentials),
            None => Ok(()),
        }
    }
}

/// Lets nothing but the three streams through, also what we ourselves were given without knowing.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "close_range has no wrapper here that is there on every system")]
fn close_on_exec() {
    const CLOSE_ON_EXEC: libc::c_uint = 4;
    // SAFETY: marks descriptors and closes none; the standard library's own pipe to the parent is marked already.
    let result = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, CLOSE_ON_EXEC) };
    if result != 0 {
        mark_each();
    }
}

/// Lets nothing but the three streams through, also what we ourselves were given without knowing.
#[cfg(not(target_os = "linux"))]
fn close_on_exec() {
    mark_each();
}

/// The slow way, on systems (before Linux 5.11) without a fast one.
#[expect(unsafe_code, reason = "numbers that nobody here owns")]
fn mark_each() {
    for descriptor in 3..MAX_DESCRIPTOR {
        // SAFETY: marks a descriptor, or fails where there is none.
        unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Lets signals reach a command that is about to be started: a program that holds some back for itself (see
/// [`Termination`](crate::platform::Termination)) would hand that on, and TERM would end its children never.
#[expect(
    unsafe_code,
    reason = "what happens between fork and exec is beyond what the standard library offers"
)]
pub fn unblock_signals(command: &mut Command) {
    // SAFETY: the closure runs in a forked child before exec and makes one system call.
    unsafe {
        command.pre_exec(|| {
            unblock();
            Ok(())
        })
    };
}

fn unblock() {
    // An empty set cannot be refused.
    SigSet::empty().thread_set_mask().unwrap_or(());
}

/// Gives back to every signal the treatment that programs expect: whoever started us may have ignored some.
#[expect(unsafe_code, reason = "neither the standard library nor rustix sets dispositions")]
fn reset_signals() {
    for signal in 1..=LAST_SIGNAL {
        // SAFETY: setting a default disposition runs no code of ours; numbers that may not be changed are refused.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

#[expect(unsafe_code, reason = "the safe wrappers are not there on every system, or act on one thread")]
fn become_user(credentials: &Credentials) -> io::Result<()> {
    let count = credentials.groups.len();
    // SAFETY: the list has `count` numbers and lives through the call; the C library changes the process as a
    // whole. Groups go first: afterwards there is no right to.
    let is_done = unsafe {
        libc::setgroups(count as _, credentials.groups.as_ptr().cast()) == 0
            && libc::setgid(credentials.gid) == 0
            && libc::setuid(credentials.uid) == 0
    };
    if is_done { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Becomes another user for good, with that user's groups only. For root, before threads of its own act.
///
/// # Errors
/// When this process has no right to.
pub fn become_account(account: &Account) -> io::Result<()> {
    let groups = groups_of(&account.name, account.gid);
    become_user(&Credentials { uid: account.uid, gid: account.gid, groups })
}

/// Makes this process the parent of whatever its descendants leave behind, where the system can; elsewhere init is.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap_or(());
}

/// Collects one ended child: its pid and how it ended. `None` where none has ended.
pub fn reap() -> Option<(u32, std::process::ExitStatus)> {
    use std::os::unix::process::ExitStatusExt;
    loop {
        return match rustix::process::wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) => {
                let pid = u32::try_from(Pid::as_raw(Some(pid))).unwrap_or(0);
                Some((pid, std::process::ExitStatus::from_raw(status.as_raw())))
            }
            Err(rustix::io::Errno::INTR) => continue,
            Ok(None) | Err(_) => None,
        };
    }
}

/// Makes a pipe hold more before its writers wait, as far as the system allows; returns what it then holds.
pub fn enlarge_pipe(pipe: impl AsFd, bytes: usize) -> Option<usize> {
    #[cfg(target_os = "linux")]
    {
        rustix::pipe::fcntl_setpipe_size(&pipe, bytes)
            .or_else(|_| rustix::pipe::fcntl_getpipe_size(&pipe))
            .ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _fixed = (pipe.as_fd(), bytes);
        None
    }
}

/// Waits, and does nothing else.
pub fn pause(span: Duration) {
    let span = Timespec { tv_sec: span.as_secs().cast_signed(), tv_nsec: i64::from(span.subsec_nanos()) };
    poll(&mut [], Some(&span)).unwrap_or(0);
}
