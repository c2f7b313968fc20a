//! One part of a path, by its shape: a name, or an id, a date, a uuid.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Parts of a path that are looked at one by one; deeper ones are taken as one.
const MAX_SEGMENTS: usize = 24;
/// No word is as long as this: it is a key or a hash, even without a digit.
const LONG: usize = 32;

/// Replaces what is an id by its shape: `/trucks/DO9693/2025-12-28.csv` → `/trucks/{id}/{date}.csv`.
pub fn mask_path(path: &[u8]) -> Vec<u8> {
    let path = String::from_utf8_lossy(path);
    let mut out = String::with_capacity(path.len());
    for (index, part) in path.splitn(MAX_SEGMENTS, '/').enumerate() {
        if index > 0 {
            out.push('/');
        }
        match mask(part) {
            Some(masked) => out.push_str(&masked),
            None => out.push_str(part),
        }
    }
    out.into_bytes()
}

/// Splits a path at `/`; the first part of an absolute path is empty.
pub(super) fn segments(path: &str) -> Vec<&str> {
    path.splitn(MAX_SEGMENTS, '/').collect()
}

/// Returns the part with what varies in it folded, or `None` where its shape tells of a name.
pub(super) fn mask(segment: &str) -> Option<String> {
    if segment.contains('{') || !may_vary(segment) {
        return None;
    }
    if is_mail(segment) {
        return Some("{email}".to_owned());
    }
    let (stem, suffix) = split_extension(segment);
    if let Some(kind) = whole(stem) {
        return Some(format!("{kind}{suffix}"));
    }
    if let Some((before, date, after)) = date_inside(stem) {
        return Some(format!("{before}{date}{after}{suffix}"));
    }
    inside(stem).map(|masked| masked + suffix)
}

/// What has neither a digit nor an `@` and is not long is a name: most parts are.
fn may_vary(segment: &str) -> bool {
    segment.len() >= LONG || segment.bytes().any(|b| b.is_ascii_digit() || b == b'@')
}

/// Splits a literal ending off: `2025-12-28.csv` → (`2025-12-28`, `.csv`).
pub(super) fn split_extension(segment: &str) -> (&str, &str) {
    match segment.rfind('.') {
        Some(dot) if dot > 0 => {
            let ending = &segment[dot + 1..];
            let literal = (1..=8).contains(&ending.len())
                && ending.bytes().all(|b| b.is_ascii_alphanumeric())
                && ending.bytes().any(|b| b.is_ascii_alphabetic());
            if literal { segment.split_at(dot) } else { (segment, "") }
        }
        _ => (segment, ""),
    }
}

/// The placeholder for a text that is nothing but an id.
fn whole(text: &str) -> Option<&'static str> {
    if is_date(text) {
        Some("{date}")
    } else if is_uuid(text.as_bytes()) {
        Some("{uuid}")
    } else if is_address(text) {
        Some("{ip}")
    } else if is_id(text) {
        Some("{id}")
    } else {
        None
    }
}

fn is_id(text: &str) -> bool {
    let (mut digits, mut upper, mut hex, mut plain, mut token, mut number) = (0, 0, true, true, true, true);
    for b in text.strip_prefix('-').unwrap_or(text).bytes() {
        digits += usize::from(b.is_ascii_digit());
        upper += usize::from(b.is_ascii_uppercase());
        hex &= b.is_ascii_hexdigit();
        plain &= b.is_ascii_alphanumeric();
        token &= b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'~' | b'=');
        number &= b.is_ascii_digit() || b == b'.';
    }
    if digits == 0 || text.starts_with('-') {
        return (digits > 0 && number) || (plain && text.len() >= LONG);
    }
    // A version and not an id: `v1`, `V2`.
    let version = text.len() <= 3 && text.starts_with(['v', 'V']);
    number
        || (hex && text.len() >= 8)
        || (plain && upper > 0 && !version)
        || (plain && digits >= 3)
        || (token && text.len() >= 20 && digits >= 2 && upper >= 2)
}

pub(super) fn is_uuid(text: &[u8]) -> bool {
    let shape =
        |(i, b): (usize, &u8)| if matches!(i, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() };
    text.len() == 36 && text.iter().enumerate().all(shape)
}

fn is_address(text: &str) -> bool {
    let four = text.len() <= 15 && text.parse::<Ipv4Addr>().is_ok();
    four || (text.contains(':') && text.len() <= 39 && text.parse::<Ipv6Addr>().is_ok())
}

fn is_mail(text: &str) -> bool {
    let parts = text.split_once('@').or_else(|| text.split_once("%40"));
    parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// `2025-12-28`, `2025_12`, `20251228`, `2025-12-28T10:15:12Z`; a year alone is a number.
fn is_date(text: &str) -> bool {
    date_length(text).is_some_and(|used| {
        let rest = &text[used..];
        rest.is_empty()
            || (rest.starts_with(['T', ' ', '_', '%', '+']) && rest.bytes().any(|b| b.is_ascii_digit()))
    })
}

/// Length of a date at the beginning of a text.
fn date_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let two = |at: usize, max: u8| {
        let pair = bytes.get(at..at + 2).filter(|pair| pair.iter().all(u8::is_ascii_digit))?;
        let value = (pair[0] - b'0') * 10 + (pair[1] - b'0');
        (1..=max).contains(&value).then_some(())
    };
    let year = bytes
        .get(..4)
        .filter(|y| y.iter().all(u8::is_ascii_digit) && (y.starts_with(b"19") || y.starts_with(b"20")));
    year?;
    let ends = |at: usize| !bytes.get(at).is_some_and(u8::is_ascii_digit);
    match bytes.get(4)? {
        separator @ (b'-' | b'_' | b'.') => {
            two(5, 12)?;
            if bytes.get(7) == Some(separator) && two(8, 31).is_some() && ends(10) {
                return Some(10);
            }
            ends(7).then_some(7)
        }
        _ => {
            two(4, 12)?;
            two(6, 31)?;
            ends(8).then_some(8)
        }
    }
}

/// A date between other text: `report-2025-12-28` → (`report-`, `{date}`, ``).
fn date_inside(text: &str) -> Option<(&str, &'static str, &str)> {
    let starts = text.char_indices().filter(|(_, c)| matches!(c, '-' | '_' | '.')).map(|(at, _)| at + 1);
    starts.chain([0]).filter(|at| text.is_char_boundary(*at)).find_map(|at| {
        let used = date_length(&text[at..])?;
        let after = &text[at + used..];
        // Eight digits that go on are no date.
        (!after.starts_with(|c: char| c.is_ascii_alphanumeric())).then_some((&text[..at], "{date}", after))
    })
}

/// Words joined by `-`, `_` or `.` of which some are ids: `order-12`, `app.3f9a1c2b`.
fn inside(stem: &str) -> Option<String> {
    if !stem.contains(['-', '_', '.', '~']) {
        return None;
    }
    let mut out = String::with_capacity(stem.len());
    let mut folded = false;
    for part in stem.split_inclusive(['-', '_', '.', '~']) {
        let word = part.trim_end_matches(['-', '_', '.', '~']);
        if !word.is_empty() && is_id(word) {
            folded = true;
            out.push_str("{id}");
            out.push_str(&part[word.len()..]);
        } else {
            out.push_str(part);
        }
    }
    folded.then_some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_dates_and_names_are_told_apart() {
        for (segment, expected) in [
            ("DO9693", Some("{id}")),
            ("RY8", Some("{id}")),
            ("12", Some("{id}")),
            ("-12", Some("{id}")),
            ("25.7617", Some("{id}")),
            ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", Some("{uuid}")),
            ("3f9a1c2b77", Some("{id}")),
            ("deadbeefdeadbeefdeadbeefdeadbeef", Some("{id}")),
            ("2025-12-28", Some("{date}")),
            ("2025-12-28.csv", Some("{date}.csv")),
            ("2025-12", Some("{date}")),
            ("20251228", Some("{date}")),
            ("2025-12-28T10:15:12Z", Some("{date}")),
            ("report-2025-12-28.csv", Some("report-{date}.csv")),
            ("order-12", Some("order-{id}")),
            ("app.3f9a1c2b.js", Some("app.{id}.js")),
            ("ann@example.com", Some("{email}")),
            ("10.0.0.1", Some("{ip}")),
            ("trucks", None),
            ("truck-costs", None),
            ("v1", None),
            ("V2", None),
            ("oauth2", None),
            ("s3", None),
            ("index.html", None),
            ("jquery.min.js", None),
            ("{truck_id}", None),
            ("", None),
        ] {
            assert_eq!(mask(segment).as_deref(), expected, "{segment}");
        }
    }

    #[test]
    fn masked_path_keeps_what_stands_between() {
        assert_eq!(mask_path(b"/api/v1/trucks/DO9693/2025-12-28.csv"), b"/api/v1/trucks/{id}/{date}.csv");
        assert_eq!(mask_path(b"/"), b"/");
        assert_eq!(mask_path(b""), b"");
    }

    proptest! {
        #[test]
        fn masking_again_changes_nothing(path in "(/[a-zA-Z0-9._~{}@%-]{0,12}){0,5}") {
            let once = mask_path(path.as_bytes());
            prop_assert_eq!(mask_path(&once), once);
        }

        #[test]
        fn any_segment_is_taken(segment in "\\PC{0,40}") {
            mask(&segment);
        }
    }
}
