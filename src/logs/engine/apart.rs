//! Sources counted each for itself, so that the counts can be kept, and be put together later with others.
//!
//! What comes out is what one run over all the sources gives, whatever the order: adding counts up is associative and
//! commutative. Only beyond the bound on signatures do series that were told apart later (see [`Counted::set_apart`]) make
//! a difference.

use serde::{Deserialize, Serialize};

use crate::logs::engine::aggregates::Aggregates;
use crate::logs::engine::analysis::Analysis;
use crate::logs::engine::heard::Hearer;
use crate::logs::engine::key::series_seed;
use crate::logs::engine::run::{AnalysisOptions, Series, count_heard};
use crate::logs::http::DeclaredNames;
use crate::logs::input::{Problem, Source};

/// What was counted in one source.
#[derive(Debug, Serialize, Deserialize)]
pub struct Counted {
    aggregates: Aggregates,
    /// What kept it from being read, or from being read to its end.
    problems: Vec<Problem>,
}

impl Counted {
    /// When its first record was written, in microseconds since 1970.
    pub fn first_at(&self) -> Option<i64> {
        self.aggregates.books.first_at
    }

    /// Tells its series apart from others of the same name by a new name.
    pub fn set_apart(&mut self, series: &str) {
        self.aggregates.patterns.set_apart(series_seed(series));
    }
}

/// Reads a source and counts everything in it, while somebody hears it from its first byte to its last.
pub fn count_apart(source: &Source, hearer: Hearer<'_>, options: &AnalysisOptions<'_>) -> Counted {
    let (aggregates, problems) = count_heard(source, hearer, options);
    Counted { aggregates, problems }
}

/// Puts sources together that were counted apart.
#[derive(Debug)]
pub struct Combiner<'a> {
    sources: &'a [Source],
    series: Series,
    whole: Aggregates,
    problems: Vec<Problem>,
    /// Sources added so far.
    added: usize,
}

impl<'a> Combiner<'a> {
    /// Will take these sources, whose names differ, in this order.
    pub fn new(sources: &'a [Source]) -> Self {
        let whole = Aggregates::new(sources.len(), &DeclaredNames::default());
        Self { sources, series: Series::of(sources), whole, problems: Vec::new(), added: 0 }
    }

    /// Takes what was counted in the next source.
    pub fn add(&mut self, part: Counted) {
        let Some(source) = self.sources.get(self.added) else { return };
        let Counted { mut aggregates, problems } = part;
        aggregates.stand_in(self.added as u32, self.series.of_source[self.added], &source.name);
        self.whole.merge(aggregates);
        self.problems.extend(problems);
        self.added += 1;
    }

    /// All of it together.
    pub fn finish(self) -> Analysis {
        Analysis::new(self.whole, self.sources, self.series.names, self.problems)
    }
}
