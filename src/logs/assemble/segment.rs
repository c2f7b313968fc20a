//! Runs over the lines of a segment: decides for each what it is, keeps the open record, tells the sink of complete ones.
//!
//! Usually one record is open at a time. Where lines of others stand inside a stack (two threads, two containers), the
//! stack waits for a few lines and goes on when its next frame comes. A record is told only when none that began before
//! it is still open, so that the tail of a segment is always one range of bytes.

use std::mem;

use crate::logs::assemble::finish::{self, Scratch};
use crate::logs::assemble::peel::{self, Peeled, peel, trim};
use crate::logs::assemble::rules::{self, Mode};
use crate::logs::assemble::shape::{self, Shape};
use crate::logs::assemble::slot::{Head, Opening, Place, Slot};
use crate::logs::assemble::{Borders, End, Sink};
use crate::logs::format::{Parsed, Unit, inferred_level};
use crate::logs::scan::NewlineIndex;
use crate::logs::{LineKind, Wrapper};
use crate::model::Level;
use crate::text::ansi;

/// How many lines of others may stand inside a stack.
pub(super) const MAX_BETWEEN: u64 = 8;
/// How many records may wait for one that began before them.
const MAX_WAITING: usize = 32;
/// Longer lines are looked at only so far; all of their bytes are counted.
pub(super) const MAX_LINE: usize = 1024 * 1024;

/// What a line turned out to be.
#[derive(Clone, Copy, Debug)]
enum Decision<'t> {
    Opens(Opening<'t>),
    /// Belongs to the open record, which then is in this mode; the text that goes to its body.
    Continues(Mode, &'t [u8]),
    /// Belongs to the waiting record of this number.
    Resumes(usize, Mode, &'t [u8]),
    Blank,
    Orphan,
}

/// A line that a wrapper has cut, as far as it was read.
#[derive(Debug)]
struct Piece<'b> {
    stream: &'b [u8],
    text: Vec<u8>,
    first: Place,
    /// Where the last one so far ends.
    end: usize,
    lines: u32,
}

/// How many bytes are searched for line ends in one go.
const WINDOW: usize = 16 * 1024 * 1024;

/// The state of a run over one segment.
pub(super) struct Run<'b, 's, S> {
    block: &'b [u8],
    scratch: &'s mut Scratch,
    sink: &'s mut S,
    current: Option<Slot<'b>>,
    /// The opening line of the open record, and the place where the next line is read to.
    heads: [Parsed<'b>; 2],
    head: usize,
    waiting: Vec<Slot<'b>>,
    pieces: Vec<Piece<'b>>,
    /// Where the next terminal command stands; lines before it have none.
    next_escape: usize,
    line_no: u64,
}

impl<'b, 's, S: Sink> Run<'b, 's, S> {
    pub(super) fn new(block: &'b [u8], scratch: &'s mut Scratch, sink: &'s mut S) -> Self {
        Self {
            block,
            scratch,
            sink,
            current: None,
            heads: [Parsed::new(), Parsed::new()],
            head: 0,
            waiting: Vec::new(),
            pieces: Vec::new(),
            next_escape: 0,
            line_no: 0,
        }
    }

    /// Takes the lines from `from` on; `line_no` is the number of the first.
    pub(super) fn lines(&mut self, newlines: &mut NewlineIndex, from: usize, line_no: u64) {
        self.line_no = line_no;
        self.next_escape = self.escape_from(from);
        let (mut start, mut window) = (from, from);
        while window < self.block.len() {
            let bytes = &self.block[window..self.block.len().min(window + WINDOW)];
            for place in newlines.find(bytes) {
                let end = window + *place as usize + 1;
                self.line(start, end);
                start = end;
            }
            window += bytes.len();
        }
        if start < self.block.len() {
            self.line(start, self.block.len());
        }
    }

    #[inline]
    fn line(&mut self, start: usize, end: usize) {
        if !self.pieces.is_empty() {
            self.give_up_pieces();
        }
        let place = Place { start, end, line_no: self.line_no, lines: 1 };
        self.line_no += 1;
        let raw = &self.block[start..end];
        let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
        let text = trim(&raw[..raw.len().min(MAX_LINE)]);
        let coloured = self.next_escape < end;
        if coloured {
            self.next_escape = self.escape_from(end);
        }
        match peel(text) {
            Some(peeled) => self.wrapped(&peeled, coloured, place),
            None if coloured => {
                let mut plain = Vec::with_capacity(text.len());
                ansi::strip(text, &mut plain);
                self.owned(plain, None, place);
            }
            None => self.in_place(text, None, place),
        }
    }

    fn escape_from(&self, from: usize) -> usize {
        memchr::memchr(ansi::ESC, &self.block[from..]).map_or(self.block.len(), |at| from + at)
    }

    /// A line whose text stands in the block, bare or in a wrapper's stream.
    #[inline]
    fn in_place(&mut self, text: &'b [u8], stream: Option<&'b [u8]>, place: Place) {
        // Half a stack's lines are indented: nothing is to be read out of those.
        if let [b' ', b' ', ..] = text
            && text.iter().any(|b| !b.is_ascii_whitespace())
        {
            let decision = self.decide_plain(text, stream.unwrap_or_default());
            if !matches!(decision, Decision::Opens(_)) {
                return self.follow(&decision, text, place, stream.is_none());
            }
        }
        let next = 1 - self.head;
        self.scratch.reader.read(text, &mut self.heads[next]);
        let parsed = &self.heads[next];
        if parsed.line.kind == LineKind::Header && parsed.stands_alone() && !self.in_journal() {
            // What most lines are, and all that is to be decided of them.
            let opening = Opening::of_header(&parsed.line, stream.unwrap_or_default());
            return self.open(next, opening, stream.is_some(), place);
        }
        match self.decide(text, parsed, stream.unwrap_or_default()) {
            Decision::Opens(opening) => {
                let opening = stream.map_or(opening, |stream| opening.in_stream(stream));
                self.open(next, opening, stream.is_some(), place);
            }
            decision => self.follow(&decision, text, place, stream.is_none()),
        }
    }

    /// Opens a record whose first line was read to the place `head`.
    #[inline]
    fn open(&mut self, head: usize, opening: Opening<'b>, wrapped: bool, place: Place) {
        self.close();
        self.head = head;
        self.current = Some(Slot::new(Head::Current, wrapped, opening, place));
    }

    /// A line whose text was copied: escapes or colours stood in it, or a wrapper had cut it.
    fn owned(&mut self, text: Vec<u8>, stream: Option<&'b [u8]>, place: Place) {
        let mut parsed = Parsed::new();
        self.scratch.reader.read(&text, &mut parsed);
        let known = stream.unwrap_or_default();
        let opening = match self.decide(&text, &parsed, known) {
            Decision::Opens(opening) => opening.in_stream(known),
            // A line that a wrapper had cut is too long for a stray frame.
            Decision::Orphan if place.lines > 1 => Opening::of_plain(Mode::Head, false, known),
            decision => return self.follow(&decision, &text, place, false),
        };
        // A line that was cut begins before what was opened between its pieces, which then waits for it.
        match &self.current {
            Some(slot) if slot.first.start > place.start => self.park(),
            _ => self.close(),
        }
        self.current = Some(Slot::new(Head::Text(text), stream.is_some(), opening, place));
    }

    /// A line in a wrapper; pieces of a cut line are put together first.
    fn wrapped(&mut self, peeled: &Peeled<'b>, coloured: bool, place: Place) {
        let stream = peeled.outer.stream;
        let begun = self.pieces.iter().position(|piece| piece.stream == stream);
        if peeled.partial || begun.is_some() {
            return self.piece(peeled, begun, place);
        }
        if peeled.escaped || coloured {
            let mut text = Vec::with_capacity(peeled.inner.len());
            peel::plain_text(peeled, &mut text);
            return self.owned(text, Some(stream), place);
        }
        self.in_place(peeled.inner, Some(stream), place);
    }

    /// Adds a piece of a cut line; the last one makes the line whole.
    fn piece(&mut self, peeled: &Peeled<'b>, begun: Option<usize>, place: Place) {
        let mut text = Vec::new();
        peel::plain_text(peeled, &mut text);
        let at = begun.unwrap_or_else(|| {
            let (stream, end) = (peeled.outer.stream, place.end);
            self.pieces.push(Piece { stream, text: Vec::new(), first: place, end, lines: 0 });
            self.pieces.len() - 1
        });
        let piece = &mut self.pieces[at];
        piece.lines += 1;
        piece.end = place.end;
        self.sink.belongs(place.line_no, piece.first.line_no);
        let room = MAX_LINE.saturating_sub(piece.text.len());
        piece.text.extend_from_slice(&text[..text.len().min(room)]);
        if !peeled.partial {
            self.whole(at);
        }
    }

    /// Takes the pieces of a line for all that there is of it.
    fn whole(&mut self, at: usize) {
        let Piece { stream, text, first, end, lines } = self.pieces.remove(at);
        self.owned(text, Some(stream), Place { end, lines, ..first });
    }

    /// Where too many records wait for a cut line to end, it ends: its last piece is lost, or far away.
    fn give_up_pieces(&mut self) {
        while self.waiting.len() >= MAX_WAITING
            && let Some(oldest) = (0..self.pieces.len()).min_by_key(|&at| self.pieces[at].first.start)
        {
            self.whole(oldest);
        }
    }

    /// Decides what a line is.
    #[inline]
    fn decide<'t>(&self, text: &'t [u8], parsed: &Parsed<'t>, stream: &'t [u8]) -> Decision<'t> {
        let line = &parsed.line;
        if line.kind == LineKind::Blank {
            return Decision::Blank;
        }
        if line.kind == LineKind::Header && !self.in_journal() {
            return self.decide_header(text, parsed, stream);
        }
        self.decide_plain(text, stream)
    }

    /// Whether an entry of `journalctl -o export` is open, to which all lines belong up to a blank one.
    fn in_journal(&self) -> bool {
        self.current.as_ref().is_some_and(|slot| slot.opening.mode == Mode::Journal)
    }

    /// Decides what a line is that has no head, and is not blank.
    fn decide_plain<'t>(&self, text: &'t [u8], stream: &'t [u8]) -> Decision<'t> {
        if self.in_journal() {
            return Decision::Continues(Mode::Journal, text);
        }
        if text.starts_with(b"__CURSOR=") {
            return Decision::Opens(Opening::of_plain(Mode::Journal, false, stream));
        }
        let shape = shape::of(text);
        self.going_on(shape, text, stream).unwrap_or_else(|| match rules::opening(shape, text) {
            Some(mode) => Decision::Opens(Opening::of_plain(mode, rules::opens_stack(shape), stream)),
            None => Decision::Orphan,
        })
    }

    /// A line with a head opens a record, unless it is a stack's line behind syslog's head or PostgreSQL's `DETAIL`.
    #[inline]
    fn decide_header<'t>(&self, text: &'t [u8], parsed: &Parsed<'t>, stream: &'t [u8]) -> Decision<'t> {
        let line = &parsed.line;
        let Some(unit) = parsed.unit else {
            if parsed.follows
                && let Some(slot) = self.current.as_ref().filter(|slot| slot.opening.postgres)
            {
                return Decision::Continues(slot.opening.mode, text);
            }
            return Decision::Opens(Opening::of_header(line, stream));
        };
        // A unit's lines belong together, whatever stood between them.
        let stream = if stream.is_empty() { unit.name } else { stream };
        if line.wrapper == Wrapper::None
            && let Some(shape) = shape_in_unit(unit)
            && let Some(decision) = self.going_on(shape, unit.text, stream)
        {
            return decision;
        }
        Decision::Opens(Opening::of_header(line, stream))
    }

    /// The record that a line without a head goes on with, the open one first.
    fn going_on<'t>(&self, shape: Shape, text: &'t [u8], stream: &[u8]) -> Option<Decision<'t>> {
        let frame_waited_for = |slot: &Slot<'_>| {
            let opening = &slot.opening;
            let alive = self.line_no.saturating_sub(slot.touched) <= MAX_BETWEEN;
            let mode = rules::step(opening.mode, opening.takes, opening.severe, shape, text)?;
            (alive && opening.mode.awaits_more() && opening.stream == stream).then_some(mode)
        };
        let current = self.current.as_ref().filter(|slot| slot.opening.stream == stream);
        let stack_is_open = current.is_some_and(|slot| slot.opening.mode.holds_frames());
        if !self.waiting.is_empty() && !stack_is_open && matches!(shape, Shape::Frame | Shape::Raised) {
            let waiting = self.waiting.iter().enumerate().rev();
            let found = waiting.filter_map(|(at, slot)| Some((at, frame_waited_for(slot)?))).next();
            if let Some((at, mode)) = found {
                return Some(Decision::Resumes(at, mode, text));
            }
        }
        let slot = current?;
        let Opening { mode, takes, severe, .. } = slot.opening;
        if shape == Shape::Traceback && mode == Mode::Head && !severe && !self.tells_of_trouble(slot) {
            return None;
        }
        rules::step(mode, takes, severe, shape, text).map(|mode| Decision::Continues(mode, text))
    }

    /// Whether the words of a record below a warning announce a traceback.
    fn tells_of_trouble(&self, slot: &Slot<'_>) -> bool {
        let message = match &slot.head {
            Head::Current => self.heads[self.head].line.message,
            Head::Kept(parsed) => parsed.line.message,
            Head::Text(text) => text,
            Head::Nothing => return false,
        };
        message.ends_with(b":") || inferred_level(message) >= Some(Level::Warning)
    }

    /// Carries out a decision that opens nothing.
    fn follow(&mut self, decision: &Decision<'_>, text: &[u8], place: Place, in_place: bool) {
        match *decision {
            Decision::Continues(mode, body) => {
                let Some(slot) = &mut self.current else { return };
                slot.opening.mode = mode;
                slot.add(self.block, body, place, in_place && body.len() == text.len());
                self.sink.belongs(place.line_no, slot.first.line_no);
            }
            Decision::Resumes(at, mode, body) => {
                let mut slot = self.waiting.remove(at);
                slot.opening.mode = mode;
                slot.add(self.block, body, place, false);
                self.sink.belongs(place.line_no, slot.first.line_no);
                self.park();
                self.current = Some(slot);
            }
            Decision::Blank => match &mut self.current {
                Some(slot) => {
                    slot.count(place);
                    self.sink.belongs(place.line_no, slot.first.line_no);
                    if slot.opening.mode == Mode::Journal {
                        self.close();
                    }
                }
                None => self.orphan(place),
            },
            Decision::Orphan => self.orphan(place),
            Decision::Opens(_) => {}
        }
    }

    /// A line that belongs to nothing ends the open record.
    fn orphan(&mut self, place: Place) {
        self.close();
        let slot = Slot::new(Head::Nothing, false, Opening::of_plain(Mode::Done, false, b""), place);
        if self.waiting.is_empty() && self.pieces.is_empty() {
            self.tell(&slot);
        } else {
            self.waiting.push(slot);
        }
    }

    /// Closes the open record: told at once, or left waiting if it or one before it may go on.
    #[inline]
    fn close(&mut self) {
        let Some(slot) = &self.current else { return };
        if self.waiting.is_empty() && self.pieces.is_empty() && !slot.opening.mode.awaits_more() {
            finish::tell(slot, &self.heads[self.head], self.block, self.scratch, self.sink);
            self.current = None;
            return;
        }
        self.park();
        self.settle();
    }

    /// Puts the open record among those that wait, its opening line with it.
    fn park(&mut self) {
        let Some(mut slot) = self.current.take() else { return };
        if matches!(slot.head, Head::Current) {
            slot.head = Head::Kept(Box::new(self.heads[self.head]));
        }
        self.waiting.push(slot);
    }

    fn tell(&mut self, slot: &Slot<'b>) {
        finish::tell(slot, &self.heads[self.head], self.block, self.scratch, self.sink);
    }

    /// Tells of waiting records that cannot go on, up to the last place where none of them reaches beyond: what is left
    /// is one range of bytes that holds no line of a record already told.
    fn settle(&mut self) {
        self.waiting.sort_by_key(|slot| slot.first.start);
        let may_go_on = |slot: &Slot<'_>| {
            slot.opening.mode.awaits_more() && self.line_no.saturating_sub(slot.touched) <= MAX_BETWEEN
        };
        let full = self.waiting.len().saturating_sub(MAX_WAITING);
        let cut_line = self.pieces.iter().map(|piece| piece.first.start).min().unwrap_or(usize::MAX);
        let (mut done, mut reach) = (full, 0);
        for (at, slot) in self.waiting.iter().enumerate() {
            if reach <= slot.first.start.min(cut_line) {
                done = done.max(at);
            }
            if cut_line <= slot.first.start || may_go_on(slot) {
                reach = usize::MAX;
                break;
            }
            reach = reach.max(slot.end);
        }
        if reach <= cut_line && reach < usize::MAX {
            done = self.waiting.len();
        }
        for slot in self.waiting.drain(..done) {
            finish::tell(&slot, &self.heads[self.head], self.block, self.scratch, self.sink);
        }
    }

    /// Ends the run: completes what is open, or says where it begins.
    pub(super) fn finish(mut self, end: End) -> Borders {
        let mut open: Vec<(usize, u64)> =
            self.waiting.iter().map(|slot| (slot.first.start, slot.first.line_no)).collect();
        open.extend(self.current.iter().map(|slot| (slot.first.start, slot.first.line_no)));
        open.extend(self.pieces.iter().map(|piece| (piece.first.start, piece.first.line_no)));
        let first = open.into_iter().min();
        if let (End::Middle, Some((tail, line_no))) = (end, first) {
            return Borders { tail, tail_lines: self.line_no - line_no, ..Borders::default() };
        }
        while !self.pieces.is_empty() {
            self.whole(0);
        }
        self.park();
        self.waiting.sort_by_key(|slot| slot.first.start);
        for slot in mem::take(&mut self.waiting) {
            self.tell(&slot);
        }
        Borders { tail: self.block.len(), ..Borders::default() }
    }
}

/// The shape of a unit's text, where it is one that a record may go on with.
pub(super) fn shape_in_unit(unit: Unit<'_>) -> Option<Shape> {
    if unit.text.is_empty() {
        return None;
    }
    Some(shape::of(unit.text)).filter(|shape| *shape != Shape::Text)
}
