//! A record while lines may still be added to it.

use std::mem;

use crate::logs::assemble::rules::{Mode, Takes};
use crate::logs::format::Parsed;
use crate::logs::{FormatId, Line};
use crate::model::Level;

/// The most continuation text that a record keeps; lines beyond it are counted, not kept.
pub(super) const MAX_BODY: usize = 256 * 1024;

/// Where the opening line of a record is kept.
#[derive(Debug)]
pub(super) enum Head<'b> {
    /// With the run, as that of the record that was open last.
    Current,
    /// Here, because another record was opened since.
    Kept(Box<Parsed<'b>>),
    /// Had escapes or colours, or was cut in pieces: the text without them.
    Text(Vec<u8>),
    /// Nowhere: the line belongs to no record, and only keeps its place among them.
    Nothing,
}

/// The continuation lines.
#[derive(Debug, Default)]
pub(super) enum Body {
    #[default]
    None,
    /// Lies in the block in one piece.
    Block { start: usize, end: usize },
    /// Was peeled, or lay in several pieces.
    Owned(Vec<u8>),
}

/// What a record's opening line decides for the lines behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening<'t> {
    pub(super) mode: Mode,
    pub(super) takes: Takes,
    /// A warning or worse, or without level.
    pub(super) severe: bool,
    /// A printed stack without a head.
    pub(super) stack: bool,
    pub(super) postgres: bool,
    pub(super) stream: &'t [u8],
}

/// Where an input line stands: its bytes with the line end, its number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) line_no: u64,
    /// Input lines that it is made of; more than one where a wrapper had cut it.
    pub(super) lines: u32,
}

/// A record that is open, or waits for one that began before it.
#[derive(Debug)]
pub(super) struct Slot<'b> {
    pub(super) head: Head<'b>,
    /// The line stood in a wrapper, which is asked again when the record is complete.
    pub(super) wrapped: bool,
    pub(super) opening: Opening<'b>,
    pub(super) body: Body,
    pub(super) first: Place,
    /// Where the last line ends.
    pub(super) end: usize,
    /// Number of the last line.
    pub(super) touched: u64,
    pub(super) lines: u32,
}

impl<'b> Slot<'b> {
    pub(super) fn new(head: Head<'b>, wrapped: bool, opening: Opening<'b>, first: Place) -> Self {
        Self {
            head,
            wrapped,
            opening,
            body: Body::None,
            first,
            end: first.end,
            touched: first.line_no + u64::from(first.lines) - 1,
            lines: first.lines,
        }
    }

    /// Counts a line as belonging here without keeping its text.
    pub(super) fn count(&mut self, place: Place) {
        self.lines = self.lines.saturating_add(place.lines);
        self.end = place.end;
        self.touched = place.line_no + u64::from(place.lines) - 1;
    }

    /// Adds a continuation line; `in_place` where the text stands in the block just as it is.
    pub(super) fn add(&mut self, block: &[u8], text: &[u8], place: Place, in_place: bool) {
        let adjacent = in_place && place.start == self.end;
        match &mut self.body {
            Body::None if adjacent => self.body = Body::Block { start: place.start, end: place.end },
            Body::Block { start, end } if adjacent => {
                if place.end - *start <= MAX_BODY {
                    *end = place.end;
                }
            }
            body => {
                let mut kept = match mem::take(body) {
                    Body::None => Vec::new(),
                    Body::Block { start, end } => block[start..end].to_vec(),
                    Body::Owned(kept) => kept,
                };
                if kept.len() + text.len() < MAX_BODY {
                    kept.extend_from_slice(text);
                    kept.push(b'\n');
                }
                *body = Body::Owned(kept);
            }
        }
        self.count(place);
    }

    /// The text of the continuation lines.
    pub(super) fn body<'s>(&'s self, block: &'s [u8]) -> &'s [u8] {
        match &self.body {
            Body::None => b"",
            Body::Block { start, end } => &block[*start..*end],
            Body::Owned(kept) => kept,
        }
    }
}

impl<'t> Opening<'t> {
    /// What a line with a known head decides.
    pub(super) fn of_header(line: &Line<'t>, stream: &'t [u8]) -> Self {
        let takes = match line.format {
            _ if line.access.is_some() => Takes::Nothing,
            FormatId::Json | FormatId::Logfmt => Takes::Nothing,
            FormatId::Syslog3164 | FormatId::Syslog5424 | FormatId::ClusterSyslog => Takes::Stacks,
            _ => Takes::Text,
        };
        // `ERROR:    Traceback (most recent call last):` has its frames below.
        let traceback = takes != Takes::Nothing && line.message.starts_with(b"Traceback (most recent");
        Self {
            mode: if traceback { Mode::Python } else { Mode::Head },
            takes,
            severe: line.level.is_none_or(|level| level >= Level::Warning),
            stack: false,
            postgres: line.format == FormatId::Postgres,
            stream,
        }
    }

    /// What a line without a head decides.
    pub(super) fn of_plain(mode: Mode, stack: bool, stream: &'t [u8]) -> Self {
        Self { mode, takes: Takes::Text, severe: true, stack, postgres: false, stream }
    }

    /// With another stream: a wrapper's, or none where the line's own bytes do not stay.
    pub(super) fn in_stream<'b>(self, stream: &'b [u8]) -> Opening<'b> {
        Opening { stream, ..self }
    }
}
