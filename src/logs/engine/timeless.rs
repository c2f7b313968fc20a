//! Ranges of a file in which no record bears a time, so that nobody looks for one there again.
//!
//! Whoever reads a part looks back for the last time before it. In a log without times, such as a server's console, that
//! would be far, and each part would be read again and again for those behind it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Ranges without times, each by where it begins; shared by all who read the file.
#[derive(Debug, Default)]
pub(super) struct Timeless(Mutex<BTreeMap<u64, u64>>);

impl Timeless {
    /// Notes that there is no time from `from` up to `to`.
    pub(super) fn note(&self, from: u64, to: u64) {
        let mut ranges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut from, mut to) = (from, to);
        if from >= to {
            return;
        }
        while let Some((&begin, &end)) = ranges.range(..=to).next_back()
            && end >= from
        {
            ranges.remove(&begin);
            (from, to) = (from.min(begin), to.max(end));
        }
        ranges.insert(from, to);
    }

    /// What is left of a range without those that are known to have no time, in order.
    pub(super) fn rest_of(&self, from: u64, to: u64) -> Vec<(u64, u64)> {
        let ranges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut rest, mut at) = (Vec::new(), from);
        for (&begin, &end) in ranges.range(..to) {
            if begin > at {
                rest.push((at, begin));
            }
            at = at.max(end);
        }
        if at < to {
            rest.push((at, to));
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::Timeless;

    proptest! {
        #[test]
        fn what_was_not_noted_is_left(
            noted in proptest::collection::vec((0..40_u64, 1..9_u64), 0..12),
            (from, len) in (0..40_u64, 0..40_u64),
        ) {
            let timeless = Timeless::default();
            noted.iter().for_each(|&(from, len)| timeless.note(from, from + len));
            let is_noted = |at: &u64| noted.iter().any(|&(from, len)| (from..from + len).contains(at));
            let expected: Vec<u64> = (from..from + len).filter(|at| !is_noted(at)).collect();
            let rest = timeless.rest_of(from, from + len);
            let found: Vec<u64> = rest.iter().flat_map(|&(from, to)| from..to).collect();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(rest.iter().filter(|(from, to)| from >= to).count(), 0);
        }
    }

    #[test]
    fn ranges_that_touch_are_one() {
        let timeless = Timeless::default();
        for (from, to) in [(10, 20), (30, 40), (20, 30), (50, 60), (60, 60)] {
            timeless.note(from, to);
        }
        assert_eq!(timeless.0.lock().unwrap().iter().collect::<Vec<_>>(), [(&10, &40), (&50, &60)]);
    }
}
