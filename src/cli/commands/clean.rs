//! `fuelops clean`: retention, with a plan first.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use chrono::Utc;
use clap::Args;

use crate::backup::{self, Proven};
use crate::clean::{self, Clock, Marks, Outcome, Places, Plan, Policy, Reading};
use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::interrupt::Interrupt;
use crate::config::{Config, Loaded, Origin};
use crate::model::Verdict;
use crate::platform;
use crate::render;
use crate::report::CleanOutcome;
use crate::store::{self, Lock, LockError};
use crate::text::{human, shell};

/// Version of the JSON schema.
const SCHEMA: u32 = 1;
const LOCK: &str = "clean.lock";
const READING: &str = "clean.json";
const MAX_READING: u64 = 4096;
const STATE_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// Errors that cron mails beside the one line.
const QUIET_ERRORS: usize = 20;

/// Free what may go, keep what must not
///
/// Rules take files by age, size, count and total size, while the disk is too full or always, and delete, compress,
/// truncate or rotate them. The plan is shown first. The newest of each series, what anybody has open, databases,
/// repositories' own folders and living processes' pid files stay. Without rules in the config, built-in ones take
/// rotated logs, reports, crash folders, dumps, Python caches and temporary files.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fuelops clean                   show the plan and ask
  fuelops clean --dry-run         show the plan
  fuelops clean --yes --quiet     from cron: silent where there is nothing to do, else one line

Exit codes: 0 done, or nothing that can be done; 1 beside what was done, something was in the way of a rule (open, immutable or
another user's) or failed, or the plan was not confirmed; 2 something failed and nothing was done; 75 another clean is running.
With --quiet, a run that does nothing and leaves alone just what the last one left is silent and ends with 0.")]
pub struct CleanArgs {
    /// Show the plan and do nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do it without asking
    #[arg(long, short)]
    yes: bool,
    /// Follow the rules even where the disk is not as full as the config wants it to be
    #[arg(long)]
    always: bool,
}

/// Plans, shows, asks, applies and reports.
///
/// # Errors
/// When the config or its rules are refused, another clean runs, or the result cannot be written.
pub fn run(args: &CleanArgs, context: &Context) -> Result<Exit> {
    let begun = Instant::now();
    let interrupt = Interrupt::listen()?;
    let loaded = context.config()?;
    let config = &loaded.config;
    let will_apply = args.yes || (!args.dry_run && context.ui.can_ask());
    let _locks = if will_apply { lock(config)? } else { Vec::new() };
    let (plan, clock) = planned(&loaded, args.always, context)?;
    let will_ask = will_apply && !args.yes;
    let show = Show { context, name: &config.name, root: &config.root, will_ask, begun };
    if plan.is_empty() || !will_apply {
        if will_apply {
            note_reading(config, &clock);
        }
        return Ok(exit(show.report(&plan, None)?, args.dry_run));
    }
    if !args.yes {
        show.report(&plan, None)?;
        if !context.ui.confirm("Do this?")? {
            return Ok(exit(CleanOutcome::Planned, false));
        }
    }
    let bar = context.ui.steps_bar(plan.len());
    let outcome = clean::apply(&plan, clock.now, interrupt.is_at_work(), &mut |progress| {
        bar.set_position(progress.steps as u64);
        bar.set_message(human::bytes(progress.freed));
    });
    bar.finish_and_clear();
    let left = clean::left_alone(&plan, &outcome);
    let is_told = left.is_some() && left == clock.left();
    write_reading(config, &clock.reading().leaving(left));
    if is_told && show.is_silent() {
        return Ok(interrupt.exit().unwrap_or(Exit::Done));
    }
    let ended = show.report(&plan, Some(&outcome))?;
    Ok(interrupt.exit().unwrap_or_else(|| exit(ended, false)))
}

/// Does at once what the rules allow, for a recovery on a full disk, and ceases when its time is up; says what.
///
/// # Errors
/// When another run cleans already, the rules are refused or the folders cannot be read.
pub(super) fn make_room(loaded: &Loaded, context: &Context, until: Instant) -> Result<String> {
    let config = &loaded.config;
    // Without a state folder it is the recovery itself that holds the root.
    let _locks = state_locks(config)?;
    let (plan, clock) = planned(loaded, true, context)?;
    let is_late = AtomicBool::new(Instant::now() >= until);
    let outcome = clean::apply(&plan, clock.now, &is_late, &mut |_| {
        is_late.fetch_or(Instant::now() >= until, Ordering::Relaxed);
    });
    let report = clean::tell(&plan, Some(&outcome), &config.name, 0);
    Ok(render::clean_line(&report).trim().to_owned())
}

/// What is to be done now, and what time that is. Before older backups go, those that stay are read to their end.
fn planned(loaded: &Loaded, is_always: bool, context: &Context) -> Result<(Plan, Clock)> {
    let config = &loaded.config;
    let mut policy = policy(loaded, is_always, context);
    let clock = clock(&config.state_dir);
    let survey = |policy: &Policy| clean::survey(policy, std::slice::from_ref(&config.state_dir));
    let plan = clean::plan(survey(&policy)?, &policy, &clock);
    let taken = plan.names_in(&config.backup.dir);
    if taken.is_empty() {
        return Ok((plan, clock));
    }
    let Proven { files, flaws } = proven(config, &taken);
    policy.spared.extend(files);
    let mut plan = clean::plan(survey(&policy)?, &policy, &clock);
    for flaw in flaws {
        plan.fault(config.backup.dir.clone(), format!("{flaw}; the backup before it stays as well"));
    }
    Ok((plan, clock))
}

/// Where nothing can be said of the backups, none of them goes.
fn proven(config: &Config, taken: &HashSet<OsString>) -> Proven {
    let dir = &config.backup.dir;
    backup::proven(dir, &config.state_dir, taken, Utc::now())
        .unwrap_or_else(|_| Proven { files: vec![dir.clone()], flaws: Vec::new() })
}

/// Only one run at a time. Where there is no state folder, the root holds.
fn lock(config: &Config) -> Result<Vec<Lock>, LockError> {
    let locks = state_locks(config)?;
    Ok(if locks.is_empty() { vec![Lock::take_folder(&config.root)?] } else { locks })
}

/// The file says who runs; the folder holds also on a disk without room for a file.
fn state_locks(config: &Config) -> Result<Vec<Lock>, LockError> {
    let file = match store::create_folder(&config.state_dir, STATE_MODE) {
        Ok(()) => match Lock::take(&config.state_dir.join(LOCK), "clean", Utc::now()) {
            Err(LockError::Io { .. }) => None,
            other => Some(other?),
        },
        Err(_) => None,
    };
    let folder = match Lock::take_folder(&config.state_dir) {
        Err(LockError::Io { .. }) => None,
        other => Some(other?),
    };
    Ok(file.into_iter().chain(folder).collect())
}

fn policy(loaded: &Loaded, is_always: bool, context: &Context) -> Policy {
    let config = &loaded.config;
    let home = context.environment.home.clone();
    let mut rules = if config.clean.rules.is_empty() {
        let logs: Vec<PathBuf> = config.services.iter().filter_map(|s| s.log_file.clone()).collect();
        let built_in = clean::built_in_rules(Places {
            root: &config.root,
            state_dir: &config.state_dir,
            report_dir: &config.logs.report_dir,
            logs: &logs,
        });
        clean::fitting(built_in, &config.root, home.as_deref())
    } else {
        clean::rules(&config.clean.rules)
    };
    rules.extend(clean::leftovers(&rules));
    let marks = Marks {
        high: config.clean.if_disk_above_percent.map(|percent| percent.0),
        low: config.clean.until_disk_below_percent.map(|percent| percent.0),
    };
    Policy {
        root: config.root.clone(),
        roots: config.clean.roots.clone(),
        home,
        rules,
        marks: if is_always { Marks::default() } else { marks },
        spared: spared(loaded),
        run_as: config.run_as,
        evidence_since: clean::evidence_since(&config.root, SystemTime::now()),
    }
}

/// What services and fuelops itself cannot do without, and the backups that stand for each source.
fn spared(loaded: &Loaded) -> Vec<PathBuf> {
    let services = loaded.config.services.iter();
    let files = services.flat_map(|service| [service.env_file.clone(), service.pid_file.clone()]);
    let mut spared: Vec<PathBuf> = files.flatten().collect();
    if let Origin::File { path, .. } = &loaded.origin {
        spared.push(path.clone());
    }
    let config = &loaded.config;
    // Where nothing can be said of the backups, none of them goes.
    let backups = backup::protected(&config.backup.dir, &config.state_dir, Utc::now());
    spared.extend(backups.unwrap_or_else(|_| vec![config.backup.dir.clone()]));
    spared
}

fn clock(state_dir: &Path) -> Clock {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Clock {
        now: i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        kernel: platform::kernel_clock(),
        last: last_reading(&state_dir.join(READING)),
    }
}

/// What cannot be read, or was not written by us, says nothing.
fn last_reading(path: &Path) -> Option<Reading> {
    let mut text = String::new();
    File::open(path).ok()?.take(MAX_READING).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// A disk that is still full forgets the time of this run; the next one has one witness less.
fn note_reading(config: &Config, clock: &Clock) {
    write_reading(config, &clock.reading());
}

fn write_reading(config: &Config, reading: &Reading) {
    if let Ok(text) = serde_json::to_vec(reading) {
        store::write_atomic(&config.state_dir.join(READING), &text, FILE_MODE).unwrap_or(());
    }
}

/// How results of one run are shown.
struct Show<'a> {
    context: &'a Context,
    name: &'a str,
    root: &'a Path,
    /// A plan is followed by a question.
    will_ask: bool,
    begun: Instant,
}

impl Show<'_> {
    /// Only what needs attention is told.
    fn is_silent(&self) -> bool {
        self.context.ui.quiet && self.context.ui.format == Format::Table
    }

    /// Shows a plan or what came of it; the answer is how it ended.
    fn report(&self, plan: &Plan, outcome: Option<&Outcome>) -> Result<CleanOutcome> {
        let elapsed = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let report = clean::tell(plan, outcome, self.name, elapsed);
        let ui = &self.context.ui;
        if !self.is_silent() {
            ui.report("clean", SCHEMA, &report, || {
                render::clean(&report, self.apply_command().as_deref(), &self.look_command())
            })?;
        } else if report.outcome != CleanOutcome::NothingToDo {
            ui.result(render::clean_line(&report).as_bytes())?;
            report
                .errors
                .iter()
                .take(QUIET_ERRORS)
                .for_each(|e| ui.error(&format!("{}: {}", e.path, e.error)));
        }
        Ok(report.outcome)
    }

    /// Where no rule takes anything, somebody else's files fill the disk.
    fn look_command(&self) -> String {
        format!("du -xh -d 2 {} | sort -h | tail", shell::quote(&self.root.to_string_lossy()))
    }

    fn apply_command(&self) -> Option<String> {
        (!self.will_ask).then(|| self.context.command(["clean", "--yes"]))
    }
}

/// A plan that nobody confirmed is not done; one that was only asked for is.
fn exit(outcome: CleanOutcome, is_dry_run: bool) -> Exit {
    match outcome {
        CleanOutcome::NothingToDo | CleanOutcome::Done => Exit::Done,
        CleanOutcome::Planned if is_dry_run => Exit::Done,
        CleanOutcome::Planned | CleanOutcome::Degraded | CleanOutcome::Interrupted => {
            Exit::Verdict(Verdict::Degraded)
        }
        CleanOutcome::Failed => Exit::Verdict(Verdict::Critical),
    }
}
