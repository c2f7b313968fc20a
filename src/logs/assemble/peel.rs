//! Wrappers taken off a line: docker's JSON, CRI, compose and kubectl prefixes, `journalctl -o json`.
//!
//! What is left is the line that the program wrote. Its stream (container, stdout or stderr, unit) keeps lines of
//! different programs apart when records are assembled.

use crate::logs::format::bytes::{class, run, skip_blanks};
use crate::logs::format::{json, level_of_priority, parse};
use crate::logs::{Stamp, StampLayout, Wrapper};
use crate::model::Level;
use crate::text::ansi;

/// The longest name of a service, and of the blanks behind it.
const MAX_SERVICE: usize = 64;

/// What a wrapper said besides the line.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::logs) struct Outer<'a> {
    pub(super) wrapper: Wrapper,
    /// Lines of one stream belong together; compared as bytes.
    pub(super) stream: &'a [u8],
    pub(in crate::logs) stamp: Stamp<'a>,
    /// Service, container or unit; the logger of lines that name none.
    pub(super) name: &'a [u8],
    pub(super) level: Option<Level>,
    pub(super) level_raw: &'a [u8],
}

/// A line without its wrapper.
#[derive(Clone, Copy, Debug)]
pub(in crate::logs) struct Peeled<'a> {
    pub(in crate::logs) outer: Outer<'a>,
    /// What the program wrote, or the raw text of it where `escaped`.
    pub(super) inner: &'a [u8],
    /// The inner text is a JSON string whose escapes are still to be resolved.
    pub(super) escaped: bool,
    /// The wrapper says that the line goes on with the stream's next one.
    pub(super) partial: bool,
}

impl<'a> Peeled<'a> {
    fn new(wrapper: Wrapper, stream: &'a [u8], inner: &'a [u8]) -> Self {
        let outer = Outer { wrapper, stream, ..Outer::default() };
        Self { outer, inner, escaped: false, partial: false }
    }
}

/// Drops what editors, Windows and sparse files leave at a line's ends: a byte order mark, `\r`, NULs.
#[inline]
pub(in crate::logs) fn trim(raw: &[u8]) -> &[u8] {
    let mut text = raw.strip_suffix(b"\r").unwrap_or(raw);
    if matches!(text.first(), Some(0xef | 0)) {
        text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let nuls = text.iter().take_while(|b| **b == 0).count();
        text = &text[nuls..];
    }
    text
}

/// Takes the wrapper off; `None` for a bare line.
#[inline]
pub(in crate::logs) fn peel(text: &[u8]) -> Option<Peeled<'_>> {
    match text {
        [b'{', b'"', b'_' | b'A'..=b'Z', ..] => journal_json(text),
        [b'{', b'"', b'l', b'o', b'g', b'"', ..] => docker_json(text),
        [b'0'..=b'9', _, _, _, b'-', _, _, b'-', _, _, b'T', ..] => stamped(text),
        [b'[', b'p', b'o', b'd', b'/', ..] => kubectl(text),
        [b'a'..=b'z', ..] => compose(text),
        [ansi::ESC, b'[', ..] => coloured_compose(text),
        _ => None,
    }
}

/// Whether what stands around a line says when it was written.
pub(in crate::logs) fn has_own_time(text: &[u8]) -> bool {
    peel(trim(text)).is_some_and(|peeled| !peeled.outer.stamp.text.is_empty())
}

/// `{"log":"…\n","stream":"stderr","time":"2024-01-01T10:00:00.000000000Z"}`.
fn docker_json(text: &[u8]) -> Option<Peeled<'_>> {
    let (mut log, mut stream, mut time) = (None, None, None);
    json::top_level(text, &mut |key, value| {
        let json::Value::Text(value, escaped) = value else { return };
        match key {
            b"log" => log = Some((value, escaped)),
            b"stream" => stream = Some(value),
            b"time" => time = Some(value),
            _ => {}
        }
    });
    let ((log, escaped), stream) = (log?, stream?);
    let whole = log.strip_suffix(b"\\n");
    let inner = whole.unwrap_or(log);
    let mut peeled = Peeled::new(Wrapper::DockerJson, stream, inner);
    peeled.outer.stamp = year_first(time.unwrap_or_default());
    peeled.escaped = escaped && memchr::memchr(b'\\', inner).is_some();
    // Docker cuts lines of more than 16 KiB; all but the last piece lack their line end.
    peeled.partial = whole.is_none() && time.is_some();
    Some(peeled)
}

fn year_first(text: &[u8]) -> Stamp<'_> {
    let layout = if text.is_empty() { StampLayout::None } else { StampLayout::YearFirst };
    Stamp { layout, text }
}

/// `2024-01-01T10:00:00.000000000Z stdout F msg`, or the same time alone, as `docker logs -t` puts it.
fn stamped(text: &[u8]) -> Option<Peeled<'_>> {
    let end = memchr::memchr(b' ', &text[..text.len().min(36)])?;
    let (time, rest) = (&text[..end], &text[end + 1..]);
    if let [b's', b't', b'd', b'o' | b'e', _, _, b' ', tag, ..] = rest {
        let (stream, inner) = (&rest[..6], rest.get(8..).unwrap_or_default());
        let known = matches!(stream, b"stdout" | b"stderr") && matches!(tag, b'F' | b'P');
        known.then_some(())?;
        let mut peeled = Peeled::new(Wrapper::Cri, stream, inner.strip_prefix(b" ").unwrap_or(inner));
        peeled.outer.stamp = year_first(time);
        peeled.partial = *tag == b'P';
        return Some(peeled);
    }
    // Nine digits of a second are what container engines write; a level behind them means a program's own line.
    let engine = time.len() == 30 && time.ends_with(b"Z") && time[19] == b'.';
    (engine && parse(text).line.level.is_none()).then(|| {
        let mut peeled = Peeled::new(Wrapper::Timestamped, b"", rest);
        peeled.outer.stamp = year_first(time);
        peeled
    })
}

/// `backend-1  | msg`.
#[inline]
fn compose(text: &[u8]) -> Option<Peeled<'_>> {
    let (name, behind) = text.split_at(run(&text[..text.len().min(MAX_SERVICE)], class::KEY));
    if behind.first() != Some(&b' ') {
        return None;
    }
    let inner = skip_blanks(&behind[..behind.len().min(MAX_SERVICE)])
        .starts_with(b"|")
        .then(|| skip_blanks(behind))?;
    // `INFO | msg` is a line of its own; services are lower case.
    (!name.iter().any(|b| b.is_ascii_uppercase() || b"@/".contains(b))).then_some(())?;
    let inner = inner.strip_prefix(b"|")?;
    let mut peeled = Peeled::new(Wrapper::Compose, name, inner.strip_prefix(b" ").unwrap_or(inner));
    peeled.outer.name = name;
    Some(peeled)
}

/// `ESC[36mbackend-1  |ESC[0m msg`: compose colours its prefix on a terminal.
fn coloured_compose(text: &[u8]) -> Option<Peeled<'_>> {
    let colour = text.iter().take(12).position(|b| *b == b'm')?;
    let mut peeled = compose(&text[colour + 1..])?;
    peeled.inner = peeled.inner.strip_prefix(b"\x1b[0m").unwrap_or(peeled.inner);
    peeled.inner = peeled.inner.strip_prefix(b" ").unwrap_or(peeled.inner);
    Some(peeled)
}

/// `[pod/backend-7d9f/backend] msg`.
fn kubectl(text: &[u8]) -> Option<Peeled<'_>> {
    let close = memchr::memchr(b']', &text[..text.len().min(320)])?;
    let pod = &text[1..close];
    let container = memchr::memrchr(b'/', pod).filter(|at| *at > 4)?;
    let inner = &text[close + 1..];
    let mut peeled = Peeled::new(Wrapper::Kubectl, pod, inner.strip_prefix(b" ").unwrap_or(inner));
    peeled.outer.name = &pod[container + 1..];
    Some(peeled)
}

/// `journalctl -o json`. A message that is no valid text comes as an array of numbers; it is left to JSON's reader.
fn journal_json(text: &[u8]) -> Option<Peeled<'_>> {
    let mut message = None;
    let (mut time, mut priority, mut name, mut transport, mut pid) = (None, None, None, None, None);
    json::top_level(text, &mut |key, value| {
        let (json::Value::Text(value, _) | json::Value::Number(value)) = value else { return };
        match key {
            b"MESSAGE" => message = Some(value),
            b"_SOURCE_REALTIME_TIMESTAMP" => time = Some(value),
            b"__REALTIME_TIMESTAMP" => time = time.or(Some(value)),
            b"PRIORITY" => priority = Some(value),
            b"SYSLOG_IDENTIFIER" => name = Some(value),
            b"_COMM" => name = name.or(Some(value)),
            b"_TRANSPORT" => transport = Some(value),
            b"_PID" => pid = Some(value),
            _ => {}
        }
    });
    let (inner, time) = (message?, time?);
    let name = name.unwrap_or_default();
    let mut peeled = Peeled::new(Wrapper::JournalJson, pid.unwrap_or(name), inner);
    peeled.escaped = memchr::memchr(b'\\', inner).is_some();
    peeled.outer.name = name;
    peeled.outer.stamp = Stamp { layout: StampLayout::Epoch, text: time };
    // What a service prints to stdout gets one priority, whatever it says.
    if transport != Some(b"stdout") {
        peeled.outer.level = priority.and_then(level_of_priority);
        peeled.outer.level_raw = priority.filter(|_| peeled.outer.level.is_some()).unwrap_or_default();
    }
    Some(peeled)
}

/// Writes what the program wrote into `out`: escapes resolved, colours taken out.
pub(super) fn plain_text(peeled: &Peeled<'_>, out: &mut Vec<u8>) {
    out.clear();
    if !peeled.escaped {
        return ansi::strip(peeled.inner, out);
    }
    json::unescape(peeled.inner, out);
    if memchr::memchr(ansi::ESC, out).is_some() {
        let escaped = std::mem::take(out);
        ansi::strip(&escaped, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappers_are_told_from_their_first_bytes() {
        for (text, wrapper, stream, inner) in [
            (
                r#"{"log":"hi\n","stream":"stderr","time":"2024-01-01T10:00:00.1Z"}"#,
                Wrapper::DockerJson,
                "stderr",
                "hi",
            ),
            ("2024-01-01T10:00:00.000000000Z stdout F hi", Wrapper::Cri, "stdout", "hi"),
            ("2024-01-01T10:00:00.000000000+02:00 stderr P hi", Wrapper::Cri, "stderr", "hi"),
            ("2024-01-01T10:00:00.000000000Z stdout F ", Wrapper::Cri, "stdout", ""),
            ("2024-01-01T10:00:00.000000000Z   indented", Wrapper::Timestamped, "", "  indented"),
            ("backend-1  | hi | there", Wrapper::Compose, "backend-1", "hi | there"),
            ("db_1|", Wrapper::None, "", ""),
            ("db_1 |", Wrapper::Compose, "db_1", ""),
            ("[pod/backend-7d9f/backend]   hi", Wrapper::Kubectl, "pod/backend-7d9f/backend", "  hi"),
            ("INFO | hi", Wrapper::None, "", ""),
            ("2024-01-01T10:00:00.000000000Z INFO hi", Wrapper::None, "", ""),
            ("\x1b[36mbackend-1  |\x1b[0m hi", Wrapper::Compose, "backend-1", "hi"),
            ("\x1b[36mINFO\x1b[0m hi", Wrapper::None, "", ""),
            ("plain text", Wrapper::None, "", ""),
        ] {
            let peeled = peel(text.as_bytes());
            let got = peeled
                .map_or((Wrapper::None, &b""[..], &b""[..]), |p| (p.outer.wrapper, p.outer.stream, p.inner));
            assert_eq!(got, (wrapper, stream.as_bytes(), inner.as_bytes()), "{text}");
        }
    }

    #[test]
    fn pieces_of_a_cut_line_are_partial() {
        let partial = |text: &str| peel(text.as_bytes()).unwrap().partial;
        assert!(partial("2024-01-01T10:00:00.000000000Z stdout P hi"));
        assert!(partial(r#"{"log":"hi","stream":"stdout","time":"2024-01-01T10:00:00.1Z"}"#));
        assert!(!partial(r#"{"log":"hi\n","stream":"stdout","time":"2024-01-01T10:00:00.1Z"}"#));
    }

    #[test]
    fn the_journal_says_who_spoke_and_how_loud() {
        let text = br#"{"__REALTIME_TIMESTAMP":"1704103200000000","PRIORITY":"3","SYSLOG_IDENTIFIER":"app","MESSAGE":"a\tb"}"#;
        let peeled = peel(text).unwrap();
        assert_eq!((peeled.outer.name, peeled.outer.level), (&b"app"[..], Some(Level::Error)));
        let mut out = Vec::new();
        plain_text(&peeled, &mut out);
        assert_eq!(out, b"a\tb");
        assert!(peel(br#"{"Level":"x","Message":"y"}"#).is_none());
    }

    #[test]
    fn line_ends_of_all_kinds_are_trimmed() {
        assert_eq!(trim(b"x\r"), b"x");
        assert_eq!(trim(b"\xef\xbb\xbfx"), b"x");
        assert_eq!(trim(b"\0\0\0x"), b"x");
        assert_eq!(trim(b""), b"");
    }
}
