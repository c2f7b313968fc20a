//! Where literals and comments stand: what is written there is no code.

use memchr::{memchr, memchr3, memmem};

/// Literals and comments of a file, in order, and a place that only moves forward.
#[derive(Debug)]
pub(in crate::logs::source) struct Spans {
    /// Beginning and end, in bytes.
    spans: Vec<(u32, u32)>,
    next: usize,
}

impl Spans {
    /// Finds them by their quotes and `#`, in one pass.
    pub(in crate::logs::source) fn of(source: &str) -> Self {
        let bytes = source.as_bytes();
        let mut spans = Vec::with_capacity(bytes.len() / 64);
        let mut at = 0;
        while let Some(found) = memchr3(b'"', b'\'', b'#', &bytes[at..]) {
            let start = at + found;
            at = match bytes[start] {
                b'#' => memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |length| start + length),
                quote => literal_end(bytes, start, quote),
            };
            spans.push((start as u32, at as u32));
        }
        Self { spans, next: 0 }
    }

    /// Says whether a place lies within a literal or comment; places must be asked for in ascending order.
    pub(in crate::logs::source) fn hold(&mut self, place: usize) -> bool {
        while self.spans.get(self.next).is_some_and(|&(_, end)| end as usize <= place) {
            self.next += 1;
        }
        self.spans.get(self.next).is_some_and(|&(start, _)| start as usize <= place)
    }
}

fn literal_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let triple = [quote; 3];
    if bytes[start..].starts_with(&triple) {
        let mut at = start + 3;
        while let Some(found) = memmem::find(&bytes[at..], &triple) {
            let end = at + found;
            let escapes = bytes[at..end].iter().rev().take_while(|b| **b == b'\\').count();
            if escapes % 2 == 0 {
                return end + 3;
            }
            at = end + 1;
        }
        return bytes.len();
    }
    let mut at = start + 1;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr3(quote, b'\\', b'\n', rest)) {
        let place = at + found;
        match bytes[place] {
            b'\\' => at = place + 2,
            // A literal that is not closed ends with its line.
            b'\n' => return place,
            _ => return place + 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The source with literals and comments blacked out.
    fn code(source: &str) -> String {
        let mut spans = Spans::of(source);
        source.char_indices().map(|(at, c)| if spans.hold(at) { '·' } else { c }).collect()
    }

    #[test]
    fn literals_and_comments_are_no_code() {
        for (source, expected) in [
            ("a = 'x' # y", "a = ··· ···"),
            ("a = \"#\\\"'\" + b", "a = ······ + b"),
            ("'''a\n\"b''' c", "·········· c"),
            ("'open\nb", "·····\nb"),
            ("\"\"\"open\nb", "·········"),
            ("'\\' x'", "······"),
        ] {
            assert_eq!(code(source), expected, "{source}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "[a'\"#\\\\\n❤]{0,60}") {
            code(&text);
        }
    }
}
