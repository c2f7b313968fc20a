//! The clock of one segment: asked for every record in turn, it says when that was written.

use crate::logs::time::civil::{Civil, DAY_US, SECOND_US};
use crate::logs::time::file::FileTime;
use crate::logs::time::written::Written;
use crate::logs::time::zone::CachedZone;
use crate::logs::time::{At, Moment, moment};
use crate::logs::{Stamp, StampLayout};

/// A time of day that lies more than this before the last one belongs to the next day.
pub(super) const ROLL_US: i64 = DAY_US / 2;

/// Longest written time that is remembered.
const MAX_CACHED: usize = 40;

/// The clock of one segment.
#[derive(Clone, Debug)]
pub struct Clock {
    file: FileTime,
    zone: CachedZone,
    minute: Minute,
    stretch: Stretch,
}

/// What a segment's times are like at its borders; joined in order by [`super::Timeline`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// The first time of day, if one came before any date: microseconds since midnight.
    pub(in crate::logs) first_relative: Option<i64>,
    /// The last such time, in microseconds since the midnight before the first.
    pub(super) last_relative: Option<i64>,
    pub(in crate::logs) first_known: Option<i64>,
    pub(super) last_known: Option<i64>,
}

impl Stretch {
    /// Whether times of day were all that was found.
    pub fn is_dateless(&self) -> bool {
        self.first_relative.is_some() && self.first_known.is_none()
    }
}

impl Clock {
    /// Creates the clock of a segment of this file.
    pub fn new(file: FileTime) -> Self {
        Self {
            file,
            zone: CachedZone::new(file.zone()),
            minute: Minute::default(),
            stretch: Stretch::default(),
        }
    }

    /// Says when a record was written. Ask for the records in their order: those without a time take the one before.
    #[inline]
    pub fn at(&mut self, stamp: &Stamp<'_>) -> At {
        if stamp.layout == StampLayout::None {
            return self.neighbour();
        }
        if let Some(us) = self.minute.us(stamp) {
            return self.known(us);
        }
        match moment(stamp) {
            Some(Moment::Us(us)) => self.known(us),
            Some(Moment::Written(written)) if written.civil.month == 0 => self.time_of_day(&written.civil),
            Some(Moment::Written(written)) => {
                let us = self.file.us_of(&written.civil, &mut self.zone);
                self.minute.remember(stamp, &written, us);
                self.known(us)
            }
            None => self.neighbour(),
        }
    }

    /// What the segment's borders look like, for [`super::Timeline`].
    pub fn stretch(&self) -> Stretch {
        self.stretch
    }

    #[inline]
    fn known(&mut self, us: i64) -> At {
        self.stretch.first_known.get_or_insert(us);
        self.stretch.last_known = Some(us);
        At::Known { us, inferred: false }
    }

    /// The time of the record before.
    #[inline]
    fn neighbour(&self) -> At {
        match self.stretch {
            Stretch { last_known: Some(us), .. } => At::Known { us, inferred: true },
            Stretch { last_relative: Some(us), .. } => At::Relative { us, inferred: true },
            _ => At::Carried,
        }
    }

    /// A time without a day: the day of the record before, or the one next to it.
    fn time_of_day(&mut self, civil: &Civil) -> At {
        let day_us = civil.day_us();
        if let Some(last) = self.stretch.last_known {
            let wall = next_to(self.zone.wall_us(last), day_us);
            let us = self.zone.utc_us(wall);
            return self.known(us);
        }
        let us = self.stretch.last_relative.map_or(day_us, |last| next_to(last, day_us));
        self.stretch.first_relative.get_or_insert(us);
        self.stretch.last_relative = Some(us);
        At::Relative { us, inferred: false }
    }
}

/// The moment with this time of day that is next to `last`: forward over midnight, back where a clock was set back.
pub(super) fn next_to(last: i64, day_us: i64) -> i64 {
    let same_day = last.div_euclid(DAY_US) * DAY_US + day_us;
    if same_day < last - ROLL_US {
        same_day + DAY_US
    } else if same_day > last + ROLL_US {
        same_day - DAY_US
    } else {
        same_day
    }
}

/// The last written time and the moment its minute began: the lines behind it mostly differ in their seconds only.
#[derive(Clone, Copy, Debug)]
struct Minute {
    layout: StampLayout,
    text: [u8; MAX_CACHED],
    len: usize,
    /// Where the seconds stand.
    second_at: usize,
    /// Where they end, a fraction included.
    second_end: usize,
    us: i64,
}

impl Default for Minute {
    fn default() -> Self {
        let text = [0; MAX_CACHED];
        Self { layout: StampLayout::None, text, len: 0, second_at: 0, second_end: 0, us: 0 }
    }
}

impl Minute {
    fn remember(&mut self, stamp: &Stamp<'_>, written: &Written, us: i64) {
        let (text, second_at) = (stamp.text, written.second_at);
        let counts_milliseconds = stamp.layout == StampLayout::PackedDate;
        if second_at == 0 || counts_milliseconds || text.len() > MAX_CACHED || text.len() < second_at + 2 {
            return;
        }
        let behind = &text[second_at + 2..];
        let fraction = match behind {
            [b'.' | b',', digits @ ..] => 1 + digits.iter().take_while(|b| b.is_ascii_digit()).count(),
            _ => 0,
        };
        let (second, micros) = (i64::from(written.civil.second), i64::from(written.civil.micros));
        self.text[..text.len()].copy_from_slice(text);
        (self.layout, self.len) = (stamp.layout, text.len());
        (self.second_at, self.second_end) =
            (second_at, second_at + 2 + if fraction > 1 { fraction } else { 0 });
        self.us = us - second * SECOND_US - micros;
    }

    /// The moment of a time in the same minute, written in the same way.
    #[inline]
    fn us(&self, stamp: &Stamp<'_>) -> Option<i64> {
        let text = stamp.text;
        if text.len() != self.len || stamp.layout != self.layout {
            return None;
        }
        let (before, rest) = text.split_at_checked(self.second_at)?;
        let (seconds, behind) = rest.split_at_checked(self.second_end - self.second_at)?;
        let same = alike(before, &self.text[..self.second_at])
            && alike(behind, &self.text[self.second_end..self.len]);
        if !same {
            return None;
        }
        let digit = |digit: u8| Some(digit ^ b'0').filter(|digit| *digit < 10).map(i64::from);
        let [tens, ones, fraction @ ..] = seconds else { return None };
        let second = digit(*tens)? * 10 + digit(*ones)?;
        let mut micros = 0;
        if let [mark, digits @ ..] = fraction {
            matches!(mark, b'.' | b',').then_some(())?;
            let mut unit = 100_000;
            for byte in digits {
                micros += digit(*byte)? * unit;
                unit /= 10;
            }
        }
        (second <= 60).then_some(self.us + second * SECOND_US + micros)
    }
}

/// Whether two short texts of one length are the same, without calling anything for a date's 17 bytes.
#[inline]
fn alike(a: &[u8], b: &[u8]) -> bool {
    let (blocks_a, rest_a) = a.as_chunks::<16>();
    let (blocks_b, rest_b) = b.as_chunks::<16>();
    blocks_a.iter().eq(blocks_b) && rest_a.iter().eq(rest_b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::format::{parse, stamps};
    use crate::logs::time::zone::Zone;

    /// 2024-01-01T10:00:00Z.
    const TEN: i64 = 1_704_103_200 * SECOND_US;

    fn clock() -> Clock {
        Clock::new(FileTime::new(Zone::Fixed(0), TEN + 10 * DAY_US))
    }

    fn walk(clock: &mut Clock, lines: &[&str]) -> Vec<At> {
        lines.iter().map(|line| clock.at(&parse(line.as_bytes()).line.stamp)).collect()
    }

    fn known(us: i64) -> At {
        At::Known { us, inferred: false }
    }

    #[test]
    fn undated_lines_take_the_time_before_them() {
        let got = walk(&mut clock(), &["INFO:     x", "2024-01-01 10:00:00 INFO x", "INFO:     x"]);
        assert_eq!(got, [At::Carried, known(TEN), At::Known { us: TEN, inferred: true }]);
    }

    #[test]
    fn dateless_times_roll_at_midnight() {
        let lines = ["2024-01-01 23:59:58 INFO x", "23:59:59 INFO x", "00:00:01 INFO x", "23:59:57 INFO x"];
        let late = TEN + 14 * 3_600 * SECOND_US;
        let offsets = [-2, -1, 1, -3];
        assert_eq!(walk(&mut clock(), &lines), offsets.map(|s| known(late + s * SECOND_US)));
    }

    #[test]
    fn dateless_times_before_any_date_are_relative() {
        let mut clock = clock();
        let got = walk(&mut clock, &["23:00:00 INFO x", "INFO:     x", "01:00:00 INFO x"]);
        let hour = 3_600 * SECOND_US;
        let relative = |us, inferred| At::Relative { us, inferred };
        assert_eq!(got, [relative(23 * hour, false), relative(23 * hour, true), relative(25 * hour, false)]);
        assert_eq!(clock.stretch().first_relative, Some(23 * hour));
        assert_eq!(clock.stretch().last_relative, Some(25 * hour));
    }

    #[test]
    fn a_clock_that_runs_backwards_is_believed() {
        let got = walk(&mut clock(), &["2024-01-01 10:00:00 INFO x", "2024-01-01 09:59:00 INFO x"]);
        assert_eq!(got[1], known(TEN - 60 * SECOND_US));
    }

    proptest! {
        #[test]
        fn the_remembered_minute_changes_nothing(
            times in prop::collection::vec((0..3_i64, 0..2_u32, 0..60_u32, 0..1_000_000_u32, 0..11_usize), 1..30)
        ) {
            let mut remembering = clock();
            for (day, minute, second, micros, kind) in times {
                let date = format!("2024-01-0{}", day + 1);
                let text = match kind {
                    0 => format!("{date} 10:{minute:02}:{second:02}"),
                    1 => format!("{date} 10:{minute:02}:{second:02},{:03}", micros / 1_000),
                    2 => format!("{date}T10:{minute:02}:{second:02}.{micros:06}Z"),
                    3 => format!("{date}T10:{minute:02}:{second:02}.{micros:06}+02:00"),
                    4 => format!("{date} 10:{minute:02}:{second:02} +0000"),
                    5 => format!("{date} 10:{minute:02}:{second:02} UTC"),
                    6 => format!("0{}/Jan/2024:10:{minute:02}:{second:02} +0100", day + 1),
                    7 => format!("Jan  {} 10:{minute:02}:{second:02}", day + 1),
                    8 => format!("Mon Jan 0{} 10:{minute:02}:{second:02}.{micros:06} 2024", day + 1),
                    9 => format!("24010{} 10{minute:02}{second:02}", day + 1),
                    _ => format!("2024010{}-10:{minute}:{second}:{}", day + 1, micros / 1_000),
                };
                let (stamp, rest) = stamps::leading(text.as_bytes()).unwrap();
                prop_assert_eq!(rest, b"", "{}", text);
                prop_assert_eq!(remembering.at(&stamp), clock().at(&stamp), "{}", text);
            }
        }
    }
}
