//! Findings read together: which is the consequence of which, why, and what to type next.
//!
//! Pure. Judges name the causes that one observation proves; here evidence sharpens them (a dead process was killed by the
//! kernel), consequences are folded under the finding that explains them, and every finding that asks for action gets its
//! cure. No cause without its evidence, nothing is folded under what is well, two causes stay two. Nothing is removed, and
//! no severity is changed.

mod cure;
mod fold;
mod known;
mod naming;
mod read;
mod rule;
mod rules;
mod scene;

#[cfg(test)]
mod chains;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod testing;

pub use known::{Known, Tools};
pub use read::read;
pub use rules::names as rules;
