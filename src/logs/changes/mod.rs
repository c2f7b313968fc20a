//! What changed: new, gone, spiking and regressed patterns, with when it began and the rates on both sides.
//!
//! Rates are counts for each record of the whole log or for each minute, whichever makes less of a change: neither a busier
//! nor a quieter hour changes anything alone, neither for what comes with all the rest nor for what comes by the clock.
//! Two questions are asked of each pattern and answered by exact or likelihood-ratio tests; of all answers only those are
//! kept that hold at a false discovery rate of 5 % (Benjamini and Hochberg 1995).
//!
//! - Against the earlier part of the same log ([`within`]): is there a moment before which, or after which, the pattern
//!   never occurred, or a stretch in which it was much more frequent (scan statistic, Kulldorff 1997)?
//! - Against the analysis before ([`against`]): does its rate differ (signed G-test on two Poisson rates)?

mod compare;
mod scan;
mod significance;

pub use compare::{Baseline, BaselinePattern, against};
pub use scan::{surges, within};

use crate::model::Level;
use crate::report::ChangeClass;

/// What the tests need to know of one pattern.
#[derive(Clone, Debug)]
pub struct PatternSeries<'a> {
    pub id: &'a str,
    pub level: Option<Level>,
    /// All its records, undated ones too.
    pub count: u64,
    /// Its records in each bucket of the common timeline.
    pub buckets: &'a [u64],
}

/// The common timeline.
#[derive(Clone, Debug)]
pub struct Clock<'a> {
    /// Beginning of the first bucket, in seconds since 1970.
    pub start_s: i64,
    pub bucket_s: i64,
    /// All records in each bucket: what rates are relative to.
    pub records: &'a [u64],
}

impl Clock<'_> {
    fn minutes(&self, buckets: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand buckets of seconds")]
        let seconds = buckets as f64 * self.bucket_s as f64;
        (seconds / 60.0).max(1.0 / 60.0)
    }

    fn at(&self, bucket: usize) -> i64 {
        self.start_s + self.bucket_s * i64::try_from(bucket).unwrap_or(i64::MAX / 1_000_000)
    }
}

/// One pattern's change.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    pub id: String,
    pub class: ChangeClass,
    /// Seconds since 1970: when it began; for what is gone, when it was last seen.
    pub onset_s: Option<i64>,
    pub before_per_minute: f64,
    pub after_per_minute: f64,
    /// Probability of as much by chance.
    pub p_value: f64,
}
