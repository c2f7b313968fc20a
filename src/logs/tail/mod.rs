//! The raw lines of several logs, merged in time order: the engine of `fuelops logs`.
//!
//! A log is a rotated set; its lines keep their order and stay with their record. [`Tail::past`] shows what was written
//! so far, [`Tail::look`] what was written since, through growth, truncation and rotation.

mod clock;
mod engine;
mod entry;
mod kept;
mod lane;
mod last;
mod log;
mod merge;
mod watch;

pub use engine::{Item, Out, Tail, TailOptions};
pub use log::Notice;
