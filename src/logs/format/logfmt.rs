//! logfmt: `time=… level=info msg="…" key=value`.
//!
//! A line counts as logfmt when it begins with pairs and one of the first says its level, its message or its time.

use crate::logs::FormatId;
use crate::logs::format::Parsed;
use crate::logs::format::bytes::{class, run};
use crate::logs::format::fields::Fields;
use crate::logs::format::keys::{KeyMemo, Place};

/// Pairs that are looked at; more stand in the message.
const MAX_PAIRS: usize = 64;

/// Reads a line of pairs.
pub(super) fn read<'a>(text: &'a [u8], memo: &mut KeyMemo, out: &mut Parsed<'a>) -> Option<()> {
    let mut fields = Fields::default();
    let mut rest = text;
    let mut pairs = 0;
    memo.begin();
    while pairs < MAX_PAIRS {
        let Some((pair, more)) = pair(rest) else { break };
        if let Some(known) = memo.look(Place::Top, pair.key, rest) {
            fields.text(known, pair.value, pair.escaped);
        }
        pairs += 1;
        rest = more;
    }
    let told = fields.has_level() || (fields.has_message() && fields.has_time());
    (pairs >= 2 && told).then_some(())?;
    fields.finish(FormatId::Logfmt, text, out);
    Some(())
}

/// One `key=value`.
struct Pair<'a> {
    key: &'a [u8],
    value: &'a [u8],
    escaped: bool,
}

/// Takes `key=value ` or `key="quoted value" ` off the front.
fn pair(text: &[u8]) -> Option<(Pair<'_>, &[u8])> {
    let equals = run(&text[..text.len().min(64)], class::KEY);
    let (key, value) = text.split_at(equals);
    (!key.is_empty()).then_some(())?;
    let value = value.strip_prefix(b"=")?;
    if let Some(quoted) = value.strip_prefix(b"\"") {
        let (end, escaped) = super::json::string_end(quoted)?;
        let rest = &quoted[end + 1..];
        return Some((Pair { key, value: &quoted[..end], escaped }, rest.strip_prefix(b" ").unwrap_or(rest)));
    }
    let end = memchr::memchr(b' ', value).unwrap_or(value.len());
    let rest = &value[end..];
    Some((Pair { key, value: &value[..end], escaped: false }, rest.trim_ascii_start()))
}
