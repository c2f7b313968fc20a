//! The time at the start of a log line, as far as it can be told without its neighbours.

use chrono::{DateTime, Local, NaiveDateTime, TimeZone, Utc};

/// Where in a line its time is looked for.
const WITHIN: usize = 40;
/// `2026-11-22 18:30:00`.
const LENGTH: usize = 19;

/// Finds a day and time near the start of a line, in this machine's zone unless it ends in `Z`.
pub(in crate::checks) fn of_line(line: &str) -> Option<DateTime<Utc>> {
    let line = line.as_bytes();
    let head = &line[..line.len().min(WITHIN)];
    let start = head.windows(5).position(|w| w[..4].iter().all(u8::is_ascii_digit) && w[4] == b'-')?;
    let text = std::str::from_utf8(line.get(start..start + LENGTH)?).ok()?.replace('T', " ");
    let time = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok()?;
    let rest = &line[start + LENGTH..line.len().min(start + LENGTH + 12)];
    if rest.iter().find(|b| !b.is_ascii_digit() && !b".,".contains(b)) == Some(&b'Z') {
        return Some(time.and_utc());
    }
    Local.from_local_datetime(&time).earliest().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_found_where_it_stands_and_nowhere_else() {
        let at = of_line("[2026-11-22T18:30:00.123Z] ERROR x").unwrap();
        assert_eq!(at.to_rfc3339(), "2026-11-22T18:30:00+00:00");
        for line in ["", "2026-", "9999-99-99 99:99:99", "é2026-11-22 10:00:0é", "order 2026-x"] {
            assert_eq!(of_line(line), None, "{line}");
        }
    }
}
