//! From arguments and config to what the logs say.

use std::path::{Path, PathBuf};

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::cli::commands::analyze_logs::loki::Fetched;
use crate::cli::commands::analyze_logs::{AnalyzeLogsArgs, assignments, states};
use crate::cli::context::Context;
use crate::cli::time_range::Span;
use crate::config::{Config, Loaded, Timezone};
use crate::grouping::SourceRoots;
use crate::logs::audit::TeamRules;
use crate::logs::changes::Baseline;
use crate::logs::http::DeclaredNames;
use crate::logs::input::{
    Origin, Problem, Request, Resolved, Source, Spooled, order_by_name, resolve, spool,
};
use crate::logs::loki::Shelved;
use crate::logs::source::SourceIndex;
use crate::logs::summary::{Summary, Surroundings, summarize};
use crate::logs::verdict::VerdictBars;
use crate::logs::{Analysis, AnalysisOptions, analyze};
use crate::report::InputProblem;

/// What is to be read.
#[derive(Debug, Default)]
pub(super) struct Input {
    found: Resolved,
    /// Streams that are read twice live as long as these.
    _spooled: Vec<Spooled>,
    _shelved: Option<Shelved>,
}

impl Input {
    /// What was fetched, and what could not be.
    pub(super) fn shelved((shelved, problems): Fetched) -> Self {
        let found = Resolved { sources: shelved.sources.clone(), problems };
        Self { found, _spooled: Vec::new(), _shelved: Some(shelved) }
    }

    pub(super) fn sources(&self) -> &[Source] {
        &self.found.sources
    }

    /// What could not be found, as a report tells it.
    pub(super) fn problems(&self) -> Vec<InputProblem> {
        self.found.problems.iter().map(input_problem).collect()
    }

    pub(super) fn sources_mut(&mut self) -> &mut Vec<Source> {
        &mut self.found.sources
    }
}

/// Finds the logs that were asked for, or those of the config.
pub(super) fn input(args: &AnalyzeLogsArgs, loaded: &Loaded) -> Input {
    let mut found = sources(args, loaded);
    // The report depends on what is read, not on the order in which it is named.
    order_by_name(&mut found.sources);
    let spooled = if args.assignments.is_some() { keep_streams(&mut found) } else { Vec::new() };
    Input { found, _spooled: spooled, _shelved: None }
}

fn sources(args: &AnalyzeLogsArgs, loaded: &Loaded) -> Resolved {
    if !args.paths.is_empty() {
        return resolve(&Request { patterns: &args.paths, root: Path::new("."), origin: Origin::Arguments });
    }
    let config = &loaded.config;
    let patterns: Vec<PathBuf> = config.logs.paths.iter().map(|p| PathBuf::from(p.as_written())).collect();
    resolve(&Request { patterns: &patterns, root: &config.root, origin: Origin::Configured })
}

/// Keeps streams where they can be read twice.
fn keep_streams(found: &mut Resolved) -> Vec<Spooled> {
    let mut kept = Vec::new();
    let problems = &mut found.problems;
    found.sources.retain_mut(|source| match spool(source) {
        Ok(None) => true,
        Ok(Some(spooled)) => {
            *source = spooled.source.clone();
            problems.extend(spooled.problem.clone());
            kept.push(spooled);
            true
        }
        Err(problem) => {
            problems.push(problem);
            false
        }
    });
    kept
}

/// What logs are read with.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    config: &'a Config,
    pub(super) rules: TeamRules,
    index: SourceIndex,
    names: DeclaredNames,
    roots: SourceRoots,
}

impl<'a> Reading<'a> {
    pub(super) fn new(config: &'a Config) -> Self {
        let rules = TeamRules::new(config.logs.rules.clone());
        let index = SourceIndex::read(&config.logs.source_dirs);
        let names = index.route_set().names();
        let roots = SourceRoots::new(config.logs.source_dirs.iter().map(|dir| dir.to_string_lossy()));
        Self { config, rules, index, names, roots }
    }

    /// How logs are to be read now.
    pub(super) fn options(&self, threads: usize, span: Span, now: DateTime<Utc>) -> AnalysisOptions<'_> {
        AnalysisOptions {
            threads,
            since: span.since,
            until: span.until,
            zone: span.timezone.into(),
            now: now.timestamp_micros(),
            rules: &self.rules,
            roots: &self.roots,
            names: &self.names,
            part_bytes: None,
            progress: None,
        }
    }

    /// Reads the logs and says what is in them.
    pub(super) fn read(
        &self,
        args: &AnalyzeLogsArgs,
        input: &Input,
        span: Span,
        baseline: Option<&Baseline>,
        now: DateTime<Utc>,
        context: &Context,
    ) -> Result<Summary> {
        let sources = &input.found.sources;
        for source in sources {
            context.ui.detail(&format!("reading {}", source.name));
        }
        let bar = context.ui.progress_bar(sources.iter().map(|source| source.len).sum());
        let tell = |bytes: u64| bar.inc(bytes);
        let options = AnalysisOptions { progress: Some(&tell), ..self.options(args.threads, span, now) };
        let mut analysis = match &args.emit_state {
            Some(path) => states::emit(path, sources, &options, &input.found.problems)?,
            None => analyze(sources, &options),
        };
        bar.finish_and_clear();
        if let Some(path) = &args.assignments {
            let problems = assignments::write(path, sources, &options, &analysis)?;
            add_problems(&mut analysis, problems);
        }
        Ok(self.summarize(&analysis, sources, input.problems(), span, baseline))
    }

    /// Says what is in logs that were counted before.
    pub(super) fn merge(
        &self,
        args: &AnalyzeLogsArgs,
        span: Span,
        baseline: Option<&Baseline>,
    ) -> Result<Summary> {
        let states = args.merge.iter().map(PathBuf::as_path);
        let (sources, analysis, problems) = states::merged(states, args.emit_state.as_deref(), self)?;
        Ok(self.summarize(&analysis, &sources, problems, span, baseline))
    }

    /// Where the verdict's colours begin.
    pub(super) fn bars(&self) -> VerdictBars {
        let thresholds = &self.config.thresholds;
        VerdictBars {
            errors_per_hour: thresholds.errors_per_hour,
            restarts_per_day: thresholds.restarts_per_day,
        }
    }

    /// Says what is in an analysis.
    pub(super) fn summarize(
        &self,
        analysis: &Analysis,
        sources: &[Source],
        problems: Vec<InputProblem>,
        span: Span,
        baseline: Option<&Baseline>,
    ) -> Summary {
        let timezone = in_words(span.timezone);
        let known =
            Surroundings { rules: &self.rules, index: &self.index, bars: self.bars(), baseline, timezone };
        let mut summary = summarize(analysis, sources, &known);
        summary.report.problems.splice(0..0, problems);
        summary
    }
}

/// Adds what only the second reading came upon.
fn add_problems(analysis: &mut Analysis, problems: Vec<Problem>) {
    for problem in problems {
        if !analysis.problems.iter().any(|known| (&known.path, known.kind) == (&problem.path, problem.kind)) {
            analysis.problems.push(problem);
        }
    }
}

/// How times without an offset are read, in words.
fn in_words(timezone: Timezone) -> String {
    match timezone {
        Timezone::Local => "local time".to_owned(),
        Timezone::Guess => "time zone guessed from file times".to_owned(),
        Timezone::Fixed(offset) => format!("UTC{offset}"),
        Timezone::Named(zone) => zone.name().to_owned(),
    }
}

pub(super) fn input_problem(problem: &Problem) -> InputProblem {
    InputProblem {
        path: problem.path.clone(),
        problem: format!("{}: {}", problem.kind.word(), problem.detail),
    }
}
