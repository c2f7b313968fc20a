//! Counters by series, method and path, bounded: a full table gives away the entries with the highest hashes.
//!
//! The entries that are kept are those with the lowest hashes of all that were ever seen, whatever the order; all requests of
//! the others are with the caller. That makes merging exact. A path has one hash in all series, and is kept or given away in
//! all of them.

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

use crate::logs::http::hash::hash;
use crate::logs::http::method::Method;
use crate::logs::http::stats::Stats;
use crate::text::{escaped, redact};

/// One path with its requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Of the logs that they stand in.
    pub(super) series: u32,
    pub(super) method: Method,
    #[serde(with = "escaped")]
    pub(super) path: Box<[u8]>,
    pub(super) stats: Stats,
    hash: u64,
}

/// See the head of this file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub(super) struct PathTable {
    entries: Vec<Entry>,
    index: HashTable<u32>,
    capacity: usize,
    /// Paths with a hash above this are not taken any more.
    highest: u64,
}

/// What of a table is saved.
#[derive(Serialize, Deserialize)]
struct Saved {
    entries: Vec<Entry>,
    capacity: usize,
    highest: u64,
}

/// Hash of a path as a key.
#[inline]
pub(super) fn path_hash(method: Method, path: &[u8]) -> u64 {
    hash(method as u64 + 1, path)
}

/// Where an entry is looked for.
#[inline]
fn slot(hash: u64, series: u32) -> u64 {
    hash ^ u64::from(series).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl PathTable {
    /// Creates a table that keeps `capacity` paths.
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: Vec::new(), index: HashTable::new(), capacity, highest: u64::MAX }
    }

    /// Returns the counters of a path in a series, by its hash, or `None` when the table has given up paths with such a hash.
    #[inline]
    pub(super) fn stats(&mut self, key: (u32, u64), method: Method, path: &[u8]) -> Option<&mut Stats> {
        let place = self.place(key, method, path)?;
        Some(self.stats_at(place))
    }

    /// Returns where a path's counters stand, until the table shrinks or merges.
    #[inline]
    pub(super) fn place(&mut self, key: (u32, u64), method: Method, path: &[u8]) -> Option<usize> {
        // Two paths with one hash of 64 bits are not met with.
        let (series, hash) = key;
        let entries = &self.entries;
        match self.index.find(slot(hash, series), |&at| entries[at as usize].is(key)) {
            Some(&at) => Some(at as usize),
            None if hash > self.highest => None,
            None => {
                let path = redact::bytes(path).into();
                Some(self.insert(Entry { series, method, path, stats: Stats::default(), hash }))
            }
        }
    }

    /// Returns the counters at a place.
    #[inline]
    pub(super) fn stats_at(&mut self, place: usize) -> &mut Stats {
        &mut self.entries[place].stats
    }

    #[cold]
    fn insert(&mut self, entry: Entry) -> usize {
        let at = self.entries.len();
        let slot = entry.slot();
        self.entries.push(entry);
        let entries = &self.entries;
        self.index.insert_unique(slot, at as u32, |&at| entries[at as usize].slot());
        at
    }

    /// Says that so many paths came in that the highest should be given away.
    #[inline]
    pub(super) fn is_overfull(&self) -> bool {
        self.entries.len() > self.capacity + self.capacity / 4
    }

    /// Gives away what is above the capacity.
    pub(super) fn shrink(&mut self) -> Vec<Entry> {
        if self.entries.len() <= self.capacity {
            return Vec::new();
        }
        self.entries.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        let first_given = self.entries[self.capacity].hash;
        let given = self.entries.split_off(self.entries.partition_point(|entry| entry.hash < first_given));
        self.highest = self.entries.last().map_or(0, |entry| entry.hash);
        self.reindex();
        given
    }

    fn reindex(&mut self) {
        let entries = &self.entries;
        self.index.clear();
        for (at, entry) in entries.iter().enumerate() {
            self.index.insert_unique(entry.slot(), at as u32, |&at| entries[at as usize].slot());
        }
    }

    /// Says which series the entries of each series are of from now on; `None` takes them out.
    pub(super) fn move_series(&mut self, to: impl Fn(u32) -> Option<u32>) {
        let mut moved = Self { highest: self.highest, ..Self::new(self.capacity) };
        for entry in std::mem::take(&mut self.entries) {
            let Some(series) = to(entry.series) else { continue };
            match moved
                .index
                .find(slot(entry.hash, series), |&at| moved.entries[at as usize].is((series, entry.hash)))
            {
                Some(&at) => moved.entries[at as usize].stats.merge(&entry.stats),
                None => {
                    moved.insert(Entry { series, ..entry });
                }
            }
        }
        *self = moved;
    }

    /// Takes the entries of another table; returns those that this one has given up.
    pub(super) fn merge(&mut self, other: Self) -> Vec<Entry> {
        let mut given = Vec::new();
        for entry in other.entries {
            match self.stats((entry.series, entry.hash), entry.method, &entry.path) {
                Some(stats) => stats.merge(&entry.stats),
                None => given.push(entry),
            }
        }
        // What the other has given up must not grow up again here.
        self.highest = self.highest.min(other.highest);
        let highest = self.highest;
        if self.entries.iter().any(|entry| entry.hash > highest) {
            let (keep, over) =
                std::mem::take(&mut self.entries).into_iter().partition(|entry| entry.hash <= highest);
            self.entries = keep;
            given.extend::<Vec<_>>(over);
            self.reindex();
        }
        given.extend(self.shrink());
        given
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl Entry {
    /// Creates an entry under another path.
    pub(super) fn renamed(self, path: &[u8]) -> Self {
        Self { hash: path_hash(self.method, path), path: path.into(), ..self }
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    fn slot(&self) -> u64 {
        slot(self.hash, self.series)
    }

    fn is(&self, (series, hash): (u32, u64)) -> bool {
        self.hash == hash && self.series == series
    }

    fn key(&self) -> (u64, u32, Method, &[u8]) {
        (self.hash, self.series, self.method, &self.path)
    }
}

impl From<Saved> for PathTable {
    fn from(saved: Saved) -> Self {
        let Saved { entries, capacity, highest } = saved;
        let mut table = Self { entries, index: HashTable::new(), capacity, highest };
        table.reindex();
        table
    }
}

impl From<PathTable> for Saved {
    fn from(mut table: PathTable) -> Self {
        table.entries.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        Self { entries: table.entries, capacity: table.capacity, highest: table.highest }
    }
}

/// Tables are the same when they hold the same, in whatever order it came.
impl PartialEq for PathTable {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |table: &Self| {
            let mut entries = table.entries.clone();
            entries.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
            entries
        };
        self.highest == other.highest && sorted(self) == sorted(other)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fill(capacity: usize, ids: &[u16]) -> (PathTable, u64) {
        let (mut table, mut given) = (PathTable::new(capacity), 0);
        for id in ids {
            let path = format!("/x/{id}");
            let key = (u32::from(*id % 3), path_hash(Method::Get, path.as_bytes()));
            match table.stats(key, Method::Get, path.as_bytes()) {
                Some(stats) => stats.observe(200, None, 1, None),
                None => given += 1,
            }
            if table.is_overfull() {
                given += table.shrink().iter().map(|entry| entry.stats.requests).sum::<u64>();
            }
        }
        given += table.shrink().iter().map(|entry| entry.stats.requests).sum::<u64>();
        (table, given)
    }

    proptest! {
        #[test]
        fn what_is_kept_does_not_depend_on_order_or_parts(ids in prop::collection::vec(0u16..40, 0..200), cut in 0usize..200) {
            let (whole, lost) = fill(8, &ids);
            let (a, b) = ids.split_at(cut.min(ids.len()));
            let ((mut merged, lost_b), (part, lost_a)) = (fill(8, b), fill(8, a));
            let lost_here: u64 = merged.merge(part).iter().map(|entry| entry.stats.requests).sum();
            prop_assert_eq!(lost, lost_a + lost_b + lost_here);
            prop_assert!(merged == whole);
        }

        #[test]
        fn a_table_survives_its_own_json(path in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut table = PathTable::new(4);
            let key = (2, path_hash(Method::Put, &path));
            table.stats(key, Method::Put, &path).unwrap().observe(500, Some(7), 1, Some(2));
            let json = serde_json::to_string(&table).unwrap();
            let mut back: PathTable = serde_json::from_str(&json).unwrap();
            prop_assert!(back == table);
            prop_assert_eq!(back.stats(key, Method::Put, &path).unwrap().requests, 1);
        }
    }
}
