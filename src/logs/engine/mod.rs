//! The engine: sources in, one [`Analysis`] out.
//!
//! Plain files are cut into parts of a few MiB that any worker may take; streams are one part each. A part begins at the
//! first line that surely opens a record, at or behind its cut, and goes on to the first such line at or behind the next
//! cut, so every record belongs to one part, whole. A worker keeps [`Aggregates`] of its own and hands them over when they
//! get heavy; adding them up is associative and commutative, so threads, cuts and their order leave no trace.
//!
//! Memory is bounded: a buffer of [`window::MAX_RECORD`] bytes for each worker, aggregates that bound themselves, no file
//! is mapped or held as a whole.

mod activity;
mod aggregates;
mod analysis;
mod apart;
mod assign;
mod books;
mod clock;
mod events;
mod heard;
mod key;
mod last_words;
mod observer;
mod ongoing;
mod overlap;
mod pairs;
mod part;
mod pipeline;
mod plan;
mod raised;
mod ranged;
mod recent;
mod run;
#[cfg(test)]
mod tests;
mod timeless;
mod window;

pub use activity::Activity;
pub use aggregates::Aggregates;
pub use analysis::Analysis;
pub use apart::{Combiner, Counted, count_apart};
pub use assign::{Assigned, RecordOf, assign};
pub use books::{Books, SourceBooks};
pub use events::Event;
pub use heard::Hearer;
pub use ongoing::{Arrival, Ongoing, Reading, key_of};
pub use overlap::{Class, Copies};
pub use recent::{Reach, recent};
pub use run::{AnalysisOptions, analyze};
