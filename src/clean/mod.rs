//! Retention: which files may go by age, count, size and how full the disk is, and how they go without harm.
//!
//! [`survey`] walks what a [`Policy`] is about, by handle and never through a link; [`plan`] decides, purely; [`apply`]
//! does what the plan says and nothing else, and leaves alone whatever is no longer what was planned for. A file that
//! anybody has open, the newest of each series, databases, repositories and what another room protects stay.

mod apply;
mod built_in;
mod clock;
mod evidence;
mod gates;
mod guard;
mod inventory;
mod pack;
mod pattern;
mod pid_file;
mod plan;
mod policy;
mod pressure;
mod reach;
mod sample;
mod select;
mod series;
mod steps;
mod survey;
mod tell;
#[cfg(test)]
mod testing;
mod tops;
mod walk;

pub use apply::{Outcome, Progress, apply};
pub use built_in::{Places, leftovers, rules as built_in_rules};
pub use clock::{Clock, Reading};
pub use evidence::evidence_since;
pub use inventory::Inventory;
pub use plan::plan;
pub use policy::{Act, Marks, Policy, Rotation, Rule, rules};
pub use steps::Plan;
pub use survey::survey;
pub use tell::{left_alone, tell};
pub use tops::{PolicyError, fitting};
