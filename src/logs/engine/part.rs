//! One part of a source, from its first byte to its last.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::AtomicU64;

use crate::logs::engine::clock::{CARRY, PartClock};
use crate::logs::engine::observer::{Desk, Observer, PartOf, Rules};
use crate::logs::engine::plan::border;
use crate::logs::engine::ranged::Ranged;
use crate::logs::engine::timeless::Timeless;
use crate::logs::engine::window::Window;
use crate::logs::{Assembler, End, FileTime, Record, Sink, Start, Stretch};

/// How far behind the beginning of a source the first time is looked for, for the undated records before it.
const LOOK_AHEAD: u64 = 128 << 10;
/// How much before a part is looked at first for a time.
const FIRST_LOOK_BACK: u64 = 4 << 10;

/// Reads a part and counts its records; says whether any of them bears a time of its own.
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
) -> io::Result<bool> {
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
        let mut consumed = {
            let mut sink = observer.on(lines, window.history(), window.places());
            assembler.segment(lines, Start::Clean, end, &mut sink).tail
        };
        if consumed == 0 && window.is_full() {
            // A record too long to be kept together.
            let mut sink = observer.on(lines, window.history(), window.places());
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
    let Observer { lines, records, first_access, span, clock, .. } = observer;
    let source = &mut desk.counted.sources[part.source as usize];
    source.bytes += done - begin;
    source.lines += lines - part.lines;
    source.records += records;
    source.span(span.map(|span| span.0), span.map(|span| span.1));
    source.part_lines.insert(part.part, lines);
    let first_access = first_access.map(|line| (part.part, line));
    source.first_access = [source.first_access, first_access].into_iter().flatten().min();
    for (format, count) in desk.formats.take() {
        *source.formats.entry(format).or_default() += count;
    }
    desk.counted.books.bytes += done - begin;
    outcome.map(|()| !clock.is_timeless_from(begin))
}

/// A clock for a part of a file that begins at `start`, made by looking back from there.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn clock_for(
    times: FileTime,
    file: &File,
    (start, len): (u64, u64),
    timeless: &Timeless,
) -> io::Result<PartClock> {
    let mut look = FIRST_LOOK_BACK;
    loop {
        let from = border(file, start.saturating_sub(look), len)?.min(start);
        // Only what is not known to have no time is looked at; if a time is found, what lies behind it counts, too.
        let rest = timeless.rest_of(from, start);
        let mut clock = clock_over(times, file, (from, len), &rest)?;
        if clock.is_timeless_from(from) && !clock.carries() {
            timeless.note(from, start);
        } else if rest != [(from, start)] {
            clock = clock_over(times, file, (from, len), &[(from, start)])?;
        }
        if clock.knows(start) || from == 0 || look > 2 * CARRY {
            return Ok(clock);
        }
        look *= 8;
    }
}

/// A clock that was told the times in some ranges of a file from `from` on.
fn clock_over(
    times: FileTime,
    file: &File,
    (from, len): (u64, u64),
    ranges: &[(u64, u64)],
) -> io::Result<PartClock> {
    let short = AtomicU64::new(u64::MAX);
    let window = |from, to| Window::new(Ranged::new(file, from, to, &short), from, Vec::new());
    let mut clock = PartClock::new(times);
    if from == 0 {
        look_ahead(&mut window(0, len.min(LOOK_AHEAD)), &mut clock, times, false)?;
    }
    for &(from, to) in ranges {
        listen(&mut window(from, to), &mut clock)?;
    }
    Ok(clock)
}

/// A clock for the beginning of a file's tail: records before its first date take that one.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn clock_ahead(times: FileTime, file: &File, start: u64, len: u64) -> io::Result<PartClock> {
    let short = AtomicU64::new(u64::MAX);
    let mut clock = PartClock::new(times);
    let end = len.min(start + LOOK_AHEAD);
    let mut window = Window::new(Ranged::new(file, start, end, &short), start, Vec::new());
    look_ahead(&mut window, &mut clock, times, false)?;
    Ok(clock)
}

/// Tells a clock of the first times in what a window will read, without consuming anything.
///
/// # Errors
/// What the reader says.
pub(super) fn look_ahead<R: Read>(
    window: &mut Window<R>,
    clock: &mut PartClock,
    times: FileTime,
    endless: bool,
) -> io::Result<()> {
    while !window.is_at_end() && (window.lines().len() as u64) < LOOK_AHEAD && !window.is_full() {
        window.fill()?;
    }
    let near = window.lines().len().min(LOOK_AHEAD as usize);
    let lines = &window.lines()[..near];
    let whole = memchr::memrchr(b'\n', lines).map_or(near, |at| at + 1);
    let mut ahead = PartClock::new(times);
    let mut listener = Listener { clock: &mut ahead, offset: window.offset_of(0) };
    Assembler::new().segment(&lines[..whole], Start::Clean, End::Clean, &mut listener);
    clock.expect(&ahead.stretch(), times, endless);
    Ok(())
}

/// What the times of a range of a file are like.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn stretch_of(times: FileTime, file: &File, from: u64, to: u64) -> io::Result<Stretch> {
    let short = AtomicU64::new(u64::MAX);
    let mut clock = PartClock::new(times);
    listen(&mut Window::new(Ranged::new(file, from, to, &short), from, Vec::new()), &mut clock)?;
    Ok(clock.stretch())
}

/// Tells a clock all times of what a window reads.
fn listen<R: Read>(window: &mut Window<R>, clock: &mut PartClock) -> io::Result<()> {
    let mut assembler = Assembler::new();
    loop {
        window.fill()?;
        let (at_end, full) = (window.is_at_end(), window.is_full());
        let end = if at_end || full { End::Clean } else { End::Middle };
        let mut listener = Listener { clock, offset: window.offset_of(0) };
        let borders = assembler.segment(window.lines(), Start::Clean, end, &mut listener);
        window.consume(borders.tail);
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
        self.clock.at(record.line, self.offset + record.offset);
    }

    fn unattached(&mut self, _: &[u8], _: u64) {}
}
