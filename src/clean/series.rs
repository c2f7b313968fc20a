//! Which files are generations of the same thing, told by their names.
//!
//! `app.log`, `app.log.1` and `app.log.2.gz` are one series, and so are `analysis_20260101_120000.txt` and every other
//! report, or `core.1234` and `core.99`. Taken away from a name, in this order: endings of compression; then every
//! counter and date. A counter is a number after the last dot or dash of a name that has another dot before it, or one of
//! four digits and more; a date is eight digits or `2026-01-31`, with a time behind it or not. A name without any of them
//! loses its other numbers as well: `report-7.txt` and `report-8.txt` are one series, `worker1.log.3` and `worker2.log.3`
//! are two. So are names that differ in a run of eight and more hexadecimal digits.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher};

/// Endings that compression adds.
const COMPRESSED: [&[u8]; 9] = [b".gz", b".zst", b".xz", b".bz2", b".lz4", b".zip", b".Z", b".br", b".lzma"];

/// Digits from which a number is a counter, wherever it stands.
const LONG: usize = 4;
/// Hexadecimal digits from which a mixed run is an identifier.
const IDENTIFIER: usize = 8;

/// The place of a file in its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Generation {
    /// Equal within one series.
    pub(super) series: u64,
    /// Tells files with the same time apart: greater is newer.
    pub(super) rank: i64,
}

/// Whether a name ends as compressed files do.
pub(super) fn is_compressed(name: &[u8]) -> bool {
    COMPRESSED.iter().any(|ending| name.ends_with(ending))
}

/// Tells the generation that a name stands for.
pub(super) fn generation(name: &[u8]) -> Generation {
    let stem = without_compression(name);
    let (stem, rotation) = without_rotation(stem);
    let mut hasher = BuildHasherDefault::<DefaultHasher>::default().build_hasher();
    let mut pieces = Pieces { rest: stem };
    let has_stamp = rotation.is_some() || pieces.any(|piece| piece.is_stamp());
    let mut rank = rotation.map_or(i64::MAX, |n| -n);
    for piece in (Pieces { rest: stem }) {
        if piece.is_stamp() || (piece.is_number() && !has_stamp) {
            hasher.write_u8(b'#');
            if rotation.is_none() {
                rank = piece.value();
            }
        } else {
            hasher.write(piece.text);
        }
    }
    Generation { series: hasher.finish(), rank }
}

fn without_compression(name: &[u8]) -> &[u8] {
    let ending = COMPRESSED.iter().find(|ending| name.len() > ending.len() && name.ends_with(ending));
    ending.map_or(name, |ending| &name[..name.len() - ending.len()])
}

/// Takes a rotation's number off: `app.log.3`, `app.log-3`.
fn without_rotation(name: &[u8]) -> (&[u8], Option<i64>) {
    let digits = name.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let Some(mark) = name.len().checked_sub(digits + 1) else { return (name, None) };
    let is_rotation = (1..LONG).contains(&digits)
        && mark > 0
        && matches!(name[mark], b'.' | b'-')
        && name[..mark].contains(&b'.');
    if is_rotation { (&name[..mark], Some(number(&name[mark + 1..]))) } else { (name, None) }
}

/// The value of digits; more than fit stay at the top.
fn number(digits: &[u8]) -> i64 {
    let digits = digits.iter().filter(|b| b.is_ascii_digit());
    digits.fold(0_i64, |n, b| n.saturating_mul(10).saturating_add(i64::from(b - b'0')))
}

/// A stretch of a name: digits with what joins them to a date, an identifier, or neither.
#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    text: &'a [u8],
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Stamp,
}

impl Piece<'_> {
    fn is_stamp(self) -> bool {
        self.kind == Kind::Stamp
    }

    fn is_number(self) -> bool {
        self.kind == Kind::Number
    }

    fn value(self) -> i64 {
        number(self.text)
    }
}

struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let first = *self.rest.first()?;
        let (length, kind) = if let Some(length) = identifier(self.rest) {
            (length, Kind::Stamp)
        } else if first.is_ascii_digit() {
            digits(self.rest)
        } else {
            // A word is taken whole, so that `face1234` is not read as an identifier from its middle.
            let is_word = |b: &u8| b.is_ascii_alphabetic();
            let word = self.rest.iter().take_while(|b| is_word(b)).count();
            (word.max(1), Kind::Text)
        };
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(Piece { text, kind })
    }
}

/// A run of hexadecimal digits, some of them letters and some not: `3f2a9c41`.
fn identifier(text: &[u8]) -> Option<usize> {
    let length = text.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let (run, rest) = text.split_at(length);
    let is_mixed = run.iter().any(u8::is_ascii_digit) && run.iter().any(u8::is_ascii_alphabetic);
    let ends = rest.first().is_none_or(|b| !b.is_ascii_alphanumeric());
    (length >= IDENTIFIER && is_mixed && ends).then_some(length)
}

/// A number, or a date with everything that joins it to a time.
fn digits(text: &[u8]) -> (usize, Kind) {
    let run = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut length = run(text);
    let mut joined = 1;
    // 2026-01-31T10:00:00, 20260131_100000, 2026.01.31
    while let [mark @ (b'-' | b'_' | b':' | b'.' | b'T'), rest @ ..] = &text[length..] {
        let more = run(rest);
        let is_part = more >= 2 && (text[..length].len() >= LONG) && (*mark != b'.' || more == 2);
        if !is_part {
            break;
        }
        length += 1 + more;
        joined += 1;
    }
    let is_stamp = length >= LONG || joined > 1;
    (length, if is_stamp { Kind::Stamp } else { Kind::Number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(names: &[&str]) {
        let first = generation(names[0].as_bytes()).series;
        for name in names {
            assert_eq!(generation(name.as_bytes()).series, first, "{name} is apart from {}", names[0]);
        }
    }

    fn apart(a: &str, b: &str) {
        assert_ne!(generation(a.as_bytes()).series, generation(b.as_bytes()).series, "{a} and {b}");
    }

    #[test]
    fn generations_of_one_log_are_one_series() {
        same(&["app.log", "app.log.1", "app.log.2.gz", "app.log.17.zst", "app.log-3"]);
        same(&["app.log.2026-01-31", "app.log.2026-02-01.gz", "app.log.20260131"]);
        same(&["analysis_20260101_120000.txt", "analysis_20251231_000001.txt"]);
        same(&["crash_20260101_120000", "crash_20240229_235959"]);
        same(&["app-2026-01-31T10:00:00.log", "app-2026-02-01T11:00:00.log"]);
        same(&["core.1234", "core.99871"]);
        same(&["f000001.log.1", "f000002.log.1"]);
        same(&["report-7.txt", "report-8.txt", "report-123.txt"]);
        same(&["upload-3f2a9c41.tmp", "upload-00ffaa99.tmp"]);
    }

    #[test]
    fn what_only_looks_alike_is_apart() {
        apart("worker1.log.3", "worker2.log.3");
        apart("app.log.1", "app_errors.log.1");
        apart("app.log", "app.txt");
        apart("backend.log.1", "backend.log.1.bak");
    }

    #[test]
    fn of_files_with_one_time_the_lower_rotation_and_the_later_date_are_newer() {
        let rank = |name: &str| generation(name.as_bytes()).rank;
        assert!(rank("app.log") > rank("app.log.1"));
        assert!(rank("app.log.1") > rank("app.log.2.gz"));
        assert!(rank("a_20260102_000000.txt") > rank("a_20260101_235959.txt"));
    }

    #[test]
    fn no_name_makes_it_panic() {
        for name in ["", ".", "1", ".1", "-", "9".repeat(300).as_str(), "a.99999999999999999999", "\u{ff}"] {
            assert!(generation(name.as_bytes()).rank >= -1_000 || name.is_empty(), "{name}");
        }
        generation(b"\xff\xfe.1");
    }
}
