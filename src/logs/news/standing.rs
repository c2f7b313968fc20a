//! The verdict of the last hour: what the verdict of a report is of its worst.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::logs::restarts::is_crash_loop;
use crate::logs::verdict::{Span, Tally, VerdictBars, verdict};
use crate::model::Verdict;
use crate::report::Restarts;

const HOUR_MINUTES: i64 = 60;

/// Real errors of the last hour, by the minute.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    bars: VerdictBars,
    errors: BTreeMap<i64, u64>,
}

impl Standing {
    pub(super) fn new(bars: VerdictBars, errors_by_minute: Vec<(i64, u64)>) -> Self {
        Self { bars, errors: errors_by_minute.into_iter().collect() }
    }

    pub(super) fn take(&mut self, minute: i64, errors: u64) {
        if errors > 0 {
            *self.errors.entry(minute).or_default() += errors;
        }
    }

    /// How it stands, and why.
    pub(super) fn judge(
        &mut self,
        now: DateTime<Utc>,
        starts: &Restarts,
        last_crash: Option<String>,
    ) -> (Verdict, String) {
        let minute = now.timestamp().div_euclid(60);
        self.errors = self.errors.split_off(&(minute - HOUR_MINUTES + 1));
        // What a clock that runs ahead wrote counts when its time comes.
        let errors: Vec<(i64, u64)> = self.errors.range(..=minute).map(|(at, count)| (*at, *count)).collect();
        let since = |span: TimeDelta| {
            let crashes = starts.events.iter().filter(|event| event.kind == "crash");
            crashes.filter_map(|event| event.at).filter(move |at| *at > now - span)
        };
        let tally = Tally {
            records: 1,
            errors_by_minute: &errors,
            covered_minutes: HOUR_MINUTES.unsigned_abs(),
            undated_errors: 0,
            crashes_per_day: since(TimeDelta::days(1)).count() as u64,
            crash_loop: is_crash_loop(since(TimeDelta::hours(1)).map(|at| at.timestamp_micros()).collect()),
            last_crash,
            story: None,
            span: Span::Last,
            failed_requests: 0,
            requests: 0,
        };
        let (verdict, reasons) = verdict(&tally, &self.bars);
        (verdict, reasons.into_iter().next().unwrap_or_default())
    }
}
