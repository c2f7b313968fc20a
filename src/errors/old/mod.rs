//! What the module that this one replaces has left: its file, read and written.
//!
//! `error_tracking.json` is `{"errors": [{timestamp, type, message, context, endpoint, request_data, traceback, count}],
//! "error_counts": {type: n}, "last_updated"}`, of which `errors` holds at most the last 1000.

mod export;
mod import;

pub use export::export;
pub use import::{Imported, import};
