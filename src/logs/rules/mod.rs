//! Known faults: what a message means, how grave that is, what it may cause, and what to type next.
//!
//! The pack is data, a file for each kind of system. Literals alone decide, without regard to case; rules are tried in their
//! order, the particular before the general. It is asked once for each different pattern or exception, never for each record.

mod code;
mod database;
mod host;
mod network;
mod pack;
mod rule;
mod workers;

pub use pack::{Fault, find, rules};
pub use rule::{FaultClass, Rank, Rule};
