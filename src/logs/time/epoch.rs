//! Seconds since 1970 and their finer kin.

/// Reads seconds since 1970 with a fraction, or whole milli-, micro- or nanoseconds, told apart by size.
pub(crate) fn read_epoch(text: &[u8]) -> Option<i64> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(8..=19).contains(&digits) {
        return None;
    }
    let whole =
        text[..digits].iter().fold(0_i64, |n, b| n.saturating_mul(10).saturating_add(i64::from(b - b'0')));
    let per_unit = match whole {
        // Up to the year 5138 as seconds; milliseconds from 1973 on.
        ..=99_999_999_999 => 1_000_000,
        100_000_000_000..=99_999_999_999_999 => 1_000,
        100_000_000_000_000..=99_999_999_999_999_999 => return Some(whole),
        _ => return Some(whole / 1_000),
    };
    let mut us = whole * per_unit;
    if text.get(digits) == Some(&b'.') {
        let mut unit = per_unit / 10;
        for byte in text[digits + 1..].iter().take_while(|b| b.is_ascii_digit()) {
            us += i64::from(byte - b'0') * unit;
            unit /= 10;
        }
    }
    Some(us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_told_apart_by_their_size() {
        for text in ["1704103200", "1704103200000", "1704103200000000", "1704103200000000000", "1704103200.0"]
        {
            assert_eq!(read_epoch(text.as_bytes()), Some(1_704_103_200_000_000), "{text}");
        }
        assert_eq!(read_epoch(b"1704103200.25"), Some(1_704_103_200_250_000));
        assert_eq!(read_epoch(b"12"), None);
        assert_eq!(read_epoch(b"99999999999999999999"), None);
    }
}
