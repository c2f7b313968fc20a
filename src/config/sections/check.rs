//! `[[check]]`: anything else that is worth knowing.

use std::num::NonZeroU32;
use std::time::Duration;

use super::operation::PERIOD;
use super::probe::{
    BackupCheck, CeleryCheck, CertificateCheck, CommandCheck, DiskCheck, FileAgeCheck, HttpCheck,
    LogRateCheck, MetricsPageCheck, MysqlCheck, PostgresCheck, ProcessCheck, PrometheusTargetCheck,
    RedisCheck, TcpCheck, UnitCheck,
};
use crate::config::Thresholds;
use crate::config::read::{Name, References, Span, choice, section};

section! {
    /// Something that is probed beside the services.
    pub struct Check {
        /// Unique among services and checks.
        pub name: String as Name,
        /// How long the whole probe may take.
        pub timeout: Duration as Span = "5s",
        /// How often monitor looks at it.
        pub period: Duration as Span => ("monitor.period", PERIOD),
        /// false: its failure degrades, it does not make the verdict critical.
        pub required: bool = true,
        /// Services or checks that must be healthy first.
        pub depends_on: Vec<String> as References = [],
        /// Where this check differs from the general thresholds.
        pub thresholds: Thresholds => ("thresholds", "{}"),
        /// Failures in a row that count; a failing probe is repeated each second.
        pub failure_threshold: NonZeroU32 = 3,
        /// Successes in a row that count.
        pub success_threshold: NonZeroU32 = 1,
        ..kind: CheckKind,
    }
}

choice! {
    /// What is probed, and how.
    pub enum CheckKind by "type" {
        Http(HttpCheck) = "http",
        Tcp(TcpCheck) = "tcp",
        Mysql(MysqlCheck) = "mysql",
        Postgres(PostgresCheck) = "postgres",
        Redis(RedisCheck) = "redis",
        MetricsPage(MetricsPageCheck) = "metrics-page",
        PrometheusTarget(PrometheusTargetCheck) = "prometheus-target",
        Celery(CeleryCheck) = "celery",
        Systemd(UnitCheck) = "systemd",
        Launchd(UnitCheck) = "launchd",
        Process(ProcessCheck) = "process",
        Disk(DiskCheck) = "disk",
        Certificate(CertificateCheck) = "certificate",
        FileAge(FileAgeCheck) = "file-age",
        LogRate(LogRateCheck) = "log-rate",
        Command(CommandCheck) = "command",
        Backup(BackupCheck) = "backup",
    }
}
