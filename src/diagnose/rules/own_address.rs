//! Checks that ask a service's own port.

use crate::diagnose::rule::Rule;
use crate::diagnose::rules::shared::{failing, is_outage, serves};
use crate::diagnose::scene::{Node, Part};

/// What a check asks is served by a service that does not work.
pub(super) const CHECKS_OF_A_SERVICE: Rule = Rule {
    name: "checks-of-a-service",
    is_root: |root| failing(root).is_some(),
    proof: |root, consequence| {
        let (service, part) = root.service()?;
        let asked = consequence.endpoint().filter(|address| address.is_loopback())?;
        // A service need not say which port it takes.
        let is_its_process = || {
            let pid = consequence.server().map(|server| f64::from(server.pid));
            pid.is_some() && pid == root.number("pid")
        };
        if Some(asked.port) != service.port && !is_its_process() {
            return None;
        }
        // Where the service itself answers, only the same failure has the same reason.
        let is_alike = root.cause() == consequence.cause() || (is_silent(root) && is_outage(consequence));
        let counts = part != Part::Http || is_alike;
        counts.then(|| serves(root, service, asked.port))
    },
};

fn is_silent(node: Node<'_>) -> bool {
    !node.is_server_error()
}
