//! What is known of the records of one signature.

use serde::{Deserialize, Serialize};

use crate::logs::pattern::Seen;
use crate::logs::pattern::buckets::Buckets;
use crate::logs::pattern::samples::{Samples, TEXT};
use crate::logs::pattern::values::Values;
use crate::logs::scan::clip;
use crate::model::Level;
use crate::text::redact;

/// What kind of message a signature stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Any message: its constant words make the pattern.
    #[default]
    Text,
    /// An access line: method and status make the pattern.
    Access { method: [u8; 8], status: u16 },
}

/// What tells the records of one signature apart, besides what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Variant {
    pub level: Option<Level>,
    /// Series of files that the records stand in.
    pub series: u32,
    /// The team's rule that fits them.
    pub rule: Option<u16>,
    /// Whether a stack was printed with them.
    pub has_trace: bool,
}

/// The part of a row that every record touches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) key: u64,
    pub(super) count: u64,
    pub(super) first: i64,
    pub(super) last: i64,
    /// Records from this rank on are neither samples nor kept for their values.
    #[serde(skip)]
    pub(super) gate: u64,
    /// The bucket that the last records fell into, and how many of them are not yet in the buckets.
    #[serde(skip)]
    pub(super) bucket: u32,
    #[serde(skip)]
    pub(super) pending: u32,
    /// Width of buckets, as in [`Buckets::shift`].
    #[serde(skip)]
    pub(super) shift: u8,
    /// Free for whoever observes records: what the message says that rare parts want to know.
    pub(super) marks: u8,
    pub(super) variant: Variant,
}

/// The part of a row that few records touch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Details {
    pub(super) kind: Kind,
    pub(super) samples: Samples,
    pub(super) buckets: Buckets,
    pub(super) values: Values,
}

/// How much is kept of each row; less where there are many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Room {
    /// Samples, and bytes of each.
    pub(super) samples: usize,
    pub(super) text: usize,
    pub(super) buckets: usize,
    /// Records whose values are kept.
    pub(super) values: usize,
}

impl Room {
    /// The room that each of so many rows gets. It never grows with the number of rows, so whoever saw a part of the
    /// records kept at least what the whole keeps.
    pub(super) fn for_rows(rows: usize) -> Self {
        match rows {
            0..=512 => Self { samples: 8, text: TEXT, buckets: 512, values: 48 },
            513..=4096 => Self { samples: 3, text: TEXT, buckets: 256, values: 16 },
            4097..=16_384 => Self { samples: 1, text: 160, buckets: 8, values: 0 },
            _ => Self { samples: 1, text: 96, buckets: 4, values: 0 },
        }
    }
}

impl Row {
    pub(super) fn new(key: u64, variant: Variant) -> Self {
        Self {
            key,
            count: 0,
            first: i64::MAX,
            last: i64::MIN,
            gate: u64::MAX,
            bucket: 0,
            pending: 0,
            shift: 0,
            marks: 0,
            variant,
        }
    }

    /// Where the row stands in the order in which rows are kept: errors first, then by signature.
    pub(super) fn order(&self) -> (bool, u64) {
        order(self.variant.level, self.key)
    }

    /// Moves what was counted last into the buckets; gives the bytes that this took.
    pub(super) fn settle(&mut self, details: &mut Details, room: Room) -> usize {
        if self.pending == 0 {
            return 0;
        }
        let before = details.buckets.weight();
        details.buckets.add(self.bucket, self.pending, room.buckets);
        self.pending = 0;
        self.shift = details.buckets.shift();
        details.buckets.weight() - before
    }

    /// Takes a record among the samples, its secrets taken out; gives the bytes that this took.
    #[cold]
    #[inline(never)]
    pub(super) fn keep(&mut self, details: &mut Details, seen: &Seen<'_>, rank: u64, room: Room) -> usize {
        let before = details.weight();
        let clean = redact::bytes(clip(seen.text, TEXT));
        let seen = &Seen { text: &clean, ..*seen };
        details.samples.offer(seen, rank, room.samples, room.text);
        if details.kind == Kind::Text {
            details.values.offer(clip(seen.text, TEXT), rank, room.values);
        }
        self.refresh(details, room);
        details.weight().saturating_sub(before)
    }

    /// Takes over what follows from the details.
    pub(super) fn refresh(&mut self, details: &Details, room: Room) {
        self.shift = details.buckets.shift();
        self.gate = details.gate(room);
    }

    /// Adds the records of another row with the same key.
    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.marks |= other.marks;
    }
}

/// Errors before the rest, then by signature.
pub(super) fn order(level: Option<Level>, key: u64) -> (bool, u64) {
    (level.is_none_or(|level| level < Level::Error), key)
}

impl Details {
    pub(super) fn shrink(&mut self, room: Room) {
        self.samples.shrink(room.samples, room.text);
        self.buckets.shrink(room.buckets);
        self.values.shrink(room.values);
    }

    pub(super) fn merge(&mut self, other: Self, room: Room) {
        self.samples.merge(other.samples, room.samples);
        self.buckets.merge(other.buckets, room.buckets);
        self.values.merge(other.values, room.values);
    }

    /// The rank from which on a record changes nothing here.
    pub(super) fn gate(&self, room: Room) -> u64 {
        let values = if self.kind == Kind::Text { self.values.gate(room.values) } else { 0 };
        self.samples.gate(room.samples).max(values)
    }

    pub(super) fn weight(&self) -> usize {
        self.samples.weight() + self.buckets.weight() + self.values.weight()
    }
}

/// Counts by level, records without a level among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByLevel([u64; 7]);

impl ByLevel {
    /// Counts `count` records.
    #[inline]
    pub fn add(&mut self, level: Option<Level>, count: u64) {
        self.0[level.map_or(6, |level| level as usize)] += count;
    }

    /// The records of a level.
    pub fn of(&self, level: Option<Level>) -> u64 {
        self.0[level.map_or(6, |level| level as usize)]
    }

    /// All records.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Adds the counts of another one.
    pub fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine += theirs);
    }
}
