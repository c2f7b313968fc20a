//! What a process and all its descendants use together.

use std::time::Duration;

use crate::platform::{self, ProcessState};
use crate::process::Table;

/// Use of a whole tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TreeUsage {
    pub processes: u32,
    pub threads: u32,
    /// Pages that processes share count once for each.
    pub rss_bytes: u64,
    /// CPU time since each process started.
    pub cpu: Duration,
    /// Of the process that is nearest to its own limit.
    pub files: Option<FileUse>,
    pub zombies: u32,
    /// Processes that wait for a device and take no signal.
    pub uninterruptible: u32,
    pub stopped: u32,
}

/// Open files of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileUse {
    pub pid: u32,
    pub open: u64,
    pub limit: Option<u64>,
}

impl FileUse {
    /// The share of the limit in use; 0 without one.
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 52 bits")]
    pub fn percent(&self) -> f64 {
        self.limit.filter(|l| *l > 0).map_or(0.0, |limit| self.open as f64 / limit as f64 * 100.0)
    }
}

impl TreeUsage {
    /// Sums up these processes of a snapshot; open files are read now.
    pub fn of(table: &Table, pids: &[u32]) -> Self {
        let mut usage = Self::default();
        for stat in pids.iter().filter_map(|pid| table.stat(*pid)) {
            usage.processes += 1;
            usage.threads = usage.threads.saturating_add(stat.threads);
            usage.rss_bytes = usage.rss_bytes.saturating_add(stat.rss_bytes);
            usage.cpu = usage.cpu.saturating_add(stat.cpu);
            match stat.state {
                ProcessState::Zombie => usage.zombies += 1,
                ProcessState::Uninterruptible => usage.uninterruptible += 1,
                ProcessState::Stopped => usage.stopped += 1,
                _ => {}
            }
            usage.note_files(stat.pid);
        }
        usage
    }

    fn note_files(&mut self, pid: u32) {
        let Some(open) = platform::process_files(pid) else { return };
        let here = FileUse { pid, open, limit: platform::process_files_limit(pid) };
        let is_nearer = self.files.is_none_or(|most| here.percent() > most.percent());
        self.files = if is_nearer { Some(here) } else { self.files };
    }
}

/// CPU time that these processes have used by now; those that ended meanwhile count nothing.
pub fn cpu_now(pids: &[u32]) -> Duration {
    pids.iter().filter_map(|pid| platform::process_stat(*pid)).map(|stat| stat.cpu).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_process_uses_something() {
        let table = Table::read().unwrap();
        let usage = TreeUsage::of(&table, &[std::process::id()]);
        assert_eq!(usage.processes, 1);
        assert!(usage.rss_bytes > 0 && usage.threads > 0);
        let files = usage.files.unwrap();
        assert!(files.open > 0 && files.percent() < 100.0);
    }
}
