//! What of each service is found on the machine: its own processes with their proof, lost children, strangers on its
//! port, and what only looks like it.

use std::io;
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::config::Service;
use crate::model::Identity;
use crate::platform::{self, Listener, ProcessState};
use crate::process::{Bound, Owner, Presence, Proof, Table, Twins, Wanted};
use crate::service::stop::scope_of;
use crate::service::{Site, Unit, in_order};
use crate::store::{Desired, Wish};
use crate::text::redact;

/// Look-alikes of one service that are shown.
const MAX_ALIKE: usize = 8;

/// A service and what of it was found on the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    pub service: String,
    /// Another manager starts and stops it: nothing of it was looked at.
    pub managed: Option<Unit>,
    /// Its own processes, by proof.
    pub own: Vec<Member>,
    /// Children of it that have lost their parent, by proof.
    pub orphans: Vec<Member>,
    /// Processes on its port that are not its own.
    pub strangers: Vec<Member>,
    /// It may be its own, and may not be looked at closely enough to prove it.
    pub unproven: Option<Member>,
    /// Processes that look like its own and are not proved to be.
    pub look_alikes: Vec<Member>,
    /// An operator stopped it, and wants it to stay so.
    pub is_stopped_by_operator: bool,
    pub depends_on: Vec<String>,
}

/// A process, as it is shown and reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    pub pid: u32,
    /// RFC 3339, UTC.
    pub started_at: String,
    pub command: String,
    /// Why it is, or is not, the service's own.
    pub why: String,
    /// Tells it from a later process of the same number; absent where it had ended when it was looked at.
    pub identity: Option<Identity>,
}

impl Site {
    /// Looks at services; what others need comes first.
    ///
    /// # Errors
    /// When the system does not list its processes.
    pub fn look(&self, services: &[Service], now: DateTime<Utc>) -> io::Result<Vec<Inventory>> {
        self.look_at_all(&in_order(services), now)
    }

    /// Looks at one service.
    ///
    /// # Errors
    /// When the system does not list its processes.
    pub fn look_at(&self, service: &Service, now: DateTime<Utc>) -> io::Result<Inventory> {
        Ok(self.look_at_all(&[service], now)?.pop().unwrap_or_default())
    }

    fn look_at_all(&self, services: &[&Service], now: DateTime<Utc>) -> io::Result<Vec<Inventory>> {
        let table = Table::read()?;
        let ports: Vec<u16> = services.iter().filter_map(|service| service.port).collect();
        let mut all = || table.stats().filter(|stat| !stat.is_kernel).map(|stat| stat.pid).collect();
        let listeners = platform::listeners(&ports, &[], &mut all).unwrap_or_default();
        let look = Look {
            table: &table,
            listeners: &listeners,
            twins: &self.twins,
            state_dir: &self.state_dir,
            now,
        };
        Ok(services.iter().map(|service| look.at(service, &self.root)).collect())
    }
}

struct Look<'a> {
    table: &'a Table,
    listeners: &'a [Listener],
    twins: &'a Twins,
    state_dir: &'a Path,
    now: DateTime<Utc>,
}

impl Look<'_> {
    fn at(&self, service: &Service, root: &Path) -> Inventory {
        let mut found = Inventory {
            service: service.name.clone(),
            managed: Unit::of(service),
            depends_on: service.depends_on.clone(),
            is_stopped_by_operator: Desired::read(self.state_dir, &service.name)
                .is_some_and(|desired| desired.wish == Wish::Stopped),
            ..Inventory::default()
        };
        if found.managed.is_some() {
            return found;
        }
        let wanted = Wanted::of(service, self.twins, root, self.state_dir);
        let listeners: Vec<Listener> =
            self.listeners.iter().filter(|l| Some(l.address.port()) == wanted.port).cloned().collect();
        let presence = wanted.locate(self.table, &listeners);
        self.add_own(&mut found, &presence);
        self.add_left_in_group(&mut found, &wanted);
        self.add_holders(&mut found, &wanted, &presence, &listeners);
        self.add_look_alikes(&mut found, service, &wanted);
        found
    }

    fn add_own(&self, found: &mut Inventory, presence: &Presence) {
        match presence {
            Presence::Running { pid, proof, copies } => {
                let why = match proof {
                    Proof::Command => "owner, executable, words and folder are the service's",
                    Proof::Kept => "its keeper has started it, and wrote down who it is",
                    Proof::PidFile => "the pid file names it; owner, executable and folder agree",
                    Proof::Port => "it holds the service's port; owner, executable and folder agree",
                };
                found.own.push(self.member(*pid, why));
                let copy = "a further process of the same owner, executable, words and folder";
                found.own.extend(copies.iter().map(|pid| self.member(*pid, copy)));
            }
            Presence::Orphaned { pids } => {
                let why =
                    "a worker of the service that has lost its parent: owner, executable and folder agree";
                found.orphans.extend(pids.iter().map(|pid| self.member(*pid, why)));
            }
            Presence::Unproven { pid } => {
                let why = "it may not be looked at closely enough to prove it";
                found.unproven = Some(self.member(*pid, why));
            }
            Presence::Down => {}
        }
    }

    /// What still lives in the control group that the keeper started the service in, and is nobody's child any more.
    fn add_left_in_group(&self, found: &mut Inventory, wanted: &Wanted) {
        let Some(scope) = scope_of(self.state_dir, &found.service, wanted) else { return };
        for pid in scope.members().unwrap_or_default() {
            let is_known = |root: u32| root == pid || self.table.descends(pid, root);
            let known = found.own.iter().chain(&found.orphans).any(|member| is_known(member.pid));
            if !known && self.table.stat(pid).is_some() {
                let why = "lives in the control group that the service was started in";
                found.orphans.push(self.member(pid, why));
            }
        }
    }

    fn add_holders(
        &self,
        found: &mut Inventory,
        wanted: &Wanted,
        presence: &Presence,
        listeners: &[Listener],
    ) {
        let mut pids: Vec<u32> = listeners.iter().flat_map(|l| l.pids.iter().copied()).collect();
        pids.sort_unstable();
        pids.dedup();
        for pid in pids {
            let is_listed = |list: &[Member]| list.iter().any(|member| member.pid == pid);
            match wanted.owner_of(self.table, presence, pid) {
                Owner::Service => {}
                Owner::Orphan if !is_listed(&found.orphans) => {
                    let why = "a worker of the service that has lost its parent and holds its port";
                    found.orphans.push(self.member(pid, why));
                }
                Owner::Orphan => {}
                Owner::Stranger => {
                    let port = wanted.port.unwrap_or_default();
                    let why = format!("holds port {port} and is not proved to be the service's");
                    found.strangers.push(self.member(pid, &why));
                }
            }
        }
    }

    /// Processes that name the service's script and are not its own: what `pkill -f` would have hit.
    fn add_look_alikes(&self, found: &mut Inventory, service: &Service, wanted: &Wanted) {
        let Some(script) = service.command.as_ref().and_then(|command| script_of(command.words())) else {
            return;
        };
        let own: Vec<u32> = found.own.iter().chain(&found.orphans).map(|member| member.pid).collect();
        let me = std::process::id();
        let is_known = |pid: u32| {
            pid == me
                || own.iter().any(|root| *root == pid || self.table.descends(pid, *root))
                || found.strangers.iter().chain(&found.unproven).any(|member| member.pid == pid)
        };
        let mut alike: Vec<u32> = self
            .table
            .stats()
            .filter(|stat| !stat.is_kernel && stat.state != ProcessState::Zombie)
            .map(|stat| stat.pid)
            .filter(|pid| !is_known(*pid) && self.mentions(*pid, &script))
            .collect();
        alike.sort_unstable();
        for pid in alike.into_iter().take(MAX_ALIKE) {
            found.look_alikes.push(self.member(pid, &self.why_not(pid, wanted)));
        }
    }

    fn mentions(&self, pid: u32, script: &str) -> bool {
        let words = self.table.words(pid).unwrap_or_default();
        words.iter().any(|word| word.to_string_lossy().contains(script))
    }

    fn why_not(&self, pid: u32, wanted: &Wanted) -> String {
        let facts = self.table.facts(pid);
        match facts.and_then(|facts| facts.owner) {
            Some(owner) if !wanted.may_belong_to(owner) => {
                format!("names the script, belongs to {}", platform::user_name(owner))
            }
            None => "names the script; its owner may not be known".to_owned(),
            Some(_) => "names the script, and is not the service's program in its folder".to_owned(),
        }
    }

    fn member(&self, pid: u32, why: &str) -> Member {
        let age = self.table.stat(pid).map(|stat| stat.age).unwrap_or_default();
        let started = self.now - chrono::Duration::from_std(age).unwrap_or_default();
        Member {
            pid,
            started_at: started.to_rfc3339_opts(SecondsFormat::Secs, true),
            command: redact::secrets(&self.table.shown(pid)).into_owned(),
            why: why.to_owned(),
            identity: Bound::of_row(self.table, pid).map(|bound| bound.identity().clone()),
        }
    }
}

/// The word of a command that a pattern would be made of: the script, or the program itself.
fn script_of(words: &[String]) -> Option<String> {
    let is_script = |word: &&String| {
        let path = Path::new(word);
        !word.starts_with('-') && path.extension().is_some()
    };
    let word = words.iter().skip(1).find(is_script).or(words.first())?;
    Path::new(word).file_name().map(|name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_script_is_what_a_pattern_would_name() {
        let of = |line: &str| script_of(&words(line)).unwrap();
        assert_eq!(of("python3 -u /srv/app/main.py --port 8000"), "main.py");
        assert_eq!(of("/usr/bin/backend serve"), "backend");
    }
}
