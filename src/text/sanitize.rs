//! Makes hostile text harmless for a terminal: no byte of a log, a process title or a file name may command it.

use std::borrow::Cow;
use std::fmt::Write;

/// Escapes what could steer a terminal or deceive its reader: C0 and C1 controls (tab and newline too), DEL, bidi
/// overrides, zero-width and line-separator characters. Everything else passes unchanged.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => out.push_str("    "),
            c if is_hostile(c) => escape(c, &mut out),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Decodes bytes that should be UTF-8, then escapes them as [`line()`] does; bytes that are not show as `\xNN`.
pub fn bytes(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        out.push_str(&line(chunk.valid()));
        for byte in chunk.invalid() {
            write!(out, "\\x{byte:02x}").expect("writing to a string");
        }
    }
    out
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn escape(c: char, out: &mut String) {
    let code = u32::from(c);
    let written = if code < 0x100 { write!(out, "\\x{code:02x}") } else { write!(out, "\\u{{{code:x}}}") };
    written.expect("writing to a string");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipboard_and_title_sequences_are_defused() {
        assert_eq!(line("a\x1b]52;c;aGk=\x07b"), "a\\x1b]52;c;aGk=\\x07b");
        assert_eq!(line("\u{9b}31m"), "\\x9b31m");
    }

    #[test]
    fn reordering_and_invisible_characters_are_shown() {
        assert_eq!(line("x\u{202e}gpj.exe"), "x\\u{202e}gpj.exe");
        assert_eq!(line("\u{200b}"), "\\u{200b}");
    }

    #[test]
    fn ordinary_text_is_borrowed() {
        assert!(matches!(line("Año 2026 – 🚛 ok"), Cow::Borrowed(_)));
    }

    #[test]
    fn invalid_utf8_shows_as_hex() {
        assert_eq!(bytes(b"ok\xff\xfe."), "ok\\xff\\xfe.");
    }
}
