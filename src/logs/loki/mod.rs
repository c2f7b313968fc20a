//! Grafana Loki as a source of logs: what is asked of `query_range`, and what is made of the answers. No I/O to the network
//! here; whoever can ask, asks.
//!
//! [`Pages`] says what to ask next and takes each answer. Pages overlap by the last nanosecond of the page before, since
//! several lines may bear the same time, and what came twice is dropped. Lines of one program come in the order of their
//! times, from however many streams: labels that change from line to line (a level, a trace) tell no programs apart.
//! [`Shelf`] keeps them in files without names, each line behind its time as container engines write it, and hands them on
//! as [`Source`](crate::logs::input::Source)s.

mod answer;
mod pages;
mod shelf;

pub use answer::{LokiFault, Reply};
pub use pages::{Pages, Query, Turn};
pub use shelf::{Shelf, Shelved};
