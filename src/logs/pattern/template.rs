//! Templates: what the records of a pattern share, with typed placeholders where they differ.

use crate::logs::pattern::placeholder::Placeholder;
use crate::logs::pattern::words::{Word, words};

/// Tokens of one variable run that are shown one by one.
const SHOWN_TOKENS: usize = 8;

/// A message as the pattern sees it: constant words and the runs of variable ones between them.
#[derive(Clone, Debug)]
pub(super) struct Reading<'a> {
    text: &'a [u8],
    parts: Vec<Part>,
}

/// A constant word, or a run of variable words from its first to its last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    start: usize,
    end: usize,
    variable: bool,
}

impl<'a> Reading<'a> {
    /// Reads a message of which the constant words with the given numbers (from 0, by rising number) vary, too.
    pub(super) fn new(text: &'a [u8], also_variable: &[usize]) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        let mut constants = 0;
        for Word { start, end, variable } in words(text) {
            let also = !variable && also_variable.binary_search(&constants).is_ok();
            constants += usize::from(!variable);
            match parts.last_mut() {
                Some(last) if last.variable && (variable || also) => last.end = end,
                _ => parts.push(Part { start, end, variable: variable || also }),
            }
        }
        for part in parts.iter_mut().filter(|part| part.variable) {
            part.end += closing(&text[part.start..part.end], &text[part.end..]);
        }
        Self { text, parts }
    }

    /// The runs of variable words, from the left.
    pub(super) fn runs(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        let text = self.text;
        self.parts.iter().filter(|part| part.variable).map(move |part| &text[part.start..part.end])
    }

    /// Whether another message has the same constant words in the same places.
    fn agrees(&self, other: &Self) -> bool {
        let word = |reading: &Self, part: &Part| {
            (!part.variable).then(|| reading.text[part.start..part.end].to_vec())
        };
        self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).all(|(a, b)| word(self, a) == word(other, b))
    }
}

/// How many brackets that a run opened are closed directly behind it.
fn closing(run: &[u8], behind: &[u8]) -> usize {
    let count = |wanted: &[u8]| run.iter().filter(|byte| wanted.contains(byte)).count();
    let open = count(b"([{").saturating_sub(count(b")]}"));
    behind.iter().take(open).take_while(|byte| b")]}".contains(byte)).count()
}

/// Writes the template of some messages of one pattern; the first decides about spaces and punctuation.
pub(super) fn template(readings: &[Reading<'_>]) -> String {
    let Some(first) = readings.first() else { return String::new() };
    let alike: Vec<&Reading<'_>> = readings.iter().filter(|reading| first.agrees(reading)).collect();
    let mut written = String::new();
    let mut at = 0;
    let mut run = 0;
    for part in &first.parts {
        written.push_str(&String::from_utf8_lossy(&first.text[at..part.start]));
        if part.variable {
            let values: Vec<&[u8]> = alike.iter().filter_map(|reading| reading.runs().nth(run)).collect();
            written.push_str(&placeholders(&values));
            run += 1;
        } else {
            written.push_str(&String::from_utf8_lossy(&first.text[part.start..part.end]));
        }
        at = part.end;
    }
    written.push_str(&String::from_utf8_lossy(&first.text[at..]));
    written
}

/// What to write for a run of variable words, of which some values are known.
fn placeholders(values: &[&[u8]]) -> String {
    let whole: Vec<Option<Placeholder>> = values.iter().map(|value| of_run(value)).collect();
    if let Some(Some(shape)) = whole.first()
        && whole.iter().all(|other| *other == Some(*shape))
    {
        return shape.text().to_owned();
    }
    let cut: Vec<Vec<Word>> = values.iter().map(|value| words(value)).collect();
    let Some(first) = cut.first() else { return Placeholder::Any.text().to_owned() };
    let same_gaps =
        values.iter().zip(&cut).all(|(value, words)| gaps(value, words).eq(gaps(values[0], first)));
    if !same_gaps || first.is_empty() || first.len() > SHOWN_TOKENS {
        return Placeholder::Any.text().to_owned();
    }
    let mut written = String::new();
    let mut at = 0;
    for (place, word) in first.iter().enumerate() {
        written.push_str(&String::from_utf8_lossy(&values[0][at..word.start]));
        let tokens: Vec<&[u8]> = values
            .iter()
            .zip(&cut)
            .map(|(value, words)| &value[words[place].start..words[place].end])
            .collect();
        written.push_str(&one_token(&tokens));
        at = word.end;
    }
    written.push_str(&String::from_utf8_lossy(&values[0][at..]));
    written
}

/// The bytes between the words of a run.
fn gaps<'a>(value: &'a [u8], words: &'a [Word]) -> impl Iterator<Item = &'a [u8]> {
    words.windows(2).map(|pair| &value[pair[0].end..pair[1].start])
}

/// What to write for one variable token: its kind, behind the beginning that all values share.
fn one_token(tokens: &[&[u8]]) -> String {
    let kind = |cut: usize| {
        let kinds = tokens.iter().map(|token| Placeholder::of(&token[cut..]));
        kinds.reduce(Placeholder::join).unwrap_or(Placeholder::Any)
    };
    let whole = kind(0);
    if whole != Placeholder::Id {
        return whole.text().to_owned();
    }
    let shared = shared_prefix(tokens);
    let behind = if shared > 0 { kind(shared) } else { whole };
    if matches!(behind, Placeholder::Any) {
        return whole.text().to_owned();
    }
    format!("{}{}", String::from_utf8_lossy(&tokens[0][..shared]), behind.text())
}

/// Length of the beginning that all tokens share, up to a separator with something behind it.
fn shared_prefix(tokens: &[&[u8]]) -> usize {
    let first = tokens[0];
    let agreed = (0..first.len())
        .take_while(|&at| tokens.iter().all(|token| token.get(at) == Some(&first[at])))
        .count();
    let letters =
        |at: &usize| first[..*at].iter().all(|byte| byte.is_ascii_alphabetic() || b"_-#".contains(byte));
    (1..=agreed)
        .rev()
        .find(|at| {
            matches!(first[at - 1], b'_' | b'-' | b'#') && letters(at) && tokens.iter().all(|t| t.len() > *at)
        })
        .unwrap_or(0)
}

/// What a run of several tokens is, taken as one.
fn of_run(run: &[u8]) -> Option<Placeholder> {
    let text = std::str::from_utf8(run).ok()?;
    if let Some((number, unit)) = text.split_once(' ')
        && Placeholder::of(number.as_bytes()) == Placeholder::Number
        && unit.len() <= 5
    {
        let joined = Placeholder::of(format!("{number}{unit}").as_bytes());
        return matches!(joined, Placeholder::Duration | Placeholder::Size).then_some(joined);
    }
    let clock = text.split_once([' ', 'T']).map_or(text, |(day, clock)| {
        if Placeholder::of(day.as_bytes()) == Placeholder::Date { clock } else { "" }
    });
    if is_clock(clock) {
        return Some(Placeholder::Time);
    }
    if text.split_once("://").is_some_and(|(_, rest)| !rest.is_empty()) {
        return Some(Placeholder::Url);
    }
    let groups: Vec<&str> = text.split(':').collect();
    let all_hex =
        groups.iter().all(|group| group.len() <= 4 && group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match groups.len() {
        6 if all_hex && groups.iter().all(|group| group.len() == 2) => Some(Placeholder::Mac),
        4..=8 if all_hex && groups.iter().any(|group| group.len() > 2 || group.is_empty()) => {
            Some(Placeholder::Ip)
        }
        _ => None,
    }
}

/// `14:02:11`, with a fraction or not.
fn is_clock(text: &str) -> bool {
    let mut parts = text.split(':');
    let two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let (Some(hour), Some(minute), Some(second), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let fraction = second.get(2..).unwrap_or("-");
    let fits = |rest: &str| {
        rest.strip_prefix(['.', ',']).is_some_and(|f| f.trim_end_matches('Z').parse::<u64>().is_ok())
    };
    two(hour) && two(minute) && second.get(..2).is_some_and(two) && (fraction.is_empty() || fits(fraction))
}

#[cfg(test)]
mod tests {
    use super::{Reading, template};

    fn of(texts: &[&str]) -> String {
        template(&texts.iter().map(|text| Reading::new(text.as_bytes(), &[])).collect::<Vec<_>>())
    }

    #[test]
    fn placeholders_are_typed_and_keep_what_stands_around() {
        assert_eq!(
            of(&[
                "Served blk_-12 of 67108864 to /10.0.0.1:80 in 60.80 ms",
                "Served blk_3 of 9 to /10.0.0.2:81 in 7 s"
            ]),
            "Served blk_<num> of <num> to <ip>:<num> in <dur>"
        );
    }

    #[test]
    fn lists_of_different_lengths_are_any() {
        assert_eq!(of(&["speeds ( 1 2 3 ) ok", "speeds ( 1 ) ok"]), "speeds ( <*> ) ok");
        assert_eq!(of(&["speeds ( 1 2 ) ok"]), "speeds ( <num> <num> ) ok");
        assert_eq!(of(&["sizes 1 (2) [3] ok", "sizes 1 (2) ok"]), "sizes <*> ok");
    }

    #[test]
    fn runs_may_have_a_name_of_their_own() {
        assert_eq!(of(&["at 2026-03-17 10:00:01.5 from 64:6c:b2:ed:fe:cd"]), "at <time> from <mac>");
        assert_eq!(of(&["host fe80::c6b3:1ff:fecd up, 16 KB"]), "host <ip> up, <size>");
    }

    #[test]
    fn words_that_vary_get_a_placeholder() {
        let texts = ["user bob, 3", "user eve, 4"];
        let readings: Vec<_> = texts.iter().map(|text| Reading::new(text.as_bytes(), &[1])).collect();
        assert_eq!(template(&readings), "user <*>, <num>");
    }

    #[test]
    fn any_bytes_have_a_template() {
        assert_eq!(of(&["\u{1f525} caf\u{e9} 5"]), "\u{1f525} caf\u{e9} <num>");
        assert_eq!(template(&[Reading::new(b"\xff\xfe 1", &[])]), "\u{fffd}\u{fffd} <num>");
        assert_eq!(of(&[""]), "");
    }
}
