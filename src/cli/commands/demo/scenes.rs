//! The scenes of the tour: each breaks the sample backend in one way and knows what has to be found.

use anyhow::Result;

use crate::demo::{Fault, Stage};
use crate::model::{Cause, Finding, Severity};
use crate::report::HealthReport;

/// One scene. It starts from a healthy stage.
#[derive(Debug)]
pub(super) struct Scene {
    /// Stable name, in kebab-case.
    pub(super) name: &'static str,
    /// What happens, for a person.
    pub(super) title: &'static str,
    /// Makes it happen.
    pub(super) act: fn(&Stage) -> Result<()>,
    /// What `health` has to name; nothing where all has to be well.
    pub(super) expected: Option<Cause>,
    /// Why that is the cause, in one line.
    pub(super) explanation: &'static str,
}

/// The tour, in its order.
pub(super) const SCENES: [Scene; 5] = [
    Scene {
        name: "healthy",
        title: "A backend that works",
        act: |_| Ok(()),
        expected: None,
        explanation: "The process is ours, it owns its port, its routes answer, and its log is alive.",
    },
    Scene {
        name: "crash",
        title: "The process runs out of memory and dies",
        act: |stage| stage.inflict(Fault::Crash),
        expected: Some(Cause::ProcessDown),
        explanation: "The pid file names a process that is gone, and its last words say what it died of.",
    },
    Scene {
        name: "hang",
        title: "The event loop blocks",
        act: |stage| stage.inflict(Fault::Hang),
        expected: Some(Cause::ProcessHung),
        explanation: "The port still accepts, so a port check is fooled; no request is ever answered.",
    },
    Scene {
        name: "stranger",
        title: "Another program squats on the port, and answers 200",
        act: Stage::let_stranger_in,
        expected: Some(Cause::PortTaken),
        explanation: "curl would say that all is well; the listener is not the service, and here is who it is.",
    },
    Scene {
        name: "errors",
        title: "The database is gone, and every route answers 500",
        act: |stage| stage.inflict(Fault::Errors),
        expected: Some(Cause::DatabaseDown),
        explanation: "The process lives and answers in time, so a restart would not help: its log names the database.",
    },
];

impl Scene {
    /// Whether a report says what this scene is about.
    ///
    /// The state of the machine itself is no part of the demo: a full disk neither spoils nor saves a scene.
    pub(super) fn is_found_in(&self, report: &HealthReport) -> bool {
        let mut ours = report.findings.iter().filter(|finding| is_of_the_demo(finding));
        match self.expected {
            None => ours.all(|finding| finding.severity == Severity::Ok),
            Some(cause) => ours.any(|finding| {
                finding.cause == Some(cause)
                    && finding.severity == Severity::Critical
                    && finding.caused_by.is_none()
            }),
        }
    }
}

fn is_of_the_demo(finding: &Finding) -> bool {
    finding.check.starts_with("service.") || finding.check.starts_with("check.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::SystemSummary;

    fn report(findings: Vec<Finding>) -> HealthReport {
        HealthReport::new("demo".into(), findings, SystemSummary::default(), 1)
    }

    fn critical(check: &str) -> Finding {
        Finding::new(check, "backend", Severity::Critical, "")
    }

    #[test]
    fn a_busy_machine_does_not_spoil_the_healthy_scene() {
        assert!(SCENES[0].is_found_in(&report(vec![critical("system.cpu")])));
        assert!(!SCENES[0].is_found_in(&report(vec![critical("service.backend.http")])));
    }

    #[test]
    fn a_cause_counts_where_it_is_critical_and_a_root() {
        let scene = &SCENES[1];
        let found = critical("service.backend.process").because(Cause::ProcessDown);
        assert!(scene.is_found_in(&report(vec![found.clone()])));
        let consequence = Finding { caused_by: Some("x".into()), ..found.clone() };
        assert!(!scene.is_found_in(&report(vec![consequence])));
        assert!(!scene.is_found_in(&report(vec![Finding { severity: Severity::Warning, ..found }])));
        assert!(!scene.is_found_in(&report(vec![critical("service.backend.process")])));
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = SCENES.iter().map(|scene| scene.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SCENES.len());
    }
}
