//! The views of `fuelops config`.

use crate::model::Severity;
use crate::render::{Block, Column, Document, Role, Table, Text};
use crate::report::{
    ConfigAliasesReport, ConfigCheckReport, ConfigInitReport, ConfigProblem, ConfigShowReport,
};
use crate::text::{human, shell};

const NO_FILE: &str = "no fuelops.toml; the built-in defaults for this folder";

/// Whether the config can be used, and what to watch out for.
pub fn config_check(report: &ConfigCheckReport) -> Document {
    let mut document = Document::new("fuelops config check");
    let place = report.path.as_deref().unwrap_or(NO_FILE);
    if report.valid {
        let severity = if report.warnings.is_empty() { Severity::Ok } else { Severity::Warning };
        let text = Text::of(Role::Strong, place)
            .plain(if report.path.is_some() { " is valid: " } else { ": " })
            .plain(counts(report));
        document.push(Block::Headline { severity, text });
    } else {
        let text = Text::of(Role::Strong, place).plain(" cannot be used");
        document.push(Block::Headline { severity: Severity::Critical, text });
        document.push(Block::List(report.problems.iter().map(problem).collect()));
    }
    if !report.warnings.is_empty() {
        document.push(Block::Heading("Worth a look".to_owned()));
        document.push(Block::List(report.warnings.iter().map(|warning| warning.as_str().into()).collect()));
    }
    document
}

fn counts(report: &ConfigCheckReport) -> String {
    let count = |number: usize, noun| human::plural(number as u64, noun);
    format!(
        "{}, {}, {}",
        count(report.services, "service"),
        count(report.checks, "check"),
        count(report.alerts, "alert")
    )
}

fn problem(problem: &ConfigProblem) -> Text {
    let place = match (problem.line, problem.column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}: "),
        _ => String::new(),
    };
    let section = if problem.section.is_empty() { String::new() } else { format!("[{}] ", problem.section) };
    Text::of(Role::Dim, place).and(Role::Strong, section).plain(problem.message.clone())
}

/// What was found, where it was written to, and what to type next.
pub fn config_init(report: &ConfigInitReport) -> Document {
    let mut document = Document::new("fuelops config init");
    let (severity, done) = match report.written {
        true => (Severity::Ok, " is written: "),
        false => (Severity::Unknown, " is not written: "),
    };
    let count = human::plural(report.found.len() as u64, "thing");
    let text = Text::of(Role::Strong, report.path.clone()).plain(done).plain(format!("{count} found"));
    document.push(Block::Headline { severity, text });
    if !report.found.is_empty() {
        let columns =
            vec![Column::new("found"), Column::new("name"), Column::new("what"), Column::new("known by")];
        let rows = report.found.iter().map(|find| {
            let name = Text::of(Role::Strong, find.name.clone());
            vec![find.kind.as_str().into(), name, find.what.as_str().into(), find.why.as_str().into()]
        });
        document.push(Block::Table(Table { columns, rows: rows.collect() }));
    }
    if report.written {
        document.push(Block::Heading("Next".to_owned()));
        next(report).into_iter().for_each(|(text, command)| document.push(Block::Command { text, command }));
    }
    document
}

/// What is a comment is watched by nobody: that comes first.
fn next(report: &ConfigInitReport) -> Vec<(String, String)> {
    let pending: Vec<&str> =
        report.found.iter().filter(|find| find.pending).map(|find| find.name.as_str()).collect();
    let fill_in = (!pending.is_empty()).then(|| {
        let text = format!("fill in {}: nothing looks at what is a comment", pending.join(", "));
        (text, format!("${{EDITOR:-vi}} {}", shell::quote(&report.path)))
    });
    let usual = [("look through it", "fuelops config check"), ("see it at work", "fuelops health")];
    fill_in.into_iter().chain(usual.map(|(text, command)| (text.into(), command.into()))).collect()
}

/// Every value with its source.
pub fn config_show(report: &ConfigShowReport) -> Document {
    let mut document = Document::new("fuelops config show");
    let place = match &report.path {
        Some(path) => {
            Text::of(Role::Strong, path.clone()).and(Role::Dim, format!(" (by {})", report.found_by))
        }
        None => Text::of(Role::Dim, NO_FILE),
    };
    document.push(Block::Paragraph(place));
    if let Some(uid) = report.run_as_uid {
        let text = format!("Everything that it names runs as user {uid}, to whom it belongs.");
        document.push(Block::Paragraph(text.into()));
    }
    let columns = vec![Column::new("key"), Column::new("value"), Column::new("from")];
    let rows = report.values.iter().map(|value| {
        let role = if value.line.is_some() { Role::Strong } else { Role::Plain };
        vec![
            value.key.as_str().into(),
            Text::of(role, value.toml.clone()),
            Text::of(Role::Dim, value.source.clone()),
        ]
    });
    document.push(Block::Table(Table { columns, rows: rows.collect() }));
    document
}

/// The lines to paste, each with what it is for.
pub fn config_aliases(report: &ConfigAliasesReport) -> Document {
    let mut document = Document::new("fuelops config aliases");
    for alias in &report.aliases {
        let text = format!("{} ({})", alias.about, alias.kind);
        document.push(Block::Command { text, command: alias.line.clone() });
    }
    document
}

/// The lines as a text that can be appended to a shell's or cron's file as it stands.
pub fn config_aliases_text(report: &ConfigAliasesReport) -> String {
    let kinds = [("shell", "for ~/.bashrc or ~/.zshrc"), ("cron", "for crontab -e")];
    let mut out = String::new();
    for (kind, place) in kinds {
        let mut lines = report.aliases.iter().filter(|alias| alias.kind == kind).peekable();
        if lines.peek().is_some() {
            let gap = if out.is_empty() { "" } else { "\n" };
            out.push_str(&[gap, "# ", place, "\n"].concat());
        }
        for alias in lines {
            out.push_str(&["# ", &alias.about, "\n", &alias.line, "\n"].concat());
        }
    }
    out
}
