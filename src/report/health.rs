//! The report of `fuelops health`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Finding, Severity, Verdict, urgent};
use crate::text::redact;

/// Everything one run of `health` found; `schema` and `generated_at` are added where it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthReport {
    /// Name of the system, from the config.
    pub name: String,
    pub verdict: Verdict,
    /// Every check, good ones too, in the order in which they are shown.
    pub findings: Vec<Finding>,
    pub system: SystemSummary,
    /// Remarks that change no verdict, such as a young uptime.
    pub notes: Vec<String>,
    /// Wall time of the whole run.
    pub elapsed_ms: u64,
}

/// The five numbers that every dashboard starts with; absent where they could not be measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SystemSummary {
    pub cpu_percent: Option<f64>,
    pub memory_percent: Option<f64>,
    pub memory_available_bytes: Option<u64>,
    /// Of the disk that holds `root`.
    pub disk_percent: Option<f64>,
    pub disk_free_bytes: Option<u64>,
}

impl HealthReport {
    /// Puts findings into the order of the contract, takes secrets out of them and rolls the verdict up.
    ///
    /// Roots stand before consequences; among each, the more severe first, one with a cause before one without, then
    /// by id.
    pub fn new(name: String, mut findings: Vec<Finding>, system: SystemSummary, elapsed_ms: u64) -> Self {
        findings.sort_by(|a, b| {
            let key = |f: &Finding| {
                (f.caused_by.is_some(), std::cmp::Reverse(f.severity), f.cause.is_none(), f.check.clone())
            };
            key(a).cmp(&key(b))
        });
        findings.iter_mut().for_each(redact_finding);
        let verdict = findings.iter().map(|f| f.severity).collect();
        Self { name, verdict, findings, system, notes: Vec::new(), elapsed_ms }
    }

    /// What asks for action first, if anything does.
    pub fn worst(&self) -> Option<&Finding> {
        urgent(&self.findings).first().copied().filter(|f| f.severity != Severity::Ok)
    }

    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.severity == severity).count()
    }
}

/// Command lines of processes and answers of servers hold whatever their authors put there.
fn redact_finding(finding: &mut Finding) {
    redact_text(&mut finding.summary);
    finding.evidence.iter_mut().for_each(redact_text);
    finding.observed.values_mut().for_each(redact_value);
    if let Some(hint) = &mut finding.hint {
        redact_text(&mut hint.text);
        hint.command.iter_mut().for_each(redact_text);
    }
}

fn redact_value(value: &mut Value) {
    match value {
        Value::String(text) => redact_text(text),
        Value::Array(items) => items.iter_mut().for_each(redact_value),
        Value::Object(fields) => fields.values_mut().for_each(redact_value),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn redact_text(text: &mut String) {
    if let Cow::Owned(clean) = redact::secrets(text) {
        *text = clean;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cause;

    #[test]
    fn what_is_down_is_more_urgent_than_what_was_counted() {
        let of = |id: &str, severity, cause| Finding::new(id, id, severity, "").because(cause);
        let findings = vec![
            of("logs.errors", Severity::Critical, Cause::ErrorRate),
            of("service.api.process", Severity::Critical, Cause::ProcessDown),
            of("system.memory", Severity::Warning, Cause::MemoryFull),
        ];
        let report = HealthReport::new("x".into(), findings, SystemSummary::default(), 1);
        let order: Vec<_> = urgent(&report.findings).iter().map(|f| f.check.as_str()).collect();
        assert_eq!(order, ["service.api.process", "logs.errors", "system.memory"]);
        assert_eq!(report.worst().unwrap().check, "service.api.process");
        assert_eq!(report.findings[0].check, "logs.errors");
    }

    #[test]
    fn roots_stand_first_then_severity_then_cause_then_id() {
        let mut consequence = Finding::new("a", "a", Severity::Critical, "");
        consequence.caused_by = Some("d".to_owned());
        let findings = vec![
            consequence,
            Finding::new("b", "b", Severity::Ok, ""),
            Finding::new("c", "c", Severity::Critical, ""),
            Finding::new("d", "d", Severity::Critical, "").because(Cause::DiskFull),
        ];
        let report = HealthReport::new("x".into(), findings, SystemSummary::default(), 1);
        let order: Vec<_> = report.findings.iter().map(|f| f.check.as_str()).collect();
        assert_eq!(order, ["d", "c", "b", "a"]);
        assert_eq!(report.verdict, Verdict::Critical);
    }

    #[test]
    fn secrets_in_findings_never_reach_a_report() {
        let finding = Finding::new("a", "a", Severity::Critical, "mysql://root:hunter2@db refused")
            .with("command", serde_json::json!(["x", "--password=hunter2"]))
            .hint("try", Some("mysql --password=hunter2".to_owned()));
        let report = HealthReport::new("x".into(), vec![finding], SystemSummary::default(), 1);
        let json = serde_json::to_string(&report).unwrap();
        assert!(!json.contains("hunter2"), "{json}");
    }
}
