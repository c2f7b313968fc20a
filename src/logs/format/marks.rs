//! Where the bytes stand that take a request apart, found in one look at the beginning of its line.
//!
//! The line is seen as bits: the first 64 bytes of what is looked at, and its last 64, which may overlap.

use crate::platform::simd::{BLOCK, Isa, Kernel, Vector};

/// How many bytes are looked at.
pub(super) const REACH: usize = 2 * BLOCK;

/// A bit for each of the first [`REACH`] bytes of a text, the first byte's lowest; zeros behind its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    /// Digits, dots and colons that the text begins with, as far as its first 64 bytes: an address and its port.
    pub(super) address: usize,
    /// Blanks and tabs.
    blanks: u128,
    /// Quotes, and backslashes, which may keep a quote from closing.
    quotes: u128,
}

impl Marks {
    /// Looks at the beginning of a text.
    #[inline]
    pub(super) fn of(isa: Isa, text: &[u8]) -> Self {
        isa.run(Look(text))
    }

    /// Where the first blank or tab stands behind `at`; [`REACH`] if none was seen.
    #[inline]
    pub(super) fn blank_behind(&self, at: usize) -> usize {
        first_behind(self.blanks, at)
    }

    /// Where the first quote or backslash stands behind `at`; [`REACH`] if none was seen.
    #[inline]
    pub(super) fn quote_behind(&self, at: usize) -> usize {
        first_behind(self.quotes, at)
    }
}

#[inline]
fn first_behind(mask: u128, at: usize) -> usize {
    let at = at + 1;
    if at >= REACH { REACH } else { (mask >> at << at).trailing_zeros() as usize }
}

struct Look<'a>(&'a [u8]);

impl Kernel for Look<'_> {
    type Output = Marks;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> Marks {
        let text = &self.0[..self.0.len().min(REACH)];
        let mut short = [0; BLOCK];
        let (first, last) = match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) => (first, last),
            _ => {
                short[..text.len()].copy_from_slice(text);
                (&short, &short)
            }
        };
        let last_at = text.len().saturating_sub(BLOCK);
        let both = |first: u64, last: u64| u128::from(first) | u128::from(last) << last_at;
        let classes = vector.classify(first);
        Marks {
            address: (classes.digit | classes.dot | classes.colon).trailing_ones() as usize,
            blanks: both(
                vector.eq(first, b' ') | vector.eq(first, b'\t'),
                vector.eq(last, b' ') | vector.eq(last, b'\t'),
            ),
            quotes: both(
                vector.eq(first, b'"') | vector.eq(first, b'\\'),
                vector.eq(last, b'"') | vector.eq(last, b'\\'),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{Marks, REACH};
    use crate::platform::simd::Isa;

    /// The same, byte by byte.
    fn by_definition(text: &[u8]) -> Marks {
        let text = &text[..text.len().min(REACH)];
        let bits = |of: &[u8]| {
            text.iter()
                .enumerate()
                .filter(|(_, b)| of.contains(b))
                .fold(0, |bits, (at, _)| bits | 1_u128 << at)
        };
        Marks {
            address: text.iter().take(64).take_while(|b| b.is_ascii_digit() || b".:".contains(b)).count(),
            blanks: bits(b" \t"),
            quotes: bits(b"\"\\"),
        }
    }

    proptest! {
        #[test]
        fn marks_are_what_the_bytes_say(
            address in proptest::collection::vec(proptest::sample::select(&b"0189.:"[..]), 0..70),
            rest in proptest::collection::vec(proptest::sample::select(&b"a1.: \t\"\\/\0\xff"[..]), 0..200),
        ) {
            let text = [address, rest].concat();
            let expected = by_definition(&text);
            for isa in [Isa::detect(), Isa::portable()] {
                prop_assert_eq!(Marks::of(isa, &text), expected);
            }
        }
    }

    #[test]
    fn the_next_mark_is_found_from_every_place() {
        for isa in [Isa::detect(), Isa::portable()] {
            let mut text = [b'x'; 2 * REACH];
            (text[5], text[70], text[127], text[128]) = (b'"', b'\\', b'"', b'"');
            let marks = Marks::of(isa, &text);
            let found: Vec<usize> =
                [0, 4, 5, 69, 70, 126, 127, 128, 500].map(|at| marks.quote_behind(at)).to_vec();
            assert_eq!(found, [5, 5, 70, 70, 127, 127, REACH, REACH, REACH]);
            assert_eq!((marks.blank_behind(0), marks.address), (REACH, 0));
        }
    }
}
