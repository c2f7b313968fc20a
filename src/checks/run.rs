//! Starts every probe at once, waits for the last, and has all of it judged.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::runtime::Builder;

use crate::checks::certificate::{self, CertificateObservation};
use crate::checks::command::{self, CommandObservation, Invocation};
use crate::checks::disk::{self, DiskObservation};
use crate::checks::file_age::{self, FileAgeObservation};
use crate::checks::http::{self, HttpFailure, HttpObservation, Request};
use crate::checks::processes::{self, Look, ProcessesObservation};
use crate::checks::seen::{Running, Seen, Starter};
use crate::checks::system::{self, SystemObservation};
use crate::checks::tcp::{self, TcpObservation};
use crate::checks::tls::Trust;
use crate::checks::{LogRate, Plan, judge};
use crate::config::{Check, CheckKind, PathPattern, Service};
use crate::model::Finding;
use crate::platform;
use crate::report::SystemSummary;

/// Time for what the machine says of itself.
pub(super) const LOCAL_DEADLINE: Duration = Duration::from_secs(5);
/// Room for a probe that ends by itself at its deadline, and then says more than that it missed it.
const GUARD: Duration = Duration::from_millis(250);
/// Threads that may hang at once before further blocking probes have to wait.
const MAX_THREADS: usize = 512;
/// Descriptors that everything but the probes needs.
const OWN_FILES: u64 = 64;

/// What a run found.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Every check, good ones too; no order.
    pub findings: Vec<Finding>,
    pub system: SystemSummary,
    /// Remarks that change no verdict.
    pub notes: Vec<String>,
}

/// Measures everything of a plan once.
///
/// # Errors
/// When the runtime cannot be made.
pub fn run(plan: &Plan, now: DateTime<Utc>) -> io::Result<Measured> {
    // An http probe holds one descriptor, a command three.
    let probes = (plan.services.len() + plan.checks.len()) as u64;
    platform::raise_open_files(OWN_FILES + 4 * probes);
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(MAX_THREADS)
        .thread_keep_alive(Duration::from_secs(1))
        .build()?;
    let seen = runtime.block_on(async { Started::new(plan, now).end().await });
    // Threads that hang stay behind; waiting for them is what a deadline is against.
    runtime.shutdown_background();
    Ok(judge::everything(plan, &seen, now))
}

/// Everything that was seen; lists stand in the order of the plan.
pub(super) struct Observations {
    pub(super) system: Seen<SystemObservation>,
    pub(super) disks: Option<Disks>,
    pub(super) processes: Seen<Result<ProcessesObservation, String>>,
    pub(super) services: Vec<Option<Seen<HttpObservation>>>,
    pub(super) checks: Vec<CheckSeen>,
    /// Absent where the config names no logs, or they are not asked for.
    pub(super) logs: Option<Seen<LogRate>>,
}

/// What was seen for one check.
pub(super) enum CheckSeen {
    Http(Seen<HttpObservation>),
    Tcp(Seen<TcpObservation>),
    Certificate(Seen<CertificateObservation>),
    Disk(Seen<DiskObservation>),
    /// Its processes stand with those of all others.
    Process,
    FileAge(Seen<FileAgeObservation>),
    LogRate(Seen<LogRate>),
    Command(Seen<CommandObservation>),
    /// Its type cannot be measured yet.
    Later,
}

/// Probes that are under way.
struct Started {
    system: Running<SystemObservation>,
    disks: Running<Option<Disks>>,
    processes: Running<Result<ProcessesObservation, String>>,
    services: Vec<Option<Running<HttpObservation>>>,
    checks: Vec<CheckRunning>,
    logs: Option<Running<LogRate>>,
}

enum CheckRunning {
    Http(Running<HttpObservation>),
    Tcp(Running<TcpObservation>),
    Certificate(Running<CertificateObservation>),
    Disk(Running<DiskObservation>),
    Process,
    FileAge(Running<FileAgeObservation>),
    LogRate(Running<LogRate>),
    Command(Running<CommandObservation>),
    Later,
}

impl Started {
    fn new(plan: &Plan, now: DateTime<Utc>) -> Self {
        let starter = Starter::new();
        let trust = Trust::default();
        let look = look(plan);
        let has_logs = plan.judges_system && !plan.logs.is_empty();
        Self {
            system: starter.blocking(LOCAL_DEADLINE, system::observe),
            disks: start_disks(&starter, plan),
            processes: starter.blocking(LOCAL_DEADLINE, move || processes::observe(&look)),
            logs: has_logs.then(|| start_counting(&starter, plan, plan.logs.clone(), LOCAL_DEADLINE, now)),
            services: plan.services.iter().map(|s| start_service(&starter, s, &trust)).collect(),
            checks: plan.checks.iter().map(|c| start_check(&starter, plan, c, &trust, now)).collect(),
        }
    }

    async fn end(self) -> Observations {
        let mut services = Vec::with_capacity(self.services.len());
        for probe in self.services {
            services.push(match probe {
                Some(probe) => Some(probe.end().await),
                None => None,
            });
        }
        let mut checks = Vec::with_capacity(self.checks.len());
        for probe in self.checks {
            checks.push(probe.end().await);
        }
        let logs = match self.logs {
            Some(probe) => Some(probe.end().await),
            None => None,
        };
        let disks = match self.disks.end().await {
            Seen::Done { value, .. } => value,
            _ => None,
        };
        let (system, processes) = (self.system.end().await, self.processes.end().await);
        Observations { system, disks, processes, services, checks, logs }
    }
}

impl CheckRunning {
    async fn end(self) -> CheckSeen {
        match self {
            Self::Http(probe) => CheckSeen::Http(probe.end().await),
            Self::Tcp(probe) => CheckSeen::Tcp(probe.end().await),
            Self::Certificate(probe) => CheckSeen::Certificate(probe.end().await),
            Self::Disk(probe) => CheckSeen::Disk(probe.end().await),
            Self::Process => CheckSeen::Process,
            Self::FileAge(probe) => CheckSeen::FileAge(probe.end().await),
            Self::LogRate(probe) => CheckSeen::LogRate(probe.end().await),
            Self::Command(probe) => CheckSeen::Command(probe.end().await),
            Self::Later => CheckSeen::Later,
        }
    }
}

fn look(plan: &Plan) -> Look {
    let wanted = |check: &Check| match &check.kind {
        CheckKind::Process(wanted) => Some(wanted.clone()),
        _ => None,
    };
    Look {
        services: plan.services.clone(),
        checks: plan.checks.iter().map(wanted).collect(),
        root: plan.root.clone(),
        thresholds: plan.thresholds.clone(),
    }
}

fn start_service(starter: &Starter, service: &Service, trust: &Trust) -> Option<Running<HttpObservation>> {
    let request = Request::of_service(service, trust)?;
    let shown = service.health_url.as_ref().map_or_else(String::new, ToString::to_string);
    Some(start_http(starter, request, shown, service.health_timeout))
}

fn start_http(
    starter: &Starter,
    request: Result<Request, HttpFailure>,
    shown: String,
    timeout: Duration,
) -> Running<HttpObservation> {
    // The exchange ends by itself at its deadline and says in which phase; the outer one only guards it.
    let guard = timeout + GUARD;
    starter.waiting(guard, async move {
        match request {
            Ok(request) => http::exchange(request, timeout).await,
            Err(failure) => HttpObservation::failed(shown, failure),
        }
    })
}

fn start_check(
    starter: &Starter,
    plan: &Plan,
    check: &Check,
    trust: &Trust,
    now: DateTime<Utc>,
) -> CheckRunning {
    let timeout = check.timeout;
    match &check.kind {
        CheckKind::Http(http) => {
            let request = Request::of_check(http, trust);
            CheckRunning::Http(start_http(starter, request, http.url.to_string(), timeout))
        }
        CheckKind::Tcp(tcp) => {
            CheckRunning::Tcp(starter.waiting(timeout, tcp::observe(tcp.address.clone(), timeout)))
        }
        CheckKind::Certificate(wanted) => {
            let (trust, wanted) = (trust.clone(), wanted.clone());
            CheckRunning::Certificate(match (wanted.address, wanted.file) {
                (Some(address), _) => starter.waiting(timeout, async move {
                    certificate::observe_address(address, &trust, timeout).await
                }),
                (None, file) => {
                    starter.blocking(timeout, move || certificate::observe_file(&file.unwrap_or_default()))
                }
            })
        }
        CheckKind::Disk(wanted) => {
            let (path, folders) = (wanted.path.clone(), plan.folders.clone());
            let bars = check.thresholds.disk_percent;
            CheckRunning::Disk(starter.blocking(timeout, move || disk::observe(&path, &folders, bars)))
        }
        CheckKind::Process(_) => CheckRunning::Process,
        CheckKind::FileAge(wanted) => {
            let path = wanted.path.clone();
            CheckRunning::FileAge(starter.blocking(timeout, move || file_age::observe(&path)))
        }
        CheckKind::LogRate(wanted) => {
            CheckRunning::LogRate(start_counting(starter, plan, wanted.paths.clone(), timeout, now))
        }
        CheckKind::Command(wanted) => {
            let (command, dir) = (wanted.command.clone(), plan.root.clone());
            let invocation = Invocation { command, dir, run_as: plan.run_as };
            // It ends by itself at its deadline, and kills what it has started.
            let work = command::observe(invocation, timeout);
            CheckRunning::Command(starter.waiting(timeout + GUARD, work))
        }
        _ => CheckRunning::Later,
    }
}

fn start_counting(
    starter: &Starter,
    plan: &Plan,
    patterns: Vec<PathPattern>,
    deadline: Duration,
    now: DateTime<Utc>,
) -> Running<LogRate> {
    let counter = plan.counter.clone();
    starter.blocking(deadline, move || counter.count(&patterns, now))
}

/// The disks, and which of them holds the root; nothing where they could not even be listed in time.
pub(super) struct Disks {
    pub(super) seen: Vec<(PathBuf, Seen<DiskObservation>)>,
    pub(super) root: Option<usize>,
}

/// Finds the disks, then measures each with its own deadline.
fn start_disks(starter: &Starter, plan: &Plan) -> Running<Option<Disks>> {
    let (root, folders) = (plan.root.clone(), plan.folders.clone());
    let bars = plan.thresholds.disk_percent;
    let inner = starter.clone();
    starter.waiting(LOCAL_DEADLINE + GUARD, async move {
        let start = Instant::now();
        let wanted = folders.clone();
        let found = inner.blocking(LOCAL_DEADLINE, move || disk::find(&root, &wanted)).end().await;
        let Seen::Done { value: chosen, .. } = found else { return None };
        let left = LOCAL_DEADLINE.saturating_sub(start.elapsed());
        let measure = |mount: PathBuf| {
            let folders = folders.clone();
            let path = mount.clone();
            (mount, inner.blocking(left, move || disk::observe(&path, &folders, bars)))
        };
        let probes: Vec<_> = chosen.paths.into_iter().map(measure).collect();
        let mut seen = Vec::with_capacity(probes.len());
        for (path, probe) in probes {
            seen.push((path, probe.end().await));
        }
        Some(Disks { seen, root: chosen.root })
    })
}
