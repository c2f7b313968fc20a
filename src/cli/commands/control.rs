//! `fuelops start`, `stop` and `restart`: services by name, in the order in which they need one another.

use std::time::Instant;

use anyhow::{Context as _, Result};
use chrono::Utc;
use clap::Args;

use crate::cli::commands::{health, run};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, UsageError};
use crate::config::{Loaded, Service};
use crate::model::{Hint, Verdict};
use crate::monitor;
use crate::render;
use crate::report::{
    RefusedProcess, ServiceAction, ServiceOutcome, ServiceReport, ServiceStatus, ServiceTurn, StoppedProcess,
};
use crate::service::{self, Act, Ask, Needs, Plan, Site, Stop, Verb, Wait};
use crate::text::{shell, suggest};

/// Version of the JSON schema.
const SCHEMA: u32 = 1;

/// Start services, and what they need, and wait until they answer
///
/// Each service is started once what it needs answers; what runs is left as it is. Output is captured as `fuelops run`
/// does it, by a keeper that outlives this command. A service of another manager (systemd, launchd, docker, kubernetes) is
/// started by that manager. Nothing is started beside a stranger on the port or beside remains of an earlier run.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fuelops start backend             start it, and the services that it needs
  fuelops start --all               everything in the config
  fuelops start --dry-run backend   show what would be done

Exit codes: 0 done, or it runs already; 2 it does not answer, could not be started or was refused; 75 another fuelops is
at work.")]
pub struct StartArgs {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    starting: Starting,
}

/// Stop services exactly, with everything that they have started
///
/// Asks with the service's stop signal, waits for its stop_timeout, kills what is left, and looks whether it is gone. Only
/// processes that are proved to be the service's own are ended. What was stopped stays down: recover and monitor leave it
/// alone until it is started again.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fuelops stop backend              and only that: what needs it runs on, and is told
  fuelops stop --all                everything in the config, the needed last
  fuelops stop --dry-run backend    show whom it would stop, and why they are ours

Exit codes: 0 done, or it does not run; 2 something is left, or what runs is not proved to be the service's own;
75 another fuelops is at work.")]
pub struct StopArgs {
    #[command(flatten)]
    chosen: Chosen,
}

/// Stop services and start them again
///
/// What could not be started again is not stopped. A service of another manager is restarted by that manager.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fuelops restart backend           stop it to the last process, start it, wait until it answers
  fuelops restart --all             stop in reverse order, start in order

Exit codes: 0 done; 2 it does not answer, something is left, or it was refused; 75 another fuelops is at work.")]
pub struct RestartArgs {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    starting: Starting,
}

#[derive(Args, Debug)]
struct Chosen {
    /// Services of the config
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Every service of the config
    #[arg(long, short, conflicts_with = "services")]
    all: bool,
    /// Show what would be done and do nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Clone, Copy, Debug)]
struct Starting {
    /// Neither start nor wait for what a service needs
    #[arg(long)]
    no_deps: bool,
    /// Do not wait until it answers
    #[arg(long)]
    no_wait: bool,
}

/// Starts services.
///
/// # Errors
/// When the config cannot be used, a name is not known, another fuelops is at work, or the result cannot be written.
pub fn start(args: &StartArgs, context: &Context) -> Result<Exit> {
    carry_out(Verb::Start, &args.chosen, args.starting, context)
}

/// Stops services.
///
/// # Errors
/// As [`start`].
pub fn stop(args: &StopArgs, context: &Context) -> Result<Exit> {
    carry_out(Verb::Stop, &args.chosen, Starting { no_deps: true, no_wait: true }, context)
}

/// Restarts services.
///
/// # Errors
/// As [`start`].
pub fn restart(args: &RestartArgs, context: &Context) -> Result<Exit> {
    carry_out(Verb::Restart, &args.chosen, args.starting, context)
}

fn carry_out(verb: Verb, chosen: &Chosen, starting: Starting, context: &Context) -> Result<Exit> {
    let begun = Instant::now();
    let loaded = context.config()?;
    let config = &loaded.config;
    let names = names(chosen, &config.services)?;
    let site = run::site_of(config);
    let action = action(verb);
    let work = format!("{} {}", action.word(), names.join(" "));
    let lock = if chosen.dry_run { None } else { Some(site.lock(&work, Utc::now())?) };
    let found =
        site.look(&config.services, Utc::now()).context("cannot list the processes of this machine")?;
    let needs = if starting.no_deps { Needs::Ignored } else { Needs::Followed };
    let plan = service::plan(&Ask { verb, names, needs }, &config.services, &found);
    let wait = if starting.no_wait { Wait::UntilItRuns } else { Wait::UntilItAnswers };
    let mut report = match chosen.dry_run {
        true => planned(&loaded, action, &plan),
        false => {
            let mut measure = |names: &[String]| {
                let plan = health::plan(config).select(names)?;
                Ok(health::measure(&loaded, &plan)?.findings)
            };
            let done = service::conduct(&plan, verb, &site, &config.services, wait, &mut measure);
            // Free first: what the monitor sees it may act on.
            drop(lock);
            monitor::wake(&config.state_dir, plan.turns.iter().map(|turn| turn.service.clone()).collect());
            let mut report = report(&loaded, action, &plan, done.turns);
            (report.stopped, report.next) = (done.stopped, done.next.into_iter().map(look).collect());
            report.notes.extend(done.notes);
            report
        }
    };
    report.next.extend(next(&report, &loaded, &site, context));
    report.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let verdict = report.outcome.verdict();
    if !context.ui.quiet || verdict != Verdict::Healthy {
        context.ui.report(action.word(), SCHEMA, &report, || render::service(&report))?;
    }
    Ok(Exit::Verdict(verdict))
}

fn action(verb: Verb) -> ServiceAction {
    match verb {
        Verb::Start => ServiceAction::Start,
        Verb::Stop => ServiceAction::Stop,
        Verb::Restart => ServiceAction::Restart,
    }
}

fn names(chosen: &Chosen, services: &[Service]) -> Result<Vec<String>, UsageError> {
    let known: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    if known.is_empty() {
        let why =
            "there is no service: write a fuelops.toml with a [[service]] (fuelops config init proposes one)";
        return Err(UsageError(why.to_owned()));
    }
    if chosen.all {
        return Ok(known.into_iter().map(str::to_owned).collect());
    }
    if chosen.services.is_empty() {
        return Err(UsageError(format!("name a service, or say --all (services: {})", known.join(", "))));
    }
    match chosen.services.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(chosen.services.clone()),
        Some(name) => {
            let near = suggest::did_you_mean(name, known.iter().copied());
            Err(UsageError(format!("there is no service {name:?}{near} (services: {})", known.join(", "))))
        }
    }
}

fn planned(loaded: &Loaded, action: ServiceAction, plan: &Plan) -> ServiceReport {
    let turns = plan.turns.iter().map(|turn| service::untouched(turn, &loaded.config.services)).collect();
    let mut report = report(loaded, action, plan, turns);
    let stops = plan.turns.iter().filter_map(|turn| match &turn.act {
        Act::Stop(stop) | Act::Restart(stop) => Some(stop),
        Act::Start | Act::Nothing(_) | Act::Refuse(_) => None,
    });
    report.stopped = stops.flat_map(stopped).collect();
    report
}

fn stopped(stop: &Stop) -> impl Iterator<Item = StoppedProcess> + '_ {
    stop.members.iter().map(|member| StoppedProcess {
        service: stop.service.clone(),
        pid: member.pid,
        started_at: member.started_at.clone(),
        command: member.command.clone(),
        signal: None,
        proof: member.why.clone(),
    })
}

fn report(loaded: &Loaded, action: ServiceAction, plan: &Plan, services: Vec<ServiceTurn>) -> ServiceReport {
    let refused = plan.turns.iter().filter_map(|turn| {
        let who = turn.obstacle.as_ref()?;
        let why = format!("{}: {}", turn.service, who.why);
        Some(RefusedProcess { pid: who.pid, command: who.command.clone(), why })
    });
    ServiceReport {
        name: loaded.config.name.clone(),
        action,
        outcome: ServiceOutcome::of(&services),
        services,
        stopped: Vec::new(),
        refused: refused.collect(),
        notes: plan.notes.clone(),
        next: Vec::new(),
        elapsed_ms: 0,
    }
}

fn look(command: String) -> Hint {
    Hint { text: "see what its manager says".to_owned(), command: Some(command) }
}

/// What to type where something was not done.
fn next(report: &ServiceReport, loaded: &Loaded, site: &Site, context: &Context) -> Option<Hint> {
    let is_own = |turn: &&ServiceTurn| turn.status == ServiceStatus::Failed && turn.manager == "process";
    let Some(failed) = report.services.iter().find(is_own) else {
        let pids: Vec<String> = report.refused.iter().map(|process| process.pid.to_string()).collect();
        let look = (report.outcome == ServiceOutcome::Refused && !pids.is_empty())
            .then(|| shell::command(["ps", "-o", "pid,ppid,user,lstart,args", "-p", &pids.join(",")]))?;
        let text = "find out whose it is and stop it there, or give the service another port".to_owned();
        return Some(Hint { text, command: Some(look) });
    };
    let is_read = loaded.config.services.iter().find(|service| service.name == failed.service);
    let has_log = is_read.is_some_and(|service| site.log_files(service).main.exists());
    let (text, verb) = match has_log {
        true => ("see what it says", vec!["logs", failed.service.as_str()]),
        false => ("it has never said anything: see whether its command is right", vec!["config", "check"]),
    };
    Some(Hint { text: text.to_owned(), command: Some(context.command(verb)) })
}
