//! One recovery from its first look to its report.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use chrono::{DateTime, Local, Utc};

use crate::cli::commands::recover::interrupt::Interrupt;
use crate::cli::commands::recover::outfit;
use crate::cli::commands::{health, run};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::config::Loaded;
use crate::model::Finding;
use crate::monitor;
use crate::platform;
use crate::recover::{
    self, Budget, Decision, Entry, JOURNAL, LastRun, Options, Plan, RecoveryLog, Scope, Scribe, Step, Wish,
};
use crate::render;
use crate::report::{Outage, Outcome, RecoverReport, RecoverStep, StepStatus};
use crate::service::Inventory;
use crate::store::{self, Lock};

const LOG: &str = "recovery.log";
const REPORT_MODE: u32 = 0o600;

/// Everything about one run.
pub(super) struct Session<'a> {
    context: &'a Context,
    loaded: &'a Loaded,
    wish: Wish,
    interrupt: Interrupt,
    total: Duration,
    budget: Budget,
    begun: Instant,
    now: DateTime<Utc>,
    run_id: String,
    /// `None` where this process is the guard: its lock came with it.
    lock: Option<Lock>,
    is_guard: bool,
    skip: BTreeSet<Step>,
    /// What the guard is called with.
    words: Vec<String>,
    last: Option<LastRun>,
    findings: Vec<Finding>,
    plan: Plan,
    /// Since when the first of what is to be started has been down.
    outage: Option<Outage>,
    planned_ms: u64,
}

impl<'a> Session<'a> {
    /// Reads what an earlier run has left; takes the lock where something may be done, and makes nothing where not.
    pub(super) fn begin(
        context: &'a Context,
        loaded: &'a Loaded,
        wish: Wish,
        will_apply: bool,
        budget: Duration,
        begun: Instant,
        interrupt: Interrupt,
    ) -> Result<Self> {
        let mut session = Self::inherit(context, loaded, wish, budget, begun, interrupt)?;
        session.lock = match will_apply {
            true => Some(run::site_of(&loaded.config).lock("recover", session.now)?),
            false => None,
        };
        session.is_guard = false;
        Ok(session)
    }

    /// Goes on under a lock that another process took.
    pub(super) fn inherit(
        context: &'a Context,
        loaded: &'a Loaded,
        wish: Wish,
        budget: Duration,
        begun: Instant,
        interrupt: Interrupt,
    ) -> Result<Self> {
        let now = Utc::now();
        let journal = loaded.config.state_dir.join(JOURNAL);
        let last = LastRun::read(&journal).unwrap_or_else(|error| {
            context.ui.warn(&format!("the journal of the last recovery is not readable: {error}"));
            None
        });
        Ok(Self {
            context,
            loaded,
            wish,
            interrupt,
            total: budget,
            budget: Budget::new(begun, budget),
            begun,
            now,
            run_id: recover::run_id(now, std::process::id()),
            lock: None,
            is_guard: true,
            skip: BTreeSet::new(),
            words: Vec::new(),
            last,
            findings: Vec::new(),
            plan: Plan::default(),
            outage: None,
            planned_ms: 0,
        })
    }

    pub(super) fn skip(&mut self, steps: BTreeSet<Step>) {
        self.skip = steps;
    }

    /// The guard does what this run was asked to do.
    pub(super) fn guard_words(&mut self, mut words: Vec<String>, budget: Duration) {
        words.extend(["--budget".to_owned(), format!("{}ms", budget.as_millis()), "--guard".to_owned()]);
        self.words = words;
    }

    /// Where the first process was still stopping, what it asked to end may end at any moment: that is stopped to the
    /// end and started anew, however healthy it still looks.
    pub(super) fn go_on_stopping(&mut self) {
        let half_stopped = |last: &&LastRun| !last.was_starting && !last.start.is_empty();
        if let Some(last) = self.unfinished().filter(half_stopped) {
            self.wish = Wish { scope: Scope::Full, targets: last.start.clone(), ..Wish::default() };
        }
    }

    /// Measures and decides.
    pub(super) fn planned(&mut self) -> Result<RecoverReport> {
        let config = &self.loaded.config;
        let health = health::measure(self.loaded, &health::plan(config))?;
        let inventories = run::site_of(config)
            .look(&config.services, self.now)
            .context("cannot list the processes of this machine")?;
        self.findings = health.findings;
        self.plan = recover::plan(&self.findings, &inventories, &self.wish);
        self.take_over(&inventories);
        self.outage = self.outage(&inventories);
        self.planned_ms = milliseconds(self.begun.elapsed());
        let outcome = self.outcome();
        let mut report = recover::planned(&config.name, &self.run_id, &self.plan, &self.findings, outcome);
        if let Some(why) = self.breaker().filter(|_| outcome == Outcome::CircuitOpen) {
            report.summary = format!("{why}; find out why before it is tried again");
        }
        (report.outage, report.elapsed_ms) = (self.outage, self.planned_ms);
        Ok(report)
    }

    /// The earliest end of a service of which nothing runs any more.
    fn outage(&self, inventories: &[Inventory]) -> Option<Outage> {
        let config = &self.loaded.config;
        let site = run::site_of(config);
        let started = self.plan.started();
        let is_down = |found: &&Inventory| {
            started.contains(&found.service)
                && found.managed.is_none()
                && found.own.is_empty()
                && found.orphans.is_empty()
        };
        let of = |found: &Inventory| {
            let service = config.services.iter().find(|service| service.name == found.service)?;
            recover::outage(&service.name, &site.log_files(service), self.now)
        };
        inventories.iter().filter(is_down).filter_map(of).min_by_key(|outage| outage.since)
    }

    fn outcome(&self) -> Outcome {
        match self.plan.decision {
            Decision::NotNeeded => Outcome::NotNeeded,
            Decision::Refuse => Outcome::Refused,
            Decision::Act if self.breaker().is_some() => Outcome::CircuitOpen,
            Decision::Act => Outcome::Planned,
        }
    }

    fn breaker(&self) -> Option<String> {
        if self.wish.force || self.is_guard {
            return None;
        }
        let past = self.last.as_ref().map(LastRun::history).unwrap_or_default();
        // A run that broke off a moment ago is finished, not judged.
        let past =
            if self.unfinished().is_some() { &past[..past.len().saturating_sub(1)] } else { &past[..] };
        recover::breaker(past, &self.plan.faults, self.now)
    }

    /// The run that broke off and is still to be finished, if there is one.
    fn unfinished(&self) -> Option<&LastRun> {
        let boot = platform::boot_id().unwrap_or_default();
        self.last.as_ref().filter(|last| last.is_to_be_finished(&boot, self.now))
    }

    /// What a run that broke off was about to start is started.
    fn take_over(&mut self, inventories: &[Inventory]) {
        let Some(last) = self.unfinished().cloned() else { return };
        self.context.ui.note(&format!("the recovery {} broke off; this one finishes it", last.run_id));
        self.plan.also_start(&last.start, inventories);
    }

    /// Everything up to the first signal.
    pub(super) fn drilled(&mut self) -> RecoverReport {
        let config = &self.loaded.config;
        let begun = Instant::now();
        let mut crew = outfit::crew(
            self.context,
            self.loaded,
            self.lock.as_ref(),
            &self.findings,
            &self.interrupt,
            None,
        );
        let snapshot = recover::Hands::snapshot(&mut crew, &self.plan, self.budget.snapshot_until(begun));
        let mut report =
            recover::planned(&config.name, &self.run_id, &self.plan, &self.findings, Outcome::Planned);
        if let Some(step) = report.steps.iter_mut().find(|step| step.name == "snapshot") {
            *step = RecoverStep {
                name: step.name.clone(),
                status: if snapshot.problem.is_some() { StepStatus::Partial } else { StepStatus::Done },
                elapsed_ms: milliseconds(begun.elapsed()),
                detail: snapshot.problem.unwrap_or(snapshot.detail),
            };
        }
        report.summary = format!("drill: {}", report.summary);
        report.elapsed_ms = milliseconds(self.begun.elapsed());
        report
    }

    /// Somebody has read the plan: that time is not the recovery's.
    pub(super) fn confirmed(&mut self) {
        (self.begun, self.now) = (Instant::now(), Utc::now());
        self.budget = Budget::new(self.begun, self.total);
    }

    /// Services that do not run because an operator stopped them.
    pub(super) fn parked(&self) -> &[String] {
        &self.plan.parked
    }

    /// Whether a service does not start for a stranger on its port.
    pub(super) fn is_squatted(&self) -> bool {
        self.plan.is_squatted
    }

    /// Whether the plan has anything to do.
    pub(super) fn has_work(&self) -> bool {
        self.plan.decision == Decision::Act
    }

    /// Ends the journal of a run whose work turned out to be done.
    pub(super) fn close(&self) {
        self.scribe().write(&Entry::End { outcome: self.outcome(), at: Utc::now() });
    }

    /// Does what was planned.
    pub(super) fn apply(&mut self) -> Result<RecoverReport> {
        let config = &self.loaded.config;
        let mut log = RecoveryLog::new(&config.root.join(LOG));
        self.interrupt.at_work.store(1, Ordering::Relaxed);
        let mut scribe = self.scribe();
        log.line(Local::now(), &format!("recover {}: {}", self.run_id, self.plan.summary));
        let mut crew = outfit::crew(
            self.context,
            self.loaded,
            self.lock.as_ref(),
            &self.findings,
            &self.interrupt,
            (!self.is_guard).then_some(&self.words[..]),
        );
        let options = Options { budget: self.budget, skip: self.skip.clone(), down_since: self.down_since() };
        let mut done = recover::run(&self.plan, &options, &mut crew, &mut scribe, &mut log);
        done.manifest = crew.manifest.clone();
        crew.relieve_guard();
        drop(crew);
        self.interrupt.at_work.store(0, Ordering::Relaxed);
        let mut report = recover::of_done(&config.name, &self.run_id, &self.plan, &self.findings, done);
        (report.outage, report.elapsed_ms) = (self.outage, milliseconds(self.begun.elapsed()));
        self.save(&mut report);
        // Free first: what the monitor sees it may act on.
        self.lock = None;
        monitor::wake(&config.state_dir, self.plan.started());
        Ok(report)
    }

    fn down_since(&self) -> Option<DateTime<Utc>> {
        self.unfinished().and_then(|last| last.stopping_since)
    }

    fn scribe(&self) -> Scribe {
        let begin = Entry::Begin {
            run_id: self.run_id.clone(),
            boot_id: platform::boot_id().unwrap_or_default(),
            at: self.now,
            pid: std::process::id(),
            start: self.plan.started(),
            faults: self.plan.faults.clone(),
            past: self.last.as_ref().map(LastRun::history).unwrap_or_default(),
        };
        Scribe::begin(&self.loaded.config.state_dir.join(JOURNAL), &begin)
    }

    /// Beside the logs that were kept, else among the other reports.
    fn save(&self, report: &mut RecoverReport) {
        let begun = Instant::now();
        let stamp = self.now.with_timezone(&Local).format("%Y%m%d_%H%M%S");
        let path: PathBuf = match &report.preserved.path {
            Some(folder) => PathBuf::from(folder).join("recovery.md"),
            None => self.loaded.config.logs.report_dir.join(format!("recovery_{stamp}.md")),
        };
        report.report_path = Some(path.to_string_lossy().into_owned());
        let text = render::markdown(&render::recover(report));
        let written = path
            .parent()
            .map_or(Ok(()), |folder| store::create_folder(folder, 0o755))
            .and_then(|()| store::write_own(&path, text.as_bytes(), REPORT_MODE));
        let (status, detail) = match written {
            Ok(()) => (StepStatus::Done, path.to_string_lossy().into_owned()),
            Err(error) => {
                report.report_path = None;
                (StepStatus::Partial, format!("{error}: {}", error.source))
            }
        };
        let elapsed_ms = milliseconds(begun.elapsed());
        report.steps.push(RecoverStep { name: "report".to_owned(), status, elapsed_ms, detail });
    }

    /// The exit code of somebody who interrupted.
    pub(super) fn interrupted(&self) -> Option<Exit> {
        self.interrupt.exit()
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
