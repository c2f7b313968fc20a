//! The view of `fuelops start`, `stop` and `restart`.

use std::time::Duration;

use crate::model::Severity;
use crate::render::{Block, Column, Document, Role, Table, Text};
use crate::report::{ServiceOutcome, ServiceReport, ServiceStatus, ServiceTurn};
use crate::text::human;

/// What became of each service, and whom it touched.
pub fn service(report: &ServiceReport) -> Document {
    let mut document = Document::new(format!("{}: {}", report.name, report.action.word()));
    document.push(Block::Headline { severity: severity(report.outcome), text: headline(report) });
    let columns = vec![
        Column::new("state"),
        Column::new("service"),
        Column::new("manager").droppable(2),
        Column::new("pid").right(),
        Column::new("what"),
        Column::new("took").right().droppable(1),
    ];
    document.push(Block::Table(Table { columns, rows: report.services.iter().map(row).collect() }));
    let alone = report.refused.iter().map(|process| {
        let text = Text::of(Role::Strong, format!("pid {}", process.pid));
        text.plain(format!(" {}: {}", process.command, process.why))
    });
    list(&mut document, "Left alone", alone.collect());
    list(&mut document, "Worth knowing", report.notes.iter().map(|note| Text::from(note.clone())).collect());
    if !report.next.is_empty() {
        document.push(Block::Heading("Next".to_owned()));
    }
    for hint in &report.next {
        let command = hint.command.clone().unwrap_or_default();
        document.push(Block::Command { text: hint.text.clone(), command });
    }
    document
}

fn severity(outcome: ServiceOutcome) -> Severity {
    match outcome {
        ServiceOutcome::Done | ServiceOutcome::NothingToDo => Severity::Ok,
        ServiceOutcome::Planned => Severity::Warning,
        ServiceOutcome::Refused | ServiceOutcome::Failed => Severity::Critical,
    }
}

fn headline(report: &ServiceReport) -> Text {
    let word = match report.outcome {
        ServiceOutcome::Done => "DONE",
        ServiceOutcome::NothingToDo => "NOTHING TO DO",
        ServiceOutcome::Planned => "PLANNED",
        ServiceOutcome::Refused => "REFUSED",
        ServiceOutcome::Failed => "FAILED",
    };
    let text = Text::of(Role::Severity(severity(report.outcome)), word).plain("  ");
    let names: Vec<&str> = report.services.iter().map(|service| service.service.as_str()).collect();
    let wrong = |turn: &&ServiceTurn| matches!(turn.status, ServiceStatus::Refused | ServiceStatus::Failed);
    let why =
        report.services.iter().find(wrong).map_or_else(String::new, |turn| format!(": {}", turn.detail));
    text.and(Role::Strong, report.name.clone())
        .plain(format!(" – {} {}{why}", report.action.word(), names.join(", ")))
        .and(Role::Dim, format!("  ({})", span(report.elapsed_ms)))
}

fn row(turn: &ServiceTurn) -> Vec<Text> {
    let severity = match turn.status {
        ServiceStatus::Started | ServiceStatus::Stopped | ServiceStatus::Restarted => Severity::Ok,
        ServiceStatus::Planned => Severity::Warning,
        ServiceStatus::Refused | ServiceStatus::Failed => Severity::Critical,
        ServiceStatus::Unchanged => Severity::Ok,
    };
    let state = match turn.status {
        ServiceStatus::Unchanged => Text::of(Role::Dim, turn.status.word()),
        status => Text::of(Role::Severity(severity), format!("{} {}", severity.mark(), status.word())),
    };
    let needed = turn.needed_by.as_ref().map_or_else(String::new, |by| format!(" (needed by {by})"));
    vec![
        state,
        Text::of(Role::Strong, turn.service.clone()),
        Text::of(Role::Dim, turn.manager.clone()),
        Text::from(turn.pid.map(|pid| pid.to_string()).unwrap_or_default()),
        Text::from(format!("{}{needed}", turn.detail)),
        Text::of(Role::Dim, if turn.elapsed_ms == 0 { String::new() } else { span(turn.elapsed_ms) }),
    ]
}

fn list(document: &mut Document, heading: &str, lines: Vec<Text>) {
    if !lines.is_empty() {
        document.push(Block::Heading(heading.to_owned()));
        document.push(Block::List(lines));
    }
}

fn span(milliseconds: u64) -> String {
    human::duration(Duration::from_millis(milliseconds))
}
