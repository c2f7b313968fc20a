//! Records that stand in several files: a logger that writes everything to `NAME.log`, errors to `NAME_errors.log`, and the
//! console into a third.
//!
//! For each series the records with the lowest hashes of their text and second are remembered. Where nearly all of them
//! turn up in another series as well, the one is a copy of the other, and its records are counted once. Errors are compared
//! for themselves, since a file of errors alone is a small part of the whole log. Where the names say that one file is split
//! off from another (`NAME_errors.log`, `NAME_daily.log`, `crashes.log`), a single record is enough, and tracebacks without a
//! level are compared by what they say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::logs::input;
use crate::logs::scan::{hash64, mix64};
use crate::model::Level;

/// Hashes that are kept for each series and class.
const KEPT: usize = 512;
/// Hashes that two series must have had the chance to share.
const COMPARED: usize = 4;
/// Share of them that makes a copy, in percent.
const SHARED_PERCENT: usize = 90;
/// Records of level error and worse, others, and tracebacks.
const CLASSES: usize = 3;
const TRACES: usize = 2;
/// Where the ends of all programs are told.
const CRASHES: &str = "crashes.log";

/// A series whose records stand in another one, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duplicate {
    /// Index of the series that is left out of what is counted once.
    pub series: u32,
    /// Index of the series that holds its records.
    pub of: u32,
    /// Whether this is about records of level error and worse, or about the others.
    pub errors: bool,
}

/// The lowest hashes of the records of one class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sketch {
    hashes: BTreeSet<u64>,
    records: u64,
}

/// Sketches by series.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Overlap {
    sketches: Vec<[Sketch; CLASSES]>,
    /// The hashes from which on nothing changes, for the series that is being read.
    #[serde(skip)]
    gates: Vec<[u64; CLASSES]>,
}

/// The hash of a record by what it says and when.
#[inline]
pub(super) fn content_hash(signature: u64, text: &[u8], second: i64) -> u64 {
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let ends = word(text.first_chunk()) ^ word(text.last_chunk()).rotate_left(32);
    mix64(signature ^ second.cast_unsigned(), ends ^ text.len() as u64)
}

impl Overlap {
    /// Notes a record that bears a time of its own.
    #[inline]
    pub(super) fn observe(&mut self, series: u32, level: Option<Level>, hash: u64) {
        self.insert(series, usize::from(level >= Some(Level::Error)), hash);
    }

    /// Notes a traceback by the line that names its exception, as it stands there or in a crash block.
    pub(super) fn observe_trace(&mut self, series: u32, raised: &[u8]) {
        let raised = raised.strip_prefix(b"Error: ").unwrap_or(raised);
        self.insert(series, TRACES, hash64(raised, 0));
    }

    #[inline]
    fn insert(&mut self, series: u32, class: usize, hash: u64) {
        let series = series as usize;
        if series >= self.gates.len() {
            self.gates.resize(series + 1, [u64::MAX; CLASSES]);
            self.sketches.resize(series + 1, <[Sketch; CLASSES]>::default());
        }
        let sketch = &mut self.sketches[series][class];
        sketch.records += 1;
        if hash < self.gates[series][class] {
            self.gates[series][class] = sketch.insert(hash);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        if self.sketches.len() < other.sketches.len() {
            self.sketches.resize(other.sketches.len(), <[Sketch; CLASSES]>::default());
        }
        self.gates.resize(self.sketches.len(), [u64::MAX; CLASSES]);
        for ((mine, gates), theirs) in self.sketches.iter_mut().zip(&mut self.gates).zip(other.sketches) {
            for ((mine, gate), theirs) in mine.iter_mut().zip(gates).zip(theirs) {
                mine.records += theirs.records;
                theirs.hashes.into_iter().for_each(|hash| *gate = mine.insert(hash));
            }
        }
    }

    /// Says that all records stand in this series.
    pub(super) fn stand_in(&mut self, series: u32) {
        let of_it = self.sketches.drain(..).next().unwrap_or_default();
        *self = Self::default();
        self.sketches.resize(series as usize, <[Sketch; CLASSES]>::default());
        self.sketches.push(of_it);
    }

    pub(super) fn weight(&self) -> usize {
        self.sketches.iter().flatten().map(|sketch| sketch.hashes.len() * 16).sum()
    }

    /// Says which series are copies; where two are alike, the later one is the copy.
    pub(super) fn copies(&self, names: &[String]) -> Vec<Duplicate> {
        let wholes: Vec<Option<usize>> =
            (0..self.sketches.len()).map(|series| whole_of(series, names)).collect();
        let are_kin = |a: usize, b: usize| {
            let whole = |series: usize| wholes[series].unwrap_or(series);
            whole(a) == whole(b)
        };
        let mut copies = Vec::new();
        for class in 0..2 {
            let mut by_size: Vec<usize> = (0..self.sketches.len()).collect();
            by_size.sort_by_key(|&series| (std::cmp::Reverse(self.sketches[series][class].records), series));
            let mut originals: Vec<usize> = Vec::new();
            for series in by_size {
                let sketch = &self.sketches[series][class];
                match originals.iter().find(|&&of| {
                    let least = if are_kin(series, of) { 1 } else { COMPARED };
                    sketch.stands_in(&self.sketches[of][class], least)
                }) {
                    Some(&of) => {
                        copies.push(Duplicate { series: series as u32, of: of as u32, errors: class == 1 });
                    }
                    None => originals.push(series),
                }
            }
        }
        copies.sort_unstable();
        copies
    }

    /// Series that were split off from others, and whose tracebacks without a level stand there, too.
    pub(super) fn trace_copies(&self, names: &[String]) -> BTreeSet<u32> {
        let is_crashes = |series: usize| names.get(series).is_some_and(|name| file_name(name) == CRASHES);
        let is_whole = |series: usize| whole_of(series, names).is_none() && !is_crashes(series);
        let is_copy = |series: usize| {
            let holds = |of: usize| match whole_of(series, names) {
                Some(whole) => of == whole,
                None => is_crashes(series) && is_whole(of),
            };
            let mut wholes = Sketch::default();
            for of in (0..self.sketches.len()).filter(|&of| of != series && holds(of)) {
                wholes.hashes.extend(&self.sketches[of][TRACES].hashes);
            }
            self.sketches[series][TRACES].stands_in(&wholes, 1)
        };
        (0..self.sketches.len()).filter(|&series| is_copy(series)).map(|series| series as u32).collect()
    }
}

/// The series that this one is split off from.
fn whole_of(series: usize, names: &[String]) -> Option<usize> {
    let whole = input::whole_of(names.get(series)?)?;
    names.iter().position(|name| *name == whole)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl Sketch {
    /// Takes a hash in; gives the hash from which on nothing changes.
    fn insert(&mut self, hash: u64) -> u64 {
        self.hashes.insert(hash);
        if self.hashes.len() > KEPT {
            self.hashes.pop_last();
        }
        if self.hashes.len() < KEPT { u64::MAX } else { self.hashes.last().copied().unwrap_or(u64::MAX) }
    }

    /// Whether nearly all of these records stand in another sketch's series as well.
    fn stands_in(&self, other: &Self, least: usize) -> bool {
        let reach = |sketch: &Self| {
            if sketch.hashes.len() < KEPT { u64::MAX } else { sketch.hashes.last().copied().unwrap_or(0) }
        };
        let both = reach(self).min(reach(other));
        let compared = self.hashes.range(..=both).count();
        let shared = self.hashes.range(..=both).filter(|hash| other.hashes.contains(hash)).count();
        compared >= least && shared * 100 >= compared * SHARED_PERCENT
    }
}

#[cfg(test)]
mod tests {
    use super::{Duplicate, Overlap};
    use crate::logs::scan::mix64;
    use crate::model::Level;

    fn observe(overlap: &mut Overlap, series: u32, numbers: impl Iterator<Item = u64>) {
        for n in numbers {
            let level = if n.is_multiple_of(100) { Level::Error } else { Level::Info };
            overlap.observe(series, Some(level), mix64(n, 1));
        }
    }

    #[test]
    fn a_file_of_errors_is_a_copy_of_the_errors() {
        let mut overlap = Overlap::default();
        observe(&mut overlap, 0, (0..100_000).filter(|n| n % 100 == 0));
        observe(&mut overlap, 1, 0..100_000);
        observe(&mut overlap, 2, 500_000..600_000);
        assert_eq!(overlap.copies(&[]), [Duplicate { series: 1, of: 0, errors: true }]);
    }

    #[test]
    fn a_second_whole_file_is_a_copy_of_both() {
        let mut overlap = Overlap::default();
        observe(&mut overlap, 0, 0..10_000);
        let mut second = Overlap::default();
        observe(&mut second, 1, 0..5_000);
        overlap.merge(second);
        let copy = |errors| Duplicate { series: 1, of: 0, errors };
        assert_eq!(overlap.copies(&[]), [copy(false), copy(true)]);
    }

    #[test]
    fn one_record_makes_a_copy_only_of_the_log_that_the_name_tells() {
        let mut overlap = Overlap::default();
        observe(&mut overlap, 0, 100..101);
        observe(&mut overlap, 1, 0..1_000);
        let copies = |whole: &str| overlap.copies(&["a/app_errors.log".to_owned(), whole.to_owned()]);
        assert_eq!(copies("a/app.log"), [Duplicate { series: 0, of: 1, errors: true }]);
        assert_eq!(copies("b/app.log"), []);
    }

    #[test]
    fn merging_parts_gives_the_whole() {
        let (mut whole, mut left, mut right) = (Overlap::default(), Overlap::default(), Overlap::default());
        observe(&mut whole, 1, 0..10_000);
        observe(&mut left, 1, 0..3_000);
        observe(&mut right, 1, 3_000..10_000);
        left.merge(right);
        assert_eq!(left, whole);
    }
}
