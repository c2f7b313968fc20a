//! Finds the written time at the front of a text; says where it ends, not yet what it means.

use crate::logs::time;
use crate::logs::{Stamp, StampLayout};

/// The byte in every place of a word.
const fn splat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Takes the time off the front.
#[inline]
pub(crate) fn leading(text: &[u8]) -> Option<(Stamp<'_>, &[u8])> {
    // The commonest spellings are told by their fixed places; all others, and odd ends of these, are read properly.
    let quick = match text.first()? {
        b'0'..=b'9' => year_first(text).or_else(|| day_name_year(text)),
        _ => month_day(text),
    };
    let (layout, len) = match quick {
        Some(found) => found,
        None => {
            let written = time::read(text)?;
            (written.layout, written.len)
        }
    };
    let (text, rest) = text.split_at(len);
    Some((Stamp { layout, text }, rest))
}

/// The length of `2024-01-01 10:00:00`, fraction and zone included; `None` also for rarer spellings of it.
#[inline]
fn year_first(text: &[u8]) -> Option<(StampLayout, usize)> {
    let head: &[u8; 19] = text.first_chunk()?;
    let date = u64::from_le_bytes(head[..8].try_into().ok()?);
    let clock = u64::from_le_bytes(head[11..].try_into().ok()?);
    let separators =
        head[4] == head[7] && matches!(head[4], b'-' | b'/' | b'.') && matches!(head[10], b' ' | b'T');
    let colons = head[13] == b':' && head[16] == b':';
    // Digits become 0 to 9; the places of separators are blanked out.
    let date = (date ^ splat(b'0')) & 0x00ff_ff00_ffff_ffff;
    let clock = (clock ^ splat(b'0')) & 0xffff_00ff_ff00_ffff;
    let beyond_nine = |x: u64| ((x & splat(0x7f)) + splat(0x76)) | x;
    let digits = (beyond_nine(date) | beyond_nine(clock)) & splat(0x80) == 0;
    let day = (head[8] ^ b'0') < 10 && (head[9] ^ b'0') < 10;
    if !(separators && colons && digits && day) {
        return None;
    }
    let mut end = 19;
    if matches!(text.get(end), Some(b'.' | b',')) && text.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end += 1 + text[end + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
    }
    let len = match (text.get(end), text.get(end + 1)) {
        (Some(b'Z'), next) if !next.is_some_and(u8::is_ascii_alphanumeric) => Some(end + 1),
        (Some(b'+' | b'-'), Some(next)) if next.is_ascii_digit() => None,
        (Some(b' '), Some(b'+' | b'-')) if text.get(end + 2).is_some_and(u8::is_ascii_digit) => None,
        // A zone's name or a level: the slow reader tells.
        (Some(b' '), Some(next)) if next.is_ascii_uppercase() && is_short_word(&text[end + 1..]) => None,
        (Some(next), _) if next.is_ascii_alphanumeric() => None,
        _ => Some(end),
    };
    len.map(|len| (StampLayout::YearFirst, len))
}

/// `25/Dec/2024:10:00:00 +0000`.
#[inline]
fn day_name_year(text: &[u8]) -> Option<(StampLayout, usize)> {
    let head: &[u8; 26] = text.first_chunk()?;
    let marks =
        head[2] == b'/' && head[6] == b'/' && head[11] == b':' && head[14] == b':' && head[17] == b':';
    let zone =
        head[20] == b' ' && matches!(head[21], b'+' | b'-') && !text.get(26).is_some_and(u8::is_ascii_digit);
    let digits = are_digits(head, [0, 1, 7, 8, 9, 10, 12, 13, 15, 16, 18, 19, 22, 23, 24, 25]);
    (marks && zone && digits && time::is_english_month(&head[3..6])).then_some((StampLayout::DayNameYear, 26))
}

/// `Jul  1 09:00:55`, with a blank behind it.
#[inline]
fn month_day(text: &[u8]) -> Option<(StampLayout, usize)> {
    let head: &[u8; 16] = text.first_chunk()?;
    let blanks = head[3] == b' ' && head[6] == b' ' && head[15] == b' ';
    let day = head[4] == b' ' || head[4].is_ascii_digit();
    let marks = blanks && day && head[9] == b':' && head[12] == b':';
    let digits = are_digits(head, [5, 7, 8, 10, 11, 13, 14]);
    (marks && digits && time::is_english_month(&head[..3])).then_some((StampLayout::MonthDay, 15))
}

#[inline]
fn are_digits<const N: usize, const M: usize>(head: &[u8; N], places: [usize; M]) -> bool {
    places.iter().fold(true, |all, at| all & head[*at].is_ascii_digit())
}

/// Whether three or four capitals stand here that are no level; zones look so.
fn is_short_word(text: &[u8]) -> bool {
    let len = text.iter().take(6).take_while(|b| b.is_ascii_uppercase()).count();
    matches!(len, 1 | 3..=4) && !text.starts_with(b"INFO") && !text.starts_with(b"WARN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_path_agrees_with_the_reader() {
        for tail in [
            "",
            " x",
            ".123 x",
            ",123 - a",
            "Z x",
            " INFO x",
            " UTC [1]",
            " WARN",
            " CET x",
            "+02:00 x",
            " +0200] x",
            " -03 x",
            " - x",
            ".5Z",
            ", Info",
            ": x",
            "|x",
            " ERROR",
            " LOG:  x",
            " E x",
            "Zulu",
            ".x",
            " DEBUG",
        ] {
            for date in ["2024-01-01 10:00:00", "2024/01/01 10:00:00", "2024-01-01T10:00:00"] {
                let text = format!("{date}{tail}");
                let slow = time::read(text.as_bytes()).map(|written| written.len);
                let fast = leading(text.as_bytes()).map(|(stamp, _)| stamp.text.len());
                assert_eq!(fast, slow, "{text}");
            }
        }
    }

    #[test]
    fn a_wrong_byte_anywhere_is_noticed() {
        for good in ["2024-01-01 10:00:00 ", "25/Dec/2024:10:00:00 +0000 ", "Jul  1 09:00:55 "] {
            let quick =
                |text: &[u8]| year_first(text).or_else(|| day_name_year(text)).or_else(|| month_day(text));
            assert!(quick(good.as_bytes()).is_some(), "{good}");
            for at in 0..good.len() - 1 {
                let mut bad = good.as_bytes().to_vec();
                bad[at] = b'x';
                assert_eq!(quick(&bad), None, "{good} {at}");
            }
        }
    }

    #[test]
    fn the_other_fast_paths_agree_with_the_reader_too() {
        for text in [
            "25/Dec/2024:10:00:00 +0000] x",
            "25/Dec/2024:10:00:00 +0000",
            "25/Dec/2024:10:00:00 -07000",
            "25/Dec/2024 10:00:00",
            "Jul  1 09:00:55 host",
            "Jul 11 09:00:55.123 host",
            "Jul  1 09:00:55",
            "Jul  1 2024 09:00:55 host",
            "Foo  1 09:00:55 x",
        ] {
            let slow = time::read(text.as_bytes()).map(|written| written.len);
            assert_eq!(leading(text.as_bytes()).map(|(stamp, _)| stamp.text.len()), slow, "{text}");
        }
    }
}
