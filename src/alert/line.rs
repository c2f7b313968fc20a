//! What one sink was told, what waits for it, and what it is given next: pure.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};

use crate::alert::policy::{Due, Gathering, Last, Told};
use crate::alert::{Kind, Notice, Policy};

/// The stretch in which [`Policy::digest_above`] counts.
const WINDOW: TimeDelta = TimeDelta::seconds(60);
/// What nobody took for so long is news to nobody.
const MAX_AGE: TimeDelta = TimeDelta::hours(72);
/// A batch that grows beyond this is sent in pieces.
const MAX_BATCH: usize = 500;
/// First and longest pause after a failure; it doubles in between.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// A receiver may ask for patience, but not for silence.
const MAX_ASKED_PAUSE: Duration = Duration::from_secs(3600);

/// One sink's side of the book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) policy: Policy,
    #[serde(default)]
    told: BTreeMap<String, Told>,
    /// By trouble: the same target with the same cause.
    #[serde(default)]
    last: BTreeMap<String, Last>,
    #[serde(default)]
    pub(super) waiting: VecDeque<Waiting>,
    #[serde(default)]
    recent: VecDeque<DateTime<Utc>>,
    pub(super) failing: Option<Failing>,
    #[serde(default)]
    pub(super) counts: Counts,
    pub(super) last_sent_at: Option<DateTime<Utc>>,
    pub(super) last_refusal: Option<String>,
}

/// Something that a sink has not taken yet. What it says stands in the book, under the incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) id: u64,
    pub(super) incident: String,
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) repeats: u32,
    pub(super) at: DateTime<Utc>,
}

/// A sink that does not take what it is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failing {
    pub(super) since: DateTime<Utc>,
    pub(super) failures: u32,
    pub(super) retry_at: DateTime<Utc>,
    pub(super) why: String,
}

/// What became of everything that a sink was to hear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Messages that the sink took.
    pub sent: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Notices that the sink refused for good.
    pub refused: u64,
    /// Notices for which there was no room, or no time.
    pub dropped: u64,
    /// Repeats within a cooldown.
    pub folded: u64,
}

/// What to do for a sink now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    Nothing,
    Wait(DateTime<Utc>),
    /// These, in their order; together where there are several.
    Send(Vec<u64>),
}

impl Line {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            told: BTreeMap::new(),
            last: BTreeMap::new(),
            waiting: VecDeque::new(),
            recent: VecDeque::new(),
            failing: None,
            counts: Counts::default(),
            last_sent_at: None,
            last_refusal: None,
        }
    }

    /// Notes that an incident has begun, before it is decided whether it is told.
    pub(super) fn meet(&mut self, news: &Notice) {
        if let Some(last) = self.last.get_mut(&trouble(news))
            && last.at <= news.at
            && news.at - last.at < TimeDelta::from_std(self.policy.cooldown).unwrap_or(TimeDelta::MAX)
        {
            last.folded = last.folded.saturating_add(1);
            self.counts.folded += 1;
        }
    }

    /// When, and how, an open incident is told next.
    pub(super) fn due(&self, news: &Notice, is_muted: bool, now: DateTime<Utc>) -> Due {
        let (told, last) = (self.told.get(&news.incident), self.last.get(&trouble(news)));
        self.policy.due(news, is_muted, told, last, now)
    }

    /// Puts news of an open incident in the line.
    pub(super) fn tell(&mut self, id: u64, news: &Notice, kind: Kind, now: DateTime<Utc>) {
        let is_escalated = news.kind == Kind::Escalated
            || self.told.get(&news.incident).is_some_and(|told| told.is_escalated);
        let told = Told { severity: news.severity, at: now, is_escalated };
        let is_first = self.told.insert(news.incident.clone(), told).is_none();
        let mut repeats = 0;
        if is_first {
            let last = self.last.insert(trouble(news), Last { at: now, folded: 0 });
            repeats = last.map_or(0, |last| last.folded.saturating_sub(1));
        }
        self.push(Waiting { id, incident: news.incident.clone(), kind, repeats, at: now });
    }

    /// Puts a recovery in the line, if the sink was told of the incident at all.
    pub(super) fn resolve(&mut self, id: u64, incident: &str, now: DateTime<Utc>) {
        if self.told.remove(incident).is_some() {
            let incident = incident.to_owned();
            self.push(Waiting { id, incident, kind: Kind::Resolved, repeats: 0, at: now });
        }
    }

    /// Says that somebody takes care of an incident, to whom was told of it.
    pub(super) fn acknowledge(&mut self, id: u64, incident: &str, now: DateTime<Utc>) {
        if self.told.contains_key(incident) && self.policy.gathering != Gathering::Batch {
            let incident = incident.to_owned();
            self.push(Waiting { id, incident, kind: Kind::Acknowledged, repeats: 0, at: now });
        }
    }

    fn push(&mut self, one: Waiting) {
        // Of reminders, and of states, only the latest is worth anything.
        let is_batch = self.policy.gathering == Gathering::Batch;
        if is_batch || one.kind == Kind::Reminder {
            let is_outdated = |other: &Waiting| {
                other.incident == one.incident && (is_batch || other.kind == Kind::Reminder)
            };
            self.waiting.retain(|other| !is_outdated(other));
        }
        self.waiting.push_back(one);
    }

    /// Decides what the sink is given now.
    pub(super) fn pick<Z: TimeZone>(&self, now: DateTime<Utc>, zone: &Z) -> Pick {
        let Some(first) = self.waiting.front() else { return Pick::Nothing };
        // A pause that is longer than any can be comes from a clock that was set back.
        let sane = now + TimeDelta::from_std(MAX_ASKED_PAUSE).unwrap_or(TimeDelta::MAX);
        if let Some(failing) = self.failing.as_ref().filter(|f| f.retry_at > now && f.retry_at <= sane) {
            return Pick::Wait(failing.retry_at);
        }
        if let Some(end) = self.policy.quiet_until(now, zone) {
            return Pick::Wait(end);
        }
        let all = || self.waiting.iter().take(MAX_BATCH * 2).map(|one| one.id).collect::<Vec<_>>();
        match self.policy.gathering {
            Gathering::Each => Pick::Send(vec![first.id]),
            Gathering::Batch => Pick::Send(self.waiting.iter().take(MAX_BATCH).map(|one| one.id).collect()),
            Gathering::Digest => {
                let most = usize::try_from(self.policy.digest_above.get()).unwrap_or(usize::MAX);
                let recent: Vec<_> = self.recent.iter().filter(|at| in_window(**at, now)).collect();
                match recent.first() {
                    Some(oldest) if recent.len() >= most => Pick::Wait(**oldest + WINDOW),
                    _ if self.waiting.len() > most - recent.len() => Pick::Send(all()),
                    _ => Pick::Send(vec![first.id]),
                }
            }
        }
    }

    /// Notes that the sink took these, and for whom it did not.
    pub(super) fn sent(&mut self, ids: &[u64], refused: Option<String>, now: DateTime<Utc>) {
        self.take_out(ids);
        self.last_refusal = refused.or(self.last_refusal.take());
        self.failing = None;
        self.counts.sent += 1;
        self.last_sent_at = Some(now);
        self.recent.retain(|at| in_window(*at, now));
        self.recent.push_back(now);
    }

    /// Notes that it took nothing, and when it is asked again.
    pub(super) fn failed(&mut self, why: String, retry_at: DateTime<Utc>, now: DateTime<Utc>) {
        self.counts.failed += 1;
        let (since, failures) = self.failing.as_ref().map_or((now, 0), |f| (f.since, f.failures));
        self.failing = Some(Failing { since, failures: failures.saturating_add(1), retry_at, why });
    }

    /// Notes that it will never take these.
    pub(super) fn refused(&mut self, ids: &[u64], why: String) {
        self.counts.refused += self.take_out(ids);
        // It answers: what it is given next may be to its liking.
        self.failing = None;
        self.last_refusal = Some(why);
    }

    /// How long to leave the sink alone after one more failure. `chance` is anything from 0 to 1.
    pub(super) fn pause(&self, asked: Option<Duration>, chance: f64) -> Duration {
        let failures = self.failing.as_ref().map_or(0, |failing| failing.failures);
        let whole = FIRST_PAUSE.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE);
        let pause = whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
        pause.max(asked.unwrap_or_default().min(MAX_ASKED_PAUSE))
    }

    /// Drops what is too old to be told, and forgets troubles that are over. Tells whether anything changed.
    pub(super) fn age(&mut self, now: DateTime<Utc>) -> bool {
        let before = (self.waiting.len(), self.last.len());
        self.waiting.retain(|one| now - one.at < MAX_AGE);
        self.counts.dropped += (before.0 - self.waiting.len()) as u64;
        let cooldown = TimeDelta::from_std(self.policy.cooldown).unwrap_or(TimeDelta::MAX);
        self.last.retain(|_, last| now - last.at < cooldown);
        before != (self.waiting.len(), self.last.len())
    }

    /// Drops everything about an incident.
    pub(super) fn forget(&mut self, incident: &str) {
        let before = self.waiting.len();
        self.waiting.retain(|one| one.incident != incident);
        self.counts.dropped += (before - self.waiting.len()) as u64;
        self.told.remove(incident);
    }

    fn take_out(&mut self, ids: &[u64]) -> u64 {
        let before = self.waiting.len();
        self.waiting.retain(|one| !ids.contains(&one.id));
        (before - self.waiting.len()) as u64
    }
}

fn in_window(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at <= now && now - at < WINDOW
}

/// What makes two incidents the same trouble.
fn trouble(news: &Notice) -> String {
    match news.cause {
        Some(cause) => format!("{cause} {}", news.target),
        None => format!("- {}", news.target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::{minutes, notice, policy, start};

    fn line(waiting: u64) -> Line {
        let mut line = Line::new(policy());
        for id in 0..waiting {
            line.tell(id, &notice(&format!("i{id}"), &format!("t{id}")), Kind::Opened, start());
        }
        line
    }

    #[test]
    fn few_messages_go_one_by_one_and_many_become_one() {
        assert_eq!(line(0).pick(start(), &Utc), Pick::Nothing);
        assert_eq!(line(10).pick(start(), &Utc), Pick::Send(vec![0]));
        assert_eq!(line(1_000).pick(start(), &Utc), Pick::Send((0..1_000).collect()));
    }

    #[test]
    fn a_trickle_is_held_up_after_the_first_and_then_told_as_one() {
        let mut line = line(10);
        for id in 0..10 {
            line.sent(&[id], None, start());
        }
        for id in 10..40 {
            line.tell(id, &notice(&format!("i{id}"), "t"), Kind::Opened, start());
        }
        assert_eq!(line.pick(start(), &Utc), Pick::Wait(start() + minutes(1)));
        assert_eq!(line.pick(start() + minutes(1), &Utc), Pick::Send((10..40).collect()));
    }

    #[test]
    fn pauses_grow_and_never_go_beyond_what_is_sane() {
        let mut line = line(1);
        let mut pauses = Vec::new();
        for _ in 0..20 {
            pauses.push(line.pause(None, 1.0).as_secs());
            line.failed("down".into(), start(), start());
        }
        assert_eq!(pauses[..7], [5, 10, 20, 40, 80, 160, 300]);
        assert_eq!(pauses[19], 300);
        assert_eq!(line.pause(Some(Duration::from_secs(900)), 0.0).as_secs(), 900);
        assert_eq!(line.pause(Some(Duration::from_secs(1_000_000)), 0.0).as_secs(), 3_600);
        line.failed("down".into(), start() + minutes(600), start());
        assert_eq!(line.pick(start(), &Utc), Pick::Send(vec![0]), "the clock was set back");
    }

    #[test]
    fn what_nobody_took_for_days_is_dropped_and_counted() {
        let mut line = line(3);
        assert!(!line.age(start() + minutes(1)));
        assert!(line.age(start() + TimeDelta::hours(73)));
        assert_eq!((line.counts.dropped, line.waiting.len()), (3, 0));
    }
}
