//! `fuelops backup list` and `verify`: what is there, and whether it is still what it was.

use std::collections::BTreeSet;

use anyhow::Result;
use chrono::Utc;
use clap::Args;

use crate::backup::{self, Checked, Entry, Key, Shelf, State};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::report::{BackupAction, BackupOutcome, BackupReport};
use crate::store::Lock;
use crate::text::{sanitize, shell};

use super::room::Room;
use super::tell;

const WORK: &str = "backup verify";

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
    report.outcome = BackupOutcome::Unknown;
    let key = room.key()?;
    if let Some(shelf) = room.shelf()? {
        let entries = shelf.entries(key.as_ref())?;
        report.backups = entries.iter().map(|entry| tell::entry(entry, shelf.path())).collect();
        report.outcome = entries.iter().map(|entry| standing(entry.state)).fold(report.outcome, worse);
        report.errors.extend(room.orphaned(&shelf, key.as_ref(), &entries));
        report.notes.extend(cure(&entries));
    }
    room.end(report)
}

/// What to type where a backup is no good any more.
fn cure<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Option<String> {
    let is_bad = |entry: &&Entry| matches!(entry.state, State::Damaged | State::Incomplete);
    let bad = entries.into_iter().find(is_bad)?;
    let name = shell::quote(bad.source()?);
    let id = shell::quote(&bad.id);
    Some(format!(
        "what is damaged or incomplete counts for nothing: fuelops backup create {name} makes a new one, \
         fuelops backup verify {id} looks at it again"
    ))
}

/// Reads backups to their end.
pub(super) fn verify(args: &VerifyArgs, context: &Context) -> Result<Exit> {
    let room = Room::open(context)?;
    let mut report = room.report(BackupAction::Verify);
    report.outcome = BackupOutcome::Unknown;
    let Some(shelf) = room.shelf()? else { return room.end(report) };
    // A drill makes a database and files; looking makes nothing.
    let lock = if args.deep { Some(room.lock(WORK)?) } else { None };
    let key = room.key()?;
    let entries = match &lock {
        Some(_) => room.swept(&shelf, key.as_ref())?,
        None => shelf.entries(key.as_ref())?,
    };
    let orphaned = room.orphaned(&shelf, key.as_ref(), &entries);
    let Some(key) = key.filter(|_| orphaned.is_none() && !entries.is_empty()) else {
        report.backups = entries.iter().map(|entry| tell::entry(entry, shelf.path())).collect();
        report.outcome = orphaned.as_ref().map_or(report.outcome, |_| BackupOutcome::Failed);
        report.errors.extend(orphaned);
        return room.end(report);
    };
    let names: Vec<String> = args.backups.iter().map(|word| room.named(word)).collect();
    names.iter().try_for_each(|name| room.known(&entries, name))?;
    let mut looked_at = Vec::new();
    for entry in chosen(&entries, &names, args.deep) {
        if room.is_interrupted() {
            break;
        }
        let bar = context.ui.spinner(format!("reading {}", sanitize::line(&entry.id)));
        let mut checked = backup::verify(&shelf, entry);
        if args.deep {
            checked = drilled(&room, &shelf, &key, checked);
        }
        bar.finish_and_clear();
        report.outcome = worse(report.outcome, judged(&checked));
        report.backups.push(tell::checked(&checked, shelf.path()));
        looked_at.push(checked);
    }
    remember(&room, &shelf, &key, &looked_at, lock, &mut report);
    report.notes.extend(cure(looked_at.iter().map(|checked| &checked.entry)));
    room.end(report)
}

/// Writes down what was found, so that a list, the health check and retention know of it, too.
fn remember(
    room: &Room<'_>,
    shelf: &Shelf,
    key: &Key,
    looked_at: &[Checked],
    lock: Option<Lock>,
    report: &mut BackupReport,
) {
    let news: Vec<&Checked> = looked_at.iter().filter(|checked| checked.is_news()).collect();
    if news.is_empty() {
        return;
    }
    let remembered = lock.map_or_else(|| room.lock(WORK), Ok).and_then(|_lock| {
        Ok(news.iter().try_for_each(|checked| backup::remember(shelf, key, checked, Utc::now()))?)
    });
    if let Err(error) = remembered {
        report.notes.push(format!(
            "this cannot be written down, so that `fuelops backup list` does not know of it: {error:#}"
        ));
    }
}

fn chosen<'a>(entries: &'a [Entry], names: &[String], deep: bool) -> Vec<&'a Entry> {
    let is_meant = |entry: &Entry, name: &String| entry.id == *name || entry.source() == Some(name);
    let is_named = |entry: &&Entry| names.is_empty() || names.iter().any(|name| is_meant(entry, name));
    let named = entries.iter().filter(is_named);
    if !deep || entries.iter().any(|entry| names.contains(&entry.id)) {
        return named.collect();
    }
    let mut seen = BTreeSet::new();
    named
        .filter(|entry| entry.verified().is_some_and(|manifest| seen.insert(manifest.origin.clone())))
        .collect()
}

fn drilled(room: &Room<'_>, shelf: &Shelf, key: &Key, checked: Checked) -> Checked {
    match &checked.entry.manifest {
        Some(manifest) if checked.is_whole() => {
            let deep = backup::drill(shelf, key, &room.means, manifest, room.source(&manifest.origin));
            checked.drilled(deep)
        }
        _ => checked,
    }
}

fn judged(checked: &Checked) -> BackupOutcome {
    match &checked.deep {
        Some(deep) if !deep.is_equal() => BackupOutcome::Failed,
        _ => standing(checked.entry.state),
    }
}

fn standing(state: State) -> BackupOutcome {
    match state {
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
