//! One line of a page, taken apart.

use crate::checks::exposition::{Dialect, Kind};

/// Labels that one sample may have.
const MAX_LABELS: usize = 256;

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Line<'a> {
    /// Blank, or a remark.
    Nothing,
    Help(&'a [u8]),
    Type(&'a [u8], Kind),
    End,
    Sample(Sample<'a>),
}

/// A number with its name and labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample<'a> {
    pub(super) name: &'a [u8],
    /// Values as written, with their escapes.
    pub(super) labels: Vec<(&'a [u8], &'a [u8])>,
    pub(super) value: f64,
    /// A label's value holds an escape that there is none of.
    pub(super) has_bad_escape: bool,
}

/// Reads a line without its end.
///
/// # Errors
/// With what is wrong about it, in words.
pub(super) fn read(line: &[u8], dialect: Dialect) -> Result<Line<'_>, &'static str> {
    if let Some(rest) = line.strip_prefix(b"#") {
        return remark(rest, dialect);
    }
    if line.iter().all(|b| matches!(b, b' ' | b'\t')) {
        return match dialect {
            Dialect::Text => Ok(Line::Nothing),
            Dialect::OpenMetrics => Err("a blank line, which OpenMetrics does not have"),
        };
    }
    sample(line, dialect).map(Line::Sample)
}

fn remark(rest: &[u8], dialect: Dialect) -> Result<Line<'_>, &'static str> {
    if dialect == Dialect::OpenMetrics && rest == b" EOF" {
        return Ok(Line::End);
    }
    let rest = rest.trim_ascii_start();
    let (word, rest) = cut_word(rest);
    let (name, rest) = cut_word(rest);
    match word {
        b"HELP" | b"UNIT" | b"TYPE" if !is_name(name) => Err("a name that is none of a metric"),
        b"HELP" => Ok(Line::Help(name)),
        b"UNIT" if dialect == Dialect::OpenMetrics => Ok(Line::Help(name)),
        b"TYPE" => {
            let kind = Kind::of(rest.trim_ascii(), dialect).ok_or("a type that there is none of")?;
            Ok(Line::Type(name, kind))
        }
        _ if dialect == Dialect::OpenMetrics => Err("a remark, which OpenMetrics does not have"),
        _ => Ok(Line::Nothing),
    }
}

fn sample(line: &[u8], dialect: Dialect) -> Result<Sample<'_>, &'static str> {
    let line = if dialect == Dialect::Text { line.trim_ascii_start() } else { line };
    let end = line.iter().position(|b| !is_name_byte(*b)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if !is_name(name) {
        return Err("no name of a metric where one should be");
    }
    let rest = trim_blanks(rest);
    let (labels, has_bad_escape, rest) = match rest.strip_prefix(b"{") {
        Some(inside) => labels(inside)?,
        None => (Vec::new(), false, rest),
    };
    let rest = trim_blanks(rest);
    let (value, rest) = cut_word(rest);
    let value = number(value).ok_or("no number where the value should be")?;
    after_value(trim_blanks(rest), dialect)?;
    Ok(Sample { name, labels, value, has_bad_escape })
}

/// A time, and in OpenMetrics an exemplar.
fn after_value(rest: &[u8], dialect: Dialect) -> Result<(), &'static str> {
    let (time, rest) = if rest.starts_with(b"#") { (&b""[..], rest) } else { cut_word(rest) };
    let is_time = match dialect {
        _ if time.is_empty() => true,
        Dialect::Text => std::str::from_utf8(time).is_ok_and(|t| t.parse::<i64>().is_ok()),
        Dialect::OpenMetrics => number(time).is_some_and(f64::is_finite),
    };
    if !is_time {
        return Err("something that is no time after the value");
    }
    let rest = trim_blanks(rest);
    match rest.strip_prefix(b"# ") {
        _ if rest.is_empty() => Ok(()),
        Some(exemplar) if dialect == Dialect::OpenMetrics => {
            let inside = exemplar.strip_prefix(b"{").ok_or("an exemplar without labels")?;
            let (_, _, rest) = labels(inside)?;
            let (value, rest) = cut_word(trim_blanks(rest));
            let (time, rest) = cut_word(trim_blanks(rest));
            let is_good = number(value).is_some() && (time.is_empty() || number(time).is_some());
            if is_good && rest.trim_ascii().is_empty() {
                Ok(())
            } else {
                Err("an exemplar that is malformed")
            }
        }
        _ => Err("more than a value and a time"),
    }
}

type Labels<'a> = (Vec<(&'a [u8], &'a [u8])>, bool, &'a [u8]);

/// From behind the opening brace to behind the closing one.
fn labels(mut rest: &[u8]) -> Result<Labels<'_>, &'static str> {
    let mut labels = Vec::new();
    let mut has_bad_escape = false;
    loop {
        rest = trim_blanks(rest);
        if let Some(after) = rest.strip_prefix(b"}") {
            return Ok((labels, has_bad_escape, after));
        }
        let end = rest.iter().position(|b| !is_label_byte(*b)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.first().is_none_or(u8::is_ascii_digit) {
            return Err("no name of a label where one should be");
        }
        let after = trim_blanks(after).strip_prefix(b"=").ok_or("a label without a value")?;
        let after = trim_blanks(after).strip_prefix(b"\"").ok_or("a label's value without quotes")?;
        let (end, is_bad) = closing_quote(after).ok_or("a quote that is not closed")?;
        has_bad_escape |= is_bad;
        let value = &after[..end];
        if std::str::from_utf8(value).is_err() {
            return Err("a label's value that is not UTF-8");
        }
        if labels.len() == MAX_LABELS {
            return Err("more labels than anybody reads");
        }
        labels.push((name, value));
        rest = trim_blanks(&after[end + 1..]);
        match rest.first() {
            Some(b',') => rest = &rest[1..],
            Some(b'}') => {}
            _ => return Err("no comma or closing brace after a label"),
        }
    }
}

/// Where the quote is, and whether an escape before it is none of `\\`, `\"` and `\n`.
fn closing_quote(text: &[u8]) -> Option<(usize, bool)> {
    let mut from = 0;
    let mut is_bad = false;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', &text[from..])?;
        if text[at] == b'"' {
            return Some((at, is_bad));
        }
        is_bad |= !matches!(text.get(at + 1)?, b'\\' | b'"' | b'n');
        from = at + 2;
    }
}

/// A number as Go reads it.
pub(super) fn number(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn cut_word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|b| matches!(b, b' ' | b'\t')).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, trim_blanks(rest))
}

fn trim_blanks(text: &[u8]) -> &[u8] {
    let from = text.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(text.len());
    &text[from..]
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':'
}

fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_name(name: &[u8]) -> bool {
    name.first().is_some_and(|first| !first.is_ascii_digit()) && name.iter().all(|b| is_name_byte(*b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(line: &str) -> Result<Line<'_>, &'static str> {
        read(line.as_bytes(), Dialect::Text)
    }

    #[test]
    fn samples_are_taken_apart() {
        let Ok(Line::Sample(sample)) =
            text(r#"a:b_total{path="C:\\x\n",q="say \"hi\"",} 1.5e3 1700000000000"#)
        else {
            panic!("no sample")
        };
        assert_eq!((sample.name, sample.value, sample.labels.len()), (&b"a:b_total"[..], 1500.0, 2));
        assert_eq!(sample.labels[1], (&b"q"[..], &br#"say \"hi\""#[..]));
        for good in
            ["a 1", "a{} NaN", "a +Inf", "a -Inf -5", "  a\t1  ", "a{b=\"\"} 0x", "a{b = \"c\" , d=\"e\"} 1"]
        {
            assert_eq!(text(good).is_ok(), !good.ends_with("0x"), "{good}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_in_words() {
        for (line, words) in [
            ("<html>", "no name of a metric"),
            ("1a 2", "no name of a metric"),
            ("a", "no number"),
            ("a one", "no number"),
            ("a{b=\"c} 1", "a quote that is not closed"),
            ("a{b=c} 1", "without quotes"),
            ("a{b} 1", "a label without a value"),
            ("a{b=\"c\" d=\"e\"} 1", "no comma"),
            ("a{1=\"c\"} 1", "no name of a label"),
            ("a 1 soon", "no time"),
            ("a 1 2 3", "more than a value"),
            ("# TYPE a thing", "a type that there is none of"),
            ("# HELP 1a x", "none of a metric"),
        ] {
            assert!(text(line).is_err_and(|why| why.contains(words)), "{line}: {:?}", text(line));
        }
        assert!(read(b"a{b=\"\xff\"} 1", Dialect::Text).is_err());
        let Ok(Line::Sample(odd)) = text(r#"a{b="C:\dir"} 1"#) else { panic!("no sample") };
        assert!(odd.has_bad_escape);
    }

    #[test]
    fn openmetrics_is_stricter_and_knows_more() {
        let open = |line: &'static str| read(line.as_bytes(), Dialect::OpenMetrics);
        assert_eq!(open("# EOF"), Ok(Line::End));
        assert!(open("a_bucket{le=\"1\"} 5 1.5 # {id=\"x\"} 0.6 1.2").is_ok());
        assert!(open("a 1 1.5").is_ok());
        assert!(open("# TYPE a stateset").is_ok());
        for bad in ["", "# a remark", "# TYPE a untyped", "a 1 # x", "a 1 NaN"] {
            assert!(open(bad).is_err(), "{bad}");
        }
        assert_eq!(text("# EOF"), Ok(Line::Nothing));
    }

    proptest! {
        #[test]
        fn no_line_breaks_the_reader(line in proptest::collection::vec(any::<u8>(), 0..80),
                                     shaped in "[a{}=\",\\\\# 1.]{0,40}") {
            for dialect in [Dialect::Text, Dialect::OpenMetrics] {
                drop(read(&line, dialect));
                drop(read(shaped.as_bytes(), dialect));
            }
        }

        #[test]
        fn what_is_written_by_the_rules_is_read(name in "[a-zA-Z_:][a-zA-Z0-9_:]{0,12}", value: f64,
                                               label in "[a-zA-Z_][a-zA-Z0-9_]{0,8}", content in "[^\\x00]{0,20}") {
            let escaped = content.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let line = format!("{name}{{{label}=\"{escaped}\"}} {value}");
            match read(line.as_bytes(), Dialect::Text) {
                Ok(Line::Sample(sample)) => {
                    prop_assert_eq!(sample.name, name.as_bytes());
                    prop_assert_eq!(sample.labels[0], (label.as_bytes(), escaped.as_bytes()));
                    prop_assert!(sample.value == value || value.is_nan());
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
