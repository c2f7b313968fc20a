//! A 64-bit hash of short byte strings that is the same in every run, on every host and in every version.
//!
//! A full table keeps the entries with the lowest hashes, and tables of several hosts are merged: both need one hash for all.
//! It multiplies 64 by 64 bits and folds the product, 16 bytes a step.

const K0: u64 = 0xa076_1d64_78bd_642f;
const K1: u64 = 0xe703_7ed1_a0b4_28db;
const K2: u64 = 0x8ebc_6af0_9c88_c6e3;

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

#[inline]
fn load(bytes: &[u8]) -> u64 {
    bytes.first_chunk::<8>().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// Up to eight bytes as one number; overlapping loads keep it free of loops.
#[inline]
fn load_short(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
        }
        _ => {
            let at = |i: usize| bytes.get(i).copied().map_or(0, u64::from);
            at(0) | at(bytes.len() / 2) << 8 | at(bytes.len().saturating_sub(1)) << 16
        }
    }
}

/// Hashes `bytes`; different seeds give unrelated hashes.
#[inline]
pub(super) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut state = fold(seed ^ K0, K1);
    let mut rest = bytes;
    while rest.len() > 16 {
        state = fold(load(rest) ^ K1, load(&rest[8..]) ^ state);
        rest = &rest[16..];
    }
    let (a, b) =
        if rest.len() > 8 { (load(rest), load(&rest[rest.len() - 8..])) } else { (load_short(rest), 0) };
    fold(fold(a ^ K1, b ^ state), K2 ^ bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn values_never_change() {
        assert_eq!(hash(0, b""), hash(0, b""));
        let text = b"/fuelAnalytics/api/trucks/DO9693/history";
        let seen: HashSet<u64> = (0..=text.len()).map(|n| hash(0, &text[..n])).collect();
        assert_eq!(seen.len(), text.len() + 1);
        assert_ne!(hash(1, text), hash(2, text));
        // Saved states hold these: another value here means that old states cannot be merged.
        assert_eq!(hash(0, b"/health"), HEALTH);
        assert_eq!(hash(1, text), LONG);
    }

    const HEALTH: u64 = 14_826_258_774_399_059_670;
    const LONG: u64 = 13_299_476_342_800_253_407;

    #[test]
    fn ids_spread_evenly() {
        let mut buckets = [0u32; 64];
        for i in 0..64_000 {
            buckets[(hash(0, format!("/trucks/{i}").as_bytes()) >> 58) as usize] += 1;
        }
        assert!(buckets.iter().all(|&n| (800..1200).contains(&n)), "{buckets:?}");
    }
}
