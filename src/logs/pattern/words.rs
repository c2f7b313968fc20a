//! The words of a message that say what it means: tokens, with those replaced by [`VARIABLE`] that vary by what stands
//! around them (months beside numbers, units behind them). Done once for each signature, so it may take its time.

use crate::logs::scan::{Token, tokens};

/// Days and months, which belong to a date where they stand beside a number.
const CALENDAR: [&str; 19] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon", "tue", "wed",
    "thu", "fri", "sat", "sun",
];

/// Those of them that are words as well: they belong to a date where a number follows.
const ALSO_WORDS: [&str; 4] = ["may", "mar", "sat", "sun"];

/// Zones, which belong to a date where they stand behind a number.
const ZONES: [&str; 13] =
    ["utc", "gmt", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "cet", "cest", "bst"];

/// Units, which belong to the number before them: the same size is once in KB, once in MB.
const UNITS: [&str; 18] = [
    "b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "ns", "us", "µs", "ms", "msec", "usec", "sec",
    "secs", "s",
];

/// Shortest word of hexadecimal letters alone that is taken for a number.
const HEX_WORD: usize = 8;

/// A token of a message, and whether it varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) variable: bool,
}

/// Cuts a message into words.
pub(super) fn words(text: &[u8]) -> Vec<Word> {
    let mut words: Vec<Word> = tokens(text)
        .into_iter()
        .map(|Token { start, end, variable }| Word {
            start,
            end,
            variable: variable || is_hex_word(&text[start..end]),
        })
        .collect();
    let order = (0..words.len()).rev().chain(0..words.len());
    for at in order {
        words[at].variable = words[at].variable || varies(text, &words, at);
    }
    words
}

/// Whether a word varies by its neighbours.
fn varies(text: &[u8], words: &[Word], at: usize) -> bool {
    let word = &text[words[at].start..words[at].end];
    if word.len() > 4 {
        return false;
    }
    let after = at > 0 && words[at - 1].variable;
    let before = words.get(at + 1).is_some_and(|next| next.variable);
    let any = |list: &[&str]| list.iter().any(|one| word.eq_ignore_ascii_case(one.as_bytes()));
    let in_date = (before || after && !any(&ALSO_WORDS)) && any(&CALENDAR);
    in_date || after && (any(&ZONES) || any(&UNITS))
}

fn is_hex_word(word: &[u8]) -> bool {
    word.len() >= HEX_WORD && word.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::words;

    fn shown(text: &str) -> String {
        let shown =
            words(text.as_bytes()).into_iter().map(|w| if w.variable { "*" } else { &text[w.start..w.end] });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn dates_go_with_their_words() {
        assert_eq!(
            shown("status M Fri Apr 24 14:01:00 PDT 2015 may be mon"),
            "status M * * * * * * * * may be mon"
        );
    }

    #[test]
    fn units_go_with_their_number() {
        assert_eq!(shown("size: 93.0 B, free: 2.4 GB in B"), "size * * free * * in B");
    }

    #[test]
    fn long_hexadecimal_words_are_numbers() {
        assert_eq!(shown("mask deadbeef facade"), "mask * facade");
    }
}
