//! The hands of a recovery on the real machine.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Local, Utc};

use crate::config::Service;
use crate::model::{Finding, Severity};
use crate::platform::files::Folder;
use crate::process::Bound;
use crate::recover::archive::{pack, write_evidence, write_manifest};
use crate::recover::guard::Guard;
use crate::recover::hands::{Freed, Hands, StepResult};
use crate::recover::plan::Plan;
use crate::recover::preserve::{self, Kept, Order};
use crate::recover::snapshot::{self, Evidence, Scene};
use crate::service::{Ended, Patience, Prepared, Site, Started, Stop, Witness, Work};
use crate::store::{Lock, Wish};

/// Measures services, read together with all that is known; none named: everything.
pub type Measure<'a> = Box<dyn FnMut(&[String]) -> anyhow::Result<Vec<Finding>> + 'a>;
/// Makes room on a disk; returns what it came to.
pub type MakeRoom<'a> = Box<dyn FnMut(Instant) -> Freed + 'a>;
/// Looks for a sign of failure in what a log says from an offset on.
pub type BadWords<'a> = Box<dyn FnMut(&Path, u64) -> Option<String> + 'a>;

/// What a recovery knows and may use.
pub struct Outfit<'a> {
    pub services: &'a [Service],
    pub measure: Measure<'a>,
    pub site: Site,
    /// Where crash folders stand.
    pub report_dir: PathBuf,
    /// Whom folders have to belong to, where the caller is root in somebody else's.
    pub owner: Option<u32>,
    /// Shared with the guard; absent where this process is the guard, and the lock came with it.
    pub lock: Option<&'a Lock>,
    /// This program and the arguments that make it the guard; absent where this process is the guard.
    pub guard: Option<(PathBuf, Vec<OsString>)>,
    pub findings: Vec<Finding>,
    /// Shows the stacks of Python processes, where it is installed.
    pub py_spy: Option<PathBuf>,
    pub make_room: MakeRoom<'a>,
    pub bad_words: BadWords<'a>,
    /// Counts how often somebody wanted it to end.
    pub interrupts: Arc<AtomicU32>,
    /// The guard, for whoever has to send it home.
    pub post: Arc<Mutex<Option<Guard>>>,
}

impl fmt::Debug for Outfit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outfit").field("site", &self.site).finish_non_exhaustive()
    }
}

/// The hands themselves.
#[derive(Debug)]
pub struct Crew<'a> {
    outfit: Outfit<'a>,
    evidence: Evidence,
    /// What the keeper will be told, made before anything is stopped.
    starts: HashMap<String, Prepared>,
    started: HashMap<String, Bound>,
    /// Where each service's log ended before it was started.
    ends: HashMap<String, u64>,
    pub manifest: Option<PathBuf>,
}

impl<'a> Crew<'a> {
    /// Hands with nothing in them yet.
    pub fn new(outfit: Outfit<'a>) -> Self {
        Self {
            outfit,
            evidence: Evidence::default(),
            starts: HashMap::new(),
            started: HashMap::new(),
            ends: HashMap::new(),
            manifest: None,
        }
    }

    /// Sends the guard home, if one is posted.
    pub fn relieve_guard(&mut self) {
        let guard = self.outfit.post.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(guard) = guard {
            guard.relieve();
        }
    }

    fn service(&self, name: &str) -> Option<&'a Service> {
        self.outfit.services.iter().find(|service| service.name == name)
    }

    /// A disk that takes no note keeps no recovery from going on: the lock says the same.
    fn note(&self, service: &str, work: Work) {
        self.outfit.site.note(service, Wish::Run, work, Utc::now()).unwrap_or(());
    }

    /// Where a service's output goes.
    fn log_of(&self, service: &Service) -> PathBuf {
        self.outfit.site.log_files(service).main
    }

    /// Logs of services that are about to be stopped, or lie dead.
    fn logs(&self, plan: &Plan) -> Vec<PathBuf> {
        let mut names = plan.started();
        names.extend(plan.stop.iter().map(|stop| stop.service.clone()));
        let mut logs: Vec<PathBuf> =
            names.iter().filter_map(|name| Some(self.log_of(self.service(name)?))).collect();
        logs.sort();
        logs.dedup();
        logs
    }
}

impl Hands for Crew<'_> {
    fn now(&self) -> (Instant, DateTime<Utc>) {
        (Instant::now(), Utc::now())
    }

    fn snapshot(&mut self, plan: &Plan, until: Instant) -> StepResult {
        let members = plan.stop.iter().flat_map(|stop| stop.members.iter().map(|member| member.pid));
        let scene = Scene {
            pids: members.collect(),
            logs: self.logs(plan),
            places: vec![self.outfit.site.root.clone(), self.outfit.site.state_dir.clone()],
            findings: self.outfit.findings.clone(),
            py_spy: self.outfit.py_spy.clone(),
        };
        self.evidence = snapshot::gather(&scene, until);
        let detail =
            format!("{} processes looked at, {} logs' ends", scene.pids.len(), self.evidence.texts.len());
        let problem = self.evidence.missing.first().map(|what| format!("evidence is incomplete: {what}"));
        StepResult { detail, problem }
    }

    fn prepare(&mut self, services: &[String]) -> Vec<String> {
        let mut obstacles = Vec::new();
        let services: Vec<&Service> = services.iter().filter_map(|name| self.service(name)).collect();
        for service in services {
            match self.outfit.site.prepare(service) {
                Ok(start) => drop(self.starts.insert(service.name.clone(), start)),
                Err(why) => obstacles.push(format!("{}: {why}", service.name)),
            }
        }
        obstacles
    }

    fn has_ended(&self, service: &str) -> bool {
        self.started.get(service).is_some_and(|bound| !bound.is_alive())
    }

    fn post_guard(&mut self) -> Result<(), String> {
        let Some((program, arguments)) = &self.outfit.guard else { return Ok(()) };
        let Some(lock) = self.outfit.lock else { return Ok(()) };
        let lock = lock.share().map_err(|e| e.to_string())?;
        let guard = Guard::post(program, arguments, lock).map_err(|e| e.to_string())?;
        *self.outfit.post.lock().unwrap_or_else(PoisonError::into_inner) = Some(guard);
        Ok(())
    }

    fn stop(&mut self, stop: &Stop, patience: Patience, witness: &mut Witness<'_>) -> Vec<Ended> {
        match self.service(&stop.service) {
            Some(service) => {
                self.note(&service.name, Work::Begun);
                self.outfit.site.stop(service, stop, patience, witness)
            }
            None => Vec::new(),
        }
    }

    fn stop_timeout(&self, service: &str) -> Duration {
        self.service(service).map_or(Duration::ZERO, |service| service.stop_timeout)
    }

    fn preserve(&mut self, plan: &Plan) -> Kept {
        let logs = self.logs(plan);
        let mut kept = preserve::preserve(&Order {
            logs: &logs,
            into: &self.outfit.report_dir,
            state_dir: &self.outfit.site.state_dir,
            owner: self.outfit.owner,
            now: Local::now(),
        });
        if let Some(folder) = &kept.folder
            && let Err(error) = write_evidence(folder, &self.evidence)
        {
            kept.problems.push(format!("the evidence is not written: {error}"));
        }
        kept
    }

    fn free(&mut self, until: Instant) -> Freed {
        let before = free_bytes(&self.outfit.site.root);
        let mut freed = (self.outfit.make_room)(until);
        // What the file system gained, whatever anybody says.
        if let (Some(before), Some(after)) = (before, free_bytes(&self.outfit.site.root)) {
            freed.bytes = after.saturating_sub(before);
        }
        freed
    }

    fn start(&mut self, service: &str) -> Result<Option<u32>, String> {
        let service = self.service(service).ok_or("there is no such service")?;
        let end = self.log_of(service).metadata().map_or(0, |metadata| metadata.len());
        self.ends.insert(service.name.clone(), end);
        let start = self.starts.remove(&service.name).ok_or("it was not made ready")?;
        self.note(&service.name, Work::Begun);
        // A watchdog may have been faster: no second copy is started beside it.
        let started = self.outfit.site.launch_again(service, start, Utc::now()).map(Started::pid);
        self.note(&service.name, Work::Done);
        if let Some(bound) = started.as_ref().ok().copied().flatten().and_then(Bound::take) {
            self.started.insert(service.name.clone(), bound);
        }
        started.map_err(|error| format!("{:#}", anyhow::Error::from(error)))
    }

    fn look(&mut self, services: &[String]) -> Vec<Finding> {
        (self.outfit.measure)(services).unwrap_or_else(|error| unmeasured(services, &format!("{error:#}")))
    }

    fn bad_words(&mut self, service: &str) -> Option<String> {
        let log = self.log_of(self.service(service)?);
        let from = self.ends.get(service).copied().unwrap_or(0);
        (self.outfit.bad_words)(&log, from)
    }

    fn archive(&mut self, kept: &Kept) -> StepResult {
        let Some(folder) = &kept.folder else {
            return StepResult { detail: "nothing was kept".to_owned(), ..StepResult::default() };
        };
        let (packed, problem) = pack(kept);
        match write_manifest(folder, &packed) {
            Ok(path) => self.manifest = Some(path),
            Err(error) => return StepResult { problem: Some(format!("{error:#}")), ..StepResult::default() },
        }
        // The first try may have met a full disk.
        write_evidence(folder, &self.evidence).unwrap_or(());
        preserve::keep_spare(&self.outfit.site.state_dir).unwrap_or(());
        StepResult { detail: format!("hashed and compressed in {}", folder.display()), problem }
    }

    fn wait(&mut self, pause: Duration) {
        std::thread::sleep(pause);
    }

    fn is_interrupted(&self) -> bool {
        self.outfit.interrupts.load(Ordering::Relaxed) > 0
    }
}

/// A look that failed is no sign of health.
fn unmeasured(services: &[String], why: &str) -> Vec<Finding> {
    let of = |service: &String| {
        let check = format!("service.{service}.process");
        Finding::new(check, service.clone(), Severity::Critical, format!("cannot be measured: {why}"))
    };
    services.iter().map(of).collect()
}

fn free_bytes(path: &Path) -> Option<u64> {
    let free = |path: &Path| -> io::Result<u64> { Ok(Folder::open_trusted(path)?.space()?.available_bytes) };
    free(path).ok()
}
