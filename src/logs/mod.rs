//! Log bytes to records to aggregates.

mod assemble;
mod record;
mod restarts;
mod time;

pub use assemble::{Assembler, Borders, End, Sink, Start};
pub use record::{Access, FormatId, Line, LineKind, Record, Stamp, StampLayout, Wrapper};
pub use restarts::{Mark, MarkFinder, ProcessEvent, restarts};
pub use time::At;
