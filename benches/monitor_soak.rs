//! A day with `monitor`, made short: as many looks as a day has, a kill or a hang every few seconds.

use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::{Figure, Yard};

/// A day at 30 s has as many periods as this has of 100 ms.
const DAY: Duration = Duration::from_millis(100 * 24 * 3600 / 30);
/// What is remembered of the last restarts and decisions is there by then.
const BEGINNING: Duration = Duration::from_secs(60);
const BETWEEN_FAULTS: Duration = Duration::from_millis(1500);
const CONFIG: &str = "period = \"100ms\"\nhealth_timeout = \"500ms\"\nfailure_threshold = 1\n\
                      restart = { max = 9, window = \"1s\", backoff = \"1ms\" }";

/// By what the memory of monitor and keeper has grown from the beginning of the day to its end.
pub(crate) fn growth() -> Figure {
    let yard = Yard::start(1, CONFIG);
    yard.is_up();
    let begun = Instant::now();
    let mut faults = 0;
    let mut until = |end: Duration| {
        while begun.elapsed() < end {
            yard.struck(if faults % 2 == 0 { Signal::SIGKILL } else { Signal::SIGSTOP });
            faults += 1;
            sleep(BETWEEN_FAULTS);
        }
        yard.pss()
    };
    let before = until(BEGINNING);
    let after = until(BEGINNING + DAY);
    let what = format!(
        "PSS of monitor and keeper, {before:.1} MB at first, has grown over {} s with {faults} faults by",
        DAY.as_secs()
    );
    Figure { what, bar: 1.0, measured: after - before, unit: "MB", beside: Vec::new() }
}
