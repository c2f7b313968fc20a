//! AVX2 and BMI: two vectors of 32 bytes, classes by two table look-ups, bits moved by one instruction each.
#![expect(unsafe_code, reason = "vector intrinsics; each block says why it is sound")]

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8,
    _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_srli_epi16, _pdep_u64, _pext_u64,
};

use super::classes::{Classes, DELIMITER_BITS, DIGIT_BIT, NIBBLES, SLASH_BIT};
use super::{BLOCK, Kernel, Vector};

/// How far a class bit is from the top of its byte, where [`mask`] looks.
const DIGIT_TO_TOP: i32 = DIGIT_BIT.leading_zeros().cast_signed();
const SLASH_TO_TOP: i32 = SLASH_BIT.leading_zeros().cast_signed();

/// Proof that the processor has AVX2, BMI1, BMI2, LZCNT and POPCNT; only [`run`] makes one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

impl Avx2 {
    /// Whether this processor has all that [`run`] is compiled for.
    pub(super) fn is_available() -> bool {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt")
    }
}

/// Runs a kernel in code that is compiled for AVX2 and BMI.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Avx2(()))
}

/// The two halves of a block.
#[inline(always)]
fn load(block: &[u8; BLOCK]) -> [__m256i; 2] {
    let at = block.as_ptr();
    // SAFETY: both loads lie within the 64 bytes of `block` and need no alignment; an `Avx2` exists, so does the feature.
    unsafe { [_mm256_loadu_si256(at.cast()), _mm256_loadu_si256(at.add(32).cast())] }
}

/// The top bits of the 64 bytes of two vectors.
#[inline(always)]
fn mask(halves: [__m256i; 2]) -> u64 {
    // SAFETY: an `Avx2` exists, so the processor has the feature.
    let (low, high) = unsafe { (_mm256_movemask_epi8(halves[0]), _mm256_movemask_epi8(halves[1])) };
    u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32
}

/// Where `needle` stands in two vectors.
#[inline(always)]
fn equal(halves: [__m256i; 2], needle: u8) -> [__m256i; 2] {
    // SAFETY: an `Avx2` exists, so the processor has the feature.
    halves.map(|half| unsafe { _mm256_cmpeq_epi8(half, _mm256_set1_epi8(needle.cast_signed())) })
}

/// The class bits of 32 bytes; see [`NIBBLES`].
#[inline(always)]
fn class_bits(bytes: __m256i) -> __m256i {
    // SAFETY: an `Avx2` exists, so the processor has the feature; the tables are 16 bytes long each.
    unsafe {
        let low = _mm256_broadcastsi128_si256(_mm_loadu_si128(NIBBLES.low.as_ptr().cast()));
        let high = _mm256_broadcastsi128_si256(_mm_loadu_si128(NIBBLES.high.as_ptr().cast()));
        let low_nibble = _mm256_and_si256(bytes, _mm256_set1_epi8(15));
        let high_nibble = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15));
        _mm256_and_si256(_mm256_shuffle_epi8(low, low_nibble), _mm256_shuffle_epi8(high, high_nibble))
    }
}

impl Vector for Avx2 {
    #[inline(always)]
    fn eq(self, block: &[u8; BLOCK], needle: u8) -> u64 {
        mask(equal(load(block), needle))
    }

    #[inline(always)]
    fn classify(self, block: &[u8; BLOCK]) -> Classes {
        let bytes = load(block);
        let bits = bytes.map(class_bits);
        // SAFETY: an `Avx2` exists, so the processor has the feature.
        let (delimiter, digit, slash) = unsafe {
            let wanted = _mm256_set1_epi8(DELIMITER_BITS.cast_signed());
            let zero = _mm256_setzero_si256();
            (
                bits.map(|half| _mm256_cmpgt_epi8(_mm256_and_si256(half, wanted), zero)),
                bits.map(|half| _mm256_slli_epi16::<DIGIT_TO_TOP>(half)),
                bits.map(|half| _mm256_slli_epi16::<SLASH_TO_TOP>(half)),
            )
        };
        let at = equal(bytes, b'@');
        let back = equal(bytes, b'\\');
        // SAFETY: as above.
        let path = unsafe {
            [
                _mm256_or_si256(slash[0], _mm256_or_si256(at[0], back[0])),
                _mm256_or_si256(slash[1], _mm256_or_si256(at[1], back[1])),
            ]
        };
        Classes {
            delimiter: mask(delimiter),
            digit: mask(digit),
            dot: mask(equal(bytes, b'.')),
            colon: mask(equal(bytes, b':')),
            path: mask(path),
        }
    }

    #[inline(always)]
    fn extract(self, value: u64, mask: u64) -> u64 {
        // SAFETY: an `Avx2` exists, so the processor has BMI2.
        unsafe { _pext_u64(value, mask) }
    }

    #[inline(always)]
    fn deposit(self, value: u64, mask: u64) -> u64 {
        // SAFETY: an `Avx2` exists, so the processor has BMI2.
        unsafe { _pdep_u64(value, mask) }
    }
}
