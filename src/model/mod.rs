//! The words that every room shares: severities, verdicts, findings, causes, levels.
//!
//! Plain values without I/O. What a script reads in JSON is spelled here, in kebab-case.

mod cause;
mod finding;
mod identity;
mod level;
mod severity;

pub use cause::Cause;
pub use finding::{CheckId, Finding, Hint, Metric, Unit, urgent};
pub use identity::Identity;
pub use level::Level;
pub use severity::{Severity, Verdict};
