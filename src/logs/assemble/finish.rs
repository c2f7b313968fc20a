//! An open record made complete: what its wrapper knew, what its body tells, escapes resolved.

use crate::logs::assemble::rules::Mode;
use crate::logs::assemble::slot::{Head, Slot};
use crate::logs::format::{Parsed, in_message, json, level_of_priority, parse};
use crate::logs::{FormatId, Line, Record, Sink, Stamp, StampLayout, Wrapper};

/// Memory that is used again for every record.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    message: Vec<u8>,
    trace: Vec<u8>,
    entry: Vec<u8>,
}

/// Tells the sink of a slot's record.
pub(super) fn tell(slot: &Slot<'_>, block: &[u8], scratch: &mut Scratch, sink: &mut impl Sink) {
    if slot.orphan {
        let text = &block[slot.first.start..slot.first.end];
        return sink.unattached(text.strip_suffix(b"\n").unwrap_or(text), slot.first.line_no);
    }
    let body = slot.body(block);
    let Scratch { message, trace, entry } = scratch;
    let mut parsed = match &slot.head {
        Head::Block(parsed) => *parsed,
        Head::Text(text) => parse(text),
    };
    match slot.opening.mode {
        Mode::Journal => parsed = journal_entry(body, entry),
        Mode::Pretty | Mode::Done if parsed.line.format == FormatId::Plain => {
            entry.clear();
            entry.extend_from_slice(b"{");
            entry.extend_from_slice(body);
            if let Some(read) = json::read(entry) {
                parsed = read;
            }
        }
        Mode::Crash { .. } => crash_block(&mut parsed.line, body),
        _ if slot.opening.stack => printed_stack(&mut parsed.line, body),
        _ => {}
    }
    wrapped(&mut parsed.line, slot);
    let line = if parsed.escaped { resolved(parsed.line, message, trace) } else { parsed.line };
    let offset = slot.first.start as u64;
    sink.record(&Record { line, body, offset, line_no: slot.first.line_no, lines: slot.lines });
}

/// Adds what the wrapper knew: a container's time is exact, so it stands in for an inner time without offset.
fn wrapped<'a>(line: &mut Line<'a>, slot: &Slot<'a>) {
    let outer = &slot.outer;
    if outer.wrapper == Wrapper::None {
        return;
    }
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

/// An entry of `journalctl -o export`: `KEY=value` a line; a value with line ends of its own is kept as trace.
fn journal_entry<'a>(body: &'a [u8], entry: &'a mut Vec<u8>) -> Parsed<'a> {
    let (mut message, mut name, mut time): (&[u8], &[u8], &[u8]) = (b"", b"", b"");
    let (mut priority, mut stdout): (&[u8], bool) = (b"", false);
    let mut binary = None;
    let mut rest = body;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let (field, behind) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        if field == b"MESSAGE" {
            // Eight bytes of length, then the value.
            binary = behind.get(8..);
        }
        rest = behind;
        let Some(equals) = memchr::memchr(b'=', field) else { continue };
        let value = &field[equals + 1..];
        match &field[..equals] {
            b"MESSAGE" => message = value,
            b"SYSLOG_IDENTIFIER" => name = value,
            b"_COMM" if name.is_empty() => name = value,
            b"__REALTIME_TIMESTAMP" if time.is_empty() => time = value,
            b"_SOURCE_REALTIME_TIMESTAMP" => time = value,
            b"PRIORITY" => priority = value,
            b"_TRANSPORT" => stdout = value == b"stdout",
            _ => {}
        }
    }
    let mut trace: &[u8] = b"";
    if let Some(binary) = binary {
        let end = memchr::memchr(b'\n', binary).unwrap_or(binary.len());
        entry.clear();
        entry.extend_from_slice(binary.get(end + 1..).unwrap_or_default());
        (message, trace) = (&binary[..end], entry);
    }
    let parsed = parse(message);
    let mut line = parsed.line;
    line.format = if line.format == FormatId::Plain { FormatId::JournalExport } else { line.format };
    line.stamp = Stamp { layout: StampLayout::Epoch, text: time };
    if line.logger.is_empty() {
        line.logger = name;
    }
    if line.trace.is_empty() {
        line.trace = trace;
    }
    if line.level.is_none() && !stdout {
        line.level = level_of_priority(priority);
        line.level_raw = if line.level.is_some() { priority } else { b"" };
    }
    Parsed { line, ..parsed }
}
