//! `--follow`: after the report, what changes; a line each, until a signal comes or nobody reads any more.
//!
//! Each look does what `--state` does from one run to the next, in memory: only what was written since is read, whatever
//! rotation did to the files.

use std::collections::BTreeSet;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::cli::args::Format;
use crate::cli::commands::analyze_logs::reading::{self, Input, Reading};
use crate::cli::commands::analyze_logs::{AnalyzeLogsArgs, SCHEMA};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::interrupt::endings;
use crate::cli::time_range::Span;
use crate::config::Loaded;
use crate::logs::changes::Baseline;
use crate::logs::input::{Reached, Source, SourceKind, resume};
use crate::logs::news::{Look, Lookout, Trouble};
use crate::logs::summary::{Summary, errors_by_minute, last_crash, troubles};
use crate::logs::{Analysis, Ongoing};
use crate::render;
use crate::report::{InputProblem, LogNews, LogReport, Restarts};
use crate::text::human;

/// Version of the JSON schema of a line.
const NEWS_SCHEMA: u32 = 1;
/// Time from one look to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Where looks take long, at most one part in so many of the time goes to them.
const REST_FOR_EACH: u32 = 10;
const LONGEST_REST: Duration = Duration::from_secs(60);

/// Logs that are followed.
pub(super) struct Following<'a> {
    args: &'a AnalyzeLogsArgs,
    context: &'a Context,
    loaded: &'a Loaded,
    reading: &'a Reading<'a>,
    span: Span,
    ongoing: Ongoing,
    known: Vec<Reached>,
    /// What could not be read and was told.
    told: BTreeSet<String>,
}

impl<'a> Following<'a> {
    /// Reads what is there; gives what it says, and who tells what changes.
    ///
    /// # Errors
    /// Where the options, or the input, are for something that ends.
    pub(super) fn begin(
        args: &'a AnalyzeLogsArgs,
        context: &'a Context,
        loaded: &'a Loaded,
        reading: &'a Reading<'a>,
        span: Span,
        baseline: Option<&Baseline>,
    ) -> Result<(Self, Summary, Watch)> {
        refuse(context)?;
        let mut input = reading::input(args, loaded);
        if input.sources().iter().any(|source| source.kind == SourceKind::Stream) {
            return Err(UsageError(
                "a pipe cannot be followed; write it to a file and follow that".to_owned(),
            )
            .into());
        }
        let unread = resume(input.sources_mut(), &[], SystemTime::now());
        let ongoing = first(&input, args, context, reading, span);
        let known = unread.and(input.sources(), ongoing.read());
        let analysis = ongoing.analysis();
        let summary = reading.summarize(&analysis, ongoing.sources(), input.problems(), span, baseline);
        let watch = Watch::begin(&analysis, &summary.report, ongoing.sources(), reading);
        let told = summary.report.problems.iter().map(shown).collect();
        Ok((Self { args, context, loaded, reading, span, ongoing, known, told }, summary, watch))
    }

    /// Tells what changes.
    ///
    /// # Errors
    /// When nothing can be written any more.
    pub(super) fn go_on(mut self, mut watch: Watch) -> Result<Exit> {
        let ui = &self.context.ui;
        let signals = endings()?;
        let logs = human::plural(self.ongoing.sources().len() as u64, "file");
        ui.note(&format!(
            "following {logs}: the last hour is {}; from here on, what changes is told",
            watch.lookout.verdict().word()
        ));
        let mut rest = LOOK_EVERY;
        loop {
            match signals.recv_timeout(rest) {
                Ok(signal) => return Ok(Exit::of(signal)),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
            let began = Instant::now();
            if ui.is_reader_gone() {
                return Ok(Exit::Done);
            }
            let news = self.look(&mut watch, Utc::now());
            news.iter().try_for_each(|news| self.tell(news))?;
            rest = (began.elapsed() * REST_FOR_EACH).clamp(LOOK_EVERY, LONGEST_REST);
        }
    }

    /// Reads what was written since the last look.
    fn look(&mut self, watch: &mut Watch, now: DateTime<Utc>) -> Vec<LogNews> {
        let mut input = reading::input(self.args, self.loaded);
        self.warn(&input.problems());
        let sources = input.sources_mut();
        sources.retain(|source| source.kind != SourceKind::Stream);
        let unread = resume(sources, &self.known, SystemTime::now());
        let options = self.reading.options(self.args.threads, self.span, now);
        let came = self.ongoing.go_on(sources, &options);
        let is_any = came.read.iter().any(|(_, lines)| *lines > 0);
        self.known = unread.and(sources, came.read);
        if is_any {
            let analysis = self.ongoing.analysis();
            let summary =
                self.reading.summarize(&analysis, self.ongoing.sources(), Vec::new(), self.span, None);
            self.warn(&summary.report.problems);
            watch.troubles = troubles(&analysis, &summary.report, &self.reading.rules, &came.arrivals);
            watch.starts = summary.report.restarts;
            watch.last_crash = last_crash(&analysis, self.ongoing.sources());
        } else {
            watch.troubles.iter_mut().for_each(|trouble| trouble.arrived = 0);
        }
        watch.look(now)
    }

    /// Says what cannot be read, once.
    fn warn(&mut self, problems: &[InputProblem]) {
        for problem in problems.iter().map(shown) {
            if !self.told.contains(&problem) {
                self.context.ui.warn(&problem);
                self.told.insert(problem);
            }
        }
    }

    fn tell(&self, news: &LogNews) -> Result<()> {
        let ui = &self.context.ui;
        let line = if ui.format == Format::Json {
            render::json_line("log-news", NEWS_SCHEMA, Utc::now(), news)?
        } else {
            let columns = ui.is_interactive().then_some(ui.style().width);
            render::log_news(news, &self.span.zone(), ui.style(), columns)
        };
        Ok(ui.stream(line.as_bytes())?)
    }
}

/// What was seen at the last look.
pub(super) struct Watch {
    lookout: Lookout,
    troubles: Vec<Trouble>,
    starts: Restarts,
    last_crash: Option<String>,
}

impl Watch {
    fn begin(analysis: &Analysis, report: &LogReport, sources: &[Source], reading: &Reading<'_>) -> Self {
        let troubles = troubles(analysis, report, &reading.rules, &[]);
        let last_crash = last_crash(analysis, sources);
        let look = Look {
            now: Utc::now(),
            troubles: &troubles,
            starts: &report.restarts,
            last_crash: last_crash.as_deref(),
        };
        let errors = errors_by_minute(analysis, &reading.rules);
        let lookout = Lookout::begin(&look, report.coverage.first_at, errors, reading.bars());
        Self { lookout, troubles, starts: report.restarts.clone(), last_crash }
    }

    fn look(&mut self, now: DateTime<Utc>) -> Vec<LogNews> {
        let look = Look {
            now,
            troubles: &self.troubles,
            starts: &self.starts,
            last_crash: self.last_crash.as_deref(),
        };
        self.lookout.look(&look)
    }
}

/// Reads everything for the first time.
fn first(
    input: &Input,
    args: &AnalyzeLogsArgs,
    context: &Context,
    reading: &Reading<'_>,
    span: Span,
) -> Ongoing {
    let sources = input.sources().to_vec();
    let bar = context.ui.progress_bar(sources.iter().map(|source| source.len).sum());
    let tell = |bytes: u64| bar.inc(bytes);
    let options = reading.options(args.threads, span, Utc::now());
    let ongoing = Ongoing::begin(sources, &crate::logs::AnalysisOptions { progress: Some(&tell), ..options });
    bar.finish_and_clear();
    ongoing
}

/// Refuses what only a report that ends can do.
fn refuse(context: &Context) -> Result<(), UsageError> {
    let ui = &context.ui;
    let why = if ui.has_output() {
        "nothing for --output; use > FILE"
    } else if !context.global.send.is_empty() {
        "nothing to --send"
    } else if !matches!(ui.format, Format::Table | Format::Json) {
        "no such --format; use table, or json for one object a line"
    } else {
        return Ok(());
    };
    Err(UsageError(format!("--follow never ends, so there is {why}")))
}

/// Shows the report that stands before the changes.
///
/// # Errors
/// When it cannot be written.
pub(super) fn show_in_one_line(report: &LogReport, context: &Context) -> Result<()> {
    let line = render::json_line("analyze-logs", SCHEMA, Utc::now(), report)?;
    Ok(context.ui.stream(line.as_bytes())?)
}

fn shown(problem: &InputProblem) -> String {
    format!("{}: {}", problem.path, problem.problem)
}
