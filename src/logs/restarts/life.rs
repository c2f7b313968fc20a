//! From marks in files to starts, crashes and reloads.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::logs::restarts::Mark;
use crate::report::{RestartEvent, Restarts};

/// Crashes within [`LOOP_WINDOW_US`] that make a loop.
const LOOP_CRASHES: usize = 3;
const LOOP_WINDOW_US: i64 = 600_000_000;
/// A monitor's "starting" and the program's own start belong together within this.
const SUPERVISOR_SLACK_US: i64 = 60_000_000;

/// A mark where it was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProcessEvent {
    /// The series of rotated files that it stands in, by the name of the newest.
    pub series: String,
    /// Place in the series: member, oldest first, then line, from 1.
    pub place: (u32, u64),
    /// Path of the member that it stands in.
    pub path: String,
    /// Microseconds since 1970, its own or its neighbours'.
    pub at: Option<i64>,
    /// When the record before it was written, where that is known.
    pub before_at: Option<i64>,
    pub mark: Mark,
    pub pid: Option<u32>,
    /// The lines before, where it may follow a crash.
    pub last_words: Vec<String>,
}

/// Puts the marks of all files in order and says which starts there were.
///
/// `serving` holds the series in which requests were answered before the first mark: a start there follows a run whose
/// end nobody announced.
pub fn restarts(mut events: Vec<ProcessEvent>, serving: &BTreeSet<String>) -> Restarts {
    events.sort();
    events.dedup();
    let mut by_series: BTreeMap<&str, Life> = BTreeMap::new();
    let mut found = Vec::new();
    for event in &events {
        let life =
            by_series.entry(&event.series).or_insert_with(|| Life::new(serving.contains(&event.series)));
        if let Some(kind) = life.step(event) {
            found.push((event, kind));
        }
    }
    drop_announced(&mut found);
    found.sort_by_key(|(event, _)| (event.at, &event.series, event.place));
    let count = |wanted: Kind| found.iter().filter(|(_, kind)| *kind == wanted).count() as u64;
    let crashes = count(Kind::Crash);
    Restarts {
        starts: count(Kind::Start) + crashes + count(Kind::Reload) + count(Kind::Supervisor),
        crashes,
        reloads: count(Kind::Reload),
        crash_loop: is_loop(&found),
        events: found.iter().map(|(event, kind)| restart_event(event, *kind)).collect(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Start,
    Crash,
    Reload,
    WorkerCrash,
    OomKill,
    /// Told by a monitor only.
    Supervisor,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Start | Self::Supervisor => "start",
            Self::Crash => "crash",
            Self::Reload => "reload",
            Self::WorkerCrash => "worker-crash",
            Self::OomKill => "oom-kill",
        }
    }
}

/// What is known of the program that writes one series.
#[derive(Debug)]
struct Life {
    running: bool,
    /// Workers start and stop under a parent, or a reloader, that lives on.
    has_parent: bool,
    has_reloader: bool,
    reload_pending: bool,
    unclean: bool,
    /// The program's own pid, where it named one.
    pid: Option<u32>,
}

impl Life {
    fn new(serving: bool) -> Self {
        Self {
            running: serving,
            has_parent: false,
            has_reloader: false,
            reload_pending: false,
            unclean: false,
            pid: None,
        }
    }

    fn step(&mut self, event: &ProcessEvent) -> Option<Kind> {
        match event.mark {
            Mark::Start if self.has_parent => None,
            Mark::Start if self.has_reloader => self.child_of_reloader(),
            Mark::Start => Some(self.begin(event)),
            Mark::ParentStart | Mark::ReloaderStart => {
                let kind = self.begin(event);
                self.has_parent = event.mark == Mark::ParentStart;
                self.has_reloader = event.mark == Mark::ReloaderStart;
                Some(kind)
            }
            Mark::WorkerStart | Mark::SupervisorStart => {
                (event.mark == Mark::SupervisorStart).then_some(Kind::Supervisor)
            }
            Mark::Stop => {
                self.stop(event);
                None
            }
            Mark::Reload => {
                self.reload_pending = true;
                None
            }
            Mark::UncleanStart => {
                self.unclean = true;
                None
            }
            Mark::WorkerCrash => Some(Kind::WorkerCrash),
            Mark::OomKill => Some(Kind::OomKill),
        }
    }

    fn begin(&mut self, event: &ProcessEvent) -> Kind {
        let kind = match (self.reload_pending, self.running || self.unclean) {
            (true, _) => Kind::Reload,
            (false, true) => Kind::Crash,
            (false, false) => Kind::Start,
        };
        *self = Self { pid: event.pid, ..Self::new(true) };
        kind
    }

    /// The first child comes with its reloader and is no start of its own; one after a change is a reload.
    fn child_of_reloader(&mut self) -> Option<Kind> {
        std::mem::take(&mut self.reload_pending).then_some(Kind::Reload)
    }

    /// A worker that ends leaves its parent running; `Application shutdown complete` names no pid and is the program's own.
    fn stop(&mut self, event: &ProcessEvent) {
        let workers_own = (self.has_parent || self.has_reloader) && event.pid != self.pid;
        if !workers_own {
            self.running = false;
        }
    }
}

/// Leaves out what a monitor announced where the program itself told of the same start.
fn drop_announced(found: &mut Vec<(&ProcessEvent, Kind)>) {
    let own: Vec<i64> = found
        .iter()
        .filter(|(_, kind)| matches!(kind, Kind::Start | Kind::Crash | Kind::Reload))
        .filter_map(|(event, _)| event.at)
        .collect();
    found.retain(|(event, kind)| {
        *kind != Kind::Supervisor
            || event.at.is_some_and(|at| !own.iter().any(|o| (o - at).abs() <= SUPERVISOR_SLACK_US))
    });
}

fn is_loop(found: &[(&ProcessEvent, Kind)]) -> bool {
    is_crash_loop(
        found.iter().filter(|(_, kind)| *kind == Kind::Crash).filter_map(|(event, _)| event.at).collect(),
    )
}

/// Whether crashes at these times, in microseconds since 1970, make a loop.
pub fn is_crash_loop(mut crashes: Vec<i64>) -> bool {
    crashes.sort_unstable();
    crashes.windows(LOOP_CRASHES).any(|w| w[LOOP_CRASHES - 1] - w[0] <= LOOP_WINDOW_US)
}

fn restart_event(event: &ProcessEvent, kind: Kind) -> RestartEvent {
    let downtime = match (event.at, event.before_at) {
        (Some(at), Some(before)) if at >= before => u64::try_from((at - before) / 1_000).ok(),
        _ => None,
    };
    RestartEvent {
        at: event.at.and_then(DateTime::<Utc>::from_timestamp_micros),
        kind: kind.word().to_owned(),
        path: event.path.clone(),
        line: event.place.1,
        pid: event.pid,
        downtime_ms: downtime,
        // What stands before a clean start are the last words of nobody.
        last_words: if matches!(kind, Kind::Crash | Kind::WorkerCrash | Kind::OomKill) {
            event.last_words.clone()
        } else {
            Vec::new()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(marks: &[(Mark, u32, i64)]) -> Vec<ProcessEvent> {
        let event = |(i, (mark, pid, minute)): (usize, &(Mark, u32, i64))| ProcessEvent {
            series: "backend.log".into(),
            place: (0, i as u64 + 1),
            path: "backend.log".into(),
            at: Some(minute * 60_000_000),
            before_at: None,
            mark: *mark,
            pid: Some(*pid),
            last_words: Vec::new(),
        };
        marks.iter().enumerate().map(event).collect()
    }

    #[track_caller]
    fn check(marks: &[(Mark, u32, i64)], serving: bool, expected: (u64, u64, u64)) -> Restarts {
        let serving = serving.then(|| "backend.log".to_owned()).into_iter().collect();
        let report = restarts(events(marks), &serving);
        assert_eq!((report.starts, report.crashes, report.reloads), expected, "{report:#?}");
        report
    }

    #[test]
    fn a_start_without_a_stop_is_a_crash() {
        use Mark::{Start, Stop};
        check(&[(Start, 1, 0), (Stop, 1, 5), (Start, 2, 6), (Start, 3, 9)], false, (3, 1, 0));
    }

    #[test]
    fn a_start_after_answered_requests_is_a_crash() {
        check(&[(Mark::Start, 1, 0)], true, (1, 1, 0));
        check(&[(Mark::Start, 1, 0)], false, (1, 0, 0));
    }

    #[test]
    fn a_reloader_makes_reloads_not_crashes() {
        use Mark::{Reload, ReloaderStart, Start, Stop};
        let marks = [
            (ReloaderStart, 1, 0),
            (Start, 2, 0),
            (Reload, 0, 3),
            (Stop, 2, 3),
            (Start, 3, 3),
            (Stop, 1, 5),
            (ReloaderStart, 9, 6),
        ];
        check(&marks, false, (3, 0, 1));
    }

    #[test]
    fn workers_of_a_parent_are_not_starts() {
        use Mark::{ParentStart, Start, Stop, WorkerCrash};
        let marks = [
            (ParentStart, 1, 0),
            (Start, 2, 0),
            (Start, 3, 0),
            (WorkerCrash, 3, 4),
            (Start, 4, 4),
            (Stop, 1, 9),
            (ParentStart, 9, 10),
        ];
        let report = check(&marks, false, (2, 0, 0));
        assert!(report.events.iter().any(|e| e.kind == "worker-crash"));
    }

    #[test]
    fn three_crashes_in_ten_minutes_are_a_loop() {
        use Mark::Start;
        let near = [(Start, 1, 0), (Start, 2, 1), (Start, 3, 2), (Start, 4, 3)];
        assert!(check(&near, false, (4, 3, 0)).crash_loop);
        let far = [(Start, 1, 0), (Start, 2, 60), (Start, 3, 120), (Start, 4, 180)];
        assert!(!check(&far, false, (4, 3, 0)).crash_loop);
    }

    #[test]
    fn a_monitors_word_counts_only_where_the_program_is_silent() {
        use Mark::{Start, SupervisorStart};
        check(&[(SupervisorStart, 0, 0), (Start, 1, 0)], false, (1, 0, 0));
        check(&[(SupervisorStart, 0, 0)], false, (1, 0, 0));
    }
}
