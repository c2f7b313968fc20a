//! One part of a source, from its first byte to its last.

use std::io::{self, Read};

use crate::logs::engine::clock::{CARRY, PartClock};
use crate::logs::engine::observer::{Desk, Observer, PartOf, Rules};
use crate::logs::engine::window::Window;
use crate::logs::{Assembler, End, Record, Sink, Start};

/// How far behind the beginning of a source the first time is looked for, for the undated records before it.
const LOOK_AHEAD: u64 = 128 << 10;
/// How much before a part is looked at first for a time.
const FIRST_LOOK_BACK: u64 = 16 << 10;

/// Reads a part and counts its records.
///
/// # Errors
/// What the reader says; what was read before is counted.
pub(super) fn read_part<R: Read>(
    window: &mut Window<R>,
    assembler: &mut Assembler,
    rules: &Rules<'_>,
    desk: &mut Desk,
    part: PartOf<'_>,
    clock: PartClock,
    mut progress: impl FnMut(u64, &mut Desk),
) -> io::Result<()> {
    let mut observer = Observer::new(rules, desk, part, clock);
    let begin = window.offset_of(0);
    let mut done = begin;
    let outcome = loop {
        if let Err(error) = window.fill() {
            break Err(error);
        }
        let at_end = window.is_at_end();
        let lines = window.lines();
        let end = if at_end { End::Clean } else { End::Middle };
        let mut consumed =
            assembler.segment(lines, Start::Clean, end, &mut observer.on(lines, window.places())).tail;
        if consumed == 0 && window.is_full() {
            // A record too long to be kept together.
            let mut sink = observer.on(lines, window.places());
            consumed = assembler.segment(lines, Start::Clean, End::Clean, &mut sink).tail;
        }
        window.consume(consumed);
        let now = window.offset_of(0);
        progress(now - done, observer.desk);
        done = now;
        if at_end {
            break Ok(());
        }
    };
    let Observer { lines, records, first_access, .. } = observer;
    let source = &mut desk.counted.sources[part.source as usize];
    source.bytes += done - begin;
    source.lines += lines;
    source.records += records;
    source.part_lines.insert(part.part, lines);
    let first_access = first_access.map(|line| (part.part, line));
    source.first_access = [source.first_access, first_access].into_iter().flatten().min();
    for (format, count) in desk.formats.take() {
        *source.formats.entry(format).or_default() += count;
    }
    desk.counted.books.bytes += done - begin;
    outcome
}

/// A clock for a part that begins at `start`; `open` gives a reader of what lies between two places.
///
/// # Errors
/// What the reader says.
pub(super) fn clock_for<R: Read>(start: u64, open: impl Fn(u64, u64) -> R) -> io::Result<PartClock> {
    let mut look = FIRST_LOOK_BACK;
    loop {
        let from = start.saturating_sub(look);
        let mut clock = PartClock::default();
        listen(&mut Window::new(open(from, start), from, Vec::new()), &mut clock)?;
        if from == 0 && !clock.has_time() {
            let ahead = open(start, start + LOOK_AHEAD);
            look_ahead(&mut Window::new(ahead, start, Vec::new()), &mut clock)?;
        }
        if clock.carried(start).is_some() || from == 0 || look > CARRY {
            return Ok(clock);
        }
        look *= 8;
    }
}

/// Tells a clock the first time that stands in what a window will read, without consuming anything.
///
/// # Errors
/// What the reader says.
pub(super) fn look_ahead<R: Read>(window: &mut Window<R>, clock: &mut PartClock) -> io::Result<()> {
    while !window.is_at_end() && (window.lines().len() as u64) < LOOK_AHEAD && !window.is_full() {
        window.fill()?;
    }
    let lines = window.lines();
    let mut ahead = PartClock::default();
    let mut listener = Listener { clock: &mut ahead, offset: window.offset_of(0) };
    Assembler::new().segment(lines, Start::Clean, End::Clean, &mut listener);
    clock.expect(&ahead);
    Ok(())
}

/// Tells a clock all times of what a window reads.
fn listen<R: Read>(window: &mut Window<R>, clock: &mut PartClock) -> io::Result<()> {
    let mut assembler = Assembler::new();
    let mut start = if window.offset_of(0) == 0 { Start::Clean } else { Start::Middle };
    loop {
        window.fill()?;
        let (at_end, full) = (window.is_at_end(), window.is_full());
        let end = if at_end || full { End::Clean } else { End::Middle };
        let lines = window.lines();
        let mut listener = Listener { clock, offset: window.offset_of(0) };
        let borders = assembler.segment(lines, start, end, &mut listener);
        let unsure = start == Start::Middle && borders.head == lines.len();
        if !unsure || full {
            start = Start::Clean;
            window.consume(if unsure { lines.len() } else { borders.tail });
        }
        if at_end {
            return Ok(());
        }
    }
}

/// Asks the clock for every record and forgets the answer.
struct Listener<'a> {
    clock: &'a mut PartClock,
    offset: u64,
}

impl Sink for Listener<'_> {
    fn record(&mut self, record: &Record<'_>) {
        self.clock.at(&record.line, self.offset + record.offset);
    }

    fn unattached(&mut self, _: &[u8], _: u64) {}
}
