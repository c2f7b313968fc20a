//! Whose trouble explains another target's: that is told under it, and not by itself. Pure.

use crate::checks::Plan;
use crate::config::CheckKind;
use crate::model::Finding;
use crate::monitor::{Fleet, Machine, Phase};

/// Which checks ask the port of which service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ties(Vec<(String, String)>);

impl Ties {
    /// Reads them from what is watched; URLs that are secrets are not opened for it.
    pub(super) fn of(plan: &Plan) -> Self {
        let asks = |check: &crate::config::Check| match &check.kind {
            kind @ (CheckKind::Http(_) | CheckKind::Tcp(_) | CheckKind::MetricsPage(_)) => {
                kind.endpoint().filter(|address| address.is_loopback()).map(|address| address.port)
            }
            _ => None,
        };
        let tie = |check: &crate::config::Check| {
            let port = asks(check)?;
            let service = plan.services.iter().find(|service| service.port == Some(port))?;
            Some((check.name.clone(), service.name.clone()))
        };
        Self(plan.checks.iter().filter_map(tie).collect())
    }

    /// Ties these checks to these services.
    #[cfg(test)]
    pub(super) fn between(ties: &[(&str, &str)]) -> Self {
        Self(ties.iter().map(|(check, service)| ((*check).to_owned(), (*service).to_owned())).collect())
    }

    /// Whose port a check asks.
    fn service(&self, check: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == check).map(|(_, service)| service.as_str())
    }
}

/// The other target whose trouble explains this one's: by the last close look, by what this one needs, or by whose port it
/// asks.
pub(super) fn cause<'a>(
    target: &str,
    fleet: &'a Fleet,
    findings: &[Finding],
    ties: &Ties,
) -> Option<&'a str> {
    let is_open = |machine: &&Machine| machine.incident().is_some();
    // What an operator has stopped is no incident, and explains all the same.
    let explains = |machine: &&Machine| is_open(machine) || *machine.phase() == Phase::Stopped;
    let found = findings.iter().filter(|finding| finding.target == target);
    let found = found.filter_map(|finding| finding.caused_by.as_ref());
    let found = found.filter_map(|cause| findings.iter().find(|finding| finding.check == *cause));
    let needed = fleet.machine(target).map(|machine| machine.policy().needs.iter()).into_iter().flatten();
    let by_name = found.map(|root| &root.target).chain(needed).filter_map(|name| fleet.machine(name));
    // Nobody has to be told that nothing listens while its service is stopped, started or doubted.
    let asked = ties.service(target).and_then(|service| fleet.machine(service));
    let asked = asked.filter(|machine| !matches!(machine.phase(), Phase::Healthy { .. }) || is_open(machine));
    let mut causes = by_name.filter(explains).chain(asked);
    causes.find(|machine| machine.name != target).map(|machine| machine.name.as_str())
}
