//! `docs/scenarios.md`: the rows as a page for people, kept true by a test.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::GROUPS;
use super::play::{Expected, Scenario};

const HEAD: &str = "\
# What `fuelops health` makes of a broken stack

Each row is a stack that the integration tests build for real (`tests/it/scenarios`), and what `health` must say of it:
the finding that is named first with its cause, what is folded under it, the command to type next, the exit code. A
healthy or merely busy stack must be given no cause at all. `UPDATE=1 cargo test --test it scenarios::page` writes this
page.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (title, rows) in GROUPS {
        writeln!(page, "\n## {title}\n").unwrap();
        if rows.iter().all(|row| matches!(row.expected, Expected::Well)) {
            rows.iter().for_each(|row| writeln!(page, "- {}", row.what).unwrap());
            continue;
        }
        page.push_str(
            "| what is broken | named first | because | and says | folded under it | to type next | exit |\n",
        );
        page.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
        rows.iter().for_each(|row| page.push_str(&lines(row)));
    }
    page.push_str("\n## The rules\n\nWhat can explain what, in the order in which it is tried (`src/diagnose/rules`):\n");
    let rules: Vec<_> = fuelops::diagnose::rules().map(|name| name.replace('-', " ")).collect();
    writeln!(page, "{}.", rules.join(" · ")).unwrap();
    page
}

fn lines(row: &Scenario) -> String {
    let Expected::Causes(causes) = row.expected else { return String::new() };
    let mut out = String::new();
    for (at, cause) in causes.iter().enumerate() {
        let what = if at == 0 { row.what } else { "… and" };
        let folded: Vec<_> = cause.folded.iter().map(|id| format!("`{id}`")).collect();
        let folded = if folded.is_empty() { "–".to_owned() } else { folded.join(" ") };
        let named = if cause.cause.is_empty() { "–".to_owned() } else { format!("**{}**", cause.cause) };
        let hint = match cause.hint {
            // It depends on what this machine has.
            "" => "–".to_owned(),
            hint => format!("`{}`", hint.replace('|', "\\|")),
        };
        let (root, says, code) = (cause.root, cause.says, cause.code);
        writeln!(out, "| {what} | `{root}` | {named} | {says} | {folded} | {hint} | {code} |").unwrap();
    }
    out
}

#[test]
fn page_of_scenarios_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenarios.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, page()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/scenarios.md has drifted: UPDATE=1 cargo test --test it scenarios::page"
    );
}
