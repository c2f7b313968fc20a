//! The time at the start of a log line, as far as it can be told without its neighbours.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, TimeDelta, TimeZone, Utc};

/// Where in a line its time is looked for.
const WITHIN: usize = 40;
/// `2026-11-22 18:30:00`.
const LENGTH: usize = 19;

/// So far ahead may a clock be.
const AHEAD: TimeDelta = TimeDelta::minutes(1);

/// How long ago a time is; nothing of one that lies ahead, and was misread or written by another clock.
pub(in crate::checks) fn age(at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
    (at - now <= AHEAD).then(|| (now - at).to_std().unwrap_or(Duration::ZERO))
}

/// Finds a day and time near the start of a line, in this machine's zone unless `Z` or an offset follows.
pub(in crate::checks) fn of_line(line: &str) -> Option<DateTime<Utc>> {
    let line = line.as_bytes();
    let head = &line[..line.len().min(WITHIN)];
    let start = head.windows(5).position(|w| w[..4].iter().all(u8::is_ascii_digit) && w[4] == b'-')?;
    let text = std::str::from_utf8(line.get(start..start + LENGTH)?).ok()?.replace('T', " ");
    let time = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok()?;
    let rest = &line[start + LENGTH..];
    match zone(rest) {
        Some(zone) => zone.from_local_datetime(&time).earliest().map(|at| at.to_utc()),
        None => Local.from_local_datetime(&time).earliest().map(|at| at.to_utc()),
    }
}

/// What follows the seconds and their fraction: `Z`, `+02:00`, `+0200`, also behind a blank.
fn zone(rest: &[u8]) -> Option<FixedOffset> {
    let rest = &rest[rest.iter().take_while(|b| b.is_ascii_digit() || b".,".contains(b)).count()..];
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let (sign, digits) = match rest.split_first()? {
        (b'Z', _) => return FixedOffset::east_opt(0),
        (b'+', digits) => (1, digits),
        (b'-', digits) => (-1, digits),
        _ => return None,
    };
    let two = |at: usize| std::str::from_utf8(digits.get(at..at + 2)?).ok()?.parse::<u8>().ok();
    let minutes = two(if digits.get(2) == Some(&b':') { 3 } else { 2 }).filter(|minutes| *minutes < 60)?;
    FixedOffset::east_opt(sign * (i32::from(two(0)?) * 3_600 + i32::from(minutes) * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_found_where_it_stands_and_nowhere_else() {
        let at = of_line("[2026-11-22T18:30:00.123Z] ERROR x").unwrap();
        assert_eq!(at.to_rfc3339(), "2026-11-22T18:30:00+00:00");
        for (end, expected) in [
            ("+00:00", "18:30:00+00:00"),
            (".123456+02:00 x", "16:30:00+00:00"),
            (",123 -0530] x", "00:00:00+00:00"),
        ] {
            let at = of_line(&format!("2026-11-22T18:30:00{end}")).unwrap();
            assert!(at.to_rfc3339().ends_with(expected), "{end}: {at}");
        }
        for line in ["", "2026-", "9999-99-99 99:99:99", "é2026-11-22 10:00:0é", "order 2026-x"] {
            assert_eq!(of_line(line), None, "{line}");
        }
    }
}
