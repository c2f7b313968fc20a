//! Redis: login, a read probe, how the server fares, and a write probe where it is asked for.
//!
//! A server at `maxmemory`, or one that cannot save, answers PING and refuses every write: only the write probe, or what
//! INFO tells, shows that it is down. The protocol is small enough to be spoken here over one line.

mod facts;
mod judge;
mod probe;
mod refusal;
mod resp;

pub(super) use judge::judge;
pub(super) use probe::{RedisAccount, RedisSession, observe};
pub(super) use resp::Value;

use std::time::Duration;

use crate::checks::redis::facts::Facts;
use crate::checks::wire::Fault;

/// What came of talking to a server.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RedisObservation {
    /// For reports and for the server's own client.
    pub(super) place: String,
    pub(super) has_password: bool,
    pub(super) outcome: Result<State, Fault>,
}

/// How a server fares.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    /// Up to the end of the login.
    pub(super) login_took: Duration,
    pub(super) ping_took: Duration,
    /// Absent where no write probe was asked for.
    pub(super) write_took: Option<Duration>,
    /// Absent where the account may not see them.
    pub(super) facts: Option<Facts>,
}
