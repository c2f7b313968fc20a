//! What the loop has done for it, each on a thread of its own: looking, starting, stopping. The loop never waits.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use chrono::Utc;

use crate::checks::{self, Plan};
use crate::config::Service;
use crate::diagnose::{self, Known, Tools};
use crate::keeper::KeeperError;
use crate::model::{Finding, Identity};
use crate::monitor::mailbox::{Letter, Mailbox};
use crate::monitor::remedy::remedy;
use crate::monitor::{Ending, Event, Outcome, Remedy, Wanted};
use crate::platform::{self, GroupKills};
use crate::process::Bound;
use crate::service::{Inventory, Patience, Site, StartError, Started, Stop, Work};
use crate::store::{Desired, KeptProgram, Lock, LockError, Wish};

/// How long the kernel may take to end what was killed.
const KILL_PATIENCE: Duration = Duration::from_secs(2);

/// Does what has to be waited for.
#[derive(Clone, Debug)]
pub(super) struct Hands {
    pub(super) site: Site,
    pub(super) plan: Arc<Plan>,
    tools: Tools,
    mailbox: Mailbox,
    /// The lock of everything that acts, shared by all that this process does at a time.
    lock: Arc<Mutex<Weak<Lock>>>,
    /// Services that are started or restarted at the moment.
    busy: Arc<Mutex<BTreeSet<String>>>,
    /// Kills for want of memory that the kernel had counted when the monitor started.
    past_kills: Option<u64>,
}

/// A service that is worked on; nobody else takes it on meanwhile.
#[derive(Debug)]
struct Job {
    target: String,
    busy: Arc<Mutex<BTreeSet<String>>>,
}

impl Job {
    /// Nothing where somebody works on it already: they will tell what came of it.
    fn take_on(target: &str, busy: &Arc<Mutex<BTreeSet<String>>>) -> Option<Self> {
        let is_free = busy.lock().unwrap_or_else(PoisonError::into_inner).insert(target.to_owned());
        is_free.then(|| Self { target: target.to_owned(), busy: Arc::clone(busy) })
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.target);
    }
}

impl Hands {
    pub(super) fn new(site: Site, plan: Plan, tools: Tools, mailbox: Mailbox) -> Self {
        let past_kills = platform::out_of_memory_kills();
        Self {
            site,
            plan: Arc::new(plan),
            tools,
            mailbox,
            lock: Arc::default(),
            busy: Arc::default(),
            past_kills,
        }
    }

    fn service(&self, name: &str) -> Option<&Service> {
        self.plan.services.iter().find(|service| service.name == name)
    }

    /// Does this on a thread of its own. Where there can be none now, it is asked for again later.
    /// Says whether there is one.
    fn aside(&self, name: &str, work: impl FnOnce(&Self) + Send + 'static) -> bool {
        let hands = self.clone();
        thread::Builder::new().name(name.to_owned()).spawn(move || work(&hands)).is_ok()
    }

    /// Finds out how a process has ended and what is wanted now; `kills` were counted around it while it lived.
    pub(super) fn inquire(&self, target: &str, pid: u32, kills: Option<GroupKills>) {
        let target = target.to_owned();
        self.aside("inquiry", move |hands| {
            let ended = hands.site.keeper.how_ended(&target, pid);
            let how = ended.map_or_else(Ending::default, |ended| Ending {
                is_out_of_memory: ended.signal == Some(libc::SIGKILL)
                    && (kills.is_some_and(|kills| kills.has_grown()) || hands.was_out_of_memory(pid)),
                code: ended.code,
                signal: ended.signal,
                said: ended.said,
            });
            let wish = hands.wanted(&target);
            hands.mailbox.put(Letter::Happened { target, event: Event::Ended { pid, how, wish } });
        });
    }

    /// A restart waits for this: where the kernel has killed nobody meanwhile, its log need not be read.
    fn was_out_of_memory(&self, pid: u32) -> bool {
        let kills = platform::out_of_memory_kills();
        (kills.is_none() || kills != self.past_kills) && checks::was_out_of_memory(pid)
    }

    /// Looks what of these services runs.
    pub(super) fn consult(&self, targets: Vec<String>) {
        self.aside("consult", move |hands| {
            let services: Vec<Service> =
                targets.iter().filter_map(|name| hands.service(name)).cloned().collect();
            // Where the machine does not list its processes, it is asked again later.
            let Ok(found) = hands.site.look(&services, Utc::now()) else { return };
            for found in found {
                let process = found.own.first().and_then(|own| own.identity.clone());
                let wish = hands.wanted(&found.service);
                hands.mailbox.put(Letter::Found { target: found.service, wish, process });
            }
        });
    }

    /// Measures everything, has it read together, and says what would help each service.
    /// Says whether that has begun.
    pub(super) fn examine(&self, generation: u64, epoch: u64) -> bool {
        self.aside("examine", move |hands| {
            let now = Utc::now();
            // One that panics has measured nothing, and is answered all the same.
            let measured = catch_unwind(AssertUnwindSafe(|| hands.measured()));
            let findings = measured.ok().flatten().unwrap_or_default();
            let found = hands.site.look(&hands.plan.services, now).unwrap_or_default();
            let remedies = hands.plan.services.iter().map(|service| {
                let found = found.iter().find(|found| found.service == service.name);
                let remedy = match findings.is_empty() {
                    true => Remedy::Unknown { why: "nothing could be measured".to_owned() },
                    false => remedy(service, &findings, found),
                };
                (service.name.clone(), remedy)
            });
            let remedies = remedies.collect();
            hands.mailbox.put(Letter::Looked { generation, epoch, remedies, findings });
        })
    }

    fn measured(&self) -> Option<Vec<Finding>> {
        let measured = checks::run(&self.plan, Utc::now()).ok()?;
        let evidence = checks::gather(&self.plan, &measured.findings, Utc::now());
        let known = Known {
            services: &self.plan.services,
            checks: &self.plan.checks,
            evidence: &evidence,
            tools: self.tools,
        };
        Some(diagnose::read(measured.findings, &known))
    }

    /// Starts services that are down, one look for all of them.
    pub(super) fn start(&self, targets: &[String]) {
        let jobs: Vec<Job> = targets.iter().filter_map(|target| Job::take_on(target, &self.busy)).collect();
        self.aside("start", move |hands| {
            let mut done = jobs;
            let services: Vec<&Service> = done.iter().filter_map(|job| hands.service(&job.target)).collect();
            let Ok(lock) = hands.lock("start") else {
                done.clear();
                return services.iter().for_each(|service| hands.tell(&service.name, Outcome::Yielded));
            };
            let owned: Vec<Service> = services.iter().copied().cloned().collect();
            let all = hands.site.look(&owned, Utc::now());
            for service in services {
                let outcome = match &all {
                    Ok(all) => {
                        let found = all.iter().find(|found| found.service == service.name);
                        hands.start_one(service, found)
                    }
                    Err(error) => Outcome::Failed { why: format!("processes cannot be listed: {error}") },
                };
                // Free before it is told: what is decided on that may be acted on at once.
                done.retain(|job| job.target != service.name);
                hands.tell(&service.name, outcome);
            }
            drop(lock);
        });
    }

    fn start_one(&self, service: &Service, found: Option<&Inventory>) -> Outcome {
        if self.wanted(&service.name) != Wanted::Up {
            return Outcome::Yielded;
        }
        let Some(found) = found else {
            return Outcome::Failed { why: "it was not found among its own".to_owned() };
        };
        match self.site.start_beside(service, found) {
            Ok(Started::Now(pid) | Started::Already(pid)) => runs(pid),
            Err(StartError::Remains { .. }) => self.replace(service, found),
            Err(error) => failed(&error),
        }
    }

    /// Stops what lives of a service, and starts it.
    pub(super) fn restart(&self, target: &str) {
        let Some(job) = Job::take_on(target, &self.busy) else { return };
        let target = target.to_owned();
        self.aside("restart", move |hands| {
            let Some(service) = hands.service(&target) else { return };
            let Ok(lock) = hands.lock(&format!("restart {target}")) else {
                return hands.tell(&target, Outcome::Yielded);
            };
            let outcome = match hands.wanted(&target) {
                Wanted::Up => match hands.site.look_at(service, Utc::now()) {
                    Ok(found) => hands.replace(service, &found),
                    Err(error) => Outcome::Failed { why: format!("processes cannot be listed: {error}") },
                },
                Wanted::Down | Wanted::InWork => Outcome::Yielded,
            };
            drop((lock, job));
            hands.tell(&target, outcome);
        });
    }

    fn replace(&self, service: &Service, found: &Inventory) -> Outcome {
        // Its end is no crash. A disk that takes no note keeps nothing from going on.
        self.site.note(&service.name, Wish::Run, Work::Begun, Utc::now()).unwrap_or(());
        let patience = Patience { grace: service.stop_timeout, kill: KILL_PATIENCE };
        let ended = self.site.stop(service, &Stop::of(found), patience, &mut |_, _| {});
        let survivor = ended.iter().find_map(|end| Some((end.pid, end.survives.as_ref()?)));
        let outcome = match survivor {
            Some((pid, why)) => Outcome::Failed { why: format!("pid {pid} is still there: {why}") },
            None => match self.site.start(service, Utc::now()) {
                Ok(Started::Now(pid) | Started::Already(pid)) => runs(pid),
                Err(error) => failed(&error),
            },
        };
        self.site.note(&service.name, Wish::Run, Work::Done, Utc::now()).unwrap_or(());
        outcome
    }

    /// Makes a keeper where programs have lost theirs: what they print is read on.
    pub(super) fn mind_the_keeper(&self) {
        self.aside("keeper", |hands| hands.site.keeper.take_over_orphans().unwrap_or(()));
    }

    fn tell(&self, target: &str, outcome: Outcome) {
        let event = Event::Acted { outcome };
        self.mailbox.put(Letter::Happened { target: target.to_owned(), event });
    }

    /// What an operator wants of a service by now.
    fn wanted(&self, target: &str) -> Wanted {
        let Some(desired) = Desired::read(&self.site.state_dir, target) else { return Wanted::Up };
        let is_other = |worker: &Bound| worker.identity().pid != std::process::id();
        let is_in_work = desired.in_work_by.as_ref().and_then(Bound::again).is_some_and(|w| is_other(&w));
        match desired.wish {
            _ if is_in_work => Wanted::InWork,
            Wish::Stopped => Wanted::Down,
            Wish::Run => Wanted::Up,
        }
    }

    /// Holds the lock, together with whatever else this process does. An error: another process has it. A state folder
    /// that takes no lock keeps no service down.
    fn lock(&self, work: &str) -> Result<Option<Arc<Lock>>, ()> {
        let mut held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = held.upgrade() {
            return Ok(Some(lock));
        }
        match self.site.lock(&format!("monitor: {work}"), Utc::now()) {
            Ok(lock) => {
                let lock = Arc::new(lock);
                *held = Arc::downgrade(&lock);
                Ok(Some(lock))
            }
            Err(error) if is_held(&error) => Err(()),
            Err(_) => Ok(None),
        }
    }
}

fn is_held(error: &anyhow::Error) -> bool {
    let held = |cause: &LockError| matches!(cause, LockError::Held { .. });
    error.chain().filter_map(|cause| cause.downcast_ref()).any(held)
}

fn runs(pid: Option<u32>) -> Outcome {
    let unseen = || Outcome::Failed { why: "its manager does not tell its pid".to_owned() };
    pid.map_or_else(unseen, |pid| Outcome::Runs { pid })
}

fn failed(error: &StartError) -> Outcome {
    let why = chain(error);
    match error {
        StartError::Unready(_)
        | StartError::PortTaken { .. }
        | StartError::Unproven { .. }
        // Our own trouble, and none of the service's.
        | StartError::Keeper(KeeperError::NoKeeper { .. } | KeeperError::State(_)) => {
            Outcome::Blocked { why }
        }
        _ => Outcome::Failed { why },
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut at = error.source();
    while let Some(source) = at {
        text = format!("{text}: {source}");
        at = source.source();
    }
    text
}

/// The process that the keeper has just started; a later one of the same number is none.
pub(super) fn started(site: &Site, target: &str, pid: u32) -> Option<Bound> {
    let kept = KeptProgram::read(&site.state_dir, target).and_then(|kept| kept.program);
    match kept.filter(|program: &Identity| program.pid == pid) {
        Some(program) => Bound::again(&program),
        None => Bound::take(pid),
    }
}
