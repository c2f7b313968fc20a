//! `fuelops analyze-logs`: what went wrong, how often, since when, where, what changed, what to do.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use chrono::{DateTime, Local, Utc};
use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::config::{Config, Loaded, Timezone};
use crate::grouping::SourceRoots;
use crate::logs::audit::TeamRules;
use crate::logs::changes::Baseline;
use crate::logs::input::{Origin, Problem, Request, Resolved, resolve};
use crate::logs::source::SourceIndex;
use crate::logs::summary::{Summary, Surroundings, summarize};
use crate::logs::verdict::VerdictBars;
use crate::logs::{AnalysisOptions, Zone, ZoneChoice, analyze};
use crate::model::Verdict;
use crate::render::{self, Glyphs, LogView, TerminalStyle};
use crate::report::{InputProblem, LogReport};
use crate::store;
use crate::text::moment::parse_moment;

/// Version of the JSON schema.
const SCHEMA: u32 = 1;
const SAVED_COLUMNS: usize = 120;
const PRIVATE: u32 = 0o600;
/// What the next analysis compares itself with, in `state_dir`.
const BASELINE: &str = "analysis-baseline.json";

/// Read logs of any format once: what went wrong, since when, where, what changed, what to do
///
/// Formats are told line by line; rotated and compressed members belong to their logs. Without paths the logs of the
/// config are read, the report is saved beside them, and the next run says what changed since.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fuelops analyze-logs                          the configured logs, compared with the analysis before
  fuelops analyze-logs backend.log --since 2h   one file, the last two hours
  fuelops analyze-logs 'logs/**/*.log*' --top 3
  journalctl -o json -u backend | fuelops analyze-logs -
  fuelops analyze-logs --check -q               for cron: exit code by the verdict

Exit codes: 0 the logs were read (with --check: healthy); with --check 1 degraded, 2 critical; 3 nothing to read.")]
pub struct AnalyzeLogsArgs {
    /// Files, folders, globs; `-` is standard input [default: the logs of the config]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Leave out what was written before: 2h, yesterday, "today 14:30", 2024-01-31T10:00
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Leave out what was written after
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Rows of each table; JSON always holds everything
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// End with the verdict's exit code
    #[arg(long)]
    check: bool,
    /// Save the report, and compare with the one before, although paths are given
    #[arg(long, conflicts_with = "no_save")]
    save: bool,
    /// Save nothing
    #[arg(long)]
    no_save: bool,
    /// Threads [default: one for each processor]; the result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
}

/// Reads, reports, saves.
///
/// # Errors
/// When the config cannot be used, a time is not understood, or a result cannot be written.
pub fn run(args: &AnalyzeLogsArgs, context: &Context) -> Result<Exit> {
    let loaded = context.config()?;
    let now = Utc::now();
    let found = sources(args, &loaded);
    let keeps = (args.paths.is_empty() || args.save) && !args.no_save;
    let baseline = if keeps { read_baseline(&loaded.config, context) } else { None };
    for source in &found.sources {
        context.ui.detail(&format!("reading {}", source.name));
    }
    let summary = read(args, &loaded, &found, baseline.as_ref(), now, context)?;
    let view = LogView { top: args.top, zone: Local };
    let has_records = summary.report.coverage.records > 0;
    if keeps && has_records {
        let path = save(&loaded.config, &summary, view, now)?;
        context.ui.note(&format!("report saved as {}", path.display()));
    }
    show(&summary.report, view, context)?;
    Ok(match (has_records, args.check) {
        (false, _) => Exit::Verdict(Verdict::Unknown),
        (true, true) => Exit::Verdict(summary.report.verdict),
        (true, false) => Exit::Done,
    })
}

fn sources(args: &AnalyzeLogsArgs, loaded: &Loaded) -> Resolved {
    if !args.paths.is_empty() {
        return resolve(&Request { patterns: &args.paths, root: Path::new("."), origin: Origin::Arguments });
    }
    let config = &loaded.config;
    let patterns: Vec<PathBuf> = config.logs.paths.iter().map(|p| PathBuf::from(p.as_written())).collect();
    resolve(&Request { patterns: &patterns, root: &config.root, origin: Origin::Configured })
}

fn read(
    args: &AnalyzeLogsArgs,
    loaded: &Loaded,
    found: &Resolved,
    baseline: Option<&Baseline>,
    now: DateTime<Utc>,
    context: &Context,
) -> Result<Summary> {
    let config = &loaded.config;
    let rules = TeamRules::new(config.logs.rules.clone());
    let roots = SourceRoots::new(config.logs.source_dirs.iter().map(|dir| dir.to_string_lossy()));
    let moment = |text: &Option<String>| -> Result<Option<i64>> {
        let Some(text) = text else { return Ok(None) };
        let at = parse_moment(text, &Local::now()).map_err(|e| UsageError(e.to_string()))?;
        Ok(Some(at.timestamp_micros()))
    };
    let (zone, timezone) = zone(config.logs.timezone);
    let bar = context.ui.progress_bar(found.sources.iter().map(|source| source.len).sum());
    let tell = |bytes: u64| bar.inc(bytes);
    let options = AnalysisOptions {
        threads: args.threads,
        since: moment(&args.since)?,
        until: moment(&args.until)?,
        zone,
        now: now.timestamp_micros(),
        rules: &rules,
        roots: &roots,
        part_bytes: None,
        progress: Some(&tell),
    };
    let analysis = analyze(&found.sources, &options);
    bar.finish_and_clear();
    let index = SourceIndex::read(&config.logs.source_dirs);
    let thresholds = &config.thresholds;
    let bars = VerdictBars {
        errors_per_hour: thresholds.errors_per_hour,
        restarts_per_day: thresholds.restarts_per_day,
    };
    let known = Surroundings { rules: &rules, index: &index, bars, baseline, timezone };
    let mut summary = summarize(&analysis, &found.sources, &known);
    summary.report.problems.splice(0..0, found.problems.iter().map(input_problem));
    Ok(summary)
}

fn zone(choice: Timezone) -> (ZoneChoice, String) {
    match choice {
        Timezone::Local => (ZoneChoice::Given(Zone::Local), "local time".to_owned()),
        Timezone::Guess => (ZoneChoice::Guess, "time zone guessed from file times".to_owned()),
        Timezone::Fixed(offset) => {
            (ZoneChoice::Given(Zone::Fixed(offset.local_minus_utc())), format!("UTC{offset}"))
        }
    }
}

fn input_problem(problem: &Problem) -> InputProblem {
    InputProblem {
        path: problem.path.clone(),
        problem: format!("{}: {}", problem.kind.word(), problem.detail),
    }
}

fn show(report: &LogReport, view: LogView<Local>, context: &Context) -> Result<()> {
    if context.ui.quiet && report.verdict == Verdict::Healthy {
        return Ok(());
    }
    context.ui.report("analyze-logs", SCHEMA, report, || render::logs(report, &view))
}

/// A baseline that cannot be read is no reason to stop: the log is then compared with its own earlier part.
fn read_baseline(config: &Config, context: &Context) -> Option<Baseline> {
    let path = config.state_dir.join(BASELINE);
    let text = fs::read(&path).ok()?;
    match serde_json::from_slice(&text) {
        Ok(baseline) => Some(baseline),
        Err(error) => {
            context.ui.warn(&format!("{} is not understood and will be replaced: {error}", path.display()));
            None
        }
    }
}

/// Saves the report in its usual place, and what the next analysis needs.
fn save(config: &Config, summary: &Summary, view: LogView<Local>, now: DateTime<Utc>) -> Result<PathBuf> {
    let folder = &config.logs.report_dir;
    store::create_folder(folder, 0o755)?;
    let name = now.with_timezone(&Local).format("analysis_%Y%m%d_%H%M%S.txt").to_string();
    let path = folder.join(name);
    let style = TerminalStyle { width: SAVED_COLUMNS, color: false, glyphs: Glyphs::Unicode };
    let text = render::terminal(&render::logs(&summary.report, &view), &style);
    store::write_atomic(&path, text.as_bytes(), PRIVATE)?;
    store::create_folder(&config.state_dir, 0o700)?;
    let state = serde_json::to_vec(&summary.baseline).context("cannot write down what was found")?;
    store::write_atomic(&config.state_dir.join(BASELINE), &state, PRIVATE)?;
    Ok(path)
}
