//! The view of `fuelops backup`.

use crate::model::Severity;
use crate::render::{Block, Column, Document, Role, Table, Text};
use crate::report::{BackupAction, BackupEntry, BackupOutcome, BackupReport, BackupRestore, BackupTarget};
use crate::text::human;

/// Remarks, skips and removals that are shown one by one.
const SHOWN: usize = 20;

/// What was done or found.
pub fn backup(report: &BackupReport) -> Document {
    let mut document = Document::new(format!("fuelops backup {}", word(report.action)));
    document.push(Block::Headline { severity: severity(report.outcome), text: headline(report) });
    if !report.backups.is_empty() {
        document.push(Block::Table(table(report)));
    }
    if let Some(restore) = report.restore.as_ref().filter(|restore| restore.done || !is_failed(report)) {
        document.push(Block::Paragraph(restoring(restore)));
    }
    list(&mut document, "Failed", report.errors.iter().map(|e| labelled(&e.target, &e.error)).collect());
    list(&mut document, "Worth a look", remarks(report));
    list(&mut document, "Left out", report.skipped.iter().map(|s| labelled(&s.path, &s.why)).collect());
    let removed = report.removed.iter().map(|gone| labelled(&gone.id, &human::bytes(gone.bytes)));
    let heading = if report.outcome == BackupOutcome::Planned { "May go" } else { "Gone" };
    list(&mut document, heading, removed.collect());
    for note in &report.notes {
        document.push(Block::Paragraph(Text::of(Role::Dim, note.clone())));
    }
    document
}

/// The one line for a run that nobody watches.
pub fn backup_line(report: &BackupReport) -> String {
    let mut line = headline(report).to_plain();
    for error in &report.errors {
        line.push_str(&["; ", &error.target, ": ", &error.error].concat());
    }
    for entry in report.backups.iter().filter(|entry| entry.state != "verified") {
        line.push_str(&["; ", &entry.id, ": ", entry.why.as_deref().unwrap_or(&entry.state)].concat());
    }
    let mut line: String = crate::text::sanitize::line(&line).into_owned();
    line.push('\n');
    line
}

fn word(action: BackupAction) -> &'static str {
    match action {
        BackupAction::Create => "create",
        BackupAction::List => "list",
        BackupAction::Verify => "verify",
        BackupAction::Restore => "restore",
        BackupAction::Prune => "prune",
    }
}

fn severity(outcome: BackupOutcome) -> Severity {
    match outcome {
        BackupOutcome::Done | BackupOutcome::NothingToDo => Severity::Ok,
        BackupOutcome::Degraded | BackupOutcome::Planned => Severity::Warning,
        BackupOutcome::Failed => Severity::Critical,
        BackupOutcome::Unknown => Severity::Unknown,
    }
}

fn headline(report: &BackupReport) -> Text {
    let text = match report.action {
        BackupAction::Create => created(report),
        BackupAction::List => listed(report),
        BackupAction::Verify => verified(report),
        BackupAction::Restore => restored(report),
        BackupAction::Prune => pruned(report),
    };
    let took = human::duration(std::time::Duration::from_millis(report.elapsed_ms));
    Text::of(Role::Strong, report.name.clone())
        .plain(format!(" – {text}"))
        .and(Role::Dim, format!("  ({took})"))
}

fn is_failed(report: &BackupReport) -> bool {
    report.outcome == BackupOutcome::Failed
}

fn of_state(report: &BackupReport, state: &str) -> u64 {
    report.backups.iter().filter(|entry| entry.state == state).count() as u64
}

fn created(report: &BackupReport) -> String {
    if report.outcome == BackupOutcome::Unknown {
        return "there is nothing to back up: [backup] names no database, and no file matches include"
            .to_owned();
    }
    let good = of_state(report, "verified");
    let bytes: u64 = report.backups.iter().map(|entry| entry.bytes).sum();
    let mut parts = vec![format!("{} made, {}", human::plural(good, "verified backup"), human::bytes(bytes))];
    let doubted = of_state(report, "suspicious");
    if doubted > 0 {
        parts.push(format!("{doubted} suspicious, replacing nothing"));
    }
    if !report.errors.is_empty() {
        parts.push(format!("{} failed", report.errors.len()));
    }
    if !report.removed.is_empty() {
        parts.push(format!("{} too old and gone", report.removed.len()));
    }
    parts.join("; ")
}

fn listed(report: &BackupReport) -> String {
    if report.backups.is_empty() {
        return format!("no backups in {}", report.dir);
    }
    let bytes: u64 = report.backups.iter().map(|entry| entry.bytes).sum();
    let all = report.backups.len() as u64;
    let states = ["verified", "suspicious", "unproven", "incomplete", "damaged"];
    let counted = states.map(|state| (state, of_state(report, state)));
    let told = counted.iter().filter(|(state, number)| *number > 0 || *state == "verified");
    let told: Vec<String> = told.map(|(state, number)| format!("{number} {state}")).collect();
    format!(
        "{} in {}, {}, {}",
        human::plural(all, "backup"),
        report.dir,
        told.join(", "),
        human::bytes(bytes)
    )
}

fn verified(report: &BackupReport) -> String {
    let (all, good) = (report.backups.len() as u64, of_state(report, "verified"));
    if all == 0 {
        return format!("there is no backup to look at in {}", report.dir);
    }
    let drills = report.backups.iter().filter_map(|entry| entry.drill.as_ref());
    let (tried, equal) = drills.fold((0, 0), |(n, equal), drill| (n + 1, equal + u64::from(drill.equal)));
    let deep = if tried == 0 { String::new() } else { format!("; {equal} of {tried} restored and equal") };
    let still =
        if all == 1 { "is as good as when it was made" } else { "are as good as when they were made" };
    format!("{good} of {} {still}{deep}", human::plural(all, "backup"))
}

fn restored(report: &BackupReport) -> String {
    let Some(BackupRestore { id, target, target_state, .. }) = &report.restore else {
        return "nothing was restored".to_owned();
    };
    match (target_state, report.outcome) {
        (BackupTarget::Restored, _) => format!("{id} was restored"),
        (_, BackupOutcome::Planned) => format!("{id} is not restored yet"),
        (BackupTarget::HalfRestored, _) => {
            format!("{id} was not restored; {target} may hold a part of it")
        }
        (BackupTarget::Untouched, _) => format!("{id} was not restored; {target} is as it was"),
    }
}

fn pruned(report: &BackupReport) -> String {
    let backups = human::plural(report.removed.len() as u64, "backup");
    match report.outcome {
        BackupOutcome::Planned => format!("{backups} may go, {}", human::bytes(report.freed_bytes)),
        BackupOutcome::NothingToDo => "nothing is too old".to_owned(),
        BackupOutcome::Failed if report.removed.is_empty() => "nothing was removed".to_owned(),
        _ => format!("{backups} gone, {} freed", human::bytes(report.freed_bytes)),
    }
}

fn table(report: &BackupReport) -> Table {
    let columns = vec![
        Column::new("state"),
        Column::new("backup"),
        Column::new("source"),
        Column::new("made").droppable(4),
        Column::new("holds").droppable(1),
        Column::new("size").right(),
        Column::new("of").right().droppable(3),
        Column::new("took").right().droppable(2),
    ];
    Table { columns, rows: report.backups.iter().map(row).collect() }
}

fn row(entry: &BackupEntry) -> Vec<Text> {
    let severity = match entry.state.as_str() {
        "verified" => Severity::Ok,
        "suspicious" => Severity::Warning,
        "unproven" => Severity::Unknown,
        _ => Severity::Critical,
    };
    let made = entry.created_at.map(|at| at.format("%Y-%m-%d %H:%M:%SZ").to_string());
    let took = human::duration(std::time::Duration::from_millis(entry.dump_ms + entry.verify_ms));
    let known = |text: String| if entry.source.is_some() { text } else { String::new() };
    vec![
        Text::of(Role::Severity(severity), format!("{} {}", severity.mark(), entry.state)),
        Text::of(Role::Strong, entry.id.clone()),
        source(entry).into(),
        made.unwrap_or_default().into(),
        holds(entry).into(),
        known(human::bytes(entry.bytes)).into(),
        known(human::bytes(entry.content_bytes)).into(),
        known(took).into(),
    ]
}

/// What it is a backup of: two files of one name lie in different folders.
fn source(entry: &BackupEntry) -> String {
    let Some(source) = &entry.source else { return String::new() };
    let standing = if entry.is_safety { " (replaced)" } else { "" };
    format!("{}{standing}", source.name)
}

fn holds(entry: &BackupEntry) -> String {
    let Some(source) = &entry.source else { return String::new() };
    if source.kind == "files" {
        return human::plural(entry.files.len() as u64, "file");
    }
    format!("{}, {}", human::plural(entry.table_count, "table"), human::plural(entry.rows, "row"))
}

fn remarks(report: &BackupReport) -> Vec<Text> {
    let mut lines = Vec::new();
    for entry in &report.backups {
        // Where none is proven, that was said once for all of them.
        let is_told = entry.state == "verified" || (entry.state == "unproven" && !report.errors.is_empty());
        let why = entry.why.iter().filter(|_| !is_told);
        lines.extend(why.map(|why| labelled(&entry.id, why)));
        if report.action != BackupAction::List && entry.state == "verified" {
            lines.extend(entry.remarks.iter().map(|remark| labelled(&entry.id, remark)));
        }
        if let Some(drill) = entry.drill.as_ref().filter(|drill| !drill.equal) {
            let why = drill.why.as_deref().unwrap_or("it is not what it was");
            lines.push(labelled(&entry.id, &format!("restoring it for a moment: {why}")));
        }
    }
    lines
}

fn restoring(restore: &BackupRestore) -> Text {
    let holds = if restore.files > 0 {
        human::plural(restore.files, "file")
    } else {
        format!("{}, {}", human::plural(restore.tables, "table"), human::plural(restore.rows, "row"))
    };
    let text = Text::new()
        .and(Role::Strong, restore.id.clone())
        .plain(" → ")
        .and(Role::Strong, restore.target.clone());
    let text = text.plain(format!(": {holds}, {}", human::bytes(restore.bytes)));
    match (&restore.safety, restore.replaces, restore.done) {
        (Some(safety), _, _) => text.plain(format!("; what was there is backed up as {safety}")),
        (None, true, false) => text.plain("; what is there is backed up first, then replaced"),
        _ => text,
    }
}

fn labelled(label: &str, text: &str) -> Text {
    Text::of(Role::Strong, label).plain(format!(": {text}"))
}

fn list(document: &mut Document, heading: &str, mut lines: Vec<Text>) {
    if lines.is_empty() {
        return;
    }
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    if more > 0 {
        lines.push(Text::of(Role::Dim, format!("… and {more} more")));
    }
    document.push(Block::Heading(heading.to_owned()));
    document.push(Block::List(lines));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Glyphs, TerminalStyle, terminal};
    use crate::report::{BackupError, BackupVersions};

    fn entry(state: &str) -> BackupEntry {
        BackupEntry {
            id: "mysql-1".into(),
            state: state.into(),
            why: (state != "verified").then(|| "it holds no row".into()),
            is_safety: false,
            source: None,
            created_at: None,
            path: None,
            bytes: 2048,
            content_bytes: 10_000,
            sha256: None,
            table_count: 1,
            rows: 0,
            tables: vec![],
            files: vec![],
            versions: BackupVersions::default(),
            remarks: vec![],
            dump_ms: 1,
            verify_ms: 1,
            drill: None,
        }
    }

    fn report(outcome: BackupOutcome, backups: Vec<BackupEntry>) -> BackupReport {
        BackupReport {
            name: "fuel".into(),
            action: BackupAction::Create,
            outcome,
            dir: "/srv/backups".into(),
            backups,
            removed: vec![],
            freed_bytes: 0,
            restore: None,
            skipped: vec![],
            errors: vec![BackupError { target: "pg".into(), error: "gone\x1b]0;x".into() }],
            notes: vec![],
            elapsed_ms: 1200,
        }
    }

    #[test]
    fn the_first_line_says_what_was_made_and_what_not() {
        let report = report(BackupOutcome::Failed, vec![entry("verified"), entry("suspicious")]);
        let style = TerminalStyle { width: 120, color: false, glyphs: Glyphs::Unicode };
        let text = terminal(&backup(&report), &style);
        let first = "✖ fuel – 1 verified backup made, 4.00 KiB; 1 suspicious, replacing nothing; 1 failed";
        assert!(text.starts_with(first), "{text}");
        assert!(text.contains("it holds no row") && !text.contains('\x1b'), "{text}");
    }

    #[test]
    fn one_backup_is_told_of_as_one() {
        let mut looked_at = report(BackupOutcome::Failed, vec![entry("damaged")]);
        looked_at.action = BackupAction::Verify;
        let line = |report: &BackupReport| headline(report).to_plain();
        assert!(line(&looked_at).contains("0 of 1 backup is as good as when it was made"));
        looked_at.backups.push(entry("verified"));
        assert!(line(&looked_at).contains("1 of 2 backups are as good as when they were made"));
    }

    #[test]
    fn the_line_of_a_quiet_run_holds_every_failure_on_one_line() {
        let line = backup_line(&report(BackupOutcome::Failed, vec![entry("suspicious")]));
        assert!(line.contains("; pg: gone") && line.contains("; mysql-1: it holds no row"), "{line}");
        assert_eq!((line.lines().count(), line.contains('\x1b')), (1, false));
    }
}
