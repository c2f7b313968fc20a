//! What incidents are made of.

use crate::model::Severity;

/// One thing that went wrong, and how often: an exception, or the error records of a pattern that carry none.
#[derive(Clone, Debug)]
pub struct Symptom {
    pub of: SymptomOf,
    /// Title for people, where no rule has a better one.
    pub title: String,
    /// Real errors.
    pub count: u64,
    pub span: Span,
    /// `path:line` of records that show it.
    pub evidence: Vec<String>,
    /// The known fault that it is a sign of.
    pub known: Option<Known>,
}

/// What was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SymptomOf {
    Pattern {
        id: String,
    },
    /// Printed chains with this fingerprint.
    Exception {
        fingerprint: String,
        root_type: String,
        location: Option<String>,
    },
}

/// A fault that a rule knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub rule: String,
    pub severity: Severity,
    pub summary: String,
    /// Lower explains higher: a full disk before a database, a database before an endpoint.
    pub rank: u8,
}

/// When something happened: first and last in seconds since 1970, and how often in each bucket of the common timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub first_s: Option<i64>,
    pub last_s: Option<i64>,
    pub buckets: Vec<u64>,
}

impl Span {
    /// Takes another span in.
    pub(super) fn widen(&mut self, other: &Self) {
        self.first_s = [self.first_s, other.first_s].into_iter().flatten().min();
        self.last_s = [self.last_s, other.last_s].into_iter().flatten().max();
        if self.buckets.len() < other.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// Share of this span's events that lie in buckets in which, or right after which, the other had some.
    pub(super) fn accompanied_by(&self, other: &Self) -> f64 {
        let total: u64 = self.buckets.iter().sum();
        if total == 0 {
            return if self.overlaps(other) { 1.0 } else { 0.0 };
        }
        let near = |at: usize| {
            [Some(at), at.checked_sub(1)]
                .into_iter()
                .flatten()
                .any(|i| other.buckets.get(i).is_some_and(|n| *n > 0))
        };
        let with: u64 = self.buckets.iter().enumerate().filter(|(at, _)| near(*at)).map(|(_, n)| n).sum();
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = with as f64 / total as f64;
        share
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self.first_s, self.last_s, other.first_s, other.last_s) {
            (Some(a), Some(b), Some(c), Some(d)) => a <= d && c <= b,
            _ => false,
        }
    }
}
