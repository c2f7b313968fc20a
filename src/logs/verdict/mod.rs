//! The verdict of an analysis, with its reasons: real errors in the worst hour, crashes, coverage.

use crate::config::Bars;
use crate::model::{Severity, Verdict};
use crate::text::human;

const HOUR_MINUTES: i64 = 60;
/// So many answers tell that a service serves nobody.
const LEAST_REQUESTS: u64 = 3;

/// What the verdict is judged by.
#[derive(Clone, Debug)]
pub struct Tally<'a> {
    /// All records; none means that nothing can be told.
    pub records: u64,
    /// Minutes since 1970 that had real errors, by time, and how many.
    pub errors_by_minute: &'a [(i64, u64)],
    /// Minutes from the first record to the last.
    pub covered_minutes: u64,
    /// Real errors without any time.
    pub undated_errors: u64,
    /// Crashes in the worst 24 hours.
    pub crashes_per_day: u64,
    pub crash_loop: bool,
    /// A crash of the last hour that no restart stands for, in words.
    pub last_crash: Option<String>,
    /// What explains most of the errors, to be told behind their number.
    pub story: Option<String>,
    /// Which hour and which day the counts are of.
    pub span: Span,
    /// Answers of class 5xx, and all answers.
    pub failed_requests: u64,
    pub requests: u64,
}

/// Which stretch of time is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The worst hour and day of all there is.
    Worst,
    /// The hour and the day up to now.
    Last,
}

impl Span {
    fn word(self) -> &'static str {
        match self {
            Self::Worst => "worst",
            Self::Last => "last",
        }
    }
}

/// Where yellow and red begin.
#[derive(Clone, Copy, Debug)]
pub struct VerdictBars {
    pub errors_per_hour: Bars,
    pub restarts_per_day: Bars,
}

/// Judges a tally; the first reason is the weightiest.
pub fn verdict(tally: &Tally<'_>, bars: &VerdictBars) -> (Verdict, Vec<String>) {
    if tally.records == 0 {
        return (Verdict::Unknown, vec!["no log records were found: nothing can be told".to_owned()]);
    }
    let mut reasons: Vec<_> = crashes(tally, bars).into_iter().collect();
    reasons.push(errors(tally, bars));
    reasons.extend(requests(tally));
    reasons.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    let verdict = reasons.iter().map(|(severity, _)| *severity).collect();
    (verdict, reasons.into_iter().map(|(_, text)| text).collect())
}

/// The greatest sum over 60 minutes in a row; over all there is where the coverage is shorter.
pub fn worst_hour(errors_by_minute: &[(i64, u64)]) -> u64 {
    let (mut sum, mut worst, mut from) = (0, 0, 0);
    for &(minute, count) in errors_by_minute {
        sum += count;
        while minute - errors_by_minute[from].0 >= HOUR_MINUTES {
            sum -= errors_by_minute[from].1;
            from += 1;
        }
        worst = worst.max(sum);
    }
    worst
}

fn errors(tally: &Tally<'_>, bars: &VerdictBars) -> (Severity, String) {
    let worst = worst_hour(tally.errors_by_minute) + tally.undated_errors;
    let severity = judge(worst, bars.errors_per_hour);
    let span = match tally.covered_minutes {
        0 => "in records without a time".to_owned(),
        n if n < HOUR_MINUTES.unsigned_abs() => format!("in {}", human::plural(n, "minute")),
        _ => format!("in the {} hour", tally.span.word()),
    };
    let bar = match severity {
        Severity::Ok => format!("yellow from {}", bars.errors_per_hour.warn),
        Severity::Critical => format!("red from {}", bars.errors_per_hour.critical),
        _ => format!("yellow from {}, red from {}", bars.errors_per_hour.warn, bars.errors_per_hour.critical),
    };
    let story = tally.story.as_ref().map(|story| format!("; {story}")).unwrap_or_default();
    (severity, format!("{} {span} ({bar}){story}", human::plural(worst, "real error")))
}

fn crashes(tally: &Tally<'_>, bars: &VerdictBars) -> Option<(Severity, String)> {
    if tally.crash_loop {
        return Some((
            Severity::Critical,
            "crash loop: at least three crashes within ten minutes".to_owned(),
        ));
    }
    // A crash without a restart counts like one with it.
    let crashes = tally.crashes_per_day.max(u64::from(tally.last_crash.is_some()));
    let severity = judge(crashes, bars.restarts_per_day);
    let text = || {
        let count = human::plural(crashes, "crash").replace("crashs", "crashes");
        let day = tally.span.word();
        match (&tally.last_crash, tally.crashes_per_day) {
            (Some(crash), 0) => crash.clone(),
            (Some(crash), _) => format!("{count} in the {day} day; the last: {crash}"),
            (None, _) => format!("{count} in the {day} day"),
        }
    };
    (crashes > 0).then(|| (severity, text()))
}

/// Failed answers are consequences, and are told without deciding anything; their causes are counted as errors. Where
/// nothing else is answered, nobody is served, whatever the log says of why.
fn requests(tally: &Tally<'_>) -> Option<(Severity, String)> {
    #[expect(clippy::cast_precision_loss, reason = "a percentage is shown")]
    let percent = tally.failed_requests as f64 * 100.0 / tally.requests.max(1) as f64;
    let text = || {
        format!(
            "{} of {} failed with 5xx ({})",
            human::count(tally.failed_requests),
            human::plural(tally.requests, "request"),
            human::percent(percent)
        )
    };
    let serves_nobody = tally.failed_requests >= LEAST_REQUESTS && tally.failed_requests == tally.requests;
    let severity = if serves_nobody { Severity::Warning } else { Severity::Ok };
    (tally.failed_requests > 0).then(|| (severity, text()))
}

fn judge(value: u64, bars: Bars) -> Severity {
    #[expect(clippy::cast_precision_loss, reason = "compared with a small bar")]
    let value = value as f64;
    if value >= bars.critical {
        Severity::Critical
    } else if value >= bars.warn {
        Severity::Warning
    } else {
        Severity::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARS: VerdictBars = VerdictBars {
        errors_per_hour: Bars { warn: 5.0, critical: 20.0 },
        restarts_per_day: Bars { warn: 1.0, critical: 4.0 },
    };

    fn tally(errors_by_minute: &[(i64, u64)]) -> Tally<'_> {
        Tally {
            records: 1_000,
            errors_by_minute,
            covered_minutes: 2,
            undated_errors: 0,
            crashes_per_day: 0,
            crash_loop: false,
            last_crash: None,
            story: None,
            span: Span::Worst,
            failed_requests: 0,
            requests: 0,
        }
    }

    #[test]
    fn no_records_are_unknown_never_healthy() {
        let empty = Tally { records: 0, ..tally(&[]) };
        assert_eq!(verdict(&empty, &BARS).0, Verdict::Unknown);
    }

    #[test]
    fn the_worst_hour_counts_wherever_it_lies() {
        let mut minutes: Vec<(i64, u64)> = (250..310).map(|m| (m, 1)).collect();
        assert_eq!(worst_hour(&minutes), 60);
        minutes.push((310, 1));
        assert_eq!(worst_hour(&minutes), 60);
        minutes.push((599, 61));
        assert_eq!(worst_hour(&minutes), 61);
    }

    #[test]
    fn a_span_under_an_hour_is_taken_as_it_stands() {
        assert_eq!(worst_hour(&[(0, 2), (1, 2)]), 4);
        assert_eq!(verdict(&tally(&[(0, 2), (1, 2)]), &BARS).0, Verdict::Healthy);
        assert_eq!(verdict(&tally(&[(0, 3), (1, 2)]), &BARS).0, Verdict::Degraded);
        assert_eq!(verdict(&tally(&[(0, 10), (1, 10)]), &BARS).0, Verdict::Critical);
    }

    #[test]
    fn the_weightiest_reason_stands_first() {
        let crashed = Tally { crashes_per_day: 4, ..tally(&[]) };
        let (found, reasons) = verdict(&crashed, &BARS);
        assert_eq!(found, Verdict::Critical);
        assert_eq!(reasons[0], "4 crashes in the worst day");
    }

    #[test]
    fn failed_answers_alone_decide_nothing() {
        let failing = Tally { failed_requests: 7, requests: 100, ..tally(&[]) };
        let (found, reasons) = verdict(&failing, &BARS);
        assert_eq!(found, Verdict::Healthy);
        assert!(reasons.iter().any(|r| r == "7 of 100 requests failed with 5xx (7 %)"), "{reasons:?}");
    }

    #[test]
    fn a_crash_of_the_last_hour_and_a_service_that_serves_nobody_are_not_healthy() {
        let crashed = Tally { last_crash: Some("a crash: KeyError: 'X'".into()), ..tally(&[(0, 1)]) };
        let (found, reasons) = verdict(&crashed, &BARS);
        assert_eq!((found, reasons[0].as_str()), (Verdict::Degraded, "a crash: KeyError: 'X'"));
        let mute = Tally { failed_requests: 4, requests: 4, ..tally(&[]) };
        assert_eq!(verdict(&mute, &BARS).0, Verdict::Degraded);
    }
}
