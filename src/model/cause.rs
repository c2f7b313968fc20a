//! Why a target is not healthy, where that is known.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A named cause; the list is closed so that scripts and alerts can branch on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    MemoryFull,
    CpuSaturated,
    DiskFull,
    InodesFull,
    FilesExhausted,
    OrphanProcess,
    PortTaken,
    ProcessDown,
    ProcessHung,
    CrashLoop,
    MemoryLimit,
    UnitFailed,
    DatabaseDown,
    CacheDown,
    WorkerDown,
    DuplicateWorker,
    SlowResponse,
    BadResponse,
    MetricsInvalid,
    TargetDown,
    CertificateExpiring,
    ErrorRate,
    StaleLog,
    BackupStale,
}

impl Cause {
    /// Every cause, in the order of the list above.
    pub const ALL: [Self; 24] = [
        Self::MemoryFull,
        Self::CpuSaturated,
        Self::DiskFull,
        Self::InodesFull,
        Self::FilesExhausted,
        Self::OrphanProcess,
        Self::PortTaken,
        Self::ProcessDown,
        Self::ProcessHung,
        Self::CrashLoop,
        Self::MemoryLimit,
        Self::UnitFailed,
        Self::DatabaseDown,
        Self::CacheDown,
        Self::WorkerDown,
        Self::DuplicateWorker,
        Self::SlowResponse,
        Self::BadResponse,
        Self::MetricsInvalid,
        Self::TargetDown,
        Self::CertificateExpiring,
        Self::ErrorRate,
        Self::StaleLog,
        Self::BackupStale,
    ];

    /// The kebab-case word that stands in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::MemoryFull => "memory-full",
            Self::CpuSaturated => "cpu-saturated",
            Self::DiskFull => "disk-full",
            Self::InodesFull => "inodes-full",
            Self::FilesExhausted => "files-exhausted",
            Self::OrphanProcess => "orphan-process",
            Self::PortTaken => "port-taken",
            Self::ProcessDown => "process-down",
            Self::ProcessHung => "process-hung",
            Self::CrashLoop => "crash-loop",
            Self::MemoryLimit => "memory-limit",
            Self::UnitFailed => "unit-failed",
            Self::DatabaseDown => "database-down",
            Self::CacheDown => "cache-down",
            Self::WorkerDown => "worker-down",
            Self::DuplicateWorker => "duplicate-worker",
            Self::SlowResponse => "slow-response",
            Self::BadResponse => "bad-response",
            Self::MetricsInvalid => "metrics-invalid",
            Self::TargetDown => "target-down",
            Self::CertificateExpiring => "certificate-expiring",
            Self::ErrorRate => "error-rate",
            Self::StaleLog => "stale-log",
            Self::BackupStale => "backup-stale",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_and_json_agree() {
        for cause in Cause::ALL {
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.word());
        }
    }
}
