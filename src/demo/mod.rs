//! The demo's cast: a small sample backend that can be broken on purpose, and the stage that it stands on.
//!
//! The sample backend is this same program, started again by a hidden command, so that the demo needs nothing else on
//! the machine. The [`Stage`] is a private temporary folder with a config; it owns every process that it starts and
//! takes all of it away again. What is shown on the stage, and in which order, is the command's business.

mod config;
mod fault;
mod props;
mod sample;
mod stage;
mod strike;

pub use fault::Fault;
pub use props::Keep;
pub use sample::{Ending, Leash, Role, Sample};
pub use stage::{Curtain, Darkness, Stage};
pub use strike::{LEASHED, Strike};
