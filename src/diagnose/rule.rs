//! What a rule is: a cause, the evidence that it needs, and what it then explains.

use crate::diagnose::scene::Node;

/// One way in which a finding explains others.
pub(super) struct Rule {
    /// For readers and tests; stable.
    pub(super) name: &'static str,
    /// Whether a finding can be the cause at all.
    pub(super) is_root: fn(Node<'_>) -> bool,
    /// What proves that the second follows from the first, in words; nothing where nothing does.
    pub(super) proof: fn(Node<'_>, Node<'_>) -> Option<String>,
}
