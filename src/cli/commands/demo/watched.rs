//! The last scene: the backend is killed while a monitor watches, and its file of alerts is told once.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::demo::{Role, Stage};
use crate::model::Verdict;
use crate::monitor::{self, Reply, Request};
use crate::platform;
use crate::report::{MonitorEntry, ToldAlert, WatchedCrash};

/// How long the monitor may take to know all to be well, and to tell of it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a wait looks again.
const GLANCE: Duration = Duration::from_millis(5);
/// The decision with which an answer begins.
const FIRST: &str = "down";

/// Plays it; what has not come in time is missing in the report.
pub(super) fn watched(stage: &Stage, state_dir: &Path) -> Result<WatchedCrash> {
    stage.watch()?;
    wait_until(|| is_well(state_dir));
    let strike = stage.strike(state_dir)?;
    let told = stage.root().join("alerts.jsonl");
    wait_until(|| is_well(state_dir) && alerts(&told).is_ok_and(|told| told.len() > 1));
    Ok(WatchedCrash {
        killed_pid: strike.killed,
        pid: strike.answered.map(|(pid, _)| pid),
        answered_ms: strike.answered.map(|(_, took)| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        decisions: decisions(state_dir),
        alerts: alerts(&told)?,
    })
}

fn wait_until(mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() && begin.elapsed() < PATIENCE {
        platform::pause(GLANCE);
    }
}

fn is_well(state_dir: &Path) -> bool {
    match monitor::ask(state_dir, &Request::Status) {
        Ok(Some(Reply::Status { report })) => report.verdict == Verdict::Healthy,
        _ => false,
    }
}

fn decisions(state_dir: &Path) -> Vec<MonitorEntry> {
    let request = Request::Why { target: Role::Backend.word().to_owned() };
    match monitor::ask(state_dir, &request) {
        Ok(Some(Reply::Why { entries })) => entries.into_iter().skip_while(|e| e.what != FIRST).collect(),
        _ => Vec::new(),
    }
}

fn alerts(path: &Path) -> Result<Vec<ToldAlert>> {
    // Nobody was told.
    let Ok(text) = fs::read_to_string(path) else { return Ok(Vec::new()) };
    let lines = text.lines().map(serde_json::from_str::<ToldAlert>);
    lines.collect::<Result<Vec<_>, _>>().context("the file of alerts cannot be understood")
}
