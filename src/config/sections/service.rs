//! `[[service]]`: a process that is started, stopped and watched.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use super::operation::PERIOD;
use crate::config::read::{Name, Reader, References, Span, Table, section, words};
use crate::config::values::Pairs;
use crate::config::{ByteSize, CommandLine, Secret, Signal, StatusSet, Url};

section! {
    /// A process that fuelops, or another manager, starts, stops and watches.
    pub struct Service {
        /// Unique among services and checks.
        pub name: String as Name,
        /// Who starts and stops it.
        pub manager: Manager = "process",
        /// The manager's name for it; needed for every manager but process.
        pub unit: Option<String>,
        /// The program and its arguments; needed where the manager is process.
        pub command: Option<CommandLine>,
        /// The folder that it runs in.
        pub cwd: PathBuf = ".",
        /// And its group. Left out: the owner of root.
        pub user: Option<String>,
        /// Variables beside those that fuelops itself has.
        pub env: BTreeMap<String, Secret> as Pairs,
        /// A file of NAME=value lines.
        pub env_file: Option<PathBuf>,
        /// Holds the program's own pid.
        pub pid_file: Option<PathBuf>,
        /// Where its output goes.
        pub log_file: Option<PathBuf>,
        /// TCP; also tells whose process squats on it.
        pub port: Option<u16>,
        /// Asked for whether it works.
        pub health_url: Option<Url>,
        /// Statuses of health_url that are good: numbers and ranges.
        pub healthy_status: StatusSet = ["200-299"],
        /// How long health_url may take.
        pub health_timeout: Duration as Span = "5s",
        /// How long it may take from its start until it is healthy.
        pub start_timeout: Duration as Span = "15s",
        /// How long it may take to stop before it is killed, with its whole tree.
        pub stop_timeout: Duration as Span = "10s",
        /// Asks it to stop.
        pub stop_signal: Signal = "TERM",
        /// Services or checks that must be healthy first.
        pub depends_on: Vec<String> as References = [],
        /// How often monitor looks at it.
        pub period: Duration as Span => ("monitor.period", PERIOD),
        /// Failures in a row that count; a failing probe is repeated each second.
        pub failure_threshold: NonZeroU32 = 3,
        /// Successes in a row that count.
        pub success_threshold: NonZeroU32 = 1,
        /// When and how often it is started again.
        pub restart: RestartPolicy = {},
        /// What it may use.
        pub limits: Limits = {},
        /// false: its failure degrades, it does not make the verdict critical.
        pub required: bool = true,
    }
    check Service::check
}

impl Service {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        match (self.manager, &self.command, &self.unit) {
            (Manager::Process, None, _) => {
                table.problem(
                    cx,
                    "",
                    "\"command\" is missing; add command = [\"program\", \"argument\"], or manager and unit",
                );
            }
            (Manager::Process, Some(_), Some(_)) => {
                table.problem(
                    cx,
                    "unit",
                    "goes with manager \"systemd\", \"launchd\", \"docker\" or \"kubernetes\"",
                );
            }
            (Manager::Process, ..) | (_, None, Some(_)) => {}
            (manager, Some(_), _) => {
                table.problem(cx, "command", format!("{manager} starts it by its unit; leave command out"));
            }
            (manager, None, None) => {
                table.problem(cx, "", format!("\"unit\" is missing; {manager} needs to know it by name"));
            }
        }
        if let Some(url) = &self.health_url {
            super::check_scheme(table, cx, "health_url", url, &["http", "https"]);
        }
    }
}

words! {
    /// Who starts and stops a service.
    pub enum Manager {
        /// fuelops itself.
        Process = "process",
        Systemd = "systemd",
        Launchd = "launchd",
        Docker = "docker",
        Kubernetes = "kubernetes",
    }
}

section! {
    /// When and how often a dead service is started again; the first restart in a window is immediate.
    pub struct RestartPolicy {
        /// Quick restarts in a window; after them the slow ones.
        pub max: u32 = 3,
        /// The window in which restarts are counted.
        pub window: Duration as Span = "10m",
        /// The wait before the second restart; it doubles each time.
        pub backoff: Duration = "1s",
        /// The longest wait before a quick restart.
        pub backoff_max: Duration = "60s",
        /// The waits before slow restarts; the last repeats.
        pub slow_retry: Vec<Duration> = ["5m", "15m", "30m"],
        /// Healthy for so long, and counting begins anew.
        pub reset_after: Duration = "10m",
    }
    check RestartPolicy::check
}

impl RestartPolicy {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        if self.backoff > self.backoff_max {
            table.problem(cx, "backoff", "is longer than backoff_max; raise that, too");
        }
        if self.slow_retry.is_empty() {
            table.problem(cx, "slow_retry", "is empty; name at least one wait, such as [\"30m\"]");
        }
    }
}

section! {
    /// What a service may use.
    pub struct Limits {
        /// Of the whole tree; restarted above it. Left out: no limit.
        pub memory: Option<ByteSize>,
    }
}
