//! Walks over an object: keys and values as slices, nested objects entered only where a wanted field may stand.

use crate::logs::format::fields::Fields;
use crate::logs::format::json::quotes::Quotes;
use crate::logs::format::keys::{KeyMemo, Place, place_of};

/// How deep objects are entered; deeper ones are skipped.
const MAX_DEPTH: usize = 4;

/// A value as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Without its quotes; whether escapes stand in it.
    Text(&'a [u8], bool),
    Number(&'a [u8]),
    /// `{…}` or `[…]` with its brackets.
    Compound(&'a [u8]),
    /// `true`, `false`, `null`.
    Word,
}

/// Collects the wanted fields; says whether the object was complete.
pub(super) fn object<'a>(
    text: &'a [u8],
    quotes: &Quotes,
    memo: &mut KeyMemo,
    fields: &mut Fields<'a>,
) -> bool {
    // Objects that hold wanted fields, the outermost first: where the walk goes on in them, and what they are.
    let mut open: [(usize, Place); MAX_DEPTH] = [(0, Place::Top); MAX_DEPTH];
    let mut depth = 0;
    let mut at = match text {
        [b'{', ..] => 1,
        _ => return false,
    };
    memo.begin();
    loop {
        let place = open[depth].1;
        match member(text, at, quotes) {
            Step::Member { key, value, next } => {
                at = next;
                let behind_key = &text[key.0..];
                let key = &text[key.0..key.1];
                match value {
                    Value::Text(value, escaped) => {
                        if let Some(known) = memo.look(place, key, behind_key) {
                            fields.string(known, value, escaped);
                        }
                    }
                    Value::Number(value) => {
                        if let Some(known) = memo.look(place, key, behind_key) {
                            fields.number(known, value);
                        }
                    }
                    Value::Compound(value) => {
                        fields.compound(memo.look(Place::Top, key, behind_key), value);
                        let inner =
                            place_of(place, key).filter(|_| value[0] == b'{' && depth + 1 < MAX_DEPTH);
                        if let Some(inner) = inner {
                            open[depth].0 = next;
                            depth += 1;
                            open[depth].1 = inner;
                            at = next - value.len() + 1;
                        }
                    }
                    Value::Word => {}
                }
            }
            Step::End if depth == 0 => return true,
            Step::End => {
                depth -= 1;
                at = open[depth].0;
            }
            Step::Broken => return false,
        }
    }
}

/// Tells every member at the top; says whether the object was complete.
pub(crate) fn top_level<'a>(text: &'a [u8], told: &mut dyn FnMut(&'a [u8], Value<'a>)) -> bool {
    let mut at = usize::from(text.first() == Some(&b'{'));
    while at > 0 {
        match member(text, at, &Searched) {
            Step::Member { key, value, next } => {
                told(&text[key.0..key.1], value);
                at = next;
            }
            Step::End => return true,
            Step::Broken => return false,
        }
    }
    false
}

enum Step<'a> {
    /// The key as a range, because what follows it is of use too.
    Member {
        key: (usize, usize),
        value: Value<'a>,
        next: usize,
    },
    End,
    Broken,
}

/// A way to find where a string ends that begins at a place, and whether an escape stands in it.
trait Ends {
    fn end(&self, text: &[u8], from: usize) -> Option<(usize, bool)>;
}

/// By search, for texts of which little is wanted.
struct Searched;

impl Ends for Searched {
    #[inline]
    fn end(&self, text: &[u8], from: usize) -> Option<(usize, bool)> {
        let (len, escaped) = string_end(text.get(from..)?)?;
        Some((from + len, escaped))
    }
}

impl Ends for Quotes {
    #[inline]
    fn end(&self, text: &[u8], from: usize) -> Option<(usize, bool)> {
        let end = self.next(from)?;
        Some((end, self.has_escapes() && memchr::memchr(b'\\', &text[from..end]).is_some()))
    }
}

/// Reads one `"key": value` from `at`, a comma before it allowed.
#[inline]
fn member<'a>(text: &'a [u8], at: usize, ends: &impl Ends) -> Step<'a> {
    let read = || {
        let mut at = blanks(text, at);
        if text.get(at) == Some(&b',') {
            at = blanks(text, at + 1);
        }
        match text.get(at)? {
            b'}' => return Some(Step::End),
            b'"' => at += 1,
            _ => return None,
        }
        let (key_end, _) = ends.end(text, at)?;
        let colon = blanks(text, key_end + 1);
        (text.get(colon) == Some(&b':')).then_some(())?;
        let (value, next) = value(text, blanks(text, colon + 1), ends)?;
        Some(Step::Member { key: (at, key_end), value, next })
    };
    read().unwrap_or(Step::Broken)
}

/// Skips JSON's white space.
#[inline]
fn blanks(text: &[u8], at: usize) -> usize {
    let mut at = at;
    while matches!(text.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Reads one value; gives where the text goes on.
#[inline]
fn value<'a>(text: &'a [u8], at: usize, ends: &impl Ends) -> Option<(Value<'a>, usize)> {
    match text.get(at)? {
        b'"' => {
            let (end, escaped) = ends.end(text, at + 1)?;
            Some((Value::Text(&text[at + 1..end], escaped), end + 1))
        }
        b'{' | b'[' => {
            let end = compound_end(text, at, ends)?;
            Some((Value::Compound(&text[at..end]), end))
        }
        first => {
            let len =
                text[at..].iter().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
            let value = if first.is_ascii_digit() || *first == b'-' {
                Value::Number(&text[at..at + len])
            } else {
                Value::Word
            };
            (len > 0).then_some((value, at + len))
        }
    }
}

/// Where a string closes, behind its opening quote, and whether an escape stands in it.
#[inline]
pub(in crate::logs::format) fn string_end(text: &[u8]) -> Option<(usize, bool)> {
    let first = memchr::memchr2(b'"', b'\\', text)?;
    if text[first] == b'"' {
        return Some((first, false));
    }
    let mut at = first + 2;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some((at, true));
        }
        at += 2;
    }
}

/// Where a nested object or array ends, its closing bracket included.
fn compound_end(text: &[u8], at: usize, ends: &impl Ends) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = at;
    loop {
        match text.get(at)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at = ends.end(text, at + 1)?.0,
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_end_at_the_quote_that_is_not_escaped() {
        assert_eq!(string_end(br#"plain" x"#), Some((5, false)));
        assert_eq!(string_end(br#"a\"b\\" x"#), Some((6, true)));
        assert_eq!(string_end(br"open"), None);
        assert_eq!(string_end(br"open\"), None);
    }

    #[test]
    fn members_are_told_with_their_kind() {
        let mut told = Vec::new();
        let text = br#" {"a": "x\n", "b" : -1.5e3,"c":{"d":["}"]}, "e":null}"#;
        assert!(top_level(&text[1..], &mut |key, value| told.push((key, value))));
        let kinds: Vec<_> = told.iter().map(|(_, value)| *value).collect();
        assert_eq!(
            kinds,
            [
                Value::Text(br"x\n", true),
                Value::Number(b"-1.5e3"),
                Value::Compound(br#"{"d":["}"]}"#),
                Value::Word
            ]
        );
    }

    #[test]
    fn broken_objects_are_not_complete() {
        for text in
            ["", "{", r#"{"a"#, r#"{"a":"#, r#"{"a":1"#, r#"{"a":{"b":1}"#, "{a:1}", "[1]", r#"{"a":"x\"#]
        {
            assert!(!top_level(text.as_bytes(), &mut |_, _| {}), "{text}");
        }
        assert!(top_level(b"{}", &mut |_, _| {}));
    }

    #[test]
    fn depth_is_walked_without_recursion() {
        let mut deep = br#"{"fields":"#.repeat(100_000);
        deep.extend(b"1");
        deep.extend([b'}'; 100_000]);
        let mut quotes = Quotes::default();
        quotes.find(&deep);
        assert!(object(&deep, &quotes, &mut KeyMemo::default(), &mut Fields::default()));
    }
}
