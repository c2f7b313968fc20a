//! Turns what the engine found into the report, shows it, and says how to end.

use anyhow::Result;

use crate::backup::{Checked, Entry, Manifest, Skipped, Standing, State};
use crate::cli::args::Format;
use crate::cli::exit::Exit;
use crate::cli::ui::Ui;
use crate::model::Verdict;
use crate::render;
use crate::report::{
    BackupDrill, BackupEntry, BackupError, BackupFile, BackupOutcome, BackupRemoval, BackupReport,
    BackupSkip, BackupSource, BackupTable, BackupVersions,
};
use crate::text::redact;

/// Version of the JSON schema.
const SCHEMA: u32 = 1;

/// Shows a report; with `--quiet` one line, and only where something needs attention.
pub(super) fn show(report: &BackupReport, ui: &Ui) -> Result<()> {
    if !ui.quiet || ui.format != Format::Table {
        return ui.report("backup", SCHEMA, report, || render::backup(report));
    }
    match report.outcome {
        BackupOutcome::Done | BackupOutcome::NothingToDo => Ok(()),
        _ => ui.result(render::backup_line(report).as_bytes()),
    }
}

/// How a run ends by its outcome.
pub(super) fn exit(outcome: BackupOutcome) -> Exit {
    match outcome {
        BackupOutcome::Done | BackupOutcome::NothingToDo => Exit::Done,
        BackupOutcome::Degraded | BackupOutcome::Planned => Exit::Verdict(Verdict::Degraded),
        BackupOutcome::Failed => Exit::Verdict(Verdict::Critical),
        BackupOutcome::Unknown => Exit::Verdict(Verdict::Unknown),
    }
}

/// A backup as it is told.
pub(super) fn entry(entry: &Entry, dir: &std::path::Path) -> BackupEntry {
    let state = entry.state.word().to_owned();
    let Some(manifest) = &entry.manifest else {
        return BackupEntry { why: entry.why.clone(), state, ..nameless(entry.id.clone()) };
    };
    BackupEntry { why: entry.why.clone(), state, ..of_manifest(manifest, dir) }
}

/// A backup that was looked at.
pub(super) fn checked(checked: &Checked, dir: &std::path::Path) -> BackupEntry {
    let drill = checked.deep.as_ref().map(|deep| BackupDrill {
        equal: deep.is_equal(),
        why: deep.why().map(|why| redact::secrets(why).into_owned()),
        tables: deep.tables,
        rows: deep.rows,
        elapsed_ms: deep.elapsed_ms,
    });
    BackupEntry { drill, verify_ms: checked.elapsed_ms, ..entry(&checked.entry, dir) }
}

/// A backup by its manifest alone, as it stood when it was made.
pub(super) fn of_manifest(manifest: &Manifest, dir: &std::path::Path) -> BackupEntry {
    let table = |table: &crate::backup::Table| BackupTable {
        name: table.name.clone(),
        rows: table.rows,
        sha256: table.sha256.clone(),
    };
    let file = |member: &crate::backup::Member| BackupFile {
        path: member.path.clone(),
        bytes: member.bytes,
        sha256: member.sha256.clone(),
    };
    let (state, why) = match manifest.standing {
        Standing::Verified => (State::Verified, None),
        Standing::Suspicious => (State::Suspicious, Some(manifest.remarks.join("; "))),
    };
    BackupEntry {
        state: state.word().to_owned(),
        why,
        is_safety: manifest.is_safety,
        source: Some(BackupSource {
            name: manifest.origin.name.clone(),
            kind: manifest.origin.kind.word().to_owned(),
            place: manifest.place.clone(),
            host: manifest.host.clone(),
        }),
        created_at: Some(manifest.created_at),
        path: Some(dir.join(&manifest.file).display().to_string()),
        bytes: manifest.bytes,
        content_bytes: manifest.content_bytes,
        sha256: Some(manifest.sha256.clone()),
        table_count: manifest.table_count,
        rows: manifest.rows(),
        tables: manifest.tables.iter().map(table).collect(),
        files: manifest.files.iter().map(file).collect(),
        versions: BackupVersions {
            fuelops: Some(manifest.versions.fuelops.clone()),
            tool: manifest.versions.tool.clone(),
            server: manifest.versions.server.clone(),
        },
        remarks: manifest.remarks.clone(),
        dump_ms: manifest.dump_ms,
        verify_ms: manifest.verify_ms,
        ..nameless(manifest.id.clone())
    }
}

fn nameless(id: String) -> BackupEntry {
    BackupEntry {
        id,
        state: String::new(),
        why: None,
        is_safety: false,
        source: None,
        created_at: None,
        path: None,
        bytes: 0,
        content_bytes: 0,
        sha256: None,
        table_count: 0,
        rows: 0,
        tables: Vec::new(),
        files: Vec::new(),
        versions: BackupVersions::default(),
        remarks: Vec::new(),
        dump_ms: 0,
        verify_ms: 0,
        drill: None,
    }
}

/// Something that failed, without secrets.
pub(super) fn error(target: &str, error: &str) -> BackupError {
    BackupError { target: target.to_owned(), error: redact::secrets(error).into_owned() }
}

pub(super) fn skip(skipped: &Skipped) -> BackupSkip {
    BackupSkip { path: skipped.path.clone(), why: skipped.why.clone() }
}

pub(super) fn removal(manifest: &Manifest) -> BackupRemoval {
    BackupRemoval {
        id: manifest.id.clone(),
        source: manifest.origin.name.clone(),
        created_at: manifest.created_at,
        bytes: manifest.bytes,
    }
}
