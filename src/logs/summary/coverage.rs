//! What was read, as the report tells it.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Utc};

use crate::logs::Analysis;
use crate::logs::input::Source;
use crate::logs::pattern::ByLevel;
use crate::model::Level;
use crate::report::{Coverage, FileCoverage, InputProblem, LevelCounts};

/// The books, and what was read of each file; so many records are copies.
pub(super) fn coverage(analysis: &Analysis, sources: &[Source], copied: u64, timezone: &str) -> Coverage {
    let books = &analysis.books;
    Coverage {
        bytes: books.bytes,
        lines: books.lines,
        records: books.records,
        copied_records: copied,
        continuation_lines: books.continuation,
        unattached_lines: books.unattached,
        undated_records: books.inferred + books.timeless,
        first_at: moment(books.first_at),
        last_at: moment(books.last_at),
        files: files(analysis, sources),
        timezone: timezone.to_owned(),
    }
}

fn files(analysis: &Analysis, sources: &[Source]) -> Vec<FileCoverage> {
    let numbers: HashMap<&str, u32> =
        (0..).zip(&analysis.series).map(|(n, name)| (name.as_str(), n)).collect();
    let original = |source: &Source| {
        let of = analysis.copies.original_of(*numbers.get(source.series.as_str())?)?;
        analysis.series.get(of as usize).cloned()
    };
    let file = |(source, books): (&Source, &crate::logs::SourceBooks)| {
        let mut formats: Vec<_> = books.formats.iter().collect();
        formats.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let word =
            |((wrapper, format), _): (&(crate::logs::Wrapper, crate::logs::FormatId), &u64)| match wrapper
                .word()
            {
                "" => format.word().to_owned(),
                around => format!("{around}/{}", format.word()),
            };
        FileCoverage {
            path: source.name.clone(),
            bytes: books.bytes,
            lines: books.lines,
            formats: formats.into_iter().map(word).collect(),
            copy_of: original(source),
        }
    };
    sources.iter().zip(&analysis.sources).map(file).collect()
}

/// Counts by level in the report's words.
pub(super) fn levels(counts: &ByLevel) -> LevelCounts {
    let mut levels = LevelCounts::default();
    for level in Level::ALL.into_iter().map(Some).chain([None]) {
        levels.add(level, counts.of(level));
    }
    levels
}

/// What could not be read.
pub(super) fn problems(analysis: &Analysis) -> Vec<InputProblem> {
    let problem = |p: &crate::logs::input::Problem| InputProblem {
        path: p.path.clone(),
        problem: format!("{}: {}", p.kind.word(), p.detail),
    };
    analysis.problems.iter().map(problem).collect()
}

/// Microseconds since 1970 as a time.
pub(super) fn moment(us: Option<i64>) -> Option<DateTime<Utc>> {
    // RFC 3339 has no year 10000.
    us.and_then(DateTime::<Utc>::from_timestamp_micros).filter(|at| at.year() <= 9999)
}
