//! Colours and other terminal commands taken out of a line.

/// The byte that begins every terminal command.
pub const ESC: u8 = 0x1b;

/// Appends the text without its terminal commands.
pub fn strip(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(ESC, rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + command_len(&rest[at..])..];
    }
    out.extend_from_slice(rest);
}

/// How many bytes the command takes: `ESC [ … m`, `ESC ] … BEL`, `ESC ( B`, `ESC c`. One that does not end takes only ESC.
fn command_len(text: &[u8]) -> usize {
    match text.get(1) {
        Some(b'[') => {
            let parameters = text[2..].iter().take_while(|b| matches!(b, 0x20..=0x3f)).count();
            if matches!(text.get(2 + parameters), Some(0x40..=0x7e)) { 3 + parameters } else { 1 }
        }
        Some(b']') => match memchr::memchr2(0x07, ESC, &text[2..]) {
            Some(end) if text[2 + end] == 0x07 => 3 + end,
            Some(end) if text.get(3 + end) == Some(&b'\\') => 4 + end,
            _ => 1,
        },
        Some(b'(' | b')') if text.len() > 2 => 3,
        Some(0x40..=0x5f | b'c') => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_all_kinds_vanish() {
        for (text, left) in [
            ("plain", "plain"),
            ("\x1b[32mINFO\x1b[0m ok", "INFO ok"),
            ("\x1b[38;5;196mred\x1b[m", "red"),
            ("\x1b]0;title\x07text", "text"),
            ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("\x1b(Bx\x1bc", "x"),
            ("cut \x1b[3", "cut [3"),
            ("\x1b", ""),
        ] {
            let mut out = Vec::new();
            strip(text.as_bytes(), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), left, "{text:?}");
        }
    }
}
