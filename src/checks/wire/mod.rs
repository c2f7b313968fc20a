//! The line to a server that is no web server, and what can go wrong on it; shared by the probes of databases and caches.
//!
//! A probe takes one connection through its stages under one deadline, and always knows in which stage it is, so that
//! silence, an end of the line and a refusal are told with their place. What the peer sends is counted and capped, and its
//! first bytes are kept: a server of another protocol betrays itself by them.

mod judge;
mod line;
mod place;
mod stranger;

pub(super) use judge::{Lore, Meaning, Peer, judged, measured, percent, said, unanswered};
pub(super) use line::{Course, Line};
pub(super) use place::{Encryption, Place, parameter, path, trust};

use std::time::Duration;

use crate::checks::connect::ConnectFailure;
use crate::checks::tls::TlsFailure;

/// How far a conversation has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    Connect,
    /// Up to the server's first words.
    Greeting,
    Tls,
    Login,
    /// The query of the config, or the read probe.
    Query,
    /// What the server tells of its own state.
    Facts,
    /// The write probe.
    Write,
}

impl Stage {
    /// The word that stands in reports.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Tls => "tls",
            Self::Login => "login",
            Self::Query => "query",
            Self::Facts => "facts",
            Self::Write => "write",
        }
    }
}

/// A server's own words for not doing what it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The number, SQLSTATE or first word by which the server's manual names it.
    pub(super) code: String,
    pub(super) message: String,
}

/// Why a conversation did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A secret or URL of the config cannot be used: no news of the server.
    NotReady(String),
    Connect(ConnectFailure),
    /// Nothing came in this stage for so long.
    Silent(Stage, Duration),
    /// The server ended the connection in this stage.
    Closed(Stage),
    Tls(TlsFailure),
    /// The URL asks for TLS, which the server does not offer.
    NoTls,
    /// The server speaks another protocol.
    Stranger(&'static str),
    /// It does not keep to its protocol.
    Garbled(String),
    Refused(Stage, Refusal),
}
