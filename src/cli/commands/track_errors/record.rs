//! `track-errors record`: one error, from a shell or a cron line.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::Value;

use super::place::{Place, action, say_set_aside, tell};
use super::run_command;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::errors::door::{Arrival, Draft, Source, draft, parse_json};
use crate::errors::store::{Access, Outcome};

/// Bytes of a traceback that are read.
const MAX_TRACEBACK: u64 = 4 << 20;

/// Record an error: one that is described, or a command that fails
///
/// With a command behind `--` it is run, and only recorded when it fails: its exit code becomes ours, the end of what it
/// wrote to stderr is kept, and a traceback in it is read.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fuelops track-errors record --type SyncError --message 'no answer from wialon' --context nightly-sync
  python3 etl.py 2> err.txt || fuelops track-errors record --traceback err.txt --context etl
  fuelops track-errors record --context nightly-sync -- ./sync.sh --all

Exit codes: 0 recorded; with a command, the command's own; 74 it could not be recorded.")]
pub(super) struct RecordArgs {
    /// What kind of error it is
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// What it says
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// Where the request went
    #[arg(long, value_name = "ENDPOINT")]
    endpoint: Option<String>,
    /// What was being done
    #[arg(long, value_name = "TEXT")]
    context: Option<String>,
    /// What the request or the caller held
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
    /// A file with a traceback; `-` is standard input
    #[arg(long, value_name = "FILE")]
    traceback: Option<std::path::PathBuf>,
    /// debug, info, warning, error or critical
    #[arg(long, value_name = "LEVEL", value_parser = ["debug", "info", "warning", "error", "critical"], default_value = "error")]
    level: String,
    /// Version of what failed
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
    /// production, staging, …
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// A tag (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    tag: Vec<(String, String)>,
    /// Group by this instead of by the content (repeatable)
    #[arg(long, value_name = "TEXT")]
    fingerprint: Vec<String>,
    /// The command to run, and to record when it fails
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) =
        text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or("write it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

pub(super) fn run(args: &RecordArgs, context: &Context) -> Result<Exit> {
    if !args.command.is_empty() {
        return run_and_record(args, context);
    }
    let traceback = args.traceback.as_deref().map(read).transpose()?.unwrap_or_default();
    let mut made = described(args, traceback);
    if made.kind.is_empty() && made.message.is_empty() && made.traceback.trim().is_empty() {
        return Err(UsageError(
            "nothing to record: give --type, --message or --traceback, or a command behind --".into(),
        )
        .into());
    }
    if made.kind.is_empty() && made.traceback.is_empty() {
        made.kind = "Error".to_owned();
    }
    let outcome = store(&made, context)?;
    said(outcome, context)
}

fn said(outcome: Outcome, context: &Context) -> Result<Exit> {
    let word = match outcome {
        Outcome { regressed: true, .. } => ", which came back",
        Outcome { is_new_issue: true, .. } => ", a new one",
        _ => "",
    };
    let mut done = action(format!("recorded as issue #{}{word}", outcome.issue), vec![outcome.issue.0]);
    (done.events, done.new_issues) = (1, u64::from(outcome.is_new_issue));
    tell(&done, context)
}

fn described(args: &RecordArgs, traceback: String) -> Draft {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let data = match &args.data {
        // What is no JSON is kept as the text that it is: an error is never lost to its own description.
        Some(data) => parse_json(data.as_bytes()).unwrap_or_else(|_| Value::String(data.clone())),
        None => Value::Null,
    };
    Draft {
        kind: text(&args.kind),
        message: text(&args.message),
        context: text(&args.context),
        endpoint: text(&args.endpoint),
        release: text(&args.release),
        environment: text(&args.environment),
        host: host(),
        level: args.level.clone(),
        data,
        traceback,
        tags: args.tag.clone(),
        fingerprint: args.fingerprint.clone(),
        ..Draft::default()
    }
}

fn read(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin()
            .lock()
            .take(MAX_TRACEBACK)
            .read_to_end(&mut bytes)
            .context("cannot read standard input")?;
    } else {
        let file = fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        file.take(MAX_TRACEBACK)
            .read_to_end(&mut bytes)
            .with_context(|| format!("cannot read {}", path.display()))?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn store(made: &Draft, context: &Context) -> Result<Outcome> {
    let place = Place::new(context)?;
    let door = place.door();
    let event = draft(made, &door.roots);
    let now = place.micros();
    let admitted = door.admit(
        event,
        Arrival { received: now, source: Source::Record, count: 1, keeps_body: true, id: None },
    );
    let mut store = place.open(Access::Write, context)?;
    let room = store.room(place.limits());
    let was_whole = store.set_aside().is_none();
    let outcomes = store.apply(&[admitted], now, room)?;
    if was_whole {
        say_set_aside(&store, context);
    }
    // The error is kept; what is too old goes another time.
    store.prune_daily(place.limits(), now).unwrap_or(());
    outcomes.into_iter().next().context("the store gave no answer")
}

fn run_and_record(args: &RecordArgs, context: &Context) -> Result<Exit> {
    let ended = run_command::run(&args.command)?;
    if ended.code == 0 {
        return Ok(Exit::Own(0));
    }
    let traceback = args.traceback.as_deref().map_or(Ok(String::new()), read).unwrap_or_else(|error| {
        context.ui.warn(&format!("{error:#}; what the command wrote to stderr is kept instead"));
        String::new()
    });
    let mut made = described(args, traceback);
    let shown: Vec<_> = args.command.iter().map(|word| word.to_string_lossy()).collect();
    if made.traceback.is_empty() {
        made.traceback.clone_from(&ended.stderr);
    }
    if made.kind.is_empty() {
        "CommandFailed".clone_into(&mut made.kind);
    }
    if made.message.is_empty() {
        let last = ended.stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
        made.message = format!(
            "{}: {}{}",
            shown[0],
            ended.how,
            if last.is_empty() { String::new() } else { format!(": {last}") }
        );
    }
    if made.context.is_empty() {
        made.context = shown.join(" ");
    }
    made.tags.push(("exit_code".to_owned(), ended.code.to_string()));
    match store(&made, context) {
        Ok(outcome) => context.ui.note(&format!("recorded as issue #{}", outcome.issue)),
        // The command's own end is what its caller asked for.
        Err(error) => context.ui.error(&format!("could not record that it failed: {error:#}")),
    }
    Ok(Exit::Own(ended.code))
}
