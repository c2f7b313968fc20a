//! Judges the open files of the whole machine. Pure.

use crate::checks::Subject;
use crate::checks::system::{SystemObservation, against, rounded};
use crate::config::Bars;
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::human;

/// Where the machine's table of open files is nearly full, in percent.
const BARS: Bars = Bars { warn: 80.0, critical: 90.0 };

pub(super) fn judge(seen: &SystemObservation) -> Finding {
    let subject = Subject::system("files");
    let Some(files) = seen.files else { return subject.unknown("the count of open files cannot be read") };
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 52 bits")]
    let percent = rounded(files.open as f64 / files.limit.max(1) as f64 * 100.0);
    let severity = against(percent, BARS);
    // Kernels of today set the limit to all that a number can hold.
    let limit = if files.limit >= i64::MAX.unsigned_abs() {
        "no limit".to_owned()
    } else {
        format!("limit {}", human::count(files.limit))
    };
    let mut finding = subject.finding(severity, format!("{} open, {limit}", human::count(files.open)));
    finding.cause = (severity != Severity::Ok).then_some(Cause::FilesExhausted);
    finding
        .with("open", files.open)
        .with("limit", files.limit)
        .with("used_percent", percent)
        .metric(Metric::new("files", percent, Unit::Percent).bars(BARS.warn, BARS.critical).range(0.0, 100.0))
}
