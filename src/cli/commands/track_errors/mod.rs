//! `fuelops track-errors`: the error store, from a shell, a log, an SDK to a report.

mod curate;
mod feed;
mod place;
mod record;
mod report;
mod run_command;
mod serve;
mod transfer;
mod why;

pub(super) use feed::issues_of_logs;

use anyhow::Result;
use clap::{ArgGroup, Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::time_range::TimeRange;
use crate::config::Timezone;
use crate::errors::store::IssueId;

/// Version of the JSON schemas.
const SCHEMA: u32 = 1;

/// Keep every error, tell what is new, and report it
///
/// Errors come from Sentry's SDKs, by `record`, from logs, from the old error_tracker module or the one that `shim` prints,
/// and are grouped into issues: the same fault is one issue, whatever it came by. Without a subcommand the report of the last 24 hours is printed.
#[derive(Args, Debug)]
#[command(
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  fuelops track-errors                                   the last 24 hours
  fuelops track-errors --since yesterday --until today   a day of its own
  fuelops track-errors list --state new                  what nobody has seen before
  fuelops track-errors record -- ./sync.sh               in a cron line: keeps why it failed
  fuelops track-errors serve                             takes in what Sentry's SDKs send; `dsn` prints the DSN
  fuelops track-errors ingest-logs                       tracebacks and errors of the configured logs
  fuelops track-errors gate --since 1h                   after a deploy: 2 when something is new or back
  fuelops track-errors import logs/error_tracking.json   what the old module has kept

Exit codes: 0 done (with --check: healthy); with --check 1 degraded, 2 critical; gate 2 something new or regressed;
3 no error store yet; 64 no such issue or event; 74 the store cannot be used."
)]
pub struct TrackErrorsArgs {
    #[command(flatten)]
    report: ReportArgs,
    #[command(subcommand)]
    command: Option<TrackErrorsCommand>,
}

#[derive(Debug, Subcommand)]
enum TrackErrorsCommand {
    /// Print the diagnostic report of the last 24 hours, or of --since; what a bare `track-errors` does
    Report(ReportArgs),
    Record(Box<record::RecordArgs>),
    /// List issues
    List(ListArgs),
    /// Show one issue: frames, tags, request, breadcrumbs, trend, history
    Show(ShowArgs),
    /// Say that issues are gone; one that comes back is regressed
    Resolve(curate::ResolveArgs),
    /// Stop reporting issues, for good or for a while
    Ignore(curate::IgnoreArgs),
    /// Take a resolve or an ignore back
    Reopen(IssuesArgs),
    /// Make issues parts of the first one
    Merge(curate::MergeArgs),
    /// Make merged issues issues of their own again
    Unmerge(curate::UnmergeArgs),
    /// Tell CI whether a deploy brought something new: exit code 2 if so
    Gate(GateArgs),
    Why(why::WhyArgs),
    /// Remove what the config's limits do not allow
    Prune,
    Import(transfer::ImportArgs),
    Export(transfer::ExportArgs),
    IngestLogs(feed::IngestArgs),
    Serve(serve::ServeArgs),
    /// Print the DSN to give to an SDK
    Dsn(serve::DsnArgs),
    /// Print error_tracker.py: the old module's interface, for programs without an SDK
    Shim,
}

#[derive(Args, Debug)]
struct ReportArgs {
    #[command(flatten)]
    range: TimeRange,
    /// Rows of each table; JSON always holds everything
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// End with the verdict's exit code
    #[arg(long)]
    check: bool,
}

#[derive(Args, Debug)]
struct ListArgs {
    /// Only issues in this state (repeatable)
    #[arg(long, value_name = "STATE", value_enum)]
    state: Vec<State>,
    #[command(flatten)]
    range: TimeRange,
    /// Only issues seen at this endpoint
    #[arg(long, value_name = "ENDPOINT")]
    endpoint: Option<String>,
    /// Only this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Order
    #[arg(long, value_name = "ORDER", value_enum, default_value_t)]
    sort: Sort,
    /// Rows of the table; JSON always holds everything
    #[arg(long, value_name = "N", default_value_t = 50)]
    top: usize,
}

/// States by their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum State {
    New,
    Ongoing,
    Escalating,
    Regressed,
    Resolved,
    Ignored,
    /// All but resolved and ignored
    Open,
}

/// What stands first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Sort {
    /// The last seen
    #[default]
    LastSeen,
    /// The first seen last
    FirstSeen,
    /// The most frequent
    Count,
    /// The most pressing state
    State,
}

#[derive(Args, Debug)]
struct ShowArgs {
    /// Number of the issue
    #[arg(value_name = "ISSUE")]
    issue: IssueId,
    /// Rows of each table; JSON always holds everything
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
}

#[derive(Args, Debug)]
struct IssuesArgs {
    /// Numbers of the issues
    #[arg(value_name = "ISSUE", required = true)]
    issues: Vec<IssueId>,
}

#[derive(Args, Debug)]
#[command(group(ArgGroup::new("begin").required(true).args(["since", "since_release"])))]
struct GateArgs {
    /// Since this release was first seen
    #[arg(long, value_name = "RELEASE")]
    since_release: Option<String>,
    /// Since then: 1h, "today 14:30"
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Zone of --since and of times that are told: America/Bogota, +02:00, utc, local
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    tz: Option<Timezone>,
}

/// Runs the subcommand.
///
/// # Errors
/// When the config or the store cannot be used, or a result cannot be written.
pub fn run(args: &TrackErrorsArgs, context: &Context) -> Result<Exit> {
    match &args.command {
        None => report::report(&args.report, context),
        Some(TrackErrorsCommand::Report(args)) => report::report(args, context),
        Some(TrackErrorsCommand::Record(args)) => record::run(args, context),
        Some(TrackErrorsCommand::List(args)) => report::list(args, context),
        Some(TrackErrorsCommand::Show(args)) => report::show(args, context),
        Some(TrackErrorsCommand::Resolve(args)) => curate::resolve(args, context),
        Some(TrackErrorsCommand::Ignore(args)) => curate::ignore(args, context),
        Some(TrackErrorsCommand::Reopen(args)) => curate::reopen(args, context),
        Some(TrackErrorsCommand::Merge(args)) => curate::merge(args, context),
        Some(TrackErrorsCommand::Unmerge(args)) => curate::unmerge(args, context),
        Some(TrackErrorsCommand::Gate(args)) => report::gate(args, context),
        Some(TrackErrorsCommand::Why(args)) => why::run(args, context),
        Some(TrackErrorsCommand::Prune) => curate::prune(context),
        Some(TrackErrorsCommand::Import(args)) => transfer::import(args, context),
        Some(TrackErrorsCommand::Export(args)) => transfer::export(args, context),
        Some(TrackErrorsCommand::IngestLogs(args)) => feed::ingest_logs(args, context),
        Some(TrackErrorsCommand::Serve(args)) => serve::serve(args, context),
        Some(TrackErrorsCommand::Dsn(args)) => serve::print_dsn(args, context),
        Some(TrackErrorsCommand::Shim) => feed::shim(context),
    }
}
