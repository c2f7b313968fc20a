//! Spans of time, and the pieces that they are summed by: whole hours, whole minutes, and single events for what is left.

use super::{HOUR, MINUTE};

/// How long counts by the minute are told from. What lies in a part of an hour before that is counted by its events, of which
/// the newest thousands of each issue are there.
const MINUTES_TOLD: i64 = 48 * HOUR;
/// How long counts by the minute are kept: they are told by clocks that are a little behind, too.
pub(super) const MINUTES_KEPT: i64 = MINUTES_TOLD + HOUR;

/// A span of time, in microseconds since 1970; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: i64,
    pub to: i64,
}

/// A part of a span that one table tells; all but [`Hours`](Self::Hours) lie within one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// The first and the last.
    Hours(i64, i64),
    Minutes(i64, i64),
    Moments(Span),
}

impl Span {
    /// What the span is summed by, as of `now`.
    pub(super) fn pieces(self, now: i64) -> Vec<Piece> {
        // Nothing of what lies ahead has come yet: the present hour is a whole one.
        let to = if self.to < now { self.to } else { self.to - self.to.rem_euclid(HOUR) + HOUR - 1 };
        let (hours, rests) = Self { from: self.from, to }.cut(HOUR);
        let mut pieces: Vec<Piece> =
            hours.map(|(first, last)| Piece::Hours(first, last)).into_iter().collect();
        for rest in rests.into_iter().flatten() {
            if rest.from < now - MINUTES_TOLD {
                pieces.push(Piece::Moments(rest));
                continue;
            }
            let (minutes, rests) = rest.cut(MINUTE);
            pieces.extend(minutes.map(|(first, last)| Piece::Minutes(first, last)));
            pieces.extend(rests.into_iter().flatten().map(Piece::Moments));
        }
        pieces
    }

    /// The first and the last of the whole units that lie in the span, and what is left before and behind them.
    fn cut(self, width: i64) -> (Option<(i64, i64)>, [Option<Self>; 2]) {
        let first = self.from.div_euclid(width) + i64::from(self.from.rem_euclid(width) != 0);
        let end = (self.to + 1).div_euclid(width);
        let some = |from, to| (from <= to).then_some(Self { from, to });
        if first > end {
            return (None, [some(self.from, self.to), None]);
        }
        let rests = [some(self.from, first * width - 1), some(end * width, self.to)];
        ((first < end).then_some((first, end - 1)), rests)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_000_000_000_000;

    fn bounds(piece: Piece) -> Span {
        match piece {
            Piece::Hours(first, last) => Span { from: first * HOUR, to: (last + 1) * HOUR - 1 },
            Piece::Minutes(first, last) => Span { from: first * MINUTE, to: (last + 1) * MINUTE - 1 },
            Piece::Moments(span) => span,
        }
    }

    #[test]
    fn the_last_minutes_are_one_piece_up_to_the_end_of_the_hour() {
        let hour = NOW - NOW.rem_euclid(HOUR);
        let span = Span { from: hour + 5 * MINUTE, to: hour + 10 * MINUTE + 7 };
        let first = (hour + 5 * MINUTE) / MINUTE;
        assert_eq!(span.pieces(span.to), [Piece::Minutes(first, first + 54)]);
        let long_ago = span.to + 3 * 24 * HOUR;
        assert_eq!(span.pieces(long_ago), [Piece::Moments(span)]);
    }

    proptest! {
        #[test]
        fn pieces_hold_every_moment_once(from in 0..4 * HOUR, long in 0..4 * HOUR, after in 0..2 * HOUR) {
            let span = Span { from: NOW + from, to: NOW + from + long };
            let mut spans: Vec<Span> = span.pieces(span.to + after).into_iter().map(bounds).collect();
            spans.sort_by_key(|span| span.from);
            prop_assert_eq!(spans[0].from, span.from);
            prop_assert!(spans.windows(2).all(|two| two[0].to + 1 == two[1].from));
            let end = spans.last().unwrap().to;
            prop_assert!(end == span.to || (after == 0 && end == (span.to / HOUR + 1) * HOUR - 1));
        }
    }
}
