//! What people decide about issues.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::IssuesArgs;
use super::place::{Place, action, tell};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::errors::IgnoreRule;
use crate::errors::store::{Access, Decision, IssueId};
use crate::text::human;

#[derive(Args, Debug)]
pub(super) struct ResolveArgs {
    #[command(flatten)]
    issues: IssuesArgs,
    /// Only releases after the latest one seen bring it back
    #[arg(long, conflicts_with = "in_release")]
    in_next_release: bool,
    /// Only releases after this one bring it back
    #[arg(long = "in", value_name = "RELEASE")]
    in_release: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct IgnoreArgs {
    #[command(flatten)]
    issues: IssuesArgs,
    /// Until then: 2026-12-31, "monday 09:00"
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// For so long: 7d
    #[arg(long = "for", value_name = "TIME", value_parser = human::parse_duration, conflicts_with = "until")]
    lasting: Option<Duration>,
    /// Until it has happened so often more
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Until it happens far more often than usual
    #[arg(long)]
    until_escalating: bool,
}

#[derive(Args, Debug)]
pub(super) struct MergeArgs {
    /// The issue that the others become parts of
    #[arg(value_name = "ISSUE")]
    into: IssueId,
    /// The others
    #[arg(value_name = "OTHER", required = true)]
    others: Vec<IssueId>,
}

#[derive(Args, Debug)]
pub(super) struct UnmergeArgs {
    /// An issue that others were merged into, or one that was merged
    #[arg(value_name = "ISSUE")]
    issue: IssueId,
}

pub(super) fn resolve(args: &ResolveArgs, context: &Context) -> Result<Exit> {
    let decision = match (&args.in_release, args.in_next_release) {
        (Some(release), _) => Decision::ResolveIn(release.clone()),
        (None, true) => Decision::ResolveInNextRelease,
        (None, false) => Decision::Resolve,
    };
    decide(&args.issues, &decision, "resolved", context)
}

pub(super) fn ignore(args: &IgnoreArgs, context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    let until = match (&args.until, args.lasting) {
        (Some(when), _) => Some(place.moment(when)?),
        (None, Some(lasting)) => {
            Some(place.micros().saturating_add(i64::try_from(lasting.as_micros()).unwrap_or(i64::MAX)))
        }
        (None, None) => None,
    };
    if until.is_some_and(|until| until <= place.micros()) {
        return Err(UsageError("--until lies in the past".to_owned()).into());
    }
    let rule = IgnoreRule { until, until_count: args.count, until_escalating: args.until_escalating };
    decide(&args.issues, &Decision::Ignore(rule), "ignored", context)
}

pub(super) fn reopen(args: &IssuesArgs, context: &Context) -> Result<Exit> {
    decide(args, &Decision::Reopen, "reopened", context)
}

fn decide(args: &IssuesArgs, decision: &Decision, word: &str, context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    let mut store = place.open(Access::Change, context)?;
    let done = store.decide(&args.issues, decision, place.micros())?;
    tell(&action(format!("{word} {}", numbers(&done)), done.iter().map(|id| id.0).collect()), context)
}

pub(super) fn merge(args: &MergeArgs, context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    let mut store = place.open(Access::Change, context)?;
    let target = store.merge(args.into, &args.others, place.micros())?;
    tell(&action(format!("merged {} into #{target}", numbers(&args.others)), vec![target.0]), context)
}

pub(super) fn unmerge(args: &UnmergeArgs, context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    let mut store = place.open(Access::Change, context)?;
    let parts = store.unmerge(args.issue, place.micros())?;
    let done = match parts.as_slice() {
        [] => format!("nothing was merged into #{}", args.issue),
        parts => format!("on their own again: {}", numbers(parts)),
    };
    tell(&action(done, parts.iter().map(|id| id.0).collect()), context)
}

pub(super) fn prune(context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    // What waits beside it is taken in first; the door that readers have is closed to changes.
    if let Err(exit) = place.read_or_tell(context)? {
        return Ok(exit);
    }
    let mut store = place.open(Access::Change, context)?;
    let pruned = store.prune(place.limits(), place.micros())?;
    let freed = human::bytes(pruned.freed_bytes);
    let (events, issues) = (human::plural(pruned.events, "event"), human::plural(pruned.issues, "issue"));
    let done = format!("removed {events} and {issues}, {freed}");
    let mut action = action(done, Vec::new());
    action.events = pruned.events;
    tell(&action, context)
}

fn numbers(ids: &[IssueId]) -> String {
    ids.iter().map(|id| format!("#{id}")).collect::<Vec<_>>().join(" ")
}
