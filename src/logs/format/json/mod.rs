//! JSON lines: a scan for the wanted keys, without a tree and without copying.
//!
//! Values that are not wanted are skipped by counting brackets; nothing recurses on input, so depth costs no stack. A
//! line that breaks off or is malformed gives what was found before the break.

mod quotes;
mod scan;
mod unescape;

use crate::logs::FormatId;
use crate::logs::format::Parsed;
use crate::logs::format::fields::Fields;
use crate::logs::format::keys::KeyMemo;

pub(crate) use quotes::Quotes;
pub(super) use scan::string_end;
pub(crate) use scan::{Value, top_level};
pub(crate) use unescape::unescape;

/// Reads a line that begins with `{`; `None` if it is no object, or a broken one without any known field.
pub(super) fn read<'a>(
    text: &'a [u8],
    quotes: &mut Quotes,
    memo: &mut KeyMemo,
    out: &mut Parsed<'a>,
) -> Option<()> {
    quotes.find(text);
    let mut fields = Fields::default();
    let complete = scan::object(text, quotes, memo, &mut fields);
    (complete || fields.has_level() || fields.has_message()).then_some(())?;
    fields.finish(FormatId::Json, text, out);
    Some(())
}
