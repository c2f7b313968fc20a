//! What was counted in logs, kept in a file, so that hosts and days can be put together exactly.
//!
//! A state holds each log for itself with all that was counted in it, and the log's content as a hash ([`Content`]):
//! whoever puts states together takes each log once, however often it is handed in, and under whatever name or compression
//! it was read. The report over all of them is made by the same code as that of one run, from the same counts.
//!
//! The file is JSON lines within zstd: a [`Header`](document::Header), then one [`Entry`] a line. Texts in it have lost
//! their secrets.

mod content;
mod document;
mod union;

pub use content::{Content, ContentMeter};
pub use document::{Entry, State, StateError, Writer};
pub use union::{Merged, merge};
