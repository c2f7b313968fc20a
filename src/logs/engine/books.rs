//! The books: what was read, and what became of every line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::logs::engine::pairs;
use crate::logs::engine::run::Behind;
use crate::logs::pattern::ByLevel;
use crate::logs::{FormatId, Record, Wrapper};

/// What became of the lines of all sources: `lines` = `records` + `continuation` + `unattached`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    pub bytes: u64,
    pub lines: u64,
    pub records: u64,
    pub continuation: u64,
    /// Lines that belong to no record.
    pub unattached: u64,
    /// Records whose time was taken from their neighbours.
    pub inferred: u64,
    /// Records without any time.
    pub timeless: u64,
    /// Records outside the span that was asked for; they and their lines are in none of the other numbers.
    pub outside: u64,
    /// Records by the level that they were written at.
    pub levels: ByLevel,
    /// Earliest and latest time of a record, in microseconds since 1970.
    pub first_at: Option<i64>,
    pub last_at: Option<i64>,
}

/// What was read of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceBooks {
    pub bytes: u64,
    pub lines: u64,
    pub records: u64,
    #[serde(with = "pairs")]
    pub formats: BTreeMap<(Wrapper, FormatId), u64>,
    /// Earliest and latest time of a record, in microseconds since 1970.
    pub first_at: Option<i64>,
    pub last_at: Option<i64>,
    /// Lines of each part, in the order of the source; see [`crate::logs::engine::Aggregates`].
    pub(super) part_lines: BTreeMap<u32, u64>,
    /// Part and line of the first request.
    pub(super) first_access: Option<(u32, u64)>,
}

impl Books {
    /// Counts a record; `at` is its time.
    #[inline]
    pub(super) fn record(&mut self, record: &Record<'_>, at: Option<i64>, inferred: bool) {
        let lines = u64::from(record.lines);
        self.lines += lines;
        self.records += 1;
        self.continuation += lines - 1;
        self.levels.add(record.line.level, 1);
        match at {
            Some(at) => {
                self.inferred += u64::from(inferred);
                self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
                self.last_at = Some(self.last_at.map_or(at, |last| last.max(at)));
            }
            None => self.timeless += 1,
        }
    }

    /// Counts a line that belongs to no record.
    pub(super) fn unattached(&mut self) {
        self.lines += 1;
        self.unattached += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.records += other.records;
        self.continuation += other.continuation;
        self.unattached += other.unattached;
        self.inferred += other.inferred;
        self.timeless += other.timeless;
        self.outside += other.outside;
        self.levels.merge(&other.levels);
        self.first_at = [self.first_at, other.first_at].into_iter().flatten().min();
        self.last_at = [self.last_at, other.last_at].into_iter().flatten().max();
    }
}

impl SourceBooks {
    pub(super) fn merge(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.records += other.records;
        for (format, count) in other.formats {
            *self.formats.entry(format).or_default() += count;
        }
        self.span(other.first_at, other.last_at);
        self.part_lines.extend(other.part_lines);
        self.first_access = [self.first_access, other.first_access].into_iter().flatten().min();
    }

    /// Takes in the earliest and the latest time of some records.
    pub(super) fn span(&mut self, first: Option<i64>, last: Option<i64>) {
        self.first_at = [self.first_at, first].into_iter().flatten().min();
        self.last_at = self.last_at.max(last);
    }

    /// Where the source goes on: in its last part.
    pub(super) fn behind(&self) -> Behind {
        self.part_lines
            .last_key_value()
            .map_or_else(Behind::default, |(&part, &lines)| Behind { part, lines })
    }

    /// Lines of the source before each part, `sum` of them before the first.
    pub(super) fn lines_before(&self, mut sum: u64) -> BTreeMap<u32, u64> {
        let before = |(&part, &lines): (&u32, &u64)| {
            let before = sum;
            sum += lines;
            (part, before)
        };
        self.part_lines.iter().map(before).collect()
    }
}

/// Counts formats without looking anything up: one counter for each bare format.
#[derive(Clone, Debug)]
pub(super) struct FormatTally {
    bare: [u64; 256],
    wrapped: BTreeMap<(Wrapper, FormatId), u64>,
    ids: [FormatId; 256],
}

impl Default for FormatTally {
    fn default() -> Self {
        Self { bare: [0; 256], wrapped: BTreeMap::new(), ids: [FormatId::Plain; 256] }
    }
}

impl FormatTally {
    #[inline]
    pub(super) fn add(&mut self, wrapper: Wrapper, format: FormatId) {
        if wrapper == Wrapper::None {
            self.bare[format as usize] += 1;
            self.ids[format as usize] = format;
        } else {
            *self.wrapped.entry((wrapper, format)).or_default() += 1;
        }
    }

    /// The counts so far, which begin anew.
    pub(super) fn take(&mut self) -> BTreeMap<(Wrapper, FormatId), u64> {
        let mut formats = std::mem::take(&mut self.wrapped);
        for (count, &format) in self.bare.iter_mut().zip(&self.ids) {
            if *count > 0 {
                formats.insert((Wrapper::None, format), std::mem::take(count));
            }
        }
        formats
    }
}
