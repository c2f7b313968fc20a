//! Celery workers behind a Redis broker, asked without Python: who listens, who answers, and how much waits.
//!
//! A ping is the one that `celery inspect ping` sends, by the same road: published to all workers, answered into a queue
//! of our own, which is removed again. The broker tells how many listen before any answers, so that a worker that hangs
//! is told apart from one that is not there.

mod judge;
mod message;
mod probe;

pub(super) use judge::judge;
pub(super) use probe::observe;

use std::time::Duration;

use crate::checks::wire::Fault;

/// What came of asking the broker and its workers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CeleryObservation {
    /// Of the broker.
    pub(super) place: String,
    pub(super) outcome: Result<Workers, Fault>,
}

/// Who is there, and what waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Workers {
    /// Connections that the ping went to.
    pub(super) listening: u64,
    /// Names of those that answered; one that is there twice stands twice.
    pub(super) answered: Vec<String>,
    /// Answers that are not JSON, and were not read.
    pub(super) unread: u64,
    /// From the ping to the last answer.
    pub(super) took: Duration,
    /// Messages that wait, of each queue.
    pub(super) queues: Vec<(String, u64)>,
    /// Messages that workers have taken and not yet done with.
    pub(super) unacknowledged: u64,
}
