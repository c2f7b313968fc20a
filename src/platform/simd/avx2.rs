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

/// The two halves of a block, or what was computed of them. Plain functions instead of closures and `map`, which would
/// be compiled without the feature and call every intrinsic.
#[derive(Clone, Copy)]
struct Halves(__m256i, __m256i);

#[inline(always)]
fn load(block: &[u8; BLOCK]) -> Halves {
    let at = block.as_ptr();
    // SAFETY: both loads lie within the 64 bytes of `block` and need no alignment; an `Avx2` exists, so does the feature.
    unsafe { Halves(_mm256_loadu_si256(at.cast()), _mm256_loadu_si256(at.add(32).cast())) }
}

/// The top bits of the 64 bytes.
#[inline(always)]
fn mask(halves: Halves) -> u64 {
    // SAFETY: an `Avx2` exists, so the processor has the feature.
    let (low, high) = unsafe { (_mm256_movemask_epi8(halves.0), _mm256_movemask_epi8(halves.1)) };
    u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32
}

/// Where `needle` stands.
#[inline(always)]
fn equal(halves: Halves, needle: u8) -> Halves {
    // SAFETY: an `Avx2` exists, so the processor has the feature.
    unsafe {
        let needle = _mm256_set1_epi8(needle.cast_signed());
        Halves(_mm256_cmpeq_epi8(halves.0, needle), _mm256_cmpeq_epi8(halves.1, needle))
    }
}

#[inline(always)]
fn either(a: Halves, b: Halves) -> Halves {
    // SAFETY: an `Avx2` exists, so the processor has the feature.
    unsafe { Halves(_mm256_or_si256(a.0, b.0), _mm256_or_si256(a.1, b.1)) }
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

/// All ones where a class bit says delimiter.
#[inline(always)]
fn delimiters(bits: __m256i) -> __m256i {
    // SAFETY: an `Avx2` exists, so the processor has the feature.
    unsafe {
        let wanted = _mm256_set1_epi8(DELIMITER_BITS.cast_signed());
        _mm256_cmpgt_epi8(_mm256_and_si256(bits, wanted), _mm256_setzero_si256())
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
        let bits = Halves(class_bits(bytes.0), class_bits(bytes.1));
        // SAFETY: an `Avx2` exists, so the processor has the feature.
        let (digit, slash) = unsafe {
            (
                Halves(_mm256_slli_epi16::<DIGIT_TO_TOP>(bits.0), _mm256_slli_epi16::<DIGIT_TO_TOP>(bits.1)),
                Halves(_mm256_slli_epi16::<SLASH_TO_TOP>(bits.0), _mm256_slli_epi16::<SLASH_TO_TOP>(bits.1)),
            )
        };
        let address = either(equal(bytes, b'@'), equal(bytes, b'\\'));
        Classes {
            delimiter: mask(Halves(delimiters(bits.0), delimiters(bits.1))),
            digit: mask(digit),
            dot: mask(equal(bytes, b'.')),
            colon: mask(equal(bytes, b':')),
            path: mask(slash) | mask(address),
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
