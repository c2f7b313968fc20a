//! `[logs]`: which logs there are and what the team knows about them.

use std::path::PathBuf;

use crate::config::{PathPattern, TextMatch};
use crate::model::Level;

/// Where logs are and how they are read.
#[derive(Clone, Debug, PartialEq)]
pub struct Logs {
    pub paths: Vec<PathPattern>,
    pub source_dirs: Vec<PathBuf>,
    pub timezone: Timezone,
    pub report_dir: PathBuf,
    pub rules: Vec<LogRule>,
}

/// The zone of times that are written without an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timezone {
    /// This machine's.
    Local,
    /// Found out by comparing the last record with the file's time.
    Guess,
    Fixed(chrono::FixedOffset),
}

/// What a record that matches really is.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRule {
    pub matches: TextMatch,
    pub level: Level,
    pub because: Option<String>,
}
