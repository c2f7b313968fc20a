//! `asctime - name - LEVEL - msg`, `asctime - LEVEL - msg`, `asctime - INFO  [thread:Class@12] - msg`.

use crate::logs::format::bytes::{bracket_group, drop_blanks, is_name, is_number, skip_blanks, split_once};
use crate::logs::format::dated::{behind_level, is_origin};
use crate::logs::format::level;
use crate::logs::{FormatId, Line};

/// How many fields may stand before the level.
const MAX_FIELDS: usize = 4;

/// Reads what stands behind `asctime - `.
pub(super) fn read<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    line.message = rest;
    line.format = FormatId::PythonDash;
    let mut name: &[u8] = b"";
    let mut ahead = rest;
    for _ in 0..MAX_FIELDS {
        let (field, more) = match split_once(ahead, b" - ") {
            Some((field, more)) => (drop_blanks(field), Some(more)),
            // An empty message loses its blank to tools that trim lines.
            None => (ahead.strip_suffix(b" -").unwrap_or(ahead), None),
        };
        if let Some((found, word, behind)) = level_of(field) {
            (line.level, line.level_raw, line.logger) = (Some(found), word, name);
            return message(line, behind, more);
        }
        // A field that is no name is the message, and the names before it were no names.
        let (true, Some(more)) = (field.len() <= 120, more) else { break };
        if name.is_empty() && (is_name(field) || field.starts_with(b"__")) {
            name = field;
        }
        ahead = more;
    }
    super::name_unleveled(line);
}

/// The level that a field begins with, and what stands behind it in the field.
fn level_of(field: &[u8]) -> Option<(crate::model::Level, &[u8], &[u8])> {
    if let Some((found, word)) = level::of_field(field) {
        return Some((found, word, b""));
    }
    let (found, word, behind) = level::leading(field)?;
    let capitals = !word.iter().any(u8::is_ascii_lowercase);
    capitals.then_some((found, word, behind))
}

/// Behind the level: the rest of its field, then what follows the next dash.
fn message<'a>(line: &mut Line<'a>, behind: &'a [u8], more: Option<&'a [u8]>) {
    let behind = skip_blanks(behind);
    if let (Some((inside, b"")), Some(more)) = (bracket_group(behind), more) {
        line.message = skip_blanks(more);
        return thread_and_class(line, inside);
    }
    if !behind.is_empty() {
        // `ERROR: msg - and more`: the dash belongs to the message.
        return behind_level(line, behind);
    }
    line.message = skip_blanks(more.unwrap_or_default());
    if let Some((field, message)) = split_once(line.message, b" - ") {
        let inside = bracket_group(field).map_or(field, |(inside, _)| inside);
        if is_origin(inside) {
            (line.origin, line.message) = (inside, skip_blanks(message));
        }
    }
}

/// `main:QuorumPeer@913`: the class between the last colon and the `@`; a plain `file.py:12` is an origin.
fn thread_and_class<'a>(line: &mut Line<'a>, inside: &'a [u8]) {
    let class_end = memchr::memrchr(b'@', inside).filter(|at| is_number(&inside[at + 1..]));
    match class_end {
        Some(at) => {
            let begin = memchr::memrchr(b':', &inside[..at]).map_or(0, |colon| colon + 1);
            line.logger = &inside[begin..at];
            line.origin = &inside[begin..];
            line.format = FormatId::Log4j;
        }
        None if is_origin(inside) => line.origin = inside,
        None if line.logger.is_empty() && is_name(inside) => line.logger = inside,
        None => {}
    }
}
