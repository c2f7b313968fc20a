//! The level audit: what a record is, not what it claims to be.
//!
//! [`TeamRules`] hold what the team knows of its own noise and are asked for every record; [`builtin`] holds what is true
//! of any backend and is asked once for each signature, on one of its messages, since it looks at constant words only.

mod builtin;
mod team;

pub use builtin::{Misfit, builtin, inferred};
pub use team::TeamRules;
