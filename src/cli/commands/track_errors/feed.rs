//! `track-errors ingest-logs` and `shim`: errors of programs that no SDK watches.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use clap::Args;

use super::place::{Place, action, tell};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::errors::feed::{Ingested, LogFeed, Record, ingest};
use crate::errors::store::{Access, Room, Store, StoreError};
use crate::errors::summary;
use crate::logs::ZoneChoice;
use crate::logs::audit::TeamRules;
use crate::logs::input::{Origin, QUIET, Request, Resolved, Source, SourceKind, leave_open_records, resolve};
use crate::logs::tail::{Tail, TailOptions};
use crate::model::Verdict;
use crate::report::IssueList;
use crate::text::{human, shell};

/// Take in tracebacks, error records and crash blocks of logs; again and again, without counting anything twice
///
/// A record is known by its text, in whichever file it stands, and whatever `prune` has removed since. One that
/// is just being written is waited for.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fuelops track-errors ingest-logs                 the logs of the config, for a cron line
  fuelops track-errors ingest-logs logs/crashes.log

Exit codes: 0 read; 3 nothing to read; 74 the store cannot be used.")]
pub(super) struct IngestArgs {
    /// Files, folders, globs [default: the logs of the config]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub(super) fn ingest_logs(args: &IngestArgs, context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    let Resolved { sources, problems } = whole_records(args, &place);
    problems
        .iter()
        .filter(|_| !args.paths.is_empty())
        .for_each(|problem| context.ui.warn(&problem.to_string()));
    if sources.iter().any(|source| source.kind == SourceKind::Stream) {
        return Err(UsageError("a pipe has no second reading; write it to a file first".to_owned()).into());
    }
    if sources.is_empty() {
        context.ui.error("there are no logs to read");
        return Ok(Exit::Verdict(Verdict::Unknown));
    }
    let mut store = place.open(Access::Write, context)?;
    let done = take_in(&sources, &mut store, &place, context)?;
    store.prune_daily(place.limits(), place.micros())?;
    let (errors, issues) = (human::plural(done.events, "error"), human::plural(done.new_issues, "new issue"));
    let mut told = action(format!("took in {errors}, {issues}"), Vec::new());
    (told.events, told.duplicates, told.new_issues) = (done.events, done.duplicates, done.new_issues);
    tell(&told, context)
}

/// Takes in what the logs of a config hold, and lists the issues that the store then knows.
///
/// # Errors
/// When the config or the store cannot be used.
pub(in crate::cli::commands) fn issues_of_logs(context: &Context) -> Result<IssueList> {
    let place = Place::new(context)?;
    let mut store = place.open(Access::Write, context)?;
    take_in(&sources(&IngestArgs { paths: Vec::new() }, &place).sources, &mut store, &place, context)?;
    let issues = store.all_issues(place.micros())?;
    let listed: Vec<_> = issues.iter().map(|issue| summary::listed(issue, issue.count, &[])).collect();
    Ok(IssueList { known: listed.len() as u64, issues: listed })
}

/// Reads what is new in logs; sets of files that are as they were hold nothing new.
fn take_in(sources: &[Source], store: &mut Store, place: &Place, context: &Context) -> Result<Ingested> {
    let door = place.door();
    let state = |series: &str| {
        let members = sources.iter().filter(|source| source.series == series);
        members.map(|s| format!("{:?} {} {:?};", s.identity, s.len, s.modified)).collect::<String>()
    };
    let (mut marks, mut again) = (Vec::new(), HashSet::new());
    let mut read = Vec::new();
    for source in sources {
        let name = format!("log:{}", place.config.root.join(&source.series).display());
        let state = state(&source.series);
        let mark = store.mark(&name)?;
        if mark.as_deref() != Some(state.as_str()) {
            if mark.is_some() {
                again.insert(source.series.clone());
            }
            read.push(source.clone());
            marks.push((name, state));
        }
    }
    marks.dedup();
    let rules = TeamRules::new(place.config.logs.rules.clone());
    let zone = ZoneChoice::from(place.config.logs.timezone);
    let options = TailOptions {
        lines: None,
        since: None,
        until: None,
        level: None,
        follows: false,
        numbers: false,
        zone,
    };
    let mut tail = Tail::new(read, options, &rules);
    let done = read_into(&mut tail, &again, ingest(store, &door, place.limits(), place.micros()))?;
    for (name, state) in marks {
        store.apply_with_mark(&[], place.micros(), Room::Bodies, (&name, &state))?;
    }
    tail.problems().iter().for_each(|problem| context.ui.warn(&problem.to_string()));
    Ok(done)
}

fn sources(args: &IngestArgs, place: &Place) -> Resolved {
    if !args.paths.is_empty() {
        return resolve(&Request { patterns: &args.paths, root: Path::new("."), origin: Origin::Arguments });
    }
    let config = &place.config;
    let patterns: Vec<PathBuf> = config.logs.paths.iter().map(|p| PathBuf::from(p.as_written())).collect();
    resolve(&Request { patterns: &patterns, root: &config.root, origin: Origin::Configured })
}

/// The logs up to where they hold whole records: one that is just being written is waited for, and left to the next run
/// where others follow each other all the time.
fn whole_records(args: &IngestArgs, place: &Place) -> Resolved {
    let mut found = sources(args, place);
    if leave_open_records(&mut found.sources, SystemTime::now()) {
        std::thread::sleep(QUIET);
        found = sources(args, place);
        leave_open_records(&mut found.sources, SystemTime::now());
    }
    found
}

fn read_into(tail: &mut Tail<'_>, again: &HashSet<String>, mut feed: LogFeed<'_>) -> Result<Ingested> {
    let mut failed: Option<StoreError> = None;
    let walked = tail.past(&mut |item| {
        let is_again = again.contains(item.log);
        let record = Record { log: item.log, level: item.level, at: item.at, text: item.text, is_again };
        feed.record(&record).map_err(|error| {
            let told = std::io::Error::other(error.to_string());
            failed = Some(error);
            told
        })
    });
    match failed {
        Some(error) => Err(error.into()),
        None => {
            walked.context("cannot read the logs")?;
            Ok(feed.finish()?)
        }
    }
}

/// The module that takes the old one's place.
const SHIM: &str = include_str!("shim.py");

/// Prints the module, knowing where to write and whom to ask.
pub(super) fn shim(context: &Context) -> Result<Exit> {
    context.ui.plain_only("track-errors shim")?;
    let place = Place::new(context)?;
    let program = std::env::current_exe().context("cannot tell where fuelops is")?;
    let quoted = |path: &Path| serde_json::Value::from(path.to_string_lossy()).to_string();
    let command = shell::quote(&program.to_string_lossy()).into_owned();
    context.ui.detail(&format!("reports are read by {command}"));
    let text = SHIM
        .replace("\"@STATE_DIR@\"", &quoted(&place.config.state_dir))
        .replace("\"@ROOT@\"", &quoted(&place.config.root))
        .replace("\"@PROGRAM@\"", &quoted(&program));
    context.ui.result(text.as_bytes())?;
    Ok(Exit::Done)
}
