//! The way from a line's first byte to the reader of its layout.

use crate::logs::format::bytes::token;
use crate::logs::format::{
    Parsed, Unit, access, cluster, dated, json, letters, logfmt, opening, redis, stamps, syslog,
};
use crate::logs::{FormatId, Line, LineKind, StampLayout};

/// Takes a line apart. The text has no line end, and wrappers and colours were peeled off it.
pub(crate) fn parse(text: &[u8]) -> Parsed<'_> {
    let Some(first) = text.first() else { return blank(text).into() };
    let line = match first {
        b'0'..=b'9' => digit_first(text),
        b'{' => return json::read(text).unwrap_or_else(|| Line::plain(text).into()),
        b'[' => opening::read(text),
        b'<' => syslog::read_priority(text),
        b'-' => cluster::read_marked(text),
        b':' => access::read(text),
        b' ' | b'\t' | b'\r' | 0x0b | 0x0c => return indented(text).into(),
        b'a'..=b'z' | b'A'..=b'Z' => return letter_first(text),
        _ => None,
    };
    line.map_or_else(|| Line::plain(text).into(), |line| finished(text, line))
}

fn blank(text: &[u8]) -> Line<'_> {
    Line { kind: LineKind::Blank, ..Line::plain(text) }
}

/// A line that begins with white space has no head; there may be nothing else on it.
fn indented(text: &[u8]) -> Line<'_> {
    let only_blanks = text.iter().all(u8::is_ascii_whitespace);
    let kind = if only_blanks { LineKind::Blank } else { LineKind::Continuation };
    Line { kind, ..Line::plain(text) }
}

#[inline]
fn digit_first(text: &[u8]) -> Option<Line<'_>> {
    dated::read(text)
        .or_else(|| redis::read(text))
        .or_else(|| cluster::read_hpc(text))
        .or_else(|| access::read(text))
        .or_else(|| epoch_first(text))
}

/// Squid and others: seconds since 1970 with their milliseconds, then fields.
fn epoch_first(text: &[u8]) -> Option<Line<'_>> {
    let (epoch, rest) = token(text);
    let [b'1', digits @ ..] = epoch.get(..10)? else { return None };
    (digits.iter().all(u8::is_ascii_digit) && matches!(epoch.get(10), Some(b'.') | None)).then_some(())?;
    epoch.get(11..).is_none_or(|fraction| fraction.iter().all(u8::is_ascii_digit)).then_some(())?;
    let stamp = crate::logs::Stamp { layout: StampLayout::Epoch, text: epoch };
    Some(dated::behind_stamp(stamp, rest))
}

fn letter_first(text: &[u8]) -> Parsed<'_> {
    let read = || {
        letters::read_level(text)
            .or_else(|| month_or_weekday(text))
            .or_else(|| letters::read_glog(text).or_else(|| letters::read_ruby(text)))
            .or_else(|| letters::read_crash(text))
    };
    if let Some(line) = read() {
        return finished(text, line);
    }
    if let Some(parsed) = logfmt::read(text) {
        return parsed;
    }
    let line =
        cluster::read_marked(text).or_else(|| letters::read_named(text)).or_else(|| access::read(text));
    line.map_or_else(|| Line::plain(text).into(), |line| finished(text, line))
}

fn month_or_weekday(text: &[u8]) -> Option<Line<'_>> {
    let (stamp, rest) = stamps::leading(text)?;
    let american = memchr::memchr(b',', stamp.text).is_some();
    Some(match stamp.layout {
        StampLayout::MonthDay => syslog::behind_month_day(stamp, rest),
        StampLayout::MonthDayYear if !american => syslog::behind_month_day(stamp, rest),
        _ => dated::behind_stamp(stamp, rest),
    })
}

/// What holds for lines of all layouts: requests behind another logger's head, a known layout inside syslog.
#[inline]
fn finished<'a>(text: &'a [u8], mut line: Line<'a>) -> Parsed<'a> {
    if line.access.is_none() && may_be_request(&line) {
        line.access = access::in_message(line.message);
    }
    match line.format {
        FormatId::Syslog3164 | FormatId::Syslog5424 => {
            Parsed { unit: Some(unit(text, &line)), ..inside_syslog(line) }
        }
        FormatId::Postgres if line.level.is_none() => Parsed { follows: true, ..line.into() },
        _ => line.into(),
    }
}

/// Whether it pays to look for a request: the message begins with an address or a quote.
#[inline]
fn may_be_request(line: &Line<'_>) -> bool {
    match line.message {
        [b'"', ..] => true,
        [b'0'..=b'9', ..] => token(line.message).0.iter().take(6).any(|b| matches!(b, b'.' | b':')),
        _ => line.logger.ends_with(b"access"),
    }
}

/// What stands between the time and the message, and the message with its indentation.
fn unit<'a>(text: &'a [u8], line: &Line<'a>) -> Unit<'a> {
    let priority = if text.starts_with(b"<") { memchr::memchr(b'>', text).map_or(0, |at| at + 1) } else { 0 };
    let version = if line.format == FormatId::Syslog5424 { "1 ".len() } else { 0 };
    let begin = priority + version + line.stamp.text.len();
    let head = text.get(begin..text.len() - line.message.len()).unwrap_or_default();
    let name = head.trim_ascii_end();
    let behind = &text[text.len() - line.message.len() - (head.len() - name.len())..];
    Unit { name, text: behind.strip_prefix(b" ").unwrap_or(behind) }
}

/// A service's own line behind syslog's head: its level and logger count where it has a level; its time where it has a day.
fn inside_syslog(outer: Line<'_>) -> Parsed<'_> {
    let worth = matches!(outer.message.first(), Some(b'0'..=b'9' | b'[' | b'{' | b'A'..=b'Z' | b't' | b'l'));
    if !worth {
        return outer.into();
    }
    let inside = parse_inner(outer.message);
    let inner = inside.line;
    if inner.kind != LineKind::Header || inner.level.is_none() || level_opens_sentence(&inner) {
        return outer.into();
    }
    let dated = inner.stamp.layout != StampLayout::None && !inner.stamp.layout.lacks_day();
    let line = Line {
        wrapper: crate::logs::Wrapper::Syslog,
        stamp: if dated { inner.stamp } else { outer.stamp },
        logger: if inner.logger.is_empty() { outer.logger } else { inner.logger },
        ..inner
    };
    Parsed { line, ..inside }
}

/// `ERROR something` and `WARNING: something` are how daemons write sentences; syslog keeps those whole.
fn level_opens_sentence(inner: &Line<'_>) -> bool {
    inner.stamp.text.is_empty() && matches!(inner.format, FormatId::Other | FormatId::Bracketed)
}

/// Reads a text inside another line; does not look for syslog in syslog.
fn parse_inner(text: &[u8]) -> Parsed<'_> {
    let plain = || Line::plain(text).into();
    match text.first() {
        Some(b'0'..=b'9') => dated::read(text).map_or_else(plain, |line| finished(text, line)),
        Some(b'{') => json::read(text).unwrap_or_else(plain),
        Some(b'[') => opening::read(text).map_or_else(plain, |line| finished(text, line)),
        _ => letters::read_level(text)
            .map(|line| finished(text, line))
            .or_else(|| logfmt::read(text))
            .unwrap_or_else(plain),
    }
}
