//! What the clock is worth: a wrong one must not make every file look old.
//!
//! Three witnesses: the kernel's own clock, past whatever a preloaded library makes of it; the clock and the time since
//! boot that the last run wrote down; and the times of the files, of which few may lie in the future.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::platform::KernelClock;
use crate::text::human;

/// What clocks may differ by without meaning anything.
const TOLERANCE: i64 = 3_600 * SECOND;
/// Longest plausible pause between two runs: a machine that was off for longer sits out one run of age rules.
const LONGEST_PAUSE: i64 = 45 * 86_400 * SECOND;
const SECOND: i64 = 1_000_000_000;

/// What is known about the time, in nanoseconds since 1970 or since boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The process's clock.
    pub now: i64,
    /// The kernel's.
    pub kernel: Option<KernelClock>,
    /// What the last run wrote down.
    pub last: Option<Reading>,
}

/// The clocks at the end of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    wall_ns: i64,
    since_boot_ns: Option<i64>,
    boot: Option<String>,
    /// What a run left alone that did nothing: told once, it is no news.
    #[serde(default)]
    left: Option<u64>,
}

impl Reading {
    /// Adds what the run has left alone.
    #[must_use]
    pub fn leaving(self, left: Option<u64>) -> Self {
        Self { left, ..self }
    }
}

impl Clock {
    /// What the last run left alone, if it did nothing.
    pub fn left(&self) -> Option<u64> {
        self.last.as_ref()?.left
    }

    /// What the next run is to know.
    pub fn reading(&self) -> Reading {
        Reading {
            wall_ns: self.now,
            since_boot_ns: self.kernel.as_ref().map(|kernel| kernel.since_boot_ns),
            boot: self.kernel.as_ref().and_then(|kernel| kernel.boot.clone()),
            left: self.left(),
        }
    }

    /// Why ages are not to be trusted, if they are not. `future` of `files` have a time that has not come yet.
    pub(super) fn suspicion(&self, future: usize, files: usize) -> Option<String> {
        if let Some(kernel) = &self.kernel
            && (kernel.wall_ns - self.now).abs() > TOLERANCE
        {
            return Some(format!("the clock is {} off the kernel's", apart(kernel.wall_ns, self.now)));
        }
        self.against_last_run().or_else(|| {
            let is_many = future > 0 && future.saturating_mul(10) > files;
            is_many.then(|| format!("{future} of {files} files come from the future"))
        })
    }

    fn against_last_run(&self) -> Option<String> {
        let last = self.last.as_ref()?;
        let passed = self.now - last.wall_ns;
        if passed < -TOLERANCE {
            return Some(format!("the clock went back by {}", apart(self.now, last.wall_ns)));
        }
        match (&self.kernel, last.since_boot_ns) {
            (Some(kernel), Some(then)) if kernel.boot.is_some() && kernel.boot == last.boot => {
                let drift = passed - (kernel.since_boot_ns - then);
                (drift.abs() > TOLERANCE)
                    .then(|| format!("the clock jumped by {} since the last run", apart(drift, 0)))
            }
            _ => (passed > LONGEST_PAUSE)
                .then(|| format!("the clock is {} ahead of the last run", apart(passed, 0))),
        }
    }
}

fn apart(a: i64, b: i64) -> String {
    human::duration(Duration::from_nanos(a.abs_diff(b)))
}

/// How many of these times lie in the future.
pub(super) fn in_future(times: impl Iterator<Item = i64>, now: i64) -> usize {
    times.filter(|time| *time > now.saturating_add(TOLERANCE)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400 * SECOND;

    fn kernel(wall_ns: i64, since_boot_ns: i64, boot: &str) -> Option<KernelClock> {
        Some(KernelClock { wall_ns, since_boot_ns, boot: Some(boot.to_owned()) })
    }

    fn clock(now: i64) -> Clock {
        Clock { now, kernel: kernel(now, 5 * DAY, "b"), last: None }
    }

    fn after(last: &Clock, wall: i64, since_boot: i64) -> Option<String> {
        let now = last.now + wall;
        let kernel = kernel(now, last.kernel.as_ref().unwrap().since_boot_ns + since_boot, "b");
        Clock { now, kernel, last: Some(last.reading()) }.suspicion(0, 10)
    }

    #[test]
    fn a_week_that_both_clocks_saw_pass_is_plausible() {
        assert_eq!(after(&clock(100 * DAY), 7 * DAY, 7 * DAY), None);
    }

    #[test]
    fn a_jump_that_the_time_since_boot_did_not_see_is_not() {
        let told = after(&clock(100 * DAY), 37 * DAY, 7 * DAY).unwrap();
        assert_eq!(told, "the clock jumped by 30d since the last run");
        assert!(after(&clock(100 * DAY), -30 * DAY, 7 * DAY).unwrap().starts_with("the clock went back by"));
    }

    #[test]
    fn after_another_boot_only_a_long_pause_is_suspect() {
        let last = clock(100 * DAY);
        let reboot = |days: i64| Clock {
            now: last.now + days * DAY,
            kernel: kernel(last.now + days * DAY, DAY, "other"),
            last: Some(last.reading()),
        };
        assert_eq!(reboot(40).suspicion(0, 1), None);
        assert_eq!(reboot(50).suspicion(0, 1).unwrap(), "the clock is 50d ahead of the last run");
    }

    #[test]
    fn a_clock_that_is_not_the_kernels_is_suspect() {
        let mut faked = clock(100 * DAY);
        faked.now += 30 * DAY;
        assert_eq!(faked.suspicion(0, 1).unwrap(), "the clock is 30d off the kernel's");
    }

    #[test]
    fn one_file_from_the_future_among_many_proves_nothing() {
        let now = clock(100 * DAY);
        assert_eq!(now.suspicion(1, 10), None);
        assert!(now.suspicion(2, 10).is_some());
        assert_eq!(in_future([now.now, now.now + DAY].into_iter(), now.now), 1);
    }
}
