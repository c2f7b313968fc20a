//! Lines that begin with a time: what stands between it and the message.
//!
//! The byte behind the time decides which way to go on: dashes, brackets, bars, a number, a word. Each way takes level,
//! logger and origin off and leaves the message; what it does not know stays in the message.

mod bars;
mod brackets;
mod dashes;
mod words;

use crate::logs::format::bytes::{is_module, is_name, is_number, skip_blanks, split_once, token};
use crate::logs::format::{level, stamps};
use crate::logs::{FormatId, Line, Stamp, StampLayout};

pub(super) use brackets::{
    behind_bracketed_stamp as brackets_behind_stamp, behind_level as brackets_behind_level, inside_bracket,
};
pub(super) use words::{behind_level, logger_and_message};

/// Reads a line that begins with a time; `None` if it does not.
#[inline]
pub(super) fn read<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (stamp, rest) = stamps::leading(text)?;
    behind_stamp(stamp, rest, line);
    Some(())
}

/// Reads what stands behind a time.
#[inline]
pub(super) fn behind_stamp<'a>(stamp: Stamp<'a>, rest: &'a [u8], line: &mut Line<'a>) {
    line.reset(FormatId::Other);
    (line.stamp, line.message) = (stamp, rest);
    match rest {
        [b' ', ..] => spaced(line, skip_blanks(rest)),
        [b',', b' ', more @ ..] => behind_comma(line, more),
        [b':', b' ' | b'\t', more @ ..] => {
            line.message = skip_blanks(more);
            line.format = FormatId::DateEcho;
        }
        [b':', more @ ..] => colons(line, more),
        [b'|', more @ ..] => bars::unspaced(line, more),
        [b'\t', more @ ..] => tabs(line, more),
        [b'[', ..] => brackets::read(line, rest),
        _ => {}
    }
}

/// Behind a blank.
#[inline]
fn spaced<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    line.message = rest;
    match rest {
        [b'-', b' ', more @ ..] => dashes::read(line, skip_blanks(more)),
        [b'[', ..] => brackets::read(line, rest),
        [b'|', more @ ..] => bars::spaced(line, more),
        [first, ..] if first.is_ascii_digit() => words::behind_number(line, rest),
        [first, ..] if first.is_ascii_alphabetic() => words::read(line, rest),
        _ => name_unleveled(line),
    }
}

/// Gives a line without level the name of its date's usual writer.
fn name_unleveled(line: &mut Line<'_>) {
    line.format = match line.stamp.layout {
        StampLayout::TimeOnly => FormatId::Console,
        StampLayout::WeekdayFirst | StampLayout::DayMonthYear => FormatId::DateEcho,
        StampLayout::YearFirst if line.stamp.text[4] == b'/' => FormatId::GoLog,
        _ => FormatId::Other,
    };
}

/// `2016-09-28 04:30:30, Info                  CBS    msg`; `2024-01-01 10:00:00, INFO, msg`.
fn behind_comma<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let rest = skip_blanks(rest);
    line.message = rest;
    let Some((found, word, behind)) = level::leading(rest) else { return };
    (line.level, line.level_raw) = (Some(found), word);
    if let [b',', more @ ..] = behind {
        line.message = skip_blanks(more);
        return;
    }
    let (component, message) = token(skip_blanks(behind));
    line.format = FormatId::WindowsCbs;
    // The component's column is padded; a single blank belongs to a sentence.
    if message.starts_with(b"  ") || message.is_empty() {
        line.logger = component;
        line.message = skip_blanks(message);
    } else {
        line.message = skip_blanks(behind);
    }
}

/// `2024-01-01 10:00:00,123:INFO:name:msg`, with the two in either order.
fn colons<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    line.format = FormatId::PythonBasic;
    line.message = rest;
    let mut ahead = rest;
    for _ in 0..3 {
        let Some((field, more)) = split_once(ahead, b":") else { return };
        if let Some((found, word)) = level::of_field(field) {
            (line.level, line.level_raw, line.message) = (Some(found), word, skip_blanks(more));
            // `INFO:name:msg`: the name is asked to look like one.
            if line.logger.is_empty()
                && let Some((name, message)) = split_once(more, b":")
                && is_module(name)
            {
                (line.logger, line.message) = (name, skip_blanks(message));
            }
            return;
        }
        if !is_name(field) {
            return;
        }
        line.logger = field;
        ahead = more;
    }
    line.logger = b"";
}

/// zap's console: `2024-01-01T10:00:00.000Z\tINFO\tlogger\tfile.go:12\tmsg`.
fn tabs<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    line.message = rest;
    let Some((field, mut more)) = split_once(rest, b"\t") else { return };
    let Some((found, word)) = level::of_field(field) else { return };
    (line.level, line.level_raw) = (Some(found), word);
    for _ in 0..2 {
        let Some((field, after)) = split_once(more, b"\t") else { break };
        if is_origin(field) {
            line.origin = field;
        } else if line.origin.is_empty() && is_name(field) {
            line.logger = field;
        } else {
            break;
        }
        more = after;
    }
    line.message = more;
}

/// Whether a field points into a source file: `file.go:12`, `func:12`.
pub(super) fn is_origin(field: &[u8]) -> bool {
    let Some(colon) = memchr::memrchr(b':', field) else { return false };
    field.len() <= 160
        && is_number(&field[colon + 1..])
        && field[..colon].iter().all(|b| b.is_ascii_alphanumeric() || b"._/-<>@:".contains(b))
        && field[..colon].iter().any(u8::is_ascii_alphabetic)
}
