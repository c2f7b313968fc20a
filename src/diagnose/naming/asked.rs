//! It is down because somebody wants it to be.

use crate::diagnose::naming::Named;
use crate::diagnose::scene::{Node, Part};
use crate::model::Cause;
use crate::text::human;

/// A service's process does not run, and an operator has stopped it.
pub(super) fn for_it(node: Node<'_>) -> Option<Named> {
    let (service, Part::Process) = node.service()? else { return None };
    let ago = node.evidence().stopped_ago(&service.name)?;
    node.is_one_of(&[Cause::ProcessDown]).then(|| Named {
        cause: None,
        evidence: format!("an operator stopped it {} ago", human::duration(ago)),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::checks::{Evidence, StoppedByOperator};
    use crate::diagnose::testing::{WITH_TOOLS, bad, known, service};
    use crate::diagnose::{Known, read};
    use crate::model::Cause;

    #[test]
    fn what_an_operator_stopped_is_told_so_and_started_by_its_name() {
        let stopped = StoppedByOperator { service: "api".into(), ago: Duration::from_secs(300) };
        let evidence = Evidence { stopped: vec![stopped], ..Evidence::default() };
        let services = [service("api")];
        let known = Known { services: &services, evidence: &evidence, tools: WITH_TOOLS, ..known() };
        let found = &read(vec![bad("service.api.process", Cause::ProcessDown)], &known)[0];
        assert!(found.summary.contains("an operator stopped it 5m ago"), "{}", found.summary);
        assert_eq!(found.hint.as_ref().unwrap().command.as_deref(), Some("fuelops start api"));
        let left = &read(vec![bad("service.api.process", Cause::OrphanProcess)], &known)[0];
        assert!(!left.summary.contains("operator"), "{}", left.summary);
        assert_eq!(left.hint.as_ref().unwrap().command.as_deref(), Some("fuelops stop api"));
    }
}
