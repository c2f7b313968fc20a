//! One target's states. Pure: events go in with the time, decisions come out, nothing is read or written.
//!
//! A target that is down, and that nobody wants down, always has something pending: a probe, a look, a start, or a time
//! at which the next one is due ([`Machine::next`]). What was asked for and never answered is asked for again.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::monitor::{
    Answer, Budget, Decision, Ending, Event, Order, Outcome, Pace, Policy, Reason, Remedy, Restarts, Results,
    Wanted,
};
use crate::text::human;

/// A failing probe is repeated after so long.
const AGAIN: Duration = Duration::from_secs(1);
/// One that was just started is asked this often at first.
const EAGER: Duration = Duration::from_millis(250);
/// What is known to be no good is asked this often, so that its recovery is seen soon.
const PATIENT: Duration = Duration::from_secs(5);
/// What was asked for is asked for again when it has not come for so long.
const LOST: Duration = Duration::from_secs(90);
/// Evidence that is kept of one incident.
const MAX_EVIDENCE: usize = 8;
/// Restarts that are remembered for telling how many there were in a day.
const MAX_REMEMBERED: usize = 256;
/// Signs of one thing that have to come one after the other before a living process is stopped for it.
const STRIKES: u32 = 2;

/// What a target is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "phase")]
pub enum Phase {
    /// Nobody has looked yet.
    Unseen,
    /// It runs, and has until then to be well for the first time.
    Starting {
        until: Duration,
    },
    Healthy {
        since: Duration,
    },
    /// It fails, not often enough to count.
    Suspect,
    /// It fails, and somebody looks why.
    Examined,
    /// It fails, and a restart would not help.
    Failing {
        why: String,
    },
    /// It is being started, or stopped and started.
    Acting,
    /// It is started or restarted then.
    Waiting {
        until: Duration,
        pace: Pace,
    },
    /// It is started when this is well.
    Held {
        need: String,
    },
    /// It is down, and nothing is done on an operator's word.
    Paused,
    /// An operator stopped it.
    Stopped,
    /// Another fuelops works on it.
    InWork,
}

impl Phase {
    /// The word that stands in reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unseen => "unseen",
            Self::Starting { .. } => "starting",
            Self::Healthy { .. } => "healthy",
            Self::Suspect => "suspect",
            Self::Examined => "examined",
            Self::Failing { .. } => "failing",
            Self::Acting => "restarting",
            Self::Waiting { pace: Pace::Slow, .. } => "slow-retry",
            Self::Waiting { .. } => "backing-off",
            Self::Held { .. } => "held",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::InWork => "in-work",
        }
    }
}

/// The span while a target is no good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub id: u64,
    pub since: Duration,
    pub is_acknowledged: bool,
}

/// One target and everything that is remembered of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    pub name: String,
    policy: Policy,
    phase: Phase,
    pid: Option<u32>,
    wish: Wanted,
    is_paused: bool,
    budget: Budget,
    results: Results,
    incident: Option<Incident>,
    incidents: u64,
    /// It was well since it was last known to be bad.
    was_well: bool,
    /// Why a living process would be restarted, and how often in a row that was found.
    strikes: Option<(Reason, u32)>,
    restarts: u64,
    /// The last ones, oldest first.
    restarted: VecDeque<Duration>,
    /// When it was looked at closely for the last time.
    examined: Duration,
    /// When it is looked at next.
    due: Duration,
    /// What is under way, and since when.
    asked: Option<(Order, Duration)>,
    /// Its last words on why it is no good.
    why: String,
}

/// What a machine needs to know beside its own events.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// The first of what it needs that is not well.
    pub missing: Option<&'a str>,
}

impl Machine {
    /// A target that nobody has looked at yet; `seed` makes its waits its own.
    pub fn new(name: &str, policy: Policy, seed: u64, now: Duration) -> Self {
        Self {
            name: name.to_owned(),
            policy,
            phase: Phase::Unseen,
            pid: None,
            wish: Wanted::Up,
            is_paused: false,
            budget: Budget::new(seed),
            results: Results::default(),
            incident: None,
            incidents: 0,
            was_well: false,
            strikes: None,
            restarts: 0,
            restarted: VecDeque::new(),
            examined: now,
            due: now,
            asked: None,
            why: String::new(),
        }
    }

    /// Goes on from what an earlier monitor remembered, whose clock showed `then` when this one's shows `now`.
    #[must_use]
    pub fn resumed(self, past: Self, then: Duration, now: Duration) -> Self {
        let moved = |at: Duration| now.saturating_sub(then.saturating_sub(at));
        let incident = past.incident.map(|incident| Incident { since: moved(incident.since), ..incident });
        Self {
            budget: past.budget.moved(then, now),
            incident,
            incidents: past.incidents,
            restarts: past.restarts,
            restarted: past.restarted.into_iter().map(moved).collect(),
            is_paused: past.is_paused,
            why: past.why,
            ..self
        }
    }

    /// Takes another policy; what was counted stays.
    pub fn set_policy(&mut self, policy: Policy, now: Duration) {
        self.policy = policy;
        self.due = self.due.min(now.saturating_add(self.policy.period));
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    pub fn pid(&self) -> Option<u32> {
        self.pid
    }

    pub fn incident(&self) -> Option<&Incident> {
        self.incident.as_ref()
    }

    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Restarts within so long, as far as they are remembered.
    pub fn restarts_within(&self, span: Duration, now: Duration) -> u64 {
        self.restarted.iter().filter(|at| now.saturating_sub(**at) < span).count() as u64
    }

    /// Why it is no good, where it is.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// Whether others that need it may start.
    pub fn is_well(&self) -> bool {
        match self.phase {
            Phase::Healthy { .. } => true,
            // One failure is not enough to hold others up.
            Phase::Suspect => self.was_well,
            _ => false,
        }
    }

    /// Whether it is known to be no good.
    pub fn is_bad(&self) -> bool {
        self.incident.is_some() || matches!(self.phase, Phase::Stopped | Phase::Failing { .. })
    }

    /// When something is due at the latest.
    pub fn next(&self) -> Duration {
        match &self.asked {
            Some((_, since)) => since.saturating_add(LOST),
            None => self.due,
        }
    }

    /// It is watched no more: what was told of it is taken back.
    pub fn retire(&mut self, why: &str, now: Duration) -> Vec<Decision> {
        let mut step = Step { machine: self, around: Surroundings::default(), now, decisions: Vec::new() };
        step.close(why);
        step.decisions
    }

    /// Takes one event, and decides.
    pub fn step(&mut self, event: Event, around: Surroundings<'_>, now: Duration) -> Vec<Decision> {
        let mut step = Step { machine: self, around, now, decisions: Vec::new() };
        match event {
            Event::Found { pid, wish } => step.found(pid, wish),
            Event::Ended { pid, how, wish } => step.ended(pid, how, wish),
            Event::Probed { answer } => step.probed(answer),
            Event::Examined { remedy } => step.examined(remedy),
            Event::Acted { outcome } => step.acted(outcome),
            Event::Pause => step.pause(),
            Event::Resume => step.resume(),
            Event::Acknowledge => step.acknowledge(),
            Event::Tick => step.tick(),
        }
        step.decisions
    }
}

/// One event being answered.
struct Step<'a> {
    machine: &'a mut Machine,
    around: Surroundings<'a>,
    now: Duration,
    decisions: Vec<Decision>,
}

impl Step<'_> {
    fn decide(&mut self, order: Order, evidence: &[String]) {
        let evidence = evidence.iter().take(MAX_EVIDENCE).cloned().collect();
        self.decisions.push(Decision { target: self.machine.name.clone(), order, evidence });
    }

    /// Asks for something that will be answered by an event.
    fn ask(&mut self, order: Order, evidence: &[String]) {
        self.machine.asked = Some((order.clone(), self.now));
        self.decide(order, evidence);
    }

    fn due_in(&mut self, span: Duration) {
        self.machine.asked = None;
        self.machine.due = self.now.saturating_add(span);
    }

    fn found(&mut self, pid: Option<u32>, wish: Wanted) {
        self.machine.wish = wish;
        self.machine.asked = None;
        match (wish, pid) {
            (Wanted::InWork, _) => self.in_work(pid),
            (Wanted::Down, None) => self.stopped(),
            (_, Some(pid)) if self.machine.pid == Some(pid) && !self.is_set_aside() => self.due_in(AGAIN),
            (_, Some(pid)) => self.runs(pid),
            (Wanted::Up, None) => self.down(&["does not run".to_owned()]),
        }
    }

    /// Whether it is in a phase in which nobody watches its process.
    fn is_set_aside(&self) -> bool {
        matches!(
            self.machine.phase,
            Phase::Unseen
                | Phase::InWork
                | Phase::Stopped
                | Phase::Paused
                | Phase::Held { .. }
                | Phase::Waiting { .. }
        )
    }

    fn in_work(&mut self, pid: Option<u32>) {
        self.machine.pid = pid;
        self.machine.phase = Phase::InWork;
        self.due_in(AGAIN);
    }

    fn stopped(&mut self) {
        self.machine.pid = None;
        self.machine.phase = Phase::Stopped;
        self.machine.budget.reset();
        self.close("an operator stopped it");
        self.due_in(self.machine.policy.period.min(PATIENT));
    }

    fn runs(&mut self, pid: u32) {
        if self.machine.phase == Phase::InWork {
            // What an operator has started anew is counted anew.
            self.machine.budget.reset();
        }
        self.machine.pid = Some(pid);
        self.machine.was_well = false;
        self.machine.strikes = None;
        self.machine.results.begin_anew();
        self.machine.phase =
            Phase::Starting { until: self.now.saturating_add(self.machine.policy.start_timeout) };
        self.ask(Order::Probe, &[]);
    }

    fn ended(&mut self, pid: u32, how: Ending, wish: Wanted) {
        let is_known = self.machine.pid == Some(pid);
        if !is_known || matches!(self.machine.phase, Phase::Acting) {
            // Of an earlier process, or of the one that is being stopped.
            if is_known {
                self.machine.pid = None;
            }
            return;
        }
        self.machine.pid = None;
        self.machine.wish = wish;
        match wish {
            Wanted::Down => return self.stopped(),
            Wanted::InWork => return self.in_work(None),
            Wanted::Up => {}
        }
        self.machine.results.push(false);
        if how.is_config() {
            self.machine.budget.slow_down();
        }
        let evidence = [format!("pid {pid} {how}")];
        self.open(&evidence);
        self.down(&evidence);
    }

    /// It does not run, and should.
    fn down(&mut self, evidence: &[String]) {
        self.machine.pid = None;
        self.machine.strikes = None;
        let Some(policy) = self.machine.policy.restart.clone() else {
            return self.fail(evidence.join("; "));
        };
        if self.machine.is_paused {
            self.machine.phase = Phase::Paused;
            return self.due_in(self.machine.policy.period);
        }
        if let Some(need) = self.around.missing {
            let need = need.to_owned();
            let is_news = self.machine.phase != Phase::Held { need: need.clone() };
            self.machine.phase = Phase::Held { need: need.clone() };
            if is_news {
                self.decide(Order::Hold { need }, evidence);
            }
            return self.due_in(AGAIN);
        }
        // What has not fallen over under these eyes is started, not restarted.
        if matches!(self.machine.phase, Phase::Unseen | Phase::Stopped | Phase::InWork | Phase::Paused) {
            self.machine.phase = Phase::Acting;
            return self.ask(Order::Start, evidence);
        }
        let grant = self.machine.budget.grant(&policy, self.now);
        if grant.at > self.now {
            return self.wait(grant.at, grant.pace, evidence);
        }
        let mut evidence = evidence.to_vec();
        evidence.push(self.spent(&policy));
        self.machine.phase = Phase::Acting;
        self.ask(Order::Start, &evidence);
    }

    /// Counts a restart, and says the how manieth it is.
    fn spent(&mut self, policy: &Restarts) -> String {
        self.machine.budget.spend(self.now);
        self.machine.restarts += 1;
        self.machine.restarted.push_back(self.now);
        if self.machine.restarted.len() > MAX_REMEMBERED {
            self.machine.restarted.pop_front();
        }
        let count = self.machine.budget.in_window(policy, self.now);
        format!("restart {count} within {}", human::duration(policy.window))
    }

    fn wait(&mut self, until: Duration, pace: Pace, evidence: &[String]) {
        let is_news = self.machine.phase != Phase::Waiting { until, pace };
        self.machine.phase = Phase::Waiting { until, pace };
        if is_news {
            self.decide(Order::Wait { until, pace }, evidence);
            let open = self
                .machine
                .incident
                .as_ref()
                .filter(|incident| pace == Pace::Slow && !incident.is_acknowledged);
            if let Some(incident) = open.map(|incident| incident.id) {
                self.decide(Order::Remind { incident }, evidence);
            }
        }
        self.await_until(until);
    }

    /// What lives meanwhile may become well by itself.
    fn await_until(&mut self, until: Duration) {
        self.machine.asked = None;
        let soon = self.now.saturating_add(PATIENT);
        self.machine.due = if self.machine.pid.is_some() { until.min(soon) } else { until };
    }

    fn probed(&mut self, answer: Answer) {
        if matches!(self.machine.asked, Some((Order::Probe, _))) {
            self.machine.asked = None;
        }
        let is_watched = self.machine.policy.restart.is_none() || self.machine.pid.is_some();
        if !is_watched || matches!(self.machine.phase, Phase::Acting | Phase::InWork | Phase::Stopped) {
            return;
        }
        match answer {
            Answer::Good => self.good(),
            Answer::Bad(why) => self.bad(why),
            Answer::Unknown(_) if self.machine.asked.is_some() => {}
            Answer::Unknown(_) => {
                let is_calm = matches!(self.machine.phase, Phase::Healthy { .. } | Phase::Failing { .. });
                self.due_in(if is_calm { self.machine.policy.period } else { AGAIN });
            }
        }
    }

    fn good(&mut self) {
        self.machine.results.push(true);
        self.machine.strikes = None;
        let is_enough = self.machine.results.successes_in_a_row() >= self.machine.policy.success_threshold;
        match self.machine.phase {
            Phase::Healthy { since } => self.still_well(since),
            _ if is_enough => {
                self.machine.phase = Phase::Healthy { since: self.now };
                self.machine.was_well = true;
                if !self.machine.results.is_flapping() {
                    self.close("it answers as it should");
                }
                self.due_in(self.machine.policy.period);
            }
            _ => self.due_in(AGAIN),
        }
    }

    fn still_well(&mut self, since: Duration) {
        let for_long = |policy: &Restarts| self.now.saturating_sub(since) >= policy.reset_after;
        if self.machine.policy.restart.as_ref().is_some_and(for_long) && !self.machine.budget.is_fresh() {
            self.machine.budget.reset();
        }
        if !self.machine.results.is_flapping() {
            self.close("it answers as it should");
        }
        self.due_in(self.machine.policy.period);
    }

    fn bad(&mut self, why: String) {
        self.machine.results.push(false);
        if let Phase::Starting { until } = self.machine.phase
            && self.now < until
        {
            return self.due_in(EAGER);
        }
        let (in_a_row, among) = (
            self.machine.results.failures_in_a_row(),
            self.machine.results.failures_among(self.machine.policy.failure_threshold.saturating_mul(2)),
        );
        let threshold = self.machine.policy.failure_threshold;
        self.machine.why.clone_from(&why);
        match self.machine.phase {
            Phase::Failing { .. } if self.is_to_be_examined() => {
                self.machine.examined = self.now;
                self.ask(Order::Examine, &[]);
            }
            Phase::Failing { .. } | Phase::Examined => self.due_in(PATIENT.min(self.machine.policy.period)),
            Phase::Waiting { until, .. } => self.await_until(until),
            _ if in_a_row >= threshold || among >= threshold => {
                let evidence = [why, format!("{in_a_row} in a row, {among} of the last {}", 2 * threshold)];
                self.examine(&evidence);
            }
            _ => {
                self.machine.phase = Phase::Suspect;
                self.due_in(AGAIN);
            }
        }
    }

    /// What did not help before may help by now.
    fn is_to_be_examined(&self) -> bool {
        let since = self.now.saturating_sub(self.machine.examined);
        self.machine.policy.restart.is_some() && since >= self.machine.policy.period.max(PATIENT)
    }

    /// It fails often enough to count: what would help?
    fn examine(&mut self, evidence: &[String]) {
        if self.machine.policy.restart.is_none() {
            self.open(evidence);
            return self.fail(evidence.first().cloned().unwrap_or_default());
        }
        self.machine.phase = Phase::Examined;
        self.machine.examined = self.now;
        self.ask(Order::Examine, evidence);
    }

    fn fail(&mut self, why: String) {
        self.machine.was_well = false;
        self.machine.why.clone_from(&why);
        self.machine.phase = Phase::Failing { why };
        self.due_in(PATIENT.min(self.machine.policy.period));
    }

    fn examined(&mut self, remedy: Remedy) {
        if matches!(self.machine.asked, Some((Order::Examine, _))) {
            self.machine.asked = None;
        }
        if !self.may_be_treated() {
            return;
        }
        if self.machine.pid.is_none() {
            return match remedy {
                Remedy::Start { why } => self.down(&[why]),
                _ => self.due_unless_asked(),
            };
        }
        match remedy {
            Remedy::Fine if self.is_doubted() => {
                self.machine.phase = Phase::Suspect;
                self.due_in(AGAIN);
            }
            Remedy::Fine => {
                self.machine.strikes = None;
                self.due_unless_asked();
            }
            Remedy::Unknown { .. } if self.is_doubted() => self.due_in(AGAIN),
            Remedy::Unknown { .. } => self.due_unless_asked(),
            Remedy::Leave { why } => self.left(why),
            // Its end is told by the process itself, with how it ended.
            Remedy::Start { .. } => self.due_in(AGAIN),
            Remedy::Restart { reason, evidence } => self.treat(reason, &evidence),
        }
    }

    fn may_be_treated(&self) -> bool {
        let is_ours = self.machine.policy.restart.is_some();
        let is_elsewhere = matches!(
            self.machine.phase,
            Phase::Acting | Phase::InWork | Phase::Stopped | Phase::Paused | Phase::Unseen
        );
        is_ours && !is_elsewhere
    }

    fn is_doubted(&self) -> bool {
        let is_waiting = matches!(self.machine.phase, Phase::Waiting { .. }) && self.machine.pid.is_some();
        is_waiting || matches!(self.machine.phase, Phase::Examined | Phase::Failing { .. })
    }

    fn due_unless_asked(&mut self) {
        if self.machine.asked.is_none() {
            self.machine.due = self.machine.due.max(self.now);
        }
    }

    fn left(&mut self, why: String) {
        if !self.is_doubted() {
            return self.due_unless_asked();
        }
        let is_news = self.machine.phase != Phase::Failing { why: why.clone() };
        let evidence = [why.clone()];
        self.open(&evidence);
        self.fail(why);
        if is_news {
            self.decide(Order::Leave, &evidence);
        }
    }

    /// A living process is to be stopped: only when the same was found before, or its probes say so, too.
    fn treat(&mut self, reason: Reason, evidence: &[String]) {
        let before = self.machine.strikes.filter(|(other, _)| *other == reason).map_or(0, |(_, count)| count);
        let is_confirmed = matches!(self.machine.phase, Phase::Examined | Phase::Waiting { .. });
        self.machine.strikes = Some((reason, before + 1));
        if !is_confirmed && before + 1 < STRIKES {
            return self.ask(Order::Examine, evidence);
        }
        let Some(policy) = self.machine.policy.restart.clone() else { return };
        self.open(evidence);
        if self.machine.is_paused {
            return self.fail(format!("paused: {}", evidence.join("; ")));
        }
        let grant = self.machine.budget.grant(&policy, self.now);
        if grant.at > self.now {
            return self.wait(grant.at, grant.pace, evidence);
        }
        let mut evidence = evidence.to_vec();
        evidence.push(self.spent(&policy));
        self.machine.strikes = None;
        self.machine.phase = Phase::Acting;
        self.ask(Order::Restart { reason }, &evidence);
    }

    fn acted(&mut self, outcome: Outcome) {
        if self.machine.phase != Phase::Acting {
            return;
        }
        self.machine.asked = None;
        match outcome {
            Outcome::Runs { pid } => self.runs(pid),
            Outcome::Failed { why } => {
                let evidence = [why];
                self.open(&evidence);
                self.down(&evidence);
            }
            Outcome::Blocked { why } => {
                self.open(std::slice::from_ref(&why));
                self.machine.pid = None;
                self.decide(Order::Leave, std::slice::from_ref(&why));
                self.fail(why);
            }
            Outcome::Yielded => self.in_work(None),
            Outcome::Rehearsed => self.fail("nothing is done in a dry run".to_owned()),
        }
    }

    fn pause(&mut self) {
        self.machine.is_paused = true;
        if matches!(self.machine.phase, Phase::Waiting { .. } | Phase::Held { .. }) {
            self.machine.phase = Phase::Paused;
            self.due_in(self.machine.policy.period);
        }
    }

    fn resume(&mut self) {
        self.machine.is_paused = false;
        self.machine.asked = None;
        self.machine.due = self.now;
    }

    fn acknowledge(&mut self) {
        if let Some(incident) = &mut self.machine.incident {
            incident.is_acknowledged = true;
        }
    }

    fn tick(&mut self) {
        if let Some((order, since)) = self.machine.asked.clone() {
            if self.now.saturating_sub(since) < LOST {
                return;
            }
            self.machine.asked = None;
            // Whoever was to act has not come back: look what of it runs.
            return match order {
                Order::Start | Order::Restart { .. } => self.consult(),
                order => self.ask(order, &[]),
            };
        }
        if self.now < self.machine.due {
            return;
        }
        match &self.machine.phase {
            Phase::Unseen | Phase::InWork | Phase::Stopped | Phase::Paused | Phase::Acting => self.consult(),
            Phase::Held { .. } => self.down(&["does not run".to_owned()]),
            Phase::Waiting { .. } if self.machine.pid.is_none() => {
                let why = self.machine.why.clone();
                self.down(&[why]);
            }
            _ if self.machine.pid.is_none() && self.machine.policy.restart.is_some() => self.consult(),
            Phase::Waiting { until, .. } if self.now >= *until => self.ask(Order::Examine, &[]),
            Phase::Examined => self.ask(Order::Examine, &[]),
            _ => self.ask(Order::Probe, &[]),
        }
    }

    fn consult(&mut self) {
        self.machine.phase = match &self.machine.phase {
            Phase::Acting | Phase::Failing { .. } => Phase::Unseen,
            other => other.clone(),
        };
        if self.machine.policy.restart.is_some() {
            self.ask(Order::Consult, &[]);
        } else {
            self.ask(Order::Probe, &[]);
        }
    }

    fn open(&mut self, evidence: &[String]) {
        self.machine.why = evidence.join("; ");
        if self.machine.incident.is_some() {
            return;
        }
        self.machine.incidents += 1;
        let incident = Incident { id: self.machine.incidents, since: self.now, is_acknowledged: false };
        self.decide(Order::Open { incident: incident.id }, evidence);
        self.machine.incident = Some(incident);
    }

    fn close(&mut self, why: &str) {
        self.machine.why.clear();
        if let Some(incident) = self.machine.incident.take() {
            self.decide(Order::Close { incident: incident.id }, &[why.to_owned()]);
        }
    }
}
