//! What incidents are made of.

use crate::logs::rules::{FaultClass, Rank};
use crate::model::Severity;

/// What an overlap in time is worth as company.
const OVERLAP: f64 = 0.6;

/// One thing that went wrong, and how often: an exception, or the error records of a pattern that carry none.
#[derive(Clone, Debug)]
pub struct Symptom {
    pub of: SymptomOf,
    /// Title for people, where no rule has a better one; an exception's place is added to it.
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
    pub class: FaultClass,
    pub severity: Severity,
    pub summary: String,
    /// What the text names as broken: a path, a host, a table.
    pub thing: Option<String>,
    /// What is lower can explain what is higher.
    pub rank: Rank,
    /// What to do, and the command to type.
    pub advice: String,
    pub command: Option<String>,
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
    ///
    /// Where one of them is not counted by buckets, an overlap is worth [`OVERLAP`]: enough to keep company, too little
    /// to be a cause.
    pub(super) fn accompanied_by(&self, other: &Self) -> f64 {
        let total: u64 = self.buckets.iter().sum();
        if total == 0 || other.buckets.iter().all(|n| *n == 0) {
            return if self.overlaps(other) { OVERLAP } else { 0.0 };
        }
        let with: u64 =
            self.buckets.iter().enumerate().filter(|(at, _)| other.is_near(*at)).map(|(_, n)| n).sum();
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = with as f64 / total as f64;
        share
    }

    /// Share of all buckets that lie in or right after one with events: what chance alone would accompany.
    pub(super) fn presence(&self) -> f64 {
        let near = (0..self.buckets.len()).filter(|at| self.is_near(*at)).count();
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = near as f64 / self.buckets.len().max(1) as f64;
        share
    }

    fn is_near(&self, at: usize) -> bool {
        let any = |i: usize| self.buckets.get(i).is_some_and(|n| *n > 0);
        any(at) || at.checked_sub(1).is_some_and(any)
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self.first_s, self.last_s, other.first_s, other.last_s) {
            (Some(a), Some(b), Some(c), Some(d)) => a <= d && c <= b,
            _ => false,
        }
    }
}
