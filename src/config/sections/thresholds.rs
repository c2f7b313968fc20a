//! `[thresholds]`: where yellow and red begin.

use std::time::Duration;

use crate::config::Bars;
use crate::config::read::section;

section! {
    /// Green below warn, yellow from warn, red from critical; a value that is never reached switches one off.
    pub struct Thresholds {
        /// Of all cores together.
        pub cpu_percent: Bars = { warn = 70, critical = 90 },
        /// What is not available, of the machine's or the cgroup's memory.
        pub memory_percent: Bars = { warn = 80, critical = 90 },
        /// Of the disk that holds root, and of each disk that a check names.
        pub disk_percent: Bars = { warn = 80, critical = 90 },
        /// Real errors in the worst full hour; mis-levelled lines do not count.
        pub errors_per_hour: Bars = { warn = 5, critical = 20 },
        /// Of each service.
        pub restarts_per_day: Bars = { warn = 1, critical = 4 },
        /// Younger is a note, not yellow by itself.
        pub min_uptime: Duration = "24h",
    }
}
