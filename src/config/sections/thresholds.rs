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

#[cfg(test)]
mod tests {
    use crate::config::testing::{check_problem, read};

    #[test]
    fn one_bar_may_be_left_out_and_above_100_switches_off() {
        let thresholds = read(
            "[thresholds]\ncpu_percent = { critical = 95 }\nmemory_percent = { warn = 101, critical = 101 }",
        )
        .thresholds;
        assert_eq!((thresholds.cpu_percent.warn, thresholds.cpu_percent.critical), (70.0, 95.0));
        assert_eq!(thresholds.memory_percent.warn, 101.0);
        assert_eq!((thresholds.errors_per_hour.warn, thresholds.errors_per_hour.critical), (5.0, 20.0));
        assert_eq!(thresholds.min_uptime.as_secs(), 86_400);
    }

    #[test]
    fn bars_in_the_wrong_order_or_of_the_wrong_type_are_told() {
        for (line, expected) in [
            (
                "cpu_percent = { warn = 95 }",
                "2:15: [thresholds] cpu_percent: warn (95) is above critical (90); raise critical, too",
            ),
            (
                "cpu_percent = { warn = \"7\" }",
                "2:24: [thresholds.cpu_percent] warn: expected a number, or { warn = …, critical = … }, found the string \"7\"",
            ),
            (
                "cpu_percent = -1",
                "2:15: [thresholds] cpu_percent: expected a number, or { warn = …, critical = … }, found the number -1",
            ),
            (
                "cpu_percent = nan",
                "2:15: [thresholds] cpu_percent: expected a number, or { warn = …, critical = … }, found the number nan",
            ),
            (
                "cpu_percent = { warning = 5 }",
                "2:17: [thresholds.cpu_percent] unknown key \"warning\" (did you mean \"warn\"?)",
            ),
        ] {
            check_problem(&format!("[thresholds]\n{line}"), expected);
        }
    }
}
