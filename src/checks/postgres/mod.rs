//! PostgreSQL: TLS as the URL asks for it, login, the query of the config, and how the server fares.
//!
//! tokio-postgres speaks for us over a line of our own, so that each stage has its words; a session that was opened is
//! ended with Terminate.

mod judge;
mod probe;
mod refusal;

pub(super) use judge::judge;
pub(super) use probe::observe;

use std::time::Duration;

use crate::checks::wire::Fault;

/// What came of talking to a server.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PostgresObservation {
    /// For reports and for the server's own client.
    pub(super) place: String,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) outcome: Result<State, Fault>,
}

/// How a server fares.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    pub(super) version: String,
    /// Up to the end of the login.
    pub(super) login_took: Duration,
    pub(super) query_took: Duration,
    pub(super) connections: Option<u64>,
    pub(super) max_connections: Option<u64>,
    pub(super) uptime_seconds: Option<u64>,
    /// A standby, or a server that is being recovered.
    pub(super) is_in_recovery: bool,
    pub(super) is_read_only: bool,
    /// Of a standby that has not yet replayed all that it has.
    pub(super) lag_seconds: Option<u64>,
    /// Of a standby: whether it is connected to its primary.
    pub(super) is_receiving: Option<bool>,
}
