//! `track-errors import` and `export`: the file of the module that this one replaces.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::place::{Place, action, tell};
use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::errors::door::parse_json;
use crate::errors::old;
use crate::errors::store::Access;
use crate::text::human;

/// Take in the file of the old error_tracker module; a second time changes nothing
#[derive(Args, Debug)]
pub(super) struct ImportArgs {
    /// error_tracking.json
    #[arg(value_name = "FILE")]
    path: PathBuf,
}

/// Write what is kept in the shape of the old error_tracker module
#[derive(Args, Debug)]
#[command(
    after_help = "Example: fuelops track-errors export --format error-tracking > logs/error_tracking.json"
)]
pub(super) struct ExportArgs {}

pub(super) fn import(args: &ImportArgs, context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    let shown = args.path.display();
    let bytes = fs::read(&args.path).with_context(|| format!("cannot read {shown}"))?;
    let file = match parse_json(&bytes) {
        Ok(value) if value["errors"].is_array() => value,
        Ok(_) => {
            bail!(UsageError(format!("{shown} holds no list `errors`: it is not the old module's file")))
        }
        Err(error) => bail!(UsageError(format!("{shown} is no JSON: {error}"))),
    };
    let mut store = place.open(Access::Write, context)?;
    let done = old::import(&file, &mut store, &place.door(), place.limits(), place.micros())?;
    let (errors, issues) =
        (human::plural(done.events, "error"), human::plural(done.issues.len() as u64, "issue"));
    let ids = done.issues.iter().map(|id| id.0).collect();
    let mut notes = action(format!("imported {errors} of {issues}"), ids);
    (notes.events, notes.duplicates, notes.new_issues) = (done.events, done.duplicates, done.new_issues);
    if done.duplicates > 0 {
        let verb = if done.duplicates == 1 { "was" } else { "were" };
        notes.notes.push(format!("{} {verb} known already", human::count(done.duplicates)));
    }
    tell(&notes, context)
}

pub(super) fn export(_: &ExportArgs, context: &Context) -> Result<Exit> {
    if !matches!(context.ui.format, Format::ErrorTracking | Format::Table) {
        return Err(UsageError("`export` writes one form: --format error-tracking".to_owned()).into());
    }
    let place = Place::new(context)?;
    let store = match place.read_or_tell(context)? {
        Ok(store) => store,
        Err(exit) => return Ok(exit),
    };
    let file = old::export(&store, place.now)?;
    let mut text = serde_json::to_string_pretty(&file).context("cannot write JSON")?;
    text.push('\n');
    context.ui.result(text.as_bytes())?;
    Ok(Exit::Done)
}
