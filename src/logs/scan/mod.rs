//! The byte scanner: where lines end, where tokens end, which tokens vary, and what a message says apart from those.
//!
//! Nothing here looks at a byte twice without need: 64 bytes become bit masks, tokens are runs of ones, a token that
//! holds a digit is found by one addition. Rules that need to look at letters run only on the few tokens whose bytes
//! call for it. No promise depends on the machine: every back end gives the same tokens and the same signatures.

mod cut;
mod hash;
mod lines;
mod mask;
mod tokens;
mod variable;

pub use hash::{Hash128, hash64, hash128, mix64};
pub use lines::NewlineIndex;
pub use mask::{Masker, SIGNATURE_BYTES, clip};
pub use tokens::{Token, tokens};
