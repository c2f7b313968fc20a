//! All targets together: who needs whom. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::monitor::{Decision, Event, Machine, Order, Policy, Surroundings};

/// Every target that is watched, in the order of the config.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    machines: Vec<Machine>,
}

impl Fleet {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Watches these targets from now on: new ones are looked at first, what is known of the others stays, and of those
    /// that are gone nothing is owed to anybody.
    pub fn set_targets(&mut self, targets: Vec<(String, Policy)>, seed: u64, now: Duration) -> Vec<Decision> {
        let mut old: BTreeMap<String, Machine> =
            std::mem::take(&mut self.machines).into_iter().map(|m| (m.name.clone(), m)).collect();
        for (n, (name, policy)) in (0_u64..).zip(targets) {
            self.machines.push(match old.remove(&name) {
                Some(mut machine) => {
                    machine.set_policy(policy, now);
                    machine
                }
                None => Machine::new(&name, policy, seed.wrapping_add(n), now),
            });
        }
        retired(old, now)
    }

    /// Goes on from what an earlier monitor remembered; of targets that are watched no more nothing is owed to anybody.
    #[must_use]
    pub fn resume(&mut self, past: Self, then: Duration, now: Duration) -> Vec<Decision> {
        let mut past: BTreeMap<String, Machine> =
            past.machines.into_iter().map(|m| (m.name.clone(), m)).collect();
        let machines = std::mem::take(&mut self.machines).into_iter();
        self.machines = machines
            .map(|machine| match past.remove(&machine.name) {
                Some(remembered) => machine.resumed(remembered, then, now),
                None => machine,
            })
            .collect();
        retired(past, now)
    }

    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    pub fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.name == name)
    }

    /// When something is due at the latest.
    pub fn next(&self) -> Option<Duration> {
        self.machines.iter().map(Machine::next).min()
    }

    /// Tells one target what has happened to it.
    pub fn step(&mut self, target: &str, event: Event, now: Duration) -> Vec<Decision> {
        let Some(at) = self.machines.iter().position(|machine| machine.name == target) else {
            return Vec::new();
        };
        let missing = self.missing(at);
        let was_well = self.machines[at].is_well();
        let mut decisions = self.machines[at].step(event, Surroundings { missing: missing.as_deref() }, now);
        decisions.extend(self.doubts(at, &decisions));
        if self.machines[at].is_well() && !was_well {
            // Whoever waits for it waits no longer.
            self.machines.iter_mut().for_each(|machine| machine.hurry(target, now));
        }
        decisions
    }

    /// Lets time pass for everybody for whom something is due.
    pub fn tick(&mut self, now: Duration) -> Vec<Decision> {
        let due: Vec<String> =
            self.machines.iter().filter(|m| m.next() <= now).map(|m| m.name.clone()).collect();
        due.iter().flat_map(|name| self.step(name, Event::Tick, now)).collect()
    }

    /// The first of what a target needs that is not well.
    fn missing(&self, at: usize) -> Option<String> {
        let is_missing = |need: &&String| match self.machine(need) {
            Some(machine) => !machine.is_well(),
            None => false,
        };
        self.machines[at].policy().needs.iter().find(is_missing).cloned()
    }

    /// Who falls over may do so for want of what it needs: that is looked at at once.
    fn doubts(&self, at: usize, decisions: &[Decision]) -> Vec<Decision> {
        let has_fallen = decisions.iter().any(|decision| matches!(decision.order, Order::Open { .. }));
        if !has_fallen {
            return Vec::new();
        }
        let needs = self.machines[at].policy().needs.iter();
        let well = needs.filter(|need| self.machine(need).is_some_and(Machine::is_well));
        let probe =
            |need: &String| Decision { target: need.clone(), order: Order::Probe, evidence: Vec::new() };
        well.map(probe).collect()
    }
}

fn retired(gone: BTreeMap<String, Machine>, now: Duration) -> Vec<Decision> {
    gone.into_values().flat_map(|mut machine| machine.retire("it is watched no more", now)).collect()
}
