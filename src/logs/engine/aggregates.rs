//! Everything that is counted: independent parts, each of which observes records, takes in another of its kind, and is
//! finished at the end. Adding up is associative and commutative in every part, so it is in all of them.

use serde::{Deserialize, Serialize};

use crate::grouping::GroupTable;
use crate::logs::engine::activity::Activity;
use crate::logs::engine::books::{Books, SourceBooks};
use crate::logs::engine::events::Events;
use crate::logs::engine::last_words::LastWords;
use crate::logs::engine::overlap::{Overlap, moved};
use crate::logs::engine::raised::Raised;
use crate::logs::http::{DeclaredNames, HttpTable};
use crate::logs::input::Source;
use crate::logs::pattern::Table;

/// What one worker has counted, or all of them together.
///
/// A line number that stands in here counts from the beginning of the part of the source in which it was read; see
/// [`provisional_line`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Aggregates {
    pub(super) books: Books,
    /// By the index of the source.
    pub(super) sources: Vec<SourceBooks>,
    pub(super) patterns: Table,
    pub(super) http: HttpTable,
    pub(super) exceptions: GroupTable,
    pub(super) events: Events,
    pub(super) overlap: Overlap,
    pub(super) activity: Activity,
    pub(super) raised: Raised,
    pub(super) words: LastWords,
}

impl Aggregates {
    /// Empty aggregates for so many sources.
    pub(super) fn new(sources: usize, names: &DeclaredNames) -> Self {
        let http = HttpTable::knowing(names.clone());
        Self { sources: vec![SourceBooks::default(); sources], http, ..Self::default() }
    }

    /// Empty aggregates that need not count what found no room in these.
    pub(super) fn successor(&self, names: &DeclaredNames) -> Self {
        Self { patterns: Table::like(&self.patterns), ..Self::new(self.sources.len(), names) }
    }

    /// Adds what another worker has counted.
    pub(super) fn merge(&mut self, other: Self) {
        let Self { books, sources, patterns, http, exceptions, events, overlap, activity, raised, words } =
            other;
        self.books.merge(&books);
        self.sources.iter_mut().zip(sources).for_each(|(mine, theirs)| mine.merge(theirs));
        self.patterns.merge(patterns);
        self.http.merge(http);
        self.exceptions.merge(exceptions);
        self.events.merge(events);
        self.overlap.merge(overlap);
        self.activity.merge(activity);
        self.raised.merge(raised);
        self.words.merge(words);
    }

    /// Says that all of it was counted in one source, of this number and name, of the series of this number.
    pub(super) fn stand_in(&mut self, source: u32, series: u32, name: &str) {
        let books = std::mem::take(&mut self.sources).into_iter().next().unwrap_or_default();
        self.sources = vec![SourceBooks::default(); source as usize];
        self.sources.push(books);
        self.patterns.stand_in(source, series);
        self.http.stand_in(series);
        self.exceptions.stand_in(name, |origin| moved(origin, series));
        self.raised.stand_in(series);
        self.events.stand_in(source);
        self.overlap.stand_in(series);
        self.words.stand_in(source);
    }

    /// Looks up what stands before the starts in files that can be read again.
    pub(super) fn read_last_words(&mut self, sources: &[Source]) {
        let events = self.events.in_order();
        self.words.read(sources, events);
    }

    /// Bytes on the heap, about, of the parts that grow with the input.
    pub(super) fn weight(&self) -> usize {
        self.patterns.weight() + self.events.weight() + self.overlap.weight() + self.raised.weight()
    }
}

/// Bits of a line number within its part.
const LINE_BITS: u32 = 40;

/// A line of a part, from 0, as one number that orders like the lines of the source do.
pub(super) fn provisional_line(part: u32, line: u64) -> u64 {
    u64::from(part) << LINE_BITS | line.min((1 << LINE_BITS) - 1)
}

/// The part and the line in it.
pub(super) fn part_and_line(provisional: u64) -> (u32, u64) {
    ((provisional >> LINE_BITS) as u32, provisional & ((1 << LINE_BITS) - 1))
}
