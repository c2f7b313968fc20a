//! The process behind a server that does not answer is stopped: nothing of it waits, and nothing is down.

use crate::diagnose::naming::Named;
use crate::diagnose::scene::Node;
use crate::model::Cause;

/// A check is not answered, and who listens there has been stopped by a signal.
pub(super) fn server(node: Node<'_>) -> Option<Named> {
    const SILENT: [Cause; 4] =
        [Cause::DatabaseDown, Cause::CacheDown, Cause::SlowResponse, Cause::ProcessHung];
    let endpoint = node.endpoint().filter(|endpoint| endpoint.is_loopback() && node.is_one_of(&SILENT))?;
    let servers = &node.evidence().servers;
    let server = servers.iter().find(|server| server.port == endpoint.port && server.is_stopped)?;
    let evidence = format!("pid {} is stopped by a signal, and does nothing", server.pid);
    Some(Named { cause: Some(Cause::ProcessHung), evidence })
}
