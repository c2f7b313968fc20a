//! What only reads: the report, lists, one issue, the gate.

use anyhow::Result;
use chrono::{TimeDelta, Utc};

use super::place::Place;
use super::{GateArgs, ListArgs, ReportArgs, SCHEMA, ShowArgs, Sort, State};
use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::time_range::TimeRange;
use crate::errors::IssueState;
use crate::errors::store::{Issue, Overview, Span};
use crate::errors::summary;
use crate::logs::Zone;
use crate::model::Verdict;
use crate::render::{self, ErrorView};
use crate::report::{ErrorReport, IssueList};

/// Events that the report shows.
const RECENT: u32 = 20;
/// How far the report goes back where nobody says from when.
const DAY: i64 = 86_400_000_000;

fn view(top: usize, place: &Place, zone: Zone) -> ErrorView<Zone> {
    ErrorView { top, program: place.program.clone(), zone, now: place.now }
}

pub(super) fn report(args: &ReportArgs, context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    let range = place.range(&args.range)?;
    let to = range.until.unwrap_or(place.micros()).min(place.micros());
    let span = Span { from: range.since.unwrap_or(to.saturating_sub(DAY)), to };
    let found = match place.read(context)? {
        Some(store) => Some(store.overview(span, RECENT, place.micros())?),
        None => None,
    };
    let report = match found {
        Some(overview) => summary::report(overview, span, place.bars()),
        None => nothing(span, &place),
    };
    let healthy = report.verdict == Verdict::Healthy;
    if !(context.ui.quiet && healthy && context.ui.format == Format::Table) {
        context.ui.report("track-errors", SCHEMA, &report, || {
            render::error_report(&report, &view(args.top, &place, range.zone()))
        })?;
    }
    Ok(if args.check || report.verdict == Verdict::Unknown {
        Exit::Verdict(report.verdict)
    } else {
        Exit::Done
    })
}

/// The report of a store that is not there: unknown, never healthy.
fn nothing(span: Span, place: &Place) -> ErrorReport {
    let empty = Overview {
        events: 0,
        issues: Vec::new(),
        endpoints_of: std::collections::HashMap::new(),
        by_type: Vec::new(),
        by_endpoint: Vec::new(),
        recent: Vec::new(),
        losses: Vec::new(),
        hours: Vec::new(),
        week_before: 0,
        known_issues: 0,
    };
    let mut report = summary::report(empty, span, place.bars());
    report.verdict = Verdict::Unknown;
    report.reason = place.no_store();
    report
}

pub(super) fn list(args: &ListArgs, context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    let store = match place.read_or_tell(context)? {
        Ok(store) => store,
        Err(exit) => return Ok(exit),
    };
    let all = store.all_issues(place.micros())?;
    let known = all.len() as u64;
    let range = place.range(&args.range)?;
    let there = args.endpoint.as_deref().map(|e| store.issues_at(e, place.micros())).transpose()?;
    let wanted = |issue: &Issue| {
        (args.state.is_empty() || args.state.iter().any(|state| state.holds(issue.state)))
            && range.since.is_none_or(|since| issue.last_seen >= since)
            && range.until.is_none_or(|until| issue.first_seen <= until)
            && there.as_ref().is_none_or(|ids| ids.contains(&issue.id))
            && args.kind.as_ref().is_none_or(|kind| is_type(&issue.kind, kind))
    };
    let mut issues: Vec<Issue> = all.into_iter().filter(wanted).collect();
    sort(&mut issues, args.sort);
    let ever = store.overview(Span { from: 0, to: place.micros() }, 0, place.micros())?;
    let endpoints = |issue: &Issue| ever.endpoints_of.get(&issue.id).map_or(&[][..], Vec::as_slice);
    let issues = issues.iter().map(|issue| summary::listed(issue, issue.count, endpoints(issue))).collect();
    let list = IssueList { issues, known };
    context.ui.report("track-errors", SCHEMA, &list, || {
        render::error_list(&list, &view(args.top, &place, range.zone()))
    })?;
    Ok(Exit::Done)
}

fn is_type(kind: &str, asked: &str) -> bool {
    kind == asked || kind.rsplit(['.', ':']).next() == Some(asked)
}

fn sort(issues: &mut [Issue], order: Sort) {
    issues.sort_by(|a, b| {
        let by = match order {
            Sort::LastSeen => b.last_seen.cmp(&a.last_seen),
            Sort::FirstSeen => b.first_seen.cmp(&a.first_seen),
            Sort::Count => b.count.cmp(&a.count),
            Sort::State => a.state.cmp(&b.state).then(b.last_seen.cmp(&a.last_seen)),
        };
        by.then(a.id.cmp(&b.id))
    });
}

impl State {
    fn holds(self, state: IssueState) -> bool {
        match self {
            Self::New => state == IssueState::New,
            Self::Ongoing => state == IssueState::Ongoing,
            Self::Escalating => state == IssueState::Escalating,
            Self::Regressed => state == IssueState::Regressed,
            Self::Resolved => state == IssueState::Resolved,
            Self::Ignored => state == IssueState::Ignored,
            Self::Open => state.is_open(),
        }
    }
}

pub(super) fn show(args: &ShowArgs, context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    let store = match place.read_or_tell(context)? {
        Ok(store) => store,
        Err(exit) => return Ok(exit),
    };
    let report = summary::detail(store.detail(args.issue, place.micros())?);
    context.ui.report("track-errors", SCHEMA, &report, || {
        render::error_issue(&report, &view(args.top, &place, place.zone()))
    })?;
    Ok(Exit::Done)
}

pub(super) fn gate(args: &GateArgs, context: &Context) -> Result<Exit> {
    let place = Place::new(context)?;
    let store = match place.read_or_tell(context)? {
        Ok(store) => store,
        Err(exit) => return Ok(exit),
    };
    let range = place.range(&TimeRange { since: args.since.clone(), until: None, tz: args.tz })?;
    let since = match (range.since, &args.since_release) {
        (Some(since), _) => since,
        (None, Some(release)) => match store.release_seen(release)? {
            Some(at) => at,
            // No event of that release has come: nothing can be new in it.
            None => {
                context.ui.note(&format!("no event of release {release} yet"));
                (Utc::now() + TimeDelta::seconds(1)).timestamp_micros()
            }
        },
        (None, None) => return Err(UsageError("give --since or --since-release".to_owned()).into()),
    };
    let report = summary::gate(&store.all_issues(place.micros())?, since);
    let quiet = context.ui.quiet && report.verdict == Verdict::Healthy && context.ui.format == Format::Table;
    if !quiet {
        let view = view(usize::MAX, &place, range.zone());
        context.ui.report("track-errors", SCHEMA, &report, || render::error_gate(&report, &view))?;
    }
    Ok(Exit::Verdict(report.verdict))
}
