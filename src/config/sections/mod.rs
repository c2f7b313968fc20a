//! The sections of the file, as everything else reads them.

mod alert;
mod check;
mod errors;
mod files;
mod logs;
mod operation;
mod root;
mod service;
mod thresholds;

pub use alert::{Alert, Sink, SmtpTls};
pub use check::{
    BackupCheck, CeleryCheck, CertificateCheck, Check, CheckKind, CommandCheck, DiskCheck, ExpectNodes,
    FileAgeCheck, HttpCheck, LogRateCheck, MetricsPageCheck, ProcessCheck, PrometheusTargetCheck, RedisCheck,
    SqlCheck, TcpCheck, UnitCheck,
};
pub use errors::{Errors, Store};
pub use files::{Action, Backup, Clean, CleanRule};
pub use logs::{LogRule, Logs, Timezone};
pub use operation::{Monitor, Serve};
pub use root::Config;
pub use service::{Limits, Manager, RestartPolicy, Service};
pub use thresholds::Thresholds;
