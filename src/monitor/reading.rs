//! What the loop makes of its mail: answers, ends, close looks, questions.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{Finding, Severity};
use crate::monitor::mailbox::Letter;
use crate::monitor::watch::{Held, SETTLES, STEADY, Watch};
use crate::monitor::{Answer, Event, Machine, Outcome, Record, Remedy, hands, told};
use crate::platform::GroupKills;
use crate::process::Bound;
use crate::store::KeptProgram;

/// A keeper is looked for again after so long.
const KEEPER: Duration = Duration::from_secs(5);
/// Everything as it stands is recorded each so many events.
const SCENE: u64 = 4096;

/// Processes that had ended before they could be held, and when somebody was sent to find out how.
#[derive(Clone, Debug, Default)]
pub(super) struct Inquiries {
    asked: BTreeMap<String, (u32, Duration)>,
}

impl Inquiries {
    /// Whether somebody is to be sent: not twice for one process, but after a while, as the first may be lost.
    fn is_due(&mut self, target: &str, pid: u32, now: Duration) -> bool {
        let is_fresh = |(asked, at): &(u32, Duration)| *asked == pid && now.saturating_sub(*at) < KEEPER;
        if self.asked.get(target).is_some_and(is_fresh) {
            return false;
        }
        self.asked.insert(target.to_owned(), (pid, now));
        true
    }

    /// Keeps only what these targets are known to run.
    fn retain(&mut self, watched: &BTreeMap<String, u32>) {
        self.asked.retain(|target, (pid, _)| watched.get(target) == Some(pid));
    }
}

impl Watch<'_> {
    pub(super) fn read_mail(&mut self) {
        for letter in self.mail.take() {
            self.read(letter);
        }
    }

    pub(super) fn read(&mut self, letter: Letter) {
        match letter {
            Letter::Probed { target, epoch, finding } => {
                let answer = self.answer(&target, epoch, finding.as_ref());
                self.happened(&target, Event::Probed { answer });
            }
            Letter::Slow { target } => {
                // What it finds is there soon after the answer is known to be missing.
                self.wants_examination |= self.fleet.machine(&target).is_some_and(Machine::is_on_the_brink);
            }
            Letter::Found { target, wish, process } => {
                let bound = process.as_ref().and_then(Bound::again);
                let pid = bound.as_ref().map(|bound| bound.identity().pid);
                if let Some(bound) = bound {
                    self.keep_hold(&target, bound);
                }
                self.happened(&target, Event::Found { pid, wish });
            }
            Letter::Happened { target, event } => {
                if let Event::Acted { outcome: Outcome::Runs { pid } } = event {
                    self.now_runs(&target, pid);
                }
                self.happened(&target, event);
            }
            Letter::Looked { generation, epoch, remedies, findings } => {
                self.settles_at = Some(self.now + SETTLES);
                if self.looks.end(generation) {
                    self.looked(epoch, remedies, findings);
                }
            }
            Letter::Asked { request, reply } => {
                let answer = self.asked(request);
                // Who has gone away has not waited.
                reply.send(answer).unwrap_or(());
            }
        }
    }

    pub(super) fn record_scene(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.record(Record::Fleet { clock: self.now, fleet: self.fleet.clone() });
        }
    }

    pub(super) fn record(&mut self, target: &str, event: &Event) {
        let Some(journal) = &mut self.journal else { return };
        self.recorded += 1;
        if self.recorded.is_multiple_of(SCENE) {
            let scene = Record::Fleet { clock: self.now, fleet: self.fleet.clone() };
            journal.record(scene);
        }
        journal.record(Record::Event { clock: self.now, target: target.to_owned(), event: event.clone() });
    }

    pub(super) fn happened(&mut self, target: &str, event: Event) {
        self.record(target, &event);
        let is_seen = matches!(event, Event::Found { .. });
        // An answer tells nothing of what others do, and comes all the time.
        let machine = self.fleet.machine(target).filter(|_| !matches!(event, Event::Probed { .. }));
        let before = machine.map(|machine| (machine.phase().clone(), machine.pid()));
        let decisions = self.fleet.step(target, event, self.now);
        let after = self.fleet.machine(target).map(|machine| (machine.phase(), machine.pid()));
        if let (Some((phase, pid)), Some(after)) = (before, after)
            && let Some((what, summary)) = told::by_others((&phase, pid), after, is_seen)
        {
            self.say_of(Some(target.to_owned()), what, &summary);
        }
        self.carry_out(decisions);
    }

    pub(super) fn now_runs(&mut self, target: &str, pid: u32) {
        if let Some(bound) = hands::started(&self.setup.site, target, pid) {
            self.keep_hold(target, bound);
        }
        self.say_of(Some(target.to_owned()), "runs", &format!("runs as pid {pid}"));
    }

    pub(super) fn keep_hold(&mut self, target: &str, bound: Bound) {
        let is_same = self.held.get(target).is_some_and(|held| held.bound.identity() == bound.identity());
        if !is_same {
            let kills = GroupKills::of(bound.identity().pid);
            let held = Held { bound, since: self.now, kills, ended: None };
            self.held.insert(target.to_owned(), held);
        }
    }

    /// Every process that is watched is held; one that ended before it could be is asked about at once.
    pub(super) fn hold(&mut self) {
        let watched: BTreeMap<String, u32> =
            self.fleet.machines().iter().filter_map(|m| Some((m.name.clone(), m.pid()?))).collect();
        self.held.retain(|target, _| watched.contains_key(target));
        self.inquiries.retain(&watched);
        for (target, pid) in watched {
            self.inquire_again(&target);
            let is_held = self.held.get(&target).is_some_and(|held| held.bound.identity().pid == pid);
            if !is_held {
                match Bound::take(pid) {
                    Some(bound) => self.keep_hold(&target, bound),
                    None if self.inquiries.is_due(&target, pid, self.now) => {
                        self.hands.inquire(&target, pid, None);
                    }
                    None => {}
                }
            }
        }
        if self.keeper.is_none() && !self.held.is_empty() && self.now >= self.keeper_due {
            self.keeper_due = self.now + KEEPER;
            let kept = KeptProgram::all(&self.setup.site.state_dir);
            self.keeper = kept.iter().find_map(|kept| Bound::again(kept.keeper.as_ref()?));
        }
    }

    /// Who was to find out how a process ended has not come back.
    pub(super) fn inquire_again(&mut self, target: &str) {
        let is_late = |ended: Duration| self.now.saturating_sub(ended) >= KEEPER;
        if self.held.get(target).and_then(|held| held.ended).is_some_and(is_late) {
            self.ended(target);
        }
    }

    /// What an answer is worth.
    pub(super) fn answer(&self, target: &str, epoch: u64, finding: Option<&Finding>) -> Answer {
        if epoch != self.epoch {
            return Answer::Unknown("the monitor was not there while it was asked".to_owned());
        }
        match finding {
            Some(finding) => of_finding(finding),
            // There is nothing to ask it by: that it lives is all that is known.
            None => match self.held.get(target) {
                Some(held) if self.now.saturating_sub(held.since) >= STEADY => Answer::Good,
                _ => Answer::Unknown("it has just started".to_owned()),
            },
        }
    }

    pub(super) fn is_check(&self, target: &str) -> bool {
        self.setup.plan.checks.iter().any(|check| check.name == target)
    }

    pub(super) fn looked(&mut self, epoch: u64, remedies: Vec<(String, Remedy)>, findings: Vec<Finding>) {
        let is_stale = epoch != self.epoch;
        if !is_stale {
            self.findings = findings;
        }
        for (target, remedy) in remedies {
            let why = "the monitor was not there while it was looked at".to_owned();
            let remedy = if is_stale { Remedy::Unknown { why } } else { remedy };
            self.happened(&target, Event::Examined { remedy });
        }
    }
}

fn of_finding(finding: &Finding) -> Answer {
    match finding.severity {
        Severity::Ok | Severity::Warning => Answer::Good,
        Severity::Critical => Answer::Bad(finding.summary.clone()),
        Severity::Unknown => Answer::Unknown(finding.summary.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_end_is_asked_about_once_and_again_after_a_while() {
        let (mut inquiries, now) = (Inquiries::default(), Duration::from_secs(100));
        assert!(inquiries.is_due("api", 7, now));
        assert!(!inquiries.is_due("api", 7, now + Duration::from_secs(1)));
        assert!(inquiries.is_due("api", 8, now + Duration::from_secs(1)), "another process");
        assert!(inquiries.is_due("api", 8, now + Duration::from_secs(1) + KEEPER));
        inquiries.retain(&BTreeMap::from([("api".to_owned(), 9)]));
        assert!(inquiries.is_due("api", 8, now + Duration::from_secs(1) + KEEPER));
    }
}
