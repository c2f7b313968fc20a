//! Rotated sets: which files are one log, and in which order they were written.
//!
//! Told by name alone, as logrotate and the logging libraries give them:
//!
//! ```text
//! backend.log                         the current file
//! backend.log.2.gz  backend.log.1     numbered, the higher the older (logrotate, Python's RotatingFileHandler)
//! backend.1.log                       the same, with the number before the extension
//! backend.log-20240101  backend-20240101.log  backend.log-20240101-1704067200    logrotate's dateext
//! backend.log.2024-01-01  backend.log.2024-01-01_10-00-00    Python's TimedRotatingFileHandler
//! backend.2024-01-01_10-00-00_123456.log                     loguru
//! ```

use std::cmp::Reverse;

/// Extensions that a compressor adds.
const PACKED: [&str; 10] = [".gz", ".zst", ".xz", ".bz2", ".z", ".zstd", ".tgz", ".lz4", ".br", ".Z"];
/// Numbers above this are no rotation.
const MAX_NUMBER: u32 = 9_999;

/// How the names of sets end that are split off from another: they hold again what stands in `NAME.log`.
const SPLIT_OFF: [&str; 2] = ["_errors.log", "_daily.log"];

/// Which of all sets the one is split off from, by its name: of the same folder, else of the nearest above it or below.
pub fn whole_among<S: AsRef<str>>(series: &str, all: &[S]) -> Option<usize> {
    let whole = whole_of(series)?;
    let name = |at: usize| all[at].as_ref();
    let exact = all.iter().position(|other| other.as_ref() == whole);
    let is_near = |&at: &usize| parts(name(at)).1 == parts(&whole).1 && are_near(series, name(at));
    exact.or_else(|| (0..all.len()).filter(is_near).max_by_key(|&at| parts(name(at)).0.len()))
}

/// Whether two sets stand in the same folder, or one below the other's.
pub fn are_near(a: &str, b: &str) -> bool {
    let holds = |outer: &str, inner: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with('/'))
    };
    let (a, b) = (parts(a).0, parts(b).0);
    holds(a, b) || holds(b, a)
}

/// Folder and file name; the folder of a bare name is empty.
fn parts(series: &str) -> (&str, &str) {
    series.rsplit_once('/').unwrap_or(("", series))
}

fn whole_of(series: &str) -> Option<String> {
    let stem = SPLIT_OFF.iter().find_map(|ending| series.strip_suffix(ending))?;
    (!stem.is_empty() && !stem.ends_with('/')).then(|| format!("{stem}.log"))
}

/// Place of a file within its set; the derived order is oldest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Age {
    /// By date, as digits only; a longer one has a time of day.
    Dated(String),
    Numbered(Reverse<u32>),
    Current,
}

/// A file name taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// The name of the current file of the set.
    pub(super) base: String,
    pub(super) age: Age,
}

/// Reads a file name.
pub(super) fn member(file_name: &str) -> Member {
    let name = unpacked_name(file_name);
    numbered(name)
        .or_else(|| dated(name))
        .unwrap_or_else(|| Member { base: name.to_owned(), age: Age::Current })
}

/// The file name without what a compressor added.
pub(super) fn unpacked_name(file_name: &str) -> &str {
    PACKED
        .iter()
        .find_map(|packed| file_name.strip_suffix(packed))
        .filter(|name| !name.is_empty())
        .unwrap_or(file_name)
}

fn numbered(name: &str) -> Option<Member> {
    let (stem, last) = name.rsplit_once('.')?;
    if let Some(number) = rotation_number(last) {
        return (!stem.is_empty())
            .then(|| Member { base: stem.to_owned(), age: Age::Numbered(Reverse(number)) });
    }
    // `backend.1.log`; a version such as `app-2.1.log` has a digit before the dot and stays as it is.
    let (stem, number) = stem.rsplit_once('.')?;
    let number = rotation_number(number)?;
    let is_version = stem.ends_with(|c: char| c.is_ascii_digit());
    (!stem.is_empty() && !is_version)
        .then(|| Member { base: format!("{stem}.{last}"), age: Age::Numbered(Reverse(number)) })
}

fn rotation_number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number <= MAX_NUMBER)
}

/// Finds a date behind a separator, reaching to the end of the name or to its extension.
fn dated(name: &str) -> Option<Member> {
    name.char_indices().filter(|(_, c)| matches!(c, '.' | '-' | '_')).filter(|(at, _)| *at > 0).find_map(
        |(at, _)| {
            let (stem, rest) = (&name[..at], &name[at + 1..]);
            let end =
                rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '_' | ':' | 'T')).unwrap_or(rest.len());
            let (stamp, extension) = rest.split_at(end);
            let digits: String = stamp.chars().filter(char::is_ascii_digit).collect();
            let ends_well =
                extension.is_empty() || (extension.starts_with('.') && !extension[1..].contains('.'));
            (is_date(&digits) && ends_well)
                .then(|| Member { base: format!("{stem}{extension}"), age: Age::Dated(digits) })
        },
    )
}

/// `20240101`, with or without a time behind it.
fn is_date(digits: &str) -> bool {
    let number = |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<u32>().ok());
    digits.len() <= 32
        && number(0..4).is_some_and(|year| (1990..2100).contains(&year))
        && number(4..6).is_some_and(|month| (1..=12).contains(&month))
        && number(6..8).is_some_and(|day| (1..=31).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut names: Vec<&str>) -> Vec<&str> {
        names.sort_by_key(|name| member(name).age);
        names
    }

    #[test]
    fn members_name_their_set() {
        for name in [
            "backend.log",
            "backend.log.1",
            "backend.log.12.gz",
            "backend.1.log",
            "backend.log-20240101",
            "backend-20240101.log.zst",
            "backend.log-20240101-1704067200.gz",
            "backend.log.2024-01-01",
            "backend.log.2024-01-01_10-00-00",
            "backend.2024-01-01_10-00-00_123456.log",
        ] {
            assert_eq!(member(name).base, "backend.log", "{name}");
        }
    }

    #[test]
    fn other_numbers_are_no_rotation() {
        for name in
            ["app-2.1.log", "worker-1.log", "10.0.0.5.log", "log4j", "app.20241.log", "x-99999999.log"]
        {
            assert_eq!(member(name), Member { base: name.to_owned(), age: Age::Current }, "{name}");
        }
    }

    #[test]
    fn oldest_comes_first() {
        assert_eq!(
            sorted(vec!["b.log", "b.log.1", "b.log.10.gz", "b.log.2.gz"]),
            ["b.log.10.gz", "b.log.2.gz", "b.log.1", "b.log"]
        );
        assert_eq!(
            sorted(vec!["b.log", "b.log-20240102.gz", "b.log-20231231.gz", "b.log-20240102-120000"]),
            ["b.log-20231231.gz", "b.log-20240102.gz", "b.log-20240102-120000", "b.log"]
        );
    }

    #[test]
    fn copies_belong_to_the_nearest_whole_log() {
        let all = ["backend.log", "logs/backend.log", "else/backend.log", "sync.log"];
        assert_eq!(whole_among("logs/backend_errors.log", &all), Some(1));
        assert_eq!(whole_among("logs/sync_daily.log", &all), Some(3));
        assert_eq!(whole_among("logs/deep/backend_daily.log", &all), Some(1));
        assert_eq!(whole_among("far/away_errors.log", &all), None);
        assert!(are_near("a.log", "logs/b.log") && !are_near("log/a.log", "logs/b.log"));
    }

    #[test]
    fn copies_belong_to_a_whole_log_of_their_folder() {
        assert_eq!(whole_of("logs/backend_errors.log").as_deref(), Some("logs/backend.log"));
        assert_eq!(whole_of("backend_daily.log").as_deref(), Some("backend.log"));
        for other in ["logs/_errors.log", "backend_errors.txt", "errors.log"] {
            assert_eq!(whole_of(other), None, "{other}");
        }
    }
}
