//! Whether a service answers, by what was measured.

use crate::model::{Cause, Finding, Severity};

/// What is wrong with a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    pub service: String,
    pub severity: Severity,
    pub why: String,
}

impl Bad {
    /// What is wrong with a service, if it does not answer; a slow one does.
    pub fn of(service: &str, findings: &[Finding]) -> Option<Self> {
        let prefix = format!("service.{service}.");
        let down = |f: &&Finding| {
            let is_dead =
                matches!(f.cause, Some(Cause::ProcessDown | Cause::OrphanProcess | Cause::ProcessHung));
            f.check.starts_with(&prefix)
                && (f.severity == Severity::Critical || (f.severity == Severity::Warning && is_dead))
        };
        let worst = findings.iter().filter(down).min_by_key(|f| f.caused_by.is_some())?;
        Some(Self { service: service.to_owned(), severity: worst.severity, why: worst.summary.clone() })
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
