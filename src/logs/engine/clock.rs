//! The time of each record of a part, whatever stood before the part.
//!
//! An undated record takes the time of the dated one before it, unless that lies more than [`CARRY`] bytes back. So a part
//! that begins with undated lines only has to look back that far to know what the whole source would say.

use crate::logs::Line;

/// How far a time reaches: about ten thousand lines.
pub(super) const CARRY: u64 = 1 << 20;

/// A record's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    /// Microseconds since 1970, UTC.
    pub(super) us: i64,
    /// Whether it was taken from a neighbour.
    pub(super) inferred: bool,
}

/// Tells the time of one record after the other.
#[derive(Debug, Default)]
pub(super) struct PartClock {
    /// The first time that a record bore, and where.
    first: Option<(i64, u64)>,
    /// The last one.
    last: Option<(i64, u64)>,
}

impl PartClock {
    /// The time of the record that begins at `offset`.
    #[inline]
    pub(super) fn at(&mut self, line: &Line<'_>, offset: u64) -> Option<Time> {
        match self.read(line) {
            Some(us) => {
                self.first.get_or_insert((us, offset));
                self.last = Some((us, offset));
                Some(Time { us, inferred: false })
            }
            None => self.carried(offset).map(|us| Time { us, inferred: true }),
        }
    }

    /// The time that an undated record at `offset` would take.
    #[inline]
    pub(super) fn carried(&self, offset: u64) -> Option<i64> {
        self.last.filter(|&(_, from)| offset.saturating_sub(from) <= CARRY).map(|(us, _)| us)
    }

    /// Whether any record bore a time so far.
    pub(super) fn has_time(&self) -> bool {
        self.last.is_some()
    }

    /// Lends the first time of what lies ahead to the undated records before it.
    pub(super) fn expect(&mut self, ahead: &Self) {
        if self.last.is_none() {
            self.last = ahead.first.map(|(us, _)| (us, 0));
        }
    }

    fn read(&mut self, _: &Line<'_>) -> Option<i64> {
        None
    }
}
