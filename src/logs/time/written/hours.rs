//! The time of day and the zone behind it.

use crate::logs::time::civil::Civil;
use crate::logs::time::cursor::Cursor;
use crate::logs::time::names;

pub(super) fn clock_and_zone(at: &mut Cursor<'_>, civil: &mut Civil) -> bool {
    if !clock(at, civil) {
        return false;
    }
    meridiem(at, civil);
    zone(at, civil);
    true
}

/// `10:00:01`, `10:00`, with `.123` or `,123` behind.
pub(super) fn clock(at: &mut Cursor<'_>, civil: &mut Civil) -> bool {
    let Some(hour) = at.number(1, 2).filter(|_| at.eat(b':')) else { return false };
    let Some(minute) = at.number(2, 2) else { return false };
    (civil.hour, civil.minute) = (hour, minute);
    if at.peek() == Some(b':') && at.peek_at(1).is_some_and(|b| b.is_ascii_digit()) {
        at.bump(1);
        at.mark_seconds(0);
        let Some(second) = at.number(2, 2) else { return false };
        civil.second = second;
        if at.peek().is_some_and(|b| b".,".contains(&b)) && at.peek_at(1).is_some_and(|b| b.is_ascii_digit())
        {
            at.bump(1);
            civil.micros = at.fraction().unwrap_or(0);
        }
    }
    !at.peek().is_some_and(|b| b.is_ascii_digit())
}

/// `15.42.50.675872`.
pub(super) fn dotted_clock(at: &mut Cursor<'_>, civil: &mut Civil) -> bool {
    let mut read = || {
        civil.hour = at.number(2, 2)?;
        at.eat(b'.').then_some(())?;
        civil.minute = at.number(2, 2)?;
        at.eat(b'.').then_some(())?;
        at.mark_seconds(0);
        civil.second = at.number(2, 2)?;
        if at.eat(b'.') {
            civil.micros = at.fraction()?;
        }
        Some(())
    };
    read().is_some()
}

/// `203518`, with `.123` behind; leaves the cursor where it was if that is not what stands there.
pub(super) fn packed_clock(at: &mut Cursor<'_>, civil: &mut Civil) -> bool {
    if at.digits_from_here() != 6 {
        return false;
    }
    at.mark_seconds("HHMM".len());
    let clock = at.number(6, 6).unwrap_or(0);
    (civil.hour, civil.minute, civil.second) = (clock / 10_000, clock / 100 % 100, clock % 100);
    if at.peek() == Some(b'.') && at.peek_at(1).is_some_and(|b| b.is_ascii_digit()) {
        at.bump(1);
        civil.micros = at.fraction().unwrap_or(0);
    }
    true
}

/// ` AM`, `PM`, ` p. m.`; moves the hour and says whether there was one.
pub(super) fn meridiem(at: &mut Cursor<'_>, civil: &mut Civil) -> bool {
    let blank = usize::from(at.peek() == Some(b' '));
    let afternoon = match at.peek_at(blank).map(|b| b | 0x20) {
        Some(b'a') => false,
        Some(b'p') => true,
        _ => return false,
    };
    let rest = at.rest().get(blank + 1..).unwrap_or_default();
    let len = [&b"m"[..], b"M", b".m.", b".M.", b". m."]
        .iter()
        .find(|end| rest.starts_with(end))
        .map_or(0, |e| e.len());
    let ends = !rest.get(len).is_some_and(u8::is_ascii_alphanumeric);
    if len == 0 || !ends || !(1..=12).contains(&civil.hour) {
        return false;
    }
    at.bump(blank + 1 + len);
    civil.hour = civil.hour % 12 + if afternoon { 12 } else { 0 };
    true
}

/// `Z`, `+02:00`, ` +0200`, ` UTC`; nothing is taken where none of them stands.
pub(super) fn zone(at: &mut Cursor<'_>, civil: &mut Civil) {
    let blank = usize::from(at.peek() == Some(b' '));
    let Some(first) = at.peek_at(blank) else { return };
    let rest = &at.rest()[blank..];
    if first == b'+' || first == b'-' {
        let mut ahead = Cursor::new(rest);
        let Some(offset) = ahead.offset() else { return };
        // Behind a blank `-5` may be anything; four digits are an offset.
        if blank == 0 || ahead.at() >= 5 {
            civil.offset_s = Some(offset);
            at.bump(blank + ahead.at());
        }
    } else if first.is_ascii_uppercase() {
        let name = Cursor::new(rest).letters();
        let ends = match rest.get(name.len()) {
            // `CET: msg` as `date` writes it, not `UTC:x`.
            Some(b':') => matches!(rest.get(name.len() + 1), None | Some(b' ')),
            next => !next.is_some_and(|b| b.is_ascii_alphanumeric() || b"_.".contains(b)),
        };
        if let Some(offset) = names::zone_offset(name).filter(|_| ends && (blank == 0 || name.len() > 1)) {
            civil.offset_s = Some(offset);
            at.bump(blank + name.len());
        }
    }
}
