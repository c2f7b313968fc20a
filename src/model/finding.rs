//! A judged observation: what was measured, how bad it is, why, and what to type next.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::{Cause, Severity};

/// The stable name of a check, such as `system.cpu`, `disk./`, `service.backend.http` or `check.mysql`.
pub type CheckId = String;

/// One judged observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which check was made.
    pub check: CheckId,
    /// The bare name of what was watched: the service, the check, or the part of the system.
    pub target: String,
    /// How bad it is; already lowered for a target that is not required.
    pub severity: Severity,
    /// One line for a person: what was seen, against which bar.
    pub summary: String,
    /// What was measured, in base units with the unit in the name.
    pub observed: Map<String, Value>,
    /// The named cause, where this finding is one.
    pub cause: Option<Cause>,
    /// The check whose cause explains this one; the finding is then a consequence.
    pub caused_by: Option<CheckId>,
    /// What proves the cause, or that this follows from `caused_by`, where more than the measurement itself does.
    #[serde(default)]
    pub evidence: Option<String>,
    /// What to do, and the command to type.
    pub hint: Option<Hint>,
    /// How long the probe took, in milliseconds.
    pub elapsed_ms: u64,
    /// Numbers with their thresholds, for Nagios perfdata and Prometheus.
    #[serde(default)]
    pub metrics: Vec<Metric>,
}

impl Finding {
    /// Creates a finding without cause, hint or measurements.
    pub fn new(
        check: impl Into<CheckId>,
        target: impl Into<String>,
        severity: Severity,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            check: check.into(),
            target: target.into(),
            severity,
            summary: summary.into(),
            observed: Map::new(),
            cause: None,
            caused_by: None,
            evidence: None,
            hint: None,
            elapsed_ms: 0,
            metrics: Vec::new(),
        }
    }

    /// Adds one measured value; the unit belongs into the key (`free_bytes`, `used_percent`).
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.observed.insert(key.to_owned(), value.into());
        self
    }

    /// Names the cause.
    #[must_use]
    pub fn because(mut self, cause: Cause) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Says what to do, with a command where one exists.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>, command: Option<String>) -> Self {
        self.hint = Some(Hint { text: text.into(), command });
        self
    }

    /// Adds a number for Nagios and Prometheus.
    #[must_use]
    pub fn metric(mut self, metric: Metric) -> Self {
        self.metrics.push(metric);
        self
    }
}

/// Advice: a sentence, and a command that can be pasted into a shell as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    pub text: String,
    /// Shell-quoted; absent where there is nothing to run.
    pub command: Option<String>,
}

/// A number that a graph may be drawn of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Lower-case words joined by `_`, without the unit; unique within its finding.
    pub name: String,
    /// Not a number where it could not be measured.
    pub value: f64,
    pub unit: Unit,
    /// Yellow from here.
    pub warn: Option<f64>,
    /// Red from here.
    pub critical: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
}

impl Metric {
    /// Creates a metric without thresholds.
    pub fn new(name: &str, value: f64, unit: Unit) -> Self {
        Self { name: name.to_owned(), value, unit, warn: None, critical: None, min: None, max: None }
    }

    /// Sets both thresholds.
    #[must_use]
    pub fn bars(mut self, warn: f64, critical: f64) -> Self {
        self.warn = Some(warn);
        self.critical = Some(critical);
        self
    }

    /// Sets the range of possible values.
    #[must_use]
    pub fn range(mut self, min: f64, max: f64) -> Self {
        self.min = Some(min);
        self.max = Some(max);
        self
    }
}

/// Unit of a [`Metric`], always a base unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    Count,
    Percent,
    Bytes,
    Seconds,
}

/// What stands for itself, the most urgent first: as in reports, but what is down now before the errors that were counted
/// lately.
pub fn urgent(findings: &[Finding]) -> Vec<&Finding> {
    let mut roots: Vec<_> = findings.iter().filter(|f| f.caused_by.is_none()).collect();
    roots.sort_by_key(|f| (Reverse(f.severity), f.cause == Some(Cause::ErrorRate)));
    roots
}
