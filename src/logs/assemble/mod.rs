//! Lines to records: which line opens one, which belongs to the one before, which to none.
//!
//! A log is read in *segments*: runs of whole lines, cut anywhere. Segments are assembled side by side and joined
//! afterwards, and the result does not depend on where the cuts were:
//!
//! ```text
//! segment k     = head  (lines before the first line that opens a record whatever stands before it)
//!               + complete records                    -> told to the sink at once
//!               + tail  (the last record, still open: the next segment may go on with it)
//! segment k+1   = head' + records' + tail'
//! joined        = records, seam(tail + head'), records', …
//! ```
//!
//! A seam begins with an opening line, so it is itself a segment that needs no context ([`Start::Clean`], [`End::Clean`]).
//! A segment without any sure opening is all head; its bytes go to the seam. [`Borders`] says where head and tail lie.
//!
//! lines = records + continuation + unattached holds for every segment, and blank lines count as continuation of the
//! record before them (as unattached where there is none).

mod finish;
mod peel;
mod rules;
mod segment;
mod shape;
mod slot;
mod sure;
#[cfg(test)]
mod tests;

use crate::logs::Record;
use crate::logs::assemble::finish::Scratch;
use crate::logs::assemble::segment::Run;
use crate::logs::scan::NewlineIndex;

pub(in crate::logs) use peel::{has_own_time, peel, trim};

/// Receives what the assembler makes of the lines, in the order in which records end.
pub trait Sink {
    /// A complete record; its slices live for this call only.
    fn record(&mut self, record: &Record<'_>);

    /// A line that neither opens a record nor belongs to one.
    fn unattached(&mut self, line: &[u8], line_no: u64);

    /// A line goes with another one, both by their numbers in the segment: with the opening line of its record, or with
    /// the first piece of a line that a wrapper had cut. Told before the record is; what the tail holds is told again
    /// with the seam.
    #[inline]
    fn belongs(&mut self, _line_no: u64, _to: u64) {}
}

/// What stands before a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Nothing, or something that cannot go on: the first line is judged by itself.
    Clean,
    /// Perhaps an open record: lines up to the first sure opening are left to the seam.
    Middle,
}

/// What stands behind a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing: the last record is complete.
    Clean,
    /// Perhaps lines that belong to the last record: it is left to the seam.
    Middle,
}

/// Where the parts lie that a segment left to its seams; bytes outside `head` and `tail` were told to the sink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Borders {
    /// Bytes of the head; the whole segment where no sure opening was found.
    pub head: usize,
    pub head_lines: u64,
    /// Where the tail begins; the segment's length where there is none.
    pub tail: usize,
    pub tail_lines: u64,
}

/// Where the first line begins in a segment that opens a record whatever stands before it; the segment's length where it
/// holds none.
pub(in crate::logs) fn first_opening(segment: &[u8]) -> usize {
    sure::head(segment).head
}

/// Assembles segments; keeps its scratch memory from one to the next and nothing else.
#[derive(Debug, Default)]
pub struct Assembler {
    newlines: NewlineIndex,
    scratch: Scratch,
}

impl Assembler {
    /// Creates an assembler.
    pub fn new() -> Self {
        Self::default()
    }

    /// Assembles one segment of whole lines (the last one may lack its `\n`).
    ///
    /// `Record::offset` and `Record::line_no` count from the beginning of the segment.
    pub fn segment(&mut self, bytes: &[u8], start: Start, end: End, sink: &mut impl Sink) -> Borders {
        let head = match start {
            Start::Clean => Borders::default(),
            Start::Middle => sure::head(bytes),
        };
        let mut run = Run::new(bytes, &mut self.scratch, sink);
        run.lines(&mut self.newlines, head.head, head.head_lines);
        let tail = run.finish(end);
        Borders { head: head.head, head_lines: head.head_lines, ..tail }
    }
}
