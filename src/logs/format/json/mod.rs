//! JSON lines: a scan for the wanted keys, without a tree and without copying.
//!
//! Values that are not wanted are skipped by counting brackets; nothing recurses on input, so depth costs no stack. A
//! line that breaks off or is malformed gives what was found before the break.

mod scan;
mod unescape;

use crate::logs::format::Parsed;
use crate::logs::format::fields::Fields;
use crate::logs::{FormatId, Line};

pub(super) use scan::string_end;
pub(crate) use unescape::unescape;

/// Reads a line that begins with `{`; `None` if it is no object, or a broken one without any known field.
pub(crate) fn read(text: &[u8]) -> Option<Parsed<'_>> {
    let mut fields = Fields::default();
    let complete = scan::object(text, &mut fields);
    let told = fields.has_level() || fields.has_message();
    (complete || told).then(|| fields.finish(Line::header(FormatId::Json), text))
}

/// Calls for every field at the top of an object that is a string, a number or an array of numbers, raw.
pub(crate) fn top_level<'a>(text: &'a [u8], told: &mut dyn FnMut(&'a [u8], Value<'a>)) -> bool {
    scan::top_level(text, told)
}

pub(crate) use scan::Value;
