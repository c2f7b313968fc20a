//! From TOML to typed sections: positions, problems, `${VAR}`, and where each value comes from.
//!
//! A section is declared once, by [`section!`]: its keys, types, defaults and descriptions. What reads it, what shows it
//! and its JSON Schema are made from that. A value is read through its type's [`Setting`]. Problems are collected, so
//! that one run names all of them.

mod circle;
mod expand;
mod node;
mod problem;
mod reader;
mod reference;
mod schema;
mod section;
mod setting;

pub(super) use node::{Absent, Node, Table};
pub(super) use problem::Lines;
pub use problem::Problem;
pub use reader::{Entry, Source};
pub(super) use reader::{Reader, absolute};
pub(super) use reference::{Name, References, refer};
pub(super) use schema::{Schema, Shape};
pub(super) use section::{Section, choice, parts, section, words};
pub(super) use setting::{
    Setting, Span, integer_schema, number_schema, quoted, read_integer, read_number, read_word,
};
