//! `[[service]]`: a process that is started, stopped and watched.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::{ByteSize, CommandLine, Secret, Signal, StatusSet, Url};

/// A process that fuelops, or another manager, starts and stops.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Unique among services and checks.
    pub name: String,
    pub manager: Manager,
    /// The manager's name for it; always there unless the manager is [`Manager::Process`].
    pub unit: Option<String>,
    /// Always there when the manager is [`Manager::Process`].
    pub command: Option<CommandLine>,
    pub cwd: PathBuf,
    /// Absent: the owner of `root`.
    pub user: Option<String>,
    pub env: BTreeMap<String, Secret>,
    pub env_file: Option<PathBuf>,
    pub pid_file: Option<PathBuf>,
    pub log_file: Option<PathBuf>,
    pub port: Option<u16>,
    pub health_url: Option<Url>,
    pub healthy_status: StatusSet,
    pub health_timeout: Duration,
    pub start_timeout: Duration,
    pub stop_timeout: Duration,
    pub stop_signal: Signal,
    /// Services or checks that must be healthy first.
    pub depends_on: Vec<String>,
    pub period: Duration,
    pub failure_threshold: NonZeroU32,
    pub success_threshold: NonZeroU32,
    pub restart: RestartPolicy,
    pub limits: Limits,
    /// `false`: its failure degrades the verdict and does not make it critical.
    pub required: bool,
}

/// Who starts and stops a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// fuelops itself.
    Process,
    Systemd,
    Launchd,
    Docker,
    Kubernetes,
}

/// When and how often a dead service is started again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartPolicy {
    /// Quick restarts within `window`; after them the slow ones.
    pub max: u32,
    pub window: Duration,
    pub backoff: Duration,
    pub backoff_max: Duration,
    pub slow_retry: Vec<Duration>,
    pub reset_after: Duration,
}

/// What a service may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Restarted above it; absent: none.
    pub memory: Option<ByteSize>,
}
