//! The embedded store: one SQLite file, written by any number of processes at once.
//!
//! What it promises: an event that [`Store::apply`] returned from has reached the disk; every event is counted, and only
//! bodies are sampled, and in a storm rows shared; the same event sent twice counts once; a file of a newer fuelops is refused, a damaged one kept
//! aside and replaced, and said so; the file is readable by its owner alone.

mod answer;
mod apply;
mod bounds;
mod curate;
mod error;
mod issues;
mod ledger;
mod news;
mod open;
mod per_issue;
mod progress;
mod retention;
mod schema;
mod span;
mod spare;
mod tally;
#[cfg(test)]
mod tests;
mod writer;

pub use answer::{Counted, EventRow, IssueDetail, Overview};
pub use apply::{Outcome, Room};
pub use curate::Decision;
pub use error::StoreError;
pub use issues::{Issue, IssueId};
pub use ledger::Loss;
pub use news::{FromLogs, News};
pub use open::{Access, Store};
pub use retention::{Limits, Pruned};
pub use span::Span;
pub use writer::{Ack, Offer, Writer};

/// Microseconds of an hour, and of a minute: what is counted together.
const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;

/// The hour that a moment lies in, counted since 1970.
fn hour_of(micros: i64) -> i64 {
    micros.div_euclid(HOUR)
}
