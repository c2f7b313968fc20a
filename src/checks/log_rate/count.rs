//! Counts real errors with the engine of `analyze-logs`, in the last hour alone: of each file only its end is read.

use std::cmp::Reverse;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};

use crate::checks::log_rate::LogRate;
use crate::config::{PathPattern, Timezone};
use crate::grouping::SourceRoots;
use crate::logs::audit::TeamRules;
use crate::logs::http::DeclaredNames;
use crate::logs::input::{Input, Origin, Problem, ProblemKind, Request, Source, SourceKind, open, resolve};
use crate::logs::summary::real_errors;
use crate::logs::{AnalysisOptions, Reach, ZoneChoice, analyze, recent};

const HOUR: Duration = Duration::from_secs(3_600);
/// Bytes at the end of each file that are read.
const MAX_TAIL: u64 = 4 << 20;
/// Bytes at the end of a file whose lines bear no times: nobody knows how far back they reach.
const MAX_TIMELESS: u64 = 256 << 10;
/// Bytes of all files together that are read.
const MAX_BYTES: u64 = 8 << 20;

/// What the team said of its logs.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) rules: TeamRules,
    pub(super) zone: ZoneChoice,
}

impl Known {
    pub(super) fn new(rules: TeamRules, timezone: Timezone) -> Self {
        Self { rules, zone: ZoneChoice::from(timezone) }
    }

    /// Counts the errors of the last hour.
    pub(super) fn count(&self, patterns: &[PathPattern], now: DateTime<Utc>) -> LogRate {
        let absolute: Vec<PathBuf> = patterns.iter().map(|p| PathBuf::from(p.absolute())).collect();
        let root = patterns.first().map(|p| p.root().to_owned()).unwrap_or_default();
        let found = resolve(&Request { patterns: &absolute, root: &root, origin: Origin::Configured });
        let files = found.sources.iter().filter(|source| source.kind != SourceKind::Stream).count();
        let mut rate = LogRate { files: files as u64, ..LogRate::default() };
        // Beside logs, a pipe or a file of other bytes is no news; alone, it is what the config takes for a log.
        let unreadable = |kind| matches!(kind, ProblemKind::Unreadable) || (files == 0 && is_no_log(kind));
        let refused = found.problems.into_iter().filter(|problem| unreadable(problem.kind));
        let pipes = found.sources.iter().filter(|_| files == 0).map(|source| {
            Problem::nothing(&source.name, ProblemKind::NotAFile, "a pipe, whose past nobody can read")
        });
        let refused: Vec<_> = refused.chain(pipes).collect();
        let since = now - HOUR;
        let tails = self.tails(found.sources, since, MAX_BYTES, &mut rate);
        let options = AnalysisOptions {
            threads: 1,
            since: Some(since.timestamp_micros()),
            until: None,
            zone: self.zone,
            now: now.timestamp_micros(),
            rules: &self.rules,
            roots: &SourceRoots::default(),
            names: &DeclaredNames::default(),
            part_bytes: None,
            progress: None,
        };
        let analysis = analyze(&tails, &options);
        refused.iter().chain(&analysis.problems).for_each(|problem| rate.note_problem(problem));
        let errors = real_errors(&analysis, &self.rules);
        LogRate {
            errors: errors.dated + errors.undated,
            undated: errors.undated,
            newest: errors.newest,
            ..rate
        }
    }

    /// The ends of the files that were written since then, `most` bytes of them, the ones written last first.
    fn tails(
        &self,
        mut sources: Vec<Source>,
        since: DateTime<Utc>,
        most: u64,
        rate: &mut LogRate,
    ) -> Vec<Source> {
        sources.retain(|source| source.modified.is_some_and(|at| at >= SystemTime::from(since)));
        sources.sort_by_key(|source| Reverse(source.modified));
        let mut left = most;
        let mut tails = Vec::new();
        for source in sources {
            match source.kind {
                SourceKind::Stream => continue,
                SourceKind::Plain => {}
                // Rotated within the hour: unpacking it would cost too much.
                _ => {
                    rate.is_at_least = true;
                    continue;
                }
            }
            if left == 0 {
                rate.is_at_least = true;
                continue;
            }
            match self.reach(&source, since, left.min(MAX_TAIL)) {
                Ok(reach) => {
                    let start = if reach.is_timeless {
                        reach.start.max(source.len.saturating_sub(MAX_TIMELESS))
                    } else {
                        rate.is_at_least |= !reach.is_covered;
                        reach.start
                    };
                    left = left.saturating_sub(source.len - start);
                    tails.push(Source { start, ..source });
                }
                Err(problem) => rate.note_problem(&problem),
            }
        }
        tails
    }

    fn reach(&self, source: &Source, since: DateTime<Utc>, most: u64) -> Result<Reach, Problem> {
        let Input::Ranged { file, len } = open(source)? else {
            return Ok(Reach { start: source.len, is_covered: true, is_timeless: false });
        };
        let modified = source.modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let modified = modified.and_then(|at| i64::try_from(at.as_micros()).ok());
        let span = (since.timestamp_micros(), modified.unwrap_or(i64::MAX));
        recent(&file, len, span, self.zone, most)
            .map_err(|error: io::Error| Problem::of_error(&source.name, &error))
    }
}

fn is_no_log(kind: ProblemKind) -> bool {
    matches!(kind, ProblemKind::Binary | ProblemKind::NotAFile)
}

impl LogRate {
    fn note_problem(&mut self, problem: &Problem) {
        self.unread += 1;
        self.problem.get_or_insert_with(|| problem.to_string());
    }
}

#[cfg(test)]
mod tests {
    use chrono::FixedOffset;

    use super::*;
    use crate::config::{LogRule, TextMatch};
    use crate::model::Level;

    fn counted_by(rules: Vec<LogRule>, files: &[(&str, String)], now: DateTime<Utc>) -> LogRate {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let utc = FixedOffset::east_opt(0).unwrap();
        let known = Known::new(TeamRules::new(rules), Timezone::Fixed(utc));
        known.count(&[PathPattern::new(dir.path(), "*.log").unwrap()], now)
    }

    fn counted(text: String, now: DateTime<Utc>) -> LogRate {
        counted_by(Vec::new(), &[("backend.log", text)], now)
    }

    fn line(at: DateTime<Utc>, text: &str) -> String {
        format!("{} - {text}\n", at.format("%Y-%m-%d %H:%M:%S,%3f"))
    }

    fn ago(now: DateTime<Utc>, minutes: i64) -> DateTime<Utc> {
        now - chrono::TimeDelta::minutes(minutes)
    }

    #[test]
    fn what_is_no_log_is_told_where_nothing_else_is_there() {
        let nothing = "\0".repeat(5_000);
        let now = Utc::now();
        let alone = counted(nothing.clone(), now);
        assert_eq!((alone.files, alone.unread), (0, 1));
        assert!(alone.problem.unwrap().ends_with("backend.log: binary data: skipped"));
        let files = [("backend.log", line(now, "app - ERROR - x")), ("other.log", nothing)];
        let beside = counted_by(Vec::new(), &files, now);
        assert_eq!((beside.files, beside.unread, beside.errors), (1, 0, 1));
        let dir = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo").arg(dir.path().join("x.log")).status().unwrap();
        assert!(made.success());
        let known = Known::new(TeamRules::new(Vec::new()), Timezone::Local);
        let pipe = known.count(&[PathPattern::new(dir.path(), "*.log").unwrap()], now);
        assert!(pipe.problem.unwrap().ends_with("x.log: a pipe, whose past nobody can read"));
    }

    #[test]
    fn only_real_errors_of_the_last_hour_count() {
        let now = Utc::now();
        let text = [
            line(ago(now, 90), "app - ERROR - old"),
            line(ago(now, 30), "app - ERROR - one"),
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 1\n".to_owned(),
            line(ago(now, 20), "app - INFO - 0 ERRORs found"),
            line(ago(now, 20), "app - ERROR - DEBUG: first truck keys"),
            "ERROR:other:undated between dated ones\n".to_owned(),
            line(ago(now, 10), "app - CRITICAL - two"),
        ];
        let rate = counted(text.concat(), now);
        assert_eq!((rate.errors, rate.undated, rate.files, rate.is_at_least), (3, 0, 1, false), "{rate:?}");
        assert_eq!(rate.newest.as_deref(), Some("two"));
    }

    #[test]
    fn a_team_rule_takes_its_noise_out() {
        let now = Utc::now();
        let text = line(ago(now, 5), "app - ERROR - No recent data for truck 7").repeat(30);
        let rule = LogRule {
            matches: TextMatch::Contains("No recent data".into()),
            level: Level::Info,
            because: None,
        };
        assert_eq!(counted(text.clone(), now).errors, 30);
        assert_eq!(counted_by(vec![rule], &[("a.log", text)], now).errors, 0);
    }

    #[test]
    fn records_that_stand_in_two_files_count_once() {
        let now = Utc::now();
        let errors: String =
            (0..12).map(|n| line(ago(now, n), &format!("app - ERROR - lost unit {n}"))).collect();
        let files = [("app.log", errors.clone()), ("app_errors.log", errors)];
        assert_eq!(counted_by(Vec::new(), &files, now).errors, 12);
    }

    #[test]
    fn a_file_that_is_too_long_says_at_least() {
        let now = Utc::now();
        let rate = counted(line(now, "app - ERROR - again and again").repeat(100_000), now);
        assert!(rate.is_at_least && rate.errors > 50_000, "{rate:?}");
    }

    #[test]
    fn a_file_for_which_no_bytes_are_left_says_at_least() {
        let now = Utc::now();
        let files = ["a.log", "b.log", "c.log"]
            .map(|name| (name, line(now, &format!("app - ERROR - again and again in {name}")).repeat(50)));
        let mut rate = LogRate::default();
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in &files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let patterns = [dir.path().join("*.log")];
        let found = resolve(&Request { patterns: &patterns, root: dir.path(), origin: Origin::Configured });
        let utc = FixedOffset::east_opt(0).unwrap();
        let known = Known::new(TeamRules::new(Vec::new()), Timezone::Fixed(utc));
        let two = files[0].1.len() as u64 * 2;
        let tails = known.tails(found.sources.clone(), now - HOUR, two, &mut rate);
        assert!(rate.is_at_least && tails.len() == 2, "{rate:?}");
        let mut whole = LogRate::default();
        known.tails(found.sources, now - HOUR, MAX_BYTES, &mut whole);
        assert!(!whole.is_at_least, "{whole:?}");
    }

    #[test]
    fn errors_without_any_time_count_and_say_so() {
        let now = Utc::now();
        let rate = counted("ERROR:main:cannot load\n".repeat(7), now);
        assert_eq!((rate.errors, rate.undated, rate.is_at_least), (7, 7, false));
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let now = Utc::now();
        for text in
            ["", "\n", "2026-", "9999-99-99 99:99:99", "2026-11-22 10:00:0", "é2026-11-22 10:00:00é ERROR"]
        {
            let _rate = counted(text.to_owned(), now);
        }
    }
}
