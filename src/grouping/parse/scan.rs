//! The text before it is read: caps, colours and folded newlines; and the small readers that all languages share.

use std::borrow::Cow;

use memchr::{memchr, memmem};

/// Text beyond this is not looked at; a chain that it cuts says so.
pub const MAX_TEXT: usize = 256 * 1024;
/// Lines beyond this are not looked at.
const MAX_LINES: usize = 16 * 1024;
/// Longest message that is kept.
pub(super) const MAX_MESSAGE: usize = 8 * 1024;
/// Longest type, path, function or source line that is kept.
const MAX_NAME: usize = 1024;
/// How many lines a head may stand above its first frame: messages have lines too.
pub(super) const MAX_LOOK_BACK: usize = 64;

/// Cuts the text to [`MAX_TEXT`], strips colours, and unfolds newlines that a transport has written as `\n` or `#012`.
pub(super) fn prepare(text: &[u8]) -> Cow<'_, [u8]> {
    // One byte more than the cap, so that `lines` can tell that something is missing.
    let text = &text[..text.len().min(MAX_TEXT + 1)];
    let plain =
        if memchr(0x1b, text).is_some() { Cow::Owned(strip_colours(text)) } else { Cow::Borrowed(text) };
    match folded_newline(&plain) {
        Some(fold) => Cow::Owned(unfold(&plain, fold)),
        None => plain,
    }
}

/// Splits at newlines, without `\r`; the flag says that a cap was hit.
pub(super) fn lines(text: &[u8]) -> (Vec<&[u8]>, bool) {
    let cut = text.len() > MAX_TEXT;
    let mut lines: Vec<&[u8]> = Vec::new();
    for line in text[..text.len().min(MAX_TEXT)].split(|&b| b == b'\n') {
        if lines.len() == MAX_LINES {
            return (lines, true);
        }
        lines.push(line.strip_suffix(b"\r").unwrap_or(line));
    }
    (lines, cut)
}

fn strip_colours(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr(0x1b, rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(sequence) = rest.strip_prefix(b"[") {
            let end =
                sequence.iter().position(|b| (0x40..0x7f).contains(b)).map_or(sequence.len(), |e| e + 1);
            rest = &sequence[end..];
        }
    }
    out.extend_from_slice(rest);
    out
}

/// A traceback head with an escaped newline right behind it was written on one line.
fn folded_newline(text: &[u8]) -> Option<&'static [u8]> {
    const HEAD: &[u8] = b"Traceback (most recent call last):";
    let behind = &text[memmem::find(text, HEAD)? + HEAD.len()..];
    [&b"\\n"[..], b"#012"].into_iter().find(|fold| behind.starts_with(fold))
}

fn unfold(text: &[u8], fold: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut from = 0;
    for at in memmem::find_iter(text, fold) {
        out.extend_from_slice(&text[from..at]);
        out.push(b'\n');
        from = at + fold.len();
    }
    out.extend_from_slice(&text[from..]);
    out
}

/// Text of a name, valid UTF-8 and no longer than its cap.
pub(super) fn name(bytes: &[u8]) -> String {
    lossy(bytes, MAX_NAME)
}

/// Text of at most `max` bytes; what is no UTF-8 is replaced.
pub(super) fn lossy(bytes: &[u8], max: usize) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(max)]).into_owned()
}

/// A path with `/`, whatever was printed.
pub(super) fn path(bytes: &[u8]) -> String {
    let text = name(bytes);
    if text.contains('\\') { text.replace('\\', "/") } else { text }
}

/// The number that `bytes` consist of.
pub(super) fn number(bytes: &[u8]) -> Option<u32> {
    std::str::from_utf8(bytes).ok().filter(|s| s.starts_with(|c: char| c.is_ascii_digit()))?.parse().ok()
}

/// Splits `…/main.rs:4:5` or `main.go:12` at its numbers: (path, line).
pub(super) fn place(bytes: &[u8]) -> (&[u8], Option<u32>) {
    let Some((rest, last)) = split_number(bytes) else { return (bytes, None) };
    match split_number(rest) {
        Some((path, line)) => (path, Some(line)),
        None => (rest, Some(last)),
    }
}

fn split_number(bytes: &[u8]) -> Option<(&[u8], u32)> {
    let colon = memchr::memrchr(b':', bytes)?;
    Some((&bytes[..colon], number(&bytes[colon + 1..])?))
}

/// Number of spaces and tabs in front.
pub(super) fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// Adds a line to a message of several, within the cap; true when something was left out.
pub(super) fn append_line(message: &mut String, line: &[u8]) -> bool {
    if message.len() + line.len() + 1 > MAX_MESSAGE {
        return true;
    }
    message.push('\n');
    message.push_str(&String::from_utf8_lossy(line));
    false
}

/// Splits `Type: message` or a bare `Type`; the type is a dotted name as the runtime prints it.
pub(super) fn type_and_message(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = line.iter().position(|&b| !is_type_byte(b)).unwrap_or(line.len());
    let kind = &line[..end];
    if !kind.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_' || *b >= 0x80)
        || kind.ends_with(b".")
    {
        return None;
    }
    let rest = without_code(&line[end..]);
    match rest.strip_prefix(b":") {
        Some(message) if message.is_empty() || message[0].is_ascii_whitespace() => {
            Some((kind, message.trim_ascii_start()))
        }
        None if rest.trim_ascii().is_empty() => Some((kind, b"")),
        _ => None,
    }
}

/// Node puts a code between type and message: `TypeError [ERR_INVALID_ARG_TYPE]: …`.
fn without_code(rest: &[u8]) -> &[u8] {
    match rest.strip_prefix(b" [") {
        // No code is longer; without a bound a hostile line would be searched once a word.
        Some(code) => memmem::find(&code[..code.len().min(64)], b"]:").map_or(rest, |end| &code[end + 1..]),
        None => rest,
    }
}

fn is_type_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$' | b'<' | b'>' | b'+' | b'`') || b >= 0x80
}

/// Finds `Type: message` in a log line that has text before it (`… ERROR app - java.io.IOException: disk`): the type is the
/// first word that ends like an exception's name and is followed by `:` or the end.
pub(super) fn type_inside(line: &[u8]) -> Option<(&[u8], &[u8])> {
    const ENDINGS: &[&[u8]] =
        &[b"Exception", b"Error", b"Throwable", b"Failure", b"Fault", b"Rejection", b"Timeout"];
    let mut start = 0;
    for word in line.split(|b| matches!(b, b' ' | b'\t' | b'(' | b'"')) {
        let kind = word.strip_suffix(b":").unwrap_or(word);
        if ENDINGS.iter().any(|ending| kind.ends_with(ending))
            && kind.iter().all(|&b| is_type_byte(b))
            && let Some(found) = type_and_message(&line[start..])
        {
            return Some(found);
        }
        start += word.len() + 1;
    }
    None
}

/// Looks up from the first frame for the line that names the exception: the nearest with a type, the lines between are its
/// message. Returns (type, message).
pub(super) fn head_above(lines: &[&[u8]], at: usize, floor: usize) -> Option<(String, String)> {
    let stop = floor.max(at.saturating_sub(MAX_LOOK_BACK));
    for head in (stop..at).rev() {
        let line = unprefixed(lines[head].trim_ascii());
        let found = type_inside(line).or_else(|| (head + 1 == at).then(|| type_and_message(line)).flatten());
        if let Some((kind, message)) = found {
            let mut message = lossy(message, MAX_MESSAGE);
            for more in &lines[head + 1..at] {
                append_line(&mut message, more);
            }
            return Some((name(kind), message.trim_end().to_owned()));
        }
    }
    None
}

/// What runtimes put before the type of an exception that nobody caught.
fn unprefixed(line: &[u8]) -> &[u8] {
    if let Some(rest) = line.strip_prefix(b"Exception in thread \"") {
        return memmem::find(rest, b"\" ").map_or(line, |end| &rest[end + 2..]);
    }
    const WORDS: &[&[u8]] = &[b"Unhandled exception. ", b"Uncaught ", b"Unhandled Exception: ", b"(node) "];
    WORDS.iter().find_map(|word| line.strip_prefix(*word)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_and_message_takes_names_only() {
        assert_eq!(type_and_message(b"KeyError: 'x'"), Some((&b"KeyError"[..], &b"'x'"[..])));
        assert_eq!(type_and_message(b"local.<locals>.Loc: m"), Some((&b"local.<locals>.Loc"[..], &b"m"[..])));
        assert_eq!(type_and_message(b"AssertionError"), Some((&b"AssertionError"[..], &b""[..])));
        assert_eq!(type_and_message(b"TypeError [ERR_X]: m"), Some((&b"TypeError"[..], &b"m"[..])));
        assert_eq!(type_and_message(b"no such thing: x"), None);
        assert_eq!(type_and_message(b"http://x"), None);
        assert_eq!(type_and_message(b"12: x"), None);
        assert_eq!(type_and_message(b""), None);
    }

    #[test]
    fn type_inside_skips_the_log_prefix() {
        let line = b"2025-01-01 12:00:00 ERROR [main] c.e.App - Failed: java.io.IOException: disk";
        assert_eq!(type_inside(line), Some((&b"java.io.IOException"[..], &b"disk"[..])));
        assert_eq!(type_inside(b"2025 ERROR all is lost"), None);
    }

    #[test]
    fn place_reads_one_number_or_two() {
        assert_eq!(place(b"src/main.rs:4:5"), (&b"src/main.rs"[..], Some(4)));
        assert_eq!(place(b"/srv/main.go:12"), (&b"/srv/main.go"[..], Some(12)));
        assert_eq!(place(b"C:/x.js:3:9"), (&b"C:/x.js"[..], Some(3)));
        assert_eq!(place(b"nothing"), (&b"nothing"[..], None));
        assert_eq!(place(b"x:99999999999"), (&b"x:99999999999"[..], None));
    }

    #[test]
    fn colours_and_folds_are_undone() {
        assert_eq!(prepare(b"\x1b[1;31mKeyError\x1b[0m: x").as_ref(), b"KeyError: x");
        let folded = b"Traceback (most recent call last):\\n  File \"a.py\", line 1, in f\\nKeyError: 'x'";
        assert_eq!(lines(&prepare(folded)).0.len(), 3);
        let syslog = b"Traceback (most recent call last):#012  File \"a.py\", line 1, in f#012KeyError: 'x'";
        assert_eq!(lines(&prepare(syslog)).0.len(), 3);
        assert!(matches!(prepare(b"path C:\\new"), Cow::Borrowed(_)));
    }
}
