//! Starts, stops, reloads and crashes of the processes that wrote the logs.
//!
//! [`mark`] looks at one message and says what it tells of a process's life; [`restarts`] puts the marks of all files
//! in order and decides: a start without a stop before it is a crash, a developer's autoreloader makes reloads, the
//! workers of one parent are not starts of their own.

mod life;
mod mark;

pub use life::{ProcessEvent, is_crash_loop, restarts};
pub use mark::{Mark, MarkFinder};
