//! One row for each signature, within a bound.
//!
//! At most [`MAX_SIGNATURES`] rows are kept: those of errors first, then those with the lowest signatures. A row that was
//! left out once is never taken in again, so a row that is kept has counted all its records. The more rows there are, the
//! less each keeps besides its counts, and that too depends on the final number alone.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

use crate::logs::pattern::row::{ByLevel, Details, Kind, Room, Row, Variant, order};
use crate::logs::pattern::samples::{Place, rank};
use crate::logs::scan::mix64;

/// Most signatures that are told apart.
pub const MAX_SIGNATURES: usize = 65_536;

/// Rows above the bound that may gather before the excess is thrown out in one go.
const SLACK: usize = 4096;

/// One record, as the table wants to see it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The signature, with the variant in it.
    pub key: u64,
    pub variant: Variant,
    /// Microseconds since 1970, UTC.
    pub at: Option<i64>,
    pub text: &'a [u8],
    pub place: Place,
    pub kind: Kind,
}

/// The records of one signature, with a place where one of them stands.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub key: u64,
    pub variant: Variant,
    pub count: u64,
    pub place: Option<Place>,
}

/// Rows by signature.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub struct Table {
    index: HashTable<u32>,
    rows: Vec<Row>,
    details: Vec<Details>,
    room: Room,
    /// Signatures from here on, in the order in which rows are kept, have no room.
    limit: Option<(bool, u64)>,
    other: ByLevel,
    /// Makes the places in `index` unpredictable, so that no input can make them collide.
    seed: u64,
    /// Bytes on the heap, about.
    weight: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            index: HashTable::new(),
            rows: Vec::new(),
            details: Vec::new(),
            room: Room::for_rows(0),
            limit: None,
            other: ByLevel::default(),
            seed: std::collections::hash_map::RandomState::new().hash_one(0),
            weight: 0,
        }
    }
}

/// What of a table is stored.
#[derive(Serialize, Deserialize)]
struct Saved {
    rows: Vec<(Row, Details)>,
    limit: Option<(bool, u64)>,
    other: ByLevel,
}

impl From<Table> for Saved {
    fn from(mut table: Table) -> Self {
        table.prune();
        let limit = table.limit;
        let (rows, other) = table.into_rows();
        Self { rows, limit, other }
    }
}

impl From<Saved> for Table {
    fn from(Saved { rows, limit, other }: Saved) -> Self {
        let mut table = Self { limit, other, ..Self::default() };
        rows.into_iter().for_each(|(row, details)| table.merge_row(row, details));
        table
    }
}

impl Table {
    /// An empty table that leaves out what `other` left out.
    pub fn like(other: &Self) -> Self {
        Self { limit: other.limit, ..Self::default() }
    }

    /// Counts a record; gives the marks of its row, or nothing where it has no room. `fresh` is asked for the marks of a
    /// row when its first record is seen.
    #[inline]
    pub fn observe(&mut self, seen: &Seen<'_>, source_seed: u64, fresh: impl FnOnce() -> u8) -> Option<u8> {
        let key = seen.key;
        let found = self.index.find(mix64(key, self.seed), |&row| self.rows[row as usize].key == key);
        let number = match found {
            Some(&number) => number as usize,
            None => self.admit(seen, fresh)?,
        };
        let row = &mut self.rows[number];
        row.count += 1;
        if let Some(at) = seen.at {
            row.first = row.first.min(at);
            row.last = row.last.max(at);
            let second = u32::try_from(at.div_euclid(1_000_000)).unwrap_or(if at < 0 { 0 } else { u32::MAX });
            let bucket = second.unbounded_shr(u32::from(row.shift));
            if bucket != row.bucket || row.pending == 0 {
                self.weight += row.settle(&mut self.details[number], self.room);
                row.bucket = second.unbounded_shr(u32::from(row.shift));
            }
            row.pending += 1;
        }
        let rank = rank(source_seed, seen.place.offset);
        if rank < row.gate {
            self.weight += row.keep(&mut self.details[number], seen, rank, self.room);
        }
        Some(row.marks)
    }

    /// Adds the records of another table.
    pub fn merge(&mut self, other: Self) {
        self.other.merge(&other.other);
        self.lower_limit(other.limit);
        for (mut row, mut details) in other.rows.into_iter().zip(other.details) {
            if self.limit.is_some_and(|limit| row.order() >= limit) {
                self.other.add(row.variant.level, row.count);
                continue;
            }
            row.settle(&mut details, other.room);
            self.merge_row(row, details);
            if self.rows.len() > MAX_SIGNATURES + SLACK {
                self.prune();
            }
        }
    }

    /// Says that all records stand in this source, of this series.
    pub fn stand_in(&mut self, source: u32, series: u32) {
        self.rows.iter_mut().for_each(|row| row.variant.series = series);
        self.details.iter_mut().for_each(|details| details.samples.stand_in(source));
    }

    /// Tells the records apart from those of series of the same name: what they are known by depends on it.
    pub fn set_apart(&mut self, series_seed: u64) {
        self.rows.iter_mut().for_each(|row| row.key = mix64(row.key, series_seed));
        // Which of them would have had no room is not known.
        self.limit = None;
        self.reindex();
    }

    /// What was counted, signature by signature.
    pub fn told(&self) -> impl Iterator<Item = Told> {
        self.rows.iter().zip(&self.details).map(|(row, details)| Told {
            key: row.key,
            variant: row.variant,
            count: row.count,
            place: details.samples.as_slice().first().map(|sample| sample.place),
        })
    }

    /// Bytes on the heap, about.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// All rows, at most [`MAX_SIGNATURES`], by level and signature, and the records that found no room.
    pub(super) fn into_rows(mut self) -> (Vec<(Row, Details)>, ByLevel) {
        self.prune();
        let room = self.room;
        let mut rows: Vec<_> = self.rows.into_iter().zip(self.details).collect();
        for (row, details) in &mut rows {
            row.settle(details, room);
            details.shrink(room);
        }
        rows.sort_unstable_by_key(|(row, _)| (row.variant, row.key));
        (rows, self.other)
    }

    #[cold]
    #[inline(never)]
    fn admit(&mut self, seen: &Seen<'_>, fresh: impl FnOnce() -> u8) -> Option<usize> {
        if self.limit.is_some_and(|limit| order(seen.variant.level, seen.key) >= limit) {
            self.other.add(seen.variant.level, 1);
            return None;
        }
        let row = Row { marks: fresh(), ..Row::new(seen.key, seen.variant) };
        let number = self.insert(row, Details { kind: seen.kind, ..Details::default() });
        if self.rows.len() > MAX_SIGNATURES + SLACK {
            // The new row has no records yet; they are counted where it ends up.
            self.prune();
            return self.find_after_prune(seen);
        }
        Some(number)
    }

    fn find_after_prune(&mut self, seen: &Seen<'_>) -> Option<usize> {
        let found =
            self.index.find(mix64(seen.key, self.seed), |&row| self.rows[row as usize].key == seen.key);
        let found = found.map(|&number| number as usize);
        if found.is_none() {
            self.other.add(seen.variant.level, 1);
        }
        found
    }

    fn insert(&mut self, row: Row, details: Details) -> usize {
        let number = self.rows.len();
        let (seed, rows) = (self.seed, &self.rows);
        self.weight += size_of::<Row>() + size_of::<Details>() + 8 + details.weight();
        self.index.insert_unique(mix64(row.key, seed), number as u32, |&other| {
            mix64(rows[other as usize].key, seed)
        });
        self.rows.push(row);
        self.details.push(details);
        let room = Room::for_rows(self.rows.len());
        if room != self.room {
            self.room = room;
            self.shrink();
        }
        number
    }

    fn merge_row(&mut self, row: Row, details: Details) {
        let key = row.key;
        let found = self.index.find(mix64(key, self.seed), |&mine| self.rows[mine as usize].key == key);
        let Some(&number) = found else {
            let number = self.insert(row, details);
            self.details[number].shrink(self.room);
            self.rows[number].refresh(&self.details[number], self.room);
            return;
        };
        let (mine, kept) = (&mut self.rows[number as usize], &mut self.details[number as usize]);
        mine.settle(kept, self.room);
        mine.merge(&row);
        let before = kept.weight();
        kept.merge(details, self.room);
        self.weight = self.weight + kept.weight() - before;
        mine.refresh(kept, self.room);
    }

    /// Fits all rows into the present room.
    fn shrink(&mut self) {
        self.weight = 0;
        for (row, details) in self.rows.iter_mut().zip(&mut self.details) {
            row.settle(details, self.room);
            details.shrink(self.room);
            row.refresh(details, self.room);
            self.weight += size_of::<Row>() + size_of::<Details>() + 8 + details.weight();
        }
    }

    fn lower_limit(&mut self, limit: Option<(bool, u64)>) {
        self.limit = match (self.limit, limit) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
    }

    /// Throws out what is above the bound, and what another table has thrown out already.
    fn prune(&mut self) {
        let mut orders: Vec<(bool, u64)> = self.rows.iter().map(Row::order).collect();
        if orders.len() > MAX_SIGNATURES {
            let (_, &mut first_out, _) = orders.select_nth_unstable(MAX_SIGNATURES);
            self.lower_limit(Some(first_out));
        }
        let Some(limit) = self.limit else { return };
        if orders.iter().all(|&order| order < limit) {
            return;
        }
        let rows = std::mem::take(&mut self.rows);
        let details = std::mem::take(&mut self.details);
        for (row, details) in rows.into_iter().zip(details) {
            if row.order() < limit {
                self.rows.push(row);
                self.details.push(details);
            } else {
                self.other.add(row.variant.level, row.count);
            }
        }
        self.reindex();
    }

    fn reindex(&mut self) {
        let (seed, rows) = (self.seed, &self.rows);
        self.index.clear();
        for (number, row) in rows.iter().enumerate() {
            let hash = mix64(row.key, seed);
            self.index.insert_unique(hash, number as u32, |&other| mix64(rows[other as usize].key, seed));
        }
        self.weight = self
            .details
            .iter()
            .map(|details| size_of::<Row>() + size_of::<Details>() + 8 + details.weight())
            .sum();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::{MAX_SIGNATURES, Seen, Table};
    use crate::logs::pattern::{Kind, Place, Variant};
    use crate::logs::scan::{Masker, mix64};
    use crate::model::Level;

    fn observe(table: &mut Table, masker: &mut Masker, offset: u64, text: &str, level: Level) {
        let series = (offset % 2) as u32;
        let key = masker.signature(text.as_bytes(), text.len(), level as u64 * 2 + u64::from(series));
        let place = Place { offset, ..Place::default() };
        let at = (!offset.is_multiple_of(7)).then(|| (offset % 1000).cast_signed() * 1_000_000);
        let text = text.as_bytes();
        let variant = Variant { level: Some(level), series, ..Variant::default() };
        let seen = Seen { key, variant, at, text, place, kind: Kind::Text };
        table.observe(&seen, 1, || 3);
    }

    fn shown(table: Table) -> String {
        let mined = table.finish();
        format!("{:#?}\n{:?}", mined.patterns, mined.other)
    }

    fn text(n: u64) -> String {
        let word = ["alpha", "beta", "gamma", "delta", "omega", "7"][(n % 6) as usize];
        match n % 5 {
            0 => format!("user {word} logged in from 10.0.0.{n}"),
            1 => format!("{word} done in {n} ms"),
            2 => format!("block {n}, {n} of {word}"),
            _ => format!("no room for {word} here in the house"),
        }
    }

    proptest! {
        #[test]
        fn splits_and_order_do_not_matter(numbers in proptest::collection::vec(0..400u64, 1..600), parts in 1..5usize) {
            let mut masker = Masker::default();
            let levels = [Level::Info, Level::Error];
            let mut whole = Table::default();
            let mut tables = vec![Table::default(); parts];
            for (offset, &n) in numbers.iter().enumerate() {
                let level = levels[(n % 2) as usize];
                observe(&mut whole, &mut masker, offset as u64, &text(n), level);
                let part = (mix64(n, offset as u64) % parts as u64) as usize;
                observe(&mut tables[part], &mut masker, offset as u64, &text(n), level);
            }
            let mut merged = Table::default();
            while let Some(table) = tables.pop() {
                merged.merge(table);
            }
            prop_assert!(shown(merged) == shown(whole));
        }
    }

    /// A table of so many signatures, each with an offset of its own; every hundredth is an error.
    fn crowd(numbers: impl Iterator<Item = u64>) -> Table {
        let mut table = Table::default();
        for n in numbers {
            let text = format!("message {n}");
            let level = if n.is_multiple_of(100) { Level::Error } else { Level::Info };
            let place = Place { offset: n, ..Place::default() };
            let seen = Seen {
                key: mix64(n, 5),
                variant: Variant { level: Some(level), ..Variant::default() },
                at: Some(n.cast_signed() * 1_000_000),
                text: text.as_bytes(),
                place,
                kind: Kind::Text,
            };
            for _ in 0..2 {
                table.observe(&seen, 1, || 0);
            }
        }
        table
    }

    #[test]
    fn the_bound_keeps_errors_and_counts_the_rest() {
        let signatures = MAX_SIGNATURES as u64 + 20_000;
        let (rows, other) = crowd(0..signatures).into_rows();
        assert_eq!(rows.len(), MAX_SIGNATURES);
        assert_eq!(rows.iter().map(|(row, _)| row.count).sum::<u64>() + other.total(), signatures * 2);
        assert!(rows.iter().all(|(row, _)| row.count == 2));
        assert_eq!(other.of(Some(Level::Error)), 0);
    }

    #[test]
    fn the_bound_keeps_the_same_rows_whatever_the_split() {
        let signatures = MAX_SIGNATURES as u64 + 20_000;
        let kept = |table: Table| {
            let (rows, other) = table.into_rows();
            let shown = |(row, details): &(_, _)| format!("{row:?} {details:?}");
            (rows.iter().map(shown).collect::<Vec<_>>(), other)
        };
        let whole = kept(crowd(0..signatures));
        let mut merged = crowd((0..signatures).filter(|n| n % 3 == 1));
        merged.merge(crowd((0..signatures).filter(|n| n % 3 == 2)));
        let mut third = Table::like(&merged);
        third.merge(crowd((0..signatures).filter(|n| n % 3 == 0)));
        third.merge(merged);
        let merged = kept(third);
        assert_eq!(merged.1, whole.1);
        assert!(merged.0 == whole.0, "rows differ");
    }
}
