//! Which names and series were there already, within bounds.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashSet};

use crate::checks::exposition::line::Sample;

/// Series of one family that are remembered.
const MAX_SERIES: usize = 1 << 20;
/// Names of families that are remembered.
const MAX_FAMILIES: usize = 1 << 17;

/// What was there already. Only hashes are kept; their key is random, so that nobody can make two meet.
#[derive(Debug, Default)]
pub(super) struct Known {
    hasher: DefaultHashBuilder,
    series: HashSet<u64>,
    families: HashSet<u64>,
    /// There were more than are remembered.
    pub(super) is_full: bool,
}

/// Why a series cannot stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twice {
    Label,
    Series,
}

impl Known {
    /// Notes a family; the answer is whether it is new.
    pub(super) fn add_family(&mut self, name: &[u8]) -> bool {
        self.series.clear();
        let hash = self.hasher.hash_one(name);
        if self.families.len() >= MAX_FAMILIES {
            self.is_full |= !self.families.contains(&hash);
            return true;
        }
        self.families.insert(hash)
    }

    /// Notes a series of the present family, whatever the order of its labels.
    pub(super) fn add_series(&mut self, sample: &Sample<'_>) -> Option<Twice> {
        for (at, (name, _)) in sample.labels.iter().enumerate() {
            if sample.labels[..at].iter().any(|(other, _)| other == name) {
                return Some(Twice::Label);
            }
        }
        let hash = self.hash_without(sample, b"");
        if self.series.len() >= MAX_SERIES {
            self.is_full = true;
            return self.series.contains(&hash).then_some(Twice::Series);
        }
        (!self.series.insert(hash)).then_some(Twice::Series)
    }

    /// The hash of a sample's name and labels but one; an empty label counts as none.
    pub(super) fn hash_without(&self, sample: &Sample<'_>, label: &[u8]) -> u64 {
        let labels = sample.labels.iter().filter(|(name, value)| *name != label && !value.is_empty());
        let sum = labels.fold(0_u64, |sum, pair| sum.wrapping_add(self.hasher.hash_one(pair)));
        let name = if label.is_empty() { sample.name } else { b"" };
        self.hasher.hash_one((name, sum))
    }
}
