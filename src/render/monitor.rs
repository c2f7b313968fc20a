//! The views of the monitor: how it stands with every target, and why.

use std::time::Duration;

use chrono::{Local, SecondsFormat};

use crate::model::{Severity, Verdict};
use crate::render::{Block, Cell, Column, Document, Role, Table, Text};
use crate::report::{
    MonitorAnswerReport, MonitorReplayReport, MonitorReport, MonitorSilence, MonitorSilenceReport,
    MonitorWhyReport, MonitoredTarget,
};
use crate::text::human;

/// Turns the monitor's report into a document.
pub fn monitor(report: &MonitorReport) -> Document {
    let mut document = Document::new(format!("{}: monitor", report.name));
    let severity = report.verdict.severity();
    document.push(Block::Headline { severity, text: headline(report, severity) });
    if report.targets.is_empty() {
        next(&mut document, report);
        return document;
    }
    let columns = vec![
        Column::new("target"),
        Column::new("state"),
        Column::new("pid").right().droppable(2),
        Column::new("restarts").right().droppable(1),
        Column::new("next"),
    ];
    let rows = report.targets.iter().map(row).collect();
    document.push(Block::Table(Table { columns, rows }));
    let reasons: Vec<Text> = report.targets.iter().filter_map(reason).collect();
    if !reasons.is_empty() {
        document.push(Block::Heading("Why".to_owned()));
        document.push(Block::List(reasons));
    }
    if !report.silences.is_empty() {
        document.push(Block::Heading("Silent".to_owned()));
        document.push(Block::List(report.silences.iter().map(silence).collect()));
    }
    if let Some(why) = &report.refused_config {
        document.push(Block::Paragraph(
            Text::of(Role::Severity(Severity::Warning), "the new config was refused")
                .plain(format!(": {why}")),
        ));
    }
    if report.lost_lines > 0 {
        let lines = human::plural(report.lost_lines, "line");
        document.push(Block::Paragraph(
            format!("{lines} of its journal are missing: the disk did not keep up").into(),
        ));
    }
    next(&mut document, report);
    document
}

/// The first line of the monitor's report alone, for the end of one that has told everything else.
pub fn monitor_headline(report: &MonitorReport) -> Document {
    let mut document = Document::new(format!("{}: monitor", report.name));
    let severity = report.verdict.severity();
    document.push(Block::Headline { severity, text: headline(report, severity) });
    document
}

/// Turns what a monitor answered into a document.
pub fn monitor_answer(report: &MonitorAnswerReport) -> Document {
    let mut document = Document::new("monitor".to_owned());
    document.push(Block::Paragraph(report.summary.clone().into()));
    document
}

fn next(document: &mut Document, report: &MonitorReport) {
    if !report.next.is_empty() {
        document.push(Block::Heading("Next".to_owned()));
    }
    for hint in &report.next {
        let command = hint.command.clone().unwrap_or_default();
        document.push(Block::Command { text: hint.text.clone(), command });
    }
}

fn headline(report: &MonitorReport, severity: Severity) -> Text {
    let text = Text::of(Role::Severity(severity), report.verdict.word().to_uppercase()).plain("  ");
    let text = text.and(Role::Strong, report.name.clone());
    let Some(pid) = report.pid else { return text.plain(" – no monitor runs") };
    let count =
        |bad: bool| report.targets.iter().filter(|t| (t.severity > Severity::Ok) == bad).count() as u64;
    let state = match (report.verdict, count(true)) {
        (Verdict::Healthy, _) => format!(" – {} watched, all well", count(false)),
        (_, bad) => format!(" – {bad} of {} not well", report.targets.len()),
    };
    let uptime = human::duration(Duration::from_secs(report.uptime_seconds.unwrap_or_default()));
    text.plain(state).and(Role::Dim, format!("  (monitor {pid}, up {uptime})"))
}

fn row(target: &MonitoredTarget) -> Vec<Cell> {
    let role = Role::Severity(target.severity);
    let paused = if target.is_paused && target.phase != "paused" { ", paused" } else { "" };
    let state = Text::of(role, format!("{} {}{paused}", target.severity.mark(), target.phase));
    let restarts = match (target.restarts_today, target.restarts) {
        (_, 0) => String::new(),
        (today, all) => format!("{today} today, {all} in all"),
    };
    vec![
        Text::of(Role::Strong, target.target.clone()),
        state,
        target.pid.map_or_else(String::new, |pid| pid.to_string()).into(),
        restarts.into(),
        Text::of(Role::Dim, target.next.clone()),
    ]
}

/// Why a target is no good, and for how long it has been.
fn reason(target: &MonitoredTarget) -> Option<Text> {
    let since = target.incident_seconds.map(|seconds| human::duration(Duration::from_secs(seconds)));
    let known = if target.is_acknowledged { ", acknowledged" } else { "" };
    let text = match (since, &target.why) {
        (Some(since), Some(why)) => format!("{why} (for {since}{known})"),
        (Some(since), None) => format!("for {since}{known}"),
        (None, Some(why)) => why.clone(),
        (None, None) => return None,
    };
    let name = Text::of(Role::Severity(target.severity), target.target.clone());
    let reason = name.plain(format!(": {text}"));
    Some(match &target.caused_by {
        Some(cause) => reason.and(Role::Dim, format!(" (because of {cause})")),
        None => reason,
    })
}

fn silence(silence: &MonitorSilence) -> Text {
    let whom = silence.target.clone().unwrap_or_else(|| "everything".to_owned());
    let until = silence.until.with_timezone(&Local).to_rfc3339_opts(SecondsFormat::Secs, false);
    let because = silence.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    Text::of(Role::Strong, whom).plain(format!(" until {until}{because}"))
}

/// Turns what nobody is told of into a document.
pub fn monitor_silences(report: &MonitorSilenceReport) -> Document {
    let mut document = Document::new(format!("{}: silences", report.name));
    document.push(match report.silences.is_empty() {
        true => Block::Paragraph("nothing is silent".into()),
        false => Block::List(report.silences.iter().map(silence).collect()),
    });
    document
}

/// Turns what was decided about a target into a document.
pub fn monitor_why(report: &MonitorWhyReport) -> Document {
    let mut document = Document::new(format!("{}: why", report.target));
    if report.entries.is_empty() {
        let text = Text::of(Role::Strong, report.target.clone()).plain(": nothing had to be decided");
        document.push(Block::Paragraph(text));
        return document;
    }
    let columns = vec![Column::new("when"), Column::new("what"), Column::new("why")];
    let rows = report.entries.iter().map(|entry| {
        let at = entry.at.with_timezone(&Local).to_rfc3339_opts(SecondsFormat::Secs, false);
        vec![
            Text::of(Role::Dim, at),
            Text::of(Role::Strong, entry.what.clone()),
            entry.summary.clone().into(),
        ]
    });
    document.push(Block::Table(Table { columns, rows: rows.collect() }));
    document
}

/// Turns what was decided on a recording into a document.
pub fn monitor_replay(report: &MonitorReplayReport) -> Document {
    let mut document = Document::new(format!("{}: replay", report.file));
    let (events, decisions) =
        (human::plural(report.events, "event"), human::plural(report.decisions.len() as u64, "decision"));
    let skipped = match report.skipped_lines {
        0 => String::new(),
        n => format!(", {} skipped", human::plural(n, "line")),
    };
    document.push(Block::Paragraph(format!("{events}, {decisions}{skipped}").into()));
    if report.decisions.is_empty() {
        return document;
    }
    let columns =
        vec![Column::new("after").right(), Column::new("target"), Column::new("what"), Column::new("why")];
    let rows = report.decisions.iter().map(|decision| {
        let after = human::duration(Duration::from_millis(decision.at_ms));
        let (target, what) = (decision.target.clone(), decision.what.clone());
        vec![
            Text::of(Role::Dim, after),
            Text::of(Role::Strong, target),
            Text::from(what),
            Text::from(decision.summary.clone()),
        ]
    });
    document.push(Block::Table(Table { columns, rows: rows.collect() }));
    document
}
