//! Whether a service starts and ends again and again, by what its log tells of its starts.

use std::io;
use std::path::Path;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};

use crate::checks::Subject;
use crate::checks::evidence::moment;
use crate::config::Service;
use crate::logs::restarts::{Mark, MarkFinder};
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::store::tail;
use crate::text::human;

/// Bytes at the end of a log that are read.
const TAIL: u64 = 256 * 1024;
/// Starts that are kept.
const MOST: usize = 10_000;

static MARKS: LazyLock<MarkFinder> = LazyLock::new(MarkFinder::default);

/// The starts that a log tells of, oldest first.
pub(super) type RestartsObservation = Vec<Start>;

/// One start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) at: DateTime<Utc>,
    /// Another start stands before it, and no end that was asked for in between.
    pub(super) is_after_crash: bool,
}

/// Reads the end of a log. May hang where its file system does.
pub(super) fn observe(path: &Path) -> RestartsObservation {
    let read = |bytes: Vec<u8>| starts(&String::from_utf8_lossy(&bytes));
    let bytes: io::Result<_> = tail(path, TAIL);
    bytes.map(|(bytes, _)| read(bytes)).unwrap_or_default()
}

fn starts(text: &str) -> RestartsObservation {
    let (mut starts, mut now, mut is_running) = (Vec::new(), None, false);
    let marks: Vec<Option<Mark>> = text.lines().map(|line| mark_of(line).map(|(mark, _)| mark)).collect();
    // The workers of a parent are no starts of their own; its own line may stand before what was read.
    let is_of_parent =
        |mark: &Option<Mark>| matches!(mark, Some(Mark::ParentStart | Mark::WorkerStart | Mark::WorkerCrash));
    let has_parent = marks.iter().any(is_of_parent);
    for (line, mark) in text.lines().zip(marks) {
        now = moment::of_line(line).or(now);
        match (mark, now) {
            (Some(Mark::ParentStart), Some(at)) => note(at, &mut is_running, &mut starts),
            (Some(Mark::Start), Some(at)) if !has_parent => note(at, &mut is_running, &mut starts),
            (Some(Mark::Stop | Mark::Reload | Mark::ReloaderStart), _) => is_running = false,
            _ => {}
        }
        if starts.len() >= MOST {
            break;
        }
    }
    starts
}

fn note(at: DateTime<Utc>, is_running: &mut bool, starts: &mut RestartsObservation) {
    starts.push(Start { at, is_after_crash: *is_running });
    *is_running = true;
}

/// What a line tells of a process's life, with or without a time, a logger and a level before its message.
pub(super) fn mark_of(line: &str) -> Option<(Mark, Option<u32>)> {
    let message = line.rsplit_once(" - ").map_or(line, |(_, message)| message);
    let is_level = |level: &str| !level.is_empty() && level.chars().all(|c| c.is_ascii_uppercase());
    let after_level = message.split_once(':').filter(|(level, _)| is_level(level));
    let message = after_level.map_or(message, |(_, message)| message.trim_start());
    MARKS.mark(message.as_bytes())
}

/// Judges the starts of a service; `None` unless it starts and ends all the time.
pub(super) fn judge(service: &Service, starts: &RestartsObservation, now: DateTime<Utc>) -> Option<Finding> {
    let window = service.restart.window;
    let is_recent = |start: &&Start| moment::age(start.at, now).is_some_and(|age| age <= window);
    let recent: Vec<_> = starts.iter().filter(is_recent).collect();
    let crashes = recent.iter().filter(|start| start.is_after_crash).count();
    if u32::try_from(crashes).unwrap_or(u32::MAX) <= service.restart.max {
        return None;
    }
    let count = human::plural(crashes as u64, "time");
    let summary = format!("ended {count} in {} without being asked", human::duration(window));
    #[expect(clippy::cast_precision_loss, reason = "a count of starts fits 52 bits")]
    let mut metric = Metric::new("restarts", crashes as f64, Unit::Count);
    metric.min = Some(0.0);
    let finding = Subject::service(&service.name, "restarts").finding(Severity::Critical, summary);
    let finding = finding.because(Cause::CrashLoop).with("starts", recent.len()).with("crashes", crashes);
    Some(finding.with("window_seconds", window.as_secs()).metric(metric))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn line(now: DateTime<Utc>, minutes_ago: i64, text: &str) -> String {
        let at = now - TimeDelta::minutes(minutes_ago);
        format!("{} - uvicorn.error - INFO - {text}\n", at.format("%Y-%m-%dT%H:%M:%SZ"))
    }

    fn judged(text: &str, now: DateTime<Utc>) -> Option<Finding> {
        let text_of_service = "[[service]]\nname = \"api\"\ncommand = [\"true\"]";
        let config =
            crate::config::parse(text_of_service, Path::new("/"), &crate::config::Environment::default());
        judge(&config.unwrap().services[0], &starts(text), now)
    }

    #[test]
    fn many_unasked_starts_in_a_short_time_are_a_crash_loop() {
        let now = Utc::now();
        let start = |minutes| line(now, minutes, "Started server process [7]");
        let loops: String = (0..5).rev().map(start).collect();
        let finding = judged(&loops, now).unwrap();
        assert_eq!((finding.cause, finding.severity), (Some(Cause::CrashLoop), Severity::Critical));
        assert_eq!(finding.observed["crashes"], 4);
        let slow: String = (0..5).rev().map(|n| start(n * 9)).collect();
        assert_eq!(judged(&slow, now), None);
    }

    #[test]
    fn starts_that_were_asked_for_are_none() {
        let now = Utc::now();
        let deploy = |n: i64| {
            line(now, n, "Finished server process [7]") + &line(now, n, "Started server process [7]")
        };
        assert_eq!(judged(&(0..8).rev().map(deploy).collect::<String>(), now), None);
    }

    #[test]
    fn workers_and_lines_without_a_time_do_not_count() {
        let now = Utc::now();
        let workers = line(now, 5, "Started parent process [1]")
            + &line(now, 5, "Started server process [7]").repeat(9);
        assert_eq!(judged(&workers, now), None);
        assert_eq!(judged(&"INFO:     Started server process [7]\n".repeat(9), now), None);
    }

    #[test]
    fn workers_of_gunicorn_and_of_a_parent_out_of_sight_do_not_count() {
        let now = Utc::now();
        let worker = line(now, 5, "Started server process [7]");
        let gunicorn = line(now, 5, "Starting gunicorn 23.0.0")
            + &(line(now, 5, "Booting worker with pid: 7") + &worker).repeat(8);
        assert_eq!(judged(&gunicorn, now), None);
        let rest = (line(now, 5, "Child process [6] died") + &worker).repeat(8);
        assert_eq!(judged(&rest, now), None);
    }

    #[test]
    fn starts_of_a_clock_ahead_are_not_recent() {
        let now = Utc::now();
        let ahead: String = (0..8).map(|n| line(now, -180 - n, "Started server process [7]")).collect();
        assert_eq!(judged(&ahead, now), None);
    }

    #[test]
    fn marks_are_found_behind_any_head() {
        for line in [
            "INFO:     Started server process [7]",
            "2026-11-22 10:00:00,123 - uvicorn.error - INFO - Started server process [7]",
            "Started server process [7]",
        ] {
            assert_eq!(mark_of(line), Some((Mark::Start, Some(7))), "{line}");
        }
        assert_eq!(mark_of("a user wrote: Started server process [7]"), None);
    }
}
