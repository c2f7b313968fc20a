//! As much Python as is needed to find string literals and the calls they stand in.
//!
//! No grammar and no names resolved: where literals and comments stand, and the tokens of the statements that somebody asks
//! for. Most of a file is never cut into tokens. Any text is taken.

mod expression;
mod literal;
mod spans;
mod token;

pub(super) use expression::{Argument, NAME_MARK, arguments, dotted, templates, text_of};
pub(super) use literal::Piece;
pub(super) use spans::Spans;
pub(super) use token::{Kind, Token, call_tokens, clause_tokens, statement_tokens};
