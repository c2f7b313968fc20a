//! Where the quotes of a line stand that open and close its strings.
//!
//! 64 bytes at a time become bit masks, escaped quotes are taken out by arithmetic, and the reader jumps from quote to
//! quote instead of searching for each.

use crate::platform::simd::{BLOCK, Isa, Kernel, Vector};

/// The quotes of one text; keeps its memory from one text to the next.
#[derive(Debug)]
pub(crate) struct Quotes {
    isa: Isa,
    masks: Vec<u64>,
    escapes: bool,
}

impl Default for Quotes {
    fn default() -> Self {
        Self { isa: Isa::detect(), masks: Vec::new(), escapes: false }
    }
}

impl Quotes {
    /// Finds the quotes of a text, which until the next call is the one that is asked about.
    #[inline]
    pub(super) fn find(&mut self, text: &[u8]) {
        self.masks.clear();
        self.escapes = self.isa.run(Finder { text, masks: &mut self.masks });
    }

    /// Whether a backslash stands anywhere in the text.
    #[inline]
    pub(super) fn has_escapes(&self) -> bool {
        self.escapes
    }

    /// The first quote at or behind a place.
    #[inline]
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let mut word = from / BLOCK;
        let mut mask = self.masks.get(word)? & (u64::MAX << (from % BLOCK));
        while mask == 0 {
            word += 1;
            mask = *self.masks.get(word)?;
        }
        Some(word * BLOCK + mask.trailing_zeros() as usize)
    }
}

struct Finder<'a> {
    text: &'a [u8],
    masks: &'a mut Vec<u64>,
}

impl Kernel for Finder<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> bool {
        let (blocks, rest) = self.text.as_chunks::<BLOCK>();
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        // Whether the first byte of the next block is escaped by the last of this one.
        let (mut carried, mut escapes) = (0, 0);
        // No closure here: it would not be compiled with the back end's instructions.
        for block in blocks.iter().chain(std::iter::once(&last)) {
            let backslashes = vector.eq(block, b'\\');
            let quotes = vector.eq(block, b'"');
            escapes |= backslashes;
            let hidden = if backslashes | carried == 0 { 0 } else { escaped(backslashes, &mut carried) };
            self.masks.push(quotes & !hidden);
        }
        escapes != 0
    }
}

/// The places whose byte stands behind an odd run of backslashes.
fn escaped(backslashes: u64, carried: &mut u64) -> u64 {
    let (mut places, mut left) = (*carried, backslashes & !*carried);
    *carried = 0;
    while left != 0 {
        let at = left.trailing_zeros();
        if at == 63 {
            *carried = 1;
            break;
        }
        places |= 2 << at;
        left &= !(3 << at);
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quotes_are_those_that_no_backslash_escapes(
            text in prop::collection::vec(prop::sample::select(&b"\"\\\\a"[..]), 0..300)
        ) {
            let mut expected = Vec::new();
            let mut at = 0;
            while at < text.len() {
                match text[at] {
                    b'\\' => at += 1,
                    b'"' => expected.push(at),
                    _ => {}
                }
                at += 1;
            }
            for isa in [Isa::detect(), Isa::portable()] {
                let mut quotes = Quotes { isa, ..Quotes::default() };
                quotes.find(&text);
                let mut got = Vec::new();
                while let Some(next) = quotes.next(got.last().map_or(0, |last| last + 1)) {
                    got.push(next);
                }
                prop_assert_eq!(&got, &expected);
                prop_assert_eq!(quotes.has_escapes(), text.contains(&b'\\'));
            }
        }
    }
}
