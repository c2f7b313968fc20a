//! Logs of large machines: Blue Gene/L, clusters that put an alert mark and an epoch before syslog, HPC event logs.

use crate::logs::format::bytes::{digits, is_number, skip_blanks, token};
use crate::logs::format::{level, stamps, syslog};
use crate::logs::{FormatId, Line, Stamp, StampLayout};

/// Reads what begins with an alert mark (`-`, `APPREAD`): an epoch and a date with dots follow.
pub(super) fn read_marked<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (mark, rest) = token(text);
    (mark.len() <= 24).then_some(())?;
    let (epoch, rest) = token(rest.strip_prefix(b" ")?);
    is_epoch(epoch).then_some(())?;
    let (date, rest) = token(rest.strip_prefix(b" ")?);
    (date.len() == 10 && date[4] == b'.' && date[7] == b'.').then_some(())?;
    let (node, rest) = token(rest.strip_prefix(b" ")?);
    (!node.is_empty()).then_some(())?;
    let rest = skip_blanks(rest);
    match stamps::leading(rest)? {
        (stamp, behind) if stamp.layout == StampLayout::Dotted => blue_gene(stamp, behind, line),
        (stamp, behind) if stamp.layout == StampLayout::MonthDay => {
            syslog::behind_month_day(Stamp { layout: StampLayout::Epoch, text: epoch }, behind, line);
            line.format = FormatId::ClusterSyslog;
            Some(())
        }
        _ => None,
    }
}

/// `R02-M1-N0 RAS KERNEL INFO msg`, behind the time.
fn blue_gene<'a>(stamp: Stamp<'a>, rest: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (_, rest) = token(skip_blanks(rest));
    let (_, rest) = token(skip_blanks(rest));
    let (component, rest) = token(skip_blanks(rest));
    let (word, rest) = token(skip_blanks(rest));
    let (found, word) = level::of_field(word)?;
    line.reset(FormatId::Bgl);
    line.stamp = stamp;
    (line.level, line.level_raw) = (Some(found), word);
    (line.logger, line.message) = (component, skip_blanks(rest));
    Some(())
}

/// `134681 node-246 unix.hw state_change.unavailable 1077804742 1 msg`.
pub(super) fn read_hpc<'a>(text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let (id, rest) = digits(text);
    (!id.is_empty() && rest.starts_with(b" ")).then_some(())?;
    let (_, rest) = token(skip_blanks(rest));
    let (component, rest) = token(skip_blanks(rest));
    let (_, rest) = token(skip_blanks(rest));
    let (epoch, rest) = token(skip_blanks(rest));
    is_epoch(epoch).then_some(())?;
    let (flag, rest) = token(skip_blanks(rest));
    is_number(flag).then_some(())?;
    line.reset(FormatId::Hpc);
    line.stamp = Stamp { layout: StampLayout::Epoch, text: epoch };
    (line.logger, line.message) = (component, skip_blanks(rest));
    Some(())
}

/// Whether a field is seconds since 1970, from 2001 to 2286.
fn is_epoch(field: &[u8]) -> bool {
    let seconds = field.split(|b| *b == b'.').next().unwrap_or_default();
    seconds.len() == 10 && is_number(seconds)
}
