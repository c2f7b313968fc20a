//! What the loop lets others know: entries for whoever reads, notices for whoever is responsible, memories for the next
//! monitor.

use std::time::Duration;

use chrono::{DateTime, Local, Utc};

use crate::alert::{Notice, Place};
use crate::monitor::journal::Memory;
use crate::monitor::news::{News, Scene};
use crate::monitor::silence::Silences;
use crate::monitor::watch::Watch;
use crate::monitor::{Decision, Entry, Machine, Mode, Told, told};
use crate::platform::{GroupKills, host_name};
use crate::store::Watched;

/// Entries that are remembered of one target.
const MAX_ENTRIES: usize = 100;
/// It says that it is there this often.
const ALIVE: Duration = Duration::from_secs(60);
/// The two clocks may differ by a little.
const SOONEST: Duration = Duration::from_millis(10);

impl Watch<'_> {
    /// Hands on what is news.
    pub(super) fn announce(&mut self, decision: &Decision) {
        if self.mode == Mode::Rehearse || !News::may_be(&decision.order) {
            return;
        }
        self.hand_on(|news, scene| news.of(decision, scene));
    }

    /// Answers for what an earlier monitor told, which may have been killed before it noted that.
    pub(super) fn take_over(&mut self, standing: Vec<Notice>) {
        if self.mode != Mode::Rehearse {
            self.hand_on(|news, scene| news.take_over(standing, scene));
        }
    }

    /// Hands on what was withheld, where that is over, and has nobody reminded of what is silent by now.
    pub(super) fn catch_up(&mut self) {
        if self.mode == Mode::Rehearse {
            return;
        }
        self.hand_on(News::uncovered);
        let hushed = self.news.hushed(&self.silences_now(), Utc::now());
        if self.hushed.as_ref() != Some(&hushed) {
            self.hushed = Some(hushed.clone());
            (self.callers.notify)(Told::Hushed(hushed));
        }
    }

    fn hand_on(&mut self, notices: impl FnOnce(&mut News, Scene<'_>) -> Vec<Notice>) {
        let place = Place { host: host_name(), project: self.setup.name.clone(), at: Utc::now() };
        let plan = &self.setup.plan;
        let optional: Vec<String> = plan
            .services
            .iter()
            .filter(|service| !service.required)
            .map(|service| service.name.clone())
            .chain(plan.checks.iter().filter(|check| !check.required).map(|check| check.name.clone()))
            .collect();
        let silences = self.silences_now();
        let scene = Scene {
            fleet: &self.fleet,
            findings: &self.findings,
            ties: &self.ties,
            silences: &silences,
            place: &place,
            optional: &optional,
        };
        for notice in notices(&mut self.news, scene) {
            (self.callers.notify)(Told::News(Box::new(notice)));
        }
    }

    /// What nobody is told of, by an operator's word and by the config.
    pub(super) fn silences_now(&self) -> Silences {
        self.silences.and_planned(&self.setup.maintenance, Utc::now(), &Local)
    }

    /// Somebody takes care of what is wrong with a target.
    pub(super) fn acknowledged(&mut self, target: &str) {
        if let Some(incident) = self.news.incident(target) {
            (self.callers.notify)(Told::Acknowledged(incident.to_owned()));
        }
    }

    pub(super) fn explain(&mut self, decision: &Decision) {
        let incident = self.fleet.machine(&decision.target).and_then(Machine::incident);
        let since = incident.map(|incident| self.now.saturating_sub(incident.since));
        if let Some(entry) = told::entry(decision, self.mode, Utc::now(), self.now, since) {
            self.tell(entry);
        }
    }

    pub(super) fn note(&mut self, what: &str) {
        self.say_of(None, "monitor", what);
    }

    /// Tells something of a target, or of the monitor itself.
    pub(super) fn say_of(&mut self, target: Option<String>, what: &str, summary: &str) {
        let summary = if target.is_some() { summary.to_owned() } else { format!("monitor: {summary}") };
        self.tell(Entry { at: Utc::now(), target, what: what.to_owned(), summary, evidence: Vec::new() });
    }

    pub(super) fn tell(&mut self, entry: Entry) {
        (self.callers.say)(&entry);
        if let Some(target) = &entry.target {
            let entries = self.entries.entry(target.clone()).or_default();
            entries.push_back(entry.clone());
            if entries.len() > MAX_ENTRIES {
                entries.pop_front();
            }
        }
        if let Some(journal) = &mut self.journal {
            journal.entry(entry);
        }
    }

    pub(super) fn remember(&mut self) {
        self.is_changed = false;
        let at = Utc::now();
        let memory = Memory {
            at,
            clock: self.now,
            fleet: self.fleet.clone(),
            news: self.news.clone(),
            silences: self.silences.clone(),
            watched: self.watched(at),
        };
        if let Some(journal) = &mut self.journal {
            journal.remember(memory);
        }
    }

    /// What others may read of the services; the monitor's own clock tells nobody else anything.
    fn watched(&self, at: DateTime<Utc>) -> Vec<Watched> {
        let on_the_wall = |moment: Duration| at - self.now.saturating_sub(moment);
        let services =
            self.setup.plan.services.iter().filter_map(|service| self.fleet.machine(&service.name));
        let watched = services.map(|machine| Watched {
            target: machine.name.clone(),
            restarted_at: machine.restarted().map(on_the_wall).collect(),
            incident_since: machine.incident().map(|incident| on_the_wall(incident.since)),
        });
        watched.collect()
    }

    /// Says that it is there, and what is silent or explained by another target's trouble no longer.
    pub(super) fn live(&mut self) {
        if self.now < self.alive_due {
            return;
        }
        (self.callers.notify)(Told::Alive);
        let now = Utc::now();
        for over in self.silences.pass(now) {
            self.is_changed = true;
            self.say_of(over.target, "silence", "the silence is over");
        }
        self.catch_up();
        // A kill from now on is news.
        self.held.values_mut().filter_map(|held| held.kills.as_mut()).for_each(GroupKills::recount);
        let silence = self.silences_now().next_end(now);
        self.alive_due = self.now + silence.map_or(ALIVE, |end| end.clamp(SOONEST, ALIVE));
    }
}
