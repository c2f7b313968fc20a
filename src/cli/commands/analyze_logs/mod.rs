//! `fuelops analyze-logs`: what went wrong, how often, since when, where, what changed, what to do.

mod assignments;
mod follow;
mod loki;
mod progress;
mod reading;
mod saved;
mod states;

use std::path::PathBuf;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::Args;

use crate::cli::args::Format;
use crate::cli::commands::analyze_logs::follow::Following;
use crate::cli::commands::analyze_logs::progress::Progress;
use crate::cli::commands::analyze_logs::reading::{Input, Reading};
use crate::cli::context::Context;
use crate::cli::exit::{self, Exit};
use crate::cli::time_range::{Span, TimeRange};
use crate::config::Loaded;
use crate::logs::Zone;
use crate::logs::changes::Baseline;
use crate::logs::summary::Summary;
use crate::model::Verdict;
use crate::render::{self, LogView};
use crate::report::{InputProblem, LogReport};

/// Version of the JSON schema.
const SCHEMA: u32 = 1;

/// Read logs of any format once: what went wrong, since when, where, what changed, what to do
///
/// Formats are told line by line; rotated and compressed members belong to their logs. Without paths the logs of the
/// config are read, the report is saved beside them, and the next run says what changed since.
#[derive(Args, Debug, Default)]
#[command(after_help = "\
Examples:
  fuelops analyze-logs                          the configured logs, compared with the analysis before
  fuelops analyze-logs backend.log --since 2h   one file, the last two hours
  fuelops analyze-logs 'logs/**/*.log*' --top 3
  journalctl -o json -u backend | fuelops analyze-logs -
  fuelops analyze-logs --check -q               for cron: exit code by the verdict
  fuelops analyze-logs --follow                 the report, then what changes, through rotation
  fuelops analyze-logs --state .fuelops/seen    what is new since the last time, each hour
  fuelops analyze-logs --loki http://loki:3100 --query '{app=\"api\"}' --since 2h
  fuelops analyze-logs --emit-state web-1.state on each host, then on one of them:
  fuelops analyze-logs --merge *.state          one report over all hosts

Exit codes: 0 the logs were read (with --check: healthy); with --check 1 degraded, 2 critical; 3 nothing to read;
74 the report was shown but could not be saved; 130 and 143 when a signal ended --follow.")]
pub struct AnalyzeLogsArgs {
    /// Files, folders, globs; `-` is standard input [default: the logs of the config]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    range: TimeRange,
    /// After the report, tell what changes, a line each: something new, spiking or back, starts, crashes, the verdict of
    /// the last hour
    #[arg(
        long,
        short,
        conflicts_with_all = ["until", "check", "assignments", "state", "emit_state", "merge"]
    )]
    follow: bool,
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
    /// Write which pattern each line went to, as CSV: one row for each line of input
    #[arg(long, value_name = "FILE")]
    assignments: Option<PathBuf>,
    /// Read only what was written since the run before with this FILE; rotated logs are known again, and the report is
    /// saved only with --save
    #[arg(long, value_name = "FILE", conflicts_with_all = ["assignments", "emit_state", "merge"])]
    state: Option<PathBuf>,
    /// Keep what was counted in FILE, to be merged with that of other hosts or days
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "until"])]
    emit_state: Option<PathBuf>,
    /// Read no logs, but what --emit-state kept of them: the report is the one that a single run over all of them gives
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with_all = ["paths", "since", "until", "assignments", "threads"]
    )]
    merge: Vec<PathBuf>,
    /// Read what a Grafana Loki holds, such as http://loki:3100, of the last hour or from --since to --until; a login or a
    /// token stands in [logs.loki] of the config
    #[arg(
        long,
        value_name = "URL",
        requires = "query",
        conflicts_with_all = ["paths", "state", "merge", "follow"]
    )]
    loki: Option<String>,
    /// LogQL that selects the lines: '{app="api"}', '{namespace="shop"} |= "order"'
    #[arg(long, value_name = "LOGQL", requires = "loki")]
    query: Option<String>,
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
    let span = args.range.span(loaded.config.logs.timezone, now)?;
    // What is new is a part of the logs, and no measure for all of them.
    let is_usual =
        args.paths.is_empty() && args.merge.is_empty() && args.state.is_none() && args.loki.is_none();
    let keeps = (is_usual || args.save) && !args.no_save;
    let baseline = if keeps { saved::read_baseline(&loaded.config, context) } else { None };
    let reading = Reading::new(&loaded.config);
    if args.follow {
        return follow(args, context, &loaded, &reading, span, baseline.as_ref(), keeps);
    }
    let mut input = match (&args.loki, args.merge.is_empty()) {
        (Some(_), _) => Input::shelved(loki::fetch(args, span, loaded.config.logs.loki.as_ref(), context)?),
        (None, true) => reading::input(args, &loaded),
        (None, false) => Input::default(),
    };
    // What Loki gave lies between the times that were asked for, whatever the lines say themselves.
    let span = if args.loki.is_some() { Span::whole(span.timezone) } else { span };
    let progress =
        args.state.as_deref().map(|path| Progress::resume(path, input.sources_mut())).transpose()?;
    let summary = if args.merge.is_empty() {
        reading.read(args, &input, span, baseline.as_ref(), now, context)?
    } else {
        reading.merge(args, span, baseline.as_ref())?
    };
    let view = LogView { top: args.top, zone: span.zone() };
    let has_records = summary.report.coverage.records > 0;
    let unsaved = if keeps && has_records { save(&summary, view, &loaded, now, context) } else { None };
    let is_nothing_new = !has_records && progress.as_ref().is_some_and(Progress::may_find_nothing);
    if is_nothing_new {
        for InputProblem { path, problem } in &summary.report.problems {
            context.ui.warn(&format!("{path}: {problem}"));
        }
        context.ui.note("nothing was written since the run before");
    } else {
        show(&summary.report, view, context)?;
    }
    if let Some(progress) = progress {
        progress.save(input.sources(), &summary.report.coverage.files)?;
    }
    if let Some(exit) = unsaved {
        return Ok(exit);
    }
    Ok(match (has_records, args.check) {
        (false, _) if is_nothing_new => Exit::Done,
        (false, _) => Exit::Verdict(Verdict::Unknown),
        (true, true) => Exit::Verdict(summary.report.verdict),
        (true, false) => Exit::Done,
    })
}

/// Reports, then tells what changes.
fn follow(
    args: &AnalyzeLogsArgs,
    context: &Context,
    loaded: &Loaded,
    reading: &Reading<'_>,
    span: Span,
    baseline: Option<&Baseline>,
    keeps: bool,
) -> Result<Exit> {
    let (following, summary, watch) = Following::begin(args, context, loaded, reading, span, baseline)?;
    let view = LogView { top: args.top, zone: span.zone() };
    if summary.report.coverage.records == 0 {
        summary.report.problems.iter().for_each(|InputProblem { path, problem }| {
            context.ui.warn(&format!("{path}: {problem}"));
        });
    } else {
        if keeps {
            save(&summary, view, loaded, Utc::now(), context);
        }
        if context.ui.format == Format::Json {
            follow::show_in_one_line(&summary.report, context)?;
        } else {
            show(&summary.report, view, context)?;
        }
    }
    following.go_on(watch)
}

/// Saves the report; where that fails, gives what the run ends with. A full disk is when the report is needed most.
fn save(
    summary: &Summary,
    view: LogView<Zone>,
    loaded: &Loaded,
    now: DateTime<Utc>,
    context: &Context,
) -> Option<Exit> {
    match saved::save(&loaded.config, summary, view, now) {
        Ok(path) => {
            context.ui.note(&format!("report saved as {}", path.display()));
            None
        }
        Err(error) => {
            let warning = "the report is shown but not saved (--no-save: do not try)";
            context.ui.warn(&format!("{warning}: {error:#}"));
            Some(exit::classify(&error))
        }
    }
}

/// What the logs of a config say, without a word on the way.
///
/// # Errors
/// When the config cannot be used.
pub(super) fn analysis(context: &Context) -> Result<LogReport> {
    let args = AnalyzeLogsArgs { no_save: true, ..AnalyzeLogsArgs::default() };
    let loaded = context.config()?;
    let input = reading::input(&args, &loaded);
    let span = Span::whole(loaded.config.logs.timezone);
    let summary = Reading::new(&loaded.config).read(&args, &input, span, None, Utc::now(), context)?;
    Ok(summary.report)
}

fn show(report: &LogReport, view: LogView<Zone>, context: &Context) -> Result<()> {
    if context.ui.quiet && report.verdict == Verdict::Healthy {
        return Ok(());
    }
    context.ui.report("analyze-logs", SCHEMA, report, || render::logs(report, &view))
}
