//! `[thresholds]`: where yellow and red begin.

use std::time::Duration;

use crate::config::Bars;

/// Green below `warn`, yellow from there, red from `critical`.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    pub cpu_percent: Bars,
    pub memory_percent: Bars,
    /// Of the disk that holds `root`, and of each disk that a check names.
    pub disk_percent: Bars,
    /// Real errors in the worst full hour.
    pub errors_per_hour: Bars,
    pub restarts_per_day: Bars,
    /// Younger is worth a note.
    pub min_uptime: Duration,
}
