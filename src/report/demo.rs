//! The report of `fuelops demo`: what was broken, and whether it was found.

use serde::{Deserialize, Serialize};

use crate::model::{Cause, Severity, Verdict};
use crate::report::{Exception, HealthReport, IssueList, MonitorEntry, Outcome, RecoverReport};

/// The whole tour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemoReport {
    /// Healthy if every scene ended as it had to.
    pub verdict: Verdict,
    /// In the order in which they were played.
    pub scenes: Vec<SceneReport>,
    /// What the logs of the tour tell.
    pub aftermath: Aftermath,
    /// How a recovery brought the backend back.
    pub recovery: RecoverReport,
    /// How a monitor brought it back.
    pub watched: WatchedCrash,
    /// Wall time of the whole tour.
    pub elapsed_ms: u64,
}

/// What is left of the tour in its logs, by the two commands that read them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Aftermath {
    /// Why `analyze-logs` judges them as it does.
    pub reasons: Vec<String>,
    /// What it found raised.
    pub exceptions: Vec<Exception>,
    /// What `track-errors` keeps of it.
    pub issues: IssueList,
}

/// A crash under the eyes of a monitor: how soon it was answered, why, and who was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedCrash {
    /// The process that was killed.
    pub killed_pid: u32,
    /// The one that answers in its place; absent where none does.
    pub pid: Option<u32>,
    /// How long nobody answered.
    pub answered_ms: Option<u64>,
    /// What the monitor decided, with its evidence.
    pub decisions: Vec<MonitorEntry>,
    /// What its file of alerts was told.
    pub alerts: Vec<ToldAlert>,
}

/// One line of a file of alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldAlert {
    /// `opened`, `resolved`, …
    pub kind: String,
    /// The one line that says it all.
    pub subject: String,
}

impl WatchedCrash {
    /// Whether it was answered, told once and taken back once.
    pub fn is_answered(&self) -> bool {
        let kinds: Vec<&str> = self.alerts.iter().map(|alert| alert.kind.as_str()).collect();
        self.pid.is_some() && kinds == ["opened", "resolved"]
    }
}

/// One act of breaking, and what `health` made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SceneReport {
    /// Stable name, in kebab-case.
    pub name: String,
    /// What happened to the backend.
    pub title: String,
    /// The cause that had to be named; absent where all had to be well.
    pub expected: Option<Cause>,
    /// Whether it was.
    pub found: bool,
    /// Why that is the cause, in one line.
    pub explanation: String,
    /// What was measured.
    pub health: HealthReport,
}

impl DemoReport {
    /// Rolls everything up; a tour without any scene has shown nothing.
    pub fn new(
        scenes: Vec<SceneReport>,
        aftermath: Aftermath,
        recovery: RecoverReport,
        watched: WatchedCrash,
        elapsed_ms: u64,
    ) -> Self {
        let is_played = scenes.iter().map(|scene| scene.found);
        let is_back = recovery.outcome == Outcome::Recovered && watched.is_answered();
        let severity = |is_good| if is_good { Severity::Ok } else { Severity::Critical };
        let verdict = is_played.chain(scenes.iter().take(1).map(|_| is_back)).map(severity).collect();
        Self { verdict, scenes, aftermath, recovery, watched, elapsed_ms }
    }

    /// Scenes in which the expected cause was not named.
    pub fn missed(&self) -> impl Iterator<Item = &SceneReport> {
        self.scenes.iter().filter(|scene| !scene.found)
    }
}

impl SceneReport {
    /// Causes that were named for the backend, in the order of the findings.
    pub fn named_causes(&self) -> Vec<Cause> {
        self.health
            .findings
            .iter()
            .filter(|finding| finding.severity != Severity::Ok)
            .filter_map(|f| f.cause)
            .collect()
    }
}
