//! Log bytes to records to aggregates.

mod assemble;
pub mod audit;
pub mod changes;
mod engine;
mod format;
pub mod http;
pub mod incidents;
pub mod input;
pub mod loki;
pub mod news;
pub mod pattern;
mod record;
pub mod restarts;
pub mod rules;
pub mod scan;
pub mod silence;
pub mod source;
pub mod state;
pub mod summary;
pub mod tail;
mod time;
pub mod verdict;

pub use assemble::{Assembler, Borders, End, Sink, Start};
pub use engine::{
    Activity, Aggregates, Analysis, AnalysisOptions, Arrival, Assigned, Books, Class, Combiner, Copies,
    Counted, Event, Hearer, Ongoing, Reach, Reading, RecordOf, SourceBooks, analyze, assign, count_apart,
    key_of, recent,
};
pub use format::inferred_level;
pub use record::{Access, FormatId, Line, LineKind, Record, Stamp, StampLayout, Wrapper};
pub use time::{Anchor, At, Clock, Ending, FileTime, Placement, Stretch, Timeline, Zone, ZoneChoice};
