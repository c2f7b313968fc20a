//! Evidence that tells more than a measurement did: a table, tried in its order; the first that says something is heard.

mod asked;
mod killed;
mod last_words;
mod route;
mod stopped;
mod waits;

use crate::diagnose::scene::Node;
use crate::model::Cause;

pub(super) use last_words::{is_recent, last_fault_of, last_words};

/// What evidence says of one finding.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    /// A closer cause than the one that was measured; absent where that one stands.
    pub(super) cause: Option<Cause>,
    /// In words.
    pub(super) evidence: String,
}

const NAMINGS: &[fn(Node<'_>) -> Option<Named>] = &[
    asked::for_it,
    killed::service,
    killed::server,
    stopped::server,
    route::of_a_service,
    last_words::of_the_dead,
    last_words::of_the_ended,
    last_words::of_the_failing,
    waits::named,
];

/// Asks the evidence about a finding that is not ok.
pub(super) fn of(node: Node<'_>) -> Option<Named> {
    NAMINGS.iter().find_map(|naming| naming(node))
}
