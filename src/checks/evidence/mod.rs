//! What stands beside the measurements and can prove a cause: the kernel's log, the last words of the services' logs, what
//! a silent process waits for, who serves the ports that checks ask, which disk a folder lies on.
//!
//! It is gathered only when something is wrong, within a deadline of its own; what cannot be read in time is simply no
//! evidence. What it proves is told one floor higher.

mod ends;
mod gather;
mod kills;
mod last_words;
pub(super) mod moment;
mod servers;
mod stops;
mod waits;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::capture::LastCrash;
use crate::config::Address;
use crate::logs::rules::FaultClass;

pub use gather::gather;
pub use kills::was_out_of_memory;

/// Everything that was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Newest first.
    pub kills: Vec<Kill>,
    /// Services that are meant to be down.
    pub stopped: Vec<StoppedByOperator>,
    /// Of services that crashed and have not run since.
    pub ends: Vec<CrashedService>,
    /// Of services whose log could be read.
    pub last_words: Vec<LastWords>,
    /// Of services whose process lives.
    pub waits: Vec<Wait>,
    /// The host and port that each check asks, by the check's name.
    pub endpoints: Vec<(String, Address)>,
    /// Who serves the ports of this machine that checks ask.
    pub servers: Vec<Server>,
    /// Every mount, and which of them share their space.
    pub mounts: Vec<MountedAt>,
}

/// A process that the kernel killed for want of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// `None` in a container: the kernel's log has the pids of the host there.
    pub pid: Option<u32>,
    /// The kernel's short name; hostile text.
    pub name: String,
    pub age: Duration,
    /// A control group was full, and not the machine.
    pub is_of_group: bool,
}

/// A service that an operator stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedByOperator {
    pub service: String,
    pub ago: Duration,
}

/// A service whose program ended as it should not, and somebody saw how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashedService {
    pub service: String,
    pub ago: Duration,
    pub crash: LastCrash,
}

/// What a service's log says at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastWords {
    pub service: String,
    /// The log that was read.
    pub log: PathBuf,
    /// Since the log was last written to.
    pub silent_for: Duration,
    /// Of the process that it says to have started last.
    pub pid: Option<u32>,
    /// Known faults since that start, newest first, each once.
    pub faults: Vec<SaidFault>,
}

/// A known fault that stands in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidFault {
    /// Id of the rule that knows it.
    pub rule: &'static str,
    pub class: FaultClass,
    /// Hostile text, without secrets.
    pub summary: String,
    /// Absent where the log has no times.
    pub age: Option<Duration>,
    /// It stands within the last lines.
    pub is_last: bool,
}

/// What the process of a service waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    pub service: String,
    pub pid: u32,
    pub on: WaitsOn,
}

/// What a process may wait for, and be hung on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitsOn {
    /// It burns processor time.
    Itself,
    Peer(SocketAddr),
    File(PathBuf),
    Pipe,
    Lock,
    Kernel(String),
}

/// Who listens on a port of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub port: u16,
    pub pid: u32,
    /// Hostile text, without secrets.
    pub command: String,
    /// Where it works: of a database, where its files lie.
    pub dir: Option<PathBuf>,
    /// By a signal: it accepts connections, as the kernel does so for it, and answers none.
    pub is_stopped: bool,
}

/// Where a file system is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountedAt {
    pub path: PathBuf,
    /// Two mounts with the same key show the same space.
    pub space: String,
}

impl Evidence {
    /// Whether a path lies on the file system that is mounted at `mount`, or on another part of the same space.
    pub fn is_on(&self, path: &Path, mount: &Path) -> bool {
        let of_path = self.nearest(path);
        let of_mount = self.mounts.iter().rev().find(|m| m.path == mount);
        match (of_path, of_mount) {
            (Some(a), Some(b)) => a.space == b.space,
            _ => false,
        }
    }

    /// Where the file system is mounted that a path lies on.
    pub fn mount_of(&self, path: &Path) -> Option<&Path> {
        self.nearest(path).map(|mount| mount.path.as_path())
    }

    /// What was mounted last hides what was there before.
    fn nearest(&self, path: &Path) -> Option<&MountedAt> {
        let holds = |mount: &&MountedAt| path.starts_with(&mount.path);
        self.mounts
            .iter()
            .rev()
            .filter(holds)
            .reduce(|a, b| if b.path.as_os_str().len() > a.path.as_os_str().len() { b } else { a })
    }

    /// The host and port that a check asks, by its name.
    pub fn endpoint_of(&self, check: &str) -> Option<&Address> {
        self.endpoints.iter().find(|(name, _)| name == check).map(|(_, address)| address)
    }

    /// What the log of a service says at its end.
    pub fn last_words_of(&self, service: &str) -> Option<&LastWords> {
        self.last_words.iter().find(|words| words.service == service)
    }

    /// How a service ended that has not run since.
    pub fn end_of(&self, service: &str) -> Option<&CrashedService> {
        self.ends.iter().find(|end| end.service == service)
    }

    /// How long ago an operator stopped a service that is meant to be down.
    pub fn stopped_ago(&self, service: &str) -> Option<Duration> {
        self.stopped.iter().find(|stopped| stopped.service == service).map(|stopped| stopped.ago)
    }

    /// What the process of a service waits for.
    pub fn wait_of(&self, service: &str) -> Option<&Wait> {
        self.waits.iter().find(|wait| wait.service == service)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_lies_on_its_nearest_mount_and_on_all_that_share_its_space() {
        let at = |path: &str, space: &str| MountedAt { path: path.into(), space: space.into() };
        let mounts = vec![at("/", "a"), at("/var", "b"), at("/bind", "b"), at("/var/lib", "c")];
        let evidence = Evidence { mounts, ..Evidence::default() };
        let is_on = |path: &str, mount: &str| evidence.is_on(Path::new(path), Path::new(mount));
        assert!(is_on("/srv/x", "/") && is_on("/var/log", "/var") && is_on("/var/log", "/bind"));
        assert!(!is_on("/var/log", "/") && !is_on("/var/lib/mysql", "/var") && !is_on("/varx", "/var"));
        assert!(!is_on("/srv", "/not-mounted"));
    }
}
