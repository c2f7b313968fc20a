//! What a process that does not answer waits for.

use crate::checks::{Wait, WaitsOn};
use crate::diagnose::naming::Named;
use crate::diagnose::scene::{Node, Part};
use crate::model::Cause;

/// A service accepts and does not answer, and the system says what its process waits for.
pub(super) fn named(node: Node<'_>) -> Option<Named> {
    let (service, Part::Http) = node.service()? else { return None };
    if !node.is_one_of(&[Cause::ProcessHung, Cause::SlowResponse]) {
        return None;
    }
    // A stopped process waits for nothing but its continuation.
    if node.sibling("process").is_some_and(|process| process.cause() == Some(Cause::ProcessHung)) {
        return None;
    }
    let wait = node.evidence().wait_of(&service.name)?;
    Some(Named { cause: None, evidence: text(node, wait)? })
}

fn text(node: Node<'_>, wait: &Wait) -> Option<String> {
    let on = match &wait.on {
        WaitsOn::Peer(peer) => {
            let endpoints = node.evidence().endpoints.iter();
            let mut named = endpoints
                .filter(|(_, at)| at.is_loopback() && peer.ip().is_loopback() && at.port == peer.port());
            let known = named.next().map(|(name, _)| format!(" (check.{name})"));
            format!("waits for {peer}{}", known.unwrap_or_default())
        }
        WaitsOn::File(path) => format!("waits for {}", path.display()),
        WaitsOn::Kernel(function) => format!("waits inside the kernel, in {function}"),
        WaitsOn::Itself => "computes without a pause".to_owned(),
        // Idle threads wait for pipes and locks, too.
        WaitsOn::Pipe | WaitsOn::Lock => return None,
    };
    Some(format!("pid {} {on}", wait.pid))
}
