//! Vector code of the log scanner: 64 bytes at a time become bit masks, and bit masks are what the scanner works on.
//!
//! Three back ends give the same masks for the same bytes: AVX2 with BMI (found at run time), NEON (always there on
//! aarch64), and plain 64-bit words everywhere. A [`Kernel`] is written once against [`Vector`]; [`Isa::run`] compiles
//! it for each back end and picks the one that this machine has.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod classes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

pub use classes::{Classes, is_delimiter};
pub use portable::Portable;

/// Bytes that a [`Vector`] looks at in one go.
pub const BLOCK: usize = 64;

/// What a back end can do with a block; bit `i` of each mask stands for byte `i`.
pub trait Vector: Copy {
    /// Where `needle` stands in the block.
    fn eq(self, block: &[u8; BLOCK], needle: u8) -> u64;

    /// Which bytes separate tokens, and which may make a token variable.
    fn classify(self, block: &[u8; BLOCK]) -> Classes;

    /// Gathers the bits of `value` that stand where `mask` has ones, lowest first.
    fn extract(self, value: u64, mask: u64) -> u64;

    /// Puts the low bits of `value` where `mask` has ones, lowest first.
    fn deposit(self, value: u64, mask: u64) -> u64;
}

/// Work that is compiled once for each back end. Implementations mark `run` as `#[inline(always)]`, or it would not be
/// compiled with the back end's instructions.
pub trait Kernel {
    /// What the work gives back.
    type Output;

    /// Does the work with the given back end.
    fn run<V: Vector>(self, vector: V) -> Self::Output;
}

/// The instruction set to work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Choice);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Isa {
    /// The fastest instruction set of this machine.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if avx2::Avx2::is_available() {
            return Self(Choice::Avx2);
        }
        #[cfg(target_arch = "aarch64")]
        return Self(Choice::Neon);
        #[cfg(not(target_arch = "aarch64"))]
        Self(Choice::Portable)
    }

    /// Plain 64-bit words, on every machine.
    pub fn portable() -> Self {
        Self(Choice::Portable)
    }

    /// Runs a kernel with this instruction set.
    #[inline]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Choice::Portable => kernel.run(Portable),
            #[cfg(target_arch = "x86_64")]
            Choice::Avx2 => {
                // SAFETY: `Choice::Avx2` is only made by `detect`, after the processor said that it has every feature
                // that the function is compiled with.
                #[expect(unsafe_code, reason = "calls a function compiled for features that were detected")]
                unsafe {
                    avx2::run(kernel)
                }
            }
            #[cfg(target_arch = "aarch64")]
            Choice::Neon => kernel.run(neon::Neon),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{BLOCK, Classes, Isa, Kernel, Vector};

    struct Everything<'a> {
        block: &'a [u8; BLOCK],
        value: u64,
        mask: u64,
    }

    impl Kernel for Everything<'_> {
        type Output = (u64, Classes, u64, u64);

        #[inline(always)]
        fn run<V: Vector>(self, vector: V) -> Self::Output {
            (
                vector.eq(self.block, b'\n'),
                vector.classify(self.block),
                vector.extract(self.value, self.mask),
                vector.deposit(self.value, self.mask),
            )
        }
    }

    proptest! {
        #[test]
        fn the_fast_back_end_agrees_with_plain_words(
            bytes in proptest::collection::vec(any::<u8>(), BLOCK),
            value: u64,
            mask: u64,
        ) {
            let block: &[u8; BLOCK] = bytes.as_slice().try_into().expect("64 bytes were asked for");
            let fast = Isa::detect().run(Everything { block, value, mask });
            let plain = Isa::portable().run(Everything { block, value, mask });
            prop_assert_eq!(fast, plain);
        }
    }

    #[test]
    fn every_byte_has_the_same_classes_in_every_lane() {
        for byte in 0..=u8::MAX {
            let block = [byte; BLOCK];
            let fast = Isa::detect().run(Everything { block: &block, value: 0, mask: 0 });
            let plain = Isa::portable().run(Everything { block: &block, value: 0, mask: 0 });
            assert_eq!(fast, plain, "byte {byte:#x}");
        }
    }
}
