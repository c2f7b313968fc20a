//! `fuelops backup list` and `verify`: what is there, and whether it is still what it was.

use std::collections::BTreeSet;

use anyhow::Result;
use clap::Args;

use crate::backup::{self, Checked, Entry, Key, Shelf, State};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::report::{BackupAction, BackupOutcome};
use crate::text::sanitize;
use crate::text::suggest::did_you_mean;

use super::room::Room;
use super::tell;

#[derive(Args, Debug)]
pub(super) struct VerifyArgs {
    /// Only these backups, by id or by source [default: all; with --deep the newest good one of each source]
    #[arg(value_name = "BACKUP")]
    backups: Vec<String>,
    /// Restore each into a database of its own for a moment, and compare tables, rows and checksums
    #[arg(long)]
    deep: bool,
}

/// Lists what is there.
pub(super) fn list(context: &Context) -> Result<Exit> {
    let room = Room::open(context)?;
    let mut report = room.report(BackupAction::List);
    let key = room.key()?;
    if let Some(shelf) = room.shelf()? {
        let entries = shelf.entries(key.as_ref())?;
        report.backups = entries.iter().map(|entry| tell::entry(entry, shelf.path())).collect();
    }
    if report.backups.is_empty() {
        report.outcome = BackupOutcome::Unknown;
    }
    room.end(report)
}

/// Reads backups to their end.
pub(super) fn verify(args: &VerifyArgs, context: &Context) -> Result<Exit> {
    let room = Room::open(context)?;
    let mut report = room.report(BackupAction::Verify);
    report.outcome = BackupOutcome::Unknown;
    let Some(shelf) = room.shelf()? else { return room.end(report) };
    // A drill makes a database and files; looking makes nothing.
    let lock = if args.deep { Some(room.lock("backup verify")?) } else { None };
    let key = room.key()?;
    let entries = match &lock {
        Some(_) => room.swept(&shelf, key.as_ref())?,
        None => shelf.entries(key.as_ref())?,
    };
    let names: Vec<String> = args.backups.iter().map(|word| room.named(word)).collect();
    for entry in chosen(&entries, &names, args.deep)? {
        if room.is_interrupted() {
            break;
        }
        let bar = context.ui.spinner(format!("reading {}", sanitize::line(&entry.id)));
        let mut checked = backup::verify(&shelf, entry);
        if args.deep {
            drill(&room, &shelf, key.as_ref(), &mut checked);
        }
        bar.finish_and_clear();
        report.outcome = worse(report.outcome, judged(&checked));
        report.backups.push(tell::checked(&checked, shelf.path()));
    }
    room.end(report)
}

fn chosen<'a>(entries: &'a [Entry], names: &[String], deep: bool) -> Result<Vec<&'a Entry>, UsageError> {
    for name in names {
        if !entries.iter().any(|entry| entry.id == *name || source(entry) == Some(name)) {
            let near = did_you_mean(name, entries.iter().map(|entry| entry.id.as_str()));
            return Err(UsageError(format!("there is no backup {name:?}{near}")));
        }
    }
    let is_named = |entry: &&Entry| {
        names.is_empty() || names.iter().any(|name| entry.id == *name || source(entry) == Some(name))
    };
    let named = entries.iter().filter(is_named);
    if !deep || entries.iter().any(|entry| names.contains(&entry.id)) {
        return Ok(named.collect());
    }
    let mut seen = BTreeSet::new();
    let newest =
        named.filter(|entry| entry.verified().is_some_and(|manifest| seen.insert(manifest.origin.clone())));
    Ok(newest.collect())
}

/// The source of a backup that is proven.
fn source(entry: &Entry) -> Option<&str> {
    entry.manifest.as_ref().map(|manifest| manifest.origin.name.as_str())
}

fn drill(room: &Room<'_>, shelf: &Shelf, key: Option<&Key>, checked: &mut Checked) {
    let is_sound = matches!(checked.entry.state, State::Verified | State::Suspicious);
    if let (Some(manifest), Some(key), true) = (&checked.entry.manifest, key, is_sound) {
        let source = room.source(&manifest.origin);
        checked.deep = Some(backup::drill(shelf, key, &room.means, manifest, source));
    }
}

fn judged(checked: &Checked) -> BackupOutcome {
    match checked.entry.state {
        _ if checked.deep.as_ref().is_some_and(|deep| !deep.is_equal) => BackupOutcome::Failed,
        State::Verified => BackupOutcome::Done,
        State::Suspicious => BackupOutcome::Degraded,
        State::Unproven | State::Incomplete | State::Damaged => BackupOutcome::Failed,
    }
}

/// The worse of two; unknown is what holds before anything was seen.
fn worse(one: BackupOutcome, other: BackupOutcome) -> BackupOutcome {
    let weight = |outcome| match outcome {
        BackupOutcome::Failed => 3,
        BackupOutcome::Degraded => 2,
        BackupOutcome::Done => 1,
        _ => 0,
    };
    if weight(other) > weight(one) { other } else { one }
}
