//! Whether a service answers, by what was measured.

use std::cmp::Reverse;

use crate::checks::STARTING;
use crate::model::{Cause, Finding, Severity};

/// What is wrong with a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    pub service: String,
    pub severity: Severity,
    pub why: String,
}

impl Bad {
    /// What is wrong with a service, if it does not answer; a slow one does, one that does not listen yet does not.
    pub fn of(service: &str, findings: &[Finding]) -> Option<Self> {
        let prefix = format!("service.{service}.");
        let is_dead = |f: &Finding| {
            matches!(f.cause, Some(Cause::ProcessDown | Cause::OrphanProcess | Cause::ProcessHung))
        };
        let severity = |f: &Finding| match f.severity {
            Severity::Warning if f.observed.contains_key(STARTING) => Severity::Critical,
            Severity::Warning if !is_dead(f) => Severity::Ok,
            severity => severity,
        };
        let own = findings.iter().filter(|f| f.check.starts_with(&prefix));
        let down = own.map(|f| (severity(f), f)).filter(|(severity, _)| *severity >= Severity::Warning);
        let (severity, worst) =
            down.min_by_key(|(severity, f)| (f.caused_by.is_some(), Reverse(*severity)))?;
        Some(Self { service: service.to_owned(), severity, why: worst.summary.clone() })
    }

    /// What is wrong with the first of some services and checks that is not well, if any is not.
    pub fn of_needs(needs: &[String], findings: &[Finding]) -> Option<String> {
        needs.iter().find_map(|need| {
            let check = format!("check.{need}");
            let is_red = |f: &&Finding| f.check == check && f.severity == Severity::Critical;
            let of_check = findings.iter().find(is_red).map(|finding| finding.summary.clone());
            let why = Self::of(need, findings).map(|bad| bad.why).or(of_check)?;
            Some(format!("{need}: {why}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(check: &str, severity: Severity) -> Finding {
        Finding::new(check, "x", severity, "refuses connections")
    }

    #[test]
    fn who_does_not_listen_yet_does_not_answer() {
        let young = finding("service.api.port", Severity::Warning);
        assert_eq!(Bad::of("api", std::slice::from_ref(&young)), None);
        assert!(Bad::of("api", &[young.with(STARTING, true)]).is_some());
    }

    #[test]
    fn a_need_is_a_service_or_a_check_and_a_slow_one_is_well() {
        let needs = ["mysql".to_owned(), "api".to_owned()];
        let slow =
            [finding("check.mysql", Severity::Warning), finding("service.api.http", Severity::Warning)];
        assert_eq!(Bad::of_needs(&needs, &slow), None);
        let down = [finding("check.mysql", Severity::Critical)];
        assert_eq!(Bad::of_needs(&needs, &down).unwrap(), "mysql: refuses connections");
        let silent = [finding("service.api.http", Severity::Critical)];
        assert_eq!(Bad::of_needs(&needs, &silent).unwrap(), "api: refuses connections");
    }
}
