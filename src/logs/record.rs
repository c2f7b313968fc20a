//! What a log line and a log record are, in borrowed slices.
//!
//! A [`Line`] is one line seen alone: its head (time, level, logger) peeled off, nothing copied. A [`Record`] is an
//! opening line with the lines that belong to it. Three promises hold everywhere in `logs`:
//!
//! - every input line is exactly one of: the opening line of a record, a continuation line, an unattached line;
//! - what a line is depends on its bytes alone, never on a memo, a thread or the place of a block border;
//! - nothing is dropped: text without a known head is a record without level, and counted.
//!
//! Bytes stay bytes: UTF-8 is checked when something is printed, not before.

use serde::{Deserialize, Serialize};

use crate::model::Level;

/// What one line is, seen alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// Opens a record whatever stands before it: a head of a known shape was found.
    Header,
    /// Text at the left margin without a known head: a record of its own, unless an open construct takes it.
    Plain,
    /// Belongs to the record before it by its looks: indentation, a stack frame, a closing bracket.
    Continuation,
    /// Nothing but white space. Counts as continuation of the record before it, else as unattached.
    Blank,
}

/// The layout that a line was read with. The list is closed; [`FormatId::word`] is what JSON shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum FormatId {
    /// No known head: the whole line is the message.
    #[default]
    Plain,
    /// Uvicorn's default: `INFO:     1.2.3.4:5 - "GET /x HTTP/1.1" 200 OK`, also `ERROR:    Exception in ASGI …`.
    Uvicorn,
    /// `[2024-01-01 10:00:00 +0000] [123] [INFO] Booting worker`.
    Gunicorn,
    /// Python's `basicConfig`: `ERROR:name:msg`.
    PythonBasic,
    /// `2024-01-01 10:00:00,123 [ERROR] name - msg`, `… [ERROR] name: msg`, `… [ERROR] msg`.
    PythonBracket,
    /// `2024-01-01 10:00:00,123 - name - ERROR - msg`, `… - ERROR - msg`, `… - ERROR - name - msg`.
    PythonDash,
    /// `2024-01-01 10:00:00.123 | INFO     | mod:func:12 - msg`.
    Loguru,
    /// `2024-01-01T10:00:00Z [info     ] event [logger] key=value`.
    StructlogConsole,
    /// `[25/Dec/2024 10:00:00] "GET /x HTTP/1.1" 200 12`.
    Django,
    /// `127.0.0.1 - - [25/Dec/2024 10:00:00] "GET /x HTTP/1.1" 200 -`.
    Werkzeug,
    /// `[2024-01-01 10:00:00,123: ERROR/ForkPoolWorker-1] Task …`.
    Celery,
    /// `[2024-01-01 10:00:00] msg`, with or without a level behind the bracket.
    Bracketed,
    /// `Mon Jan  1 10:00:00 UTC 2024: msg`, as `echo "$(date): …"` writes it.
    DateEcho,
    /// A dateless console line: `10:00:01 INFO …`.
    Console,
    /// Common or combined access log of nginx, Apache and others.
    AccessLog,
    /// `2024/01/01 10:00:00 [error] 12#12: *3 msg`.
    NginxError,
    /// `[Sun Dec 04 04:47:44 2005] [error] msg`, with modules, pids and clients.
    ApacheError,
    /// One JSON object a line.
    Json,
    /// `level=info ts=… msg="…"`.
    Logfmt,
    /// `<34>Oct 11 22:14:15 host tag[1]: msg`, with or without the priority.
    Syslog3164,
    /// `<34>1 2003-10-11T22:14:15.003Z host app 1 ID47 [sd] msg`.
    Syslog5424,
    /// An entry of `journalctl -o export`.
    JournalExport,
    /// log4j, logback and their like: `2015-10-18 18:01:47,978 INFO [main] a.b.C: msg`.
    Log4j,
    /// `081109 203518 148 INFO dfs.X: msg`.
    Hdfs,
    /// `17/06/09 20:10:40 INFO executor.X: msg`.
    Spark,
    /// Go's `log` package: `2024/01/01 10:00:00 file.go:12: msg`.
    GoLog,
    /// `I0102 15:04:05.000000  123 file.go:12] msg`.
    Glog,
    /// Rust's `tracing` and `env_logger`: `2024-01-01T10:00:00.000000Z  INFO target: msg`.
    RustTracing,
    /// `2024-01-01 10:00:00.000 UTC [123] LOG:  msg`.
    Postgres,
    /// `2024-01-01T10:00:00.000000Z 0 [ERROR] [MY-010000] [Server] msg`, also MariaDB's and the older layouts.
    Mysql,
    /// `123:M 01 Jan 2024 10:00:00.000 * msg`.
    Redis,
    /// `2016-09-28 04:30:30, Info                  CBS    msg`.
    WindowsCbs,
    /// Blue Gene/L: `- 1117838570 2005.06.03 R02 2005-06-03-15.42.50.675872 R02 RAS KERNEL INFO msg`.
    Bgl,
    /// An alert mark and an epoch before a syslog line, as Thunderbird, Spirit and Liberty wrote them.
    ClusterSyslog,
    /// `134681 node-246 unix.hw state_change.unavailable 1077804742 1 msg`.
    Hpc,
    /// `03-17 16:13:38.811  1702  2395 D WindowManager: msg`.
    Logcat,
    /// OpenStack's oslo.log: `2017-05-16 00:00:00.008 25746 INFO nova.api [req-…] msg`.
    Openstack,
    /// Fields between bars: `20171223-22:15:29:606|Step_LSC|30002312|msg`.
    BarFields,
    /// `[10.30 16:49:06] chrome.exe - msg`.
    Proxifier,
    /// The opening line of a crash block between lines of 80 `=`.
    CrashBlock,
    /// A printed stack that opens a record of its own: `Traceback (most recent call last):`, `panic: …`.
    Stack,
    /// A head of no named layout: a time or a level word was found, the rest is the message.
    Other,
}

/// What stood around the line and was peeled off before it was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Wrapper {
    /// The line stood bare.
    #[default]
    None,
    /// `{"log":"…\n","stream":"stderr","time":"…"}`.
    DockerJson,
    /// `2024-01-01T10:00:00.000000000Z stdout F msg`.
    Cri,
    /// `backend-1  | msg`.
    Compose,
    /// `[pod/backend-7d9f/backend] msg`, as `kubectl logs --prefix` writes it.
    Kubectl,
    /// `2024-01-01T10:00:00.000000000Z msg`, as `docker logs -t` and `kubectl logs --timestamps` write it.
    Timestamped,
    /// `journalctl -o json`.
    JournalJson,
    /// The head that syslog or journald put before a line of another layout.
    Syslog,
}

/// The shape of a written time; tells what is missing in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum StampLayout {
    /// No time was written.
    #[default]
    None,
    /// Year first: `2024-01-01 10:00:00`, with `T`, `/`, `.`, a fraction, an offset where written.
    YearFirst,
    /// `25/Dec/2024:10:00:00 +0000`, also with a blank before the hour; `25-Dec-2024 10:00:00.000`.
    DayNameYear,
    /// `Jan 01, 2024 10:00:00 AM`.
    MonthDayYear,
    /// `Dec 25 10:00:00`: the year is missing.
    MonthDay,
    /// `Sun Dec 04 04:47:44 2005`, `Mon Jan  1 10:00:00 UTC 2024`.
    WeekdayFirst,
    /// `Mon 01 Jan 2024 10:00:00 AM CET`, `01 Jan 2024 10:00:00.000`.
    DayMonthYear,
    /// `10:00:01.123`: the day is missing.
    TimeOnly,
    /// `0102 15:04:05.000000` as glog writes it: the year is missing.
    GlogMonthDay,
    /// `03-17 16:13:38.811`, `10.30 16:49:06`: the year is missing.
    MonthDayDigits,
    /// `081109 203518`.
    PackedYearFirst,
    /// `20171223-22:15:29:606`.
    PackedDate,
    /// `17/06/09 20:10:40`: year first where that is possible.
    ShortYear,
    /// `2005-06-03-15.42.50.675872`.
    Dotted,
    /// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size.
    Epoch,
}

/// A time as it was written; turned into microseconds only when it is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp<'a> {
    pub layout: StampLayout,
    /// The written time without brackets and quotes; empty if there is none.
    pub text: &'a [u8],
}

/// A request as an access line tells it. Absent fields are empty or `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access<'a> {
    pub client: &'a [u8],
    pub method: &'a [u8],
    /// Path and query as written.
    pub target: &'a [u8],
    pub status: u16,
    pub latency_us: Option<u64>,
    pub bytes: Option<u64>,
    pub user_agent: &'a [u8],
}

/// One line, its head taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub kind: LineKind,
    pub format: FormatId,
    pub wrapper: Wrapper,
    /// The level as written; `None` where no level stands in the line.
    pub level: Option<Level>,
    /// The level word as written, for `level_raw`; empty where there is none.
    pub level_raw: &'a [u8],
    /// Logger, component, program or tag; empty where there is none.
    pub logger: &'a [u8],
    /// Where in the source the record says it was written (`file.go:12`, `func:12`); empty where it does not.
    pub origin: &'a [u8],
    /// Request, correlation or trace id; empty where there is none.
    pub correlation: &'a [u8],
    pub stamp: Stamp<'a>,
    /// What is left when the head is taken off; escapes of JSON and logfmt are resolved.
    pub message: &'a [u8],
    /// The request, where the line is an access line.
    pub access: Option<Access<'a>>,
    /// Stack or exception text that the line carries in a field of its own (`exc_info`, `stack_trace`); may be empty.
    pub trace: &'a [u8],
}

impl<'a> Line<'a> {
    /// Makes this a line that opens a record, its other fields empty. Lines are filled in where they stand: they are too
    /// large to be handed around by value for each of millions.
    #[inline]
    pub(crate) fn reset(&mut self, format: FormatId) {
        *self = Self { kind: LineKind::Header, format, ..Self::plain(b"") };
    }

    /// A line without a known head: everything is message.
    pub fn plain(text: &'a [u8]) -> Self {
        Self {
            kind: LineKind::Plain,
            format: FormatId::Plain,
            wrapper: Wrapper::None,
            level: None,
            level_raw: b"",
            logger: b"",
            origin: b"",
            correlation: b"",
            stamp: Stamp::default(),
            message: text,
            access: None,
            trace: b"",
        }
    }
}

/// An opening line with the lines that belong to it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The opening line.
    pub line: &'a Line<'a>,
    /// The continuation lines, wrappers and colours peeled, each ending with `\n` (the last one may lack it); empty for
    /// a record of one line.
    pub body: &'a [u8],
    /// Where the opening line begins, in bytes from the beginning of the segment.
    pub offset: u64,
    /// Number of the opening line, from 0, in the segment.
    pub line_no: u64,
    /// Input lines that the record takes, the opening line included.
    pub lines: u32,
}

impl FormatId {
    /// The kebab-case word that stands in `coverage.files[].formats[]`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Uvicorn => "uvicorn",
            Self::Gunicorn => "gunicorn",
            Self::PythonBasic => "python-basic",
            Self::PythonBracket => "python-bracket",
            Self::PythonDash => "python-dash",
            Self::Loguru => "loguru",
            Self::StructlogConsole => "structlog-console",
            Self::Django => "django",
            Self::Werkzeug => "werkzeug",
            Self::Celery => "celery",
            Self::Bracketed => "bracketed",
            Self::DateEcho => "date-echo",
            Self::Console => "console",
            Self::AccessLog => "access-log",
            Self::NginxError => "nginx-error",
            Self::ApacheError => "apache-error",
            Self::Json => "json",
            Self::Logfmt => "logfmt",
            Self::Syslog3164 => "syslog-3164",
            Self::Syslog5424 => "syslog-5424",
            Self::JournalExport => "journal-export",
            Self::Log4j => "log4j",
            Self::Hdfs => "hdfs",
            Self::Spark => "spark",
            Self::GoLog => "go-log",
            Self::Glog => "glog",
            Self::RustTracing => "rust-tracing",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Redis => "redis",
            Self::WindowsCbs => "windows-cbs",
            Self::Bgl => "bgl",
            Self::ClusterSyslog => "cluster-syslog",
            Self::Hpc => "hpc",
            Self::Logcat => "logcat",
            Self::Openstack => "openstack",
            Self::BarFields => "bar-fields",
            Self::Proxifier => "proxifier",
            Self::CrashBlock => "crash-block",
            Self::Stack => "stack",
            Self::Other => "other",
        }
    }
}

impl Wrapper {
    /// The word that stands before the format's in `formats[]` (`docker-json/json`), or nothing for a bare line.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::DockerJson => "docker-json",
            Self::Cri => "cri",
            Self::Compose => "compose",
            Self::Kubectl => "kubectl",
            Self::Timestamped => "timestamped",
            Self::JournalJson => "journal-json",
            Self::Syslog => "syslog",
        }
    }
}

impl StampLayout {
    /// Whether the written time names no year.
    pub fn lacks_year(self) -> bool {
        matches!(self, Self::MonthDay | Self::GlogMonthDay | Self::MonthDayDigits)
    }

    /// Whether the written time names no day at all.
    pub fn lacks_day(self) -> bool {
        self == Self::TimeOnly
    }
}
