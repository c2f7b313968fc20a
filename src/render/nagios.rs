//! A Nagios plugin's output: one line with perfdata, long text behind it.
//!
//! Format by the Monitoring Plugins' developer guidelines: `SERVICE STATUS: text | 'label'=value[UOM];warn;crit;min;max`.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::model::{Finding, Metric, Severity, Unit};
use crate::report::HealthReport;
use crate::text::{redact, sanitize};

/// Labels must differ in their first 19 characters.
const LABEL_CHARS: usize = 19;

/// Writes the report as a plugin's output; the exit code is the verdict's.
pub fn nagios(report: &HealthReport) -> String {
    let worst = report.verdict.severity();
    let mut out = format!("FUELOPS {}: {}", worst.nagios_word(), clean(&headline(report)));
    let perfdata = perfdata(&report.findings);
    if !perfdata.is_empty() {
        write!(out, " | {perfdata}").expect("writing to a string");
    }
    out.push('\n');
    for finding in report.findings.iter().filter(|f| f.severity != Severity::Ok) {
        let cause = finding.cause.map(|c| format!(" [{c}]")).unwrap_or_default();
        let text =
            format!("{}: {}{cause} {}", finding.severity.nagios_word(), finding.check, finding.summary);
        writeln!(out, "{}", clean(&text)).expect("writing to a string");
    }
    out
}

/// The line that says UNKNOWN where fuelops could not even begin.
pub fn unable(why: &str) -> String {
    format!("FUELOPS UNKNOWN: {}\n", clean(why.lines().next().unwrap_or("")))
}

fn headline(report: &HealthReport) -> String {
    let Some(worst) = report.worst() else {
        return format!("{} checks ok", report.findings.len());
    };
    let others = report.findings.iter().filter(|f| f.severity != Severity::Ok).count() - 1;
    let more = if others > 0 { format!(" (+{others} more)") } else { String::new() };
    format!("{} {}{more}", worst.check, worst.summary)
}

/// A `|` would begin the perfdata.
fn clean(text: &str) -> String {
    sanitize::line(&redact::secrets(text)).replace('|', "/")
}

fn perfdata(findings: &[Finding]) -> String {
    let mut labels = BTreeSet::new();
    let mut parts = Vec::new();
    let mut ordered: Vec<&Finding> = findings.iter().collect();
    ordered.sort_by(|a, b| a.check.cmp(&b.check));
    for finding in ordered {
        for metric in &finding.metrics {
            let label = unique_label(&format!("{}.{}", finding.check, metric.name), &mut labels);
            parts.push(format!("'{label}'={}", values(metric)));
        }
    }
    parts.join(" ")
}

/// Drops the characters that labels may not hold; where the first 19 are taken already, a number makes them differ.
fn unique_label(name: &str, taken: &mut BTreeSet<String>) -> String {
    let name: String =
        name.chars().filter(|c| !c.is_control() && !matches!(c, '=' | '\'' | '|' | ' ')).collect();
    let head = |text: &str| text.chars().take(LABEL_CHARS).collect::<String>();
    let mut label = name.clone();
    let mut n = 1;
    while !taken.insert(head(&label)) {
        n += 1;
        label = format!("{n}.{name}");
    }
    label
}

fn values(metric: &Metric) -> String {
    let unit = match metric.unit {
        Unit::Count => "",
        Unit::Percent => "%",
        Unit::Bytes => "B",
        Unit::Seconds => "s",
    };
    if !metric.value.is_finite() {
        return "U".to_owned();
    }
    let bar = |limit: Option<f64>| limit.filter(|l| l.is_finite()).map(number).unwrap_or_default();
    let text = format!(
        "{}{unit};{};{};{};{}",
        number(metric.value),
        bar(metric.warn),
        bar(metric.critical),
        bar(metric.min),
        bar(metric.max)
    );
    text.trim_end_matches(';').to_owned()
}

/// Digits, a sign and a point only: no exponent.
fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::SystemSummary;

    fn report(findings: Vec<Finding>) -> HealthReport {
        HealthReport::new("x".into(), findings, SystemSummary::default(), 1)
    }

    #[test]
    fn one_line_with_perfdata() {
        let cpu = Finding::new("system.cpu", "cpu", Severity::Warning, "75 % | busy")
            .metric(Metric::new("used", 75.5, Unit::Percent).bars(70.0, 90.0).range(0.0, 100.0));
        let out = nagios(&report(vec![cpu]));
        let first = out.lines().next().unwrap();
        assert_eq!(first, "FUELOPS WARNING: system.cpu 75 % / busy | 'system.cpu.used'=75.500%;70;90;0;100");
    }

    #[test]
    fn labels_differ_in_their_first_19_characters() {
        let finding = |id: &str| {
            Finding::new(id, "x", Severity::Ok, "").metric(Metric::new("elapsed", 1.0, Unit::Seconds))
        };
        let out = nagios(&report(vec![
            finding("service.fuel-analytics-backend.http"),
            finding("service.fuel-analytics-backend.port"),
        ]));
        let heads: BTreeSet<String> =
            out.split('\'').skip(1).step_by(2).map(|l| l.chars().take(19).collect()).collect();
        assert_eq!(heads.len(), 2, "{out}");
    }

    #[test]
    fn what_could_not_be_measured_is_u() {
        assert_eq!(values(&Metric::new("x", f64::NAN, Unit::Bytes)), "U");
    }

    #[test]
    fn nothing_measured_is_unknown() {
        assert!(nagios(&report(vec![])).starts_with("FUELOPS UNKNOWN: "));
    }
}
