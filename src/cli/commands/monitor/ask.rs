//! `monitor status`, `why`, `pause`, `resume`, `ack`: asking the monitor that runs.

use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};

use super::Question;
use super::next::next;
use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::config::{ConfigError, Loaded};
use crate::model::Verdict;
use crate::monitor::{self, Reply, Request};
use crate::render;
use crate::report::{MonitorAnswerReport, MonitorReport, MonitorSilenceReport, MonitorWhyReport};

/// Version of the JSON schema.
pub(super) const SCHEMA: u32 = 1;
/// Entries of `why`; older ones stand in the journal.
const MAX_ENTRIES: usize = 100;

pub(super) fn ask(question: &Question, context: &Context) -> Result<Exit> {
    let mut desk = Desk::of(context)?;
    match question {
        Question::Status(args) => loop {
            let report = desk.status()?;
            if args.watch.is_some() {
                context.ui.clear_screen()?;
            }
            context.ui.report("monitor", SCHEMA, &report, || render::monitor(&report))?;
            match args.watch {
                Some(period) => std::thread::sleep(period),
                None => return Ok(Exit::Verdict(report.verdict)),
            }
        },
        Question::Why(args) => desk.why(&args.target),
        Question::Pause(args) => {
            let seconds = args.span.map(|span| span.as_secs().max(1));
            desk.told(&Request::Pause { target: args.target.clone(), seconds })
        }
        Question::Resume(args) => desk.told(&Request::Resume { target: args.target.clone() }),
        Question::Replay(_) => Err(anyhow!("a recording is played, not asked for")),
        Question::Silence(args) if args.list => desk.silences(),
        Question::Silence(args) => desk.told(&match args.span {
            Some(span) => Request::Silence {
                target: args.target.clone(),
                seconds: span.as_secs().max(1),
                reason: args.reason.clone(),
            },
            None => Request::EndSilence { target: args.target.clone() },
        }),
        Question::Ack(args) => desk.told(&Request::Acknowledge { target: args.target.clone() }),
    }
}

/// Where the monitor is asked.
struct Desk<'a> {
    context: &'a Context,
    /// Name of the system, where the config can be read.
    name: String,
    state_dir: PathBuf,
    /// Why the config cannot be used, until that is told; a monitor that runs goes on with what it has read before.
    broken: Option<ConfigError>,
}

impl<'a> Desk<'a> {
    fn of(context: &'a Context) -> Result<Self> {
        match context.config() {
            Ok(Loaded { config, .. }) => {
                Ok(Self { context, name: config.name, state_dir: config.state_dir, broken: None })
            }
            Err(error) => {
                // Where not even this can be told, the first error says more.
                let Ok(state_dir) = context.state_dir() else { return Err(error.into()) };
                Ok(Self { context, name: String::new(), state_dir, broken: Some(error) })
            }
        }
    }

    /// `None` where no monitor runs.
    fn asked(&mut self, request: &Request) -> Result<Option<Reply>> {
        let of = self.state_dir.display();
        let reply = monitor::ask(&self.state_dir, request)
            .with_context(|| format!("the monitor of {of} does not answer"))?;
        if let Some(error) = self.broken.take() {
            if reply.is_none() {
                return Err(error.into());
            }
            self.context.ui.warn(&format!("{error}\nthe monitor goes on with what it has read before"));
        }
        Ok(reply)
    }

    /// Where no monitor runs, that is the answer.
    fn status(&mut self) -> Result<MonitorReport> {
        let mut report = match self.asked(&Request::Status)? {
            Some(Reply::Status { report }) => *report,
            Some(other) => return Err(misunderstood(&other)),
            None => MonitorReport {
                name: self.name.clone(),
                verdict: Verdict::Unknown,
                pid: None,
                uptime_seconds: None,
                targets: Vec::new(),
                lost_lines: 0,
                refused_config: None,
                silences: Vec::new(),
                next: Vec::new(),
            },
        };
        report.next = next(&report, self.context.global.config.as_deref());
        Ok(report)
    }

    fn silences(&mut self) -> Result<Exit> {
        let MonitorReport { name, silences, pid, .. } = self.status()?;
        if pid.is_none() {
            return Ok(self.nobody());
        }
        let report = MonitorSilenceReport { name, silences };
        let document = || render::monitor_silences(&report);
        self.context.ui.report("monitor-silences", SCHEMA, &report, document)?;
        Ok(Exit::Done)
    }

    fn nobody(&self) -> Exit {
        self.context.ui.error("no monitor runs here: start it with `fuelops monitor`");
        Exit::Verdict(Verdict::Critical)
    }

    fn why(&mut self, target: &str) -> Result<Exit> {
        let recent = match self.asked(&Request::Why { target: target.to_owned() })? {
            Some(Reply::Why { entries }) => entries,
            Some(Reply::Refused { why }) => return Err(UsageError(why).into()),
            _ => Vec::new(),
        };
        // What an earlier monitor decided stands in the journal only, and what a full disk did not take in memory only.
        let mut entries = monitor::entries(&self.state_dir, target, MAX_ENTRIES);
        if let Some(first) = recent.first() {
            entries.retain(|entry| entry.at < first.at);
        }
        entries.extend(recent);
        entries.drain(..entries.len().saturating_sub(MAX_ENTRIES));
        let report = MonitorWhyReport { target: target.to_owned(), entries };
        self.context.ui.report("monitor-why", SCHEMA, &report, || render::monitor_why(&report))?;
        Ok(Exit::Done)
    }

    fn told(&mut self, request: &Request) -> Result<Exit> {
        match self.asked(request)? {
            Some(Reply::Done { summary }) => {
                if self.context.ui.format == Format::Table {
                    self.context.ui.note(&summary);
                    return Ok(Exit::Done);
                }
                let report = MonitorAnswerReport { summary };
                let document = || render::monitor_answer(&report);
                self.context.ui.report("monitor-answer", SCHEMA, &report, document)?;
                Ok(Exit::Done)
            }
            Some(Reply::Refused { why }) => Err(UsageError(why).into()),
            Some(other) => Err(misunderstood(&other)),
            None => Ok(self.nobody()),
        }
    }
}

fn misunderstood(reply: &Reply) -> anyhow::Error {
    match reply {
        Reply::Refused { why } => anyhow!(UsageError(why.clone())),
        _ => anyhow!("the monitor has misunderstood"),
    }
}
