//! A process held by its audit token: a number that the kernel changes with every process, and checks when it signals.
//!
//! A kernel queue, registered when the process is taken hold of, tells of its end.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::kqueue::{Event, EventFilter, EventFlags, ProcessEvents, kevent_timespec, kqueue};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::processes::process_stat;
use crate::platform::{Delivery, ProcessStat, ProcessState, StartMark};

/// `TASK_AUDIT_TOKEN` of `mach/task_info.h`.
const TASK_AUDIT_TOKEN: libc::c_uint = 15;
/// Where in a token the pid's version stands: a count of all processes that ever were.
const PID_VERSION: usize = 7;

/// The kernel's name for one process; eight numbers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct AuditToken([libc::c_uint; 8]);

/// Holds on to one process, so that what is read by its pid can be told from what a later owner of the number says.
///
/// Its descriptor becomes readable when the process has ended.
#[derive(Debug)]
pub struct ProcessHold {
    pid: u32,
    started: StartMark,
    token: Option<AuditToken>,
    queue: OwnedFd,
}

impl ProcessHold {
    /// Takes hold of a living process; `None` when there is none.
    pub fn take(pid: u32) -> Option<Self> {
        let started = process_stat(pid).filter(is_living)?.started;
        let raw = Pid::from_raw(i32::try_from(pid).ok()?)?;
        let queue = kqueue().ok()?;
        watch(&queue, raw)?;
        let hold = Self { pid, started, token: audit_token(raw), queue };
        // The number may have changed hands between the two looks.
        hold.is_alive().then_some(hold)
    }

    /// The number that the process has for as long as it is not reaped.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the process still lives; everything read between `take` and a `true` here belongs to it.
    pub fn is_alive(&self) -> bool {
        process_stat(self.pid).filter(is_living).is_some_and(|stat| stat.started == self.started)
    }

    /// Waits for its end, and tells whether it came.
    pub fn ends_within(&self, span: Duration) -> bool {
        let mut fds = [PollFd::new(&self.queue, PollFlags::IN)];
        let span = Timespec { tv_sec: span.as_secs().cast_signed(), tv_nsec: span.subsec_nanos().into() };
        // What the queue says is a reason to look, and no more.
        poll(&mut fds, Some(&span)).unwrap_or(0);
        !self.is_alive()
    }

    /// A number that no other process gets until the next boot, where the caller may ask for it.
    pub fn unique(&self) -> Option<u64> {
        self.token.map(|token| u64::from(token.0[PID_VERSION]))
    }

    /// Signals this process and no other: by its token, else by its number right after a look at its start.
    pub fn signal(&self, signal: Signal) -> Delivery {
        if !self.is_alive() {
            return Delivery::Gone;
        }
        if let Some(result) = self.token.and_then(|token| signal_by_token(token, signal)) {
            return result;
        }
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else { return Delivery::Gone };
        match kill_process(pid, signal) {
            Ok(()) => Delivery::Sent,
            Err(rustix::io::Errno::SRCH) => Delivery::Gone,
            Err(_) => Delivery::Forbidden,
        }
    }
}

impl AsFd for ProcessHold {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.queue.as_fd()
    }
}

fn is_living(stat: &ProcessStat) -> bool {
    stat.state != ProcessState::Zombie
}

#[expect(unsafe_code, reason = "kevent takes raw descriptors in its filters")]
fn watch(queue: &OwnedFd, pid: Pid) -> Option<()> {
    let filter = EventFilter::Proc { pid, flags: ProcessEvents::EXIT };
    let change = [Event::new(filter, EventFlags::ADD, std::ptr::null_mut())];
    let mut none: Vec<Event> = Vec::new();
    // SAFETY: the filter names a process and no descriptor.
    unsafe { kevent_timespec(queue, &change, &mut none, None) }.ok().map(|_| ())
}

#[expect(unsafe_code, reason = "the system library declares these only in C")]
unsafe extern "C" {
    fn task_name_for_pid(
        of: libc::mach_port_t,
        pid: libc::c_int,
        name: *mut libc::mach_port_t,
    ) -> libc::kern_return_t;
    fn mach_port_deallocate(of: libc::mach_port_t, name: libc::mach_port_t) -> libc::kern_return_t;
}

#[expect(
    unsafe_code,
    deprecated,
    reason = "Mach is a C interface; libc points to a crate of its own for one call"
)]
fn audit_token(pid: Pid) -> Option<AuditToken> {
    let mut token = MaybeUninit::<AuditToken>::zeroed();
    let mut count = libc::c_uint::try_from(size_of::<AuditToken>() / size_of::<libc::c_uint>()).ok()?;
    // SAFETY: the pointers are to live, writable records, and `count` tells how many numbers the token has room for; the
    // port is given back whatever came of it.
    let result = unsafe {
        let own = libc::mach_task_self();
        let mut name = 0;
        if task_name_for_pid(own, Pid::as_raw(Some(pid)), &raw mut name) != libc::KERN_SUCCESS {
            return None;
        }
        let result = libc::task_info(name, TASK_AUDIT_TOKEN, token.as_mut_ptr().cast(), &raw mut count);
        mach_port_deallocate(own, name);
        result
    };
    // SAFETY: plain numbers, valid also where they stayed zero.
    (result == libc::KERN_SUCCESS).then(|| unsafe { token.assume_init() })
}

/// Signals by token; `None` on a system without that call (before macOS 15).
#[expect(unsafe_code, reason = "the call is looked up at run time, since older systems lack it")]
fn signal_by_token(token: AuditToken, signal: Signal) -> Option<Delivery> {
    type Call = unsafe extern "C" fn(*const AuditToken, libc::c_int) -> libc::c_int;
    // SAFETY: the name ends in NUL.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"proc_signal_with_audittoken".as_ptr()) };
    if found.is_null() {
        return None;
    }
    // SAFETY: libproc declares the function with this signature; the token lives through the call.
    let result =
        unsafe { std::mem::transmute::<*mut libc::c_void, Call>(found)(&raw const token, signal.as_raw()) };
    Some(match result {
        0 => Delivery::Sent,
        libc::ESRCH => Delivery::Gone,
        _ => Delivery::Forbidden,
    })
}
