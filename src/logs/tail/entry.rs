//! Whole lines to entries: a record with its continuation lines, its time, and the level that it deserves.

use std::collections::VecDeque;
use std::ops::Range;

use crate::grouping::looks_like_traceback;
use crate::logs::audit::{TeamRules, builtin, inferred};
use crate::logs::input::Source;
use crate::logs::tail::clock::LaneClock;
use crate::logs::{Assembler, At, End, Record, Sink, Start, ZoneChoice};
use crate::model::Level;

/// One record as it was written, or lines that belong to none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where its lines lie in the batch.
    pub(super) range: Range<usize>,
    pub(super) lines: u64,
    /// Number of the first of them in its file, from 1.
    pub(super) line: u64,
    /// Microseconds since 1970.
    pub(super) at: i64,
    pub(super) level: Option<Level>,
}

/// Entries of one log and the bytes that they lie in.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    pub(super) entries: VecDeque<Entry>,
    /// Number of the line behind them.
    line: u64,
}

/// Turns the bytes of one log into entries, block after block.
#[derive(Debug)]
pub(super) struct Splitter<'a> {
    rules: &'a TeamRules,
    assembler: Assembler,
    clock: LaneClock,
    /// What lines without a record before them in their block are given.
    last_level: Option<Level>,
}

/// A block of lines and where it stands in its file.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) bytes: Vec<u8>,
    /// Number of the first line, from 1.
    pub(super) line: u64,
}

impl<'a> Splitter<'a> {
    pub(super) fn new(rules: &'a TeamRules, zone: ZoneChoice) -> Self {
        Self { rules, assembler: Assembler::new(), clock: LaneClock::new(zone), last_level: None }
    }

    /// Goes over to another file of the log.
    pub(super) fn begin(&mut self, member: &Source) {
        self.clock.begin(member);
    }

    /// Goes over to lines that are written now.
    pub(super) fn begin_live(&mut self, now_us: i64) {
        self.clock.begin_live(now_us);
    }

    /// Splits whole lines; with [`End::Middle`], the last record is given back instead, since its lines may go on.
    pub(super) fn split(&mut self, block: Block, end: End) -> (Batch, Block) {
        let Block { bytes, line } = block;
        self.clock.begin_block();
        let mut found = Found { rules: self.rules, clock: &mut self.clock, records: Vec::new() };
        let borders = self.assembler.segment(&bytes, Start::Clean, end, &mut found);
        let found = found.records;
        let last_before = self.clock.last();
        let moments = self.clock.end_block(found.iter().map(|record| record.at));
        // They come in the order in which they end; one may begin inside of another of another stream.
        let mut records: Vec<(Seen, i64)> = found.into_iter().zip(moments).collect();
        records.sort_by_key(|(record, _)| record.first_line);
        let cut = if end == End::Middle { borders.tail } else { bytes.len() };
        let rest = bytes[cut..].to_vec();
        let mut batch = Batch { bytes, entries: VecDeque::new(), line };
        let mut lines = LineStarts::new(cut);
        // Lines before the first record belong to what was printed before; lines behind a record stay with it.
        let first = records.first().map_or(u64::MAX, |(record, _)| record.first_line);
        batch.push(lines.take_until(&batch.bytes, first), last_before, self.last_level);
        for (index, (record, at)) in records.iter().enumerate() {
            let next = records.get(index + 1).map_or(u64::MAX, |(next, _)| next.first_line);
            batch.push(lines.take_until(&batch.bytes, next), *at, record.level);
        }
        self.last_level = records.last().map_or(self.last_level, |(record, _)| record.level);
        let line = batch.line;
        (batch, Block { bytes: rest, line })
    }
}

impl Batch {
    fn push(&mut self, (range, lines): (Range<usize>, u64), at: i64, level: Option<Level>) {
        if lines > 0 {
            let line = self.line;
            // A line that is too long comes in pieces, of which only the last one ends it.
            let is_whole = self.bytes.get(range.end - 1) == Some(&b'\n');
            self.line += lines - u64::from(!is_whole);
            self.entries.push_back(Entry { range, lines, line, at, level });
        }
    }
}

/// What is kept of a record while its block is assembled.
struct Seen {
    first_line: u64,
    at: At,
    level: Option<Level>,
}

struct Found<'a> {
    rules: &'a TeamRules,
    clock: &'a mut LaneClock,
    records: Vec<Seen>,
}

impl Sink for Found<'_> {
    fn record(&mut self, record: &Record<'_>) {
        let level = audited(record, self.rules);
        self.records.push(Seen { first_line: record.line_no, at: self.clock.read(record), level });
    }

    fn unattached(&mut self, _line: &[u8], _line_no: u64) {}
}

/// The level that a record deserves, whatever it claims.
fn audited(record: &Record<'_>, rules: &TeamRules) -> Option<Level> {
    let message = record.line.message;
    if let Some(rule) =
        rules.find(message).or_else(|| rules.find(record.body)).and_then(|index| rules.rule(index))
    {
        return Some(rule.level);
    }
    let has_trace = !record.line.trace.is_empty() || looks_like_traceback(record.body);
    match record.line.level {
        Some(level) => Some(builtin(level, message, has_trace).map_or(level, |(meant, _)| meant)),
        None => inferred(message, has_trace),
    }
}

/// Walks over lines and tells where they begin.
struct LineStarts {
    end: usize,
    at: usize,
    line: u64,
}

impl LineStarts {
    /// Stands at the first of the lines that end at `end`.
    fn new(end: usize) -> Self {
        Self { end, at: 0, line: 0 }
    }

    /// The bytes from here to the beginning of a line, and how many lines they are.
    fn take_until(&mut self, bytes: &[u8], line: u64) -> (Range<usize>, u64) {
        let (start, first) = (self.at, self.line);
        while self.line < line && self.at < self.end {
            let end = memchr::memchr(b'\n', &bytes[self.at..self.end]);
            self.at = end.map_or(self.end, |end| self.at + end + 1);
            self.line += 1;
        }
        (start..self.at, self.line - first)
    }
}
