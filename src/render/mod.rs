//! Documents and their layouts: one document, one renderer for each format.
//!
//! A view turns a report into a [`Document`]; a renderer turns any document into text. A new command is one report and
//! one view, a new format one renderer. Every renderer escapes hostile text for its own medium.

mod document;

pub use document::{Align, Block, Cell, Column, Document, Plot, Role, Series, Span, Table, Text};
