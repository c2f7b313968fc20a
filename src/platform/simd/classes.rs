//! Which bytes cut a message into tokens, and which may make a token variable: the one table that all back ends obey.

/// Bit masks of one block, a bit for each byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes {
    /// White space, control bytes and the punctuation that separates tokens; colons included.
    pub delimiter: u64,
    /// `0` to `9`.
    pub digit: u64,
    /// `.`, which separates, belongs to a name or makes a host by its neighbours.
    pub dot: u64,
    /// `:`, which also joins the groups of MAC and IPv6 addresses.
    pub colon: u64,
    /// `/`, `?`, `@` and `\`, which make paths, URLs and addresses.
    pub path: u64,
}

/// Whether a byte separates tokens.
pub const fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        0..=b' '
            | b'!'
            | b'"'
            | b'&'
            | b'\''
            | b'('
            | b')'
            | b'*'
            | b','
            | b':'
            | b';'
            | b'<'
            | b'='
            | b'>'
            | b'['
            | b']'
            | b'`'
            | b'{'
            | b'|'
            | b'}'
    )
}

/// Whether a byte stands in [`Classes::path`].
pub(super) const fn is_path(byte: u8) -> bool {
    matches!(byte, b'/' | b'?' | b'@' | b'\\')
}

/// Nibble tables: the byte `b` is in class `1 << k` where `LOW[b & 15] & HIGH[b >> 4]` has bit `k`; bytes from 0x80 on
/// are in none.
pub(super) struct Nibbles {
    pub(super) low: [u8; 16],
    pub(super) high: [u8; 16],
}

/// The bits of [`NIBBLES`] that mean delimiter.
pub(super) const DELIMITER_BITS: u8 = 0b0011_1111;
/// The bit of [`NIBBLES`] that means digit.
pub(super) const DIGIT_BIT: u8 = 0b0100_0000;
/// The bit of [`NIBBLES`] that means `/` or `?`.
pub(super) const SLASH_BIT: u8 = 0b1000_0000;

/// The classes as products of a set of high nibbles and a set of low nibbles, a bit each.
pub(super) const NIBBLES: Nibbles = {
    let products: [(&[u8], &[u8]); 8] = [
        (&[0, 1], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
        (&[2], &[0, 1, 2, 6, 7, 8, 9, 10, 12]),
        (&[3], &[10, 11, 12, 13, 14]),
        (&[5, 7], &[11, 13]),
        (&[7], &[12]),
        (&[6], &[0]),
        (&[3], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (&[2, 3], &[15]),
    ];
    let mut tables = Nibbles { low: [0; 16], high: [0; 16] };
    let mut bit = 0;
    while bit < products.len() {
        let (high, low) = products[bit];
        let mut i = 0;
        while i < high.len() {
            tables.high[high[i] as usize] |= 1 << bit;
            i += 1;
        }
        let mut i = 0;
        while i < low.len() {
            tables.low[low[i] as usize] |= 1 << bit;
            i += 1;
        }
        bit += 1;
    }
    tables
};

#[cfg(test)]
mod tests {
    use super::{DELIMITER_BITS, DIGIT_BIT, NIBBLES, SLASH_BIT, is_delimiter};

    #[test]
    fn nibble_tables_say_what_the_predicates_say() {
        for byte in 0..=u8::MAX {
            let high = if byte < 0x80 { NIBBLES.high[usize::from(byte >> 4)] } else { 0 };
            let class = NIBBLES.low[usize::from(byte & 15)] & high;
            assert_eq!(class & DELIMITER_BITS != 0, is_delimiter(byte), "delimiter {byte:#x}");
            assert_eq!(class & DIGIT_BIT != 0, byte.is_ascii_digit(), "digit {byte:#x}");
            assert_eq!(class & SLASH_BIT != 0, matches!(byte, b'/' | b'?'), "slash {byte:#x}");
        }
    }
}
