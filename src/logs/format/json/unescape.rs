//! Escapes of JSON strings (and of logfmt's, which are the same) back to bytes.

/// Appends the text with its escapes resolved; what is no valid escape is kept as it stands.
pub(crate) fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let escape = &rest[at..];
        let byte = match escape.get(1) {
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'r') => b'\r',
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b @ (b'"' | b'\\' | b'/')) => *b,
            Some(b'u') => {
                rest = &escape[unicode(escape, out)..];
                continue;
            }
            _ => {
                out.push(b'\\');
                rest = &escape[1..];
                continue;
            }
        };
        out.push(byte);
        rest = &escape[2..];
    }
    out.extend_from_slice(rest);
}

/// Resolves `\u00e9` or a pair of surrogates; gives how many bytes of the text that took.
fn unicode(escape: &[u8], out: &mut Vec<u8>) -> usize {
    let Some(first) = four_digits(escape) else {
        out.push(b'\\');
        return 1;
    };
    let pair = four_digits(escape.get(6..).unwrap_or_default())
        .filter(|second| (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(second));
    let (code, taken) = match pair {
        Some(second) => (0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00), 12),
        None => (first, 6),
    };
    let letter = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    taken
}

/// The value of an escape of four hexadecimal digits.
fn four_digits(escape: &[u8]) -> Option<u32> {
    let digits = escape.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> String {
        let mut out = Vec::new();
        unescape(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn valid_escapes_agree_with_serde() {
        for text in [r"plain", r"a\nb\t\r\b\f", r#"\"\\\/"#, r"\u00e9\u20AC", r"\ud83d\udd25 fire", ""] {
            let expected: String = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(resolved(text), expected, "{text}");
        }
    }

    #[test]
    fn invalid_escapes_stay() {
        assert_eq!(resolved(r"C:\dir\u12"), r"C:\dir\u12");
        assert_eq!(resolved(r"\ud83d alone"), "\u{fffd} alone");
        assert_eq!(resolved("end\\"), "end\\");
    }
}
