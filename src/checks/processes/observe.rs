//! Looks at the process table twice.

use std::collections::{BTreeSet, HashMap};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::checks::processes::Culprits;
use crate::checks::processes::culprits;
use crate::checks::system::SAMPLE;
use crate::config::{Manager, ProcessCheck, Service, Thresholds};
use crate::platform::{self, Listener, MemoryLimit, ProcessState, StartMark};
use crate::process::{Owner, PidFile, Presence, Table, TreeUsage, Twins, Wanted, cpu_now};
use crate::text::redact;

/// Time for asking whether somebody unseen answers on a port of this machine.
const UNSEEN_TIMEOUT: Duration = Duration::from_millis(200);
/// Holders of one port that are looked at.
const MAX_HOLDERS: usize = 16;

/// What to look for.
#[derive(Clone, Debug)]
pub(in crate::checks) struct Look {
    pub(in crate::checks) services: Vec<Service>,
    pub(in crate::checks) twins: Twins,
    /// Of process checks, in the order of the plan; `None` for others.
    pub(in crate::checks) checks: Vec<Option<ProcessCheck>>,
    pub(in crate::checks) root: PathBuf,
    /// Where keepers write down what they have started.
    pub(in crate::checks) state_dir: PathBuf,
    pub(in crate::checks) thresholds: Thresholds,
}

/// What the process table says.
#[derive(Clone, Debug, Default)]
pub(in crate::checks) struct ProcessesObservation {
    /// In the order of the plan; `None` for a service that another manager runs.
    pub(in crate::checks) services: Vec<Option<ServiceObservation>>,
    /// Pids that each process check found, in the order of the plan.
    pub(in crate::checks) matches: Vec<Vec<u32>>,
    pub(in crate::checks) culprits: Culprits,
}

/// What is known of one service.
#[derive(Clone, Debug)]
pub(in crate::checks) struct ServiceObservation {
    pub(super) presence: Presence,
    pub(super) pid_file: PidFileState,
    /// Of the process that was found.
    pub(super) main: Option<MainProcess>,
    /// What the tree uses, or what is left of it.
    pub(super) usage: TreeUsage,
    pub(super) cpu_percent: f64,
    pub(super) port: Option<PortObservation>,
    /// The user whose the process should be does not exist.
    pub(super) missing_user: Option<String>,
}

impl ServiceObservation {
    /// How long it has been running; none where it does not.
    pub(in crate::checks) fn age(&self) -> Option<Duration> {
        self.main.as_ref().map(|main| main.age)
    }
}

/// The process at the top of a service's tree.
#[derive(Clone, Debug)]
pub(super) struct MainProcess {
    pub(super) pid: u32,
    pub(super) age: Duration,
    /// In both looks: a moment's wait for a disk is normal.
    pub(super) state: ProcessState,
    pub(super) user: Option<String>,
    pub(super) command: String,
    pub(super) limit: Option<MemoryLimit>,
}

/// What the pid file says, compared with what runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PidFileState {
    NotConfigured,
    Missing,
    Unreadable(String),
    Garbage(String),
    /// The service's own process, or the one that started it.
    Right(u32),
    /// No process has this number.
    Stale(u32),
    /// A process has this number, and the system hides it from this caller.
    Hidden(u32),
    /// A process has this number, and it is not the service's.
    Stranger {
        pid: u32,
        command: String,
        user: Option<String>,
    },
}

/// Who holds a service's port.
#[derive(Clone, Debug, Default)]
pub(super) struct PortObservation {
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) holders: Vec<Holder>,
    /// Users of sockets whose process may not be seen, and whether such a user may be the service's.
    pub(super) unseen: Vec<(Option<u32>, String, bool)>,
    /// No socket is seen, and yet somebody accepts connections.
    pub(super) answers_unseen: bool,
    /// Nobody holds it, and the service's own processes listen there.
    pub(super) elsewhere: BTreeSet<u16>,
}

/// A process that holds a port.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) pid: u32,
    pub(super) owner: Owner,
    pub(super) user: Option<String>,
    pub(super) command: String,
    pub(super) age: Duration,
}

/// Looks, waits for as long as a CPU sample takes, and looks again.
pub(in crate::checks) fn observe(look: &Look) -> Result<ProcessesObservation, String> {
    let start = Instant::now();
    let before = (platform::cpu_times(), platform::cpu_quota());
    let table = table()?;
    let wanted: Vec<Option<Search>> = look.services.iter().map(|s| Search::of(s, look)).collect();
    let listeners = listeners_of(&table, &wanted);
    let found: Vec<_> =
        wanted.iter().map(|search| search.as_ref().map(|search| search.run(&table, &listeners))).collect();
    let matches = look.checks.iter().map(|check| super::matches::find(&table, check.as_ref())).collect();
    thread::sleep(SAMPLE.saturating_sub(start.elapsed()));
    let span = start.elapsed();
    let busy = before.0.ok().zip(platform::cpu_times().ok()).and_then(|(a, b)| b.busy_percent_since(&a));
    let granted = before.1.zip(platform::cpu_quota()).map(|(before, now)| {
        let used = now.used.saturating_sub(before.used).as_secs_f64();
        used / (span.as_secs_f64() * now.processors).max(0.001) * 100.0
    });
    let busy = busy.map(|busy| granted.map_or(busy, |granted| granted.max(busy)));
    let culprits = culprits::find(&table, &look.thresholds, busy, span);
    let services = found.into_iter().map(|f| f.map(|(found, tree)| second_look(&table, found, &tree, span)));
    Ok(ProcessesObservation { services: services.collect(), matches, culprits })
}

/// Pids that one process check finds, without anything else being looked at.
pub(in crate::checks) fn count(check: &ProcessCheck) -> Result<Vec<u32>, String> {
    Ok(super::matches::find(&table()?, Some(check)))
}

fn table() -> Result<Table, String> {
    Table::read().map_err(|e| format!("cannot list processes: {e}"))
}

/// A service and what its process is known by.
struct Search {
    wanted: Wanted,
    has_pid_file: bool,
    missing_user: Option<String>,
}

impl Search {
    fn of(service: &Service, look: &Look) -> Option<Self> {
        if service.manager != Manager::Process {
            return None;
        }
        let wanted = Wanted::of(service, &look.twins, &look.root, &look.state_dir);
        let missing_user = service.user.as_deref().filter(|_| wanted.owner.is_none()).map(str::to_owned);
        Some(Self { wanted, has_pid_file: service.pid_file.is_some(), missing_user })
    }

    /// Finds the service's process, and its tree.
    fn run(&self, table: &Table, all: &[Listener]) -> (ServiceObservation, Vec<u32>) {
        let listeners: Vec<Listener> =
            all.iter().filter(|l| Some(l.address.port()) == self.wanted.port).cloned().collect();
        let presence = self.wanted.locate(table, &listeners);
        let (main, tree) = match &presence {
            Presence::Running { pid, .. } | Presence::Unproven { pid } => (Some(*pid), table.tree(*pid)),
            Presence::Orphaned { pids } => (None, pids.iter().flat_map(|pid| table.tree(*pid)).collect()),
            Presence::Down => (None, Vec::new()),
        };
        let observation = ServiceObservation {
            pid_file: self.pid_file_state(table, &tree, main),
            main: main.and_then(|pid| main_process(table, pid)),
            usage: TreeUsage::of(table, &tree),
            cpu_percent: 0.0,
            port: self.wanted.port.map(|port| self.port(table, &presence, &listeners, &tree, port)),
            missing_user: self.missing_user.clone(),
            presence,
        };
        (observation, tree)
    }

    fn pid_file_state(&self, table: &Table, tree: &[u32], main: Option<u32>) -> PidFileState {
        match &self.wanted.pid_file {
            _ if !self.has_pid_file => PidFileState::NotConfigured,
            PidFile::Missing => PidFileState::Missing,
            PidFile::Unreadable(why) => PidFileState::Unreadable(why.clone()),
            PidFile::Garbage(text) => PidFileState::Garbage(text.clone()),
            PidFile::Names { pid, .. } => {
                let starts_main = main.is_some_and(|main| table.descends(main, *pid));
                match table.stat(*pid).filter(|stat| stat.state != ProcessState::Zombie) {
                    None if table.stat(*pid).is_none() && platform::process_exists(*pid) => {
                        PidFileState::Hidden(*pid)
                    }
                    None => PidFileState::Stale(*pid),
                    Some(_) if tree.contains(pid) || starts_main => PidFileState::Right(*pid),
                    Some(_) => PidFileState::Stranger {
                        pid: *pid,
                        command: shown(table, *pid),
                        user: user_of(table, *pid),
                    },
                }
            }
        }
    }

    fn port(
        &self,
        table: &Table,
        presence: &Presence,
        listeners: &[Listener],
        tree: &[u32],
        port: u16,
    ) -> PortObservation {
        let mut pids: Vec<u32> = listeners.iter().flat_map(|l| l.pids.iter().copied()).collect();
        pids.sort_unstable();
        pids.dedup();
        pids.truncate(MAX_HOLDERS);
        let holders = pids.into_iter().map(|pid| Holder {
            pid,
            owner: self.wanted.owner_of(table, presence, pid),
            user: user_of(table, pid),
            command: shown(table, pid),
            age: table.stat(pid).map_or(Duration::ZERO, |stat| stat.age),
        });
        let unseen = listeners.iter().filter(|l| l.pids.is_empty()).map(|l| {
            let name = l.uid.map_or_else(|| "unknown".to_owned(), platform::user_name);
            (l.uid, name, l.uid.is_some_and(|uid| self.wanted.may_belong_to(uid)))
        });
        PortObservation {
            addresses: listeners.iter().map(|l| l.address).collect(),
            holders: holders.collect(),
            unseen: unseen.collect(),
            answers_unseen: listeners.is_empty() && accepts(port),
            elsewhere: if listeners.is_empty() { ports_of(tree) } else { BTreeSet::new() },
        }
    }
}

impl ServiceObservation {
    /// Its process was there at the first look and is gone at the second.
    fn has_ended(&mut self) {
        self.presence = Presence::Down;
        self.main = None;
        if let PidFileState::Right(pid) = self.pid_file {
            self.pid_file = PidFileState::Stale(pid);
        }
    }
}

/// Asks for all ports at once; the services' own processes are asked first.
fn listeners_of(table: &Table, wanted: &[Option<Search>]) -> Vec<Listener> {
    let searches = || wanted.iter().flatten().filter(|search| search.wanted.port.is_some());
    let ports: Vec<u16> = searches().filter_map(|search| search.wanted.port).collect();
    if ports.is_empty() {
        return Vec::new();
    }
    let roots = searches().flat_map(|search| search.wanted.roots(table));
    let likely: Vec<u32> = roots.flat_map(|pid| table.tree(pid)).collect();
    let mut others = || table.stats().filter(|stat| !stat.is_kernel).map(|stat| stat.pid).collect();
    platform::listeners(&ports, &likely, &mut others).unwrap_or_default()
}

/// The ports that processes listen on.
fn ports_of(pids: &[u32]) -> BTreeSet<u16> {
    if pids.is_empty() {
        return BTreeSet::new();
    }
    let listeners = platform::every_listener(&mut || pids.to_vec()).unwrap_or_default();
    let own = listeners.iter().filter(|listener| listener.pids.iter().any(|pid| pids.contains(pid)));
    own.map(|listener| listener.address.port()).collect()
}

fn accepts(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, UNSEEN_TIMEOUT).is_ok()
}

fn main_process(table: &Table, pid: u32) -> Option<MainProcess> {
    let stat = table.stat(pid)?;
    Some(MainProcess {
        pid,
        age: stat.age,
        state: stat.state,
        user: user_of(table, pid),
        command: shown(table, pid),
        limit: platform::limit_of(pid),
    })
}

/// What a CPU sample's time has changed.
fn second_look(
    table: &Table,
    mut seen: ServiceObservation,
    tree: &[u32],
    span: Duration,
) -> ServiceObservation {
    let used = cpu_now(tree).saturating_sub(seen.usage.cpu);
    seen.cpu_percent = used.as_secs_f64() / span.as_secs_f64().max(0.001) * 100.0;
    if let Some(main) = &mut seen.main {
        let was = table.stat(main.pid).map(|stat| stat.started);
        match platform::process_stat(main.pid).filter(|now| Some(now.started) == was) {
            Some(now) if now.state == ProcessState::Zombie => seen.has_ended(),
            Some(now) if now.state != main.state => main.state = ProcessState::Sleeping,
            Some(_) => {}
            None => seen.has_ended(),
        }
    }
    // A child that is reaped in time is no zombie.
    let were = tree.iter().filter(|pid| table.stat(**pid).is_some_and(|s| s.state == ProcessState::Zombie));
    let still = were
        .filter(|pid| platform::process_stat(**pid).is_some_and(|stat| stat.state == ProcessState::Zombie));
    seen.usage.zombies = u32::try_from(still.count()).unwrap_or(u32::MAX);
    seen
}

pub(super) fn user_of(table: &Table, pid: u32) -> Option<String> {
    table.facts(pid)?.owner.map(platform::user_name)
}

/// A command as it may be shown: on one line, without secrets.
pub(super) fn shown(table: &Table, pid: u32) -> String {
    redact::secrets(&table.shown(pid)).into_owned()
}

/// CPU time of every process, by identity.
pub(super) type CpuByProcess = HashMap<(u32, StartMark), Duration>;
