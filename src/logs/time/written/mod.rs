//! Reads a written time off the front of a text: some twenty shapes, told apart by their first bytes.
//!
//! What is read is range-checked; a text that only resembles a time (an address, a version, a size) gives `None`.

mod hours;

use super::civil::Civil;
use super::cursor::Cursor;
use super::names;
use crate::logs::StampLayout;
use hours::{clock, clock_and_zone, dotted_clock, meridiem, packed_clock, zone};

/// A written time: its shape, how many bytes it takes, what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) layout: StampLayout,
    pub(crate) len: usize,
    /// Where the two digits of the seconds stand; 0 where the spelling has none such.
    pub(crate) second_at: usize,
    pub(crate) civil: Civil,
}

/// Reads the time that the text begins with.
pub(crate) fn read(text: &[u8]) -> Option<Written> {
    let first = *text.first()?;
    let mut at = Cursor::new(text);
    let mut civil = Civil::default();
    let layout = if first.is_ascii_digit() {
        match text.iter().take(9).take_while(|b| b.is_ascii_digit()).count() {
            1 | 2 => short_number_first(&mut at, &mut civil)?,
            4 => year_first(&mut at, &mut civil)?,
            6 => six_digits(&mut at, &mut civil)?,
            8 => eight_digits(&mut at, &mut civil)?,
            _ => return None,
        }
    } else if first.is_ascii_alphabetic() {
        word_first(&mut at, &mut civil)?
    } else {
        return None;
    };
    civil.is_valid().then(|| Written { layout, len: at.at(), second_at: at.second_at(), civil })
}

/// Reads `0102 15:04:05.000000`, which only glog writes.
pub(crate) fn read_glog(text: &[u8]) -> Option<Written> {
    let mut at = Cursor::new(text);
    let month_day = at.number(4, 4)?;
    let mut civil = Civil { month: month_day / 100, day: month_day % 100, ..Civil::default() };
    (at.eat(b' ') && clock(&mut at, &mut civil)).then_some(())?;
    let (layout, second_at) = (StampLayout::GlogMonthDay, at.second_at());
    civil.is_valid().then(|| Written { layout, len: at.at(), second_at, civil })
}

/// `2024-01-01 10:00:00.123 +00:00` and its kin.
fn year_first(at: &mut Cursor<'_>, civil: &mut Civil) -> Option<StampLayout> {
    civil.year = at.number(4, 4)?.cast_signed();
    let separator = at.eat_any(b"-/.")?;
    civil.month = at.number(1, 2)?;
    at.eat(separator).then_some(())?;
    civil.day = at.number(1, 2)?;
    if at.peek() == Some(b'-') {
        at.bump(1);
        return dotted_clock(at, civil).then_some(StampLayout::Dotted);
    }
    if at.peek() == Some(b',') && at.peek_at(1) == Some(b' ') {
        at.bump(1);
    }
    at.eat_any(b" Tt_:")?;
    clock_and_zone(at, civil).then_some(StampLayout::YearFirst)
}

/// What begins with one or two digits: a time of day, or a day or month before its year.
fn short_number_first(at: &mut Cursor<'_>, civil: &mut Civil) -> Option<StampLayout> {
    let (separator, next) = (at.peek_after_digits(0)?, at.peek_after_digits(1));
    match separator {
        b':' => {
            // Seconds are asked for: `10:30 tea` is no log line.
            (clock(at, civil) && at.at() >= "1:00:00".len()).then_some(())?;
            meridiem(at, civil);
            Some(StampLayout::TimeOnly)
        }
        b'/' | b'-' if next.is_some_and(|b| b.is_ascii_alphabetic()) => day_name_year(at, civil, separator),
        b'/' | b'-' | b'.' => two_or_three_numbers(at, civil, separator),
        b' ' if next.is_some_and(|b| b.is_ascii_alphabetic()) => {
            civil.day = at.number(1, 2)?;
            at.bump(1);
            month_name(at, civil)?;
            at.eat(b' ').then_some(())?;
            year_then_clock(at, civil)
        }
        _ => None,
    }
}

/// `25/Dec/2024:10:00:00 +0000`, `25-Dec-2024 10:00:00.123`.
fn day_name_year(at: &mut Cursor<'_>, civil: &mut Civil, separator: u8) -> Option<StampLayout> {
    civil.day = at.number(1, 2)?;
    at.bump(1);
    month_name(at, civil)?;
    at.eat(separator).then_some(())?;
    civil.year = full_year(at)?;
    at.eat_any(b": ")?;
    clock_and_zone(at, civil).then_some(StampLayout::DayNameYear)
}

/// `03-17 16:13:38`, `10.30 16:49:06`, `17/06/09 20:10:40`, `01/02/2024, 10:00:00 AM`, `01.02.2024 10:00:00`.
fn two_or_three_numbers(at: &mut Cursor<'_>, civil: &mut Civil, separator: u8) -> Option<StampLayout> {
    let first = at.number(1, 2)?;
    at.bump(1);
    let second = at.number(1, 2)?;
    if !at.eat(separator) {
        (civil.month, civil.day) = (first, second);
        at.eat(b' ').then_some(())?;
        return (separator != b'/' && clock(at, civil)).then_some(StampLayout::MonthDayDigits);
    }
    let before = at.at();
    let third = at.number(2, 4)?;
    let third_is_year = at.at() - before == 4;
    at.eat(b',');
    at.eat_any(b" T")?;
    clock(at, civil).then_some(())?;
    let american = meridiem(at, civil);
    zone(at, civil);
    let day_first = first > 12 || (second <= 12 && !american);
    let (year, month, day) = match (third_is_year, day_first) {
        (false, _) if (1..=12).contains(&second) && (1..=31).contains(&third) => (first, second, third),
        (_, true) => (third, second, first),
        (_, false) => (third, first, second),
    };
    civil.year = century(year);
    (civil.month, civil.day) = (month, day);
    Some(StampLayout::ShortYear)
}

/// `081109 203518`, `240101 10:00:00`, `140101  9:00:00`.
fn six_digits(at: &mut Cursor<'_>, civil: &mut Civil) -> Option<StampLayout> {
    let date = at.number(6, 6)?;
    civil.year = century(date / 10_000);
    (civil.month, civil.day) = (date / 100 % 100, date % 100);
    at.eat(b' ').then_some(())?;
    at.eat(b' ');
    (packed_clock(at, civil) || clock(at, civil)).then_some(StampLayout::PackedYearFirst)
}

/// `20171223-22:15:29:606`, `20240101 10:00:00`, `20240101T100000Z`.
fn eight_digits(at: &mut Cursor<'_>, civil: &mut Civil) -> Option<StampLayout> {
    let date = at.number(8, 8)?;
    civil.year = (date / 10_000).cast_signed();
    (civil.month, civil.day) = (date / 100 % 100, date % 100);
    (1970..2200).contains(&civil.year).then_some(())?;
    at.eat_any(b"-_ T")?;
    if packed_clock(at, civil) {
        zone(at, civil);
        return Some(StampLayout::PackedDate);
    }
    civil.hour = at.number(1, 2)?;
    at.eat(b':').then_some(())?;
    civil.minute = at.number(1, 2)?;
    at.eat(b':').then_some(())?;
    civil.second = at.number(1, 2)?;
    if at.eat_any(b".,:").is_some() {
        civil.micros = match at.digits_from_here() {
            // `:606` counts milliseconds and is not padded, so it is a number, not a fraction.
            1..=3 if at.behind() == Some(b':') => at.number(1, 3)? * 1_000,
            _ => at.fraction()?,
        };
    }
    zone(at, civil);
    Some(StampLayout::PackedDate)
}

/// What begins with the name of a month or a weekday.
fn word_first(at: &mut Cursor<'_>, civil: &mut Civil) -> Option<StampLayout> {
    let word = at.letters();
    if names::is_english_month(word) && word.len() <= 9 {
        month_name(at, civil)?;
        return month_day(at, civil);
    }
    names::is_weekday(word).then_some(())?;
    at.bump(word.len());
    at.eat_any(b".,");
    at.eat(b',');
    at.eat(b' ').then_some(())?;
    at.eat(b' ');
    if at.peek().is_some_and(|b| b.is_ascii_digit()) {
        civil.day = at.number(1, 2)?;
        at.eat_any(b" -")?;
        month_name(at, civil)?;
        at.eat_any(b" -")?;
        return year_then_clock(at, civil);
    }
    month_name(at, civil)?;
    at.eat(b' ').then_some(())?;
    at.eat(b' ');
    civil.day = at.number(1, 2)?;
    at.eat(b' ').then_some(())?;
    clock_before_year(at, civil)
}

/// `04:47:44 2005`, `10:00:00 UTC 2024`, `10:00:00 AM -03 2024`.
fn clock_before_year(at: &mut Cursor<'_>, civil: &mut Civil) -> Option<StampLayout> {
    clock(at, civil).then_some(())?;
    meridiem(at, civil);
    at.eat(b' ').then_some(())?;
    if !at.peek().is_some_and(|b| b.is_ascii_digit()) {
        civil.offset_s = if at.peek().is_some_and(|b| b"+-".contains(&b)) {
            at.offset()
        } else {
            let name = at.letters();
            (1..=5).contains(&name.len()).then_some(())?;
            at.bump(name.len());
            names::zone_offset(name)
        };
        at.eat(b' ').then_some(())?;
    }
    civil.year = full_year(at)?;
    Some(StampLayout::WeekdayFirst)
}

/// Behind the month's name: `25 10:00:00`, `25 2024 10:00:00`, `01, 2024 10:00:00 AM`.
fn month_day(at: &mut Cursor<'_>, civil: &mut Civil) -> Option<StampLayout> {
    at.eat(b' ').then_some(())?;
    at.eat(b' ');
    civil.day = at.number(1, 2)?;
    let comma = at.eat(b',');
    at.eat(b' ').then_some(())?;
    if comma || at.digits_from_here() == 4 {
        civil.year = full_year(at)?;
        at.eat(b',');
        at.eat(b' ').then_some(())?;
        return clock_and_zone(at, civil).then_some(StampLayout::MonthDayYear);
    }
    clock(at, civil).then_some(StampLayout::MonthDay)
}

/// `2024 10:00:00.000 AM CET`; without the year, as old Redis wrote it, `10:00:00.000`.
fn year_then_clock(at: &mut Cursor<'_>, civil: &mut Civil) -> Option<StampLayout> {
    if at.peek_after_digits(0) == Some(b':') {
        return clock(at, civil).then_some(StampLayout::MonthDay);
    }
    civil.year = if at.digits_from_here() == 2 { century(at.number(2, 2)?) } else { full_year(at)? };
    at.eat(b',');
    at.eat_any(b" :")?;
    clock_and_zone(at, civil).then_some(StampLayout::DayMonthYear)
}

/// The month's name in any language `date` speaks, an abbreviating dot included.
fn month_name(at: &mut Cursor<'_>, civil: &mut Civil) -> Option<()> {
    let name = at.letters();
    civil.month = names::month(name)?;
    at.bump(name.len());
    at.eat(b'.');
    Some(())
}

fn full_year(at: &mut Cursor<'_>) -> Option<i32> {
    at.number(4, 4).map(u32::cast_signed)
}

/// Two digits of a year: 70 to 99 lie in the last century.
fn century(year: u32) -> i32 {
    let full = if year >= 100 { year } else { year + if year >= 70 { 1900 } else { 2000 } };
    full.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(text: &str) -> Option<(StampLayout, usize, i64)> {
        let written = read(text.as_bytes())?;
        let civil = written.civil;
        let year = if civil.year == 0 { 1970 } else { civil.year };
        let wall = if civil.month == 0 { civil.day_us() } else { civil.wall_us(year) };
        Some((written.layout, written.len, wall - i64::from(civil.offset_s.unwrap_or(0)) * 1_000_000))
    }

    #[test]
    fn every_layout_is_read_to_its_end() {
        use StampLayout::*;
        let ten = 1_704_103_200_000_000; // 2024-01-01T10:00:00Z
        for (text, layout, expected) in [
            ("2024-01-01 10:00:00", YearFirst, ten),
            ("2024-01-01 10:00:00,123", YearFirst, ten + 123_000),
            ("2024-01-01T10:00:00.123456Z", YearFirst, ten + 123_456),
            ("2024-01-01T10:00:00.123456789+00:00", YearFirst, ten + 123_456),
            ("2024-01-01 12:00:00 +0200", YearFirst, ten),
            ("2024-01-01 11:00:00.000 CET", YearFirst, ten),
            ("2024/01/01 10:00:00", YearFirst, ten),
            ("2024-01-01 10:00", YearFirst, ten),
            ("2024-01-01-10.00.00.500000", Dotted, ten + 500_000),
            ("01/Jan/2024:10:00:00 +0000", DayNameYear, ten),
            ("01/Jan/2024 10:00:00", DayNameYear, ten),
            ("01-Jan-2024 10:00:00.250", DayNameYear, ten + 250_000),
            ("Mon Jan 01 10:00:00 2024", WeekdayFirst, ten),
            ("Mon Jan  1 10:00:00.000001 2024", WeekdayFirst, ten + 1),
            ("Mon Jan  1 10:00:00 UTC 2024", WeekdayFirst, ten),
            ("Mon Jan  1 07:00:00 -03 2024", WeekdayFirst, ten),
            ("Mon 01 Jan 2024 10:00:00 AM UTC", DayMonthYear, ten),
            ("lun 01 ene 2024 11:00:00 CET", DayMonthYear, ten),
            ("Mon, 01 Jan 2024 10:00:00 GMT", DayMonthYear, ten),
            ("01 Jan 2024 10:00:00.000", DayMonthYear, ten),
            ("Jan 01, 2024 10:00:00 AM", MonthDayYear, ten),
            ("Jan  1 2024 10:00:00", MonthDayYear, ten),
            ("24/01/01 10:00:00", ShortYear, ten),
            ("01/01/2024, 10:00:00 AM", ShortYear, ten),
            ("01.01.2024 10:00:00", ShortYear, ten),
            ("240101 100000", PackedYearFirst, ten),
            ("240101 10:00:00", PackedYearFirst, ten),
            ("20240101-10:0:0:7", PackedDate, ten + 7_000),
            ("20240101T100000Z", PackedDate, ten),
            ("20240101 10:00:00.5", PackedDate, ten + 500_000),
        ] {
            assert_eq!(us(text), Some((layout, text.len(), expected)), "{text}");
            let behind = format!("{text} - x");
            assert_eq!(us(&behind), Some((layout, text.len(), expected)), "{behind}");
        }
    }

    #[test]
    fn what_is_missing_stays_missing() {
        for (text, year, month, hour) in [
            ("Jul  1 09:00:55", 0, 7, 9),
            ("03-17 16:13:38.811", 0, 3, 16),
            ("10.30 16:49:06", 0, 10, 16),
            ("23:59:59.5", 0, 0, 23),
            ("11:00:00 PM", 0, 0, 23),
        ] {
            let civil = read(text.as_bytes()).unwrap().civil;
            assert_eq!((civil.year, civil.month, civil.hour), (year, month, hour), "{text}");
        }
    }

    #[test]
    fn what_only_resembles_a_time_is_none() {
        for text in [
            "",
            "2",
            "10.251.73.220 x",
            "1.5 seconds",
            "2024-13-01 10:00:00",
            "2024-01-01",
            "2024-01-01 x",
            "25:00:00",
            "10:61:00",
            "12:345",
            "Monitor started",
            "Mar",
            "May be",
            "Sun is shining",
            "2024",
            "Jan 1 x",
            "99999999-10:00:00",
            "1.2.3",
            "3/4 done",
            "2024-01-01 10:00:00x5"[..15].trim_end(),
        ] {
            assert_eq!(read(text.as_bytes()).map(|w| w.len), None, "{text}");
        }
    }

    #[test]
    fn a_word_behind_the_clock_is_no_zone() {
        for text in ["2024-01-01 10:00:00 INFO x", "2024-01-01 10:00:00 -5 x", "2024-01-01 10:00:00 Z80 x"] {
            assert_eq!(read(text.as_bytes()).unwrap().len, 19, "{text}");
        }
    }

    #[test]
    fn glog_writes_month_and_day_in_one() {
        let written = read_glog(b"0102 15:04:05.000001 x").unwrap();
        assert_eq!(
            (written.civil.month, written.civil.day, written.civil.micros, written.len),
            (1, 2, 1, 20)
        );
        assert_eq!(read_glog(b"1302 15:04:05"), None);
    }
}
