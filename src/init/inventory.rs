//! What a look at a machine brings back. Plain values.

use std::net::SocketAddr;
use std::path::PathBuf;

/// A folder, and what runs on the machine that it may belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Absolute.
    pub folder: PathBuf,
    /// Who owns it.
    pub owner: Option<String>,
    pub files: Files,
    /// Processes that listen somewhere or work in the folder, parents before their children.
    pub processes: Vec<Process>,
    pub listening: Vec<Listening>,
    pub environment: Vec<Variable>,
}

/// Files of the folder that tell something; relative to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Pid files with the pid that they name.
    pub pid_files: Vec<(PathBuf, u32)>,
    /// Log files, and globs for folders of them.
    pub logs: Vec<String>,
    pub app: Option<App>,
    /// An interpreter of the folder's own.
    pub interpreter: Option<PathBuf>,
    pub backups: Option<PathBuf>,
    pub env_file: Option<PathBuf>,
    /// The kinds of databases whose drivers are named here.
    pub drivers: Vec<&'static str>,
}

/// The program that the folder is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    pub file: PathBuf,
    pub kind: AppKind,
    /// A port that its source names.
    pub port: Option<u16>,
    /// A route by which it tells how it is, where its source names one.
    pub health: Option<String>,
}

/// How an app is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppKind {
    /// It serves itself when it is run.
    Script,
    /// Django's `manage.py`.
    Django,
    /// An ASGI app by the name of `app`, without a server of its own.
    Asgi,
    /// A WSGI app by the name of `app`, without a server of its own.
    Wsgi,
}

/// A running program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    pub words: Vec<String>,
    pub dir: Option<PathBuf>,
    pub user: Option<String>,
    /// Where it writes, where that is a file.
    pub output: Option<PathBuf>,
    /// The unit of systemd that started it.
    pub unit: Option<String>,
    /// Ports that it or a child of its listens on.
    pub ports: Vec<u16>,
    /// It works in the folder or below.
    pub is_at_home: bool,
}

/// A port that somebody listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    pub address: SocketAddr,
    /// Absent without the right to see it.
    pub pid: Option<u32>,
    /// The program's short name.
    pub program: Option<String>,
    pub answer: Answer,
}

/// What a port says when it is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Path and status of the first route that answers well, or of the first that answers at all.
    pub http: Option<(String, u16)>,
    pub metrics: bool,
    /// It said PONG without asking for a password.
    pub redis: bool,
}

/// A variable of a `.env`; of its value, only what is no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    /// Of the URL, host or port that it holds.
    pub scheme: Option<String>,
    pub host: Option<String>,
    pub port: Option<u16>,
    /// The value, where it is known to be no secret: a host, a user, a database, a URL without a password, or nothing.
    pub open: Option<String>,
    /// A URL with a password, without it: `${DB_PASSWORD}` stands in its place.
    pub template: Option<String>,
    /// It looks like a URL and is none, so that nothing of it was kept.
    pub is_malformed: bool,
    /// The caller has it in its own environment, too.
    pub is_set: bool,
}
