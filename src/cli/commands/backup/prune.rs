//! `fuelops backup prune`: what is too old, shown first.

use anyhow::Result;
use chrono::Utc;
use clap::Args;

use crate::backup::{self, Retention};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::report::{BackupAction, BackupOutcome};

use super::room::Room;
use super::tell;

#[derive(Args, Debug)]
pub(super) struct PruneArgs {
    /// Show what may go and remove nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Remove it without asking
    #[arg(long, short)]
    yes: bool,
}

/// Plans, asks, removes.
pub(super) fn run(args: &PruneArgs, context: &Context) -> Result<Exit> {
    let room = Room::open(context)?;
    let mut report = room.report(BackupAction::Prune);
    report.outcome = BackupOutcome::NothingToDo;
    let Some(shelf) = room.shelf()? else { return room.end(report) };
    let _lock = if args.dry_run { None } else { Some(room.lock("backup prune")?) };
    let key = room.key()?;
    let entries = shelf.entries(key.as_ref())?;
    if let Some(orphaned) = room.orphaned(&shelf, key.as_ref(), &entries) {
        report.outcome = BackupOutcome::Failed;
        report.errors.push(orphaned);
    }
    let Some(key) = key else { return room.end(report) };
    let limits = &room.config.backup;
    let retention = Retention { keep_last: limits.keep_last, max_age: limits.max_age };
    let plan = backup::plan_prune(&entries, retention, Utc::now());
    if plan.removals.is_empty() {
        return room.end(report);
    }
    report.removed = plan.removals.iter().map(tell::removal).collect();
    report.freed_bytes = plan.removals.iter().map(|manifest| manifest.bytes).sum();
    let ask = || context.ui.confirm(&format!("Remove {} backups?", plan.removals.len()));
    if args.dry_run || (!args.yes && (!context.ui.can_ask() || !ask()?)) {
        report.outcome = BackupOutcome::Planned;
        let exit = room.end(report)?;
        return Ok(if args.dry_run { Exit::Done } else { exit });
    }
    let pruned = backup::prune(&shelf, &key, &plan, &[], Utc::now());
    report.outcome = if pruned.failed.is_empty() { BackupOutcome::Done } else { BackupOutcome::Failed };
    report.freed_bytes = pruned.freed_bytes();
    report.removed = pruned.removed.iter().map(tell::removal).collect();
    report.errors.extend(pruned.failed.iter().map(|(id, why)| tell::error(id, why)));
    room.end(report)
}
