//! The views of `track-errors`.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use serde_json::Value;

use crate::model::Severity;
use crate::render::{Block, Cell, Column, Document, Plot, Role, Series, Table, Text};
use crate::report::{
    EndpointCount, ErrorAction, ErrorEvent, ErrorIssue, ErrorReport, GateReport, GroupingReport, HourCount,
    IssueList, IssueReport,
};
use crate::text::human;

/// How it is shown.
#[derive(Clone, Debug)]
pub struct ErrorView<Z> {
    /// Rows of each table.
    pub top: usize,
    /// How `fuelops` is called for the same store.
    pub program: String,
    pub zone: Z,
    pub now: DateTime<Utc>,
}

/// Longest message in a table, in characters.
const MESSAGE: usize = 120;
/// Frames of an exception that are shown.
const FRAMES: usize = 20;
const BREADCRUMBS: usize = 10;

impl<Z: TimeZone> ErrorView<Z>
where
    Z::Offset: std::fmt::Display,
{
    fn time(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%Y-%m-%d %H:%M").to_string()
    }

    fn ago(&self, at: DateTime<Utc>) -> String {
        let passed = (self.now - at).to_std().unwrap_or_default();
        if passed.as_secs() == 0 {
            return "now".to_owned();
        }
        format!("{} ago", human::duration(std::time::Duration::from_secs(passed.as_secs())))
    }

    fn plot(&self, title: &str, hours: &[HourCount]) -> Option<Plot> {
        hours.iter().any(|h| h.count > 0).then(|| {
            #[expect(clippy::cast_precision_loss, reason = "counts are shown as heights")]
            let values = hours.iter().map(|h| h.count as f64).collect();
            Plot {
                title: title.to_owned(),
                unit: "errors".to_owned(),
                labels: hours.iter().map(|h| self.time(h.at)).collect(),
                series: vec![Series {
                    name: "errors".into(),
                    role: Role::Severity(Severity::Critical),
                    values,
                }],
            }
        })
    }

    fn issues(&self, issues: &[ErrorIssue]) -> Table {
        let columns = vec![
            Column::new("issue").right(),
            Column::new("state"),
            Column::new("count").right(),
            Column::new("last seen").droppable(2),
            Column::new("what"),
            Column::new("where").droppable(1),
        ];
        let rows = issues.iter().take(self.top).map(|issue| self.issue_row(issue)).collect();
        Table { columns, rows }
    }

    fn issue_row(&self, issue: &ErrorIssue) -> Vec<Cell> {
        let what = Text::of(Role::Strong, issue.kind.clone()).plain(said(&issue.message));
        let place = issue.endpoints.first().map_or(&issue.culprit, |e| &e.endpoint);
        let place = if place.is_empty() { &issue.culprit } else { place };
        vec![
            Text::of(Role::Dim, format!("#{}", issue.id)),
            Text::of(role(&issue.state), issue.state.clone()),
            human::count(issue.count).into(),
            Text::of(Role::Dim, self.ago(issue.last_seen_at)),
            what,
            place.clone().into(),
        ]
    }

    fn recent(&self, events: &[ErrorEvent]) -> Table {
        let columns = vec![
            Column::new("time"),
            Column::new("issue").right(),
            Column::new("what"),
            Column::new("endpoint").droppable(1),
            Column::new("by").droppable(2),
        ];
        let row = |event: &ErrorEvent| -> Vec<Cell> {
            vec![
                Text::of(Role::Dim, self.time(event.at)),
                Text::of(Role::Dim, format!("#{}", event.issue)),
                Text::of(Role::Strong, event.kind.clone()).plain(said(&event.message)),
                event.endpoint.clone().unwrap_or_default().into(),
                Text::of(Role::Dim, event.source.clone()),
            ]
        };
        Table { columns, rows: events.iter().take(self.top).map(row).collect() }
    }
}

/// The diagnostic report.
pub fn error_report<Z: TimeZone>(report: &ErrorReport, view: &ErrorView<Z>) -> Document
where
    Z::Offset: std::fmt::Display,
{
    let mut document = Document::new("errors");
    let severity = report.verdict.severity();
    let errors: u64 = report.trend.hours.iter().map(|hour| hour.count).sum();
    let events = match errors == report.events {
        true => human::plural(errors, "error"),
        // Warnings and less are kept, too, and are not what the verdict is about.
        false => format!("{} ({})", human::plural(report.events, "event"), human::plural(errors, "error")),
    };
    let text = Text::of(Role::Severity(severity), report.verdict.word().to_uppercase()).plain(format!(
        "  {} of {} in {} – {}",
        events,
        human::plural(report.issues.len() as u64, "issue"),
        period(report, view),
        report.reason
    ));
    document.push(Block::Headline { severity, text: text.and(Role::Dim, trend(report)) });
    if let Some(plot) = view.plot("Errors every hour", &report.trend.hours) {
        document.push(Block::Plot(plot));
    }
    if !report.issues.is_empty() {
        document.push(Block::Heading("Top issues".to_owned()));
        document.push(Block::Table(view.issues(&report.issues)));
    }
    news(report, &mut document);
    counts(&mut document, "By type", "type", report.by_type.iter().map(|c| (&c.kind, c.count)), view.top);
    endpoints(&mut document, &report.by_endpoint, view.top);
    if !report.recent.is_empty() {
        document.push(Block::Heading("Recent".to_owned()));
        document.push(Block::Table(view.recent(&report.recent)));
    }
    if !report.losses.is_empty() {
        document.push(Block::Heading("Not kept".to_owned()));
        let loss = |l: &crate::report::ErrorLoss| {
            Text::from(format!("{} × {}: {}", human::count(l.count), l.category, why_lost(&l.reason)))
        };
        document.push(Block::List(report.losses.iter().map(loss).collect()));
    }
    if let Some(first) = report.issues.first() {
        document.push(Block::Heading("Next".to_owned()));
        let command = format!("{} track-errors show {}", view.program, first.id);
        document.push(Block::Command { text: "the most frequent one in full".to_owned(), command });
    }
    document
}

/// A reason of the ledger in words; JSON holds it as it is.
fn why_lost(reason: &str) -> String {
    let words = match reason {
        "not-kept" => "not what an error tracker keeps",
        "malformed" => "could not be read",
        "too-large" => "too large",
        "too-many-items" => "more than one envelope may hold",
        "too-many" => "more than are kept, those that matter least went",
        "queue-full" => "more than the disk took in time, the sender was told",
        "disk-low" => "too little room on the disk, counted only",
        "disk-full" => "no room on the disk, the sender was told",
        "store-failed" => "the store could not be written, the sender was told",
        "damaged-store" => "damaged, kept beside the new one",
        other => match other.strip_prefix("client:") {
            Some(said) => return format!("lost by the client, as it says: {said}"),
            None => other,
        },
    };
    words.to_owned()
}

/// How long the report's time is, and when it ended where that was before now.
fn period<Z: TimeZone>(report: &ErrorReport, view: &ErrorView<Z>) -> String
where
    Z::Offset: std::fmt::Display,
{
    let seconds = (report.until_at - report.since_at).as_seconds_f64().round().max(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let seconds = seconds as u64;
    let long = match seconds / 3600 {
        hours @ 1..=48 if seconds.is_multiple_of(3600) => format!("{hours} h"),
        _ => human::duration(std::time::Duration::from_secs(seconds)),
    };
    if view.now - report.until_at < TimeDelta::minutes(1) {
        return long;
    }
    format!("{long} up to {}", view.time(report.until_at))
}

fn trend(report: &ErrorReport) -> String {
    match report.trend.change_percent {
        Some(change) if report.events > 0 => {
            let than = if change >= 0.0 { "more" } else { "fewer" };
            format!("  ({:.0} % {than} than a week before)", change.abs())
        }
        _ => String::new(),
    }
}

fn news(report: &ErrorReport, document: &mut Document) {
    let listed = |ids: &[i64]| ids.iter().take(20).map(|id| format!("#{id}")).collect::<Vec<_>>().join(" ");
    let lines = [("regressed", &report.regressed_issues), ("new", &report.new_issues)];
    let lines: Vec<Text> = lines
        .into_iter()
        .filter(|(_, ids)| !ids.is_empty())
        .map(|(word, ids)| Text::of(role(word), format!("{} {word}: ", ids.len())).plain(listed(ids)))
        .collect();
    if !lines.is_empty() {
        document.push(Block::Heading("New and back".to_owned()));
        document.push(Block::List(lines));
    }
}

fn counts<'c>(
    document: &mut Document,
    heading: &str,
    column: &str,
    counts: impl Iterator<Item = (&'c String, u64)>,
    top: usize,
) {
    let rows: Vec<Vec<Cell>> =
        counts.take(top).map(|(name, n)| vec![name.clone().into(), human::count(n).into()]).collect();
    if !rows.is_empty() {
        document.push(Block::Heading(heading.to_owned()));
        let columns = vec![Column::new(column), Column::new("count").right()];
        document.push(Block::Table(Table { columns, rows }));
    }
}

fn endpoints(document: &mut Document, list: &[EndpointCount], top: usize) {
    counts(document, "By endpoint", "endpoint", list.iter().map(|c| (&c.endpoint, c.count)), top);
}

/// A list of issues.
pub fn error_list<Z: TimeZone>(list: &IssueList, view: &ErrorView<Z>) -> Document
where
    Z::Offset: std::fmt::Display,
{
    let mut document = Document::new("issues");
    if list.issues.is_empty() {
        let none = match list.known {
            0 => "no issues yet".to_owned(),
            known => format!("no such issue ({known} known)"),
        };
        document.push(Block::Paragraph(none.into()));
        return document;
    }
    document.push(Block::Table(view.issues(&list.issues)));
    let hidden = list.issues.len().saturating_sub(view.top);
    if hidden > 0 {
        document.push(Block::Paragraph(Text::of(Role::Dim, format!("{hidden} more; --top shows them"))));
    }
    document
}

/// One issue in full.
pub fn error_issue<Z: TimeZone>(report: &IssueReport, view: &ErrorView<Z>) -> Document
where
    Z::Offset: std::fmt::Display,
{
    let issue = &report.issue;
    let mut document = Document::new(format!("issue {}", issue.id));
    let severity = if matches!(issue.state.as_str(), "ignored" | "resolved") {
        Severity::Ok
    } else {
        Severity::Critical
    };
    let text = Text::of(role(&issue.state), format!("#{} {}  ", issue.id, issue.state))
        .and(Role::Strong, issue.kind.clone())
        .plain(said(&issue.message));
    document.push(Block::Headline { severity, text });
    document.push(Block::List(facts(report, view)));
    if let Some(plot) = view.plot("The last seven days", &report.trend) {
        document.push(Block::Plot(plot));
    }
    if let Some(sample) = &report.sample {
        stacks(sample, &mut document);
        request(sample, &mut document);
        breadcrumbs(sample, &mut document);
    }
    endpoints(&mut document, &issue.endpoints, view.top);
    tags(report, &mut document, view.top);
    if !report.events.is_empty() {
        document.push(Block::Heading("Events".to_owned()));
        document.push(Block::Table(view.recent(&report.events)));
    }
    if let Some(event) = report.events.first() {
        document.push(Block::Heading("Next".to_owned()));
        let command = |text: &str, command: String| Block::Command { text: text.to_owned(), command };
        document
            .push(command("once it is fixed", format!("{} track-errors resolve {}", view.program, issue.id)));
        document.push(command(
            "why it is one issue",
            format!("{} track-errors why {}", view.program, event.event_id),
        ));
    }
    document
}

fn facts<Z: TimeZone>(report: &IssueReport, view: &ErrorView<Z>) -> Vec<Text>
where
    Z::Offset: std::fmt::Display,
{
    let issue = &report.issue;
    let release = |release: &Option<String>| release.as_ref().map_or(String::new(), |r| format!(" in {r}"));
    let mut facts = vec![
        Text::from(format!(
            "{}; first {}{}, last {}{}",
            human::plural(issue.count, "event"),
            view.time(issue.first_seen_at),
            release(&issue.first_release),
            view.time(issue.last_seen_at),
            release(&issue.last_release)
        )),
        Text::from(format!("level {}; {}", issue.level, issue.fingerprint)),
    ];
    if !issue.culprit.is_empty() {
        facts.insert(0, Text::of(Role::Strong, format!("at {}", issue.culprit)));
    }
    let list = |ids: &[i64]| ids.iter().map(|id| format!("#{id}")).collect::<Vec<_>>().join(" ");
    if !report.merged.is_empty() {
        facts.push(Text::from(format!("merged into it: {}", list(&report.merged))));
    }
    if !report.alike.is_empty() {
        facts.push(Text::from(format!("perhaps the same fault: {}", list(&report.alike))));
    }
    let turns = report.history.iter().filter(|turn| turn.kind != "first-seen").rev().take(5);
    facts.extend(
        turns.map(|turn| Text::of(Role::Dim, format!("{} {} {}", view.time(turn.at), turn.kind, turn.note))),
    );
    facts
}

/// Each exception of the sample, the one raised last first, with the source lines of its frames.
fn stacks(sample: &Value, document: &mut Document) {
    let none = Vec::new();
    for exception in sample["exception"]["values"].as_array().unwrap_or(&none).iter().rev() {
        let text = |key: &str| exception[key].as_str().unwrap_or("");
        document.push(Block::Heading(format!("{}{}", text("type"), said(text("value")))));
        let frames = exception["stacktrace"]["frames"].as_array().unwrap_or(&none);
        let lines: Vec<String> = frames.iter().rev().take(FRAMES).flat_map(frame).collect();
        if !lines.is_empty() {
            document.push(Block::Verbatim(lines));
        }
    }
}

fn frame(frame: &Value) -> Vec<String> {
    let text = |key: &str| frame[key].as_str().unwrap_or("");
    let mark = if frame["in_app"] == true { '>' } else { ' ' };
    let file = if text("filename").is_empty() { text("module") } else { text("filename") };
    let line = frame["lineno"].as_u64().map_or(String::new(), |n| format!(":{n}"));
    let mut lines = vec![format!("{mark} {file}{line} in {}", text("function"))];
    if frame["in_app"] == true {
        let around = |key: &str| frame[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        lines.extend(around("pre_context").map(|line| format!("      {line}")));
        lines.extend(frame["context_line"].as_str().map(|line| format!("    → {line}")));
        lines.extend(around("post_context").map(|line| format!("      {line}")));
    } else {
        lines.extend(frame["context_line"].as_str().map(|line| format!("      {}", line.trim())));
    }
    lines
}

fn request(sample: &Value, document: &mut Document) {
    let request = &sample["request"];
    let shown = ["method", "url", "query_string", "data"].into_iter().filter(|key| !request[*key].is_null());
    let line = |key: &str| match &request[key] {
        Value::String(text) => Text::from(format!("{key}: {text}")),
        other => Text::from(format!("{key}: {other}")),
    };
    let lines: Vec<Text> = shown.map(line).collect();
    if !lines.is_empty() {
        document.push(Block::Heading("Request".to_owned()));
        document.push(Block::List(lines));
    }
}

fn breadcrumbs(sample: &Value, document: &mut Document) {
    let crumbs = sample["breadcrumbs"]["values"].as_array().or_else(|| sample["breadcrumbs"].as_array());
    let Some(crumbs) = crumbs.filter(|crumbs| !crumbs.is_empty()) else { return };
    let line = |crumb: &Value| {
        let text = |key: &str| crumb[key].as_str().unwrap_or("").to_owned();
        Text::of(Role::Dim, text("timestamp")).plain(format!("  {}: {}", text("category"), text("message")))
    };
    document.push(Block::Heading("Breadcrumbs".to_owned()));
    document.push(Block::List(crumbs.iter().rev().take(BREADCRUMBS).rev().map(line).collect()));
}

fn tags(report: &IssueReport, document: &mut Document, top: usize) {
    let values = |tag: &crate::report::TagValues| {
        let shown = tag.values.iter().take(5).map(|v| format!("{} ({})", v.value, human::count(v.count)));
        shown.collect::<Vec<_>>().join(", ")
    };
    let rows: Vec<Vec<Cell>> =
        report.tags.iter().take(top).map(|tag| vec![tag.tag.clone().into(), values(tag).into()]).collect();
    if !rows.is_empty() {
        document.push(Block::Heading("Tags".to_owned()));
        document.push(Block::Table(Table { columns: vec![Column::new("tag"), Column::new("values")], rows }));
    }
}

/// What a command did.
pub fn error_action(action: &ErrorAction) -> Document {
    let mut document = Document::new("track-errors");
    document.push(Block::Paragraph(action.done.clone().into()));
    if !action.notes.is_empty() {
        document.push(Block::List(action.notes.iter().map(|note| Text::from(note.clone())).collect()));
    }
    document
}

/// What is new or back since a deploy.
pub fn error_gate<Z: TimeZone>(report: &GateReport, view: &ErrorView<Z>) -> Document
where
    Z::Offset: std::fmt::Display,
{
    let mut document = Document::new("gate");
    let severity = report.verdict.severity();
    let (new, back) = (report.new_issues.len(), report.regressed_issues.len());
    let since = view.time(report.since_at);
    let text = match new + back {
        0 => Text::of(Role::Severity(severity), "nothing new").plain(format!(" since {since}")),
        _ => Text::of(Role::Severity(severity), format!("{new} new, {back} regressed"))
            .plain(format!(" since {since}")),
    };
    document.push(Block::Headline { severity, text });
    let all: Vec<ErrorIssue> = report.regressed_issues.iter().chain(&report.new_issues).cloned().collect();
    if !all.is_empty() {
        document.push(Block::Table(view.issues(&all)));
    }
    document
}

/// What an event was grouped by.
pub fn error_grouping(report: &GroupingReport) -> Document {
    let mut document = Document::new("grouping");
    let broad = report.broad.as_ref().map_or(String::new(), |key| format!("; else {key}"));
    document.push(Block::Paragraph(
        Text::of(Role::Strong, report.fingerprint.clone()).plain(format!(" by {}{broad}", report.stands_on)),
    ));
    for (name, variant) in &report.variants {
        let hash = variant.hash.as_deref().unwrap_or("does not contribute");
        document.push(Block::Heading(format!("{name}: {hash}")));
        if !variant.tree.is_empty() {
            document.push(Block::Verbatim(variant.tree.clone()));
        }
    }
    document
}

fn role(state: &str) -> Role {
    match state {
        "regressed" | "escalating" => Role::Severity(Severity::Critical),
        "new" => Role::Severity(Severity::Warning),
        "resolved" => Role::Severity(Severity::Ok),
        "ignored" => Role::Dim,
        _ => Role::Plain,
    }
}

/// `: ` and the first line of a message, if there is one.
fn said(message: &str) -> String {
    let line = message.lines().next().unwrap_or("");
    match line {
        "" => String::new(),
        line if line.chars().count() > MESSAGE => {
            format!(": {}…", line.chars().take(MESSAGE).collect::<String>())
        }
        line => format!(": {line}"),
    }
}
