//! How one event changes a target, and what is decided on it.

use std::time::Duration;

use crate::monitor::reason;
use crate::monitor::{
    Answer, Decision, Ending, Incident, Machine, Order, Outcome, Pace, Phase, Reason, Remedy, Restarts,
    Surroundings, Wanted,
};
use crate::text::human;

/// A failing probe is repeated after so long.
const AGAIN: Duration = Duration::from_secs(1);
/// One that was just started is asked this often at first.
const EAGER: Duration = Duration::from_millis(250);
/// What is known to be no good is asked this often, so that its recovery is seen soon.
const PATIENT: Duration = Duration::from_secs(5);
/// What waits for its start asks this often whether an operator wants something else by now.
const CONSULTED: Duration = Duration::from_secs(30);
/// Who is well is asked again in time with others: at one of so many moments of its period…
const MOMENTS: u32 = 4;
/// … that lie no further apart than this.
const MOMENT: Duration = Duration::from_secs(1);
/// What stands in the way of a start while another works.
const OTHERS_WORK: &str = "another fuelops is at work";
/// Evidence that is kept of one incident.
const MAX_EVIDENCE: usize = 8;
/// Restarts that are remembered for telling how many there were in a day.
const MAX_REMEMBERED: usize = 256;
/// Signs of one thing that have to come one after the other before a living process is stopped for it.
const STRIKES: u32 = 2;

/// One event being answered.
pub(super) struct Step<'a> {
    pub(super) machine: &'a mut Machine,
    pub(super) around: Surroundings<'a>,
    pub(super) now: Duration,
    pub(super) decisions: Vec<Decision>,
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

    /// Due a period from now, or a moment sooner, together with whoever else is due by then: the loop and the machine wake
    /// once for all of them.
    fn due_next(&mut self) {
        let period = self.machine.policy.period;
        self.due_in(period);
        let moment = (period / MOMENTS).clamp(Duration::from_millis(1), MOMENT).as_nanos();
        let past = self.machine.due.as_nanos() % moment;
        let past = Duration::from_nanos(u64::try_from(past).unwrap_or_default());
        self.machine.due = self.machine.due.saturating_sub(past).max(self.now);
    }

    pub(super) fn found(&mut self, pid: Option<u32>, wish: Wanted) {
        if matches!(self.machine.asked, Some((Order::Start | Order::Restart { .. }, _))) {
            // Seen before or while it is acted on: whoever acts tells what came of it.
            return;
        }
        self.machine.wish = wish;
        self.machine.asked = None;
        self.machine.consulted = self.now;
        match (wish, pid) {
            (Wanted::InWork, _) => {
                self.machine.obstacle = None;
                self.in_work(pid);
            }
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
        self.machine.obstacle = None;
        self.machine.budget.reset();
        self.close("an operator stopped it");
        self.due_in(self.machine.policy.period.min(PATIENT));
    }

    fn runs(&mut self, pid: u32) {
        let is_obstructed = self.machine.obstacle.take().is_some();
        if self.machine.phase == Phase::InWork && !is_obstructed {
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

    pub(super) fn ended(&mut self, pid: u32, how: &Ending, wish: Wanted) {
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
            let evidence = if self.machine.obstacle.is_some() { &[] } else { evidence };
            return self.ask(Order::Start, evidence);
        }
        self.act(Order::Start, &policy, evidence);
    }

    /// Starts or restarts it, as soon as its budget has that.
    fn act(&mut self, order: Order, policy: &Restarts, evidence: &[String]) {
        let grant = self.machine.budget.grant(policy, self.now);
        if grant.at > self.now {
            return self.wait(grant.at, grant.pace, evidence);
        }
        let mut evidence = evidence.to_vec();
        evidence.push(self.spent(policy));
        self.machine.strikes = None;
        self.machine.phase = Phase::Acting;
        self.ask(order, &evidence);
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
        let soon = if self.machine.pid.is_some() { PATIENT } else { CONSULTED };
        self.machine.due = until.min(self.now.saturating_add(soon));
    }

    pub(super) fn probed(&mut self, answer: Answer) {
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
                self.due_next();
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
        self.due_next();
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

    pub(super) fn examined(&mut self, remedy: Remedy) {
        if matches!(self.machine.asked, Some((Order::Examine, _))) {
            self.machine.asked = None;
        }
        if !self.may_be_treated() {
            return;
        }
        if self.machine.pid.is_none() {
            if let Remedy::Start { why } = remedy {
                self.down(&[why]);
            }
            return;
        }
        match remedy {
            Remedy::Fine if self.is_doubted() => {
                self.machine.phase = Phase::Suspect;
                self.due_in(AGAIN);
            }
            Remedy::Fine => self.machine.strikes = None,
            Remedy::Unknown { .. } if self.is_doubted() => self.due_in(AGAIN),
            Remedy::Unknown { .. } => {}
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

    fn left(&mut self, why: String) {
        if !self.is_doubted() {
            return;
        }
        let is_news =
            !matches!(&self.machine.phase, Phase::Failing { why: told } if reason::is_same(told, &why));
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
            self.machine.why = evidence.join("; ");
            return self.ask(Order::Examine, evidence);
        }
        let Some(policy) = self.machine.policy.restart.clone() else { return };
        self.open(evidence);
        if self.machine.is_paused {
            return self.fail(format!("paused: {}", evidence.join("; ")));
        }
        self.act(Order::Restart { reason }, &policy, evidence);
    }

    pub(super) fn acted(&mut self, outcome: Outcome) {
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
                if self.machine.obstacle.as_ref() != Some(&why) {
                    self.decide(Order::Leave, std::slice::from_ref(&why));
                    self.machine.obstacle = Some(why.clone());
                }
                self.fail(why);
                self.due_in(self.lasts().clamp(PATIENT, CONSULTED));
            }
            Outcome::Yielded => {
                self.machine.obstacle = Some(OTHERS_WORK.to_owned());
                self.in_work(None);
            }
            Outcome::Rehearsed => self.fail("nothing is done in a dry run".to_owned()),
        }
    }

    pub(super) fn pause(&mut self, until: Option<Duration>) {
        self.machine.is_paused = true;
        self.machine.paused_until = until;
        if matches!(self.machine.phase, Phase::Waiting { .. } | Phase::Held { .. }) {
            self.machine.phase = Phase::Paused;
            self.due_in(self.machine.policy.period);
        }
    }

    pub(super) fn resume(&mut self) {
        self.machine.is_paused = false;
        self.machine.paused_until = None;
        if self.machine.phase == Phase::Acting {
            return;
        }
        self.machine.asked = None;
        self.machine.due = self.now;
    }

    pub(super) fn acknowledge(&mut self) {
        if let Some(incident) = &mut self.machine.incident {
            incident.is_acknowledged = true;
        }
    }

    /// Whatever it waited for, an operator has waited no longer.
    pub(super) fn touched(&mut self) {
        if self.machine.phase == Phase::Acting {
            return;
        }
        if self.machine.policy.restart.is_some() && (self.machine.pid.is_none() || self.is_set_aside()) {
            self.machine.obstacle = None;
            self.machine.phase = Phase::InWork;
        }
        self.ask_who_runs();
    }

    pub(super) fn tick(&mut self) {
        if self.machine.paused_until.is_some_and(|until| until <= self.now) {
            self.resume();
        }
        if self.machine.wait_ends().is_some_and(|until| until <= self.now) {
            self.machine.asked = None;
            let why = self.machine.why.clone();
            return self.down(&[why]);
        }
        if let Some((order, since)) = self.machine.asked.clone() {
            if self.now.saturating_sub(since) < self.machine.patience(&order) {
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
            Phase::Held { .. } if self.now.saturating_sub(self.machine.consulted) >= CONSULTED => {
                self.consult();
            }
            Phase::Held { .. } => self.down(&["does not run".to_owned()]),
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
        self.ask_who_runs();
    }

    fn ask_who_runs(&mut self) {
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

    /// How long its incident has lasted.
    fn lasts(&self) -> Duration {
        self.machine.incident.as_ref().map_or(Duration::ZERO, |open| self.now.saturating_sub(open.since))
    }

    pub(super) fn close(&mut self, why: &str) {
        self.machine.why.clear();
        if let Some(incident) = self.machine.incident.take() {
            self.decide(Order::Close { incident: incident.id }, &[why.to_owned()]);
        }
    }
}
