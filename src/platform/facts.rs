//! Plain values that both systems return. No I/O.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// State of a process, as the scheduler sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    Running,
    Sleeping,
    /// Waits for a device or a file system and takes no signal, not even KILL.
    Uninterruptible,
    /// Stopped by a signal or a debugger: it exists and does nothing.
    Stopped,
    /// Dead, not yet reaped by its parent.
    Zombie,
    Other,
}

/// Mark of the moment a process started; for comparing, not for showing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StartMark(pub u64);

/// What the system tells everybody about a process, cheap enough to read for all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessStat {
    pub pid: u32,
    pub parent: u32,
    /// Process group: the pid of the process that leads it, or led it.
    pub group: u32,
    /// The kernel's short name; hostile text.
    pub name: String,
    pub state: ProcessState,
    pub threads: u32,
    pub rss_bytes: u64,
    /// CPU time of all its threads since it started.
    pub cpu: Duration,
    pub started: StartMark,
    pub age: Duration,
    /// A thread of the kernel, without a program.
    pub is_kernel: bool,
}

/// The file that a process runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executable {
    pub path: PathBuf,
    /// The file was replaced or removed since the process started, as by an upgrade.
    pub is_deleted: bool,
}

/// What became of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Sent,
    /// The process had ended.
    Gone,
    /// The caller has no right to signal it.
    Forbidden,
}

/// A listening TCP socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    pub address: SocketAddr,
    /// Whose socket it is, where the system says so.
    pub uid: Option<u32>,
    /// Every process that holds it; empty where the caller has no right to look.
    pub pids: Vec<u32>,
}

/// Memory of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    pub total_bytes: u64,
    /// What programs can still get without swapping; not the same as free.
    pub available_bytes: u64,
}

/// The tightest memory limit that a control group sets on a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimit {
    pub limit_bytes: u64,
    /// Without file cache that the kernel can drop at once.
    pub used_bytes: u64,
}

/// Swap space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swap {
    pub total_bytes: u64,
    pub used_bytes: u64,
    /// Pages read back from swap since boot, where the system counts them.
    pub pages_in: Option<u64>,
}

/// CPU time of all processors together since boot, in ticks of any length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTimes {
    pub busy: u64,
    pub total: u64,
    /// Time that the hypervisor gave to others.
    pub steal: u64,
    pub processors: u32,
}

impl CpuTimes {
    /// Returns the share that was busy between an earlier sample and this one; `None` when no time has passed.
    pub fn busy_percent_since(&self, earlier: &Self) -> Option<f64> {
        share(self.busy.saturating_sub(earlier.busy), self.total.saturating_sub(earlier.total))
    }

    /// Returns the share that the hypervisor took between an earlier sample and this one.
    pub fn steal_percent_since(&self, earlier: &Self) -> Option<f64> {
        share(self.steal.saturating_sub(earlier.steal), self.total.saturating_sub(earlier.total))
    }
}

/// Percentage of `part` in `whole`; `None` when there is no whole.
#[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 52 bits")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 100.0).min(100.0))
}

/// Share of the last ten seconds in which some task waited for a resource, in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pressure {
    pub cpu: Option<f64>,
    pub memory: Option<f64>,
    pub io: Option<f64>,
}

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    pub path: PathBuf,
    pub source: String,
    pub kind: String,
    /// A disk of this machine that fills up: no pseudo file system, no read-only image, no share of another machine.
    pub is_disk: bool,
    pub is_read_only: bool,
    /// Two mounts with the same key show the same space.
    pub space: String,
}

/// Space and inodes of a file system, counted as `df` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskUsage {
    pub total_bytes: u64,
    pub used_bytes: u64,
    /// What an ordinary user can still write; the reserve for root is neither free nor used.
    pub free_bytes: u64,
    pub inodes_total: u64,
    pub inodes_free: u64,
}

impl DiskUsage {
    /// Returns `df`'s percentage: used of used plus free to users. A file system without size is 0 % used.
    pub fn used_percent(&self) -> f64 {
        share(self.used_bytes, self.used_bytes.saturating_add(self.free_bytes)).unwrap_or(0.0)
    }

    /// Returns the share of inodes in use; `None` where the file system does not count them.
    pub fn inodes_used_percent(&self) -> Option<f64> {
        share(self.inodes_total.saturating_sub(self.inodes_free), self.inodes_total)
    }
}

/// Open files of the whole machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFiles {
    pub open: u64,
    pub limit: u64,
}

/// A message of the kernel's own log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelMessage {
    pub age: Duration,
    /// Hostile where it quotes names of processes or devices.
    pub text: String,
}

/// What a process waits for, as far as the system tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// It computes.
    Nothing,
    /// Bytes from, or to, the other end of a connection.
    Peer(SocketAddr),
    File(PathBuf),
    Pipe,
    /// Another thread or process that holds a lock.
    Lock,
    /// Something inside the kernel, by the name of its function; no signal reaches the process.
    Kernel(String),
}

/// Processor time that a control group grants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CpuQuota {
    /// Processors, in whole or in part.
    pub processors: f64,
    /// What the group has used since it was made.
    pub used: Duration,
    /// How long the group was made to wait for its next share since it was made.
    pub throttled: Duration,
}

/// What the clock says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockState {
    /// Whether a time service keeps the clock right; `None` where the system does not tell.
    pub is_synchronised: Option<bool>,
    /// Time since boot, sleep included.
    pub since_boot: Duration,
}

/// The kernel's own clocks, in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelClock {
    /// Since 1970.
    pub wall_ns: i64,
    pub since_boot_ns: i64,
    /// Which boot this is.
    pub boot: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_percent_is_that_of_df_and_not_of_the_whole_disk() {
        // 100 blocks, 20 used, 30 for users: half of the disk is reserved.
        let usage =
            DiskUsage { total_bytes: 100, used_bytes: 20, free_bytes: 30, inodes_total: 0, inodes_free: 0 };
        assert!((usage.used_percent() - 40.0).abs() < f64::EPSILON);
        assert_eq!(usage.inodes_used_percent(), None);
    }

    #[test]
    fn empty_file_system_divides_by_nothing() {
        let usage =
            DiskUsage { total_bytes: 0, used_bytes: 0, free_bytes: 0, inodes_total: 0, inodes_free: 0 };
        assert!(usage.used_percent().abs() < f64::EPSILON);
    }

    #[test]
    fn cpu_share_is_of_the_span_and_not_since_boot() {
        let early = CpuTimes { busy: 900, total: 1_000, steal: 0, processors: 1 };
        let late = CpuTimes { busy: 925, total: 1_100, steal: 5, processors: 1 };
        assert_eq!(late.busy_percent_since(&early), Some(25.0));
        assert_eq!(late.steal_percent_since(&early), Some(5.0));
        assert_eq!(late.busy_percent_since(&late), None);
    }
}
