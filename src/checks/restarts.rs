//! Whether a service starts and ends again and again, by what its log tells of its starts, and how often a monitor had to
//! start it again within a day.

use std::io;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::checks::Subject;
use crate::checks::evidence::moment;
use crate::checks::system::against;
use crate::config::{Bars, Service};
use crate::logs::restarts::{Mark, MarkFinder};
use crate::model::{Cause, Finding, Hint, Metric, Severity, Unit};
use crate::store::{Watched, tail};
use crate::text::{human, shell};

/// Bytes at the end of a log that are read.
const TAIL: u64 = 256 * 1024;
/// Starts that are kept.
const MOST: usize = 10_000;
const DAY: Duration = Duration::from_secs(24 * 3600);

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
    let metric = metric(crashes);
    let finding = Subject::service(&service.name, "restarts").finding(Severity::Critical, summary);
    let finding = finding.because(Cause::CrashLoop).with("starts", recent.len()).with("crashes", crashes);
    Some(finding.with("window_seconds", window.as_secs()).metric(metric))
}

/// Judges how often a monitor had to start a service again, whatever of it is right by now.
pub(super) fn judge_day(service: &Service, watched: &Watched, bars: Bars, now: DateTime<Utc>) -> Finding {
    let ages = watched.restarted_at.iter().filter_map(|at| moment::age(*at, now)).filter(|age| *age < DAY);
    let ages: Vec<Duration> = ages.collect();
    let metric = metric(ages.len());
    let severity = against(metric.value, bars);
    let summary = match ages.iter().min() {
        None => "not restarted by the monitor within 24h".to_owned(),
        Some(last) => {
            let times = human::plural(ages.len() as u64, "time");
            format!(
                "restarted {times} by the monitor within 24h, {} ago for the last time",
                human::duration(*last)
            )
        }
    };
    let mut finding = Subject::service(&service.name, "restarts").finding(severity, summary);
    finding.hint = (!ages.is_empty()).then(|| Hint {
        text: "see why, each time".to_owned(),
        command: Some(shell::command(["fuelops", "monitor", "why", &service.name])),
    });
    finding
        .with("restarts_per_day", ages.len())
        .with("last_restart_at", watched.restarted_at.last().copied().map(told))
        .with("incident_since", watched.incident_since.map(told))
        .metric(metric.bars(bars.warn, bars.critical))
}

fn told(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn metric(restarts: usize) -> Metric {
    #[expect(clippy::cast_precision_loss, reason = "a count of restarts fits 52 bits")]
    let mut metric = Metric::new("restarts", restarts as f64, Unit::Count);
    metric.min = Some(0.0);
    metric
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn line(now: DateTime<Utc>, minutes_ago: i64, text: &str) -> String {
        let at = now - TimeDelta::minutes(minutes_ago);
        format!("{} - uvicorn.error - INFO - {text}\n", at.format("%Y-%m-%dT%H:%M:%SZ"))
    }

    fn service() -> Service {
        let text = "[[service]]\nname = \"api\"\ncommand = [\"true\"]";
        let config = crate::config::parse(text, Path::new("/"), &crate::config::Environment::default());
        config.unwrap().services.remove(0)
    }

    fn judged(text: &str, now: DateTime<Utc>) -> Option<Finding> {
        judge(&service(), &starts(text), now)
    }

    #[test]
    fn restarts_of_a_day_are_yellow_and_too_many_red_and_those_of_yesterday_are_past() {
        let now = Utc::now();
        let bars = Bars { warn: 1.0, critical: 4.0 };
        let of = |hours: &[i64]| {
            let restarted_at = hours.iter().map(|hours| now - TimeDelta::hours(*hours)).collect();
            let watched = Watched { target: "api".to_owned(), restarted_at, incident_since: None };
            judge_day(&service(), &watched, bars, now)
        };
        assert_eq!(of(&[90, 25]).severity, Severity::Ok);
        let two = of(&[90, 23, 3]);
        assert_eq!((two.severity, two.cause), (Severity::Warning, None));
        assert_eq!(two.summary, "restarted 2 times by the monitor within 24h, 3h ago for the last time");
        assert_eq!(two.hint.unwrap().command.unwrap(), "fuelops monitor why api");
        assert_eq!(of(&[5, 3, 2]).severity, Severity::Warning);
        assert_eq!(of(&[5, 3, 2, 1]).severity, Severity::Critical);
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
