//! Everything that a run has seen, before it is judged.

use std::path::PathBuf;

use crate::checks::LogRate;
use crate::checks::backup_age::BackupObservation;
use crate::checks::celery::CeleryObservation;
use crate::checks::certificate::CertificateObservation;
use crate::checks::command::CommandObservation;
use crate::checks::disk::DiskObservation;
use crate::checks::error_store::KeptErrors;
use crate::checks::file_age::FileAgeObservation;
use crate::checks::http::HttpObservation;
use crate::checks::metrics_page::MetricsObservation;
use crate::checks::mysql::MysqlObservation;
use crate::checks::postgres::PostgresObservation;
use crate::checks::processes::ProcessesObservation;
use crate::checks::prometheus_target::TargetObservation;
use crate::checks::redis::RedisObservation;
use crate::checks::restarts::RestartsObservation;
use crate::checks::seen::Seen;
use crate::checks::system::SystemObservation;
use crate::checks::tcp::TcpObservation;
use crate::checks::unit::UnitObservation;
use crate::store::Watched;

/// What a run has seen; lists stand in the order of the plan.
pub(super) struct Observations {
    pub(super) system: Seen<SystemObservation>,
    /// Absent where the disks could not even be listed in time.
    pub(super) disks: Option<Disks>,
    pub(super) processes: Seen<Result<ProcessesObservation, String>>,
    /// Of each service's health URL, where it has one.
    pub(super) services: Vec<Option<Seen<HttpObservation>>>,
    /// Of each service that a manager of ours can be asked about.
    pub(super) units: Vec<Option<Seen<UnitObservation>>>,
    /// Of each service's log, where it has one.
    pub(super) restarts: Vec<Option<Seen<RestartsObservation>>>,
    /// What a monitor has left of the services; absent where there are none.
    pub(super) watched: Option<Seen<Vec<Watched>>>,
    /// Absent for process checks, which stand in `processes`, and for what cannot be measured yet.
    pub(super) checks: Vec<Option<Seen<Observation>>>,
    /// Absent where the config names no logs, or they are not asked for.
    pub(super) logs: Option<Seen<LogRate>>,
    /// Absent where errors are kept in no file, or the machine is not asked for.
    pub(super) kept: Option<Seen<KeptErrors>>,
}

/// The disks, and which of them holds the root.
pub(super) struct Disks {
    pub(super) seen: Vec<(PathBuf, Seen<DiskObservation>)>,
    pub(super) root: Option<usize>,
}

/// What was seen for one check.
pub(super) enum Observation {
    Http(HttpObservation),
    Tcp(TcpObservation),
    Certificate(CertificateObservation),
    Disk(DiskObservation),
    FileAge(FileAgeObservation),
    LogRate(LogRate),
    Command(CommandObservation),
    Mysql(MysqlObservation),
    Postgres(PostgresObservation),
    Redis(RedisObservation),
    MetricsPage(MetricsObservation),
    PrometheusTarget(TargetObservation),
    Unit(UnitObservation),
    Backup(BackupObservation),
    Celery(CeleryObservation),
}
