//! The report of `fuelops demo`: what was broken, and whether it was found.

use serde::{Deserialize, Serialize};

use crate::model::{Cause, Severity, Verdict};
use crate::report::HealthReport;

/// The whole tour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemoReport {
    /// Healthy if every scene ended as it had to.
    pub verdict: Verdict,
    /// In the order in which they were played.
    pub scenes: Vec<SceneReport>,
    /// Wall time of the whole tour.
    pub elapsed_ms: u64,
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
    /// Rolls the scenes up; a tour without any scene has shown nothing.
    pub fn new(scenes: Vec<SceneReport>, elapsed_ms: u64) -> Self {
        let severity = |scene: &SceneReport| if scene.found { Severity::Ok } else { Severity::Critical };
        let verdict = scenes.iter().map(severity).collect();
        Self { verdict, scenes, elapsed_ms }
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
