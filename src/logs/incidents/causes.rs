//! Which incident explains which.

use crate::logs::incidents::fold::Draft;

/// Share of a consequence that must accompany its cause.
const ACCOMPANIED: f64 = 0.8;
/// Rank of an incident that no rule knows: anything known may explain it, it explains nothing.
const UNKNOWN_RANK: u8 = u8::MAX;
/// Clocks and buffers may tell a consequence a little before its cause.
const SLACK_S: i64 = 5;

/// For each incident the root that explains it, if any; a root is itself explained by nothing.
pub(super) fn explain(drafts: &[Draft]) -> Vec<Option<usize>> {
    let direct: Vec<Option<usize>> = (0..drafts.len()).map(|at| direct_cause(drafts, at)).collect();
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

fn direct_cause(drafts: &[Draft], at: usize) -> Option<usize> {
    let effect = &drafts[at];
    drafts
        .iter()
        .enumerate()
        .filter(|(other, cause)| *other != at && can_cause(cause, effect))
        .map(|(other, cause)| (effect.span.accompanied_by(&cause.span), other))
        .filter(|(share, _)| *share >= ACCOMPANIED)
        .max_by(|a, b| {
            a.0.total_cmp(&b.0).then_with(|| rank(&drafts[b.1]).cmp(&rank(&drafts[a.1]))).then(b.1.cmp(&a.1))
        })
        .map(|(_, other)| other)
}

fn can_cause(cause: &Draft, effect: &Draft) -> bool {
    let in_time = match (cause.span.first_s, effect.span.first_s) {
        (Some(a), Some(b)) => a <= b + SLACK_S,
        _ => false,
    };
    in_time && rank(cause) < rank(effect)
}

fn rank(draft: &Draft) -> u8 {
    draft.known.as_ref().map_or(UNKNOWN_RANK, |k| k.rank)
}
