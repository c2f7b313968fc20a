//! The view of a cleaning report: what each rule takes, the largest files, what stays and why.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::model::Severity;
use crate::render::{Block, Cell, Column, Document, Role, Table, Text};
use crate::report::{CleanDisk, CleanError, CleanList, CleanOutcome, CleanReport, CleanSkip};
use crate::text::human;

/// Rows of a table of single files; JSON holds all of them.
const ROWS: usize = 10;
/// Rows of a table of what needs attention.
const ATTENTION_ROWS: usize = 25;

/// Turns a report into a document. `apply` is the command that carries a plan out, unless
/// somebody is asked; `look` one that shows what fills the disk.
pub fn clean(report: &CleanReport<'_>, apply: Option<&str>, look: &str) -> Document {
    let mut document = Document::new(format!("{}: clean", report.name));
    let severity = severity(report.outcome);
    document.push(Block::Headline { severity, text: headline(report, severity) });
    if !report.rules.is_empty() {
        document.push(Block::Table(rules(report)));
    }
    let files = if report.outcome == CleanOutcome::Planned { &report.planned } else { &report.done };
    if files.len > 0 {
        document.push(Block::Heading(largest_title(files.len)));
        document.push(Block::Table(largest(files, frees(report))));
    }
    attention(&mut document, "Left alone", &pairs(&report.skipped));
    attention(&mut document, "Done, but", &pairs(&report.warnings));
    let errors: Vec<_> = report.errors.iter().map(|CleanError { path, error }| (path, error)).collect();
    attention(&mut document, "Failed", &errors);
    let notes: Vec<Text> = report
        .disks
        .iter()
        .map(disk)
        .chain(report.notes.iter().map(|note| Text::from(note.clone())))
        .collect();
    if !notes.is_empty() {
        document.push(Block::List(notes));
    }
    match report.outcome {
        CleanOutcome::Planned => {
            if let Some(apply) = apply {
                document.push(Block::Command { text: "Do it:".to_owned(), command: apply.to_owned() });
            }
        }
        CleanOutcome::NothingToDo => {
            let text = "What else fills the disk:".to_owned();
            document.push(Block::Command { text, command: look.to_owned() });
        }
        _ => {}
    }
    document
}

/// The one line that cron mails.
pub fn clean_line(report: &CleanReport<'_>) -> String {
    let words = match report.outcome {
        CleanOutcome::Planned => format!("{}, nothing done without --yes", planned_words(report)),
        _ => done_words(report),
    };
    let left = match report.skipped.as_slice() {
        [] => String::new(),
        [one] => format!(", 1 file left alone ({}: {})", one.path, one.why),
        [first, ..] => {
            let number = human::count(report.skipped.len() as u64);
            format!(", {number} files left alone ({}: {}, …)", first.path, first.why)
        }
    };
    let counts = [(report.warnings.len(), "warning", "warnings"), (report.errors.len(), "error", "errors")];
    let count = |(count, one, many)| match count {
        0 => String::new(),
        1 => format!(", 1 {one}"),
        _ => format!(", {} {many}", human::count(count as u64)),
    };
    let counts: String = counts.into_iter().map(count).collect();
    format!("{}: {words}{left}{counts}\n", report.name)
}

fn planned_words(report: &CleanReport<'_>) -> String {
    let files = human::plural(report.planned.len as u64, "file");
    format!("{files} would go, {} would come free", human::bytes(report.planned_bytes))
}

fn done_words(report: &CleanReport<'_>) -> String {
    let files = human::plural(report.done.len as u64, "file");
    format!("{files} done, {} freed", human::bytes(report.freed_bytes))
}

fn severity(outcome: CleanOutcome) -> Severity {
    match outcome {
        CleanOutcome::NothingToDo | CleanOutcome::Done => Severity::Ok,
        CleanOutcome::Planned | CleanOutcome::Degraded | CleanOutcome::Interrupted => Severity::Warning,
        CleanOutcome::Failed => Severity::Critical,
    }
}

fn headline(report: &CleanReport<'_>, severity: Severity) -> Text {
    let (word, rest) = match report.outcome {
        CleanOutcome::NothingToDo => ("NOTHING TO DO", String::new()),
        CleanOutcome::Planned => ("PLAN", planned_words(report)),
        CleanOutcome::Done => ("DONE", done_words(report)),
        CleanOutcome::Degraded => ("DEGRADED", done_words(report)),
        CleanOutcome::Interrupted => ("INTERRUPTED", done_words(report)),
        CleanOutcome::Failed => ("FAILED", "nothing of the plan could be done".to_owned()),
    };
    let text = Text::of(Role::Severity(severity), word).plain("  ").and(Role::Strong, report.name.clone());
    let text = if rest.is_empty() { text } else { text.plain(format!(" – {rest}")) };
    if report.outcome == CleanOutcome::Planned || report.done.len == 0 {
        return text;
    }
    let elapsed = human::duration(std::time::Duration::from_millis(report.elapsed_ms));
    text.and(Role::Dim, format!("  ({elapsed})"))
}

fn rules(report: &CleanReport<'_>) -> Table {
    let columns = vec![
        Column::new("rule"),
        Column::new("action"),
        Column::new("files").right(),
        Column::new(frees(report)).right(),
    ];
    let row = |rule: &crate::report::CleanRuleTotal| -> Vec<Cell> {
        vec![
            Text::from(rule.rule.clone()),
            rule.action.into(),
            human::count(rule.files).into(),
            human::bytes(rule.bytes).into(),
        ]
    };
    Table { columns, rows: report.rules.iter().map(row).collect() }
}

/// What bytes mean in the tables.
fn frees(report: &CleanReport<'_>) -> &'static str {
    if report.outcome == CleanOutcome::Planned { "frees" } else { "freed" }
}

fn largest_title(files: usize) -> String {
    if files > ROWS {
        format!("Largest {ROWS} of {}", human::count(files as u64))
    } else {
        "Files".to_owned()
    }
}

fn largest(list: &CleanList<'_>, frees: &str) -> Table {
    let mut heap: BinaryHeap<Reverse<(u64, String, String)>> = BinaryHeap::new();
    (list.each)(&mut |entry| {
        let is_worth = heap.len() < ROWS || heap.peek().is_some_and(|least| entry.bytes > least.0.0);
        if is_worth {
            heap.push(Reverse((entry.bytes, entry.path.to_owned(), entry.action.to_owned())));
        }
        if heap.len() > ROWS {
            heap.pop();
        }
    });
    let mut rows: Vec<_> = heap.into_iter().map(|Reverse(row)| row).collect();
    rows.sort_by(|a, b| (Reverse(a.0), &a.1).cmp(&(Reverse(b.0), &b.1)));
    let columns = vec![Column::new("file"), Column::new("action").droppable(1), Column::new(frees).right()];
    let row = |(bytes, path, action): (u64, String, String)| -> Vec<Cell> {
        vec![path.into(), action.into(), human::bytes(bytes).into()]
    };
    Table { columns, rows: rows.into_iter().map(row).collect() }
}

fn pairs(skips: &[CleanSkip]) -> Vec<(&String, &String)> {
    skips.iter().map(|CleanSkip { path, why }| (path, why)).collect()
}

fn attention(document: &mut Document, title: &str, rows: &[(&String, &String)]) {
    if rows.is_empty() {
        return;
    }
    document.push(Block::Heading(title.to_owned()));
    let cells = |(path, why): &(&String, &String)| -> Vec<Cell> {
        vec![Text::from((*path).clone()), Text::from((*why).clone())]
    };
    let columns = vec![Column::new("file"), Column::new("why")];
    let shown = rows.iter().take(ATTENTION_ROWS).map(cells).collect();
    document.push(Block::Table(Table { columns, rows: shown }));
    if rows.len() > ATTENTION_ROWS {
        let more = human::count((rows.len() - ATTENTION_ROWS) as u64);
        document
            .push(Block::Paragraph(Text::of(Role::Dim, format!("and {more} more; --format json has all"))));
    }
}

fn disk(disk: &CleanDisk) -> Text {
    let text = Text::from(format!("disk of {}: {} used", disk.path, human::percent(disk.used_percent)));
    match (disk.used_percent_after, disk.free_bytes_after) {
        (Some(after), Some(free)) => {
            text.plain(format!(", now {}, {} free", human::percent(after), human::bytes(free)))
        }
        _ => text.plain(format!(", {} free", human::bytes(disk.free_bytes))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Glyphs, TerminalStyle, terminal};
    use crate::report::{CleanEntry, CleanRuleTotal};

    fn list(len: usize) -> CleanList<'static> {
        CleanList {
            len,
            each: Box::new(move |each: &mut dyn FnMut(CleanEntry<'_>)| {
                for n in 0..len {
                    let path = format!("/srv/logs/app.log.{n}");
                    each(CleanEntry { path: &path, action: "delete", bytes: 1024 * n as u64, rule: "logs" });
                }
            }),
        }
    }

    fn report(outcome: CleanOutcome) -> CleanReport<'static> {
        let is_done = outcome == CleanOutcome::Done;
        CleanReport {
            name: "fuel".to_owned(),
            outcome,
            planned: list(30),
            done: list(if is_done { 30 } else { 0 }),
            skipped: vec![CleanSkip { path: "/srv/x".to_owned(), why: "open in process 7".to_owned() }],
            errors: Vec::new(),
            warnings: Vec::new(),
            planned_bytes: 445_440,
            gained_bytes: None,
            freed_bytes: if is_done { 445_440 } else { 0 },
            rules: vec![CleanRuleTotal {
                rule: "rotated logs".to_owned(),
                action: "delete",
                files: 30,
                bytes: 445_440,
            }],
            disks: Vec::new(),
            notes: Vec::new(),
            elapsed_ms: 12,
        }
    }

    fn shown(outcome: CleanOutcome) -> String {
        let style = TerminalStyle { width: 100, color: false, glyphs: Glyphs::Unicode };
        terminal(&clean(&report(outcome), Some("fuelops clean --yes"), "du"), &style)
    }

    #[test]
    fn a_plan_says_what_each_rule_frees_and_what_to_type() {
        let text = shown(CleanOutcome::Planned);
        assert!(text.starts_with("▲ PLAN  fuel – 30 files would go, 435 KiB would come free\n"), "{text}");
        assert!(text.contains("rotated logs  delete     30  435 KiB"), "{text}");
        assert!(text.contains("Largest 10 of 30"), "{text}");
        assert!(text.contains("app.log.29") && !text.contains("app.log.19"), "{text}");
        assert!(text.contains("fuelops clean --yes"), "{text}");
    }

    #[test]
    fn a_plan_about_one_file_names_it() {
        let style = TerminalStyle { width: 100, color: false, glyphs: Glyphs::Unicode };
        let one = CleanReport { planned: list(1), ..report(CleanOutcome::Planned) };
        let text = terminal(&clean(&one, None, "du"), &style);
        assert!(text.contains("/srv/logs/app.log.0") && !text.contains("--yes"), "{text}");
    }

    #[test]
    fn cron_gets_one_line() {
        assert_eq!(
            clean_line(&report(CleanOutcome::Done)),
            "fuel: 30 files done, 435 KiB freed, 1 file left alone (/srv/x: open in process 7)\n"
        );
        assert!(!shown(CleanOutcome::Done).contains("--yes"));
    }

    #[test]
    fn what_was_done_is_shown_and_not_what_was_planned() {
        assert!(shown(CleanOutcome::Done).contains("app.log.29"));
        assert!(!shown(CleanOutcome::Failed).contains("app.log.29"));
    }
}
