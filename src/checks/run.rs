//! Starts every probe at once, waits for the last, and has all of it judged.

use std::io;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::runtime::Builder;

use crate::checks::start::Started;
use crate::checks::{Plan, judge};
use crate::model::Finding;
use crate::platform;
use crate::report::SystemSummary;

/// Threads that may hang at once before further blocking probes have to wait.
const MAX_THREADS: usize = 512;
/// Descriptors that everything but the probes needs.
const OWN_FILES: u64 = 64;
/// Descriptors of one probe: an http probe holds one, a command three.
const FILES_EACH: u64 = 4;

/// What a run found.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Every check, good ones too; no order.
    pub findings: Vec<Finding>,
    pub system: SystemSummary,
    /// Remarks that change no verdict.
    pub notes: Vec<String>,
}

/// Measures everything of a plan once.
///
/// # Errors
/// When the runtime cannot be made.
pub fn run(plan: &Plan, now: DateTime<Utc>) -> io::Result<Measured> {
    let probes = (plan.services.len() + plan.checks.len()) as u64;
    let files = platform::raise_open_files(OWN_FILES + FILES_EACH * probes);
    let at_once = usize::try_from(files.saturating_sub(OWN_FILES) / FILES_EACH).unwrap_or(usize::MAX);
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(MAX_THREADS)
        .thread_keep_alive(Duration::from_secs(1))
        .build()?;
    let seen = runtime.block_on(async { Started::new(plan, now, at_once).end().await });
    // Threads that hang stay behind; waiting for them is what a deadline is against.
    runtime.shutdown_background();
    Ok(judge::everything(plan, &seen, now))
}
