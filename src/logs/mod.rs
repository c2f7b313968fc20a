//! Log bytes to records to aggregates.

mod assemble;
mod audit;
mod changes;
pub mod http;
pub mod input;
pub mod pattern;
mod record;
mod restarts;
pub mod scan;
mod time;
mod verdict;

pub use assemble::{Assembler, Borders, End, Sink, Start};
pub use audit::{Misfit, TeamRules, builtin, inferred};
pub use changes::{Baseline, BaselinePattern, Clock, PatternSeries, Shift, against, within};
pub use record::{Access, FormatId, Line, LineKind, Record, Stamp, StampLayout, Wrapper};
pub use restarts::{Mark, MarkFinder, ProcessEvent, restarts};
pub use time::At;
pub use verdict::{Tally, VerdictBars, verdict, worst_hour};
