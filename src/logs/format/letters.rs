//! Lines that begin with a letter: a level first, glog's packed head, Ruby's logger, names before a time.

use crate::logs::format::bytes::{
    bracket_group, class, digits, drop_blanks, is_module, is_name, run, skip_blanks, split_once, token,
};
use crate::logs::format::{access, dated, level, stamps};
use crate::logs::time;
use crate::logs::{FormatId, Line, LineKind, Stamp, StampLayout};

/// Reads a line that begins with a level word: `INFO:     …`, `ERROR:name:msg`, `WARN 2024-… msg`, `INFO  [name] msg`.
pub(super) fn read_level<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let len = run(&text[..text.len().min(14)], class::LETTER | class::DIGIT);
    let (found, sense) = level::of_front(text, len)?;
    let (word, rest) = text.split_at(len);
    let capitals = !word.iter().any(u8::is_ascii_lowercase);
    line.reset(FormatId::Other);
    (line.level, line.level_raw) = (Some(found), word);
    match rest {
        [b':', b' ', ..] if capitals && sense == level::Sense::Sure => uvicorn(line, &rest[1..]),
        [b':', b' ', more @ ..] if sense == level::Sense::Sure && !word[0].is_ascii_uppercase() => {
            line.message = skip_blanks(more);
            dotnet(line);
        }
        [b':', more @ ..] if capitals => python_basic(line, more)?,
        [b' ' | b'\t' | b'|', ..] if capitals => behind_word(line, rest, sense)?,
        [b'[', ..] if capitals => dated::brackets_behind_level(line, rest),
        [] if capitals && sense == level::Sense::Sure => {}
        _ => return None,
    }
    Some(())
}

/// uvicorn pads `LEVEL:` to ten columns.
fn uvicorn<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let message = skip_blanks(rest);
    let column = line.level_raw.len() + 1 + (rest.len() - message.len());
    line.message = message;
    // A request over a Unix socket has an empty client, so that one more blank stands before its dash.
    if column == 10 || (column == 11 && message.starts_with(b"- \"")) {
        line.format = FormatId::Uvicorn;
        line.access = access::in_message(message);
    } else if let Some((stamp, behind)) = stamps::leading(message) {
        line.stamp = stamp;
        line.message = skip_blanks(behind);
    }
}

/// .NET's console: `info: Microsoft.Hosting.Lifetime[0]`, the message on the next line.
fn dotnet(line: &mut Line<'_>) {
    let Some(open) = memchr::memchr(b'[', line.message) else { return };
    let (name, event) = line.message.split_at(open);
    if is_module(name)
        && bracket_group(event).is_some_and(|(id, rest)| digits(id).1.is_empty() && rest.is_empty())
    {
        line.logger = name;
    }
}

/// `ERROR:name:msg`.
fn python_basic<'a>(line: &mut Line<'a>, rest: &'a [u8]) -> Option<()> {
    let (name, message) = split_once(rest, b":")?;
    (is_name(name) && !message.starts_with(b"//")).then_some(())?;
    line.format = FormatId::PythonBasic;
    (line.logger, line.message) = (name, message.strip_prefix(b" ").unwrap_or(message));
    Some(())
}

/// `INFO 2024-01-01 10:00:00,123 module 12 34 msg`, `INFO  [alembic.runtime] msg`, `WARN | msg`, `ERROR msg`.
fn behind_word<'a>(line: &mut Line<'a>, rest: &'a [u8], sense: level::Sense) -> Option<()> {
    let behind = skip_blanks(rest);
    if let Some((stamp, behind)) = stamps::leading(behind.strip_prefix(b"[").unwrap_or(behind)) {
        line.stamp = stamp;
        let behind = skip_blanks(behind.strip_prefix(b"]").unwrap_or(behind));
        line.message = behind;
        django_verbose(line, behind);
        return Some(());
    }
    (sense == level::Sense::Sure).then_some(())?;
    dated::behind_level(line, rest);
    Some(())
}

/// Django's documented `verbose` style: `module 1234 140123 msg`; other names as usual.
fn django_verbose<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let (module, behind) = token(rest);
    let (process, behind) = digits(skip_blanks(behind));
    let (thread, message) = digits(skip_blanks(behind));
    if is_name(module) && !process.is_empty() && !thread.is_empty() && message.starts_with(b" ") {
        (line.logger, line.message, line.format) = (module, skip_blanks(message), FormatId::Django);
    } else if rest.starts_with(b"[") {
        dated::brackets_behind_level(line, rest);
    } else {
        dated::logger_and_message(line, rest);
    }
}

/// glog and klog: `I0102 15:04:05.000000  123 file.go:12] msg`.
pub(super) fn read_glog<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (letter, rest) = text.split_first()?;
    let found = level::of_letter(*letter).filter(|_| b"IWEFD".contains(letter))?;
    rest.get(..4)?.iter().all(u8::is_ascii_digit).then_some(())?;
    let written = time::read_glog(rest)?;
    let (stamp, behind) = rest.split_at(written.len);
    let (place, message) = split_once(behind, b"]")?;
    let (_, origin) = digits(skip_blanks(place));
    line.reset(FormatId::Glog);
    (line.level, line.level_raw) = (Some(found), &text[..1]);
    line.stamp = Stamp { layout: StampLayout::GlogMonthDay, text: stamp };
    (line.origin, line.message) = (skip_blanks(origin), skip_blanks(message));
    Some(())
}

/// Ruby's Logger: `I, [2024-01-01T10:00:00.123456 #123]  INFO -- name: msg`.
pub(super) fn read_ruby<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (inside, rest) = bracket_group(text.get(3..)?)?;
    let (stamp, _) = stamps::leading(inside)?;
    let (found, word, behind) = level::leading(skip_blanks(rest))?;
    let behind = skip_blanks(behind).strip_prefix(b"-- ")?;
    let (name, message) = split_once(behind, b": ")?;
    line.reset(FormatId::Other);
    line.stamp = stamp;
    (line.level, line.level_raw) = (Some(found), word);
    (line.logger, line.message) = (drop_blanks(name), message);
    Some(())
}

/// One word before a time: a program's name, or the file's as `grep` and OpenStack's collectors put it there.
pub(super) fn read_named<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let end = text.iter().take(160).position(|b| *b == b' ')?;
    let (name, behind) = text.split_at(end);
    let rest = skip_blanks(behind);
    rest.first().filter(|b| b.is_ascii_digit() || **b == b'[')?;
    let (stamp, behind) = stamps::leading(rest.strip_prefix(b"[").unwrap_or(rest))?;
    matches!(stamp.layout, StampLayout::YearFirst | StampLayout::ShortYear | StampLayout::DayMonthYear)
        .then_some(())?;
    let file = is_file_name(name);
    // `KeyError: 2024-…` is no program's name.
    (file || !name.ends_with(b":")).then_some(())?;
    dated::behind_stamp(stamp, behind.strip_prefix(b"]").unwrap_or(behind), line);
    if line.logger.is_empty() && is_name(name) && !file {
        line.logger = name;
    }
    Some(())
}

fn is_file_name(name: &[u8]) -> bool {
    memchr::memmem::find(name, b".log").is_some() || name.contains(&b'/')
}

/// `CRASH: 2025-12-28 10:00:00`, the first telling line of a crash block. Kind `Plain`: a line of `=` may stand before it.
pub(super) fn read_crash<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let rest = text.strip_prefix(b"CRASH: ")?;
    let (stamp, _) = stamps::leading(rest)?;
    line.reset(FormatId::CrashBlock);
    (line.kind, line.stamp, line.message) = (LineKind::Plain, stamp, text);
    Some(())
}
