//! What one analysis leaves for people and for the next one: the report as text, the patterns and their rates.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use chrono::{DateTime, Local, Utc};

use crate::cli::context::Context;
use crate::config::Config;
use crate::logs::Zone;
use crate::logs::changes::Baseline;
use crate::logs::summary::Summary;
use crate::render::{self, Glyphs, LogView, TerminalStyle};
use crate::store;

const SAVED_COLUMNS: usize = 120;
const PRIVATE: u32 = 0o600;
/// What the next analysis compares itself with, in `state_dir`.
const BASELINE: &str = "analysis-baseline.json";

/// A baseline that cannot be read is no reason to stop: the log is then compared with its own earlier part.
pub(super) fn read_baseline(config: &Config, context: &Context) -> Option<Baseline> {
    let path = config.state_dir.join(BASELINE);
    let text = fs::read(&path).ok()?;
    match serde_json::from_slice(&text) {
        Ok(baseline) => Some(baseline),
        Err(error) => {
            context.ui.warn(&format!("{} is not understood and will be replaced: {error}", path.display()));
            None
        }
    }
}

/// Saves the report in its usual place, and what the next analysis needs.
pub(super) fn save(
    config: &Config,
    summary: &Summary,
    view: LogView<Zone>,
    now: DateTime<Utc>,
) -> Result<PathBuf> {
    let folder = &config.logs.report_dir;
    store::create_folder(folder, 0o755)?;
    let name = now.with_timezone(&Local).format("analysis_%Y%m%d_%H%M%S.txt").to_string();
    let path = folder.join(name);
    let style = TerminalStyle { width: SAVED_COLUMNS, color: false, glyphs: Glyphs::Unicode };
    let text = render::terminal(&render::logs(&summary.report, &view), &style);
    store::write_atomic(&path, text.as_bytes(), PRIVATE)?;
    store::create_folder(&config.state_dir, 0o700)?;
    let state = serde_json::to_vec(&summary.baseline).context("cannot write down what was found")?;
    store::write_atomic(&config.state_dir.join(BASELINE), &state, PRIVATE)?;
    Ok(path)
}
