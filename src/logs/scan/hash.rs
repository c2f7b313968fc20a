//! Hashes that are the same on every machine and in every version: what stands in a state file depends on them.

const SEEDS: [u64; 3] = [0x9e37_79b9_7f4a_7c15, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3];

/// An identity that two different things do not share by accident.
pub type Hash128 = u128;

/// The high and the low half of a product, folded: every input bit reaches every output bit.
#[inline(always)]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    (product as u64) ^ (product >> 64) as u64
}

#[inline(always)]
fn step(state: u64, chunk: &[u8; 16]) -> u64 {
    let (low, high) = chunk.split_at(8);
    let low = u64::from_le_bytes(low.try_into().expect("half of sixteen bytes"));
    let high = u64::from_le_bytes(high.try_into().expect("half of sixteen bytes"));
    fold(low ^ state, high ^ SEEDS[0])
}

#[inline(always)]
fn finish(state: u64, len: usize) -> u64 {
    fold(state ^ SEEDS[1], len as u64 ^ SEEDS[2])
}

/// The hash of `bytes[..len]`; the 16 bytes behind are overwritten with zeros, so that only whole chunks are read.
#[inline(always)]
pub(super) fn hash_padded(bytes: &mut [u8], len: usize, seed: u64) -> u64 {
    bytes[len..len + 16].fill(0);
    let (chunks, _) = bytes[..(len + 15) & !15].as_chunks();
    finish(chunks.iter().fold(seed ^ SEEDS[1], step), len)
}

/// The hash of some bytes.
pub fn hash64(bytes: &[u8], seed: u64) -> u64 {
    let (chunks, rest) = bytes.as_chunks();
    let mut state = chunks.iter().fold(seed ^ SEEDS[1], step);
    if !rest.is_empty() {
        let mut last = [0; 16];
        last[..rest.len()].copy_from_slice(rest);
        state = step(state, &last);
    }
    finish(state, bytes.len())
}

/// Mixes two numbers into one.
#[inline]
pub fn mix64(a: u64, b: u64) -> u64 {
    fold(a ^ SEEDS[0], b ^ SEEDS[1])
}

/// The identity of some bytes.
pub fn hash128(bytes: &[u8]) -> Hash128 {
    Hash128::from(hash64(bytes, SEEDS[2])) << 64 | Hash128::from(hash64(bytes, SEEDS[0]))
}

#[cfg(test)]
mod tests {
    use super::{hash_padded, hash64, hash128};

    #[test]
    fn padding_does_not_count() {
        for len in 0..50 {
            let mut padded = [0xee; 80];
            padded[..len].fill(b'x');
            assert_eq!(hash_padded(&mut padded, len, 5), hash64(&[b'x'; 80][..len], 5), "{len}");
        }
    }

    #[test]
    fn length_content_and_seed_count() {
        let hashes = [hash64(b"", 0), hash64(b"\0", 0), hash64(b"\0\0", 0), hash64(b"a", 0), hash64(b"a", 1)];
        for (i, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..i].contains(hash), "{i}");
        }
    }

    #[test]
    fn hashes_never_change() {
        assert_eq!(hash64(b"the quick brown fox", 0), 15144607929041537986);
        assert_eq!(hash128(b"the quick brown fox"), 14431521641327549912708409631815130065);
    }
}
