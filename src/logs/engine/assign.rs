//! Which pattern each line went to: a second reading of sources that were analysed before.
//!
//! The sources are read in order, each from its first line to its last, and every line of input is told exactly once,
//! those of interleaved stacks and cut lines too. Nothing is counted again: a record is looked up under the key that the
//! analysis counted it by.

use std::io::{self, Read};

use crate::logs::engine::aggregates::Aggregates;
use crate::logs::engine::analysis::Analysis;
use crate::logs::engine::clock::PartClock;
use crate::logs::engine::observer::{Desk, Observer};
use crate::logs::engine::part::look_ahead;
use crate::logs::engine::ranged::Ranged;
use crate::logs::engine::run::{AnalysisOptions, Run, Series};
use crate::logs::engine::window::{Places, Window};
use crate::logs::input::{Input, Problem, Source, open};
use crate::logs::pattern::Pattern;
use crate::logs::{Assembler, End, Record, Sink, Start};
use crate::model::Level;

/// What became of one line of input.
#[derive(Clone, Copy, Debug)]
pub struct Assigned<'a> {
    /// Index of the source.
    pub source: usize,
    /// Number of the line, from 1.
    pub line: u64,
    /// The record that the line opens or goes on with; `None` where it belongs to none.
    pub record: Option<&'a RecordOf<'a>>,
}

/// The record of a line.
#[derive(Clone, Debug)]
pub struct RecordOf<'a> {
    /// Number of its opening line, from 1.
    pub line: u64,
    /// `None` where the record was left out, or its signature found no room.
    pub pattern: Option<&'a Pattern>,
    /// Outside the span that was asked for.
    pub is_left_out: bool,
    /// The level as written.
    pub level: Option<Level>,
    pub level_raw: Vec<u8>,
    pub logger: Vec<u8>,
    /// Microseconds since 1970.
    pub at: Option<i64>,
}

/// Tells `put` of every line of the sources, in order; gives what could not be read.
///
/// # Errors
/// What `put` says.
pub fn assign(
    sources: &[Source],
    options: &AnalysisOptions<'_>,
    analysis: &Analysis,
    put: &mut dyn FnMut(&Assigned<'_>) -> io::Result<()>,
) -> io::Result<Vec<Problem>> {
    let series = Series::of(sources);
    let run = Run::new(sources, &series, options, u64::MAX);
    let mut desk = Desk::new(Aggregates::new(sources.len(), options.names));
    let mut problems = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let mut reading = Reading { run: &run, analysis, source: number, line: 0, put: &mut *put };
        match reading.source(source, &mut desk) {
            Ok(()) => {}
            Err(Stop::Read(problem)) => problems.push(problem),
            Err(Stop::Put(error)) => return Err(error),
        }
    }
    Ok(problems)
}

/// Why the reading of a source ended early.
enum Stop {
    Read(Problem),
    Put(io::Error),
}

/// A source while it is read.
struct Reading<'a> {
    run: &'a Run<'a>,
    analysis: &'a Analysis,
    source: usize,
    /// Lines told so far.
    line: u64,
    put: &'a mut dyn FnMut(&Assigned<'_>) -> io::Result<()>,
}

impl Reading<'_> {
    fn source(&mut self, source: &Source, desk: &mut Desk) -> Result<(), Stop> {
        let failed = |error: io::Error| Stop::Read(Problem::of_error(&source.name, &error));
        match open(source).map_err(Stop::Read)? {
            Input::Ranged { file, len } => {
                let short = std::sync::atomic::AtomicU64::new(u64::MAX);
                let clock = self.run.clock(self.source, &file, 0, 0, len).map_err(failed)?;
                let mut window = Window::new(Ranged::new(&file, 0, len, &short), 0, Vec::new());
                self.lines(source, &mut window, clock, desk)?;
                let read = short.into_inner();
                if read < len { Err(Stop::Read(source.shrank(read))) } else { Ok(()) }
            }
            Input::Stream(mut feed) => {
                let times = self.run.stream_times(self.source);
                let mut clock = PartClock::new(times);
                let mut window = Window::new(&mut feed, 0, Vec::new());
                look_ahead(&mut window, &mut clock, times, true).map_err(failed)?;
                self.lines(source, &mut window, clock, desk)?;
                feed.problem().map_or(Ok(()), |problem| Err(Stop::Read(problem.clone())))
            }
        }
    }

    fn lines<R: Read>(
        &mut self,
        source: &Source,
        window: &mut Window<R>,
        clock: PartClock,
        desk: &mut Desk,
    ) -> Result<(), Stop> {
        let part = self.run.part_of(self.source, 0);
        let mut observer = Observer::new(&self.run.rules, desk, part, clock);
        let mut assembler = Assembler::new();
        loop {
            window.fill().map_err(|error| Stop::Read(Problem::of_error(&source.name, &error)))?;
            let (at_end, bytes) = (window.is_at_end(), window.lines());
            let end = if at_end { End::Clean } else { End::Middle };
            let mut segment = Segment::new(&mut observer, self.analysis, bytes, window.places(), self.line);
            let mut consumed = assembler.segment(bytes, Start::Clean, end, &mut segment).tail;
            if consumed == 0 && window.is_full() {
                // A record too long to be kept together.
                consumed = assembler.segment(bytes, Start::Clean, End::Clean, &mut segment).tail;
            }
            let Segment { lines, records, .. } = segment;
            self.tell(count_lines(&bytes[..consumed]), &lines, &records).map_err(Stop::Put)?;
            window.consume(consumed);
            if at_end {
                return Ok(());
            }
        }
    }

    fn tell(&mut self, count: usize, lines: &[Fate], records: &[RecordOf<'_>]) -> io::Result<()> {
        for at in 0..count {
            let record = record_of(lines, at).and_then(|number| records.get(number));
            self.line += 1;
            (self.put)(&Assigned { source: self.source, line: self.line, record })?;
        }
        Ok(())
    }
}

fn count_lines(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count() + usize::from(bytes.last().is_some_and(|byte| *byte != b'\n'))
}

/// What is known of a line of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fate {
    /// Belongs to nothing.
    #[default]
    Alone,
    /// Opens the record of this number.
    Opens(usize),
    /// Goes with an earlier line.
    With(usize),
}

/// The record that a line belongs to. Lines go with earlier ones only, so this ends.
fn record_of(lines: &[Fate], mut at: usize) -> Option<usize> {
    loop {
        match *lines.get(at)? {
            Fate::Alone => return None,
            Fate::Opens(record) => return Some(record),
            Fate::With(earlier) if earlier < at => at = earlier,
            Fate::With(_) => return None,
        }
    }
}

/// Gathers what the assembler says of the lines of one segment.
struct Segment<'s, 'o, 'a> {
    observer: &'s mut Observer<'o>,
    analysis: &'a Analysis,
    bytes: &'s [u8],
    places: Places<'s>,
    first_line: u64,
    lines: Vec<Fate>,
    records: Vec<RecordOf<'a>>,
}

impl<'s, 'o, 'a> Segment<'s, 'o, 'a> {
    fn new(
        observer: &'s mut Observer<'o>,
        analysis: &'a Analysis,
        bytes: &'s [u8],
        places: Places<'s>,
        first_line: u64,
    ) -> Self {
        Self { observer, analysis, bytes, places, first_line, lines: Vec::new(), records: Vec::new() }
    }

    fn set(&mut self, line_no: u64, fate: Fate) {
        // A segment holds less than a window.
        let Ok(at) = usize::try_from(line_no) else { return };
        if at >= self.lines.len() {
            self.lines.resize(at + 1, Fate::Alone);
        }
        self.lines[at] = fate;
    }
}

impl Sink for Segment<'_, '_, '_> {
    fn record(&mut self, record: &Record<'_>) {
        let offset = self.places.offset_of(record.offset as usize);
        let line = self.first_line + record.line_no;
        let (key, at) = self.observer.identify(record, self.bytes, offset, line);
        let mined = &self.analysis.patterns;
        self.records.push(RecordOf {
            line: line + 1,
            pattern: key.and_then(|key| mined.number_of(key)).and_then(|number| mined.patterns.get(number)),
            is_left_out: key.is_none(),
            level: record.line.level,
            level_raw: record.line.level_raw.to_vec(),
            logger: record.line.logger.to_vec(),
            at,
        });
        self.set(record.line_no, Fate::Opens(self.records.len() - 1));
    }

    fn unattached(&mut self, _: &[u8], line_no: u64) {
        self.set(line_no, Fate::Alone);
    }

    fn belongs(&mut self, line_no: u64, to: u64) {
        if line_no != to {
            self.set(line_no, Fate::With(usize::try_from(to).unwrap_or(usize::MAX)));
        }
    }
}
