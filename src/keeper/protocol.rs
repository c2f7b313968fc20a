//! What is said between a keeper and those who ask it for something: one line of JSON each way.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::platform::Account;
use crate::store::{Ended, LogFiles};

/// Longest line; an environment may be large.
const MAX_LINE: u64 = 4 << 20;

/// What a keeper is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Request {
    Start(Box<Start>),
    List,
    /// How a program of this name and pid has ended.
    HowEnded {
        name: String,
        pid: u32,
    },
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    Started(u32),
    Programs(Vec<ProgramStatus>),
    /// Absent while it lives.
    Ended(Option<Ended>),
    Failed(String),
}

/// A program that is to be started and kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    pub name: String,
    /// Program and arguments; never empty.
    pub words: Vec<String>,
    pub dir: PathBuf,
    /// All of its environment.
    pub env: Vec<(OsString, OsString)>,
    /// Whom it becomes, if not the keeper's own user.
    pub user: Option<User>,
    pub files: LogFiles,
    /// Whose the log files are, where root writes them.
    pub file_user: Option<(u32, u32)>,
    pub pid_file: Option<PathBuf>,
}

/// A user, as the keeper is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub home: PathBuf,
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self { name: user.name, uid: user.uid, gid: user.gid, home: user.home }
    }
}

impl From<Account> for User {
    fn from(account: Account) -> Self {
        Self { name: account.name, uid: account.uid, gid: account.gid, home: account.home }
    }
}

/// How a kept program is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramStatus {
    pub name: String,
    pub pid: u32,
    pub started_at: DateTime<Utc>,
    /// Absent while it runs.
    pub ended: Option<Ended>,
    /// Output that could not be written to its main file.
    pub lost_bytes: u64,
    pub lost_lines: u64,
    pub lost_why: Option<String>,
}

pub(super) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)
}

pub(super) fn receive<T: DeserializeOwned>(from: impl Read) -> io::Result<T> {
    let mut line = Vec::new();
    BufReader::with_capacity(4 << 10, from.take(MAX_LINE)).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}
