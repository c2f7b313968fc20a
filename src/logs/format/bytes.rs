//! Small steps over bytes that every layout takes: tokens, blanks, bracket groups, words packed into a `u64`.
//!
//! Nothing here allocates, and no index is taken on trust: slices come from `get`, `split_at` after a check, or `position`.

/// Lines longer than this have their head looked for in their first bytes only.
pub(crate) const HEAD_WINDOW: usize = 1024;

/// Drops leading blanks and tabs.
#[inline]
pub(crate) fn skip_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|&&b| b == b' ' || b == b'\t').count();
    &text[blanks..]
}

/// Drops trailing blanks and tabs.
#[inline]
pub(crate) fn drop_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().rev().take_while(|&&b| b == b' ' || b == b'\t').count();
    &text[..text.len() - blanks]
}

/// Splits behind the first token, which ends at a blank or tab; the rest keeps its blanks.
#[inline]
pub(crate) fn token(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|&b| b == b' ' || b == b'\t').unwrap_or(text.len());
    text.split_at(end)
}

/// Splits behind the leading digits.
#[inline]
pub(crate) fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Whether the text is one or more digits.
#[inline]
pub(crate) fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// The value of up to 18 digits; `None` for anything else.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    (is_number(text) && text.len() <= 18).then(|| text.iter().fold(0, |n, b| n * 10 + u64::from(b - b'0')))
}

/// Takes `[inside]` off the front, inner brackets matched; `None` where it does not close within the head window.
#[inline]
pub(crate) fn bracket_group(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.first() != Some(&b'[') {
        return None;
    }
    let mut depth = 0_usize;
    for (at, &byte) in text.iter().enumerate().take(HEAD_WINDOW) {
        match byte {
            b'[' => depth += 1,
            b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some((&text[1..at], &text[at + 1..]));
                }
            }
            _ => {}
        }
    }
    None
}

/// Splits at the first `separator` within the head window; the separator itself is dropped.
#[inline]
pub(crate) fn split_once<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (first, more) = separator.split_first()?;
    let window = &text[..text.len().min(HEAD_WINDOW)];
    let mut from = 0;
    while let Some(found) = memchr::memchr(*first, &window[from..]) {
        let at = from + found;
        if text[at + 1..].starts_with(more) {
            return Some((&text[..at], &text[at + separator.len()..]));
        }
        from = at + 1;
    }
    None
}

/// Packs a word of 1 to 8 bytes with ASCII letters lowered, so that words compare as numbers; longer ones give 0.
///
/// The packing is exact together with the length, which callers that care compare as well.
#[inline]
pub(crate) const fn pack(word: &[u8]) -> u64 {
    let len = word.len();
    if len == 0 || len > 8 {
        return 0;
    }
    let mut packed = 0_u64;
    let mut at = 0;
    while at < len {
        packed |= ((word[at] | 0x20) as u64) << (8 * at);
        at += 1;
    }
    packed
}

/// Whether the text could name a logger or a module: letters, digits and `._$/:-<>`, a letter or `_` first.
pub(crate) fn is_name(text: &[u8]) -> bool {
    text.len() <= 120
        && text.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        && text.iter().all(|b| b.is_ascii_alphanumeric() || b"._$/:-<>".contains(b))
}

/// Whether a token names a logger rather than opening a sentence: dotted, `a::b`, or all lower case.
pub(crate) fn is_module(text: &[u8]) -> bool {
    let inner = text.len() > 2 && text[1..text.len() - 1].iter().any(|b| b".:$".contains(b));
    is_name(text) && (inner || !text.iter().any(u8::is_ascii_uppercase))
}

/// Whether a word is called like an exception, and so belongs to the message.
pub(crate) fn is_exception_name(text: &[u8]) -> bool {
    [&b"Error"[..], b"Exception", b"Warning", b"error", b"Failure", b"Interrupt", b"Exit"]
        .iter()
        .any(|end| text.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bracket_group_matches_inner_brackets() {
        let (inside, rest) = bracket_group(b"[QuorumPeer[myid=1]/0] - x").unwrap();
        assert_eq!((inside, rest), (&b"QuorumPeer[myid=1]/0"[..], &b" - x"[..]));
        assert_eq!(bracket_group(b"[never closed"), None);
        assert_eq!(bracket_group(b""), None);
    }

    #[test]
    fn split_once_finds_a_separator_behind_a_false_start() {
        assert_eq!(split_once(b"a -b - c", b" - "), Some((&b"a -b"[..], &b"c"[..])));
        assert_eq!(split_once(b"a -", b" - "), None);
    }

    #[test]
    fn words_pack_without_regard_to_case() {
        assert_eq!(pack(b"ERROR"), pack(b"error"));
        assert_ne!(pack(b"error"), pack(b"erro"));
        assert_eq!(pack(b"too long a word"), 0);
    }

    #[test]
    fn module_names_are_told_from_words_of_a_sentence() {
        for module in ["main", "dfs.DataNode$PacketResponder", "my_crate::http", "uvicorn.error", "a.B"] {
            assert!(is_module(module.as_bytes()), "{module}");
        }
        for word in ["Timeout", "MySQL", "", "1abc", "with space"] {
            assert!(!is_module(word.as_bytes()), "{word}");
        }
    }
}
