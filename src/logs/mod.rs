//! Log bytes to records to aggregates.

mod record;

pub use record::{Access, FormatId, Line, LineKind, Record, Stamp, StampLayout, Wrapper};
