//! One block of 64 bytes cut into tokens, by arithmetic on bit masks.
//!
//! A block always begins at a token or between tokens, and only complete tokens are cut: one that reaches the end of
//! the block is left for the next block, which begins with it. So no state crosses a block but "was the last token
//! variable" (for the one who collapses runs) and "was the last byte a dot".
//!
//! # What a token is
//!
//! A run of bytes without white space and without ``!"&'()*,:;<=>[]`{|}``. A dot separates where it ends a token or
//! stands beside another dot (`done.`, `enabled....`). A path with a query (`/x?a=b&c=d`) is one token up to white space
//! or a quote. A token is *variable* where a digit stands in it, where its shape says so (see [`super::variable`]), where
//! it has 64 bytes or more, or where it is a group of hexadecimal letters joined by colons to a variable one.

use std::ops::Range;

use super::variable::{is_hex_group, is_variable_shape};
use crate::platform::simd::{BLOCK, Classes, Vector};

/// The complete tokens of one block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// First bytes of tokens.
    pub(super) starts: u64,
    /// The byte behind each token.
    pub(super) ends: u64,
    /// Those of `starts` that begin a constant token.
    pub(super) constant_starts: u64,
    /// Those of `ends` that follow a constant token.
    pub(super) constant_ends: u64,
    /// For each token, first one lowest: whether it is constant.
    pub(super) constant: u64,
    /// How far the next block begins behind this one; 0 if the block is one token that goes on.
    pub(super) consumed: usize,
}

impl Cut {
    /// Cuts `block`, of which `left` bytes up to the end of the message count (more than 64 if it goes on).
    #[inline(always)]
    pub(super) fn new<V: Vector>(vector: V, block: &[u8; BLOCK], left: usize, after_dot: bool) -> Self {
        let classes = vector.classify(block);
        let valid = if left >= BLOCK { !0 } else { (1 << left) - 1 };
        let raw = !classes.delimiter & valid;
        let dots = classes.dot & raw;
        let more = u64::from(left > BLOCK) << (BLOCK - 1);
        let leaders = dots & (dots << 1 | dots >> 1 | u64::from(after_dot));
        let mut tokens = raw & !(leaders | dots & !(raw >> 1 | more));
        if classes.path & tokens != 0 {
            tokens = with_queries(vector, block, tokens, valid);
        }
        let mut consumed = left.min(BLOCK);
        if left >= BLOCK {
            let open = (!tokens).leading_zeros();
            consumed = BLOCK - open as usize;
            if consumed == 0 {
                return Self::one_long_token();
            }
            tokens &= !0 >> open;
        }
        Self::of_tokens(vector, block, &classes, tokens, consumed)
    }

    fn one_long_token() -> Self {
        Self { starts: 0, ends: 0, constant_starts: 0, constant_ends: 0, constant: 0, consumed: 0 }
    }

    #[inline(always)]
    fn of_tokens<V: Vector>(
        vector: V,
        block: &[u8; BLOCK],
        classes: &Classes,
        tokens: u64,
        consumed: usize,
    ) -> Self {
        let starts = tokens & !(tokens << 1);
        let ends = !tokens & (tokens << 1);
        // One added at each start runs through a token without a digit and comes out behind it; a digit stops it.
        let runs_through = |stops: u64| (tokens & !stops).wrapping_add(starts) & ends;
        let mut constant_ends = runs_through(classes.digit);
        let suspicious = (classes.path | classes.dot) & tokens;
        if suspicious != 0 {
            let suspects = constant_ends & !runs_through(classes.digit | suspicious);
            constant_ends &= !shaped_variable(block, classes, starts, suspects);
        }
        let mut constant = vector.extract(constant_ends, ends);
        let mut constant_starts = vector.deposit(constant, starts);
        let joined = tokens | classes.colon;
        let joints = classes.colon & (joined << 1) & (joined >> 1);
        if joints != 0 {
            let constant_bytes = constant_ends.wrapping_sub(constant_starts);
            let touches = |bytes: u64| joints & (bytes << 1 | bytes >> 1) != 0;
            if touches(constant_bytes) && touches(tokens & !constant_bytes) {
                constant_ends = without_hex_groups(block, joints, starts, ends, constant_ends);
                constant = vector.extract(constant_ends, ends);
                constant_starts = vector.deposit(constant, starts);
            }
        }
        Self { starts, ends, constant_starts, constant_ends, constant, consumed }
    }
}

/// Walks over set bits, lowest first.
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(at)
    })
}

/// All bits below `at`.
fn below(at: usize) -> u64 {
    if at >= BLOCK { !0 } else { (1 << at) - 1 }
}

/// The token that ends before `end`.
fn token_before(starts: u64, end: usize) -> Range<usize> {
    let start = (starts & below(end)).checked_ilog2().unwrap_or(0) as usize;
    start..end
}

/// Adds to `tokens` what follows a `?` in a token that begins with a slash, up to white space or a quote.
#[cold]
#[inline(never)]
fn query_tails(block: &[u8; BLOCK], marks: u64, mut tokens: u64, hard: u64) -> u64 {
    for mark in bits(marks & tokens) {
        let gaps = !tokens & below(mark);
        let start = gaps.checked_ilog2().map_or(0, |gap| gap as usize + 1);
        if block[start] == b'/' {
            let end = (hard & !below(mark)).trailing_zeros() as usize;
            tokens |= below(end) & !below(mark);
        }
    }
    tokens
}

#[inline(always)]
fn with_queries<V: Vector>(vector: V, block: &[u8; BLOCK], tokens: u64, valid: u64) -> u64 {
    let marks = vector.eq(block, b'?') & tokens;
    if marks == 0 {
        return tokens;
    }
    let hard =
        vector.eq(block, b' ') | vector.eq(block, b'"') | vector.eq(block, b'\'') | vector.eq(block, b'\t');
    query_tails(block, marks, tokens, hard) & valid
}

/// The ends among `suspects` whose tokens are variable by their shape.
#[inline(never)]
fn shaped_variable(block: &[u8; BLOCK], classes: &Classes, starts: u64, suspects: u64) -> u64 {
    let mut variable = 0;
    for end in bits(suspects) {
        let token = token_before(starts, end);
        let span = below(end) & !below(token.start);
        let path = classes.path & span;
        let dots = (classes.dot & span).count_ones();
        if (path != 0 || dots >= 2) && is_variable_shape(&block[token]) {
            variable |= 1 << end;
        }
    }
    variable
}

/// Takes from `constant_ends` the groups of an address: up to four hexadecimal letters, joined by a colon or two to a
/// variable token.
#[inline(never)]
fn without_hex_groups(block: &[u8; BLOCK], joints: u64, starts: u64, ends: u64, constant_ends: u64) -> u64 {
    let mut constant = constant_ends;
    let mut previous = 0..0;
    for end in bits(ends) {
        let token = token_before(starts, end);
        let variable_before = previous.end != 0 && constant & (1 << previous.end) == 0;
        if variable_before && is_joined(joints, &previous, &token) && is_hex_group(&block[token.clone()]) {
            constant &= !(1 << end);
        }
        previous = token;
    }
    let mut next = BLOCK..BLOCK;
    for end in bits(ends.reverse_bits()).map(|bit| BLOCK - 1 - bit) {
        let token = token_before(starts, end);
        let variable_behind = next.start != BLOCK && constant & (1 << next.end) == 0;
        if variable_behind && is_joined(joints, &token, &next) && is_hex_group(&block[token.clone()]) {
            constant &= !(1 << end);
        }
        next = token;
    }
    constant
}

/// Whether nothing but colons that join lies between two neighbours.
fn is_joined(joints: u64, left: &Range<usize>, right: &Range<usize>) -> bool {
    let gap = below(right.start) & !below(left.end);
    gap != 0 && gap & !joints == 0
}
