//! The processes that belong to what is being stopped, as they are found.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::platform::{self, Delivery, ProcessState, Signal};
use crate::process::stop::{Intent, LeftAlone, Stopped, Survivor, Target, Witness, Zombie};
use crate::process::{Bound, Guard, Table, Trust};

/// A member that is or was alive.
#[derive(Debug)]
struct Member {
    bound: Bound,
    command: String,
    proof: String,
    trust: Trust,
    is_root: bool,
    /// The last signal that asked it to end.
    asked: Option<Signal>,
    is_halted: bool,
    /// Why it is not signalled any more.
    lost: Option<String>,
}

/// Everything that was found so far.
#[derive(Debug)]
pub(super) struct Known {
    guard: Guard,
    members: BTreeMap<u32, Member>,
    ended: Vec<Member>,
    refused: BTreeMap<u32, LeftAlone>,
}

/// Where to look for members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// In the control group only.
    Scope,
    /// Among descendants and by cookie, and in the control group.
    Everywhere,
}

impl Known {
    /// Starts with what is proven.
    pub(super) fn new(target: &mut Target) -> io::Result<Self> {
        let table = Table::read()?;
        let guard = Guard::new(&table);
        let (members, ended, refused) = Default::default();
        let mut known = Self { guard, members, ended, refused };
        for root in std::mem::take(&mut target.roots) {
            let pid = root.bound.identity().pid;
            let command = table.shown(pid);
            if let Some(why) = known.guard.objection(&table, pid, &target.permit) {
                known.refused.insert(pid, LeftAlone { pid, command, why });
                continue;
            }
            known.insert(Member {
                command,
                proof: root.proof,
                trust: Trust::Recognised,
                is_root: true,
                ..Member::of(root.bound)
            });
        }
        Ok(known)
    }

    fn insert(&mut self, member: Member) {
        self.members.insert(member.bound.identity().pid, member);
    }

    /// Looks for members that are not known yet; tells whether there were any.
    pub(super) fn search(&mut self, target: &Target, search: Search) -> io::Result<bool> {
        // A group that is gone holds nobody.
        let inside = target.scope.as_ref().and_then(|scope| scope.members().ok()).unwrap_or_default();
        let table = match search {
            Search::Scope => Table::read_only(&inside),
            Search::Everywhere => Table::read()?,
        };
        let mut found: Vec<(u32, &str)> =
            inside.into_iter().map(|pid| (pid, "is in its own control group")).collect();
        if search == Search::Everywhere {
            let marked = target.cookie.as_ref().map(|cookie| cookie.holders(&table, &target.permit.users));
            found.extend(marked.into_iter().flatten().map(|pid| (pid, "has its cookie")));
            found.extend(self.descendants(&table).into_iter().map(|pid| (pid, "was started by it")));
        }
        let mut is_more = false;
        for (pid, proof) in found {
            is_more |= self.consider(&table, target, pid, proof);
        }
        Ok(is_more)
    }

    fn consider(&mut self, table: &Table, target: &Target, pid: u32, proof: &str) -> bool {
        if let Some(member) = self.members.get_mut(&pid).filter(|member| member.bound.is_alive()) {
            // Known by its looks until now; the mark is the stronger proof.
            member.trust = Trust::Marked;
            return false;
        }
        if self.refused.contains_key(&pid) {
            return false;
        }
        let is_dead = |state: ProcessState| state == ProcessState::Zombie;
        if table.stat(pid).is_some_and(|stat| is_dead(stat.state)) {
            return false;
        }
        if let Some(why) = self.guard.objection(table, pid, &target.permit) {
            // Gone between the two looks: then its owner is not to be known either.
            if platform::process_exists(pid) {
                self.refused.insert(pid, LeftAlone { pid, command: table.shown(pid), why });
            }
            return false;
        }
        // Born after the table was read: held all the same, for the control group vouches for it.
        let bound = if table.stat(pid).is_some() { Bound::of_row(table, pid) } else { Bound::take(pid) };
        let Some(bound) = bound else { return false };
        let command = table.shown(pid);
        self.retire(pid);
        self.insert(Member { command, proof: proof.to_owned(), trust: Trust::Marked, ..Member::of(bound) });
        true
    }

    /// Descendants of living members, and of the process groups that members led.
    fn descendants(&self, table: &Table) -> Vec<u32> {
        let alive: BTreeSet<u32> =
            self.members.values().filter(|member| member.bound.is_alive()).map(Member::pid).collect();
        let led: BTreeSet<u32> = self
            .members
            .values()
            .chain(&self.ended)
            .filter(|member| member.bound.stat().group == member.pid())
            .map(Member::pid)
            .collect();
        let mut found: BTreeSet<u32> = alive.iter().flat_map(|pid| table.tree(*pid)).collect();
        // A group keeps its number for as long as one member lives: nobody else can have it.
        found.extend(table.stats().filter(|stat| led.contains(&stat.group)).map(|stat| stat.pid));
        found.into_iter().filter(|pid| !alive.contains(pid)).collect()
    }

    fn retire(&mut self, pid: u32) {
        self.ended.extend(self.members.remove(&pid));
    }

    /// Sets those aside that have ended.
    pub(super) fn settle(&mut self) {
        let dead: Vec<u32> =
            self.members.values().filter(|member| !member.bound.is_alive()).map(Member::pid).collect();
        for pid in dead {
            self.retire(pid);
        }
    }

    /// Those that live, for waiting on them.
    pub(super) fn living(&self) -> impl Iterator<Item = &Bound> {
        self.members.values().map(|member| &member.bound)
    }

    /// Whether any that may be signalled lives.
    pub(super) fn has_living(&self) -> bool {
        self.members.values().any(|member| member.lost.is_none())
    }

    /// Whether any lives that was asked to end.
    pub(super) fn has_asked(&self) -> bool {
        self.members.values().any(|member| member.asked.is_some() && member.lost.is_none())
    }

    /// Whether somebody among them must not be signalled.
    pub(super) fn has_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// Asks the topmost ones to end: their programs know best how to end the others.
    pub(super) fn ask_the_top(&mut self, signal: Signal, witness: &mut Witness<'_>) -> io::Result<()> {
        let tops: Vec<u32> = self
            .members
            .values()
            .filter(|member| member.is_root || !self.members.contains_key(&member.bound.stat().parent))
            .map(Member::pid)
            .collect();
        for pid in tops {
            self.ask(pid, signal, witness)?;
        }
        // A stopped process never acts on what it is asked.
        let stopped = |member: &&mut Member| member.bound.stat().state == ProcessState::Stopped;
        for member in self.members.values_mut().filter(stopped) {
            member.send(Signal::CONT);
        }
        Ok(())
    }

    /// Asks everybody who was not asked yet.
    pub(super) fn ask_the_rest(&mut self, signal: Signal, witness: &mut Witness<'_>) -> io::Result<()> {
        let rest: Vec<u32> =
            self.members.values().filter(|member| member.asked.is_none()).map(Member::pid).collect();
        rest.into_iter().try_for_each(|pid| self.ask(pid, signal, witness))
    }

    fn ask(&mut self, pid: u32, signal: Signal, witness: &mut Witness<'_>) -> io::Result<()> {
        let Some(member) = self.members.get_mut(&pid).filter(|member| member.lost.is_none()) else {
            return Ok(());
        };
        member.announce(signal, witness)?;
        member.asked = Some(signal);
        if member.send(signal) {
            member.send(Signal::CONT);
        }
        Ok(())
    }

    /// Halts whoever is not halted yet, so that it cannot fork; tells whether there was anybody.
    pub(super) fn halt(&mut self, witness: &mut Witness<'_>) -> io::Result<bool> {
        let mut is_any = false;
        for member in self.members.values_mut().filter(|member| !member.is_halted && member.lost.is_none()) {
            member.announce(Signal::STOP, witness)?;
            member.is_halted = true;
            is_any |= member.send(Signal::STOP);
        }
        Ok(is_any)
    }

    /// Announces that everybody is about to be killed by the kernel.
    pub(super) fn condemn(&mut self, witness: &mut Witness<'_>) -> io::Result<()> {
        for member in self.members.values_mut() {
            member.announce(Signal::KILL, witness)?;
            member.asked = Some(Signal::KILL);
        }
        Ok(())
    }

    /// Kills everybody, one after the other.
    pub(super) fn kill(&mut self, witness: &mut Witness<'_>) -> io::Result<()> {
        for member in self.members.values_mut().filter(|member| member.lost.is_none()) {
            member.announce(Signal::KILL, witness)?;
            member.asked = Some(Signal::KILL);
            member.send(Signal::KILL);
        }
        Ok(())
    }

    /// Everybody who has ended, who was left alone, who lives on, and who is not collected.
    pub(super) fn outcome(mut self) -> (Vec<Stopped>, Vec<LeftAlone>, Vec<Survivor>, Vec<Zombie>) {
        self.settle();
        let zombies = self.ended.iter().filter_map(Member::zombie).collect();
        let stopped = self.ended.into_iter().map(Member::stopped).collect();
        let survivors = self.members.into_values().map(Member::survivor).collect();
        (stopped, self.refused.into_values().collect(), survivors, zombies)
    }
}

impl Member {
    fn of(bound: Bound) -> Self {
        Self {
            bound,
            command: String::new(),
            proof: String::new(),
            trust: Trust::Recognised,
            is_root: false,
            asked: None,
            is_halted: false,
            lost: None,
        }
    }

    fn pid(&self) -> u32 {
        self.bound.identity().pid
    }

    fn announce(&self, signal: Signal, witness: &mut Witness<'_>) -> io::Result<()> {
        witness(&Intent { pid: self.pid(), signal, command: &self.command, proof: &self.proof })
    }

    /// Signals it; tells whether it was reached.
    fn send(&mut self, signal: Signal) -> bool {
        match self.bound.signal(signal, self.trust) {
            Ok(Delivery::Sent) => return true,
            Ok(Delivery::Gone) => {}
            Ok(Delivery::Forbidden) => self.lost = Some("fuelops may not signal it".to_owned()),
            Err(change) => self.lost = Some(change.to_string()),
        }
        false
    }

    fn stopped(self) -> Stopped {
        Stopped {
            pid: self.pid(),
            age: self.bound.stat().age,
            signal: self.asked,
            command: self.command,
            proof: self.proof,
        }
    }

    fn survivor(self) -> Survivor {
        let pid = self.pid();
        let now = platform::process_stat(pid);
        let state = now.map_or(self.bound.stat().state, |stat| stat.state);
        Survivor { pid, command: self.command, state, waits_in: platform::wait_channel(pid), why: self.lost }
    }

    /// It has ended, and stands in the process table still. Its own parent may be one that just ended, too.
    fn zombie(&self) -> Option<Zombie> {
        let now = platform::process_stat(self.pid())?;
        let is_it = now.started == self.bound.stat().started && now.state == ProcessState::Zombie;
        let parent =
            platform::process_stat(now.parent).filter(|parent| parent.state != ProcessState::Zombie)?;
        (is_it && parent.pid > 1 && parent.pid != std::process::id()).then_some(Zombie {
            pid: now.pid,
            parent: parent.pid,
            parent_command: parent.name,
        })
    }
}
