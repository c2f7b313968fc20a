//! `monitor replay FILE`: what is decided on a recording.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::monitor::{self, Played};
use crate::render;
use crate::report::{MonitorReplayReport, ReplayedDecision};

/// Version of the JSON schema.
const SCHEMA: u32 = 1;
/// Largest recording that is played; the monitor begins a new one long before.
const MAX_RECORDING: u64 = 256 << 20;

pub(super) fn replay(file: &Path, context: &Context) -> Result<Exit> {
    let unreadable = || format!("cannot read {}", file.display());
    let mut bytes = Vec::new();
    File::open(file)
        .with_context(unreadable)?
        .take(MAX_RECORDING)
        .read_to_end(&mut bytes)
        .with_context(unreadable)?;
    let text = String::from_utf8_lossy(&bytes);
    let performance = monitor::replay(text.lines());
    let decision = |played: &Played| {
        let (what, summary) = played.words();
        let after = played.clock.saturating_sub(performance.begin);
        let at_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        ReplayedDecision { at_ms, target: played.decision.target.clone(), what, summary }
    };
    let report = MonitorReplayReport {
        file: file.display().to_string(),
        events: performance.events as u64,
        skipped_lines: performance.skipped as u64,
        decisions: performance.played.iter().map(decision).collect(),
    };
    context.ui.report("monitor-replay", SCHEMA, &report, || render::monitor_replay(&report))?;
    Ok(if report.events == 0 { Exit::Verdict(crate::model::Verdict::Unknown) } else { Exit::Done })
}
