//! Asks a URL, and says exactly where it went wrong.
//!
//! `exchange` does the I/O over hyper itself, so that every phase has its time and the peer's certificate is seen; `judge`
//! is pure. Good is: a status of the set, read to its end within the deadline, with the text or fields that are expected.
//! One deadline covers everything from the name lookup to the last byte, redirects included. Whoever has to tell somebody
//! by HTTP uses the same exchange through [`Postman`].

mod exchange;
mod judge;
mod meter;
mod post;
mod redirect;
mod request;

pub(super) use exchange::{exchange, exchange_into};
pub(super) use judge::{Expectation, judge, judge_unanswered, with_measures};
pub use post::{HttpFetched, HttpGet, HttpPost, HttpReply, Postman};
pub(super) use request::Request;

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::checks::tls::{CertificateFacts, TrustFault};

/// What came of asking a URL.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HttpObservation {
    /// Without its secrets.
    pub(super) url: String,
    /// The machine and port that were asked last; `None` when it did not come to that.
    pub(super) peer: Option<SocketAddr>,
    pub(super) phases: Phases,
    /// How many redirects were followed.
    pub(super) redirects: u32,
    pub(super) certificate: Option<CertificateFacts>,
    /// Bytes that the peer sent in answer, headers included.
    pub(super) received_bytes: u64,
    pub(super) outcome: Result<Answer, HttpFailure>,
}

impl HttpObservation {
    /// An exchange that did not begin.
    pub(super) fn failed(url: String, failure: HttpFailure) -> Self {
        Self {
            url,
            peer: None,
            phases: Phases::default(),
            redirects: 0,
            certificate: None,
            received_bytes: 0,
            outcome: Err(failure),
        }
    }
}

/// Time spent in each phase of the last exchange; absent where it was not reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Phases {
    pub(super) dns: Option<Duration>,
    pub(super) connect: Option<Duration>,
    pub(super) tls: Option<Duration>,
    /// From the sent request to the first byte of the answer.
    pub(super) first_byte: Option<Duration>,
    /// From the start, redirects included, to the end.
    pub(super) total: Duration,
}

/// Takes the body of an answer as it comes.
pub(super) trait BodyTaker {
    /// Takes the next block, and says whether more is wanted.
    fn take(&mut self, content_type: Option<&str>, block: &[u8]) -> ControlFlow<()>;
}

/// An answer that was read to its end, or to the cap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    /// When to come back, as the peer wrote it.
    pub(super) retry_after: Option<String>,
    /// The first [`MAX_BODY`] bytes; empty where a [`BodyTaker`] had them.
    pub(super) body: Vec<u8>,
    /// There was more than the cap; the rest was not read.
    pub(super) is_cut: bool,
}

/// Bytes of an answer's body that are read; a health endpoint needs far less.
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// A phase of an exchange, for naming the one that did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Dns,
    Connect,
    Tls,
    Headers,
    Body,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum HttpFailure {
    /// The request could not be made: a secret, header or file of the config.
    NotReady(String),
    Dns(String),
    Refused,
    Connect(String),
    /// The peer's certificate is not to be trusted.
    Untrusted(TrustFault),
    Tls(String),
    /// The peer speaks TLS, and was asked without.
    WantsTls,
    Timeout(Phase),
    /// The peer closed the connection in the middle of this phase.
    Closed(Phase),
    /// What came is not HTTP.
    Protocol(String),
    Redirect(RedirectFault),
}

/// Why a redirect was not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RedirectFault {
    Circle,
    /// To another host, which nobody asked to watch.
    Elsewhere(String),
    TooMany(u32),
    Malformed,
}
