//! Redis: `123:M 01 Jan 2024 10:00:00.000 * msg`; the mark before the message is the level.

use crate::logs::format::bytes::digits;
use crate::logs::format::stamps;
use crate::logs::{FormatId, Line};
use crate::model::Level;

/// Reads a line of Redis, Valkey or Sentinel.
pub(super) fn read<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (process, rest) = digits(text);
    let [b':', b'M' | b'S' | b'C' | b'X' | b'G', b' ', more @ ..] = rest else { return None };
    (!process.is_empty()).then_some(())?;
    let (stamp, behind) = stamps::leading(more)?;
    let [b' ', mark, b' ', message @ ..] = behind else { return None };
    let level = match mark {
        b'.' => Level::Debug,
        b'-' | b'*' => Level::Info,
        b'#' => Level::Warning,
        _ => return None,
    };
    line.reset(FormatId::Redis);
    (line.stamp, line.message) = (stamp, message);
    (line.level, line.level_raw) = (Some(level), &behind[1..2]);
    Some(())
}
