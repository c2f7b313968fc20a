//! MySQL and MariaDB: greeting, login, the query of the config, and how the server fares.
//!
//! The conversation is our own, a small part of the protocol over one line, so that each stage has its words and the
//! server never counts us among those who hang up before they have logged in: a login that succeeded ends with COM_QUIT.
//! Connections in use, read-only state and replication are read where the account may; what it may not see is left out.

mod judge;
mod packet;
mod probe;
mod refusal;
mod reply;
mod session;

pub(super) use judge::judge;
pub(super) use probe::observe;

use std::time::Duration;

use crate::checks::wire::Fault;

/// What came of talking to a server.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MysqlObservation {
    /// For reports and for the server's own client.
    pub(super) place: String,
    pub(super) login: Login,
    pub(super) outcome: Result<State, Fault>,
}

/// Who logs in, without the password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) has_password: bool,
    pub(super) database: Option<String>,
}

/// How a server fares; what the account may not see is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    pub(super) version: String,
    /// Up to the end of the login.
    pub(super) login_took: Duration,
    pub(super) query_took: Duration,
    pub(super) connections: Option<u64>,
    pub(super) max_connections: Option<u64>,
    pub(super) uptime_seconds: Option<u64>,
    pub(super) is_read_only: Option<bool>,
    /// One for each channel; none where the server replicates from nobody.
    pub(super) replication: Option<Vec<Replication>>,
}

/// One channel that a replica follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Replication {
    pub(super) source: String,
    pub(super) is_running: bool,
    /// Behind its source.
    pub(super) lag_seconds: Option<u64>,
    pub(super) last_error: String,
}
