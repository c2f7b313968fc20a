//! What a finding is about.

use std::time::Duration;

use crate::model::{CheckId, Finding, Severity};
use crate::text::human;

/// A check's stable id and the bare name of its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) check: CheckId,
    pub(super) target: String,
}

impl Subject {
    pub(super) fn new(check: impl Into<CheckId>, target: impl Into<String>) -> Self {
        Self { check: check.into(), target: target.into() }
    }

    /// A part of the machine: `system.cpu`.
    pub(super) fn system(part: &str) -> Self {
        Self::new(format!("system.{part}"), part)
    }

    /// A part of a service: `service.backend.port`.
    pub(super) fn service(name: &str, part: &str) -> Self {
        Self::new(format!("service.{name}.{part}"), name)
    }

    /// One `[[check]]`.
    pub(super) fn check(name: &str) -> Self {
        Self::new(format!("check.{name}"), name)
    }

    pub(super) fn finding(&self, severity: Severity, summary: impl Into<String>) -> Finding {
        Finding::new(self.check.clone(), self.target.clone(), severity, summary)
    }

    /// A target that did not answer in time is red: silence is an answer.
    pub(super) fn missed(&self, deadline: Duration) -> Finding {
        self.finding(Severity::Critical, format!("no answer within {}", human::duration(deadline)))
    }

    /// What fuelops itself failed to measure.
    pub(super) fn unknown(&self, why: impl Into<String>) -> Finding {
        self.finding(Severity::Unknown, why)
    }
}
