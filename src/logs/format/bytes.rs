//! Small steps over bytes that every layout takes: tokens, blanks, bracket groups, words packed into a `u64`.
//!
//! Nothing here allocates, and no index is taken on trust: slices come from `get`, `split_at` after a check, or `position`.

/// Lines longer than this have their head looked for in their first bytes only.
pub(crate) const HEAD_WINDOW: usize = 1024;

/// Kinds of bytes; one table look-up tells them apart.
pub(crate) mod class {
    pub(crate) const BLANK: u8 = 1;
    pub(crate) const DIGIT: u8 = 1 << 1;
    pub(crate) const LETTER: u8 = 1 << 2;
    /// Letters, digits and what else stands in names of loggers and modules.
    pub(crate) const NAME: u8 = 1 << 3;
    /// What addresses and hosts of clients are made of.
    pub(crate) const CLIENT: u8 = 1 << 4;
    /// What keys of logfmt are made of.
    pub(crate) const KEY: u8 = 1 << 5;
    /// What numbers with a fraction are made of.
    pub(crate) const DECIMAL: u8 = 1 << 6;

    /// The classes of every byte.
    pub(super) static OF: [u8; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let b = byte as u8;
            let alphanumeric = b.is_ascii_alphanumeric();
            table[byte] = if b == b' ' || b == b'\t' { BLANK } else { 0 }
                | if b.is_ascii_digit() { DIGIT } else { 0 }
                | if b.is_ascii_alphabetic() { LETTER } else { 0 }
                | if alphanumeric || matches!(b, b'.' | b'_' | b'$' | b'/' | b':' | b'-' | b'<' | b'>') {
                    NAME
                } else {
                    0
                }
                | if alphanumeric || matches!(b, b'.' | b'_' | b':' | b'-' | b'[' | b']' | b'%' | b',') {
                    CLIENT
                } else {
                    0
                }
                | if alphanumeric || matches!(b, b'.' | b'_' | b'-' | b'@' | b'/') { KEY } else { 0 }
                | if b.is_ascii_digit() || b == b'.' { DECIMAL } else { 0 };
            byte += 1;
        }
        table
    };
}

/// How many bytes of these classes the text begins with.
#[inline]
pub(crate) fn run(text: &[u8], classes: u8) -> usize {
    text.iter().position(|b| class::OF[usize::from(*b)] & classes == 0).unwrap_or(text.len())
}

/// Whether all bytes are of these classes.
#[inline]
pub(crate) fn all(text: &[u8], classes: u8) -> bool {
    text.iter().all(|b| class::OF[usize::from(*b)] & classes != 0)
}

/// Drops leading blanks and tabs.
#[inline]
pub(crate) fn skip_blanks(text: &[u8]) -> &[u8] {
    &text[run(text, class::BLANK)..]
}

/// Drops trailing blanks and tabs.
#[inline]
pub(crate) fn drop_blanks(text: &[u8]) -> &[u8] {
    let end =
        text.iter().rposition(|b| class::OF[usize::from(*b)] & class::BLANK == 0).map_or(0, |at| at + 1);
    &text[..end]
}

/// Splits behind the first token, which ends at a blank or tab; the rest keeps its blanks.
#[inline]
pub(crate) fn token(text: &[u8]) -> (&[u8], &[u8]) {
    let blank = text.iter().position(|b| class::OF[usize::from(*b)] & class::BLANK != 0);
    text.split_at(blank.unwrap_or(text.len()))
}

/// Splits behind the leading digits.
#[inline]
pub(crate) fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(run(text, class::DIGIT))
}

/// Whether the text is one or more digits.
#[inline]
pub(crate) fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && all(text, class::DIGIT)
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
    let window = &text[..text.len().min(HEAD_WINDOW)];
    let (mut depth, mut at) = (1_usize, 1);
    loop {
        at += memchr::memchr2(b'[', b']', window.get(at..)?)?;
        depth = if window[at] == b'[' { depth + 1 } else { depth - 1 };
        if depth == 0 {
            return Some((&text[1..at], &text[at + 1..]));
        }
        at += 1;
    }
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

/// Packs the first `len` bytes (1 to 8) of a text as [`pack`] does.
#[inline]
pub(crate) fn pack_front(text: &[u8], len: usize) -> u64 {
    match text.first_chunk::<8>() {
        Some(bytes) if (1..=8).contains(&len) => {
            let mask = u64::MAX >> (64 - 8 * len);
            (u64::from_le_bytes(*bytes) | 0x2020_2020_2020_2020) & mask
        }
        _ => pack(text.get(..len).unwrap_or_default()),
    }
}

/// Whether the text could name a logger or a module: letters, digits and `._$/:-<>`, a letter or `_` first.
pub(crate) fn is_name(text: &[u8]) -> bool {
    text.len() <= 120
        && text.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        && all(text, class::NAME)
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
        for (text, len) in [("ERROR: and more", 5), ("ERROR", 5), ("CRITICAL", 8), ("INFO", 9), ("x", 0)] {
            assert_eq!(
                pack_front(text.as_bytes(), len),
                pack(text.as_bytes().get(..len).unwrap_or_default()),
                "{text}"
            );
        }
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
