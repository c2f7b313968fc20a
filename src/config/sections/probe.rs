//! The types of checks, with the keys of each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use toml::de::DeValue;

use super::check::CheckKind;
use super::check_scheme;
use super::logs::LOG_PATHS;
use crate::config::read::{Node, Reader, Schema, Setting, Span, Table, section};
use crate::config::values::{JsonMatches, Pairs};
use crate::config::{
    Address, Bars, CommandLine, DayBars, JsonMatch, LatencyBars, PathPattern, Secret, StatusSet, TextMatch,
    Url,
};

/// Redirects that are followed at most.
const MAX_REDIRECTS: u32 = 5;

section! {
    /// A URL that must answer well.
    pub struct HttpCheck {
        /// http:// or https://.
        pub url: Url,
        /// GET, HEAD, POST or another.
        pub method: String = "GET",
        /// Sent with the request.
        pub headers: BTreeMap<String, Secret> as Pairs,
        /// Sent with the request.
        pub request_body: Option<String>,
        /// Statuses that are good: numbers and ranges.
        pub status: StatusSet = ["200-299"],
        /// Must stand in the answer: a part of it, or { regex = "…" }.
        pub body: Option<TextMatch>,
        /// Fields that a JSON answer must have: { status = "healthy", "system.ok" = true }.
        pub json: Vec<JsonMatch> as JsonMatches,
        /// Slower than warn is yellow, slower than critical red.
        pub latency: LatencyBars,
        /// How many are followed, on the same host; at most 5.
        pub redirects: u32 = 5,
        /// A PEM file of authorities that are trusted beside the system's.
        pub ca: Option<PathBuf>,
    }
    check HttpCheck::check
}

impl HttpCheck {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        check_scheme(table, cx, "url", &self.url, &["http", "https"]);
        if !self.method.chars().all(|c| c.is_ascii_uppercase()) || self.method.len() > 16 {
            table.problem(
                cx,
                "method",
                format!("{:?} is not a method; write it like GET or POST", self.method),
            );
        }
        if self.redirects > MAX_REDIRECTS {
            table.problem(cx, "redirects", format!("{} is more than {MAX_REDIRECTS}", self.redirects));
        }
    }
}

section! {
    /// A port that must accept connections.
    pub struct TcpCheck {
        /// host:port.
        pub address: Address,
    }
}

section! {
    /// A MySQL or MariaDB server.
    pub struct MysqlCheck {
        /// mysql://user:password@host:3306/database.
        pub url: Url,
        /// Must succeed.
        pub query: String = "SELECT 1",
        /// Connections in use, of those that the server allows.
        pub max_connections_percent: Bars = { warn = 80, critical = 95 },
    }
    check MysqlCheck::check
}

impl MysqlCheck {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        check_scheme(table, cx, "url", &self.url, &["mysql", "mariadb"]);
    }
}

section! {
    /// A PostgreSQL server.
    pub struct PostgresCheck {
        /// postgres://user:password@host:5432/database.
        pub url: Url,
        /// Must succeed.
        pub query: String = "SELECT 1",
        /// Connections in use, of those that the server allows.
        pub max_connections_percent: Bars = { warn = 80, critical = 95 },
    }
    check PostgresCheck::check
}

impl PostgresCheck {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        check_scheme(table, cx, "url", &self.url, &["postgres", "postgresql"]);
    }
}

section! {
    /// A Redis server.
    pub struct RedisCheck {
        /// redis://:password@host:6379/0; rediss:// for TLS.
        pub url: Url,
        /// Writes, and removes again, a key of its own, too.
        pub write_probe: bool = false,
    }
    check RedisCheck::check
}

impl RedisCheck {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        check_scheme(table, cx, "url", &self.url, &["redis", "rediss", "redis+unix", "unix"]);
    }
}

section! {
    /// A page in the Prometheus exposition format.
    pub struct MetricsPageCheck {
        /// http:// or https://.
        pub url: Url,
        /// Names of metrics that must be there.
        pub require: Vec<String> = [],
    }
    check MetricsPageCheck::check
}

impl MetricsPageCheck {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        check_scheme(table, cx, "url", &self.url, &["http", "https"]);
        let first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
        let is_metric =
            |name: &str| name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit());
        for name in self.require.iter().filter(|name| !is_metric(name)) {
            table.problem(cx, "require", format!("{name:?} is not the name of a metric"));
        }
    }
}

section! {
    /// A target as a Prometheus server sees it.
    pub struct PrometheusTargetCheck {
        /// Of the Prometheus server, such as http://127.0.0.1:9090.
        pub url: Url,
        /// The label job of the target.
        pub job: String,
        /// The label instance of the target. Left out: every instance of the job.
        pub instance: Option<String>,
    }
    check PrometheusTargetCheck::check
}

impl PrometheusTargetCheck {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        check_scheme(table, cx, "url", &self.url, &["http", "https"]);
    }
}

section! {
    /// Celery workers behind their broker.
    pub struct CeleryCheck {
        /// Of the broker.
        pub url: Url,
        /// Workers that must answer: how many, or their names.
        pub expect_nodes: Option<ExpectNodes>,
        /// Queues whose length is told.
        pub queues: Vec<String> = ["celery"],
    }
    check CeleryCheck::check
}

impl CeleryCheck {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        let schemes = ["redis", "rediss", "redis+unix", "unix", "amqp", "amqps"];
        check_scheme(table, cx, "url", &self.url, &schemes);
    }
}

impl CheckKind {
    /// The host and port that a check asks, where it asks one. Opens the URL where that is a secret.
    pub fn endpoint(&self) -> Option<Address> {
        let url = match self {
            Self::Http(check) => &check.url,
            Self::Mysql(check) => &check.url,
            Self::Postgres(check) => &check.url,
            Self::Redis(check) => &check.url,
            Self::MetricsPage(check) => &check.url,
            Self::PrometheusTarget(check) => &check.url,
            Self::Celery(check) => &check.url,
            Self::Tcp(check) => return Some(check.address.clone()),
            Self::Certificate(check) => return check.address.clone(),
            Self::Systemd(_)
            | Self::Launchd(_)
            | Self::Process(_)
            | Self::Disk(_)
            | Self::FileAge(_)
            | Self::LogRate(_)
            | Self::Command(_)
            | Self::Backup(_) => return None,
        };
        url.parts().ok()?.address()
    }
}

/// Which workers must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectNodes {
    /// At least so many.
    Count(u32),
    /// These.
    Names(Vec<String>),
}

impl Setting for ExpectNodes {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        match node.value() {
            DeValue::Array(_) => Vec::read(node, cx).map(Self::Names),
            DeValue::Integer(_) => u32::read(node, cx).map(Self::Count),
            _ => {
                cx.mismatch(node, "a number, or names such as [\"worker1@host\"]");
                None
            }
        }
    }

    fn show(&self) -> Option<String> {
        match self {
            Self::Count(count) => count.show(),
            Self::Names(names) => names.show(),
        }
    }

    fn schema(schema: &mut Schema) -> Value {
        json!({ "anyOf": [u32::schema(schema), Vec::<String>::schema(schema)] })
    }
}

section! {
    /// A unit of systemd, or a label of launchd.
    pub struct UnitCheck {
        /// Its full name, such as nginx.service.
        pub unit: String,
    }
}

section! {
    /// Processes by what their command line holds.
    pub struct ProcessCheck {
        /// A part of the command line, its words joined by blanks, or { regex = "…" }.
        pub matches("match"): TextMatch,
        /// Only processes of this user.
        pub user: Option<String>,
        /// Fewer are too few.
        pub min: u32 = 1,
        /// More are too many. Left out: no limit.
        pub max: Option<u32>,
    }
    check ProcessCheck::check
}

impl ProcessCheck {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        if let Some(max) = self.max.filter(|max| *max < self.min) {
            table.problem(cx, "max", format!("{max} is below min ({})", self.min));
        }
    }
}

section! {
    /// A disk, by a path on it.
    pub struct DiskCheck {
        /// Any file or folder of the disk.
        pub path: PathBuf,
    }
}

section! {
    /// A certificate and the days that it has left.
    pub struct CertificateCheck {
        /// host:port of a server that shows it.
        pub address: Option<Address>,
        /// A PEM file, instead of address.
        pub file: Option<PathBuf>,
        /// Yellow with fewer days left than warn, red with fewer than critical.
        pub days: DayBars = { warn = 21, critical = 7 },
    }
    check CertificateCheck::check
}

impl CertificateCheck {
    fn check(&self, table: &Table<'_>, cx: &mut Reader<'_>) {
        match (&self.address, &self.file) {
            (None, None) => table.problem(
                cx,
                "",
                "\"address\" is missing; add address = \"host:443\" or file = \"cert.pem\"",
            ),
            (Some(_), Some(_)) => table.problem(cx, "file", "goes without address; leave one of them out"),
            _ => {}
        }
    }
}

section! {
    /// A file that must not be older than so, such as a log that must not fall silent.
    pub struct FileAgeCheck {
        /// The file.
        pub path: PathBuf,
        /// Since it was last written to.
        pub max_age: Duration as Span,
    }
}

section! {
    /// Errors an hour in log files, against thresholds.errors_per_hour.
    pub struct LogRateCheck {
        /// Paths and globs.
        pub paths: Vec<PathPattern> => ("logs.paths", LOG_PATHS),
    }
}

section! {
    /// A program that ends with the exit codes of the Nagios plugins.
    pub struct CommandCheck {
        /// The program and its arguments.
        pub command: CommandLine,
    }
}

section! {
    /// The newest verified backup.
    pub struct BackupCheck {
        /// Older is red.
        pub max_age: Duration as Span = "24h",
    }
}
