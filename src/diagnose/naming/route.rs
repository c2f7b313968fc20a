//! A route that hangs while its service answers: the process is well.

use crate::config::CheckKind;
use crate::diagnose::naming::Named;
use crate::diagnose::scene::Node;
use crate::model::Cause;

/// A check of one route is not answered, and the health URL of the same service is, well or not.
pub(super) fn of_a_service(node: Node<'_>) -> Option<Named> {
    let CheckKind::Http(_) = node.kind()? else { return None };
    let endpoint = node.endpoint().filter(|endpoint| endpoint.is_loopback())?;
    let scene = node.scene();
    let service = scene.services().find(|service| service.port == Some(endpoint.port))?;
    let health = scene.find(&format!("service.{}.http", service.name))?;
    let is_alone = node.cause() == Some(Cause::ProcessHung) && health.number("status").is_some();
    let evidence = format!("{} answers its health URL meanwhile", service.name);
    is_alone.then_some(Named { cause: Some(Cause::SlowResponse), evidence })
}

#[cfg(test)]
mod tests {
    use crate::checks::Evidence;
    use crate::diagnose::testing::{bad, diagnosed};
    use crate::model::{Cause, Finding, Severity};

    #[test]
    fn process_that_answers_elsewhere_does_not_hang() {
        let well = Finding::new("service.api.http", "api", Severity::Ok, "").with("status", 200);
        let failing = bad("service.api.http", Cause::BadResponse).with("status", 500);
        let silent = bad("service.api.http", Cause::ProcessHung);
        for (health, cause) in
            [(well, Cause::SlowResponse), (failing, Cause::SlowResponse), (silent, Cause::ProcessHung)]
        {
            let fleet = bad("check.fleet", Cause::ProcessHung);
            assert_eq!(diagnosed(vec![fleet, health], &Evidence::default())[0].cause, Some(cause));
        }
    }
}
