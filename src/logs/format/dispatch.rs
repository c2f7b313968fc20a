//! The way from a line's first byte to the reader of its layout.

use crate::logs::format::bytes::token;
use crate::logs::format::heads::Heads;
use crate::logs::format::json::Quotes;
use crate::logs::format::keys::KeyMemo;
use crate::logs::format::{
    Parsed, Unit, access, cluster, dated, json, letters, logfmt, opening, redis, stamps, syslog,
};
use crate::logs::{FormatId, Line, LineKind, Stamp, StampLayout, Wrapper};

/// Takes lines apart. What it keeps from one to the next saves work and changes nothing.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(super) heads: Heads,
    quotes: Quotes,
    keys: KeyMemo,
}

impl Reader {
    /// Takes a line apart. The text has no line end, and wrappers and colours were peeled off it.
    #[inline]
    pub(crate) fn read<'a>(&mut self, text: &'a [u8], out: &mut Parsed<'a>) {
        if self.heads.read(text, &mut out.line).is_some() {
            return self.finished(text, out);
        }
        self.read_any(text, out);
        self.heads.learn(text, &out.line);
    }

    /// Takes a line apart that may be of any layout.
    pub(super) fn read_any<'a>(&mut self, text: &'a [u8], out: &mut Parsed<'a>) {
        let Some(first) = text.first() else { return out.plain(LineKind::Blank, text) };
        let line = &mut out.line;
        let read = match first {
            b'0'..=b'9' => digit_first(text, line),
            b'{' => {
                if json::read(text, &mut self.quotes, &mut self.keys, out).is_none() {
                    out.plain(LineKind::Plain, text);
                }
                return;
            }
            b'[' => opening::read(text, line),
            b'<' => syslog::read_priority(text, line),
            b'-' => cluster::read_marked(text, line),
            b':' => access::read(text, line),
            b' ' | b'\t' | b'\r' | 0x0b | 0x0c => return out.plain(indented(text), text),
            b'a'..=b'z' | b'A'..=b'Z' => return self.letter_first(text, out),
            _ => None,
        };
        match read {
            Some(()) => self.finished(text, out),
            None => out.plain(LineKind::Plain, text),
        }
    }

    #[inline]
    fn letter_first<'a>(&mut self, text: &'a [u8], out: &mut Parsed<'a>) {
        let line = &mut out.line;
        let read = letters::read_level(text, line)
            .or_else(|| month_or_weekday(text, line))
            .or_else(|| letters::read_glog(text, line))
            .or_else(|| letters::read_ruby(text, line))
            .or_else(|| letters::read_crash(text, line));
        if read.is_none() && logfmt::read(text, &mut self.keys, out).is_some() {
            return;
        }
        let line = &mut out.line;
        let read = read
            .or_else(|| cluster::read_marked(text, line))
            .or_else(|| letters::read_named(text, line))
            .or_else(|| access::read(text, line));
        match read {
            Some(()) => self.finished(text, out),
            None => out.plain(LineKind::Plain, text),
        }
    }

    /// What holds for lines of all layouts: requests behind another logger's head, a known layout inside syslog.
    #[inline]
    fn finished<'a>(&mut self, text: &'a [u8], out: &mut Parsed<'a>) {
        out.reset();
        let line = &mut out.line;
        if line.access.is_none() && may_be_request(line) {
            line.access = access::in_message(line.message);
        }
        match line.format {
            FormatId::Syslog3164 | FormatId::Syslog5424 => self.inside_syslog(text, out),
            FormatId::Postgres => out.follows = line.level.is_none(),
            _ => {}
        }
    }

    /// A service's own line behind syslog's head: its level and logger count where it has a level; its time where it has
    /// a day.
    fn inside_syslog<'a>(&mut self, text: &'a [u8], out: &mut Parsed<'a>) {
        let unit = unit(text, &out.line);
        out.unit = Some(unit);
        let mut inner = Parsed::new();
        self.read_inner(out.line.message, &mut inner);
        let line = &mut inner.line;
        if line.kind != LineKind::Header || line.level.is_none() || level_opens_sentence(line) {
            return;
        }
        if line.stamp.layout == StampLayout::None || line.stamp.layout.lacks_day() {
            line.stamp = out.line.stamp;
        }
        if line.logger.is_empty() {
            line.logger = out.line.logger;
        }
        line.wrapper = Wrapper::Syslog;
        *out = Parsed { unit: Some(unit), ..inner };
    }

    /// Reads a text inside another line; does not look for syslog in syslog.
    fn read_inner<'a>(&mut self, text: &'a [u8], out: &mut Parsed<'a>) {
        let line = &mut out.line;
        let read = match text.first() {
            Some(b'0'..=b'9') => dated::read(text, line),
            Some(b'{') => return json::read(text, &mut self.quotes, &mut self.keys, out).unwrap_or_default(),
            Some(b'[') => opening::read(text, line),
            Some(b'A'..=b'Z') => letters::read_level(text, line),
            // `time=…`, `ts=…`, `level=…`.
            Some(b't' | b'l') => return logfmt::read(text, &mut self.keys, out).unwrap_or_default(),
            _ => None,
        };
        match read {
            Some(()) if !matches!(line.format, FormatId::Syslog3164 | FormatId::Syslog5424) => {
                self.finished(text, out);
            }
            Some(()) | None => out.plain(LineKind::Plain, text),
        }
    }
}

/// A line that begins with white space has no head; there may be nothing else on it.
fn indented(text: &[u8]) -> LineKind {
    if text.iter().all(u8::is_ascii_whitespace) { LineKind::Blank } else { LineKind::Continuation }
}

#[inline]
fn digit_first<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    dated::read(text, line)
        .or_else(|| redis::read(text, line))
        .or_else(|| cluster::read_hpc(text, line))
        .or_else(|| access::read(text, line))
        .or_else(|| epoch_first(text, line))
}

/// Squid and others: seconds since 1970 with their milliseconds, then fields.
fn epoch_first<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (epoch, rest) = token(text);
    let [b'1', digits @ ..] = epoch.get(..10)? else { return None };
    (digits.iter().all(u8::is_ascii_digit) && matches!(epoch.get(10), Some(b'.') | None)).then_some(())?;
    epoch.get(11..).is_none_or(|fraction| fraction.iter().all(u8::is_ascii_digit)).then_some(())?;
    dated::behind_stamp(Stamp { layout: StampLayout::Epoch, text: epoch }, rest, line);
    Some(())
}

fn month_or_weekday<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (stamp, rest) = stamps::leading(text)?;
    let american = memchr::memchr(b',', stamp.text).is_some();
    match stamp.layout {
        StampLayout::MonthDay => syslog::behind_month_day(stamp, rest, line),
        StampLayout::MonthDayYear if !american => syslog::behind_month_day(stamp, rest, line),
        _ => dated::behind_stamp(stamp, rest, line),
    }
    Some(())
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

/// `ERROR something` and `WARNING: something` are how daemons write sentences; syslog keeps those whole.
fn level_opens_sentence(inner: &Line<'_>) -> bool {
    inner.stamp.text.is_empty() && matches!(inner.format, FormatId::Other | FormatId::Bracketed)
}
