//! Performance data of the Nagios plugins: `'label'=value[unit];[warn];[critical];[min];[max]`, after a `|`.

use crate::model::{Metric, Unit};

/// Numbers of one plugin that are taken.
const MAX_METRICS: usize = 32;

/// Reads what stands behind the first `|` of the first line that has one. What is malformed is left out.
pub(super) fn read(output: &str) -> Vec<Metric> {
    let Some((_, data)) = output.lines().find_map(|line| line.split_once('|')) else { return Vec::new() };
    items(data).into_iter().filter_map(|(label, values)| metric(&label, values)).take(MAX_METRICS).collect()
}

/// Splits at blanks outside of quotes, then at the `=`.
fn items(data: &str) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    let mut rest = data.trim_start();
    while !rest.is_empty() && found.len() < MAX_METRICS {
        let (label, after) = match rest.strip_prefix('\'') {
            Some(quoted) => {
                let Some((label, after)) = quoted.split_once("'=") else { break };
                (label.replace("''", "'"), after)
            }
            None => {
                let Some((label, after)) = rest.split_once('=') else { break };
                (label.to_owned(), after)
            }
        };
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        found.push((label, &after[..end]));
        rest = after[end..].trim_start();
    }
    found
}

fn metric(label: &str, values: &str) -> Option<Metric> {
    let mut parts = values.split(';');
    let first = parts.next()?;
    let split = first.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c)).unwrap_or(first.len());
    let (unit, factor) = unit(&first[split..])?;
    let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| n * factor);
    // A threshold may be a range; only a plain upper end is a bar.
    let mut next = || parts.next().and_then(number);
    let mut metric = Metric::new(&name(label)?, number(&first[..split])?, unit);
    (metric.warn, metric.critical, metric.min, metric.max) = (next(), next(), next(), next());
    Some(metric)
}

fn unit(word: &str) -> Option<(Unit, f64)> {
    Some(match word {
        "" | "c" => (Unit::Count, 1.0),
        "%" => (Unit::Percent, 1.0),
        "s" => (Unit::Seconds, 1.0),
        "ms" => (Unit::Seconds, 1e-3),
        "us" => (Unit::Seconds, 1e-6),
        "B" => (Unit::Bytes, 1.0),
        "KB" => (Unit::Bytes, 1024.0),
        "MB" => (Unit::Bytes, 1024.0 * 1024.0),
        "GB" => (Unit::Bytes, 1024.0 * 1024.0 * 1024.0),
        "TB" => (Unit::Bytes, 1024.0 * 1024.0 * 1024.0 * 1024.0),
        _ => return None,
    })
}

/// Lower-case words joined by `_`.
fn name(label: &str) -> Option<String> {
    let mut name = String::new();
    for c in label.chars().take(64) {
        match c {
            c if c.is_ascii_alphanumeric() => name.push(c.to_ascii_lowercase()),
            _ if !name.is_empty() && !name.ends_with('_') => name.push('_'),
            _ => {}
        }
    }
    let name = name.trim_end_matches('_').to_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_units_and_bars_are_read() {
        let found = read("OK | time=12ms;100;200;0 'free /var'=5MB;;;0;10 jobs=7c\n");
        let short: Vec<_> = found.iter().map(|m| (m.name.as_str(), m.value, m.unit)).collect();
        assert_eq!(
            short,
            [
                ("time", 0.012, Unit::Seconds),
                ("free_var", 5.0 * 1024.0 * 1024.0, Unit::Bytes),
                ("jobs", 7.0, Unit::Count)
            ]
        );
        assert_eq!((found[0].warn, found[0].critical, found[0].min), (Some(0.1), Some(0.2), Some(0.0)));
    }

    #[test]
    fn malformed_data_is_left_out() {
        for text in
            ["no data", "| ", "|=", "|a", "|a=", "|a=x", "|'a=1", "|a=1parsec", "|\u{1f600}=1", "|a=NaN"]
        {
            assert_eq!(read(text), [], "{text:?}");
        }
        assert_eq!(read("|a=U;1 b=1;2:3").len(), 1);
    }
}
