//! `fuelops recover`: plan, show, apply, prove, report.

mod interrupt;
mod outfit;
mod session;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::model::{Hint, Verdict};
use crate::recover::{Scope, Step, Wish};
use crate::render;
use crate::report::{Outcome, RecoverReport};
use crate::text::human;
use session::Session;

/// Version of the JSON schema.
const SCHEMA: u32 = 1;

/// Bring the services back: plan, preserve, stop, free, start, verify, report
///
/// Measures, shows what it would do and why, and does it once confirmed. Only processes that are proved to be a service's
/// own are stopped; logs are renamed, never truncated; what counts as recovered was seen to answer. Does the least that
/// cures: a backend is not restarted because its database is down.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  fuelops recover                  show the plan, ask, do it
  fuelops recover --yes            in an emergency, and from scripts
  fuelops recover --dry-run        show the plan only
  fuelops recover --full --yes     restart every service, whatever is wrong
  fuelops recover --preventive --yes   the weekly restart

Exit codes: 0 recovered or not needed, 1 degraded or only planned, 2 failed or refused, 75 another fuelops is at work.")]
pub struct RecoverArgs {
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
    /// Show the plan and do nothing
    #[arg(long, conflicts_with_all = ["yes", "drill"])]
    dry_run: bool,
    /// Only this service (repeatable)
    #[arg(long, short, value_name = "NAME")]
    target: Vec<String>,
    /// Leave a step out (repeatable)
    #[arg(long, value_name = "STEP", value_enum)]
    skip: Vec<Skip>,
    /// Stop, preserve and start every process service, whatever is wrong
    #[arg(long, conflicts_with = "preventive")]
    full: bool,
    /// Restart healthy services, too; what is broken for another's sake is left
    #[arg(long)]
    preventive: bool,
    /// Everything up to the first signal, timed; nothing is stopped
    #[arg(long)]
    drill: bool,
    /// Restart even where a restart cannot be expected to help, or did not hold before
    #[arg(long)]
    force: bool,
    /// Stop strangers that hold a service's port
    #[arg(long)]
    evict: bool,
    /// Time for all of it
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = human::parse_duration)]
    budget: Duration,
    /// Finish the work of a recovery that was killed
    #[arg(long, hide = true)]
    guard: bool,
}

/// A step that may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Skip {
    /// Gather no evidence
    Snapshot,
    /// Leave the logs where they are
    Preserve,
    /// Make no room on the disk
    Free,
    /// Do not look whether the services answer
    Verify,
    /// Neither hash nor compress what was kept
    Archive,
}

impl Skip {
    fn step(self) -> Step {
        match self {
            Self::Snapshot => Step::Snapshot,
            Self::Preserve => Step::Preserve,
            Self::Free => Step::Free,
            Self::Verify => Step::Verify,
            Self::Archive => Step::Archive,
        }
    }
}

/// Recovers what is broken.
///
/// # Errors
/// When the config cannot be used, a target is not known, another fuelops is at work, or the result cannot be written.
pub fn run(args: &RecoverArgs, context: &Context) -> Result<Exit> {
    let begun = Instant::now();
    if args.guard {
        return guard(args, context);
    }
    let interrupt = interrupt::listen(context)?;
    let loaded = context.config()?;
    known_targets(&args.target, &loaded.config.services)?;
    let will_apply = !args.dry_run && !args.drill && (args.yes || context.ui.can_ask());
    let mut session =
        Session::begin(context, &loaded, args.wish(), will_apply, args.budget, begun, interrupt)?;
    session.skip(args.steps());
    session.guard_words(args.words(), args.budget);
    let mut report = session.planned()?;
    let is_plan = report.outcome == Outcome::Planned;
    if is_plan {
        report.next.insert(0, Hint { text: "do it".to_owned(), command: Some(args.apply_command(context)) });
    }
    if report.outcome == Outcome::CircuitOpen {
        report.next.extend(args.after_circuit(context));
    }
    if report.outcome == Outcome::NotNeeded {
        let hints = session.parked().iter().map(|name| hint("start it", &["start", name], context));
        report.next.splice(0..0, hints);
    }
    if report.outcome == Outcome::Refused && session.is_squatted() {
        let evicting = RecoverArgs { evict: true, ..args.clone() };
        let command = Some(evicting.apply_command(context));
        report.next.push(Hint { text: "stop whoever holds the port, and start".to_owned(), command });
    }
    if args.drill && is_plan {
        show(&RecoverReport { next: report.next, ..session.drilled() }, context)?;
        return Ok(Exit::Done);
    }
    if !is_plan || args.dry_run {
        show(&report, context)?;
        return Ok(if is_plan { Exit::Done } else { exit(report.outcome) });
    }
    if !args.yes {
        show(&report, context)?;
        if !will_apply || !context.ui.confirm("Do this?")? {
            return Ok(exit(Outcome::Planned));
        }
        session.confirmed();
    }
    let mut report = session.apply()?;
    if report.outcome == Outcome::Failed {
        report.next.insert(0, why_it_falls(context));
    }
    show(&report, context)?;
    Ok(session.interrupted().unwrap_or_else(|| exit(report.outcome)))
}

impl RecoverArgs {
    fn wish(&self) -> Wish {
        let scope = match (self.full, self.preventive) {
            (true, _) => Scope::Full,
            (false, true) => Scope::Preventive,
            (false, false) => Scope::Least,
        };
        Wish { scope, targets: self.target.clone(), force: self.force, evict: self.evict }
    }

    /// What to type where recovering again and again did not hold.
    fn after_circuit(&self, context: &Context) -> Vec<Hint> {
        let forced = Self { force: true, ..self.clone() };
        vec![
            why_it_falls(context),
            Hint {
                text: "try once more all the same".to_owned(),
                command: Some(forced.apply_command(context)),
            },
        ]
    }

    /// This very command, to be done without asking.
    fn apply_command(&self, context: &Context) -> String {
        let words = self.words();
        context.command(words.iter().map(String::as_str).chain(["--yes"]))
    }

    /// The command and what it was given, but for the leave to do it.
    fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = vec!["recover".to_owned()];
        for target in &self.target {
            words.extend(["--target".to_owned(), target.clone()]);
        }
        for skip in self.skip.iter().filter_map(ValueEnum::to_possible_value) {
            words.extend(["--skip".to_owned(), skip.get_name().to_owned()]);
        }
        let flags = [
            ("--full", self.full),
            ("--preventive", self.preventive),
            ("--force", self.force),
            ("--evict", self.evict),
        ];
        words.extend(flags.iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| (*flag).to_owned()));
        words
    }

    fn steps(&self) -> BTreeSet<Step> {
        self.skip.iter().map(|skip| skip.step()).collect()
    }
}

/// The logs say it, as often as not.
fn why_it_falls(context: &Context) -> Hint {
    hint("see what it falls over", &["analyze-logs"], context)
}

/// A command of fuelops, with the config that was named.
fn hint(text: &str, words: &[&str], context: &Context) -> Hint {
    Hint { text: text.to_owned(), command: Some(context.command(words.iter().copied())) }
}

/// Waits for the first process's end; finishes its work if it was killed.
fn guard(args: &RecoverArgs, context: &Context) -> Result<Exit> {
    let interrupt = interrupt::ignore()?;
    if crate::recover::stand()? {
        return Ok(Exit::Done);
    }
    let loaded = context.config()?;
    let mut session =
        Session::inherit(context, &loaded, args.wish(), args.budget, Instant::now(), interrupt)?;
    session.skip(args.steps());
    session.go_on_stopping();
    let planned = session.planned()?;
    if !session.has_work() {
        session.close();
        return Ok(exit(planned.outcome));
    }
    let report = session.apply()?;
    Ok(exit(report.outcome))
}

fn known_targets(targets: &[String], services: &[crate::config::Service]) -> Result<()> {
    let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    if services.is_empty() {
        let why = "there is no service to recover: write a fuelops.toml with a [[service]], or go to the backend's folder";
        return Err(UsageError(why.to_owned()).into());
    }
    match targets.iter().find(|target| !names.contains(&target.as_str())) {
        None => Ok(()),
        Some(target) => {
            let near = crate::text::suggest::did_you_mean(target, names.iter().copied());
            let known = names.join(", ");
            Err(UsageError(format!("there is no service {target:?}{near} (services: {known})")).into())
        }
    }
}

fn show(report: &RecoverReport, context: &Context) -> Result<()> {
    let ui = &context.ui;
    if ui.quiet && report.outcome.verdict() == Verdict::Healthy {
        return Ok(());
    }
    ui.report("recover", SCHEMA, report, || render::recover(report))
}

fn exit(outcome: Outcome) -> Exit {
    Exit::Verdict(outcome.verdict())
}
