//! Sources beside the wire: logs that are read again and again, and the spool that programs without an SDK write to.

mod logs;
mod spool;

pub use logs::{Ingested, LogFeed, Record, ingest};
pub use spool::{Drained, SPOOL, drain};
