//! Records that stand in several files: a logger that writes everything to `NAME.log`, errors to `NAME_errors.log`, and the
//! console into a third.
//!
//! For each series the records with the lowest hashes of their text and time are remembered. Where nearly all of them turn
//! up in another series of the same folder as well, the one is a copy of the other, and its records are counted once. Errors
//! are compared for themselves, since a file of errors alone is a small part of the whole log. Where the names say that one
//! file is split off from another (`NAME_errors.log`, `NAME_daily.log`, `crashes.log`), a single record is enough, records
//! without a time of their own are compared by their text, and tracebacks without a level by what they say.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::logs::input;
use crate::logs::scan::{hash64, mix64};
use crate::model::Level;

/// Hashes that are kept for each series and class.
const KEPT: usize = 512;
/// Hashes that are remembered besides.
const SEEN: usize = 1024;
/// Hashes that two series must have had the chance to share.
const COMPARED: usize = 4;
/// Share of them that makes a copy, in percent.
const SHARED_PERCENT: usize = 90;
/// Records with a time of their own and those without, each below the level error and from there on; and tracebacks.
const CLASSES: usize = 5;
const UNDATED: usize = 2;
const TRACES: usize = 4;
/// Where the ends of all programs are told.
const CRASHES: &str = "crashes.log";

/// Which records of a series are looked at together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Below the level error, or without a level.
    Others,
    /// Of level error and worse.
    Errors,
    /// Tracebacks without a level.
    Traces,
}

impl Class {
    /// The class of a record.
    pub fn of(level: Option<Level>, has_trace: bool) -> Self {
        match level {
            None if has_trace => Self::Traces,
            level if level >= Some(Level::Error) => Self::Errors,
            _ => Self::Others,
        }
    }
}

/// What [`origin`] made one number of.
pub(super) fn of_origin(origin: u32) -> (u32, Class) {
    let class = match origin & 3 {
        0 => Class::Others,
        1 => Class::Errors,
        _ => Class::Traces,
    };
    (origin >> 2, class)
}

/// Where a traceback stands, as one number: its series, and its class there.
pub(super) fn origin(series: u32, level: Option<Level>) -> u32 {
    series << 2 | Class::of(level, true) as u32
}

/// The same for another series.
pub(super) fn moved(origin: u32, series: u32) -> u32 {
    series << 2 | origin & 3
}

/// Which records stand in another series, too: the series of theirs that holds them, by series and class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copies(BTreeMap<(u32, Class), u32>);

impl Copies {
    /// Whether these records of a series are copies.
    pub fn holds(&self, series: u32, class: Class) -> bool {
        self.0.contains_key(&(series, class))
    }

    /// The series that holds the records of this one, where it is a copy of a log.
    pub fn original_of(&self, series: u32) -> Option<u32> {
        let of = |class| self.0.get(&(series, class)).copied();
        of(Class::Others).or_else(|| of(Class::Errors))
    }

    pub(super) fn hold_origin(&self, origin: u32) -> bool {
        let (series, class) = of_origin(origin);
        self.holds(series, class)
    }
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
    #[serde(skip)]
    seen: Seen,
}

/// Hashes that were taken in lately: most of what is written again and again is met here. Memory of work done and nothing
/// else, so that it makes no difference.
#[derive(Clone, Debug, Default)]
struct Seen(Vec<u64>);

impl Seen {
    /// Says whether a hash was told lately, of the same series and class.
    #[inline]
    fn knows(&mut self, series: usize, class: usize, hash: u64) -> bool {
        if self.0.is_empty() {
            self.0 = vec![0; SEEN];
        }
        let known = mix64(hash, (series * CLASSES + class + 1) as u64);
        std::mem::replace(&mut self.0[known as usize % SEEN], known) == known
    }
}

impl PartialEq for Seen {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Seen {}

/// The hash of a record by what it says and when, in microseconds since 1970.
#[inline]
fn content_hash(signature: u64, text: &[u8], at: i64) -> u64 {
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let ends = word(text.first_chunk()) ^ word(text.last_chunk()).rotate_left(32);
    mix64(signature ^ at.cast_unsigned(), ends ^ text.len() as u64)
}

impl Overlap {
    /// Notes a record by its signature and text; `at` is the time that it bears itself.
    #[inline]
    pub(super) fn observe(
        &mut self,
        series: u32,
        level: Option<Level>,
        (signature, text): (u64, &[u8]),
        at: Option<i64>,
    ) {
        let class = usize::from(level >= Some(Level::Error)) + if at.is_some() { 0 } else { UNDATED };
        self.insert(series, class, content_hash(signature, text, at.unwrap_or(0)));
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
        if hash < self.gates[series][class] && !self.seen.knows(series, class, hash) {
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

    /// Says which series of these names are copies: where two are alike, the one with fewer records, else the one that is
    /// split off, else the later one.
    pub(super) fn copies(&self, names: &[String]) -> Copies {
        let names = Names::new(names);
        let mut copies = Copies::default();
        for (class, word) in [Class::Others, Class::Errors].into_iter().enumerate() {
            let records = |series: usize| {
                let of_it = &self.sketches[series];
                of_it[class].records + of_it[class + UNDATED].records
            };
            let mut by_size: Vec<usize> =
                (0..self.sketches.len()).filter(|&series| records(series) > 0).collect();
            by_size
                .sort_by_key(|&series| (Reverse(records(series)), names.whole_of(series).is_some(), series));
            let mut originals: Vec<usize> = Vec::new();
            for series in by_size {
                match originals.iter().find(|&&of| self.repeats(series, of, class, &names)) {
                    Some(&of) => {
                        copies.0.insert((series as u32, word), of as u32);
                    }
                    None => originals.push(series),
                }
            }
        }
        self.copied_traces(&names, &mut copies);
        copies
    }

    /// Whether the records of a class in one series stand in another one, too.
    fn repeats(&self, series: usize, of: usize, class: usize, names: &Names<'_>) -> bool {
        let repeated =
            |class: usize, least| self.sketches[series][class].stands_in(&self.sketches[of][class], least);
        let is_empty = |class: usize| self.sketches[series][class].hashes.is_empty();
        let undated = || is_empty(class + UNDATED) || repeated(class + UNDATED, 1);
        if names.are_kin(series, of) {
            return (is_empty(class) || repeated(class, 1)) && undated();
        }
        names.are_near(series, of) && repeated(class, COMPARED) && undated()
    }

    /// Finds tracebacks without a level that were split off from other series, or are told again in a file of crashes.
    fn copied_traces(&self, names: &Names<'_>, copies: &mut Copies) {
        let records = |series: usize| self.sketches[series][TRACES].records;
        let mut by_size: Vec<usize> =
            (0..self.sketches.len()).filter(|&series| records(series) > 0).collect();
        by_size.sort_by_key(|&series| {
            (names.is_crashes(series), Reverse(records(series)), names.whole_of(series).is_some(), series)
        });
        let mut originals: Vec<usize> = Vec::new();
        for series in by_size {
            let mut theirs = Sketch::default();
            let kin: Vec<usize> = originals.iter().copied().filter(|&of| names.are_kin(series, of)).collect();
            for hash in kin.iter().flat_map(|&of| &self.sketches[of][TRACES].hashes) {
                theirs.insert(*hash);
            }
            let first = kin.into_iter().min();
            match first.filter(|_| self.sketches[series][TRACES].stands_in(&theirs, 1)) {
                Some(of) => {
                    copies.0.insert((series as u32, Class::Traces), of as u32);
                }
                None => originals.push(series),
            }
        }
    }
}

/// What the names of series say of each other.
struct Names<'a> {
    names: &'a [String],
    /// The series that each is split off from.
    wholes: Vec<Option<usize>>,
}

impl<'a> Names<'a> {
    fn new(names: &'a [String]) -> Self {
        let mut names = Self { names, wholes: Vec::new() };
        names.wholes = names.names.iter().map(|series| input::whole_among(series, names.names)).collect();
        names
    }

    fn whole_of(&self, series: usize) -> Option<usize> {
        self.wholes.get(series).copied().flatten()
    }

    fn are_kin(&self, a: usize, b: usize) -> bool {
        let whole = |series: usize| self.whole_of(series).unwrap_or(series);
        whole(a) == whole(b) || (self.is_crashes(a) != self.is_crashes(b) && self.are_near(a, b))
    }

    fn are_near(&self, a: usize, b: usize) -> bool {
        input::are_near(self.name(a), self.name(b))
    }

    fn is_crashes(&self, series: usize) -> bool {
        let name = self.name(series);
        name.rsplit_once('/').map_or(name, |(_, file)| file) == CRASHES
    }

    fn name(&self, series: usize) -> &str {
        self.names.get(series).map_or("", String::as_str)
    }
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
    use super::{Class, Copies, Overlap};
    use crate::logs::scan::mix64;
    use crate::model::Level;

    fn observe(overlap: &mut Overlap, series: u32, numbers: impl Iterator<Item = u64>) {
        for n in numbers {
            let level = if n.is_multiple_of(100) { Level::Error } else { Level::Info };
            overlap.observe(series, Some(level), (mix64(n, 1), b"text"), Some(0));
        }
    }

    fn copies(of: &[(u32, Class, u32)]) -> Copies {
        Copies(of.iter().map(|&(series, class, of)| ((series, class), of)).collect())
    }

    #[test]
    fn undated_records_are_copies_only_where_the_names_say_so() {
        let mut overlap = Overlap::default();
        for series in 0..3 {
            overlap.observe(series, Some(Level::Info), (7, b"Application startup complete."), None);
        }
        let names = ["logs/api_daily.log", "api.log", "logs/worker.log"].map(String::from);
        assert_eq!(overlap.copies(&names), copies(&[(0, Class::Others, 1)]));
    }

    #[test]
    fn logs_of_other_folders_are_no_copies() {
        let mut overlap = Overlap::default();
        (0..2).for_each(|series| observe(&mut overlap, series, 1..90));
        let copied = |a: &str, b: &str| !overlap.copies(&[a.to_owned(), b.to_owned()]).0.is_empty();
        assert!(copied("/srv/logs/a.log", "/srv/b.log") && copied("a.log", "b.log"));
        assert!(!copied("/srv/one/a.log", "/srv/two/a.log") && !copied("web1:logs/a.log", "web2:logs/a.log"));
    }

    #[test]
    fn a_file_of_errors_is_a_copy_of_the_errors() {
        let mut overlap = Overlap::default();
        observe(&mut overlap, 0, (0..100_000).filter(|n| n % 100 == 0));
        observe(&mut overlap, 1, 0..100_000);
        observe(&mut overlap, 2, 500_000..600_000);
        assert_eq!(overlap.copies(&[]), copies(&[(1, Class::Errors, 0)]));
    }

    #[test]
    fn a_second_whole_file_is_a_copy_of_both() {
        let mut overlap = Overlap::default();
        observe(&mut overlap, 0, 0..10_000);
        let mut second = Overlap::default();
        observe(&mut second, 1, 0..5_000);
        overlap.merge(second);
        assert_eq!(overlap.copies(&[]), copies(&[(1, Class::Others, 0), (1, Class::Errors, 0)]));
    }

    #[test]
    fn one_record_makes_a_copy_only_of_the_log_that_the_name_tells() {
        let mut overlap = Overlap::default();
        observe(&mut overlap, 0, 100..101);
        observe(&mut overlap, 1, 0..1_000);
        let copies = |whole: &str| overlap.copies(&["a/app_errors.log".to_owned(), whole.to_owned()]);
        let is_copy = Copies([((0, Class::Errors), 1)].into());
        assert_eq!((copies("a/app.log"), copies("app.log")), (is_copy.clone(), is_copy));
        assert_eq!(copies("b/app.log"), Copies::default());
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
