//! Lines that begin with a bracket: a time, a level, a process or a name inside.

use crate::logs::format::bytes::{
    bracket_group, digits, drop_blanks, is_name, is_number, skip_blanks, split_once, token,
};
use crate::logs::format::{access, dated, level, stamps, syslog};
use crate::logs::{FormatId, Line, Stamp, StampLayout};

/// Reads a line that begins with `[`.
pub(super) fn read<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (inside, rest) = bracket_group(text)?;
    if let Some((stamp, behind)) = stamps::leading(skip_blanks(inside)) {
        stamped(stamp, behind, rest, line);
        return Some(());
    }
    if let Some((found, word)) = level::of_field(inside) {
        line.reset(FormatId::Bracketed);
        (line.level, line.level_raw) = (Some(found), word);
        leveled(rest, line);
        return Some(());
    }
    tornado(inside, rest, line)
        .or_else(|| syslog::read_kernel(text, line))
        .or_else(|| nest(inside, rest, line))
        .or_else(|| named(inside, rest, line))
}

/// `[time…] …`.
fn stamped<'a>(stamp: Stamp<'a>, behind: &'a [u8], rest: &'a [u8], line: &mut Line<'a>) {
    line.reset(FormatId::Bracketed);
    line.stamp = stamp;
    if !drop_blanks(behind).is_empty() {
        if !dated::inside_bracket(line, behind, rest) {
            line.message = skip_blanks(rest);
        }
        return;
    }
    let message = skip_blanks(rest);
    match stamp.layout {
        StampLayout::DayNameYear if message.starts_with(b"\"") => {
            line.format = FormatId::Django;
            line.message = message;
            line.access = access::in_message(message);
        }
        StampLayout::WeekdayFirst if message.starts_with(b"[") => {
            dated::brackets_behind_stamp(line, rest);
            line.format = FormatId::ApacheError;
        }
        StampLayout::MonthDayDigits | StampLayout::TimeOnly => proxifier(line, message),
        _ => {
            dated::brackets_behind_stamp(line, rest);
            if is_gunicorn(message) {
                line.format = FormatId::Gunicorn;
            }
        }
    }
}

/// `[123] [INFO] …` behind the time.
fn is_gunicorn(rest: &[u8]) -> bool {
    bracket_group(rest).is_some_and(|(pid, behind)| {
        is_number(pid)
            && bracket_group(skip_blanks(behind)).is_some_and(|(word, _)| level::of_field(word).is_some())
    })
}

/// `[10.30 16:49:06] chrome.exe - msg`; other dateless brackets go the usual way.
fn proxifier<'a>(line: &mut Line<'a>, message: &'a [u8]) {
    dated::brackets_behind_stamp(line, message);
    if line.level.is_none()
        && let Some((program, rest)) = split_once(message, b" - ")
        && program.len() <= 48
        && memchr::memmem::find(program, b".exe").is_some()
    {
        (line.logger, line.message, line.format) = (program, rest, FormatId::Proxifier);
    }
}

/// `[INFO] msg`, `[INFO] 2024-01-01 10:00:00 msg`, `[INFO ] [name] msg`.
fn leveled<'a>(rest: &'a [u8], line: &mut Line<'a>) {
    let behind = skip_blanks(rest);
    let unbracketed = behind.strip_prefix(b"[").unwrap_or(behind);
    if let Some((stamp, more)) = stamps::leading(unbracketed) {
        line.stamp = stamp;
        let more =
            if unbracketed.len() < behind.len() { more.strip_prefix(b"]").unwrap_or(more) } else { more };
        dated::brackets_behind_level(line, more);
    } else {
        dated::brackets_behind_level(line, rest);
    }
}

/// Tornado and Jupyter: `[I 240101 10:00:00 web:2271] msg`, `[W 2024-01-01 10:00:00.123 ServerApp] msg`.
fn tornado<'a>(inside: &'a [u8], rest: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let [letter, b' ', behind @ ..] = inside else { return None };
    let found = level::of_letter(*letter)?;
    let (stamp, place) = stamps::leading(behind)?;
    line.reset(FormatId::Bracketed);
    line.stamp = stamp;
    (line.level, line.level_raw) = (Some(found), &inside[..1]);
    let place = skip_blanks(place);
    match split_once(place, b":") {
        Some((module, _)) => (line.logger, line.origin) = (module, place),
        None => line.logger = place,
    }
    line.message = skip_blanks(rest);
    Some(())
}

/// NestJS: `[Nest] 123  - 01/01/2024, 10:00:00 AM     LOG [Context] msg`.
fn nest<'a>(inside: &'a [u8], rest: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    is_name(inside).then_some(())?;
    let (process, behind) = digits(skip_blanks(rest));
    (!process.is_empty()).then_some(())?;
    let (stamp, behind) = stamps::leading(skip_blanks(skip_blanks(behind).strip_prefix(b"- ")?))?;
    let (word, behind) = token(skip_blanks(behind));
    let (found, word) = level::of_field(word)?;
    line.reset(FormatId::Other);
    line.stamp = stamp;
    (line.level, line.level_raw) = (Some(found), word);
    dated::brackets_behind_level(line, behind);
    if let Some((context, message)) = bracket_group(skip_blanks(behind)) {
        (line.logger, line.message) = (context, skip_blanks(message));
    }
    Some(())
}

/// `[name] LEVEL: msg`, `[name] 2024-01-01 10:00:00 …`, `[1234] 01 Jan 10:00:00.000 * msg`: a name or process first.
fn named<'a>(inside: &'a [u8], rest: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let behind = skip_blanks(rest);
    let name = if is_name(inside) && !inside.iter().all(u8::is_ascii_digit) { inside } else { b"" };
    if let Some((stamp, more)) = stamps::leading(behind.strip_prefix(b"[").unwrap_or(behind)) {
        let more = if behind.starts_with(b"[") { more.strip_prefix(b"]").unwrap_or(more) } else { more };
        dated::behind_stamp(stamp, more, line);
        if line.logger.is_empty() {
            line.logger = name;
        }
        return Some(());
    }
    let (found, word, more) = match bracket_group(behind) {
        Some((group, more)) => level::of_field(group).map(|(found, word)| (found, word, more))?,
        None => level::leading(behind).filter(|(_, word, _)| !word.iter().any(u8::is_ascii_lowercase))?,
    };
    line.reset(FormatId::Other);
    (line.level, line.level_raw, line.logger) = (Some(found), word, name);
    line.message = skip_blanks(more.strip_prefix(b":").unwrap_or(more));
    Some(())
}
