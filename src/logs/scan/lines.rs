//! Where lines end.

use crate::platform::simd::{BLOCK, Isa, Kernel, Vector};

/// The places of all newlines of a buffer, found 64 bytes at a time; keeps its memory from one buffer to the next.
#[derive(Debug)]
pub struct NewlineIndex {
    isa: Isa,
    places: Vec<u32>,
}

impl Default for NewlineIndex {
    fn default() -> Self {
        Self { isa: Isa::detect(), places: Vec::new() }
    }
}

impl NewlineIndex {
    /// Finds the newlines of `bytes`, of which there are less than 4 GiB.
    pub fn find(&mut self, bytes: &[u8]) -> &[u32] {
        assert!(u32::try_from(bytes.len()).is_ok(), "a buffer of lines is smaller than 4 GiB");
        let count = self.isa.run(Finder { bytes, places: &mut self.places });
        &self.places[..count]
    }
}

struct Finder<'a> {
    bytes: &'a [u8],
    places: &'a mut Vec<u32>,
}

/// Places that are written for each block without asking how many there are.
const EAGER: usize = 2;

impl Kernel for Finder<'_> {
    type Output = usize;

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) -> usize {
        let Self { bytes, places } = self;
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        let mut count = 0;
        let mut note = |mut mask: u64, base: u32| {
            if places.len() < count + BLOCK {
                places.resize((count + BLOCK) * 2, 0);
            }
            let found = mask.count_ones() as usize;
            let room = &mut places[count..count + BLOCK];
            for place in &mut room[..EAGER] {
                *place = base + mask.trailing_zeros();
                mask &= mask.wrapping_sub(1);
            }
            for place in room.get_mut(EAGER..found).unwrap_or_default() {
                *place = base + mask.trailing_zeros();
                mask &= mask.wrapping_sub(1);
            }
            count += found;
        };
        let mut base = 0;
        for block in blocks {
            note(vector.eq(block, b'\n'), base);
            base += BLOCK as u32;
        }
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        note(vector.eq(&last, b'\n'), base);
        count
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::NewlineIndex;

    proptest! {
        #[test]
        fn every_newline_is_found(bytes in proptest::collection::vec(proptest::sample::select(&b"\n\n\na\x0b\x8a"[..]), 0..1000)) {
            let expected: Vec<u32> =
                bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(i, _)| i as u32).collect();
            let mut index = NewlineIndex::default();
            prop_assert_eq!(index.find(&bytes), expected.as_slice());
            prop_assert_eq!(index.find(b"a\n"), &[1]);
        }
    }
}
