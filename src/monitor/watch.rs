//! The loop: one thread that waits for ends, letters, signals and the next thing that is due, and has everything that
//! takes time done by others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::Utc;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::alert::Notice;
use crate::checks::Plan;
use crate::config::MaintenanceWindow;
use crate::diagnose::Tools;
use crate::model::Finding;
use crate::monitor::claim::Claim;
use crate::monitor::clock::{BEGIN, Clock};
use crate::monitor::control::{self, Door};
use crate::monitor::cover::Ties;
use crate::monitor::hands::Hands;
use crate::monitor::journal::{Journal, Memory};
use crate::monitor::looks::Looks;
use crate::monitor::mailbox::{Mail, Mailbox, mailbox};
use crate::monitor::news::News;
use crate::monitor::prober::Prober;
use crate::monitor::reading::Inquiries;
use crate::monitor::silence::Silences;
use crate::monitor::{Decision, Entry, Event, Fleet, Machine, Order, Outcome, Phase, Policy, cover, status};
use crate::platform::{self, Arrivals, GroupKills, caller_uid};
use crate::process::Bound;
use crate::report::MonitorReport;
use crate::service::Site;
use crate::text::human;

/// Everything is looked at closely this often, well or not; sooner where a memory limit has to be kept.
const CLOSELY: Duration = Duration::from_secs(300);
const CLOSELY_FOR_LIMITS: Duration = Duration::from_secs(30);
/// What runs for so long without anything to ask it by is well.
pub(super) const STEADY: Duration = Duration::from_secs(1);
/// What was needed for a start or a close look is given back after so long.
pub(super) const SETTLES: Duration = Duration::from_secs(3);
/// What is left to be written at the end may take so long.
const LAST_LINES: Duration = Duration::from_secs(2);
/// `--once` ends at the latest after the longest start and this.
const ONCE: Duration = Duration::from_secs(30);

/// What is watched, and where.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Name of the system.
    pub name: String,
    pub plan: Plan,
    pub site: Site,
    pub log_file: PathBuf,
    /// When nobody is told.
    pub maintenance: Vec<MaintenanceWindow>,
}

impl Setup {
    /// Whether a running monitor can go on with that one.
    ///
    /// # Errors
    /// What needs a new monitor.
    pub fn may_become(&self, next: &Self) -> Result<(), String> {
        if next.site.state_dir == self.site.state_dir {
            Ok(())
        } else {
            Err("state_dir is another one; that needs a new monitor".to_owned())
        }
    }
}

/// How it is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Forever,
    /// Until everything has settled.
    Once,
    /// Decide and do nothing, write nothing.
    Rehearse,
}

/// Why it ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Signal(i32),
    /// Everything has settled.
    Settled(Box<MonitorReport>),
}

/// What somebody has to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    News(Box<Notice>),
    /// Somebody takes care of this incident.
    Acknowledged(String),
    /// Of these incidents, and of no others, nobody is reminded for now.
    Hushed(BTreeSet<String>),
    /// The monitor is there: for whoever raises the alarm when this ceases.
    Alive,
}

/// What the loop needs of those above.
#[expect(missing_debug_implementations, reason = "it holds functions")]
pub struct Callers<'a> {
    /// Reads the config anew, in place of this one; an error says why it is refused.
    pub reload: &'a mut dyn FnMut(&Setup) -> Result<Setup, String>,
    /// Is told everything that is written down.
    pub say: &'a mut dyn FnMut(&Entry),
    /// Hands on what somebody has to be told; never waits.
    pub notify: &'a mut dyn FnMut(Told),
    pub tools: Tools,
    /// Incidents that somebody was told of before, and that are not over as far as they know.
    pub standing: Vec<Notice>,
}

/// Watches until it is asked to end. The services live on.
///
/// # Errors
/// When signals, threads or files are refused.
pub fn watch(setup: Setup, mode: Mode, claim: Claim, callers: Callers<'_>) -> Result<End> {
    let state_dir = setup.site.state_dir.clone();
    platform::share_one_arena();
    let arrivals = Arrivals::of(&[libc::SIGTERM, libc::SIGINT, libc::SIGHUP])?;
    let (mailbox, mail) = mailbox()?;
    let keeps = mode != Mode::Rehearse;
    let journal = if keeps { Some(Journal::start(&state_dir, &setup.log_file)?) } else { None };
    // Without it everything but the questions works.
    let door = if keeps { Some(control::listen(&state_dir, mailbox.clone())) } else { None };
    let (door, deaf) = match door {
        Some(Err(error)) => (None, Some(error)),
        door => (door.and_then(Result::ok), None),
    };
    let prober = Prober::start(setup.plan.clone(), mailbox.clone())?;
    let hands = Hands::new(setup.site.clone(), setup.plan.clone(), callers.tools, mailbox.clone());
    let ties = Ties::of(&setup.plan);
    let instant = Instant::now();
    let mut watch = Watch {
        setup,
        mode,
        callers,
        arrivals,
        mail,
        _mailbox: mailbox,
        _door: door,
        journal,
        prober,
        hands,
        clock: Clock::new(instant, Utc::now()),
        now: BEGIN,
        epoch: 0,
        fleet: Fleet::new(),
        held: BTreeMap::new(),
        inquiries: Inquiries::default(),
        keeper: None,
        keeper_due: BEGIN,
        recorded: 0,
        looks: Looks::default(),
        wants_examination: false,
        to_consult: Vec::new(),
        to_start: Vec::new(),
        settles_at: Some(BEGIN + SETTLES),
        closely_due: BEGIN + CLOSELY_FOR_LIMITS,
        findings: Vec::new(),
        entries: BTreeMap::new(),
        news: News::default(),
        ties,
        silences: Silences::default(),
        hushed: None,
        alive_due: BEGIN,
        refused_config: None,
        is_changed: false,
    };
    if let Some(error) = deaf {
        watch.note(&format!("cannot be asked: its socket cannot be made: {error}"));
    }
    let end = watch.run();
    if let Some(journal) = watch.journal.take() {
        journal.end(LAST_LINES);
    }
    drop(claim);
    Ok(end)
}

/// A service's process that is held.
pub(super) struct Held {
    pub(super) bound: Bound,
    pub(super) since: Duration,
    /// Whom the kernel had killed for want of memory around it.
    pub(super) kills: Option<GroupKills>,
    /// Its end was seen then, and somebody finds out how it ended.
    pub(super) ended: Option<Duration>,
}

pub(super) struct Watch<'a> {
    pub(super) setup: Setup,
    pub(super) mode: Mode,
    pub(super) callers: Callers<'a>,
    pub(super) arrivals: Arrivals,
    pub(super) mail: Mail,
    pub(super) _mailbox: Mailbox,
    pub(super) _door: Option<Door>,
    pub(super) journal: Option<Journal>,
    pub(super) prober: Prober,
    pub(super) hands: Hands,
    pub(super) clock: Clock,
    pub(super) now: Duration,
    /// Counts lapses: what was asked for before the last one says nothing.
    pub(super) epoch: u64,
    pub(super) fleet: Fleet,
    pub(super) held: BTreeMap<String, Held>,
    pub(super) inquiries: Inquiries,
    pub(super) keeper: Option<Bound>,
    pub(super) keeper_due: Duration,
    /// Events that were recorded.
    pub(super) recorded: u64,
    pub(super) looks: Looks,
    pub(super) wants_examination: bool,
    /// What this turn has decided to look for, and to start.
    to_consult: Vec<String>,
    to_start: Vec<String>,
    /// What is not needed any more is given back then.
    pub(super) settles_at: Option<Duration>,
    pub(super) closely_due: Duration,
    pub(super) findings: Vec<Finding>,
    pub(super) entries: BTreeMap<String, VecDeque<Entry>>,
    pub(super) news: News,
    pub(super) ties: Ties,
    pub(super) silences: Silences,
    /// Incidents of which nobody is reminded, once that was said.
    pub(super) hushed: Option<BTreeSet<String>>,
    /// When it says at the latest that it is there; sooner where a silence ends.
    pub(super) alive_due: Duration,
    pub(super) refused_config: Option<String>,
    pub(super) is_changed: bool,
}

/// What is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ready {
    Signals,
    Mail,
    Keeper,
    End(String),
}

impl Watch<'_> {
    fn run(&mut self) -> End {
        self.begin();
        let once_until = self.now + ONCE + self.longest_start();
        loop {
            let due = self.due();
            let ready = self.wait(due);
            self.turn(due);
            for ready in ready {
                match ready {
                    Ready::Signals => {
                        if let Some(signal) = self.signals() {
                            self.note("ends, asked by a signal; the services live on");
                            self.remember();
                            return End::Signal(signal);
                        }
                    }
                    Ready::Mail => self.read_mail(),
                    Ready::Keeper => self.lost_its_keeper(),
                    Ready::End(target) => self.ended(&target),
                }
            }
            self.live();
            let decisions = self.fleet.tick(self.now);
            self.carry_out(decisions);
            self.look_closely();
            self.hold();
            self.hand_over();
            self.settle();
            if self.is_changed {
                self.remember();
            }
            if self.mode != Mode::Forever && (self.has_settled() || self.now >= once_until) {
                self.remember();
                return End::Settled(Box::new(self.report()));
            }
        }
    }

    fn begin(&mut self) {
        let decisions = self.fleet.set_targets(targets(&self.setup.plan), seed(), self.now);
        self.carry_out(decisions);
        if let Some(memory) = Memory::read(&self.setup.site.state_dir) {
            let away = (Utc::now() - memory.at).to_std().unwrap_or_default();
            let decisions = self.fleet.resume(memory.fleet, memory.clock + away, self.now);
            self.news = memory.news;
            self.silences = memory.silences;
            self.carry_out(decisions);
        }
        let standing = std::mem::take(&mut self.callers.standing);
        self.take_over(standing);
        self.record_scene();
        let (services, checks) = (self.setup.plan.services.len(), self.setup.plan.checks.len());
        let (services, checks) =
            (human::plural(services as u64, "service"), human::plural(checks as u64, "check"));
        let rehearses = if self.mode == Mode::Rehearse { "; nothing is done for real" } else { "" };
        self.note(&format!("watches {services} and {checks}{rehearses}"));
        if self.mode != Mode::Rehearse {
            self.hands.mind_the_keeper();
        }
    }

    fn longest_start(&self) -> Duration {
        self.setup.plan.services.iter().map(|service| service.start_timeout).max().unwrap_or_default()
    }

    /// When the loop has to be awake again.
    fn due(&self) -> Duration {
        let keeper = self.keeper.is_none().then_some(self.keeper_due).filter(|_| !self.held.is_empty());
        let looks =
            [Some(self.closely_due), Some(self.alive_due), self.fleet.next(), keeper, self.settles_at];
        looks.into_iter().flatten().min().unwrap_or(self.closely_due)
    }

    fn wait(&self, due: Duration) -> Vec<Ready> {
        let living = || self.held.iter().filter(|(_, held)| held.ended.is_none());
        // Signals, mail and the keeper beside them.
        let mut fds = Vec::with_capacity(self.held.len() + 3);
        fds.push(PollFd::from_borrowed_fd(self.arrivals.as_fd(), PollFlags::IN));
        fds.push(PollFd::from_borrowed_fd(self.mail.as_fd(), PollFlags::IN));
        fds.extend(self.keeper.iter().map(|keeper| PollFd::from_borrowed_fd(keeper.as_fd(), PollFlags::IN)));
        fds.extend(living().map(|(_, held)| PollFd::from_borrowed_fd(held.bound.as_fd(), PollFlags::IN)));
        let limit = due.saturating_sub(self.clock.at(Instant::now()));
        let limit =
            Timespec { tv_sec: limit.as_secs().cast_signed(), tv_nsec: i64::from(limit.subsec_nanos()) };
        // Interrupted: then there is a signal to be seen at the next turn.
        poll(&mut fds, Some(&limit)).unwrap_or(0);
        let first =
            [Ready::Signals, Ready::Mail].into_iter().chain(self.keeper.iter().map(|_| Ready::Keeper));
        let mut is_ready = fds.iter().map(|fd| !fd.revents().is_empty());
        let mut ready: Vec<Ready> =
            first.zip(is_ready.by_ref()).filter(|(_, is_ready)| *is_ready).map(|(key, _)| key).collect();
        let ended = living().zip(is_ready).filter(|(_, is_ready)| *is_ready);
        ready.extend(ended.map(|((target, _), _)| Ready::End(target.clone())));
        ready
    }

    fn turn(&mut self, due: Duration) {
        let instant = Instant::now();
        self.now = self.clock.at(instant);
        if let Some(lapse) = self.clock.turn(instant, Utc::now(), Some(due)) {
            self.epoch += 1;
            self.note(&format!("{lapse}: what was measured meanwhile says nothing"));
        }
    }

    /// The signal that asks it to end.
    fn signals(&mut self) -> Option<i32> {
        let arrived = self.arrivals.take();
        if arrived.iter().any(|arrived| arrived.signal == libc::SIGHUP) {
            self.reload();
        }
        arrived.iter().map(|arrived| arrived.signal).find(|signal| *signal != libc::SIGHUP)
    }

    fn reload(&mut self) {
        match (self.callers.reload)(&self.setup) {
            Ok(setup) => {
                let decisions = self.fleet.set_targets(targets(&setup.plan), seed(), self.now);
                self.prober.set_targets(setup.plan.clone());
                self.ties = Ties::of(&setup.plan);
                self.hands.site = setup.site.clone();
                self.hands.plan = std::sync::Arc::new(setup.plan.clone());
                if let Some(journal) = &self.journal {
                    journal.set_log_file(&setup.log_file);
                }
                self.held.retain(|target, _| setup.plan.services.iter().any(|s| s.name == *target));
                self.setup = setup;
                self.refused_config = None;
                self.record_scene();
                self.note("read its config anew");
                self.carry_out(decisions);
            }
            Err(why) => {
                self.note(&format!("refused the new config and goes on with the old one: {why}"));
                self.refused_config = Some(why);
            }
        }
    }

    pub(super) fn ended(&mut self, target: &str) {
        let Some(held) = self.held.get_mut(target) else { return };
        held.ended = Some(self.now);
        self.hands.inquire(target, held.bound.identity().pid, held.kills.clone());
    }

    fn lost_its_keeper(&mut self) {
        self.keeper = None;
        self.keeper_due = self.now + STEADY;
        if self.held.is_empty() {
            // With nothing to keep it ends by itself.
            return;
        }
        self.hands.mind_the_keeper();
        self.note("the keeper of the services has ended; a new one goes on reading what they print");
    }

    /// Looks at everything closely where that is due or wanted; one look at a time serves all.
    fn look_closely(&mut self) {
        if self.now >= self.closely_due {
            self.wants_examination = true;
        }
        if !self.wants_examination {
            return;
        }
        if self.looks.may_begin(self.now) {
            let has_limits = self.setup.plan.services.iter().any(|service| service.limits.memory.is_some());
            let span = if has_limits { CLOSELY_FOR_LIMITS } else { CLOSELY };
            self.closely_due = self.now + span;
            self.wants_examination = false;
            let generation = self.looks.begin(self.now);
            if !self.hands.examine(generation, self.epoch) {
                self.looks.end(generation);
                self.wants_examination = true;
                self.closely_due = self.now + STEADY;
            }
        } else {
            // One that hangs for good is not waited for.
            self.closely_due = self.closely_due.max(self.now + STEADY);
        }
    }

    pub(super) fn carry_out(&mut self, decisions: Vec<Decision>) {
        for decision in decisions {
            self.is_changed |= decision.is_told();
            self.explain(&decision);
            self.announce(&decision);
            let target = decision.target;
            match decision.order {
                Order::Probe => self.prober.probe(&target, self.is_check(&target), self.epoch),
                Order::Examine => self.wants_examination = true,
                Order::Consult => self.to_consult.push(target),
                Order::Start if self.mode != Mode::Rehearse => self.to_start.push(target),
                Order::Restart { .. } if self.mode != Mode::Rehearse => self.hands.restart(&target),
                Order::Start | Order::Restart { .. } => {
                    self.happened(&target, Event::Acted { outcome: Outcome::Rehearsed });
                }
                _ => {}
            }
        }
    }

    /// Hands on what a turn has come to: one look at the processes serves all that it is for.
    fn hand_over(&mut self) {
        if !self.to_consult.is_empty() {
            self.hands.consult(std::mem::take(&mut self.to_consult));
        }
        if !self.to_start.is_empty() {
            self.hands.start(&std::mem::take(&mut self.to_start));
        }
        if let Some(journal) = &mut self.journal {
            journal.flush();
        }
    }

    /// Gives back what starting, or a close look, has needed.
    fn settle(&mut self) {
        if self.settles_at.is_some_and(|at| at <= self.now) {
            platform::release_idle_memory();
            self.settles_at = None;
        }
    }

    fn has_settled(&self) -> bool {
        let is_open = |machine: &Machine| {
            matches!(
                machine.phase(),
                Phase::Unseen | Phase::Starting { .. } | Phase::Suspect | Phase::Examined | Phase::Acting
            )
        };
        !self.fleet.machines().iter().any(is_open)
    }

    pub(super) fn report(&self) -> MonitorReport {
        let itself = status::Itself {
            uptime: self.now.saturating_sub(BEGIN),
            lost_lines: self.journal.as_ref().map_or(0, Journal::lost),
            refused_config: self.refused_config.clone(),
            silences: self.silences_now().list(Utc::now()),
        };
        let cause =
            |target: &str| cover::cause(target, &self.fleet, &self.findings, &self.ties).map(str::to_owned);
        status::report(&self.setup, &self.fleet, self.now, itself, &cause)
    }
}

fn targets(plan: &Plan) -> Vec<(String, Policy)> {
    let services = plan.services.iter().map(|s| (s.name.clone(), Policy::of_service(s)));
    services.chain(plan.checks.iter().map(|c| (c.name.clone(), Policy::of_check(c)))).collect()
}

/// Monitors that start together wait differently.
fn seed() -> u64 {
    u64::from(std::process::id()) << 32 | u64::from(caller_uid())
}
