//! The first line of a segment that opens a record whatever stands before the segment.

use crate::logs::assemble::rules;
use crate::logs::assemble::segment::{MAX_BETWEEN, MAX_LINE, shape_in_unit};
use crate::logs::assemble::shape::{self, Shape};
use crate::logs::assemble::{Borders, peel};
use crate::logs::format::parse;
use crate::logs::{LineKind, Wrapper};
use crate::text::ansi;

/// After so many lines without any head, plain text opens a record too: no construct takes that many.
const MAX_SOFT_LINES: u64 = 600;

/// How a line bears on the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign<'t> {
    /// Has a head of its own.
    Header,
    /// A stack begins here in this stream, so that frames right below belong to it.
    StackOpens(&'t [u8]),
    /// A frame, which may belong to a stack that began before the segment.
    Frame(&'t [u8]),
    /// What was raised, which ends a stack.
    Raised(&'t [u8]),
    /// Text at the margin.
    Text,
    /// Inside a record: blank, indented.
    Within,
    Other,
}

/// A line that may be the first sure one.
#[derive(Clone, Copy, Debug)]
struct Candidate<'t> {
    start: usize,
    line_no: u64,
    /// Lines behind it, none of which spoke against it.
    behind: u64,
    /// The stream of the stack that was opened last, while nothing else was.
    stack: Option<&'t [u8]>,
}

/// Finds the head of a segment that others stand before.
///
/// A header is sure when, within the lines that may stand inside a stack, no frame follows it that could belong to a stack
/// from before the segment.
pub(super) fn head(block: &[u8]) -> Borders {
    let mut candidate: Option<Candidate<'_>> = None;
    let (mut start, mut line_no) = (0, 0_u64);
    while start < block.len() {
        let end = memchr::memchr(b'\n', &block[start..]).map_or(block.len(), |at| start + at + 1);
        let sign = sign(&block[start..end], line_no == 0);
        let opens = sign == Sign::Header || (sign == Sign::Text && line_no >= MAX_SOFT_LINES);
        match &mut candidate {
            Some(sure) if sure.behind >= MAX_BETWEEN => return found(sure.start, sure.line_no),
            Some(likely) => match sign {
                Sign::Frame(stream) | Sign::Raised(stream) if likely.stack != Some(stream) => {
                    candidate = None;
                }
                Sign::Frame(_) | Sign::Within => likely.behind += 1,
                Sign::StackOpens(stream) => (likely.stack, likely.behind) = (Some(stream), likely.behind + 1),
                Sign::Header | Sign::Text | Sign::Raised(_) | Sign::Other => {
                    (likely.stack, likely.behind) = (None, likely.behind + 1);
                }
            },
            None if opens => candidate = Some(Candidate { start, line_no, behind: 0, stack: None }),
            None => {}
        }
        start = end;
        line_no += 1;
    }
    // Too near to the end to be sure: all of it goes to the seam.
    found(block.len(), line_no)
}

fn found(head: usize, head_lines: u64) -> Borders {
    Borders { head, head_lines, ..Borders::default() }
}

fn sign(raw: &[u8], first: bool) -> Sign<'_> {
    let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
    let text = peel::trim(&raw[..raw.len().min(MAX_LINE)]);
    let mut plain = Vec::new();
    let peeled = peel(text);
    let text = match &peeled {
        // The first line may be the last piece of a line that began before.
        Some(peeled) if peeled.partial || (first && peeled.outer.wrapper != Wrapper::Compose) => {
            return Sign::Other;
        }
        Some(peeled) => {
            peel::plain_text(peeled, &mut plain);
            &plain
        }
        None if memchr::memchr(ansi::ESC, text).is_some() => {
            ansi::strip(text, &mut plain);
            &plain
        }
        None => text,
    };
    let parsed = parse(text);
    let line = &parsed.line;
    let unit = parsed.unit.filter(|_| line.wrapper == Wrapper::None);
    let stream = peeled.map_or(&b""[..], |peeled| peeled.outer.stream);
    let shape = match (line.kind, unit) {
        (LineKind::Blank, _) => return Sign::Within,
        (LineKind::Header, _) if parsed.follows || is_journal_field(text) => return Sign::Other,
        (LineKind::Header, Some(unit)) => match shape_in_unit(unit) {
            // Whose stack it is, is told by the unit's name, which may lie in a copy; it is taken as nobody's.
            Some(Shape::Frame | Shape::Raised) => return Sign::Frame(b" a unit"),
            Some(_) => return Sign::Text,
            None => return Sign::Header,
        },
        (LineKind::Header, None) => return Sign::Header,
        _ => shape::of(text),
    };
    match shape {
        Shape::Frame => Sign::Frame(stream),
        Shape::Raised => Sign::Raised(stream),
        Shape::Indented => Sign::Within,
        Shape::Text if line.kind == LineKind::Plain && !is_journal_field(text) => Sign::Text,
        shape if rules::opens_stack(shape) => Sign::StackOpens(stream),
        _ => Sign::Other,
    }
}

/// `_PID=1` and other fields of a journal entry, whose values may look like anything.
fn is_journal_field(text: &[u8]) -> bool {
    let key = text
        .iter()
        .take(64)
        .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_')
        .count();
    key > 2 && text.get(key) == Some(&b'=')
}
