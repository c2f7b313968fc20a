//! One target's states. Pure: events go in with the time, decisions come out, nothing is read or written.
//!
//! A target that is down, and that nobody wants down, always has something pending: a probe, a look, a start, or a time
//! at which the next one is due ([`Machine::next`]). What was asked for and never answered is asked for again.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::monitor::step::Step;
use crate::monitor::{Budget, Decision, Event, Order, Pace, Policy, Reason, Results, Wanted};

/// What was asked for is asked for again when it has not come for so long.
pub(super) const LOST: Duration = Duration::from_secs(90);

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
    pub(super) policy: Policy,
    pub(super) phase: Phase,
    pub(super) pid: Option<u32>,
    pub(super) wish: Wanted,
    pub(super) is_paused: bool,
    /// When the pause ends by itself.
    #[serde(default)]
    pub(super) paused_until: Option<Duration>,
    pub(super) budget: Budget,
    pub(super) results: Results,
    pub(super) incident: Option<Incident>,
    pub(super) incidents: u64,
    /// It was well since it was last known to be bad.
    pub(super) was_well: bool,
    /// Why a living process would be restarted, and how often in a row that was found.
    pub(super) strikes: Option<(Reason, u32)>,
    pub(super) restarts: u64,
    /// The last ones, oldest first.
    pub(super) restarted: VecDeque<Duration>,
    /// When it was looked at closely for the last time.
    pub(super) examined: Duration,
    /// When it is looked at next.
    pub(super) due: Duration,
    /// What is under way, and since when.
    pub(super) asked: Option<(Order, Duration)>,
    /// Its last words on why it is no good.
    pub(super) why: String,
    /// What stood in the way of its last start; the next try is no news.
    #[serde(default)]
    pub(super) obstacle: Option<String>,
    /// When somebody looked for the last time what of it runs and what is wanted.
    #[serde(default)]
    pub(super) consulted: Duration,
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
            paused_until: None,
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
            obstacle: None,
            consulted: now,
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
            // One that is over by now ends at once.
            paused_until: past.paused_until.map(|until| now.saturating_add(until.saturating_sub(then))),
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

    /// When it was restarted, oldest first, as far as that is remembered.
    pub fn restarted(&self) -> impl Iterator<Item = Duration> {
        self.restarted.iter().copied()
    }

    /// What it waits for is well: it is looked at now, not in a while.
    pub fn hurry(&mut self, need: &str, now: Duration) {
        if matches!(&self.phase, Phase::Held { need: missing } if missing == need) {
            self.due = self.due.min(now);
        }
    }

    /// Why it is no good, where it is.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// Whether something speaks against it that does not count yet.
    pub fn is_doubted(&self) -> bool {
        matches!(self.phase, Phase::Suspect | Phase::Examined) || self.strikes.is_some()
    }

    /// Whether one more failure has it looked at closely.
    pub fn is_on_the_brink(&self) -> bool {
        let is_watched = self.policy.restart.is_some() && self.pid.is_some();
        let is_open = matches!(self.phase, Phase::Healthy { .. } | Phase::Suspect);
        is_watched && is_open && self.results.failures_in_a_row() + 1 >= self.policy.failure_threshold
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
        let due = match &self.asked {
            Some((order, since)) => since.saturating_add(self.patience(order)),
            None => self.due,
        };
        [self.paused_until, self.wait_ends()].into_iter().flatten().fold(due, Duration::min)
    }

    /// How long an answer may take before it is asked for again.
    pub(super) fn patience(&self, order: &Order) -> Duration {
        match order {
            Order::Start | Order::Restart { .. } => {
                LOST.saturating_add(self.policy.stop_timeout).saturating_add(self.policy.start_timeout)
            }
            _ => LOST,
        }
    }

    /// When what does not run is started, whoever is still looking for it.
    pub(super) fn wait_ends(&self) -> Option<Duration> {
        let is_free = self.pid.is_none() && matches!(self.asked, None | Some((Order::Consult, _)));
        match self.phase {
            Phase::Waiting { until, .. } if is_free => Some(until),
            _ => None,
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
            Event::Ended { pid, how, wish } => step.ended(pid, &how, wish),
            Event::Probed { answer } => step.probed(answer),
            Event::Examined { remedy } => step.examined(remedy),
            Event::Acted { outcome } => step.acted(outcome),
            Event::Pause { until } => step.pause(until),
            Event::Resume => step.resume(),
            Event::Acknowledge => step.acknowledge(),
            Event::Touched => step.touched(),
            Event::Tick => step.tick(),
        }
        step.decisions
    }
}
