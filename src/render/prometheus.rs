//! Prometheus text format 0.0.4, ready for node_exporter's textfile collector.
//!
//! One HELP and TYPE a family, all samples of a family together, base units, no timestamps on samples.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{DateTime, Utc};

use crate::model::{Severity, Unit};
use crate::report::HealthReport;

/// Writes the report as gauges.
pub fn prometheus(report: &HealthReport, generated_at: DateTime<Utc>) -> String {
    let mut out = String::new();
    let by_check = |value: fn(&crate::model::Finding) -> f64| {
        report.findings.iter().map(|f| (labels(&[("check", &f.check)]), value(f))).collect::<Vec<_>>()
    };
    let state = |wanted: Severity| f64::from(u8::from(report.verdict.severity() == wanted));
    let verdicts = [
        ("healthy", Severity::Ok),
        ("degraded", Severity::Warning),
        ("critical", Severity::Critical),
        ("unknown", Severity::Unknown),
    ];
    let verdicts = verdicts.map(|(word, s)| (labels(&[("verdict", word)]), state(s))).to_vec();
    family(
        &mut out,
        "fuelops_health_verdict",
        "Verdict of the last run: 1 for the one that holds.",
        &verdicts,
    );
    let success = by_check(|f| f64::from(u8::from(f.severity == Severity::Ok)));
    family(&mut out, "fuelops_check_success", "Whether a check is ok.", &success);
    let severity = by_check(|f| match f.severity {
        Severity::Ok => 0.0,
        Severity::Warning => 1.0,
        Severity::Critical => 2.0,
        Severity::Unknown => 3.0,
    });
    family(&mut out, "fuelops_check_severity", "0 ok, 1 warning, 2 critical, 3 unknown.", &severity);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of one probe")]
    let elapsed = by_check(|f| f.elapsed_ms as f64 / 1_000.0);
    family(&mut out, "fuelops_check_duration_seconds", "How long a probe took.", &elapsed);
    for (name, samples) in measured(report) {
        family(&mut out, &name, "A number that a check measured.", &samples);
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
    let at = generated_at.timestamp() as f64;
    family(&mut out, "fuelops_last_run_timestamp_seconds", "When health last ran.", &[(String::new(), at)]);
    out
}

/// Every metric of every finding, by family.
fn measured(report: &HealthReport) -> BTreeMap<String, Vec<(String, f64)>> {
    let mut families: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    for finding in &report.findings {
        for metric in &finding.metrics {
            let (unit, value) = match metric.unit {
                Unit::Count => ("", metric.value),
                Unit::Percent => ("_ratio", metric.value / 100.0),
                Unit::Bytes => ("_bytes", metric.value),
                Unit::Seconds => ("_seconds", metric.value),
            };
            let name: String =
                metric.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            let samples = families.entry(format!("fuelops_measured_{name}{unit}")).or_default();
            samples.push((labels(&[("check", &finding.check)]), value));
        }
    }
    families
}

fn family(out: &mut String, name: &str, help: &str, samples: &[(String, f64)]) {
    if samples.is_empty() {
        return;
    }
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge").expect("writing to a string");
    for (labels, value) in samples {
        let value = if value.is_nan() { "NaN".to_owned() } else { value.to_string() };
        writeln!(out, "{name}{labels} {value}").expect("writing to a string");
    }
}

fn labels(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}=\"{}\"", escape(v))).collect();
    format!("{{{}}}", pairs.join(","))
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Finding, Metric};
    use crate::report::SystemSummary;

    #[test]
    fn families_stand_together_with_one_head_each() {
        let disk = |path: &str| {
            Finding::new(format!("disk.{path}"), path, Severity::Ok, "").metric(Metric::new(
                "used",
                50.0,
                Unit::Percent,
            ))
        };
        let report =
            HealthReport::new("x".into(), vec![disk("/a\"\\b"), disk("/c")], SystemSummary::default(), 1);
        let out = prometheus(&report, DateTime::UNIX_EPOCH);
        assert_eq!(out.matches("# TYPE fuelops_measured_used_ratio gauge").count(), 1);
        assert!(out.contains("fuelops_measured_used_ratio{check=\"disk./a\\\"\\\\b\"} 0.5\n"), "{out}");
        assert!(out.ends_with('\n'));
    }
}
