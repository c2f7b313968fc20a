//! What a program prints, into the files that a team knows: everything, errors alone, day by day; and what is left to say
//! when it dies.
//!
//! It promises: every byte that came is in a file or counted as lost; a rotation falls between two records; no colours in
//! files; a full disk never holds the program up; memory does not grow with what is printed. What an error record is, the
//! assembler of `logs` says, here as everywhere.

mod crash;
mod ending;
mod escapes;
mod program;
mod series;
mod split;

pub use crash::{Crash, record_crash};
pub use ending::{CrashRecords, Ending, LastCrash, last_crash, last_line, service_log};
pub use program::{Capture, Tap};
pub use series::Losses;
pub use split::Splitter;
