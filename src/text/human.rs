//! Units for people, printed and parsed: sizes, durations, counts.
//!
//! Grammar of a size: a decimal number, then `B`, `KB`, `MB`, `GB`, `TB` (powers of 1000) or `KiB`, `MiB`, `GiB`, `TiB`
//! (powers of 1024); letter case is free, the `B` of the binary units may be left out (`512Mi`). Grammar of a duration:
//! one or more numbers each with `ms`, `s`, `m`, `h`, `d` or `w`, such as `1h30m`.

use std::fmt::Write;
use std::time::Duration;

const BINARY: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
const SIZE_UNITS: [(&str, u64); 14] = [
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("ki", 1 << 10),
    ("mi", 1 << 20),
    ("gi", 1 << 30),
    ("ti", 1 << 40),
    ("", 1),
];

/// Why a size or duration could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseUnitError {
    /// Not a number with a unit.
    #[error("\"{text}\" is not a {what}; write it like {example}")]
    Malformed { text: String, what: &'static str, example: &'static str },
    /// More than can be counted.
    #[error("\"{text}\" is too large a {what}")]
    TooLarge { text: String, what: &'static str },
}

/// Prints a size with three significant digits: `512 B`, `1.50 GiB`.
pub fn bytes(n: u64) -> String {
    for (unit, factor) in BINARY {
        if n >= factor {
            #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
            let value = n as f64 / factor as f64;
            let digits = if value >= 100.0 {
                0
            } else if value >= 10.0 {
                1
            } else {
                2
            };
            return format!("{value:.digits$} {unit}");
        }
    }
    format!("{n} B")
}

/// Prints a size so that [`parse_bytes`] gives it back unchanged: the largest unit that divides it.
pub fn bytes_exact(n: u64) -> String {
    for (unit, factor) in BINARY {
        if n >= factor && n.is_multiple_of(factor) {
            return format!("{}{unit}", n / factor);
        }
    }
    format!("{n}B")
}

/// Reads a size such as `10MB` or `1.5GiB`; a bare number is bytes.
///
/// # Errors
/// When there is no number, the unit is unknown, or the result does not fit 64 bits.
pub fn parse_bytes(text: &str) -> Result<u64, ParseUnitError> {
    const EXAMPLE: &str = "500MiB, 1GiB or 10MB";
    let bad = || ParseUnitError::Malformed { text: text.to_owned(), what: "size", example: EXAMPLE };
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    let unit = unit.trim().to_ascii_lowercase();
    let factor = SIZE_UNITS.iter().find(|(name, _)| *name == unit).map(|(_, f)| *f).ok_or_else(bad)?;
    if let Ok(whole) = number.parse::<u64>() {
        return whole
            .checked_mul(factor)
            .ok_or_else(|| ParseUnitError::TooLarge { text: text.to_owned(), what: "size" });
    }
    let value: f64 = number.parse().map_err(|_| bad())?;
    #[expect(clippy::cast_precision_loss, reason = "a fraction was written")]
    let product = value * factor as f64;
    if product >= 9e18 {
        return Err(ParseUnitError::TooLarge { text: text.to_owned(), what: "size" });
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above; digits only")]
    Ok(product as u64)
}

/// Prints a duration by its two largest units: `250 ms`, `4.2 s`, `1h 5m`, `3d 2h`.
pub fn duration(d: Duration) -> String {
    let seconds = d.as_secs();
    if seconds < 1 {
        return format!("{} ms", d.as_millis());
    }
    if seconds < 60 {
        let tenths = d.as_millis() / 100;
        let (whole, tenth) = (tenths / 10, tenths % 10);
        return if tenth == 0 { format!("{whole} s") } else { format!("{whole}.{tenth} s") };
    }
    let (days, hours, minutes, rest) =
        (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let pair = |a: u64, ua: char, b: u64, ub: char| {
        if b == 0 { format!("{a}{ua}") } else { format!("{a}{ua} {b}{ub}") }
    };
    match (days, hours) {
        (1.., _) => pair(days, 'd', hours, 'h'),
        (0, 1..) => pair(hours, 'h', minutes, 'm'),
        _ => pair(minutes, 'm', rest, 's'),
    }
}

/// Prints a duration so that [`parse_duration`] gives it back unchanged: `90m`, `1500ms`.
pub fn duration_exact(d: Duration) -> String {
    let ms = d.as_millis();
    for (unit, factor) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if ms >= factor && ms.is_multiple_of(factor) {
            return format!("{}{unit}", ms / factor);
        }
    }
    if ms == 0 { "0s".to_owned() } else { format!("{ms}ms") }
}

/// Reads a duration such as `30s`, `1h30m` or `7d`.
///
/// # Errors
/// When a number lacks its unit, the unit is unknown, or the result does not fit.
pub fn parse_duration(text: &str) -> Result<Duration, ParseUnitError> {
    const EXAMPLE: &str = "500ms, 30s, 10m, 24h or 7d";
    let bad = || ParseUnitError::Malformed { text: text.to_owned(), what: "duration", example: EXAMPLE };
    let large = || ParseUnitError::TooLarge { text: text.to_owned(), what: "duration" };
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(bad());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let factor: u32 = match unit {
            "ms" => 1,
            "s" | "sec" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return Err(bad()),
        };
        let part = match number.parse::<u64>() {
            Ok(whole) => whole.checked_mul(u64::from(factor)).ok_or_else(large)?,
            Err(_) => {
                let value = number.parse::<f64>().map_err(|_| bad())? * f64::from(factor);
                if value > 1e15 {
                    return Err(large());
                }
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
                let whole = value.round() as u64;
                whole
            }
        };
        total = total.checked_add(part).ok_or_else(large)?;
        rest = tail.trim_start();
    }
    Ok(Duration::from_millis(total))
}

/// Prints a count with thin groups of three: `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Prints a count with its noun: `1 file`, `2,000 files`.
pub fn plural(n: u64, noun: &str) -> String {
    let mut out = count(n);
    let ending = if n == 1 { "" } else { "s" };
    write!(out, " {noun}{ending}").expect("writing to a string");
    out
}

/// Prints a percentage with at most one decimal: `7.5 %`, `93 %`.
pub fn percent(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if rounded.fract() == 0.0 { format!("{rounded:.0} %") } else { format!("{rounded:.1} %") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_of_both_families_are_read() {
        assert_eq!(parse_bytes("1GiB"), Ok(1 << 30));
        assert_eq!(parse_bytes("10 MB"), Ok(10_000_000));
        assert_eq!(parse_bytes("1.5KiB"), Ok(1536));
        assert_eq!(parse_bytes("512Mi"), Ok(512 << 20));
        assert_eq!(parse_bytes("77"), Ok(77));
    }

    #[test]
    fn bad_sizes_say_how_to_write_them() {
        let message = parse_bytes("lots").unwrap_err().to_string();
        assert_eq!(message, "\"lots\" is not a size; write it like 500MiB, 1GiB or 10MB");
        assert!(parse_bytes("99999999999TiB").is_err());
        assert!(parse_bytes("1.2.3GB").is_err());
        assert!(parse_bytes("").is_err());
    }

    #[test]
    fn durations_are_read_and_shown() {
        assert_eq!(parse_duration("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1_500)));
        assert!(parse_duration("30").is_err());
        assert!(parse_duration("3 parsecs").is_err());
        assert_eq!(duration(Duration::from_millis(4_210)), "4.2 s");
        assert_eq!(duration(Duration::from_secs(3_900)), "1h 5m");
        assert_eq!(duration(Duration::from_secs(86_400)), "1d");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(plural(1, "file"), "1 file");
        assert_eq!(plural(1_234_567, "file"), "1,234,567 files");
    }

    proptest! {
        #[test]
        fn exact_forms_round_trip(n in 0u64..1 << 50, ms in 0u64..1 << 40) {
            prop_assert_eq!(parse_bytes(&bytes_exact(n)), Ok(n));
            let d = Duration::from_millis(ms);
            prop_assert_eq!(parse_duration(&duration_exact(d)), Ok(d));
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in ".{0,40}") {
            let (_size, _duration) = (parse_bytes(&text), parse_duration(&text));
        }
    }
}
