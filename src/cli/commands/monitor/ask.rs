//! `monitor status`, `why`, `pause`, `resume`, `ack`: asking the monitor that runs.

use anyhow::{Context as _, Result, anyhow};

use super::Question;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::config::Config;
use crate::model::Verdict;
use crate::monitor::{self, Reply, Request};
use crate::render;
use crate::report::{MonitorReport, MonitorWhyReport};

/// Version of the JSON schema.
const SCHEMA: u32 = 1;
/// Entries of `why` that are read from the journal where no monitor runs.
const MAX_ENTRIES: usize = 100;

pub(super) fn ask(question: &Question, context: &Context) -> Result<Exit> {
    let config = context.config()?.config;
    match question {
        Question::Status(args) => loop {
            let report = status(&config)?;
            if args.watch.is_some() {
                context.ui.clear_screen()?;
            }
            context.ui.report("monitor", SCHEMA, &report, || render::monitor(&report))?;
            match args.watch {
                Some(period) => std::thread::sleep(period),
                None => return Ok(Exit::Verdict(report.verdict)),
            }
        },
        Question::Why(args) => why(&args.target, &config, context),
        Question::Pause(args) => {
            let seconds = args.span.map(|span| span.as_secs().max(1));
            told(&Request::Pause { target: args.target.clone(), seconds }, &config, context)
        }
        Question::Resume(args) => told(&Request::Resume { target: args.target.clone() }, &config, context),
        Question::Replay(_) => Err(anyhow!("a recording is played, not asked for")),
        Question::Ack(args) => told(&Request::Acknowledge { target: args.target.clone() }, &config, context),
    }
}

/// Where no monitor runs, that is the answer.
fn status(config: &Config) -> Result<MonitorReport> {
    let absent = || MonitorReport {
        name: config.name.clone(),
        verdict: Verdict::Unknown,
        pid: None,
        uptime_seconds: None,
        targets: Vec::new(),
        lost_lines: 0,
        refused_config: None,
    };
    match asked(&Request::Status, config)? {
        Some(Reply::Status { report }) => Ok(*report),
        Some(other) => Err(misunderstood(&other)),
        None => Ok(absent()),
    }
}

fn why(target: &str, config: &Config, context: &Context) -> Result<Exit> {
    let request = Request::Why { target: target.to_owned() };
    let entries = match asked(&request, config)? {
        // What an earlier monitor decided stands in the journal only.
        Some(Reply::Why { entries }) if !entries.is_empty() => entries,
        Some(Reply::Refused { why }) => return Err(UsageError(why).into()),
        _ => monitor::entries(&config.state_dir, target, MAX_ENTRIES),
    };
    let report = MonitorWhyReport { target: target.to_owned(), entries };
    context.ui.report("monitor-why", SCHEMA, &report, || render::monitor_why(&report))?;
    Ok(Exit::Done)
}

fn told(request: &Request, config: &Config, context: &Context) -> Result<Exit> {
    match asked(request, config)? {
        Some(Reply::Done { summary }) => {
            context.ui.note(&summary);
            Ok(Exit::Done)
        }
        Some(Reply::Refused { why }) => Err(UsageError(why).into()),
        Some(other) => Err(misunderstood(&other)),
        None => {
            let why = "no monitor runs here: start it with `fuelops monitor`";
            context.ui.error(why);
            Ok(Exit::Verdict(Verdict::Critical))
        }
    }
}

fn asked(request: &Request, config: &Config) -> Result<Option<Reply>> {
    let of = config.state_dir.display();
    monitor::ask(&config.state_dir, request).with_context(|| format!("the monitor of {of} does not answer"))
}

fn misunderstood(reply: &Reply) -> anyhow::Error {
    match reply {
        Reply::Refused { why } => anyhow!(UsageError(why.clone())),
        _ => anyhow!("the monitor has misunderstood"),
    }
}
