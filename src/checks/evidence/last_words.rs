//! The end of a service's log: known faults since it last started.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

use crate::capture::service_log;
use crate::checks::Plan;
use crate::checks::evidence::moment;
use crate::checks::evidence::{LastWords, SaidFault};
use crate::checks::restarts::mark_of;
use crate::config::Service;
use crate::logs::restarts::Mark;
use crate::logs::rules;
use crate::store::tail;
use crate::text::redact;

/// Bytes at the end of a log that are read.
const TAIL: u64 = 64 * 1024;
/// Lines that are looked at.
const LINES: usize = 400;
/// Lines that count as the very last: a traceback and what a server says while it goes down.
const LAST: usize = 40;
/// Lines of a traceback that are read together with its last one.
const FRAMES: usize = 12;
/// Words of a line among which its level stands.
const FIRST_WORDS: usize = 8;
/// Longest part of a line that is looked at.
const WIDTH: usize = 2_000;
/// Services whose logs are read.
const MOST_LOGS: usize = 64;

/// The logs to read: those of the config, and where a keeper writes by itself.
pub(super) fn logs(plan: &Plan) -> Vec<(String, PathBuf)> {
    let log = |service: &Service| Some((service.name.clone(), service_log(service, &plan.root)?));
    plan.services.iter().filter_map(log).take(MOST_LOGS).collect()
}

/// Reads the end of a log. May hang where its file system does.
pub(super) fn read(service: &str, path: &Path, now: DateTime<Utc>) -> Option<LastWords> {
    let (bytes, modified) = tail(path, TAIL).ok()?;
    let silent_for = SystemTime::from(now).duration_since(modified).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let (faults, pid) = faults(&text, now);
    Some(LastWords { service: service.to_owned(), log: path.to_owned(), silent_for, pid, faults })
}

/// Known faults since the last start, newest first, each rule once; and the pid of that start.
fn faults(text: &str, now: DateTime<Utc>) -> (Vec<SaidFault>, Option<u32>) {
    let mut seen = HashSet::new();
    let mut faults = Vec::new();
    let mut pending = 0;
    let mut went_on = false;
    let lines = text.lines().rev().filter(|line| !line.trim().is_empty()).take(LINES);
    let lines: Vec<&str> = lines.map(|line| &line[..line.floor_char_boundary(WIDTH)]).collect();
    for (at, line) in lines.iter().enumerate() {
        went_on |= is_of_daily_work(line);
        let is_last = at < LAST && !went_on;
        if let Some(time) = moment::of_line(line) {
            // A traceback has no times of its own: they are those of the line above it.
            let age = moment::age(time, now);
            faults[pending..].iter_mut().for_each(|fault: &mut SaidFault| fault.age = age);
            pending = faults.len();
            note(&lines[at..], age, is_last, &mut seen, &mut faults);
            pending = pending.max(faults.len());
        } else {
            note(&lines[at..], None, is_last, &mut seen, &mut faults);
        }
        // What stands above a start belongs to an earlier life.
        if let Some((Mark::Start | Mark::ParentStart | Mark::ReloaderStart | Mark::SupervisorStart, pid)) =
            mark_of(line)
        {
            return (faults, pid);
        }
    }
    (faults, None)
}

/// Whether a program does its work when it says this: what stands above has not ended it.
fn is_of_daily_work(line: &str) -> bool {
    const GOODBYES: [&str; 6] = ["shutdown", "shutting down", "exit", "stopp", "finished", "clos"];
    let is_request = memchr::memmem::find(line.as_bytes(), b" HTTP/1.").is_some();
    let lower = line.to_ascii_lowercase();
    is_request || (is_harmless(line) && !GOODBYES.iter().any(|word| lower.contains(word)))
}

/// Whether a line calls itself less than a warning: what it holds may be anybody's text, such as what a user searched for.
fn is_harmless(line: &str) -> bool {
    let words = line.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let is_level = |word: &&str| {
        matches!(
            *word,
            "TRACE" | "DEBUG" | "INFO" | "NOTICE" | "WARN" | "WARNING" | "ERROR" | "CRITICAL" | "FATAL"
        )
    };
    words.take(FIRST_WORDS).find(is_level).is_some_and(|word| matches!(word, "TRACE" | "DEBUG" | "INFO"))
}

/// The traceback that ends with the first of these lines, newest first: some faults show only in both together.
fn traceback(lines: &[&str]) -> Option<String> {
    let (exception, above) = lines.split_first()?;
    let is_frame = |line: &&&str| line.starts_with([' ', '\t']);
    let frames: Vec<&str> = above.iter().take_while(is_frame).take(FRAMES).copied().collect();
    let is_one = !frames.is_empty() && !is_frame(&exception);
    is_one.then(|| frames.iter().rev().chain([exception]).copied().collect::<Vec<_>>().join("\n"))
}

/// `lines` begins with the one that is looked at; older ones follow.
fn note(
    lines: &[&str],
    age: Option<Duration>,
    is_last: bool,
    seen: &mut HashSet<&'static str>,
    faults: &mut Vec<SaidFault>,
) {
    let whole = traceback(lines).and_then(|text| rules::find(&text));
    let of_line = || lines.first().filter(|line| !is_harmless(line)).and_then(|line| rules::find(line));
    let Some((rule, fault)) = whole.or_else(of_line) else { return };
    if seen.insert(rule.id) {
        let summary = redact::secrets(&fault.summary).into_owned();
        faults.push(SaidFault { rule: rule.id, class: rule.class, summary, age, is_last });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules_of(text: &str) -> Vec<&'static str> {
        faults(text, Utc::now()).0.into_iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn newest_fault_stands_first_and_an_earlier_life_does_not_count() {
        let text = "\
OSError: [Errno 28] No space left on device
INFO:     Started server process [4711]
INFO:     Waiting for application startup.
pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'localhost'\")
ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use
INFO:     Waiting for application shutdown.
";
        assert_eq!(rules_of(text), ["port-in-use", "mysql-connection-refused"]);
        assert_eq!(faults(text, Utc::now()).1, Some(4711));
    }

    #[test]
    fn traceback_is_as_old_as_the_line_above_it() {
        let now = Utc::now();
        let at = (now - chrono::TimeDelta::minutes(5)).format("%Y-%m-%dT%H:%M:%SZ");
        let text =
            format!("{at} - app - ERROR - it failed\nTraceback (most recent call last):\nMemoryError\n");
        let found = faults(&text, now).0;
        assert_eq!(found[0].rule, "out-of-memory");
        let age = found[0].age.unwrap().as_secs();
        assert!((300..302).contains(&age), "{age}");
        assert_eq!(faults("MemoryError\n", now).0[0].age, None);
    }

    #[test]
    fn a_setting_that_is_missing_shows_in_the_traceback_above_its_name() {
        let text = "\
Traceback (most recent call last):
  File \"main.py\", line 4, in <module>
    url = os.environ[\"DATABASE_URL\"]
  File \"<frozen os>\", line 679, in __getitem__
KeyError: 'DATABASE_URL'
";
        let found = faults(text, Utc::now()).0;
        assert_eq!(found[0].summary, "the setting DATABASE_URL is missing");
        assert_ne!(rules_of(&text.replace("os.environ", "trucks")), ["setting-missing"]);
    }

    #[test]
    fn what_a_program_has_survived_is_not_its_last_word() {
        let fault = "ValueError: x\nMemoryError\n";
        let is_last = |rest: &str| faults(&format!("{fault}{rest}"), Utc::now()).0.iter().any(|f| f.is_last);
        let goodbye = "2026-11-23 10:00:00 - uvicorn - INFO - Application shutdown complete.\n";
        assert!(
            is_last("") && is_last("ERROR:    Application startup failed. Exiting.\n") && is_last(goodbye)
        );
        for later in [
            "INFO:     127.0.0.1:4 - \"GET /health HTTP/1.1\" 200 OK\n",
            "2026-11-23 10:00:00,001 - main - INFO - synced 12 trucks\n",
        ] {
            assert!(!is_last(later), "{later}");
        }
    }

    #[test]
    fn what_somebody_has_typed_is_no_fault() {
        let typed = "q=Can't connect to MySQL server on 'x' (111)";
        for level in ["INFO", "DEBUG"] {
            assert!(rules_of(&format!("2026-11-23 10:00:00,000 {level} search: {typed}\n")).is_empty());
            assert!(rules_of(&format!("{{\"level\": \"{level}\", \"message\": \"{typed}\"}}\n")).is_empty());
        }
        let tried_again = format!("2026-11-23 10:00:00,000 WARNING INFO is lost: {typed}\n");
        assert_eq!(rules_of(&tried_again), ["mysql-connection-refused"]);
    }

    #[test]
    fn no_bytes_make_it_panic() {
        for text in ["", "\n\n", "é".repeat(5_000).as_str(), "2026-", ": : - : -"] {
            assert!(faults(text, Utc::now()).0.is_empty());
        }
    }

    #[test]
    fn folder_and_missing_file_have_no_last_words() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read("x", dir.path(), Utc::now()), None);
        assert_eq!(read("x", &dir.path().join("none"), Utc::now()), None);
    }
}
