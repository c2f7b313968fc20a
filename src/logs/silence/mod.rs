//! Silence: a log that stopped while others went on, a heartbeat that ceased.
//!
//! What is missing stands in no line. A log is called silent when it had a steady life, when nothing says that its
//! program was stopped or the file rotated, and when others went on much longer than it ever paused. A heartbeat is a
//! pattern that came at even intervals, and of which many in a row are missing while its log went on.

mod beat;
mod stopped;

pub use beat::{Beat, ceased};
pub use stopped::{Track, stopped};

/// Something that should have been written and was not. Times in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Index in what was asked about.
    pub of: usize,
    /// When it was written last.
    pub last_s: i64,
    /// How long the logs went on without it.
    pub silent_s: i64,
    /// How long it paused before at most, or its period.
    pub usual_s: i64,
}
