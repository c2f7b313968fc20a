//! Plain report data, as the JSON output spells it. No I/O, no layout.

mod health;

pub use health::{HealthReport, SystemSummary};
