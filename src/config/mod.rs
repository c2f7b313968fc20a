//! The config: layers, sections and where each value comes from.
//!
//! [`Config`] is what everything else reads: complete, validated, with every default filled in and every path absolute.
//! Secrets stand in it as [`Secret`] and [`Url`], which show themselves only masked and are opened where they are used.

mod advice;
mod aliases;
mod built_in;
mod environment;
mod file;
mod load;
mod pending;
mod read;
mod sections;
mod values;

#[cfg(test)]
mod testing;

pub use advice::advice;
pub use aliases::{Alias, AliasKind, aliases};
pub use built_in::has_backend;
pub use environment::Environment;
pub use file::Via;
pub use load::{ConfigError, Loaded, Origin, load, parse, state_dir};
pub use pending::{BETTER, WRITTEN_BY_INIT};
pub use read::{Entry, Problem, Source};

pub use sections::{
    Action, Alert, AlertmanagerSink, Backup, BackupCheck, CeleryCheck, CertificateCheck, Check, CheckKind,
    Clean, CleanRule, CommandCheck, CommandSink, Config, Day, DiskCheck, EmailSink, Errors, ExpectNodes,
    FileAgeCheck, FileSink, HttpCheck, Limits, LogRateCheck, LogRule, Logs, LokiAccess, MaintenanceWindow,
    Manager, MetricsPageCheck, Monitor, MysqlCheck, PagerdutySink, PostgresCheck, ProcessCheck,
    PrometheusTargetCheck, RedisCheck, RestartPolicy, Serve, Service, Sink, SlackSink, SmtpTls, Store,
    TcpCheck, Thresholds, Timezone, UnitCheck, WebhookSink,
};
pub use values::{
    Address, Bars, ByteSize, CommandLine, DayBars, Hours, JsonMatch, LatencyBars, PathPattern, Percent,
    Reopen, Secret, SecretError, Signal, StatusSet, TextMatch, Url, UrlError, UrlParts,
};
