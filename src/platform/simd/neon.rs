//! NEON: four vectors of 16 bytes; every aarch64 processor has it.
#![expect(unsafe_code, reason = "vector intrinsics; each block says why it is sound")]

use std::arch::aarch64::{
    uint8x16_t, vaddv_u8, vandq_u8, vceqq_u8, vdupq_n_u8, vget_high_u8, vget_low_u8, vld1q_u8, vorrq_u8,
    vqtbl1q_u8, vshrq_n_u8, vtstq_u8,
};

use super::classes::{Classes, DELIMITER_BITS, DIGIT_BIT, NIBBLES, SLASH_BIT};
use super::{BLOCK, Portable, Vector};

/// NEON, which the target always has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neon;

type Quarters = [uint8x16_t; 4];

fn load(block: &[u8; BLOCK]) -> Quarters {
    let at = block.as_ptr();
    // SAFETY: the four loads lie within the 64 bytes of `block`; NEON is part of the target.
    unsafe { [vld1q_u8(at), vld1q_u8(at.add(16)), vld1q_u8(at.add(32)), vld1q_u8(at.add(48))] }
}

/// One bit for each byte of lanes that are all ones or all zeros.
fn mask(lanes: Quarters) -> u64 {
    const WEIGHTS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
    let mut bits = 0;
    for (i, lane) in lanes.into_iter().enumerate() {
        // SAFETY: the weights are 16 bytes long; NEON is part of the target.
        let (low, high) = unsafe {
            let weighted = vandq_u8(lane, vld1q_u8(WEIGHTS.as_ptr()));
            (vaddv_u8(vget_low_u8(weighted)), vaddv_u8(vget_high_u8(weighted)))
        };
        bits |= (u64::from(low) | u64::from(high) << 8) << (i * 16);
    }
    bits
}

fn equal(bytes: Quarters, needle: u8) -> Quarters {
    // SAFETY: NEON is part of the target.
    bytes.map(|quarter| unsafe { vceqq_u8(quarter, vdupq_n_u8(needle)) })
}

/// The class bits of 16 bytes; see [`NIBBLES`].
fn class_bits(bytes: uint8x16_t) -> uint8x16_t {
    // SAFETY: the tables are 16 bytes long; NEON is part of the target.
    unsafe {
        let low = vqtbl1q_u8(vld1q_u8(NIBBLES.low.as_ptr()), vandq_u8(bytes, vdupq_n_u8(15)));
        let high = vqtbl1q_u8(vld1q_u8(NIBBLES.high.as_ptr()), vshrq_n_u8::<4>(bytes));
        vandq_u8(low, high)
    }
}

fn any_of(bits: Quarters, wanted: u8) -> Quarters {
    // SAFETY: NEON is part of the target.
    bits.map(|quarter| unsafe { vtstq_u8(quarter, vdupq_n_u8(wanted)) })
}

fn either(a: Quarters, b: Quarters) -> Quarters {
    // SAFETY: NEON is part of the target.
    std::array::from_fn(|i| unsafe { vorrq_u8(a[i], b[i]) })
}

impl Vector for Neon {
    #[inline]
    fn eq(self, block: &[u8; BLOCK], needle: u8) -> u64 {
        mask(equal(load(block), needle))
    }

    #[inline]
    fn classify(self, block: &[u8; BLOCK]) -> Classes {
        let bytes = load(block);
        let bits = bytes.map(class_bits);
        let path = either(any_of(bits, SLASH_BIT), either(equal(bytes, b'@'), equal(bytes, b'\\')));
        Classes {
            delimiter: mask(any_of(bits, DELIMITER_BITS)),
            digit: mask(any_of(bits, DIGIT_BIT)),
            dot: mask(equal(bytes, b'.')),
            colon: mask(equal(bytes, b':')),
            path: mask(path),
        }
    }

    #[inline]
    fn extract(self, value: u64, mask: u64) -> u64 {
        Portable.extract(value, mask)
    }

    #[inline]
    fn deposit(self, value: u64, mask: u64) -> u64 {
        Portable.deposit(value, mask)
    }
}
