//! Counts over time: sparse buckets of 2^k seconds, aligned to 1970, that get coarser when there are too many.
//!
//! The final width depends on the observed times alone, never on their order: it is the smallest power of two for which
//! no more than the allowed number of buckets is occupied.

use serde::{Deserialize, Serialize};

/// Widest bucket: all times there are fall into one.
const MAX_SHIFT: u8 = u32::BITS as u8;

/// Counts in buckets of 2^k seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Saved")]
pub struct Buckets {
    shift: u8,
    /// Bucket number and count, by rising number.
    cells: Vec<(u32, u32)>,
}

/// What is read back of buckets.
#[derive(Deserialize)]
struct Saved {
    shift: u8,
    cells: Vec<(u32, u32)>,
}

impl TryFrom<Saved> for Buckets {
    type Error = &'static str;

    fn try_from(Saved { shift, cells }: Saved) -> Result<Self, Self::Error> {
        if shift > MAX_SHIFT {
            return Err("buckets of an impossible width");
        }
        if !cells.is_sorted_by_key(|cell| cell.0) {
            return Err("buckets out of order");
        }
        Ok(Self { shift, cells })
    }
}

impl Buckets {
    /// Width of a bucket: 2 to this power seconds.
    pub fn shift(&self) -> u8 {
        self.shift
    }

    /// Beginning of each occupied bucket, in seconds since 1970, and its count.
    pub fn iter(&self) -> impl Iterator<Item = (i64, u64)> + '_ {
        self.cells.iter().map(|&(number, count)| (i64::from(number) << self.shift, u64::from(count)))
    }

    /// All that was counted.
    pub fn total(&self) -> u64 {
        self.cells.iter().map(|&(_, count)| u64::from(count)).sum()
    }

    /// Counts `count` records in bucket `number` of the present width, keeping to `most` buckets.
    pub(in crate::logs) fn add(&mut self, number: u32, count: u32, most: usize) {
        match self.cells.last_mut() {
            Some((last, sum)) if *last == number => *sum = sum.saturating_add(count),
            Some((last, _)) if *last > number => {
                match self.cells.binary_search_by_key(&number, |cell| cell.0) {
                    Ok(at) => self.cells[at].1 = self.cells[at].1.saturating_add(count),
                    Err(at) => self.cells.insert(at, (number, count)),
                }
            }
            _ => self.cells.push((number, count)),
        }
        self.shrink(most);
    }

    /// Makes buckets coarser until no more than `most` are occupied.
    pub(super) fn shrink(&mut self, most: usize) {
        while self.cells.len() > most {
            self.coarsen(self.shift + 1);
        }
    }

    /// Adds the counts of another one.
    pub(in crate::logs) fn merge(&mut self, mut other: Self, most: usize) {
        let shift = self.shift.max(other.shift);
        self.coarsen(shift);
        other.coarsen(shift);
        self.cells.append(&mut other.cells);
        self.cells.sort_unstable_by_key(|cell| cell.0);
        self.join_equal();
        self.shrink(most);
    }

    /// Bytes on the heap.
    pub(super) fn weight(&self) -> usize {
        self.cells.capacity() * size_of::<(u32, u32)>()
    }

    fn coarsen(&mut self, shift: u8) {
        let by = shift - self.shift;
        if by > 0 {
            self.cells.iter_mut().for_each(|cell| cell.0 = cell.0.unbounded_shr(u32::from(by)));
            self.shift = shift;
            self.join_equal();
        }
    }

    fn join_equal(&mut self) {
        self.cells.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::Buckets;

    fn of(times: &[u32], most: usize) -> Buckets {
        let mut buckets = Buckets::default();
        for time in times {
            buckets.add(time >> buckets.shift(), 1, most);
        }
        buckets
    }

    #[test]
    fn width_doubles_until_few_enough_are_occupied() {
        let buckets = of(&[0, 1, 2, 3, 1_000_000], 3);
        assert_eq!(buckets.shift(), 1);
        assert_eq!(buckets.iter().collect::<Vec<_>>(), [(0, 2), (2, 2), (1_000_000, 1)]);
    }

    proptest! {
        #[test]
        fn order_and_splits_do_not_matter(mut times: Vec<u32>, at: usize) {
            let whole = of(&times, 7);
            times.reverse();
            let (left, right) = times.split_at(at % (times.len() + 1));
            let mut merged = of(left, 7);
            merged.merge(of(right, 7), 7);
            prop_assert_eq!(&merged, &whole);
            prop_assert_eq!(merged.total(), times.len() as u64);
        }
    }
}
