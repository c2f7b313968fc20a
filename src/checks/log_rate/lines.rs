//! The simple way of counting: lines with an error's level and a time within the last hour, from the ends of the files.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Local, NaiveDateTime, TimeZone, Utc};

use crate::checks::log_rate::LogRate;
use crate::config::PathPattern;
use crate::logs::input::{Origin, ProblemKind, Request, SourceKind, resolve};
use crate::text::sanitize;

const HOUR: Duration = Duration::from_secs(3_600);
/// Bytes at the end of each file that are read.
const MAX_TAIL: u64 = 1024 * 1024;
/// Bytes of all files together that are read.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Where in a line its level is looked for: what stands later is text.
const LEVEL_WITHIN: usize = 120;
/// Where in a line its time is looked for.
const TIME_WITHIN: usize = 40;
/// `2026-11-22 18:30:00`.
const TIME_LENGTH: usize = 19;

const ERROR_WORDS: [&str; 4] = ["ERROR", "CRITICAL", "FATAL", "PANIC"];

/// Counts the error lines of the last hour.
pub(super) fn count(patterns: &[PathPattern], now: DateTime<Utc>) -> LogRate {
    let mut rate = LogRate::default();
    let mut left = MAX_BYTES;
    let since = SystemTime::from(now) - HOUR;
    let absolute: Vec<PathBuf> = patterns.iter().map(|p| PathBuf::from(p.absolute())).collect();
    let root = patterns.first().map(|p| p.root().to_owned()).unwrap_or_default();
    let found = resolve(&Request { patterns: &absolute, root: &root, origin: Origin::Configured });
    for source in found.sources.iter().filter(|s| s.kind == SourceKind::Plain) {
        rate.files += 1;
        if source.modified.is_some_and(|at| at < since) {
            continue;
        }
        match tail(&source.path, MAX_TAIL.min(left)) {
            Ok(tail) => {
                left = left.saturating_sub(tail.bytes.len() as u64);
                count_tail(&tail, now, &mut rate);
            }
            Err(e) => rate.note_problem(format!("{}: {e}", source.name)),
        }
    }
    for problem in found.problems.iter().filter(|p| p.kind == ProblemKind::Unreadable) {
        rate.note_problem(format!("{}: {}", problem.path, problem.detail));
    }
    rate
}

impl LogRate {
    fn note_problem(&mut self, why: String) {
        self.unread += 1;
        self.problem.get_or_insert(why);
    }
}

/// The end of a file.
struct Tail {
    bytes: Vec<u8>,
    is_whole: bool,
}

fn tail(path: &Path, most: u64) -> io::Result<Tail> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(most);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(Tail { bytes, is_whole: from == 0 })
}

fn count_tail(tail: &Tail, now: DateTime<Utc>, rate: &mut LogRate) {
    let since = now - HOUR;
    // The first line of a cut is a part of one.
    let lines = tail.bytes.split(|b| *b == b'\n').skip(usize::from(!tail.is_whole));
    let mut is_recent = false;
    let mut is_covered = tail.is_whole;
    for line in lines {
        if let Some(at) = time_of(line) {
            is_recent = at >= since;
            is_covered |= !is_recent;
        }
        if is_recent && is_error(line) {
            rate.errors += 1;
            rate.newest = Some(sanitize::bytes(&line[..line.len().min(1024)]));
        }
    }
    rate.is_at_least |= !is_covered;
}

fn is_error(line: &[u8]) -> bool {
    let head = &line[..line.len().min(LEVEL_WITHIN)];
    let is_letter = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    head.split(|b| !is_letter(b)).any(|word| ERROR_WORDS.iter().any(|level| word == level.as_bytes()))
}

/// A day and time near the start of a line, in this machine's zone unless it ends in `Z`.
fn time_of(line: &[u8]) -> Option<DateTime<Utc>> {
    let head = &line[..line.len().min(TIME_WITHIN)];
    let start = head.windows(5).position(|w| w[..4].iter().all(u8::is_ascii_digit) && w[4] == b'-')?;
    let text = std::str::from_utf8(line.get(start..start + TIME_LENGTH)?).ok()?.replace('T', " ");
    let time = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S").ok()?;
    let rest = &line[start + TIME_LENGTH..line.len().min(start + TIME_LENGTH + 12)];
    if rest.iter().find(|b| !b.is_ascii_digit() && !b".,".contains(b)) == Some(&b'Z') {
        return Some(time.and_utc());
    }
    Local.from_local_datetime(&time).earliest().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str, now: DateTime<Utc>) -> LogRate {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("backend.log"), text).unwrap();
        count(&[PathPattern::new(dir.path(), "*.log").unwrap()], now)
    }

    fn line(at: DateTime<Utc>, text: &str) -> String {
        format!("{} - {text}\n", at.format("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }

    #[test]
    fn only_errors_of_the_last_hour_count() {
        let now = Utc::now();
        let ago = |minutes| now - chrono::TimeDelta::minutes(minutes);
        let text = [
            line(ago(90), "app - ERROR - old"),
            line(ago(30), "app - ERROR - one"),
            "Traceback: no error of its own\n".to_owned(),
            line(ago(20), "app - INFO - 0 ERRORs found"),
            line(ago(10), "app - CRITICAL - two"),
        ];
        let rate = counted(&text.concat(), now);
        assert_eq!((rate.errors, rate.files, rate.is_at_least), (2, 1, false));
        assert!(rate.newest.unwrap().ends_with("two"));
    }

    #[test]
    fn file_that_is_too_long_says_at_least() {
        let now = Utc::now();
        let one = line(now, "app - ERROR - again and again");
        let rate = counted(&one.repeat(60_000), now);
        assert!(rate.is_at_least && rate.errors > 10_000, "{rate:?}");
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let now = Utc::now();
        for text in
            ["", "\n", "2026-", "9999-99-99 99:99:99", "2026-11-22 10:00:0", "é2026-11-22 10:00:00é ERROR"]
        {
            let _rate = counted(text, now);
        }
    }
}
