//! The keeper: one small process for each state folder, parent and log reader of all services.
//!
//! It outlives whoever has asked it to start something, and a service outlives it: output goes through a pipe that the
//! service itself holds open for reading, too, so that it is never told that nobody reads. While no keeper lives, up to
//! a mebibyte of output waits in the pipe, and a service that prints more waits as well; the next keeper goes on where the
//! last one stopped. A keeper ends when its last program has ended and nobody asks for another.
//!
//! `fuelops run` in the foreground is the same code for one program.

mod client;
mod engine;
mod foreground;
mod program;
mod protocol;
mod source;

pub use client::{Keeper, KeeperError};
pub use engine::keep;
pub use foreground::{Echo, Foreground, Outcome, run};
pub use protocol::{ProgramStatus, Start, User};

/// The word that makes the program a keeper.
pub const COMMAND: &str = "__keeper";
