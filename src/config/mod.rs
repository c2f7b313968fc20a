//! The config: layers, sections and where each value comes from.
//!
//! [`Config`] is what everything else reads: complete, validated, with every default filled in and every path absolute.
//! Secrets stand in it as [`Secret`] and [`Url`], which show themselves only masked and are opened where they are used.

mod sections;
mod values;

pub use sections::Config;
pub use sections::{
    Action, Alert, Backup, Check, CheckKind, Clean, CleanRule, Errors, ExpectNodes, Limits, LogRule, Logs,
    Manager, Monitor, RestartPolicy, Serve, Service, Sink, SmtpTls, Store, Thresholds, Timezone,
};
pub use sections::{
    BackupCheck, CeleryCheck, CertificateCheck, CommandCheck, DiskCheck, FileAgeCheck, HttpCheck,
    LogRateCheck, MetricsPageCheck, ProcessCheck, PrometheusTargetCheck, RedisCheck, SqlCheck, TcpCheck,
    UnitCheck,
};
pub use values::{
    Address, Bars, ByteSize, CommandLine, DayBars, JsonMatch, LatencyBars, PathPattern, Percent, Reopen,
    Secret, SecretError, Signal, StatusSet, TextMatch, Url, UrlError, UrlParts,
};
