//! `fuelops monitor`: supervision around the clock, and what is asked of a monitor that runs.

mod alerts;
mod ask;
mod next;
mod replay;

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;

use alerts::Alerts;
use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::commands::{health, run as run_command};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::tools::tools;
use crate::config::Loaded;
use crate::monitor::{self, Callers, Claim, End, Entry, Mode, Setup, Told};
use crate::render;
use crate::text::human;

const WATCH_PERIOD: &str = "2s";

/// Watch around the clock: start what is down, restart what a restart can help, never give up
///
/// Stays in the foreground. Services are started in the order in which they need one another; they live on when the
/// monitor ends, and the next one takes them over. The end of a process is answered at once, a failing health URL after
/// failure_threshold failures in a row; a service is not restarted for what lies elsewhere, such as a database that is
/// down. SIGHUP has the config read anew.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  fuelops monitor                     watch until a signal comes
  fuelops monitor --dry-run           tell what it would do, and do nothing
  fuelops monitor --once              start what is down, wait until it has settled, end
  fuelops monitor status --watch      how it stands with every target
  fuelops monitor why backend         what was decided, and on what evidence
  fuelops monitor pause backend --for 30m    a maintenance window
  fuelops monitor silence backend --for 2h --reason migration    mend it, wake nobody

Exit codes: 75 another monitor runs here, 78 config; --once and status: 0 healthy, 1 degraded, 2 critical, 3 unknown;
130 and 143 when a signal ended it."
)]
pub struct MonitorArgs {
    /// End when everything has settled
    #[arg(long, conflicts_with = "dry_run")]
    once: bool,
    /// Decide, and do nothing: until everything has settled
    #[arg(long)]
    dry_run: bool,
    #[command(subcommand)]
    question: Option<Question>,
}

/// What a running monitor is asked.
#[derive(Debug, Subcommand)]
enum Question {
    /// How it stands with every target
    Status(StatusArgs),
    /// What was decided about a target, and on what evidence
    Why(WhyArgs),
    /// Do nothing about a target, or about all, for now
    Pause(PauseArgs),
    /// Go on after a pause
    Resume(TargetArgs),
    /// Say that the incident is known: no more reminders
    Ack(TargetArgs),
    /// Tell nobody of a target, or of any, for a while; what is found is mended all the same
    Silence(SilenceArgs),
    /// What is decided on a recording, such as .fuelops/monitor.events.jsonl
    Replay(ReplayArgs),
}

#[derive(Args, Debug)]
struct StatusArgs {
    /// Show it again and again, at this distance
    #[arg(long, short, value_name = "PERIOD", num_args = 0..=1, default_missing_value = WATCH_PERIOD, value_parser = human::parse_duration)]
    watch: Option<Duration>,
}

#[derive(Args, Debug)]
struct WhyArgs {
    /// A service or check
    target: String,
}

#[derive(Args, Debug)]
struct PauseArgs {
    /// A service or check [default: all]
    target: Option<String>,
    /// Until so long from now [default: until it is resumed]
    #[arg(long = "for", value_name = "DURATION", value_parser = human::parse_duration)]
    span: Option<Duration>,
}

#[derive(Args, Debug)]
struct SilenceArgs {
    /// A service or check [default: all]
    target: Option<String>,
    /// For so long from now
    #[arg(long = "for", value_name = "DURATION", value_parser = human::parse_duration, required_unless_present_any = ["end", "list"])]
    span: Option<Duration>,
    /// Why, for whoever asks
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// End it before its time
    #[arg(long, conflicts_with_all = ["span", "reason"])]
    end: bool,
    /// Show what is silent, and until when
    #[arg(long, conflicts_with_all = ["target", "span", "reason", "end"])]
    list: bool,
}

#[derive(Args, Debug)]
struct ReplayArgs {
    /// The recording
    file: PathBuf,
}

#[derive(Args, Debug)]
struct TargetArgs {
    /// A service or check [default: all]
    target: Option<String>,
}

/// Watches, or asks the monitor that does.
///
/// # Errors
/// When the config cannot be used, another monitor runs, or none does that could be asked.
pub fn run(args: &MonitorArgs, context: &Context) -> Result<Exit> {
    match &args.question {
        Some(Question::Replay(args)) => replay::replay(&args.file, context),
        Some(question) => ask::ask(question, context),
        None => watch(args, context),
    }
}

fn watch(args: &MonitorArgs, context: &Context) -> Result<Exit> {
    context.ui.plain_only("monitor")?;
    let loaded = context.config()?;
    if loaded.config.services.is_empty() && loaded.config.checks.is_empty() {
        let why = "there is nothing to watch: write a fuelops.toml with a [[service]], or go to the backend's folder";
        return Err(UsageError(why.to_owned()).into());
    }
    let mode = match (args.once, args.dry_run) {
        (true, _) => Mode::Once,
        (_, true) => Mode::Rehearse,
        _ => Mode::Forever,
    };
    let now = setup(&loaded);
    let claim = Claim::take(&now, mode)?;
    let alerts =
        if mode == Mode::Rehearse { Alerts::default() } else { Alerts::open(&loaded.config, &context.ui) };
    let alerts = RefCell::new(alerts);
    let mut reload = |before: &Setup| {
        let loaded = context.config().map_err(|error| error.to_string())?;
        let setup = setup(&loaded);
        before.may_become(&setup)?;
        if mode != Mode::Rehearse {
            alerts.borrow_mut().reload(&loaded.config, &context.ui);
        }
        Ok(setup)
    };
    let mut notify = |told: Told| alerts.borrow().tell(told);
    // Who reads over its shoulder may stop reading, or go away.
    let mut told = context.ui.stream_aside();
    let mut say = |entry: &Entry| told.say(&format!("{}\n", monitor::line(entry)));
    let standing = alerts.borrow().standing();
    let callers =
        Callers { reload: &mut reload, say: &mut say, notify: &mut notify, tools: tools(), standing };
    let end = monitor::watch(now, mode, claim, callers);
    alerts.borrow_mut().close();
    Ok(match end? {
        End::Signal(signal) => Exit::Signal(u8::try_from(signal).unwrap_or(0)),
        End::Settled(report) => {
            context.ui.report("monitor", ask::SCHEMA, &report, || render::monitor_headline(&report))?;
            Exit::Verdict(report.verdict)
        }
    })
}

fn setup(loaded: &Loaded) -> Setup {
    let config = &loaded.config;
    Setup {
        name: config.name.clone(),
        plan: health::plan(config),
        site: run_command::site_of(config),
        log_file: config.monitor.log_file.clone(),
        maintenance: config.monitor.maintenance.clone(),
    }
}
