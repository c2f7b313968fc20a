//! What `alert list` and `alert test` look like.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::model::Severity;
use crate::render::{Block, Column, Document, Role, Table, Text};
use crate::report::{AlertListReport, AlertSink, AlertTestReport};
use crate::text::human;

/// Lines of what waits that are shown for each sink.
const MAX_WAITING: usize = 5;

/// Lays the list of sinks out.
pub fn alert_list(report: &AlertListReport) -> Document {
    let mut document = Document::new("Alerts");
    if report.sinks.is_empty() {
        document.push(none());
        return document;
    }
    let columns = vec![
        Column::new("Alert"),
        Column::new("Type"),
        Column::new("From"),
        Column::new("Sent").right(),
        Column::new("Waiting").right(),
        Column::new("Last sent").droppable(1),
        Column::new("State"),
    ];
    let rows = report.sinks.iter().map(|sink| {
        vec![
            Text::of(Role::Strong, sink.name.clone()),
            sink.kind.clone().into(),
            sink.min_severity.clone().into(),
            human::count(sink.sent).into(),
            human::count(sink.waiting.len() as u64).into(),
            sink.last_sent_at.map_or_else(|| Text::of(Role::Dim, "never"), |at| moment(at).into()),
            state(sink),
        ]
    });
    document.push(Block::Table(Table { columns, rows: rows.collect() }));
    for sink in &report.sinks {
        tell_troubles(sink, &mut document);
    }
    document
}

fn state(sink: &AlertSink) -> Text {
    match (sink.failing_since, sink.refused + sink.dropped) {
        (Some(_), _) => Text::of(Role::Severity(Severity::Critical), "takes nothing"),
        (None, lost) if lost > 0 => Text::of(Role::Severity(Severity::Warning), "lost some"),
        _ => Text::of(Role::Severity(Severity::Ok), "ok"),
    }
}

fn tell_troubles(sink: &AlertSink, document: &mut Document) {
    let mut lines = Vec::new();
    if let Some(since) = sink.failing_since {
        let next = sink.retry_at.map_or_else(String::new, |at| format!("; next attempt {}", moment(at)));
        lines.push(Text::from(format!("takes nothing since {}{next}", moment(since))));
    }
    if let Some(why) = &sink.why {
        let said = if sink.failing_since.is_some() { "it" } else { "last refusal: it" };
        lines.push(Text::from(format!("{said} {why}")));
    }
    for (count, what) in
        [(sink.refused, "refused for good"), (sink.dropped, "dropped for want of room or time")]
    {
        if count > 0 {
            lines.push(Text::from(format!("{} {what}", human::plural(count, "notice"))));
        }
    }
    for one in sink.waiting.iter().take(MAX_WAITING) {
        lines.push(Text::of(Role::Dim, "waits: ").plain(format!(
            "{} ({}, {})",
            one.incident,
            one.kind,
            moment(one.at)
        )));
    }
    let more = sink.waiting.len().saturating_sub(MAX_WAITING);
    lines.extend((more > 0).then(|| Text::of(Role::Dim, format!("and {more} more"))));
    if !lines.is_empty() {
        document.push(Block::Heading(sink.name.clone()));
        document.push(Block::List(lines));
    }
}

/// Lays the result of a test out.
pub fn alert_test(report: &AlertTestReport) -> Document {
    let mut document = Document::new("Alert test");
    if report.sinks.is_empty() {
        document.push(none());
        return document;
    }
    for sink in &report.sinks {
        let (severity, word) = if sink.is_delivered {
            (Severity::Ok, "took it")
        } else {
            (Severity::Critical, "did not take it")
        };
        let took = human::duration(std::time::Duration::from_millis(sink.elapsed_ms));
        let line = Text::of(Role::Severity(severity), format!("{} ", severity.mark()))
            .and(Role::Strong, sink.name.clone())
            .plain(format!(" ({}) {word} in {took}: {}", sink.kind, sink.answer));
        document.push(Block::Paragraph(line));
    }
    document
}

fn none() -> Block {
    let text = Text::from("no [[alert]] in the config: nobody is told of anything");
    Block::Headline { severity: Severity::Unknown, text }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
