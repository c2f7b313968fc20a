//! Checks that ask one and the same server, which answers none of them.

use crate::config::CheckKind;
use crate::diagnose::rule::Rule;
use crate::diagnose::scene::Node;
use crate::model::{Cause, Severity};

/// Checks of one address, or of several ports of one process: what is wrong there is told once.
pub(super) const SAME_SERVER: Rule = Rule {
    name: "same-server",
    is_root: is_mute,
    proof: |root, consequence| {
        let (asked, other) = (root.endpoint()?, consequence.endpoint()?);
        if !is_mute(consequence) {
            return None;
        }
        if asked.is_same_place(other) {
            return Some(format!("{} asks {asked}, too", root.finding().target));
        }
        let is_one = root.server()?.pid == consequence.server()?.pid && root.cause() == consequence.cause();
        is_one.then(|| format!("it is the process that {} asks", root.finding().target))
    },
};

/// A check that hears nothing at all: what is wrong with an answer may be so for that answer alone.
fn is_mute(node: Node<'_>) -> bool {
    const SILENT: [Cause; 4] =
        [Cause::ProcessDown, Cause::ProcessHung, Cause::DatabaseDown, Cause::CacheDown];
    let is_connection = matches!(node.kind(), Some(CheckKind::Http(_) | CheckKind::Tcp(_)));
    let is_nameless = node.cause().is_none() && node.finding().severity == Severity::Critical;
    let is_silent = node.is_one_of(&SILENT) || (is_connection && is_nameless);
    is_silent && node.check().is_some() && node.number("status").is_none()
}
