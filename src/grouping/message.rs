//! Masks the variable parts of a message, so that two texts of one fault become the same.
//!
//! One pass, a byte class decides what a token may be; no regex. The names of the masks are those that error trackers use.

/// Only so many non-empty lines tell what a message is; a dump below them does not.
const LINES: usize = 2;

/// Returns the first two non-empty lines with e-mails, addresses, ids, dates, durations, numbers and values masked:
/// `truck DO9693 late by 12.5s` → `truck DO9693 late by <duration>`.
pub fn parameterize(message: &str) -> String {
    let mut out = String::with_capacity(message.len().min(256));
    let lines = message.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES);
    for (index, line) in lines.enumerate() {
        if index > 0 {
            out.push('\n');
        }
        mask_line(line, &mut out);
    }
    out
}

fn mask_line(line: &str, out: &mut String) {
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        if let Some((used, mask)) = token(rest, out) {
            out.push_str(mask);
            at += used;
            continue;
        }
        // A word that is no token is kept whole: `mp3` holds no number.
        let word = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let step = if word > 0 { word } else { rest.chars().next().map_or(1, char::len_utf8) };
        out.push_str(&rest[..step]);
        at += step;
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The token that opens `rest`, by its length, and its mask.
fn token(rest: &str, before: &str) -> Option<(usize, &'static str)> {
    let first = rest.as_bytes()[0];
    if let Some(found) = quoted(rest, before) {
        return Some(found);
    }
    if !(first.is_ascii_alphanumeric() || matches!(first, b'-' | b'+' | b':')) {
        return None;
    }
    let chunk = &rest[..rest
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '|' | '{' | '}' | '`'))
        .unwrap_or(rest.len())];
    url(chunk)
        .or_else(|| email(chunk))
        .or_else(|| uuid(chunk))
        .or_else(|| date(rest))
        .or_else(|| ip(chunk))
        .or_else(|| hex(chunk))
        .or_else(|| number(chunk, before))
}

/// A quoted text that holds a digit, or stands behind `=`, is a value.
fn quoted(rest: &str, before: &str) -> Option<(usize, &'static str)> {
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inside = &rest[1..];
    let end = inside.find(quote)?;
    let value = before.ends_with('=') || inside[..end].bytes().any(|b| b.is_ascii_digit());
    // An apostrophe is no quote: what follows it in `don't … 3 o'clock` is text.
    let apostrophe = before.chars().next_back().is_some_and(is_word);
    (value && !apostrophe).then_some((end + 2, "<quoted_str>"))
}

fn url(chunk: &str) -> Option<(usize, &'static str)> {
    let scheme = chunk.find("://")?;
    let known = scheme > 1 && chunk[..scheme].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+');
    known.then(|| (chunk.trim_end_matches([',', '.', ')', ';', ':']).len(), "<url>"))
}

fn email(chunk: &str) -> Option<(usize, &'static str)> {
    let at = chunk.find('@')?;
    let local = chunk[..at].bytes().all(|b| b.is_ascii_alphanumeric() || b"._%+-".contains(&b));
    let domain = chunk[at + 1..]
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-')))
        .unwrap_or(chunk.len() - at - 1);
    let host = chunk[at + 1..at + 1 + domain].trim_end_matches(['.', '-']);
    (at > 0 && local && host.contains('.')).then_some((at + 1 + host.len(), "<email>"))
}

fn uuid(chunk: &str) -> Option<(usize, &'static str)> {
    let bytes = chunk.as_bytes().get(..36)?;
    let shape =
        |(i, b): (usize, &u8)| if matches!(i, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() };
    (bytes.iter().enumerate().all(shape) && ends_word(chunk, 36)).then_some((36, "<uuid>"))
}

/// `2025-12-28`, `2025-12-28T10:15:12.123+00:00`, `2025-12-28 10:15:12,123`, `10:15:12`
fn date(rest: &str) -> Option<(usize, &'static str)> {
    let bytes = rest.as_bytes();
    let mut end = shape(bytes, b"dddd-dd-dd").or_else(|| shape(bytes, b"dddd/dd/dd")).unwrap_or(0);
    if end == 0 || matches!(bytes.get(end), Some(b'T' | b' ')) {
        let skip = usize::from(end > 0);
        if let Some(time) = bytes.get(end + skip..).and_then(|time| shape(time, b"dd:dd:dd")) {
            end += skip + time;
            end += fraction_and_zone(&bytes[end..]);
        }
    }
    (end > 0 && ends_word(rest, end)).then_some((end, "<date>"))
}

fn shape(bytes: &[u8], shape: &[u8]) -> Option<usize> {
    let matches = |(b, s): (&u8, &u8)| if *s == b'd' { b.is_ascii_digit() } else { b == s };
    (bytes.len() >= shape.len() && bytes.iter().zip(shape).all(matches)).then_some(shape.len())
}

fn fraction_and_zone(bytes: &[u8]) -> usize {
    let mut end = 0;
    if matches!(bytes.first(), Some(b'.' | b',')) {
        let digits = bytes[1..].iter().take_while(|b| b.is_ascii_digit()).count();
        end = if digits > 0 { 1 + digits } else { 0 };
    }
    let zone = &bytes[end..];
    let signed = matches!(zone.first(), Some(b'+' | b'-'));
    end + match zone {
        [b'Z', ..] => 1,
        _ if signed => {
            shape(&zone[1..], b"dd:dd").or_else(|| shape(&zone[1..], b"dddd")).map_or(0, |n| n + 1)
        }
        _ => 0,
    }
}

/// `10.0.0.1`, `10.0.0.1:8000` (the port goes along), `fe80::1`
fn ip(chunk: &str) -> Option<(usize, &'static str)> {
    let four = chunk.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(chunk.len());
    let dotted = chunk[..four].trim_end_matches('.');
    if dotted.split('.').count() == 4 && dotted.split('.').all(|part| part.parse::<u8>().is_ok()) {
        let port = chunk[dotted.len()..]
            .strip_prefix(':')
            .map_or(0, |p| p.bytes().take_while(u8::is_ascii_digit).count());
        let end = dotted.len() + if port > 0 { port + 1 } else { 0 };
        return ends_word(chunk, end).then_some((end, "<ip>"));
    }
    let six = chunk.find(|c: char| !(c.is_ascii_hexdigit() || c == ':')).unwrap_or(chunk.len());
    let address = &chunk[..six];
    let colons = address.bytes().filter(|b| *b == b':').count();
    let known = colons >= 2 && address.parse::<std::net::Ipv6Addr>().is_ok();
    // `A::b()` is a function of C++ or Rust.
    let called = chunk[six..].starts_with('(');
    (known && !called && ends_word(chunk, six)).then_some((six, "<ip>"))
}

/// `0x7f…`, and long runs of hex digits that hold a digit and a letter
fn hex(chunk: &str) -> Option<(usize, &'static str)> {
    if let Some(digits) = chunk.strip_prefix("0x") {
        let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
        return (length > 0).then_some((length + 2, "<hex>"));
    }
    let length = chunk.bytes().take_while(u8::is_ascii_hexdigit).count();
    let run = &chunk[..length];
    let mixed = run.bytes().any(|b| b.is_ascii_digit()) && run.bytes().any(|b| b.is_ascii_alphabetic());
    if !mixed || !ends_word(chunk, length) {
        return None;
    }
    match length {
        32 => Some((length, "<md5>")),
        40 => Some((length, "<sha1>")),
        8..=128 => Some((length, "<hex>")),
        _ => None,
    }
}

/// `12`, `-3.5`, `1e9`, `12ms`, `1.2s`, `45%`
fn number(chunk: &str, before: &str) -> Option<(usize, &'static str)> {
    let bytes = chunk.as_bytes();
    // The one well-known name that a number ends.
    if before.ends_with("utf-") || before.ends_with("UTF-") {
        return None;
    }
    let joins = before.chars().next_back().is_some_and(is_word);
    let sign = usize::from(matches!(bytes.first(), Some(b'-' | b'+')) && !joins);
    let mut end = sign + bytes[sign..].iter().take_while(|b| b.is_ascii_digit()).count();
    if end == sign {
        return None;
    }
    let mut mask = "<int>";
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end += 1 + bytes[end + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        mask = "<float>";
    }
    let unit = &chunk[end..][..chunk[end..].find(|c: char| !c.is_alphabetic()).unwrap_or(chunk.len() - end)];
    if matches!(unit, "ns" | "us" | "µs" | "ms" | "s" | "m" | "h" | "min" | "sec") {
        return ends_word(chunk, end + unit.len()).then_some((end + unit.len(), "<duration>"));
    }
    ends_word(chunk, end).then_some((end, mask))
}

fn ends_word(text: &str, end: usize) -> bool {
    text.get(end..).is_some_and(|rest| !rest.chars().next().is_some_and(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn variable_parts_are_masked() {
        for (message, expected) in [
            ("no such truck: 12", "no such truck: <int>"),
            ("'vehicle_42'", "<quoted_str>"),
            ("'truck_id'", "'truck_id'"),
            ("name=\"Ann\" failed", "name=<quoted_str> failed"),
            ("connect to 10.0.0.5:3306 failed", "connect to <ip> failed"),
            ("mail to ops@example.com.", "mail to <email>."),
            ("GET https://h.example/x?y=1, then", "GET <url>, then"),
            ("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301 gone", "id <uuid> gone"),
            ("at 2025-12-28T10:15:12.123Z", "at <date>"),
            ("at 2025-12-28 10:15:12,123 x", "at <date> x"),
            ("<X object at 0x7f00a8b0>", "<X object at <hex>>"),
            ("took 12.5s and 3ms of 1.25", "took <duration> and <duration> of <float>"),
            ("mp3 utf-8 x_1 order-12", "mp3 utf-8 x_1 order-<int>"),
            ("off by -3", "off by <int>"),
            ("don't wait 3 o'clock", "don't wait <int> o'clock"),
            ("first\n\n second 5 \nthird", "first\nsecond <int>"),
            ("fe80::1 down, A::b() up", "<ip> down, A::b() up"),
        ] {
            assert_eq!(parameterize(message), expected, "{message}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC{0,200}") {
            parameterize(&text);
        }
    }
}
