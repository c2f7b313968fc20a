//! Folds consequences under the cause that explains them.
//!
//! Rules are tried in their order, the closest explanation first; a finding has one explanation at most, and a circle is
//! never closed. What a chain of explanations ends in is the cause of all that stand in it.

use crate::diagnose::rules::RULES;
use crate::diagnose::scene::Scene;
use crate::model::CheckId;

/// Why a finding is a consequence.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Folded {
    /// The root of the chain.
    pub(super) caused_by: CheckId,
    /// The proof of the last step.
    pub(super) evidence: String,
}

/// Finds what explains what; in the order of the scene's findings.
pub(super) fn fold(scene: &Scene<'_>, count: usize) -> Vec<Option<Folded>> {
    let mut parents: Vec<Option<(usize, String)>> = vec![None; count];
    for rule in RULES {
        for root in scene.bad().filter(|root| (rule.is_root)(*root)) {
            let top = root_of(&parents, root.at);
            for consequence in scene.bad().filter(|c| c.at != root.at) {
                if parents[consequence.at].is_some() || top == consequence.at {
                    continue;
                }
                parents[consequence.at] = (rule.proof)(root, consequence).map(|proof| (root.at, proof));
            }
        }
    }
    let folded = |at: usize| {
        let (_, evidence) = parents[at].clone()?;
        Some(Folded { caused_by: scene.node(root_of(&parents, at)).id().to_owned(), evidence })
    };
    (0..count).map(folded).collect()
}

/// The end of the chain that a finding stands in. There are no circles: nothing was ever folded under its own root.
fn root_of(parents: &[Option<(usize, String)>], mut at: usize) -> usize {
    while let Some((parent, _)) = &parents[at] {
        at = *parent;
    }
    at
}
