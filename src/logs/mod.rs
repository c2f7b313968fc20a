//! Log bytes to records to aggregates.

mod assemble;
mod record;
mod time;

pub use assemble::{Assembler, Borders, End, Sink, Start};
pub use record::{Access, FormatId, Line, LineKind, Record, Stamp, StampLayout, Wrapper};
pub use time::At;
