//! README's captures are what the program prints: `UPDATE=1 cargo test readme` renders them anew.
//!
//! The report behind them is a real run's JSON, kept in `data/health-sample.json`.

use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::CommandFactory;
use fuelops::cli::args::Cli;
use fuelops::cli::exit::Exit;
use fuelops::model::Verdict;
use fuelops::render::{self, Glyphs, HealthDetail, TerminalStyle};
use fuelops::report::HealthReport;

const CAPTURE_COLUMNS: usize = 112;

fn here(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn readme() -> String {
    fs::read_to_string(here("README.md")).unwrap()
}

fn sample() -> (HealthReport, DateTime<Utc>) {
    let text = fs::read_to_string(here("tests/it/data/health-sample.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let at = value["generated_at"].as_str().unwrap().parse().unwrap();
    (serde_json::from_value(value).unwrap(), at)
}

/// Compares, or with `UPDATE=1` replaces, what stands in the fence behind a marker.
fn check_block(marker: &str, fence: &str, expected: &str) {
    let text = readme();
    let start = text.find(marker).unwrap_or_else(|| panic!("README has no `{marker}`"));
    let open = start + text[start..].find(fence).unwrap() + fence.len() + 1;
    let close = open + text[open..].find("```").unwrap();
    if text[open..close] == *expected {
        return;
    }
    assert!(
        std::env::var_os("UPDATE").is_some(),
        "README's block behind `{marker}` is stale: UPDATE=1 cargo test readme"
    );
    fs::write(here("README.md"), format!("{}{expected}{}", &text[..open], &text[close..])).unwrap();
}

#[test]
fn readme_blocks_are_rendered_from_the_real_report() {
    let (report, at) = sample();
    let style = TerminalStyle { width: CAPTURE_COLUMNS, color: false, glyphs: Glyphs::Unicode };
    let shown = render::terminal(&render::health(&report, HealthDetail::Everything), &style);
    check_block("<!-- capture: health", "```text", &format!("$ fuelops health\n{shown}"));
    let mut shortened = report;
    shortened.findings.truncate(2);
    shortened.findings.iter_mut().for_each(|f| f.metrics.truncate(1));
    check_block(
        "<!-- sample: health.json -->",
        "```json",
        &render::json("health", 1, at, &shortened).unwrap(),
    );
}

#[test]
fn readme_lists_every_exit_code() {
    let text = readme();
    let verdicts =
        [Verdict::Healthy, Verdict::Degraded, Verdict::Critical, Verdict::Unknown].map(Exit::Verdict);
    for exit in verdicts.into_iter().chain([Exit::Usage, Exit::Bug, Exit::Io, Exit::Config]) {
        let row = format!("\n| {} | ", exit.code());
        assert!(text.contains(&row), "no row for exit code {}", exit.code());
    }
}

#[test]
fn readme_commands_are_understood() {
    let text = readme();
    let in_cells = text.split('`').skip(1).step_by(2);
    let in_fences = text.lines().map(|line| line.split('#').next().unwrap_or(""));
    let mut seen = 0;
    for line in in_cells.chain(in_fences).map(str::trim).filter(|l| l.starts_with("fuelops ")) {
        let words = line.split('>').next().unwrap_or("").split_whitespace();
        if let Err(error) = Cli::command().try_get_matches_from(words) {
            // clap's word for "asked for help or version" is an error, too.
            assert!(!error.use_stderr(), "README shows `{line}`: {error}");
        }
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} commands found: the test no longer reads README");
}
