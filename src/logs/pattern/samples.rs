//! A few records of a pattern, chosen by a hash of where they stand, so that the choice depends on neither the order of
//! reading nor on how the reading was split.

use serde::{Deserialize, Serialize};

use crate::logs::pattern::Seen;
use crate::logs::scan::{SIGNATURE_BYTES, clip, mix64};
use crate::text::escaped;

/// Where a record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Index of the source in the list that was analysed.
    pub source: u32,
    /// Part of the source that was read as one.
    pub part: u32,
    /// Number of the opening line in that part, from 0.
    pub line: u32,
    /// Where the opening line begins in the source's text.
    pub offset: u64,
}

/// One record of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The message, as far as signatures look at it; secrets are taken out.
    #[serde(with = "escaped")]
    pub text: Box<[u8]>,
    /// Microseconds since 1970, UTC.
    pub at: Option<i64>,
    pub place: Place,
    pub(super) rank: u64,
}

/// The order in which records are chosen: by a hash of the source's name and the offset in it.
#[inline]
pub(super) fn rank(source_seed: u64, offset: u64) -> u64 {
    mix64(source_seed, offset)
}

impl Sample {
    /// By rank; files of one name on two hosts may give the same ones.
    fn order(&self) -> (u64, u32, u64) {
        (self.rank, self.place.source, self.place.offset)
    }
}

/// The samples with the lowest ranks, of different texts, by rising rank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Samples(Vec<Sample>);

impl Samples {
    pub(super) fn as_slice(&self) -> &[Sample] {
        &self.0
    }

    /// Offers a record's text, which is copied only if it is kept.
    pub(super) fn offer(&mut self, seen: &Seen<'_>, rank: u64, most: usize, cut: usize) {
        if self.0.len() < most || self.0.last().is_some_and(|worst| rank < worst.rank) {
            let text = clip(seen.text, cut);
            self.insert(Sample { text: text.into(), at: seen.at, place: seen.place, rank }, most);
        }
    }

    /// The rank from which on a record is not kept.
    pub(super) fn gate(&self, most: usize) -> u64 {
        match self.0.last() {
            Some(worst) if self.0.len() >= most => worst.rank,
            _ => u64::MAX,
        }
    }

    /// Adds the samples of another one.
    pub(super) fn merge(&mut self, other: Self, most: usize) {
        for sample in other.0 {
            self.insert(sample, most);
        }
    }

    /// Keeps to `most` samples of `cut` bytes.
    pub(super) fn shrink(&mut self, most: usize, cut: usize) {
        if self.0.len() > most || self.0.iter().any(|sample| sample.text.len() > cut) {
            for mut sample in std::mem::take(&mut self.0) {
                if sample.text.len() > cut {
                    sample.text = clip(&sample.text, cut).into();
                }
                self.insert(sample, most);
            }
            self.0.shrink_to_fit();
        }
    }

    /// Says that all of them stand in this source.
    pub(super) fn stand_in(&mut self, source: u32) {
        self.0.iter_mut().for_each(|sample| sample.place.source = source);
    }

    /// Bytes on the heap.
    pub(super) fn weight(&self) -> usize {
        let texts: usize = self.0.iter().map(|sample| sample.text.len() + 16).sum();
        texts + self.0.capacity() * size_of::<Sample>()
    }

    fn insert(&mut self, sample: Sample, most: usize) {
        if let Some(same) = self.0.iter().position(|kept| kept.text == sample.text) {
            if self.0[same].order() <= sample.order() {
                return;
            }
            self.0.remove(same);
        }
        let at = self.0.partition_point(|kept| kept.order() < sample.order());
        if at < most {
            if self.0.len() == most {
                self.0.pop();
            }
            if self.0.is_empty() {
                self.0.reserve_exact(1);
            }
            self.0.insert(at, sample);
        }
    }
}

/// Longest text of a sample.
pub(super) const TEXT: usize = SIGNATURE_BYTES;

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{Place, Samples, rank};
    use crate::logs::pattern::{Kind, Seen, Variant};

    fn of(texts: &[(u8, u16)], most: usize) -> Samples {
        let mut samples = Samples::default();
        for &(text, offset) in texts {
            let text = format!("message number {text}");
            let place = Place { offset: u64::from(offset), ..Place::default() };
            let seen = Seen {
                key: 0,
                variant: Variant::default(),
                at: None,
                text: text.as_bytes(),
                place,
                kind: Kind::Text,
            };
            samples.offer(&seen, rank(1, place.offset), most, 100);
        }
        samples
    }

    /// No two records begin at one offset.
    fn unique(texts: &mut Vec<(u8, u16)>) {
        texts.sort_by_key(|text| text.1);
        texts.dedup_by_key(|text| text.1);
    }

    proptest! {
        #[test]
        fn order_and_splits_do_not_matter(mut texts: Vec<(u8, u16)>, at: usize) {
            unique(&mut texts);
            let whole = of(&texts, 3);
            texts.reverse();
            let (left, right) = texts.split_at(at % (texts.len() + 1));
            let mut merged = of(left, 3);
            merged.merge(of(right, 3), 3);
            prop_assert_eq!(&merged, &whole);
        }

        #[test]
        fn fewer_samples_are_the_first_of_more(mut texts: Vec<(u8, u16)>) {
            unique(&mut texts);
            let mut shrunk = of(&texts, 8);
            shrunk.shrink(2, 100);
            prop_assert_eq!(shrunk, of(&texts, 2));
        }
    }

    #[test]
    fn samples_have_different_texts() {
        assert_eq!(of(&[(1, 1), (1, 2), (1, 3)], 3).as_slice().len(), 1);
    }
}
