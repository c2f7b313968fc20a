//! The sections of the file, as everything else reads them.

mod alert;
mod check;
mod errors;
mod files;
mod logs;
mod operation;
mod probe;
mod root;
mod service;
mod thresholds;

pub use alert::{
    Alert, AlertmanagerSink, CommandSink, EmailSink, FileSink, PagerdutySink, Sink, SlackSink, SmtpTls,
    WebhookSink,
};
pub use check::{Check, CheckKind};
pub use errors::{Errors, Store};
pub use files::{Action, Backup, Clean, CleanRule};
pub use logs::{LogRule, Logs, LokiAccess, Timezone};
pub use operation::{Day, MaintenanceWindow, Monitor, Serve};
pub use probe::{
    BackupCheck, CeleryCheck, CertificateCheck, CommandCheck, DiskCheck, ExpectNodes, FileAgeCheck,
    HttpCheck, LogRateCheck, MetricsPageCheck, MysqlCheck, PostgresCheck, ProcessCheck,
    PrometheusTargetCheck, RedisCheck, TcpCheck, UnitCheck,
};
pub use root::Config;
pub(super) use root::{Place, Tables};
pub use service::{Limits, Manager, RestartPolicy, Service};
pub use thresholds::Thresholds;

use crate::config::Url;
use crate::config::read::{Reader, Table};

/// Reports a URL whose scheme is not one that is spoken here.
fn check_scheme(table: &Table<'_>, cx: &mut Reader<'_>, key: &str, url: &Url, schemes: &[&str]) {
    if let Some(scheme) = url.scheme()
        && !schemes.contains(&scheme.as_str())
    {
        table.problem(
            cx,
            key,
            format!("{scheme}:// is not spoken here; write {}://", schemes.join(":// or ")),
        );
    }
}
