//! Which incident explains which.

use crate::logs::incidents::fold::Draft;
use crate::logs::incidents::proof::may_follow;
use crate::logs::rules::Rank;

/// Share of a consequence that must accompany its cause.
const ACCOMPANIED: f64 = 0.8;
/// How much more than chance: what is always there accompanies everything, and proves nothing.
const LIFT: f64 = 1.5;

/// For each incident the root that explains it, if any; a root is itself explained by nothing.
pub(super) fn explain(drafts: &[Draft]) -> Vec<Option<usize>> {
    // Only known faults can be causes, and of those there are few however many incidents there are.
    let causes: Vec<usize> = (0..drafts.len()).filter(|&at| is_of_surroundings(&drafts[at])).collect();
    let direct: Vec<Option<usize>> = (0..drafts.len()).map(|at| direct_cause(drafts, &causes, at)).collect();
    (0..drafts.len())
        .map(|at| {
            // Ranks fall from consequence to cause, so the walk ends.
            let mut root = direct[at]?;
            while let Some(next) = direct[root] {
                root = next;
            }
            Some(root)
        })
        .collect()
}

fn direct_cause(drafts: &[Draft], causes: &[usize], at: usize) -> Option<usize> {
    let effect = &drafts[at];
    causes
        .iter()
        .map(|&other| (other, &drafts[other]))
        .filter(|(other, cause)| *other != at && can_cause(cause, effect))
        .map(|(other, cause)| (effect.span.accompanied_by(&cause.span), other))
        .filter(|(share, other)| *share >= ACCOMPANIED && *share >= LIFT * drafts[*other].span.presence())
        .max_by(|a, b| {
            a.0.total_cmp(&b.0).then_with(|| rank(&drafts[b.1]).cmp(&rank(&drafts[a.1]))).then(b.1.cmp(&a.1))
        })
        .map(|(_, other)| other)
}

fn can_cause(cause: &Draft, effect: &Draft) -> bool {
    let in_time = match (cause.span.first_s, effect.span.first_s) {
        (Some(a), Some(b)) => a <= b,
        _ => false,
    };
    in_time
        && rank(cause) < rank(effect)
        && cause.known.as_ref().is_some_and(|known| may_follow(effect, known))
}

/// Whether it is a fault of what the program stands on, not of its own code.
fn is_of_surroundings(draft: &Draft) -> bool {
    draft.known.as_ref().is_some_and(|known| known.rank < Rank::Code)
}

/// What no rule knows is taken for the program's own.
fn rank(draft: &Draft) -> Rank {
    draft.known.as_ref().map_or(Rank::Code, |known| known.rank)
}
