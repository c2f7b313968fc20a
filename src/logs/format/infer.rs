//! The level that a text without one seems to have, from what people write: marks, emoji, words.
//!
//! A guess for the audit and for records without level; it never replaces a written level by itself.

use super::bytes::pack;
use crate::model::Level;

/// Only the beginning of a message is looked at: what it is about stands there.
const WINDOW: usize = 256;

/// The level that the words and emoji of a message suggest; `None` where nothing does.
pub fn inferred_level(message: &[u8]) -> Option<Level> {
    let text = &message[..message.len().min(WINDOW)];
    let mut found = None;
    let mut at = 0;
    let mut denied = false;
    while let Some(byte) = text.get(at) {
        let rest = &text[at..];
        let (cue, len) = match byte {
            0xe2 | 0xf0 => (emoji(rest), 1),
            b'A'..=b'Z' | b'a'..=b'z' | b'0' => {
                let len = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                let word = &rest[..len];
                let cue = word_cue(word).filter(|_| !denied && !counts_nothing(&rest[len..]));
                denied = is_denial(word);
                (cue, len)
            }
            _ => (None, 1),
        };
        found = found.max(cue);
        at += len;
    }
    found
}

/// 🔥 🚨 ❌ 💥 ⛔ 🛑 stand for errors, ⚠ for a warning.
fn emoji(rest: &[u8]) -> Option<Level> {
    const ERRORS: [&str; 7] = ["🔥", "🚨", "❌", "💥", "⛔", "🛑", "💀"];
    if ERRORS.iter().any(|mark| rest.starts_with(mark.as_bytes())) {
        Some(Level::Error)
    } else {
        rest.starts_with("⚠".as_bytes()).then_some(Level::Warning)
    }
}

fn word_cue(word: &[u8]) -> Option<Level> {
    const fn key(word: &str) -> u64 {
        pack(word.as_bytes())
    }
    const CRITICAL: [u64; 4] = [key("critical"), key("fatal"), key("panic"), key("panicked")];
    const ERROR: [u64; 6] =
        [key("error"), key("errors"), key("failed"), key("failure"), key("crashed"), key("severe")];
    const WARNING: [u64; 2] = [key("warning"), key("warn")];
    // `KeyError`, `TimeoutException`: the name of a raised type.
    let raised = word[0].is_ascii_uppercase() && (word.ends_with(b"Error") || word.ends_with(b"Exception"));
    if raised || word.eq_ignore_ascii_case(b"traceback") || word.eq_ignore_ascii_case(b"exception") {
        return Some(Level::Error);
    }
    let packed = pack(word);
    if CRITICAL.contains(&packed) {
        Some(Level::Critical)
    } else if ERROR.contains(&packed) {
        Some(Level::Error)
    } else {
        WARNING.contains(&packed).then_some(Level::Warning)
    }
}

/// `no errors`, `0 errors`, `without error`.
fn is_denial(word: &[u8]) -> bool {
    [&b"no"[..], b"0", b"without", b"zero", b"sin"].iter().any(|denial| denial.eq_ignore_ascii_case(word))
}

/// `errors: 0`, `error=0`, `errors: none`.
fn counts_nothing(rest: &[u8]) -> bool {
    let Some(value) = rest.strip_prefix(b"=").or_else(|| rest.strip_prefix(b":")) else { return false };
    let value = value.strip_prefix(b" ").unwrap_or(value);
    let zero =
        value.first() == Some(&b'0') && !value.get(1).is_some_and(|b| b.is_ascii_digit() || *b == b'x');
    zero || value
        .get(..4)
        .is_some_and(|word| word.eq_ignore_ascii_case(b"none") || word.eq_ignore_ascii_case(b"null"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_words_suggest_a_level() {
        for (message, level) in [
            ("🔥 UNHANDLED EXCEPTION in GET /x", Some(Level::Error)),
            ("⚠️  Backend slow", Some(Level::Warning)),
            ("❌ Backend down", Some(Level::Error)),
            ("✅ Backend running", None),
            ("Error fetching sensors", Some(Level::Error)),
            ("KeyError: 'x'", Some(Level::Error)),
            ("FATAL: cannot bind", Some(Level::Critical)),
            ("sync done, 0 errors", None),
            ("sync done, errors: 0", None),
            ("sync done, errors: 3", Some(Level::Error)),
            ("no error in sight", None),
            ("mirror_errors_total scraped", None),
            ("", None),
        ] {
            assert_eq!(inferred_level(message.as_bytes()), level, "{message}");
        }
    }
}
