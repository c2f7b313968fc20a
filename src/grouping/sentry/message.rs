//! Messages without their variable parts, as Sentry's rules of 2019 mask them.

use std::sync::LazyLock;

use regex::{Captures, Regex};

static PARTS: LazyLock<Regex> = LazyLock::new(|| {
    let date = [
        // RFC 822, 850, 1123 and the clock of a shell
        r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s)?\d{1,2}[\s-](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[\s-]\d{2,4}\s\d{1,2}:\d{2}(?::\d{2})?(?:\s[A-Z]{3}|\s?[+-]\d{4})?",
        r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\s(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\s[\s\d]?\d\s\d{1,2}:\d{2}(?::\d{2})?(?:\s\d{4})?",
        r"\d{4}-?[01]\d-?[0-3]\d[T\s]?[0-2]\d:?[0-5]\d:?[0-5]\d(?:\.\d+)?(?:[+-][0-2]\d:?[0-5]\d|Z)?",
        r"\d{4}-[01]\d-[0-3]\d",
        r"\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:AM|PM|am|pm)\b",
    ]
    .join("|");
    let octet = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)";
    let patterns = [
        r"(?P<email>[a-zA-Z0-9.!#$%&'*/=?^_`{|}~-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*)".to_owned(),
        r"(?P<url>\b(?:wss?|https?|ftp)://[^\s/$.?#].[^\s]*)".to_owned(),
        format!(r"(?P<ip>\b(?:[0-9a-fA-F]{{1,4}}:){{7}}[0-9a-fA-F]{{1,4}}\b|\b(?:{octet}\.){{3}}{octet}\b)"),
        r"(?P<uuid>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)"
            .to_owned(),
        r"(?P<sha1>\b[0-9a-fA-F]{40}\b)".to_owned(),
        r"(?P<md5>\b[0-9a-fA-F]{32}\b)".to_owned(),
        format!("(?P<date>{date})"),
        r"(?P<hex>\b0[xX][0-9a-fA-F]+\b)".to_owned(),
        r"(?P<float>-\d+\.\d+\b|\b\d+\.\d+\b)".to_owned(),
        r"(?P<int>-\d+\b|\b\d+\b)".to_owned(),
    ];
    Regex::new(&patterns.join("|")).expect("the patterns are constant")
});

const NAMES: [&str; 10] = ["email", "url", "ip", "uuid", "sha1", "md5", "date", "hex", "float", "int"];

/// The first two lines that are not empty, variable parts masked; `...` says that there was more.
pub(super) fn trimmed(text: &str) -> String {
    let whole = text.trim();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(2).collect();
    let mut kept = lines.join("\n").trim().to_owned();
    if kept != whole {
        kept.push_str("...");
    }
    let mask = |found: &Captures<'_>| {
        let name = NAMES.iter().find(|name| found.name(name).is_some());
        name.map_or_else(String::new, |name| format!("<{name}>"))
    };
    PARTS.replace_all(&kept, mask).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_parts_are_masked() {
        for (text, expected) in [
            ("429 Client Error for url: https://a.b/c?d=1", "<int> Client Error for url: <url>"),
            ("at 0x7f3b 10.0.0.1 1.5 -3", "at <hex> <ip> <float> <int>"),
            ("a\n\n  b 1  \nc", "a\n  b <int>..."),
            ("on 2026-11-22T10:00:00Z for bob@example.com", "on <date> for <email>"),
        ] {
            assert_eq!(trimmed(text), expected);
        }
    }
}
