//! Whether the lines of one histogram agree: buckets grow, and the last of them is the count.

use crate::checks::exposition::line::{Sample, number};

/// The histogram whose lines are coming in.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Histogram {
    /// Of its labels without `le`.
    labels: Option<u64>,
    last: Option<(f64, f64)>,
    whole: Option<f64>,
}

impl Histogram {
    /// Takes the next sample of a histogram's family; `labels` is the hash of its labels without `le`.
    pub(super) fn take(&mut self, sample: &Sample<'_>, labels: u64) -> Option<&'static str> {
        let missing = (self.labels != Some(labels)).then(|| self.end()).flatten();
        self.labels = Some(labels);
        let wrong = if sample.name.ends_with(b"_bucket") {
            self.bucket(sample)
        } else if sample.name.ends_with(b"_count") {
            let whole = self.whole.filter(|whole| *whole != sample.value);
            whole.map(|_| "a histogram whose count is not its +Inf bucket")
        } else {
            None
        };
        missing.or(wrong)
    }

    /// The family ends here.
    pub(super) fn end(&mut self) -> Option<&'static str> {
        let ended = std::mem::take(self);
        (ended.last.is_some() && ended.whole.is_none()).then_some("a histogram without a +Inf bucket")
    }

    fn bucket(&mut self, sample: &Sample<'_>) -> Option<&'static str> {
        let Some((_, le)) = sample.labels.iter().find(|(name, _)| *name == b"le") else {
            return Some("a bucket without its bound, le");
        };
        let Some(bound) = number(le) else { return Some("a bucket whose bound, le, is no number") };
        let before = self.last.replace((bound, sample.value));
        if bound == f64::INFINITY {
            self.whole = Some(sample.value);
        }
        match before {
            Some((lower, count)) if lower < bound && count > sample.value => {
                Some("a histogram whose buckets do not grow")
            }
            _ => None,
        }
    }
}
