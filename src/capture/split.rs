//! Output to records: what each deserves, and where one file may end and the next begin.

use std::ops::Range;

use crate::grouping::looks_like_traceback;
use crate::logs::audit::inferred;
use crate::logs::{Assembler, End, FormatId, Record, Sink, Start};
use crate::model::Level;

/// Turns whole lines into records; keeps its memory from one time to the next, and nothing else. One serves all programs.
#[derive(Debug, Default)]
pub struct Splitter {
    assembler: Assembler,
    found: Found,
    pieces: Vec<Piece>,
    borders: Vec<usize>,
}

/// A record with the lines that stand behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    pub(super) level: Option<Level>,
    pub(super) has_trace: bool,
}

/// What some bytes consist of.
#[derive(Debug)]
pub(super) struct Split<'a> {
    /// Complete records, by their beginning.
    pub(super) pieces: &'a [Piece],
    /// Where no record is open, ascending.
    pub(super) borders: &'a [usize],
    /// Where the record begins that may go on.
    pub(super) tail: usize,
}

impl Splitter {
    /// Creates one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Splits whole lines that begin with a record; with [`End::Middle`] the last record is left open.
    pub(super) fn split(&mut self, bytes: &[u8], end: End) -> Split<'_> {
        self.found.records.clear();
        self.found.unattached.clear();
        let borders = self.assembler.segment(bytes, Start::Clean, end, &mut self.found);
        let tail = if end == End::Middle { borders.tail } else { bytes.len() };
        // They come in the order in which they end; one may begin inside of another.
        self.found.records.sort_by_key(|record| record.line_no);
        self.place(tail);
        Split { pieces: &self.pieces, borders: &self.borders, tail }
    }

    fn place(&mut self, tail: usize) {
        self.pieces.clear();
        self.borders.clear();
        let Found { records, unattached } = &self.found;
        let mut lines = 0;
        let mut alone = 0;
        for (index, record) in records.iter().enumerate() {
            while unattached.get(alone).is_some_and(|line| *line < record.line_no) {
                alone += 1;
            }
            // Every line before it belongs to a record that ends before it.
            if lines + alone as u64 == record.line_no {
                self.borders.push(record.offset);
            }
            lines += u64::from(record.lines);
            let end = records.get(index + 1).map_or(tail, |next| next.offset);
            let Seen { level, has_trace, .. } = *record;
            self.pieces.push(Piece { range: record.offset..end, level, has_trace });
        }
        self.borders.push(tail);
    }
}

/// What is kept of a record while its lines are read.
#[derive(Debug)]
struct Seen {
    offset: usize,
    line_no: u64,
    lines: u32,
    level: Option<Level>,
    has_trace: bool,
}

#[derive(Debug, Default)]
struct Found {
    records: Vec<Seen>,
    unattached: Vec<u64>,
}

impl Sink for Found {
    #[expect(clippy::cast_possible_truncation, reason = "an offset in memory")]
    fn record(&mut self, record: &Record<'_>) {
        let line = record.line;
        let has_trace = (!record.body.is_empty() && looks_like_traceback(record.body))
            || line.format == FormatId::Stack
            || !line.trace.is_empty();
        // What says its level is believed; what says none is read.
        let level = line.level.or_else(|| inferred(line.message, has_trace));
        let Record { line_no, lines, .. } = *record;
        self.records.push(Seen { offset: record.offset as usize, line_no, lines, level, has_trace });
    }

    fn unattached(&mut self, _line: &[u8], line_no: u64) {
        self.unattached.push(line_no);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_borders_and_the_open_tail_are_told() {
        let text = b"2025-01-01 10:00:00,000 [INFO] a: one\n2025-01-01 10:00:01,000 [ERROR] a: two\nTraceback (most recent call last):\n  File \"x.py\", line 1, in f\nValueError: x\n2025-01-01 10:00:02,000 [INFO] a: three\n";
        let mut splitter = Splitter::new();
        let split = splitter.split(text, End::Middle);
        let levels: Vec<_> = split.pieces.iter().map(|piece| piece.level).collect();
        assert_eq!(levels, [Some(Level::Info), Some(Level::Error)]);
        assert_eq!((split.pieces[0].has_trace, split.pieces[1].has_trace), (false, true));
        assert_eq!(split.borders, [0, 38, split.tail]);
        assert!(text[split.tail..].starts_with(b"2025-01-01 10:00:02"));
    }
}
