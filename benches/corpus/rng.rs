//! A small random number generator: the same seed gives the same bytes on every machine.

/// SplitMix64 (Steele, Lea and Flood): one multiply-shift chain per number, no state worth losing.
#[derive(Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; the bias is far below what a corpus could show.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

/// Draws an index by weight with one table look-up.
#[derive(Debug)]
pub(crate) struct Weighted(Vec<u16>);

impl Weighted {
    /// Weights are shares of their sum; each one that is not zero gets at least one slot.
    pub(crate) fn new(weights: impl Iterator<Item = u32>) -> Self {
        let slots = weights
            .enumerate()
            .flat_map(|(index, weight)| std::iter::repeat_n(index as u16, weight as usize))
            .collect();
        Self(slots)
    }

    pub(crate) fn draw(&self, rng: &mut Rng) -> usize {
        usize::from(*rng.pick(&self.0))
    }
}
