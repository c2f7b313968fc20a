//! `track-errors why`: what an event was grouped by.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::Value;

use super::SCHEMA;
use super::place::Place;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::errors::door::parse_json;
use crate::errors::explain::explain;
use crate::errors::store::{IssueId, Store, StoreError};
use crate::render;

const MAX_FILE: u64 = 64 << 20;
/// Digits from which on a number is the beginning of an event's id.
const EVENT_DIGITS: usize = 8;

/// Explain what an event was grouped by
#[derive(Args, Debug)]
pub(super) struct WhyArgs {
    /// Id of a stored event or the beginning of one, or the number of an issue for its newest event
    #[arg(value_name = "EVENT", required_unless_present = "file", conflicts_with = "file")]
    event: Option<String>,
    /// An event's JSON; `-` is standard input
    #[arg(long = "event", value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(super) fn run(args: &WhyArgs, context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    let event = match (&args.file, &args.event) {
        (Some(path), _) => read(path)?,
        (None, Some(id)) => {
            let store = match place.read_or_tell(context)? {
                Ok(store) => store,
                Err(exit) => return Ok(exit),
            };
            stored(&store, id, place.micros())?
        }
        (None, None) => return Err(UsageError("give the id of an event, or --event FILE".to_owned()).into()),
    };
    let report = explain(&event, &place.door());
    context.ui.report("track-errors", SCHEMA, &report, || render::error_grouping(&report))?;
    Ok(Exit::Done)
}

/// The body of an event by its id, or of the newest one of an issue by the issue's number.
fn stored(store: &Store, id: &str, now: i64) -> Result<Value> {
    let number = id.parse::<IssueId>().ok().filter(|_| id.len() < EVENT_DIGITS);
    let none = format!("no event {id} whose body was kept, or more than one begins so");
    let body = match number.map(|issue| store.detail(issue, now)) {
        Some(Ok(issue)) => issue.sample,
        Some(Err(error)) if !matches!(error, StoreError::NoIssue(_)) => return Err(error.into()),
        Some(Err(_)) | None => store.body_of(id)?,
    };
    Ok(body.ok_or(UsageError(none))?)
}

fn read(path: &Path) -> Result<Value> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().lock().take(MAX_FILE).read_to_end(&mut bytes).context("cannot read standard input")?;
    } else {
        let file = fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        file.take(MAX_FILE)
            .read_to_end(&mut bytes)
            .with_context(|| format!("cannot read {}", path.display()))?;
    }
    Ok(parse_json(&bytes).map_err(|error| UsageError(format!("{} is no event: {error}", path.display())))?)
}
