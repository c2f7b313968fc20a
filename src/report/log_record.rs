//! One record of `fuelops logs --format json`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::Level;

/// A record as it was written, its secrets taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRecord {
    pub schema: String,
    /// Its own time, or its neighbours'.
    pub at: DateTime<Utc>,
    /// What it deserves, whatever it claims; absent where nothing tells.
    pub level: Option<Level>,
    /// Whose log it is, where a service of the config writes it.
    pub service: Option<String>,
    pub file: String,
    /// Number of its first line there, from 1.
    pub line: u64,
    /// All its lines.
    pub text: String,
}

impl LogRecord {
    /// The schema's name.
    pub const SCHEMA: &str = "fuelops.log-record/1";
}
