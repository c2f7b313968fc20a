//! One program's output on its way into the files.

use std::time::{Duration, Instant};

use chrono::{DateTime, Local};

use crate::capture::escapes::Escapes;
use crate::capture::series::{Losses, Rotation, Series};
use crate::capture::split::{Piece, Split, Splitter};
use crate::logs::End;
use crate::model::Level;
use crate::store::LogFiles;

const MAIN: Rotation = Rotation::Size { bytes: 10_000_000, keep: 5 };
const ERRORS: Rotation = Rotation::Size { bytes: 5_000_000, keep: 3 };
const DAILY: Rotation = Rotation::Daily { keep: 7 };
/// A record that is longer is cut: no program may make us hold more.
const MAX_OPEN: usize = 1 << 20;
/// An open record above it is read again only when it has grown by half.
const SMALL_OPEN: usize = 64 << 10;
/// How far a file may grow beyond its size for the sake of a record that does not end.
const MAX_EXCESS: u64 = 2 << 20;
/// What is remembered of the end of the output.
const LAST_WORDS: usize = 4 << 10;
const MAX_TRACEBACK: usize = 32 << 10;
/// A traceback that is older did not end the program.
const TRACEBACK_AGE: Duration = Duration::from_secs(60);
/// Memory that a quiet program may keep.
const KEPT_ROOM: usize = 4 << 10;

/// Sees what is captured, piece by piece, each byte once and in order.
pub trait Tap {
    /// Lines of one record, or a part of them; the level is known where the record is complete or nothing follows for a
    /// while.
    fn lines(&mut self, bytes: &[u8], level: Option<Level>);
}

impl Tap for () {
    fn lines(&mut self, _bytes: &[u8], _level: Option<Level>) {}
}

/// One program's output.
#[derive(Debug)]
pub struct Capture {
    main: Series,
    errors: Series,
    daily: Series,
    escapes: Escapes,
    /// What belongs to no complete record yet.
    open: Vec<u8>,
    /// How much of it is in the main and the daily file, has been shown, and is in the file of errors.
    written: usize,
    shown: usize,
    in_errors: usize,
    /// Its length when it was last read.
    read: usize,
    last_words: Vec<u8>,
    traceback: Option<(Vec<u8>, Instant)>,
}

impl Capture {
    /// Prepares the files; `user` is whose they are where root writes them.
    pub fn new(files: &LogFiles, user: Option<(u32, u32)>, now: DateTime<Local>) -> Self {
        Self {
            main: Series::new(&files.main, MAIN, user, now),
            errors: Series::new(&files.errors, ERRORS, user, now),
            daily: Series::new(&files.daily, DAILY, user, now),
            escapes: Escapes::default(),
            open: Vec::new(),
            written: 0,
            shown: 0,
            in_errors: 0,
            read: 0,
            last_words: Vec::new(),
            traceback: None,
        }
    }

    /// Takes the next bytes.
    pub fn take(&mut self, bytes: &[u8], now: DateTime<Local>, splitter: &mut Splitter, tap: &mut dyn Tap) {
        let bytes = self.escapes.strip(bytes);
        self.remember(&bytes);
        self.open.extend_from_slice(&bytes);
        let fresh = self.open.len() - self.read;
        let is_worth_it = self.read <= SMALL_OPEN || fresh >= self.read / 2;
        if is_worth_it || self.open.len() > MAX_OPEN {
            self.read_records(End::Middle, now, splitter, tap);
        } else {
            self.write_out(&[], now);
        }
        if self.open.len() > MAX_OPEN {
            self.read_records(End::Clean, now, splitter, tap);
        }
    }

    /// Nothing has come for a while: what is open is judged as it stands, and may go on all the same.
    pub fn rest(&mut self, now: DateTime<Local>, splitter: &mut Splitter, tap: &mut dyn Tap) {
        if self.shown < self.open.len() {
            let whole = memchr::memrchr(b'\n', &self.open).map_or(0, |at| at + 1);
            let split = splitter.split(&self.open[..whole], End::Clean);
            let last = split.pieces.last().cloned();
            for piece in split.pieces {
                self.judge(piece);
            }
            let level = last.as_ref().and_then(|piece| piece.level);
            tap.lines(&self.open[self.shown..], level);
            self.shown = self.open.len();
            if let Some(last) =
                last.filter(|piece| piece.range.start > 0 || piece.level >= Some(Level::Error))
            {
                self.in_errors = if last.level >= Some(Level::Error) { whole } else { 0 };
                self.forget(last.range.start);
            }
        }
        if self.open.capacity() > KEPT_ROOM {
            self.open.shrink_to(KEPT_ROOM);
        }
        let _ = now;
    }

    /// Whether something waits to be judged.
    pub fn is_restless(&self) -> bool {
        self.shown < self.open.len()
    }

    /// The output has ended.
    pub fn finish(&mut self, now: DateTime<Local>, splitter: &mut Splitter, tap: &mut dyn Tap) {
        let held = self.escapes.finish();
        self.open.extend_from_slice(&held);
        self.read_records(End::Clean, now, splitter, tap);
    }

    /// What could not be written to the main file.
    pub fn losses(&self) -> &Losses {
        &self.main.losses
    }

    /// What was printed last.
    pub fn last_words(&self) -> &[u8] {
        &self.last_words
    }

    /// The last traceback that was printed, if that was a moment ago.
    pub fn traceback(&self) -> Option<&[u8]> {
        let (text, at) = self.traceback.as_ref()?;
        (at.elapsed() < TRACEBACK_AGE).then_some(text.as_slice())
    }

    fn remember(&mut self, bytes: &[u8]) {
        let tail = &bytes[bytes.len().saturating_sub(LAST_WORDS)..];
        let room = LAST_WORDS - tail.len();
        let excess = self.last_words.len().saturating_sub(room);
        self.last_words.drain(..excess);
        self.last_words.extend_from_slice(tail);
    }

    /// Reads the records of what is open; those that are complete are done with.
    fn read_records(&mut self, end: End, now: DateTime<Local>, splitter: &mut Splitter, tap: &mut dyn Tap) {
        let lines = memchr::memrchr(b'\n', &self.open).map_or(0, |at| at + 1);
        let whole = if end == End::Clean { self.open.len() } else { lines };
        let split = splitter.split(&self.open[..whole], end);
        self.write_out(split.borders, now);
        for piece in split.pieces {
            self.judge(piece);
        }
        self.show(&split, tap);
        let tail = split.tail;
        self.forget(tail);
        self.read = self.open.len();
    }

    /// Lets go of what is done with.
    fn forget(&mut self, until: usize) {
        if until == 0 {
            return;
        }
        self.open.drain(..until);
        self.written = self.written.saturating_sub(until);
        self.shown = self.shown.saturating_sub(until);
        self.in_errors = self.in_errors.saturating_sub(until);
        self.read = self.read.saturating_sub(until);
    }

    fn show(&mut self, split: &Split<'_>, tap: &mut dyn Tap) {
        for piece in split.pieces {
            let from = piece.range.start.max(self.shown);
            if from < piece.range.end {
                // Lines before the first record belong to none.
                if self.shown < from {
                    tap.lines(&self.open[self.shown..from], None);
                }
                tap.lines(&self.open[from..piece.range.end], piece.level);
                self.shown = piece.range.end;
            }
        }
        if self.shown < split.tail {
            tap.lines(&self.open[self.shown..split.tail], None);
            self.shown = split.tail;
        }
    }

    /// Files an error where errors stand, and keeps a traceback for the case that it was the last.
    fn judge(&mut self, piece: &Piece) {
        let text = &self.open[piece.range.clone()];
        if piece.has_trace {
            let kept = &text[..text.len().min(MAX_TRACEBACK)];
            self.traceback = Some((traceback_in(kept).to_vec(), Instant::now()));
        }
        if piece.level < Some(Level::Error) {
            return;
        }
        let from =
            if piece.range.start == 0 { self.in_errors.min(piece.range.end) } else { piece.range.start };
        let text = &self.open[from..piece.range.end];
        let now = Local::now();
        self.errors.ready(now);
        if self.errors.room().is_some_and(|room| (text.len() as u64) > room) {
            self.errors.rotate(now);
        }
        self.errors.write(text, now);
        if !text.is_empty() && !text.ends_with(b"\n") {
            self.errors.write(b"\n", now);
        }
    }

    /// Writes what is not written yet; a file that is full gives way between two records.
    fn write_out(&mut self, borders: &[usize], now: DateTime<Local>) {
        self.write_daily(borders, now);
        self.main.ready(now);
        while self.written < self.open.len() {
            let cut = self.cut(borders);
            let until = cut.unwrap_or(self.open.len());
            self.main.write(&self.open[self.written..until], now);
            self.written = until;
            if cut.is_some() {
                self.main.rotate(now);
            }
        }
    }

    /// Where the main file has to end within what is to be written, if it has to.
    fn cut(&self, borders: &[usize]) -> Option<usize> {
        let room = self.main.room()?;
        let fresh = (self.open.len() - self.written) as u64;
        if fresh <= room {
            return None;
        }
        let limit = self.written.saturating_add(usize::try_from(room).unwrap_or(usize::MAX));
        let usable =
            || borders.iter().copied().filter(|border| *border >= self.written && *border < self.open.len());
        let best = usable().take_while(|border| *border <= limit).last();
        // An empty file has room for any record.
        let best = best.filter(|border| *border > self.written || self.main.is_begun());
        let next = || usable().find(|border| *border > self.written);
        best.or_else(next).or_else(|| self.main.is_beyond(MAX_EXCESS).then_some(self.open.len()))
    }

    fn write_daily(&mut self, borders: &[usize], now: DateTime<Local>) {
        let mut from = self.written;
        self.daily.ready(now);
        if self.daily.is_of_yesterday(now)
            && let Some(border) = borders.iter().copied().find(|border| *border >= from)
        {
            self.daily.write(&self.open[from..border], now);
            self.daily.rotate(now);
            from = border;
        }
        self.daily.write(&self.open[from..], now);
    }
}

/// The traceback in a record, without the line that announces it.
fn traceback_in(text: &[u8]) -> &[u8] {
    memchr::memmem::find(text, b"Traceback (most recent call last)").map_or(text, |at| &text[at..])
}
