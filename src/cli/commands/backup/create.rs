//! `fuelops backup create`: every source, one after the other; one that fails keeps no other from being backed up.

use std::fs;

use anyhow::{Context as _, Result};
use chrono::Utc;
use clap::Args;

use crate::backup::{self, Entry, Key, Made, Retention, Shelf, Shrinking, Standing, Wanted, Weight};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::report::{BackupAction, BackupOutcome, BackupReport};
use crate::text::suggest::did_you_mean;
use crate::text::{human, sanitize};

use super::room::Room;
use super::tell;

#[derive(Args, Debug)]
pub(super) struct CreateArgs {
    /// Only these sources: names of [backup] databases, or logs
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Take what is suddenly much smaller for what it is meant to be: it replaces the ones before it
    #[arg(long)]
    accept_smaller: bool,
    /// Remove nothing that is too old afterwards
    #[arg(long)]
    no_prune: bool,
}

/// Makes the backups.
pub(super) fn run(args: &CreateArgs, context: &Context) -> Result<Exit> {
    let room = Room::open(context)?;
    let names: Vec<String> = args.sources.iter().map(|word| room.named(word)).collect();
    let wanted = selected(&room.wanted, &args.sources, &names)?;
    let mut report = room.report(BackupAction::Create);
    if wanted.is_empty() {
        report.outcome = BackupOutcome::Unknown;
        return room.end(report);
    }
    let _lock = room.lock("backup create")?;
    let dir = &room.config.backup.dir;
    let is_first = room.shelf()?.is_none();
    let shelf = Shelf::open_or_create(dir).with_context(|| format!("cannot use {}", dir.display()))?;
    let (key, is_new) = key(&room, &shelf, &mut report)?;
    let entries = room.swept(&shelf, Some(&key))?;
    let shrinking = if args.accept_smaller { Shrinking::Accepted } else { Shrinking::Doubted };
    for wanted in wanted {
        if room.is_interrupted() {
            break;
        }
        let worst = one(&room, &shelf, &key, wanted, &entries, shrinking, &mut report);
        report.outcome = worse(report.outcome, worst);
    }
    if report.backups.is_empty() && report.errors.is_empty() {
        report.outcome = BackupOutcome::Unknown;
    }
    if !args.no_prune && !room.is_interrupted() {
        prune(&room, &shelf, &key, &mut report);
    }
    // What was made for backups that did not come to be is gone again; what cannot be removed does no harm.
    if report.backups.is_empty() {
        if is_new {
            key.discard(&room.config.state_dir).unwrap_or(());
        }
        if is_first {
            fs::remove_dir(dir).unwrap_or(());
        }
    }
    room.end(report)
}

/// The sources that are meant; `names` are those of the words that were written.
fn selected<'a>(
    wanted: &'a [Wanted],
    words: &[String],
    names: &[String],
) -> Result<Vec<&'a Wanted>, UsageError> {
    let known = || wanted.iter().map(|wanted| wanted.origin.name.as_str());
    let stranger = words.iter().zip(names).find(|(_, name)| !known().any(|known| known == name.as_str()));
    if let Some((word, name)) = stranger {
        let near = did_you_mean(name, known());
        let list =
            if wanted.is_empty() { "nothing".to_owned() } else { known().collect::<Vec<_>>().join(", ") };
        let cure = if is_file(word) { to_configure(name) } else { String::new() };
        return Err(UsageError(format!("there is no source {word:?}{near}; [backup] names {list}{cure}")));
    }
    Ok(wanted.iter().filter(|wanted| names.is_empty() || names.contains(&wanted.origin.name)).collect())
}

fn is_file(word: &str) -> bool {
    word.starts_with("sqlite:") || word.contains(['/', '.'])
}

/// What makes a source of a file.
fn to_configure(file: &str) -> String {
    format!("; for an SQLite file write into fuelops.toml: [backup] databases = [\"sqlite:{file}\"]")
}

/// The key, made where there is none, and whether it was. Backups that a lost key had proven are told of.
fn key(room: &Room<'_>, shelf: &Shelf, report: &mut BackupReport) -> Result<(Key, bool)> {
    let key = room.key()?;
    let entries = shelf.entries(key.as_ref())?;
    if let Some(orphaned) = room.orphaned(shelf, key.as_ref(), &entries) {
        let older = human::plural(entries.len() as u64, "older backup");
        report.notes.push(format!("{older} in {}", [orphaned.target, orphaned.error].join(": ")));
        report.outcome = BackupOutcome::Degraded;
    }
    match key {
        Some(key) => Ok((key, false)),
        None => Ok((Key::create(&room.config.state_dir)?, true)),
    }
}

/// Backs up one source; the answer is how well that went.
fn one(
    room: &Room<'_>,
    shelf: &Shelf,
    key: &Key,
    wanted: &Wanted,
    before: &[Entry],
    shrinking: Shrinking,
    report: &mut BackupReport,
) -> BackupOutcome {
    let name = &wanted.origin.name;
    let source = match &wanted.source {
        Ok(source) => source,
        Err(why) => {
            report.errors.push(tell::error(name, why));
            return BackupOutcome::Failed;
        }
    };
    room.context.ui.detail(&format!("{name}: {}", source.place()));
    let bar = room.context.ui.spinner(format!("backing up {name}: {}", sanitize::line(&source.place())));
    let begun = (&wanted.origin, source);
    let made = backup::create(shelf, key, &room.means, begun, before, shrinking, Utc::now());
    bar.finish_and_clear();
    match made {
        Ok(Made::Done { manifest, skipped }) => {
            let is_verified = manifest.standing == Standing::Verified;
            report.backups.push(tell::of_manifest(&manifest, shelf.path()));
            let outcome = left_out(&skipped, report);
            if is_verified { outcome } else { BackupOutcome::Failed }
        }
        Ok(Made::Nothing { skipped }) => left_out(&skipped, report),
        Err(error) => {
            report.errors.push(tell::error(name, &format!("{error:#}")));
            BackupOutcome::Failed
        }
    }
}

fn left_out(skipped: &[backup::Skipped], report: &mut BackupReport) -> BackupOutcome {
    report.skipped.extend(skipped.iter().map(tell::skip));
    let is_loss = skipped.iter().any(|skipped| skipped.weight == Weight::Content);
    if is_loss { BackupOutcome::Degraded } else { BackupOutcome::Done }
}

/// Makes room once everything new is safe. What fails is told, and harms no backup.
fn prune(room: &Room<'_>, shelf: &Shelf, key: &Key, report: &mut BackupReport) {
    let backup = &room.config.backup;
    let retention = Retention { keep_last: backup.keep_last, max_age: backup.max_age };
    let entries = match shelf.entries(Some(key)) {
        Ok(entries) => entries,
        Err(error) => {
            let why = format!("nothing old was removed: {error}");
            report.errors.push(tell::error(&shelf.path().display().to_string(), &why));
            report.outcome = worse(report.outcome, BackupOutcome::Degraded);
            return;
        }
    };
    let plan = backup::plan_prune(&entries, retention, Utc::now());
    // What was made just now was read to its end already.
    let proven: Vec<String> = report.backups.iter().map(|backup| backup.id.clone()).collect();
    let pruned = backup::prune(shelf, key, &plan, &proven, Utc::now());
    report.freed_bytes = pruned.freed_bytes();
    report.removed = pruned.removed.iter().map(tell::removal).collect();
    for (id, why) in &pruned.failed {
        report.errors.push(tell::error(id, why));
        report.outcome = worse(report.outcome, BackupOutcome::Degraded);
    }
}

/// The worse of two.
fn worse(one: BackupOutcome, other: BackupOutcome) -> BackupOutcome {
    let weight = |outcome| match outcome {
        BackupOutcome::Failed => 2,
        BackupOutcome::Degraded => 1,
        _ => 0,
    };
    if weight(other) > weight(one) { other } else { one }
}
