//! One line, its head taken apart: which layout it has is decided by its first bytes, for every line anew.
//!
//! The layouts exclude each other by their openings, so there is nothing to guess and nothing to remember: a file may mix
//! as many as it likes, and the same bytes give the same line wherever they stand. Every layout's reader takes a text and
//! gives a [`Line`] whose slices lie in it, or `None`; no regex, no allocation, no panic on any bytes.

mod access;
#[cfg(test)]
mod accuracy;
pub(crate) mod bytes;
mod cluster;
mod dated;
mod dispatch;
mod fields;
mod heads;
mod infer;
pub(crate) mod json;
mod keys;
mod letters;
mod level;
mod logfmt;
mod marks;
mod opening;
mod redis;
#[cfg(test)]
mod samples;
pub(crate) mod stamps;
mod syslog;

use crate::logs::{Line, LineKind};
use crate::model::Level;

pub(crate) use access::in_message;
pub(crate) use dispatch::Reader;
pub use infer::inferred_level;

/// The level of a syslog priority's severity, written as digits.
pub(crate) fn level_of_priority(digits: &[u8]) -> Option<Level> {
    level::of_syslog(bytes::number(digits)?)
}

/// A line as read, with what the assembler needs to know besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parsed<'a> {
    pub(crate) line: Line<'a>,
    /// Message or trace hold escapes that are still to be resolved.
    pub(crate) escaped: bool,
    /// Behind syslog's head: host, program and process, which tell whose line it is, and the text with its indentation.
    pub(crate) unit: Option<Unit<'a>>,
    /// The line has a head of its own and yet goes on with the record before (PostgreSQL's `DETAIL:`).
    pub(crate) follows: bool,
}

/// Who wrote a line behind syslog's head, and what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit<'a> {
    /// Host, program and process, as written.
    pub(crate) name: &'a [u8],
    pub(crate) text: &'a [u8],
}

impl<'a> Parsed<'a> {
    /// A line of nothing, to be filled in.
    pub(crate) fn new() -> Self {
        Self { line: Line::plain(b""), escaped: false, unit: None, follows: false }
    }

    /// Whether a line with a head opens a record whatever stands before it.
    #[inline]
    pub(crate) fn stands_alone(&self) -> bool {
        self.unit.is_none() && !self.follows
    }

    /// Forgets what is said besides the line.
    #[inline]
    fn reset(&mut self) {
        (self.escaped, self.unit, self.follows) = (false, None, false);
    }

    /// A line without a known head.
    #[inline]
    fn plain(&mut self, kind: LineKind, text: &'a [u8]) {
        self.reset();
        self.line = Line { kind, ..Line::plain(text) };
    }
}

/// Takes one line apart, without the memory of others; see [`Reader`].
pub(crate) fn parse(text: &[u8]) -> Parsed<'_> {
    let mut parsed = Parsed::new();
    Reader::default().read(text, &mut parsed);
    parsed
}
