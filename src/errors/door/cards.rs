//! Card numbers, told from the other long numbers that logs and events are full of.

use std::borrow::Cow;

use serde_json::Number;

use crate::text::redact;

/// The fewest digits that a card has, and the smallest number that has as many.
const MIN_DIGITS: usize = 13;
const MIN_CARD: f64 = 1e12;
const MAX_DIGITS: usize = 19;

/// Masks card numbers: 13 to 19 digits of a known issuer, alone or in groups, with the right check digit.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    if text.bytes().filter(u8::is_ascii_digit).take(MIN_DIGITS).count() < MIN_DIGITS {
        return text.into();
    }
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() || at.checked_sub(1).is_some_and(|b| is_joined(bytes[b])) {
            at += 1;
            continue;
        }
        let (digits, end) = digit_run(bytes, at);
        if is_card(&digits) && bytes.get(end).is_none_or(|b| !b.is_ascii_alphanumeric()) {
            out.push_str(&text[copied..at]);
            out.push_str(redact::MASK);
            copied = end;
        }
        at = end;
    }
    if copied == 0 { text.into() } else { (out + &text[copied..]).into() }
}

/// Whether a number without quotes is one of a card.
pub(super) fn is_number_of_card(number: &Number) -> bool {
    number.as_f64().is_some_and(|n| n >= MIN_CARD) && matches!(masked(&number.to_string()), Cow::Owned(_))
}

fn is_joined(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_'
}

/// Digits from here on, single blanks and dashes between them, and where they end.
fn digit_run(bytes: &[u8], start: usize) -> (Vec<u8>, usize) {
    let (mut digits, mut at, mut end) = (Vec::new(), start, start);
    while at < bytes.len() && digits.len() <= MAX_DIGITS {
        match bytes[at] {
            b if b.is_ascii_digit() => {
                digits.push(b - b'0');
                end = at + 1;
            }
            b' ' | b'-' if end == at => {}
            _ => break,
        }
        at += 1;
    }
    (digits, end)
}

fn is_card(digits: &[u8]) -> bool {
    let issuer = match digits {
        [4, ..] => matches!(digits.len(), 13 | 16 | 19),
        [5, 1..=5, ..] | [2, 2..=7, ..] | [6, ..] => digits.len() == 16,
        [3, 4 | 7, ..] => digits.len() == 15,
        _ => false,
    };
    let sum: u32 = digits.iter().rev().enumerate().map(|(i, d)| check_part(i, u32::from(*d))).sum();
    issuer && sum.is_multiple_of(10)
}

fn check_part(index: usize, digit: u32) -> u32 {
    let doubled = if index % 2 == 1 { digit * 2 } else { digit };
    if doubled > 9 { doubled - 9 } else { doubled }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_told_from_other_numbers() {
        assert_eq!(masked("card 4111 1111 1111 1111 ok"), "card [redacted] ok");
        assert_eq!(masked("5500005555555559"), "[redacted]");
        for other in
            ["1700000000000000", "4111111111111112", "id=a4111111111111111", "2026-11-22 10:00:00.123456 99"]
        {
            assert!(matches!(masked(other), Cow::Borrowed(_)), "{other}");
        }
        assert!(is_number_of_card(&4_111_111_111_111_111_u64.into()));
        assert!(!is_number_of_card(&1_700_000_000_000_000_u64.into()));
    }
}
