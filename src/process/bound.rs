//! A process that is held: what was read of it belongs to it, and what is sent to it reaches no other.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use crate::model::Identity;
use crate::platform::{self, Delivery, ProcessHold, ProcessStat, ProcessState, Signal};
use crate::process::Table;

/// How certain it is that a process is ours whatever it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It lives in a control group of ours, has our cookie, or is our child: it may start another program in its place.
    Marked,
    /// It was known by its executable, which therefore has to stay.
    Recognised,
}

/// How long the kernel may take to end a process that has let go of its program: it frees its memory then.
const LAST_BREATH: Duration = Duration::from_secs(1);

/// Why a process that was bound is not signalled any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Owner,
    Executable,
    ControlGroup,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => "it belongs to another user now",
            Self::Executable => "it runs another program now",
            Self::ControlGroup => "it is in another control group now",
        })
    }
}

/// A living process, held.
#[derive(Debug)]
pub struct Bound {
    hold: ProcessHold,
    identity: Identity,
    stat: ProcessStat,
}

impl Bound {
    /// Takes hold of a process and reads who it is; `None` when it has ended.
    pub fn take(pid: u32) -> Option<Self> {
        let hold = ProcessHold::take(pid)?;
        let stat = platform::process_stat(pid)?;
        let identity = Identity {
            pid,
            unique: hold.unique(),
            started: stat.started.0,
            boot: platform::boot_id(),
            owner: platform::process_owner(pid),
            executable: platform::executable(pid).map(|exe| exe.path),
            control_group: platform::control_group(pid),
        };
        // Alive still: so everything above was its own.
        (hold.is_alive() && stat.state != ProcessState::Zombie).then_some(Self { hold, identity, stat })
    }

    /// Takes hold of the process that a row of a table is about; `None` when it has ended, even where its number lives.
    pub fn of_row(table: &Table, pid: u32) -> Option<Self> {
        let row = table.stat(pid)?;
        Self::take(pid).filter(|bound| bound.stat.started == row.started)
    }

    /// Takes hold of a process that was written down earlier; `None` when it has ended, even where its number lives.
    pub fn again(identity: &Identity) -> Option<Self> {
        Self::take(identity.pid).filter(|bound| bound.identity.is_same(identity))
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What everybody may know of it, when it was bound.
    pub fn stat(&self) -> &ProcessStat {
        &self.stat
    }

    /// Whether it still lives.
    pub fn is_alive(&self) -> bool {
        self.hold.is_alive()
    }

    /// Looks once more who it is, and signals it only if that has not changed.
    ///
    /// # Errors
    /// The change that stands against it.
    pub fn signal(&self, signal: Signal, trust: Trust) -> Result<Delivery, Change> {
        if let Some(change) = self.change(trust) {
            // What was read may be the next process's already: then this one is gone, not changed.
            let is_gone =
                if self.is_ending() { self.hold.ends_within(LAST_BREATH) } else { !self.is_alive() };
            return if is_gone { Ok(Delivery::Gone) } else { Err(change) };
        }
        Ok(self.hold.signal(signal))
    }

    /// Whether it has let go of its program already, as a process does a moment before it has ended.
    fn is_ending(&self) -> bool {
        self.identity.executable.is_some() && platform::executable(self.identity.pid).is_none()
    }

    fn change(&self, trust: Trust) -> Option<Change> {
        let pid = self.identity.pid;
        if platform::process_owner(pid) != self.identity.owner {
            return Some(Change::Owner);
        }
        if platform::control_group(pid) != self.identity.control_group {
            return Some(Change::ControlGroup);
        }
        let is_other = || platform::executable(pid).map(|exe| exe.path) != self.identity.executable;
        (trust == Trust::Recognised && is_other()).then_some(Change::Executable)
    }
}

impl AsFd for Bound {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.hold.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn another_program_in_its_place_is_signalled_only_if_it_is_marked() {
        let mut child =
            Command::new("sh").args(["-c", "read x; exec sleep 60"]).stdin(Stdio::piped()).spawn().unwrap();
        let bound = Bound::take(child.id()).unwrap();
        drop(child.stdin.take());
        let shell = bound.identity().executable.clone();
        while platform::executable(child.id()).map(|exe| exe.path) == shell {
            std::thread::yield_now();
        }
        assert_eq!(bound.signal(Signal::KILL, Trust::Recognised), Err(Change::Executable));
        assert!(bound.is_alive());
        assert_eq!(bound.signal(Signal::KILL, Trust::Marked), Ok(Delivery::Sent));
        let identity = bound.identity().clone();
        child.wait().unwrap();
        assert_eq!(bound.signal(Signal::KILL, Trust::Marked), Ok(Delivery::Gone));
        assert!(Bound::again(&identity).is_none());
    }

    #[test]
    fn a_process_in_its_last_breath_has_not_changed() {
        // Each round asks while the kernel takes a large process apart.
        for _ in 0..50 {
            let script = "x = bytearray(b'x') * (64 << 20); print(flush=True); input()";
            let mut child = Command::new("python3")
                .args(["-c", script])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
            let bound = Bound::take(child.id()).unwrap();
            child.kill().unwrap();
            while bound.is_alive() {
                let result = bound.signal(Signal::TERM, Trust::Recognised);
                assert!(result.is_ok(), "{result:?}");
            }
            child.wait().unwrap();
        }
    }

    #[test]
    fn a_written_identity_leads_to_the_same_process_again() {
        let me = Bound::take(std::process::id()).unwrap();
        assert_eq!(Bound::again(me.identity()).unwrap().identity(), me.identity());
        let other = Identity { started: 1, unique: Some(1), ..me.identity().clone() };
        assert!(Bound::again(&other).is_none());
    }
}
