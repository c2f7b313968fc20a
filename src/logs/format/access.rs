//! Access lines: common and combined logs, uvicorn's and Django's short ones, morgan's bare ones.
//!
//! A request is looked for only where one may stand: behind a client's address, or at the front of a message.

use crate::logs::format::bytes::{all, class, is_number, number, run, skip_blanks, split_once, token};
use crate::logs::format::marks::{Marks, REACH};
use crate::logs::format::stamps;
use crate::logs::{Access, FormatId, Line, StampLayout};
use crate::platform::simd::Isa;

/// How far from the front the opening bracket of the time may stand.
const CLIENT_WINDOW: usize = 320;

/// Reads `1.2.3.4 - user [25/Dec/2024:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 "referer" "agent"`.
pub(super) fn read<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let window = &text[..text.len().min(CLIENT_WINDOW)];
    let open = memchr::memmem::find(window, b" [")?;
    let (stamp, rest) = stamps::leading(&text[open + 2..])?;
    let request = rest.strip_prefix(b"] ")?;
    request.starts_with(b"\"").then_some(())?;
    let mut words = text[..open].split(|b| *b == b' ').filter(|word| !word.is_empty());
    let mut client = words.next()?;
    // A virtual host may stand first: `www.x.org:80 1.2.3.4 - -`.
    if text[..open].iter().filter(|b| **b == b' ').count() == 3 && client.contains(&b':') {
        client = words.next()?;
    }
    is_client(client).then_some(())?;
    let spaced_date = stamp.layout == StampLayout::DayNameYear && stamp.text.get(11) == Some(&b' ');
    line.reset(if spaced_date { FormatId::Werkzeug } else { FormatId::AccessLog });
    line.stamp = stamp;
    line.message = request;
    line.access = Some(request_line(request, client).unwrap_or(Access { client, ..Access::default() }));
    Some(())
}

/// The request that a message tells of, if it is an access line: `1.2.3.4:5 - "GET /x HTTP/1.1" 200 OK`, `"GET /x" 200 12`,
/// `GET /x 200 5.1 ms - 12`, or a common log line behind another logger's head.
#[inline]
pub(crate) fn in_message(message: &[u8]) -> Option<Access<'_>> {
    let client = run(&message[..message.len().min(CLIENT_WINDOW)], class::CLIENT);
    let (client, behind) = message.split_at(client);
    match behind {
        [b' ', b'-', b' ', b'"', ..] if !client.is_empty() => request_line(&behind[3..], client),
        [b'"', ..] if client.is_empty() => request_line(message, b""),
        // A client that listens on a Unix socket has no name.
        [b' ', b'"', ..] if client == b"-" => request_line(&behind[1..], b""),
        [b' ', ..] if is_method(client) => bare_request(message),
        [b' ', ..] if !client.is_empty() => {
            let window = &message[..message.len().min(CLIENT_WINDOW)];
            memchr::memmem::find(window, b"] \"")?;
            let mut line = Line::plain(message);
            read(message, &mut line)?;
            line.access
        }
        _ => None,
    }
}

/// Whether a word could be a client: an address or a host with or without port, not a word of a sentence.
fn is_client(word: &[u8]) -> bool {
    !word.is_empty() && all(word, class::CLIENT)
}

fn is_method(word: &[u8]) -> bool {
    const METHODS: [&[u8]; 9] =
        [b"GET", b"POST", b"PUT", b"DELETE", b"PATCH", b"HEAD", b"OPTIONS", b"CONNECT", b"TRACE"];
    METHODS.contains(&word)
}

/// `"GET /x HTTP/1.1" 200 12 "referer" "agent" rt=0.005`.
#[inline]
fn request_line<'a>(text: &'a [u8], client: &'a [u8]) -> Option<Access<'a>> {
    let text = text.strip_prefix(b"\"")?;
    let (request, rest) = text.split_at(closing_quote(text)?);
    let (method, target) = token(request);
    answered(client, method, skip_blanks(target), rest)
}

/// Reads a request as most servers write it, `1.2.3.4:5 - "GET /x HTTP/1.1" 200 OK`, from a few marks in place of its
/// bytes; `None` leaves it to [`in_message`], which reads it in the same way.
#[inline]
pub(super) fn short_request(isa: Isa, message: &[u8]) -> Option<Access<'_>> {
    let marks = Marks::of(isa, message);
    let (client, behind) = message.split_at(marks.address);
    behind.starts_with(b" - \"").then_some(())?;
    let open = client.len() + 3;
    let (blank, close) = (marks.blank_behind(open), marks.quote_behind(open));
    // A backslash may belong to an escape, and what is not seen may be anything.
    (blank < close && close < REACH && message[close] == b'"').then_some(())?;
    let (method, target) = (&message[open + 1..blank], &message[blank + 1..close]);
    if matches!(target, [b' ' | b'\t', ..]) {
        return None;
    }
    answered(client, method, target, &message[close..])
}

/// A request and what stands from its closing quote on: the status, and what follows that.
#[inline]
fn answered<'a>(client: &'a [u8], method: &'a [u8], target: &'a [u8], rest: &'a [u8]) -> Option<Access<'a>> {
    let [_, b' ', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] = rest else { return None };
    matches!(rest, [] | [b' ', ..]).then_some(())?;
    let status = [a, b, c].iter().fold(0, |status, digit| status * 10 + u16::from(**digit - b'0'));
    let mut access = Access { client, method, target: without_version(target), status, ..Access::default() };
    if let [b' ', b'0'..=b'9' | b'-', ..] = rest {
        behind_status(&mut access, &rest[1..]);
    }
    Some(access)
}

/// Drops ` HTTP/1.1` off a request's target.
#[inline]
fn without_version(target: &[u8]) -> &[u8] {
    for len in [" HTTP/1.1".len(), " HTTP/2".len()] {
        if let Some(at) = target.len().checked_sub(len)
            && target[at..].starts_with(b" HTTP/")
        {
            return &target[..at];
        }
    }
    match memchr::memrchr(b' ', target) {
        Some(at) if is_version(&target[at + 1..]) => &target[..at],
        _ => target,
    }
}

/// Where the quote closes; an escaped quote does not close it.
fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', &text[from..])?;
        if text[at] == b'"' {
            return Some(at);
        }
        from = (at + 2).min(text.len());
    }
}

/// hypercorn writes `1.1` or `2` where others write `HTTP/1.1`.
fn is_version(word: &[u8]) -> bool {
    word.starts_with(b"HTTP/") || matches!(word, [b'0'..=b'3'] | [b'0'..=b'3', b'.', b'0'..=b'9'])
}

/// Bytes, referer, user agent and latency, as far as they stand there.
fn behind_status<'a>(access: &mut Access<'a>, rest: &'a [u8]) {
    let (bytes, rest) = token(rest);
    access.bytes = number(bytes);
    if access.bytes.is_none() && bytes != b"-" {
        return;
    }
    let mut rest = skip_blanks(rest);
    let mut quoted = 0;
    while let Some(text) = rest.strip_prefix(b"\"") {
        let Some(end) = closing_quote(text) else { return };
        quoted += 1;
        if quoted == 2 && &text[..end] != b"-" {
            access.user_agent = &text[..end];
        }
        rest = skip_blanks(&text[end + 1..]);
    }
    if !rest.is_empty() {
        access.latency_us = rest.split(|b| *b == b' ').take(8).find_map(latency);
    }
}

/// `0.005` (seconds), `rt=0.005`, `12.5ms`, `1.2s`; a bare whole number may be anything and is none.
fn latency(word: &[u8]) -> Option<u64> {
    let named = split_once(word, b"=").map(|(key, value)| {
        let known = matches!(key, b"rt" | b"request_time" | b"time" | b"duration" | b"latency");
        if known { value } else { b"" }
    });
    let value = named.unwrap_or(word);
    let value = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
    let (amount, unit) = value.split_at(run(value, class::DECIMAL));
    if unit.is_empty() && named.is_none() && !amount.contains(&b'.') {
        return None;
    }
    scaled(
        amount,
        match unit {
            b"" | b"s" => 1_000_000,
            b"ms" => 1_000,
            b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1,
            _ => return None,
        },
    )
}

/// A decimal number times a whole one, rounded down.
pub(super) fn scaled(amount: &[u8], unit: u64) -> Option<u64> {
    let (whole, fraction) = split_once(amount, b".").unwrap_or((amount, b""));
    let whole = if whole.is_empty() { 0 } else { number(whole)? };
    let fraction = &fraction[..fraction.len().min(9)];
    let part = if fraction.is_empty() { 0 } else { number(fraction)? };
    let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let part = part.checked_mul(unit)? / scale;
    (!amount.is_empty()).then_some(())?;
    whole.checked_mul(unit)?.checked_add(part)
}

/// morgan: `GET /x 200 5.123 ms - 12`.
fn bare_request(message: &[u8]) -> Option<Access<'_>> {
    let (method, rest) = token(message);
    let (target, rest) = token(skip_blanks(rest));
    matches!(target.first(), Some(b'/')).then_some(())?;
    let (status, rest) = token(skip_blanks(rest));
    (status.len() == 3 && is_number(status)).then_some(())?;
    let status = u16::try_from(number(status)?).ok()?;
    let (amount, unit) = token(skip_blanks(rest));
    let latency_us =
        if skip_blanks(unit).starts_with(b"ms") { scaled(amount, 1_000) } else { latency(amount) };
    Some(Access { method, target, status, latency_us, ..Access::default() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn a_short_request_reads_the_same_by_its_marks(
            pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..14),
        ) {
            let message = [b"10.0.0.1:5 - \"".to_vec(), pieces.concat().into_bytes()].concat();
            for message in [&message[..], &message[9..], &message[..message.len().min(70)]] {
                for isa in [Isa::detect(), Isa::portable()] {
                    if let Some(access) = short_request(isa, message) {
                        prop_assert_eq!(Some(access), in_message(message));
                    }
                }
            }
        }
    }

    /// What requests are made of, and what they are not.
    const PIECES: [&str; 16] = [
        "GET ",
        "POST",
        " ",
        "\t",
        "/",
        "/trucks/DO9693/history?days=30",
        " HTTP/1.1",
        " HTTP/2",
        "\" 200 OK",
        "\" 404",
        "\" 200 12",
        "\"",
        "\\",
        " \"-\" \"curl\" rt=0.5",
        "2000",
        "x",
    ];

    #[test]
    fn common_requests_are_read_by_their_marks() {
        for message in [
            &br#"10.0.3.193:39808 - "GET /fuelAnalytics/api/v2/sensors/69265/latest HTTP/1.1" 200 OK"#[..],
            br#"127.0.0.1 - "GET / HTTP/1.1" 404"#,
        ] {
            let access = short_request(Isa::detect(), message);
            assert!(access.is_some() && access == in_message(message));
        }
    }

    #[test]
    fn combined_lines_give_all_fields() {
        let text = br#"203.0.113.9 - bob [25/Dec/2024:10:00:00 +0000] "GET /a?b=c HTTP/2.0" 502 157 "-" "curl \"8\"" rt=0.125"#;
        let mut line = Line::plain(b"");
        read(text, &mut line).unwrap();
        let access = line.access.unwrap();
        assert_eq!(line.format, FormatId::AccessLog);
        assert_eq!(
            (access.client, access.method, access.target),
            (&b"203.0.113.9"[..], &b"GET"[..], &b"/a?b=c"[..])
        );
        assert_eq!((access.status, access.bytes, access.latency_us), (502, Some(157), Some(125_000)));
        assert_eq!(access.user_agent, br#"curl \"8\""#);
    }

    #[test]
    fn a_broken_request_is_still_an_access_line() {
        let mut line = Line::plain(b"");
        read(br#"1.2.3.4 - - [25/Dec/2024:10:00:00 +0000] "\x16\x03\x01" 400 0 "-" "-""#, &mut line).unwrap();
        assert_eq!(line.access.unwrap().status, 400);
        assert!(read(b"some words [25/Dec/2024:10:00:00 +0000] and more", &mut line).is_none());
    }

    #[test]
    fn short_lines_of_frameworks_are_requests() {
        for (message, client, target, status) in [
            (r#"127.0.0.1:5000 - "GET /x HTTP/1.1" 200 OK"#, "127.0.0.1:5000", "/x", 200),
            (r#"testclient:50000 - "POST /a b HTTP/1.1" 422"#, "testclient:50000", "/a b", 422),
            (r#"- "GET / HTTP/1.1" 404 Not Found"#, "", "/", 404),
            (r#""GET /x HTTP/1.1" 200 12"#, "", "/x", 200),
            (r"GET /users/1 304 1.5 ms - -", "", "/users/1", 304),
        ] {
            let access = in_message(message.as_bytes()).unwrap();
            assert_eq!(
                (access.client, access.target, access.status),
                (client.as_bytes(), target.as_bytes(), status),
                "{message}"
            );
        }
        for message in
            ["", "\"quoted\" words", "GET the door", "he said - \"no\"", "x - \"GET /\" abc", "\"open"]
        {
            assert_eq!(in_message(message.as_bytes()), None, "{message}");
        }
    }

    #[test]
    fn latencies_need_a_unit_or_a_point() {
        for (word, us) in [
            ("0.005", Some(5_000)),
            ("rt=1", Some(1_000_000)),
            ("12.5ms", Some(12_500)),
            ("7", None),
            ("x", None),
        ] {
            assert_eq!(latency(word.as_bytes()), us, "{word}");
        }
    }
}
