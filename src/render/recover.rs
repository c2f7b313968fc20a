//! The view of a recovery: what was wrong, whom it touched and why, whether it holds, what to type next.

use std::time::Duration;

use crate::model::Severity;
use crate::render::{Block, Cell, Column, Document, Role, Table, Text};
use crate::report::{OutageClue, Outcome, RecoverReport, StepStatus};
use crate::text::human;

/// Turns a recovery's report into a document.
pub fn recover(report: &RecoverReport) -> Document {
    let mut document = Document::new(format!("{}: recover", report.name));
    let severity = report.outcome.verdict().severity();
    document.push(Block::Headline { severity, text: headline(report, severity) });
    causes(report, &mut document);
    stopped(report, &mut document);
    untouched(report, &mut document);
    steps(report, &mut document);
    facts(report, &mut document);
    timeline(report, &mut document);
    next(report, &mut document);
    document
}

fn headline(report: &RecoverReport, severity: Severity) -> Text {
    let word = report.outcome.word().to_uppercase();
    let text = Text::of(Role::Severity(severity), word).plain("  ");
    let text = text.and(Role::Strong, report.name.clone()).plain(format!(" – {}", report.summary));
    let mut times = Vec::new();
    if let Some(downtime) = report.downtime_ms {
        times.push(format!("back after {}", span(downtime)));
    }
    times.push(span(report.elapsed_ms));
    text.and(Role::Dim, format!("  ({})", times.join("; ")))
}

fn causes(report: &RecoverReport, document: &mut Document) {
    if report.causes.is_empty() {
        return;
    }
    document.push(Block::Heading("What was wrong".to_owned()));
    let lines = report.causes.iter().map(|cause| {
        let role = Role::Severity(cause.severity);
        let word = cause.cause.map_or(cause.severity.word(), |cause| cause.word());
        Text::of(role, word)
            .plain("  ")
            .and(Role::Strong, cause.check.clone())
            .plain(format!(": {}", cause.summary))
    });
    document.push(Block::List(lines.collect()));
}

fn stopped(report: &RecoverReport, document: &mut Document) {
    if report.stopped.is_empty() {
        return;
    }
    let is_plan = report.outcome == Outcome::Planned;
    document.push(Block::Heading(if is_plan { "Would be stopped" } else { "Stopped" }.to_owned()));
    let columns = vec![
        Column::new("pid").right(),
        Column::new("service"),
        Column::new("command"),
        Column::new("signal").droppable(3),
        Column::new("why"),
    ];
    let row = |p: &crate::report::StoppedProcess| -> Vec<Cell> {
        let signal = p.signal.clone().unwrap_or_default();
        vec![
            p.pid.to_string().into(),
            p.service.clone().into(),
            p.command.clone().into(),
            signal.into(),
            p.proof.clone().into(),
        ]
    };
    document.push(Block::Table(Table { columns, rows: report.stopped.iter().map(row).collect() }));
}

fn untouched(report: &RecoverReport, document: &mut Document) {
    if report.refused.is_empty() && report.left.is_empty() {
        return;
    }
    document.push(Block::Heading("Left alone".to_owned()));
    let processes = report.refused.iter().map(|process| {
        let text = Text::of(Role::Strong, format!("pid {}", process.pid));
        text.plain(format!(" {}: {}", process.command, process.why))
    });
    let services = report
        .left
        .iter()
        .map(|left| Text::of(Role::Strong, left.service.clone()).plain(format!(": {}", left.why)));
    document.push(Block::List(processes.chain(services).collect()));
}

fn steps(report: &RecoverReport, document: &mut Document) {
    if report.steps.is_empty() {
        return;
    }
    let is_plan = report.outcome == Outcome::Planned;
    document.push(Block::Heading(if is_plan { "Plan" } else { "Steps" }.to_owned()));
    let columns = vec![
        Column::new("state"),
        Column::new("step"),
        Column::new("what"),
        Column::new("took").right().droppable(1),
    ];
    let rows = report.steps.iter().map(|step| {
        let took = if step.status == StepStatus::Planned { String::new() } else { span(step.elapsed_ms) };
        vec![
            state(step.status),
            Text::from(step.name.clone()),
            Text::from(step.detail.clone()),
            Text::of(Role::Dim, took),
        ]
    });
    document.push(Block::Table(Table { columns, rows: rows.collect() }));
}

fn state(status: StepStatus) -> Text {
    let severity = match status {
        StepStatus::Done => Severity::Ok,
        StepStatus::Partial => Severity::Warning,
        StepStatus::Failed => Severity::Critical,
        StepStatus::Planned | StepStatus::Empty | StepStatus::Skipped => {
            return Text::of(Role::Dim, status.word());
        }
    };
    Text::of(Role::Severity(severity), format!("{} {}", severity.mark(), status.word()))
}

/// What was put aside and gained.
fn facts(report: &RecoverReport, document: &mut Document) {
    let mut lines = Vec::new();
    if let Some(outage) = report.outage {
        let clue = match outage.known_by {
            OutageClue::CrashRecord => "by its crash record",
            OutageClue::LastLogLine => "by the last line of its log",
        };
        let since = outage.since.format("%Y-%m-%d %H:%M:%S");
        lines.push(Text::from(format!("down before that, since {since} UTC, {clue}")));
    }
    if report.preserved.files > 0 {
        let count = human::count(report.preserved.files);
        let noun = if report.preserved.files == 1 { "log" } else { "logs" };
        let place = report.preserved.path.clone().unwrap_or_else(|| "their folders".to_owned());
        let bytes = human::bytes(report.preserved.bytes);
        lines.push(Text::from(format!("{count} {noun} ({bytes}) kept in ")).and(Role::Strong, place));
    }
    if report.freed_bytes > 0 {
        lines.push(Text::from(format!("{} freed", human::bytes(report.freed_bytes))));
    }
    if let Some(path) = &report.report_path {
        lines.push(Text::from("report: ").and(Role::Strong, path.clone()));
    }
    if !lines.is_empty() {
        document.push(Block::List(lines));
    }
}

fn timeline(report: &RecoverReport, document: &mut Document) {
    if report.timeline.is_empty() {
        return;
    }
    document.push(Block::Heading("Timeline".to_owned()));
    let lines = report.timeline.iter().map(|event| {
        let clock = event.at.get(11..19).unwrap_or(&event.at);
        Text::of(Role::Dim, format!("{clock} +{}  ", span(event.elapsed_ms))).plain(event.text.clone())
    });
    document.push(Block::List(lines.collect()));
}

fn next(report: &RecoverReport, document: &mut Document) {
    if report.next.is_empty() {
        return;
    }
    document.push(Block::Heading("Next".to_owned()));
    for hint in &report.next {
        document.push(match &hint.command {
            Some(command) => Block::Command { text: hint.text.clone(), command: command.clone() },
            None => Block::List(vec![Text::from(hint.text.clone())]),
        });
    }
}

fn span(milliseconds: u64) -> String {
    human::duration(Duration::from_millis(milliseconds))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Cause, Hint};
    use crate::report::{
        Preserved, RecoverCause, RecoverStep, RefusedProcess, StartedService, StoppedProcess,
    };

    pub(in crate::render) fn report() -> RecoverReport {
        RecoverReport {
            name: "fuel".into(),
            run_id: "20261122T181500-7".into(),
            outcome: Outcome::Recovered,
            summary: "backend answers again".into(),
            causes: vec![RecoverCause {
                check: "service.backend.process".into(),
                severity: Severity::Critical,
                cause: Some(Cause::OrphanProcess),
                summary: "2 workers lost their parent".into(),
            }],
            steps: vec![RecoverStep {
                name: "stop".into(),
                status: StepStatus::Done,
                elapsed_ms: 210,
                detail: "2 processes".into(),
            }],
            stopped: vec![StoppedProcess {
                service: "backend".into(),
                pid: 4711,
                started_at: "2026-11-22T18:00:00Z".into(),
                command: "python3 -c spawn".into(),
                signal: Some("TERM".into()),
                proof: "cookie of this service".into(),
            }],
            refused: vec![RefusedProcess {
                pid: 99,
                command: "vim main.py".into(),
                why: "not proved".into(),
            }],
            started: vec![StartedService { service: "backend".into(), pid: Some(4800) }],
            left: Vec::new(),
            preserved: Preserved {
                path: Some("logs/crash_20261122_181500".into()),
                files: 1,
                bytes: 1024,
                manifest: None,
            },
            freed_bytes: 0,
            downtime_ms: Some(1_800),
            outage: None,
            elapsed_ms: 4_200,
            timeline: Vec::new(),
            next: vec![Hint { text: "look".into(), command: Some("fuelops health".into()) }],
            report_path: None,
        }
    }

    #[test]
    fn the_first_line_says_how_it_ended_and_for_how_long_it_was_down() {
        let document = recover(&report());
        let Block::Headline { text, .. } = &document.blocks[0] else { panic!("no headline") };
        let line = text.to_plain();
        assert!(line.starts_with("RECOVERED  fuel – backend answers again  (back after 1.8 s"), "{line}");
    }

    #[test]
    fn whom_it_stopped_and_whom_it_left_alone_both_stand_in_it() {
        let text = crate::render::markdown(&recover(&report()));
        assert!(text.contains("4711") && text.contains("pid 99"), "{text}");
        assert!(text.contains("fuelops health"), "{text}");
    }
}
