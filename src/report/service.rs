//! The report of `fuelops start`, `stop` and `restart`.

use serde::{Deserialize, Serialize};

use crate::model::{Hint, Verdict};
use crate::report::{RefusedProcess, StoppedProcess};

/// What became of services that were to be started or stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceReport {
    /// The config's name.
    pub name: String,
    pub action: ServiceAction,
    pub outcome: ServiceOutcome,
    /// In the order in which they need one another.
    pub services: Vec<ServiceTurn>,
    /// Processes that were ended, or would be.
    pub stopped: Vec<StoppedProcess>,
    /// Processes that stand in the way and were left alone.
    pub refused: Vec<RefusedProcess>,
    /// What is worth knowing and changes nothing.
    pub notes: Vec<String>,
    pub next: Vec<Hint>,
    pub elapsed_ms: u64,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceAction {
    Start,
    Stop,
    Restart,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceOutcome {
    Done,
    /// All was as wanted.
    NothingToDo,
    /// Shown, not done.
    Planned,
    /// Something was not ours to touch, or would have come to harm.
    Refused,
    Failed,
}

/// One service's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceTurn {
    pub service: String,
    /// Who runs it.
    pub manager: String,
    pub status: ServiceStatus,
    /// What runs now, where it is known.
    pub pid: Option<u32>,
    /// The service for whose sake it was started, where it was not named.
    pub needed_by: Option<String>,
    pub detail: String,
    pub elapsed_ms: u64,
}

/// What became of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceStatus {
    Planned,
    Started,
    Stopped,
    Restarted,
    /// It was as wanted.
    Unchanged,
    Refused,
    Failed,
}

impl ServiceAction {
    /// The word that stands in reports and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }
}

impl ServiceStatus {
    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Started => "started",
            Self::Stopped => "stopped",
            Self::Restarted => "restarted",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl ServiceOutcome {
    /// What the services' parts come to.
    pub fn of(services: &[ServiceTurn]) -> Self {
        let has = |status| services.iter().any(|service| service.status == status);
        match () {
            () if has(ServiceStatus::Failed) => Self::Failed,
            () if has(ServiceStatus::Refused) => Self::Refused,
            () if has(ServiceStatus::Planned) => Self::Planned,
            () if services.iter().all(|service| service.status == ServiceStatus::Unchanged) => {
                Self::NothingToDo
            }
            () => Self::Done,
        }
    }

    /// The verdict that decides about the exit code of what was to be done.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Done | Self::NothingToDo | Self::Planned => Verdict::Healthy,
            Self::Refused | Self::Failed => Verdict::Critical,
        }
    }
}
