//! The view of a health report.

use std::time::Duration;

use crate::model::{Finding, Hint, Severity, urgent};
use crate::render::{Block, Cell, Column, Document, Role, Table, Text};
use crate::report::HealthReport;
use crate::text::human;

/// How much of a report is shown; JSON always holds everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthDetail {
    /// Only what is not ok.
    Problems,
    /// Every check.
    Everything,
}

/// Turns a report into a document: the verdict first, what is wrong before what is right, what to type last.
pub fn health(report: &HealthReport, detail: HealthDetail) -> Document {
    let mut document = Document::new(format!("{}: health", report.name));
    document.push(Block::Headline { severity: report.verdict.severity(), text: headline(report) });
    let is_shown = |f: &&Finding| detail == HealthDetail::Everything || f.severity != Severity::Ok;
    let shown: Vec<&Finding> = nested(&report.findings).into_iter().filter(is_shown).collect();
    if !shown.is_empty() {
        document.push(Block::Table(table(&shown)));
    }
    let told = document.blocks.first().map(headline_text).unwrap_or_default();
    let notes: Vec<Text> =
        report.notes.iter().filter(|n| !told.contains(*n)).map(|n| Text::of(Role::Dim, n.clone())).collect();
    if !notes.is_empty() {
        document.push(Block::List(notes));
    }
    let hints = hints(&urgent(&report.findings));
    if !hints.is_empty() {
        document.push(Block::Heading("Next".to_owned()));
        hints.into_iter().for_each(|block| document.push(block));
    }
    document
}

fn headline_text(block: &Block) -> String {
    match block {
        Block::Headline { text, .. } => text.to_plain(),
        _ => String::new(),
    }
}

fn headline(report: &HealthReport) -> Text {
    let word = report.verdict.word().to_uppercase();
    let mut text = Text::of(Role::Severity(report.verdict.severity()), word).plain("  ");
    text = text.and(Role::Strong, report.name.clone()).plain(" – ");
    // A verdict that its findings do not explain is explained by the first note.
    let unexplained = report.findings.iter().all(|f| f.severity != report.verdict.severity());
    text = match report.worst() {
        _ if unexplained && !report.notes.is_empty() => text.plain(report.notes[0].clone()),
        Some(worst) => text.plain(format!("{}: {}", worst.target, worst.summary)),
        None if report.findings.is_empty() => text.plain("nothing was measured"),
        None => text.plain("all checks green"),
    };
    let elapsed = human::duration(Duration::from_millis(report.elapsed_ms));
    text.and(Role::Dim, format!("  ({}; {elapsed})", tallies(report)))
}

/// What stands for itself, by severity; what follows from it; what is well.
fn tallies(report: &HealthReport) -> String {
    let roots = |severity| {
        let is_root = |f: &&Finding| f.caused_by.is_none() && f.severity == severity;
        report.findings.iter().filter(is_root).count()
    };
    let of = |severity: Severity| (roots(severity), severity.word().to_owned());
    let folded = report.findings.iter().filter(|f| f.caused_by.is_some()).count();
    let consequences = (folded, if folded == 1 { "consequence" } else { "consequences" }.to_owned());
    let [critical, warning, unknown, ok] =
        [Severity::Critical, Severity::Warning, Severity::Unknown, Severity::Ok].map(of);
    let all = [critical, warning, unknown, consequences, ok].into_iter().filter(|(count, _)| *count > 0);
    all.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// Each root with its consequences right below it.
fn nested(findings: &[Finding]) -> Vec<&Finding> {
    let roots = findings.iter().filter(|finding| finding.caused_by.is_none());
    roots
        .flat_map(|root| {
            let of_root = |f: &&Finding| f.caused_by.as_ref() == Some(&root.check);
            std::iter::once(root).chain(findings.iter().filter(of_root))
        })
        .collect()
}

fn table(findings: &[&Finding]) -> Table {
    let columns = vec![
        Column::new("state").whole(),
        Column::new("check").whole(),
        Column::new("cause").droppable(2).told_in(3),
        Column::new("what was seen"),
        Column::new("took").right().droppable(3),
    ];
    Table { columns, rows: findings.iter().map(|f| row(f)).collect() }
}

fn row(finding: &Finding) -> Vec<Cell> {
    let role = Role::Severity(finding.severity);
    let check =
        if finding.caused_by.is_some() { format!("└ {}", finding.check) } else { finding.check.clone() };
    let mut summary = Text::from(finding.summary.clone());
    if let Some(root) = &finding.caused_by {
        let why = finding.evidence.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        summary = summary.and(Role::Dim, format!(" (because of {root}{why})"));
    }
    let cause = finding.cause.map_or_else(Text::new, |c| Text::of(role, c.word()));
    let took = Text::of(Role::Dim, human::duration(Duration::from_millis(finding.elapsed_ms)));
    let state = Text::of(role, format!("{} {}", finding.severity.mark(), finding.severity));
    vec![state, check.into(), cause, summary, took]
}

/// Hints of roots only, the most urgent first; what is well may have one, too: a new issue to look at. A command
/// that cures several of them stands there once.
fn hints(urgent: &[&Finding]) -> Vec<Block> {
    let mut seen: Vec<&Hint> = Vec::new();
    for hint in urgent.iter().filter_map(|f| f.hint.as_ref()) {
        let is_same = |other: &&Hint| {
            if hint.command.is_some() { other.command == hint.command } else { *other == hint }
        };
        if !seen.iter().any(is_same) {
            seen.push(hint);
        }
    }
    seen.into_iter()
        .map(|hint| match &hint.command {
            Some(command) => Block::Command { text: hint.text.clone(), command: command.clone() },
            None => Block::List(vec![Text::from(hint.text.clone())]),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cause;
    use crate::report::SystemSummary;

    fn report() -> HealthReport {
        let mut port = Finding::new("service.api.port", "api", Severity::Critical, "nobody listens on 8000");
        port.caused_by = Some("service.api.process".into());
        let down = Finding::new("service.api.process", "api", Severity::Critical, "no such process")
            .because(Cause::ProcessDown)
            .hint("start it", Some("python3 main.py".into()));
        let cpu = Finding::new("system.cpu", "cpu", Severity::Ok, "3 %");
        HealthReport::new("fuel".into(), vec![port, cpu, down], SystemSummary::default(), 312)
    }

    #[test]
    fn the_first_line_says_what_is_wrong_and_the_last_what_to_type() {
        let document = health(&report(), HealthDetail::Everything);
        let Block::Headline { text, .. } = &document.blocks[0] else { panic!("no headline") };
        assert!(text.to_plain().starts_with("CRITICAL  fuel – api: no such process"));
        assert!(
            matches!(document.blocks.last(), Some(Block::Command { command, .. }) if command == "python3 main.py")
        );
    }

    #[test]
    fn problems_only_leaves_the_good_ones_out() {
        let document = health(&report(), HealthDetail::Problems);
        let rows = document.blocks.iter().find_map(|b| match b {
            Block::Table(t) => Some(t.rows.len()),
            _ => None,
        });
        assert_eq!(rows, Some(2));
    }
}
