//! The values behind the variable parts of some records, to tell when one value makes up most of a pattern.
//!
//! The records with the lowest ranks are kept: all of them while there are few, then a fair sample.

use serde::{Deserialize, Serialize};

use crate::logs::pattern::words::words;
use crate::logs::scan::hash64;

/// Variable parts that are looked at, from the left.
pub(super) const SLOTS: usize = 6;

/// One record's values, as hashes; 0 where there is no such part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Kept {
    rank: u64,
    pub(super) slots: [u32; SLOTS],
}

/// The values of the records with the lowest ranks, by rising rank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Values(Vec<Kept>);

impl Values {
    pub(super) fn as_slice(&self) -> &[Kept] {
        &self.0
    }

    /// Offers a record's message.
    pub(super) fn offer(&mut self, text: &[u8], rank: u64, most: usize) {
        if most > 0 && rank < self.gate(most) {
            self.insert(Kept { rank, slots: slots(text) }, most);
        }
    }

    pub(super) fn merge(&mut self, other: Self, most: usize) {
        self.0.extend(other.0);
        self.0.sort_unstable();
        self.shrink(most);
    }

    pub(super) fn shrink(&mut self, most: usize) {
        if self.0.len() > most {
            self.0.truncate(most);
            self.0.shrink_to_fit();
        }
    }

    /// The rank from which on a record is not kept.
    pub(super) fn gate(&self, most: usize) -> u64 {
        match self.0.last() {
            Some(worst) if self.0.len() >= most => worst.rank,
            _ if most == 0 => 0,
            _ => u64::MAX,
        }
    }

    /// Bytes on the heap.
    pub(super) fn weight(&self) -> usize {
        self.0.capacity() * size_of::<Kept>()
    }

    fn insert(&mut self, kept: Kept, most: usize) {
        if self.0.len() >= most {
            self.0.pop();
        }
        let at = self.0.partition_point(|other| other.rank < kept.rank);
        self.0.insert(at, kept);
    }
}

/// The hash of a value, as it stands in [`Kept::slots`]; never 0.
pub(super) fn value_hash(value: &[u8]) -> u32 {
    (hash64(value, 0) >> 32) as u32 | 1
}

/// The values of a message: one for each run of variable tokens.
fn slots(text: &[u8]) -> [u32; SLOTS] {
    let mut slots = [0; SLOTS];
    for (slot, run) in slots.iter_mut().zip(runs(text)) {
        *slot = value_hash(&text[run]);
    }
    slots
}

/// The runs of variable words of a message, each from its first to its last byte.
pub(super) fn runs(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut runs: Vec<std::ops::Range<usize>> = Vec::new();
    let mut after_variable = false;
    for token in words(text) {
        match runs.last_mut() {
            Some(run) if token.variable && after_variable => run.end = token.end,
            _ if token.variable => runs.push(token.start..token.end),
            _ => {}
        }
        after_variable = token.variable;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::{Values, runs, value_hash};

    #[test]
    fn a_run_of_variable_words_is_one_value() {
        let text = b"from 10.0.0.1:80, 7 to x9";
        let found: Vec<&[u8]> = runs(text).into_iter().map(|run| &text[run]).collect();
        assert_eq!(found, [&b"10.0.0.1:80, 7"[..], b"x9"]);
    }

    #[test]
    fn the_lowest_ranks_are_kept_in_any_order() {
        let text = |n: u64| format!("truck {n}");
        let (mut whole, mut left, mut right) = (Values::default(), Values::default(), Values::default());
        for n in 0..100u64 {
            let rank = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            whole.offer(text(n).as_bytes(), rank, 10);
            let part = if n % 3 == 0 { &mut left } else { &mut right };
            part.offer(text(n).as_bytes(), rank, 10);
        }
        right.merge(left, 10);
        assert_eq!(right, whole);
        assert_eq!(whole.as_slice()[0].slots[0], value_hash(b"0"));
    }
}
