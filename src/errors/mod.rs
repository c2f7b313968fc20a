//! Error events: what happened, how often, since when, and whether it is new.
//!
//! ```text
//! SDK, shell, log, import, shim → event → [door: identify, scrub, bound, pack] → store → issues → report
//! ```
//!
//! Whatever an event came by, it goes through the same [`door`], so the same fault is one issue. The [`store`] is one SQLite
//! file that any number of processes write at once: no daemon is needed, and what was acknowledged has reached the disk.
//! Every event is counted; only bodies are sampled. Nothing unscrubbed is ever stored.

pub mod door;
pub mod explain;
pub mod feed;
pub mod intake;
mod life;
pub mod old;
pub mod store;
pub mod summary;

pub use life::{IgnoreRule, IssueState};
