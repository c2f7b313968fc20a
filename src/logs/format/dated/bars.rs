//! Fields between bars: loguru's `… | INFO     | mod:func:12 - msg`, and bare ones like `…|Step_LSC|30002312|msg`.

use crate::logs::format::bytes::{drop_blanks, is_name, is_number, skip_blanks, split_once, token};
use crate::logs::format::level;
use crate::logs::{FormatId, Line};

/// How many fields may stand between the time and the message.
const MAX_FIELDS: usize = 5;

/// Reads what stands behind `time | `.
pub(super) fn spaced<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    line.format = FormatId::Loguru;
    fields(line, rest);
    loguru_place(line);
}

/// Reads what stands behind `time|`.
pub(super) fn unspaced<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    line.format = FormatId::BarFields;
    fields(line, rest);
}

/// Takes level, logger and numbers off; the first field that is none of them begins the message.
fn fields<'a>(line: &mut Line<'a>, rest: &'a [u8]) {
    let mut ahead = rest;
    for _ in 0..MAX_FIELDS {
        let Some((field, more)) = split_once(ahead, b"|") else { break };
        let field = drop_blanks(skip_blanks(field));
        if line.level.is_none()
            && let Some((found, word)) = level::of_field(field)
        {
            (line.level, line.level_raw) = (Some(found), word);
        } else if line.logger.is_empty() && is_name(field) {
            line.logger = field;
        } else if !is_number(field) {
            break;
        }
        ahead = more;
    }
    line.message = skip_blanks(ahead);
}

/// `package.module:function:12 - msg`; the function may be `<module>`.
fn loguru_place(line: &mut Line<'_>) {
    let (place, rest) = token(line.message);
    let Some(message) = skip_blanks(rest).strip_prefix(b"- ") else { return };
    let mut parts = place.splitn(2, |b| *b == b':');
    let (Some(module), Some(origin)) = (parts.next(), parts.next()) else { return };
    if super::is_origin(origin) || is_number(origin) {
        (line.logger, line.origin, line.message) = (module, origin, skip_blanks(message));
    }
}
