//! The time of each record of a part, whatever stood before the part.
//!
//! In most files dates are never far: an undated record takes the time of the record before it, a time without a day takes
//! the day of the date before it, unless that lies more than [`CARRY`] bytes back. So a part only has to look back that far
//! to know what the whole file would say. Files in which dates are rare are read twice: once for their times alone, then
//! with the [`Placement`] of each part.

use crate::logs::{Anchor, At, Clock, Ending, FileTime, Line, Placement, Stretch, Timeline};

/// How far a date reaches: about ten thousand lines.
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
#[derive(Debug)]
pub(super) struct PartClock {
    clock: Clock,
    /// What times without a day, and records before any time, hang on.
    hook: Hook,
    /// Where the last date and the last time of any kind stood.
    dated: Option<u64>,
    timed: Option<u64>,
    last: Option<i64>,
    /// Where the last record stood that bears a time of its own, of whatever kind.
    heard: Option<u64>,
}

/// What is known of times that the part itself does not place.
#[derive(Clone, Copy, Debug, Default)]
struct Hook {
    /// Times hold for the whole file, however far.
    endless: bool,
    /// What is to be added to relative times.
    relative_us: Option<i64>,
    /// The time of records before any time.
    carried_us: Option<i64>,
}

impl PartClock {
    /// The clock of a part of which nothing is known.
    pub(super) fn new(file: FileTime) -> Self {
        Self {
            clock: Clock::new(file),
            hook: Hook::default(),
            dated: None,
            timed: None,
            last: None,
            heard: None,
        }
    }

    /// The clock of a part in a file that was read for its times before.
    pub(super) fn placed(file: FileTime, placement: Placement, ending: Ending) -> Self {
        let moment = |anchor| match anchor {
            Anchor::Known(us) => us,
            Anchor::FromFirstDay(us) => us + ending.relative_us,
        };
        let hook = Hook {
            endless: true,
            relative_us: Some(moment(placement.relative)),
            carried_us: placement.carried.map(moment).or(ending.first_us),
        };
        Self { hook, ..Self::new(file) }
    }

    /// The time of the record that begins at `offset`.
    #[inline]
    pub(super) fn at(&mut self, line: &Line<'_>, offset: u64) -> Option<Time> {
        let at = self.clock.at(&line.stamp);
        if let At::Known { inferred: false, .. } | At::Relative { inferred: false, .. } = at {
            self.heard = Some(offset);
        }
        let time = match at {
            At::Known { us, inferred: false } => {
                let bare = line.stamp.layout.lacks_day();
                if bare && !self.is_near(self.dated, offset) {
                    return None;
                }
                if !bare {
                    self.dated = Some(offset);
                }
                self.timed = Some(offset);
                Time { us, inferred: false }
            }
            At::Known { us, inferred: true } if self.is_near(self.timed, offset) => {
                Time { us, inferred: true }
            }
            At::Known { .. } => return None,
            At::Relative { us, inferred } => Time { us: us + self.hook.relative_us?, inferred },
            At::Carried => Time { us: self.hook.carried_us?, inferred: true },
        };
        self.last = Some(time.us);
        Some(time)
    }

    /// The time of the record before.
    pub(super) fn last(&self) -> Option<i64> {
        self.last
    }

    /// Whether no record from `offset` on has borne a time of its own.
    pub(super) fn is_timeless_from(&self, offset: u64) -> bool {
        self.heard.is_none_or(|heard| heard < offset)
    }

    /// Whether records before any time are given one.
    pub(super) fn carries(&self) -> bool {
        self.hook.carried_us.is_some()
    }

    /// Whether a record at `offset` would be given the time that the whole file gives it.
    pub(super) fn knows(&self, offset: u64) -> bool {
        self.dated.is_some() && self.is_near(self.dated, offset)
    }

    /// Takes what lies ahead of the beginning of a file for the records before its first date. Where there are only
    /// times of day, `endless` says whether to go by them all the same.
    pub(super) fn expect(&mut self, ahead: &Stretch, file: FileTime, endless: bool) {
        if ahead.is_dateless() && !endless {
            return;
        }
        let mut line = Timeline::new(file);
        line.push(ahead);
        let ending = line.finish();
        self.hook = Hook {
            endless: ahead.is_dateless(),
            relative_us: Some(ending.relative_us),
            carried_us: ending.first_us,
        };
    }

    /// What was seen so far, for a [`Timeline`].
    pub(super) fn stretch(&self) -> Stretch {
        self.clock.stretch()
    }

    #[inline]
    fn is_near(&self, place: Option<u64>, offset: u64) -> bool {
        self.hook.endless || place.is_some_and(|place| offset.saturating_sub(place) <= CARRY)
    }
}
