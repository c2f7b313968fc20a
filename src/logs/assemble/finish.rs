//! An open record made complete: what its wrapper knew, what its body tells, escapes resolved.

use crate::logs::assemble::peel::{peel, trim};
use crate::logs::assemble::rules::Mode;
use crate::logs::assemble::slot::{Head, Slot};
use crate::logs::format::{Parsed, Reader, in_message, json, level_of_priority, parse};
use crate::logs::{FormatId, Line, Record, Sink, Stamp, StampLayout};

/// Memory that is used again for every record.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) reader: Reader,
    message: Vec<u8>,
    trace: Vec<u8>,
    entry: Vec<u8>,
}

/// Tells the sink of a slot's record. `current` is the opening line of the record that was open last.
#[inline]
pub(super) fn tell<'b>(
    slot: &Slot<'b>,
    current: &Parsed<'b>,
    block: &'b [u8],
    scratch: &mut Scratch,
    sink: &mut impl Sink,
) {
    let body = slot.body(block);
    let regular =
        !slot.wrapped && !slot.opening.stack && matches!(slot.opening.mode, Mode::Head | Mode::Raised);
    match &slot.head {
        Head::Current if regular && !current.escaped => {
            sink.record(&record(slot, &current.line, body));
        }
        head => tell_slowly(slot, head, current, block, scratch, sink),
    }
}

fn record<'r>(slot: &Slot<'_>, line: &'r Line<'r>, body: &'r [u8]) -> Record<'r> {
    Record { line, body, offset: slot.first.start as u64, line_no: slot.first.line_no, lines: slot.lines }
}

/// Records that ask for more than their opening line.
fn tell_slowly(
    slot: &Slot<'_>,
    head: &Head<'_>,
    current: &Parsed<'_>,
    block: &[u8],
    scratch: &mut Scratch,
    sink: &mut impl Sink,
) {
    let Scratch { reader, message, trace, entry } = scratch;
    let mut body = slot.body(block);
    let mut parsed = match head {
        Head::Current => *current,
        Head::Kept(parsed) => **parsed,
        Head::Text(text) => {
            let mut parsed = Parsed::new();
            reader.read(text, &mut parsed);
            parsed
        }
        Head::Nothing => {
            let text = &block[slot.first.start..slot.first.end];
            return sink.unattached(text.strip_suffix(b"\n").unwrap_or(text), slot.first.line_no);
        }
    };
    match slot.opening.mode {
        Mode::Journal => parsed = journal_entry(body),
        Mode::Pretty | Mode::Done if parsed.line.format == FormatId::Plain => {
            entry.clear();
            entry.extend_from_slice(b"{");
            entry.extend_from_slice(body);
            reader.read(entry, &mut parsed);
        }
        Mode::Crash { .. } => {
            body = without_last_bar(body);
            crash_block(&mut parsed.line, body);
        }
        _ if slot.opening.stack => printed_stack(&mut parsed.line, body),
        _ => {}
    }
    if slot.wrapped {
        wrapped(&mut parsed.line, &block[slot.first.start..slot.first.end]);
    }
    let line = if parsed.escaped { resolved(parsed.line, message, trace) } else { parsed.line };
    sink.record(&record(slot, &line, body));
}

/// Adds what the wrapper knew: a container's time is exact, so it stands in for an inner time without offset.
fn wrapped<'a>(line: &mut Line<'a>, raw: &'a [u8]) {
    let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
    let Some(peeled) = peel(trim(raw)) else { return };
    let outer = peeled.outer;
    line.wrapper = outer.wrapper;
    if outer.stamp.layout != StampLayout::None {
        line.stamp = outer.stamp;
    }
    if line.logger.is_empty() {
        line.logger = outer.name;
    }
    if line.level.is_none() {
        (line.level, line.level_raw) = (outer.level, outer.level_raw);
    }
}

/// Resolves the escapes of message and trace. A message of several lines keeps its first; the others are its trace.
fn resolved<'a>(line: Line<'a>, message: &'a mut Vec<u8>, trace: &'a mut Vec<u8>) -> Line<'a> {
    message.clear();
    trace.clear();
    json::unescape(line.message, message);
    json::unescape(line.trace, trace);
    let end = memchr::memchr(b'\n', message);
    if let Some(end) = end.filter(|_| trace.is_empty()) {
        trace.extend_from_slice(&message[end + 1..]);
    }
    let message = &message[..end.unwrap_or(message.len())];
    let access = line.access.or_else(|| in_message(message));
    Line { message, trace, access, ..line }
}

/// A printed stack: what was raised tells more than `Traceback (most recent call last):`.
fn printed_stack<'a>(line: &mut Line<'a>, body: &'a [u8]) {
    line.format = FormatId::Stack;
    if !line.message.starts_with(b"Traceback") {
        return;
    }
    let raised = body
        .rsplit(|b| *b == b'\n')
        .map(trimmed)
        .find(|text| text.first().is_some_and(|b| !b.is_ascii_whitespace() && *b != b'[' && *b != b'('));
    line.message = raised.unwrap_or(line.message);
}

fn trimmed(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\r").unwrap_or(text)
}

/// A crash block's text without the line of `=` that ends it: it is no part of the last exception's message.
fn without_last_bar(body: &[u8]) -> &[u8] {
    let text = body.trim_ascii_end();
    let line = memchr::memrchr(b'\n', text).map_or(0, |at| at + 1);
    if text[line..].iter().all(|byte| *byte == b'=') { &body[..line] } else { body }
}

/// A crash block: its time from `CRASH: …`, its message from `Error: …`.
fn crash_block<'a>(line: &mut Line<'a>, body: &'a [u8]) {
    line.format = FormatId::CrashBlock;
    let mut told = false;
    for text in body.split(|b| *b == b'\n').map(trimmed).take(64) {
        if text.starts_with(b"CRASH: ") {
            let crash = parse(text).line;
            line.stamp = crash.stamp;
            line.message = if told { line.message } else { text };
        } else if text.starts_with(b"Error: ") && !told {
            line.message = text;
            told = true;
        }
    }
}

/// The fields of a journal entry that are wanted.
#[derive(Default)]
struct Entry<'a> {
    message: &'a [u8],
    trace: &'a [u8],
    name: &'a [u8],
    time: &'a [u8],
    priority: &'a [u8],
    from_stdout: bool,
}

impl<'a> Entry<'a> {
    /// Reads `KEY=value` lines. A value with line ends of its own stands behind its key's line and eight bytes of length;
    /// its first line is the message, the others are its trace.
    fn read(body: &'a [u8]) -> Self {
        let mut entry = Self::default();
        let mut rest = body;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let (field, behind) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
            rest = behind;
            if field == b"MESSAGE" {
                let value = behind.get(8..).unwrap_or_default();
                let end = memchr::memchr(b'\n', value).unwrap_or(value.len());
                (entry.message, entry.trace) = (&value[..end], value.get(end + 1..).unwrap_or_default());
            } else if let Some(equals) = memchr::memchr(b'=', field) {
                entry.take(&field[..equals], &field[equals + 1..]);
            }
        }
        entry
    }

    fn take(&mut self, key: &[u8], value: &'a [u8]) {
        match key {
            b"MESSAGE" => self.message = value,
            b"SYSLOG_IDENTIFIER" => self.name = value,
            b"_COMM" if self.name.is_empty() => self.name = value,
            b"__REALTIME_TIMESTAMP" if self.time.is_empty() => self.time = value,
            b"_SOURCE_REALTIME_TIMESTAMP" => self.time = value,
            b"PRIORITY" => self.priority = value,
            b"_TRANSPORT" => self.from_stdout = value == b"stdout",
            _ => {}
        }
    }
}

/// An entry of `journalctl -o export`.
fn journal_entry(body: &[u8]) -> Parsed<'_> {
    let entry = Entry::read(body);
    let mut parsed = parse(entry.message);
    let line = &mut parsed.line;
    if line.format == FormatId::Plain {
        line.format = FormatId::JournalExport;
    }
    line.stamp = Stamp { layout: StampLayout::Epoch, text: entry.time };
    if line.logger.is_empty() {
        line.logger = entry.name;
    }
    if line.trace.is_empty() {
        line.trace = entry.trace;
    }
    // What a service prints to stdout gets one priority, whatever it says.
    if line.level.is_none() && !entry.from_stdout {
        line.level = level_of_priority(entry.priority);
        line.level_raw = if line.level.is_some() { entry.priority } else { b"" };
    }
    parsed
}
