//! `[[check]]`: anything else that is worth knowing.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::{
    Address, Bars, CommandLine, DayBars, JsonMatch, LatencyBars, PathPattern, Secret, StatusSet, TextMatch,
    Thresholds, Url,
};

/// Something that is probed beside the services.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Unique among services and checks.
    pub name: String,
    pub timeout: Duration,
    pub period: Duration,
    /// `false`: its failure degrades the verdict and does not make it critical.
    pub required: bool,
    /// Services or checks that must be healthy first.
    pub depends_on: Vec<String>,
    /// The general ones, with what this check changes of them.
    pub thresholds: Thresholds,
    pub failure_threshold: NonZeroU32,
    pub success_threshold: NonZeroU32,
    pub kind: CheckKind,
}

/// What is probed, and how.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckKind {
    Http(HttpCheck),
    Tcp(TcpCheck),
    Mysql(SqlCheck),
    Postgres(SqlCheck),
    Redis(RedisCheck),
    MetricsPage(MetricsPageCheck),
    PrometheusTarget(PrometheusTargetCheck),
    Celery(CeleryCheck),
    Systemd(UnitCheck),
    Launchd(UnitCheck),
    Process(ProcessCheck),
    Disk(DiskCheck),
    Certificate(CertificateCheck),
    FileAge(FileAgeCheck),
    LogRate(LogRateCheck),
    Command(CommandCheck),
    Backup(BackupCheck),
}

impl CheckKind {
    /// The word that stands as `type` in the file.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Tcp(_) => "tcp",
            Self::Mysql(_) => "mysql",
            Self::Postgres(_) => "postgres",
            Self::Redis(_) => "redis",
            Self::MetricsPage(_) => "metrics-page",
            Self::PrometheusTarget(_) => "prometheus-target",
            Self::Celery(_) => "celery",
            Self::Systemd(_) => "systemd",
            Self::Launchd(_) => "launchd",
            Self::Process(_) => "process",
            Self::Disk(_) => "disk",
            Self::Certificate(_) => "certificate",
            Self::FileAge(_) => "file-age",
            Self::LogRate(_) => "log-rate",
            Self::Command(_) => "command",
            Self::Backup(_) => "backup",
        }
    }
}

/// A URL that must answer well.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpCheck {
    pub url: Url,
    /// An upper-case token.
    pub method: String,
    pub headers: BTreeMap<String, Secret>,
    /// What is sent; absent: nothing.
    pub request_body: Option<String>,
    pub status: StatusSet,
    /// What must stand in the answer.
    pub body: Option<TextMatch>,
    /// Fields that the answer must have.
    pub json: Vec<JsonMatch>,
    pub latency: LatencyBars,
    /// How many are followed, on the same host.
    pub redirects: u32,
    /// PEM file of authorities that are trusted beside the system's.
    pub ca: Option<PathBuf>,
}

/// A port that must accept connections.
#[derive(Clone, Debug, PartialEq)]
pub struct TcpCheck {
    pub address: Address,
}

/// A MySQL, MariaDB or PostgreSQL server.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlCheck {
    pub url: Url,
    pub query: String,
    /// Connections in use against the server's maximum.
    pub max_connections_percent: Bars,
}

/// A Redis server.
#[derive(Clone, Debug, PartialEq)]
pub struct RedisCheck {
    pub url: Url,
    /// Also writes, and removes, a key of its own.
    pub write_probe: bool,
}

/// A page in the Prometheus exposition format.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsPageCheck {
    pub url: Url,
    /// Names of metrics that must be there.
    pub require: Vec<String>,
}

/// A target as a Prometheus server sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct PrometheusTargetCheck {
    /// Of the Prometheus server.
    pub url: Url,
    pub job: String,
    pub instance: Option<String>,
}

/// Celery workers behind their broker.
#[derive(Clone, Debug, PartialEq)]
pub struct CeleryCheck {
    /// Of the broker.
    pub url: Url,
    pub expect_nodes: Option<ExpectNodes>,
    pub queues: Vec<String>,
}

/// Which workers must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectNodes {
    /// At least so many.
    Count(u32),
    /// These.
    Names(Vec<String>),
}

/// A unit of systemd, or a label of launchd.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitCheck {
    pub unit: String,
}

/// Processes by what their command line holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessCheck {
    /// Compared with the words of the command line, joined by blanks.
    pub matches: TextMatch,
    pub user: Option<String>,
    pub min: u32,
    pub max: Option<u32>,
}

/// A disk, by a path on it.
#[derive(Clone, Debug, PartialEq)]
pub struct DiskCheck {
    pub path: PathBuf,
}

/// A certificate and the days that it has left.
#[derive(Clone, Debug, PartialEq)]
pub struct CertificateCheck {
    /// Exactly one of `address` and `file` is there.
    pub address: Option<Address>,
    pub file: Option<PathBuf>,
    pub days: DayBars,
}

/// A file that must not be older than so.
#[derive(Clone, Debug, PartialEq)]
pub struct FileAgeCheck {
    pub path: PathBuf,
    pub max_age: Duration,
}

/// Errors an hour in log files.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRateCheck {
    pub paths: Vec<PathPattern>,
}

/// A program that ends with the exit codes of the Nagios plugins.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandCheck {
    pub command: CommandLine,
}

/// The newest verified backup.
#[derive(Clone, Debug, PartialEq)]
pub struct BackupCheck {
    pub max_age: Duration,
}
