//! `fuelops backup restore`: a plan, a question, a backup of what is there, then the restore.

use anyhow::{Result, bail};
use chrono::Utc;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::backup::{self, Chosen, Entry, Failure, Key, Left, Made, Manifest, RestorePlan, Shelf, Shrinking};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::report::{BackupAction, BackupOutcome, BackupReport, BackupRestore, BackupTarget};

use super::room::Room;
use super::{tell, writers};

/// Backups that were passed over and are told one by one.
const MOST_PASSED_OVER: usize = 5;

#[derive(Args, Debug)]
#[command(after_help = "\
What is restored over is backed up first. Only a backup that its manifest proves is restored.
PostgreSQL and SQLite are restored as a whole or not at all; MySQL table by table. What others commit to MySQL or
PostgreSQL meanwhile is lost: stop the services that write there first (fuelops stop).")]
pub(super) struct RestoreArgs {
    /// A backup's id, or a source: then its newest good one
    #[arg(value_name = "BACKUP")]
    backup: String,
    /// Into a new database, a new file (SQLite) or an empty folder (logs) instead of where it came from
    #[arg(long, value_name = "TARGET", value_parser = NonEmptyStringValueParser::new())]
    into: Option<String>,
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
}

/// Plans, asks, restores.
pub(super) fn run(args: &RestoreArgs, context: &Context) -> Result<Exit> {
    let room = Room::open(context)?;
    let mut report = room.report(BackupAction::Restore);
    report.outcome = BackupOutcome::Failed;
    let will_apply = args.yes || context.ui.can_ask();
    // Also the plan looks into the database, by a login that is laid down in the state folder.
    let _lock = room.lock("backup restore")?;
    let Some((shelf, key, entries)) = proven(&room, &args.backup, &mut report)? else {
        return room.end(report);
    };
    let name = room.named(&args.backup);
    room.known(&entries, &name)?;
    let chosen = backup::choose(&shelf, &key, &entries, &name, Utc::now());
    let planned = chosen.and_then(|Chosen { manifest, passed_over }| {
        report.notes = passing_over(&passed_over);
        let source = room.source(&manifest.origin);
        backup::plan_restore(&room.means, manifest, source, args.into.as_deref())
    });
    let plan = match planned {
        Ok(plan) => plan,
        Err(error) => {
            report.errors.push(tell::error(&args.backup, &format!("{error:#}")));
            return room.end(report);
        }
    };
    report.restore = Some(told(&plan));
    let is_newest = report.notes.is_empty();
    let warning = writers::warning(&room, &plan);
    report.notes.extend(warning.clone());
    if !args.yes && (!will_apply || !is_confirmed(&room, &plan, is_newest, warning.as_deref())?) {
        report.outcome = BackupOutcome::Planned;
        report.notes.push("nothing was changed; --yes restores without asking".to_owned());
        return room.end(report);
    }
    if let Err(error) = replace(&room, &shelf, &key, &entries, &plan, &mut report) {
        report.errors.push(tell::error(&plan.manifest.id, &format!("{error:#}")));
    }
    room.end(report)
}

/// The backups, where there are any that the key proves; the report says why not.
fn proven(
    room: &Room<'_>,
    backup: &str,
    report: &mut BackupReport,
) -> Result<Option<(Shelf, Key, Vec<Entry>)>> {
    let key = room.key()?;
    if let Some(shelf) = room.shelf()? {
        let entries = room.swept(&shelf, key.as_ref())?;
        report.errors.extend(room.orphaned(&shelf, key.as_ref(), &entries));
        if let Some(key) = key.filter(|_| report.errors.is_empty() && !entries.is_empty()) {
            return Ok(Some((shelf, key, entries)));
        }
    }
    if report.errors.is_empty() {
        report.errors.push(tell::error(backup, &format!("there are no backups in {}", report.dir)));
    }
    Ok(None)
}

/// Why it is not the newest backup that is restored.
fn passing_over(passed_over: &[(String, String)]) -> Vec<String> {
    let each =
        passed_over.iter().take(MOST_PASSED_OVER).map(|(id, why)| format!("{id} was passed over: {why}"));
    let more = passed_over.len().saturating_sub(MOST_PASSED_OVER);
    each.chain((more > 0).then(|| format!("{more} more were passed over"))).collect()
}

fn is_confirmed(room: &Room<'_>, plan: &RestorePlan, is_newest: bool, warning: Option<&str>) -> Result<bool> {
    let Manifest { id, created_at, .. } = &plan.manifest;
    let made = created_at.format("%Y-%m-%d %H:%M UTC");
    let loss = if plan.replaces() { ", replacing what is there now" } else { "" };
    let age = if is_newest { "" } else { ", the newest good one" };
    let warning = warning.map(|warning| format!(" ({warning})")).unwrap_or_default();
    let place = plan.place();
    let question =
        format!("Restore {id} (made {made}{age}) into {place} from {}{loss}?{warning}", room.means.host);
    room.context.ui.confirm(&question)
}

fn told(plan: &RestorePlan) -> BackupRestore {
    let manifest = &plan.manifest;
    BackupRestore {
        id: manifest.id.clone(),
        target: plan.place(),
        replaces: plan.replaces(),
        safety: None,
        done: false,
        target_state: BackupTarget::Untouched,
        tables: manifest.table_count,
        rows: manifest.rows(),
        files: manifest.files.len() as u64,
        bytes: manifest.content_bytes,
    }
}

/// Restores over what is there, which is made safe before.
fn replace(
    room: &Room<'_>,
    shelf: &Shelf,
    key: &Key,
    entries: &[Entry],
    plan: &RestorePlan,
    report: &mut BackupReport,
) -> Result<()> {
    let mut safety = None;
    let bar = room.context.ui.spinner(format!("restoring {}", plan.manifest.id));
    let restored = backup::restore(shelf, &room.means, plan, &mut || {
        safety = Some(secure(room, shelf, key, entries, plan, report)?);
        Ok(())
    });
    bar.finish_and_clear();
    if let Some(restore) = &mut report.restore {
        restore.safety.clone_from(&safety);
    }
    let restored = match (restored, &safety) {
        (Ok(restored), _) => restored,
        (Err(Failure { error, left }), safety) => {
            if let Some(restore) = report.restore.as_mut().filter(|_| left == Left::HalfRestored) {
                restore.target_state = BackupTarget::HalfRestored;
            }
            let Some(safety) = safety else { return Err(error) };
            bail!("{error:#}; what was there before is {safety}: fuelops backup restore {safety}");
        }
    };
    if let Some(aside) = restored.set_aside {
        report
            .notes
            .push(format!("what was there is no whole database; it lies as it was in {}", aside.display()));
    }
    if let Some(restore) = &mut report.restore {
        restore.done = true;
        restore.target_state = BackupTarget::Restored;
    }
    report.outcome = BackupOutcome::Done;
    Ok(())
}

/// Backs up what is going to be replaced; the answer is the backup's id.
fn secure(
    room: &Room<'_>,
    shelf: &Shelf,
    key: &Key,
    entries: &[Entry],
    plan: &RestorePlan,
    report: &mut BackupReport,
) -> Result<String> {
    let origin = &plan.manifest.origin;
    let Some(source) = room.source(origin) else { bail!("the config names no {} any more", origin.name) };
    let made =
        backup::create(shelf, key, &room.means, (origin, source), entries, Shrinking::Never, Utc::now());
    match made {
        Ok(Made::Done { manifest, .. }) => {
            let id = manifest.id.clone();
            report.backups.push(tell::of_manifest(&manifest, shelf.path()));
            Ok(id)
        }
        Ok(Made::Nothing { .. }) => bail!("what is there cannot be backed up, so nothing was changed"),
        Err(error) => bail!("what is there cannot be backed up, so nothing was changed: {error:#}"),
    }
}
