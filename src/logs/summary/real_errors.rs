//! Real errors alone, for those who want nothing else of an analysis.

use crate::logs::Analysis;
use crate::logs::audit::TeamRules;
use crate::logs::summary::judged::{Judged, Judgement};
use crate::logs::summary::minutes;

/// What deserves the level error or worse, each record counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RealErrors {
    pub dated: u64,
    /// Without a time of their own or of their neighbours.
    pub undated: u64,
    /// A message of the pattern that was written last, redacted.
    pub newest: Option<String>,
}

/// Minutes since 1970 that had real errors, by time, and how many.
pub fn errors_by_minute(analysis: &Analysis, rules: &TeamRules) -> Vec<(i64, u64)> {
    minutes::errors(&Judged::all(analysis, rules)).0
}

/// Counts the real errors of an analysis.
pub fn real_errors(analysis: &Analysis, rules: &TeamRules) -> RealErrors {
    let mut found = RealErrors::default();
    let mut newest = None;
    for judged in Judged::all(analysis, rules) {
        let errors = || judged.shares.iter().filter(|share: &&Judgement<'_>| share.is_error());
        for share in errors() {
            let dated = share.share.buckets.total().min(share.share.count);
            found.dated += dated;
            found.undated += share.share.count - dated;
        }
        if errors().next().is_some() && newest < Some(judged.pattern.last_at) {
            newest = Some(judged.pattern.last_at);
            found.newest = Some(judged.message);
        }
    }
    found
}
