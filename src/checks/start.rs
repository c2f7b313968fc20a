//! Starts every probe of a plan at once.

use std::future::Future;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::checks::command::{self, Invocation};
use crate::checks::error_store::{self, KeptErrors};
use crate::checks::http::{self, HttpFailure, HttpObservation, Request};
use crate::checks::observation::{Disks, Observation, Observations};
use crate::checks::processes::{self, Look, ProcessesObservation};
use crate::checks::restarts::{self, RestartsObservation};
use crate::checks::seen::{Running, Seen, Starter};
use crate::checks::system::{self, SystemObservation};
use crate::checks::tls::Trust;
use crate::checks::unit::{self, UnitManager, UnitObservation};
use crate::checks::{
    LogRate, Plan, backup_age, celery, certificate, disk, file_age, metrics_page, mysql, postgres,
    prometheus_target, redis, tcp,
};
use crate::config::{CertificateCheck, Check, CheckKind, HttpCheck, Manager, PathPattern, Service};
use crate::errors::store::FromLogs;
use crate::store::Watched;

/// Time for what the machine says of itself.
pub(super) const LOCAL_DEADLINE: Duration = Duration::from_secs(5);
/// Room for a probe that ends by itself at its deadline, and then says more than that it missed it.
pub(super) const GUARD: Duration = Duration::from_millis(250);

/// Probes that are under way; lists stand in the order of the plan.
pub(super) struct Started {
    system: Running<SystemObservation>,
    disks: Running<Option<Disks>>,
    processes: Running<Result<ProcessesObservation, String>>,
    services: Vec<Option<Running<HttpObservation>>>,
    units: Vec<Option<Running<UnitObservation>>>,
    restarts: Vec<Option<Running<RestartsObservation>>>,
    watched: Option<Running<Vec<Watched>>>,
    checks: Vec<Option<Running<Observation>>>,
    logs: Option<Running<LogRate>>,
    kept: Option<Running<KeptErrors>>,
}

impl Started {
    /// Starts everything; at most `at_once` probes wait on the network side by side.
    pub(super) fn new(plan: &Plan, now: DateTime<Utc>, at_once: usize) -> Self {
        let start = Start { starter: Starter::new(at_once), trust: Trust::default(), plan, now };
        let look = look(plan);
        let has_logs = plan.judges_system && !plan.logs.is_empty();
        Self {
            system: start.starter.blocking(LOCAL_DEADLINE, system::observe),
            disks: start.disks(),
            processes: start.starter.blocking(LOCAL_DEADLINE, move || processes::observe(&look)),
            kept: start.kept(has_logs),
            logs: has_logs.then(|| start.counting(plan.logs.clone(), LOCAL_DEADLINE, |rate| rate)),
            services: plan.services.iter().map(|service| start.service(service)).collect(),
            units: plan.services.iter().map(|service| start.unit_of(service)).collect(),
            restarts: plan.services.iter().map(|service| start.restarts(service)).collect(),
            watched: start.watched(),
            checks: plan.checks.iter().map(|check| start.check(check)).collect(),
        }
    }

    /// Waits for the last.
    pub(super) async fn end(self) -> Observations {
        let disks = match self.disks.end().await {
            Seen::Done { value, .. } => value,
            _ => None,
        };
        let (system, processes) = (self.system.end().await, self.processes.end().await);
        let (services, units) = (all(self.services).await, all(self.units).await);
        let restarts = all(self.restarts).await;
        let watched = all(vec![self.watched]).await.pop().flatten();
        let checks = all(self.checks).await;
        let logs = all(vec![self.logs]).await.pop().flatten();
        let kept = all(vec![self.kept]).await.pop().flatten();
        Observations { system, disks, processes, services, units, restarts, watched, checks, logs, kept }
    }
}

async fn all<T>(probes: Vec<Option<Running<T>>>) -> Vec<Option<Seen<T>>> {
    let mut seen = Vec::with_capacity(probes.len());
    for probe in probes {
        seen.push(match probe {
            Some(probe) => Some(probe.end().await),
            None => None,
        });
    }
    seen
}

fn look(plan: &Plan) -> Look {
    let wanted = |check: &Check| match &check.kind {
        CheckKind::Process(wanted) => Some(wanted.clone()),
        _ => None,
    };
    Look {
        services: plan.services.clone(),
        twins: plan.twins.clone(),
        checks: plan.checks.iter().map(wanted).collect(),
        root: plan.root.clone(),
        state_dir: plan.backups.state_dir.clone(),
        thresholds: plan.thresholds.clone(),
    }
}

/// What starting a probe needs.
pub(super) struct Start<'a> {
    pub(super) starter: Starter,
    pub(super) trust: Trust,
    pub(super) plan: &'a Plan,
    pub(super) now: DateTime<Utc>,
}

impl Start<'_> {
    /// Starts to ask a service's health URL; `None` where it has none.
    pub(super) fn service(&self, service: &Service) -> Option<Running<HttpObservation>> {
        let request = Request::of_service(service, &self.trust)?;
        let shown = service.health_url.as_ref().map_or_else(String::new, ToString::to_string);
        Some(self.http(request, shown, service.health_timeout, |seen| seen))
    }

    fn restarts(&self, service: &Service) -> Option<Running<RestartsObservation>> {
        let log = service.log_file.clone()?;
        Some(self.starter.blocking(LOCAL_DEADLINE, move || restarts::observe(&log)))
    }

    /// Reads what a monitor has left; `None` where no service is asked for.
    fn watched(&self) -> Option<Running<Vec<Watched>>> {
        let state_dir = self.plan.backups.state_dir.clone();
        let is_wanted = !self.plan.services.is_empty();
        is_wanted.then(|| self.starter.blocking(LOCAL_DEADLINE, move || Watched::all(&state_dir)))
    }

    /// Starts a check's probe; `None` for processes, which are looked at all together, and for what comes later.
    pub(super) fn check(&self, check: &Check) -> Option<Running<Observation>> {
        let (starter, timeout) = (&self.starter, check.timeout);
        Some(match &check.kind {
            CheckKind::Http(wanted) => self.http_check(wanted, timeout),
            CheckKind::Tcp(wanted) => {
                let address = wanted.address.clone();
                let guard = timeout + GUARD;
                starter.waiting(guard, async move { Observation::Tcp(tcp::observe(address, timeout).await) })
            }
            CheckKind::Certificate(wanted) => self.certificate(wanted, timeout),
            CheckKind::Disk(wanted) => {
                let (path, folders) = (wanted.path.clone(), self.plan.folders.clone());
                let bars = check.thresholds.disk_percent;
                starter.blocking(timeout, move || Observation::Disk(disk::observe(&path, &folders, bars)))
            }
            CheckKind::FileAge(wanted) => {
                let path = wanted.path.clone();
                starter.blocking(timeout, move || Observation::FileAge(file_age::observe(&path)))
            }
            CheckKind::LogRate(wanted) => self.counting(wanted.paths.clone(), timeout, Observation::LogRate),
            CheckKind::Command(wanted) => {
                let (command, dir) = (wanted.command.clone(), self.plan.root.clone());
                let invocation = Invocation { command, dir, run_as: self.plan.run_as, input: Vec::new() };
                // It ends by itself at its deadline, and kills what it has started.
                starter.waiting(timeout + GUARD, async move {
                    Observation::Command(command::observe(invocation, timeout).await)
                })
            }
            CheckKind::Backup(_) => {
                let folder = self.plan.backups.clone();
                starter.blocking(timeout, move || Observation::Backup(backup_age::observe(&folder)))
            }
            CheckKind::Systemd(wanted) => {
                self.unit(UnitManager::Systemd, &wanted.unit, timeout, Observation::Unit)
            }
            CheckKind::Launchd(wanted) => {
                self.unit(UnitManager::Launchd, &wanted.unit, timeout, Observation::Unit)
            }
            _ => return self.server(check),
        })
    }

    /// Starts a probe that talks to a server of a known kind.
    fn server(&self, check: &Check) -> Option<Running<Observation>> {
        let (trust, timeout) = (self.trust.clone(), check.timeout);
        Some(match check.kind.clone() {
            CheckKind::Mysql(wanted) => {
                self.talking(timeout, mysql::observe(wanted, trust, timeout), Observation::Mysql)
            }
            CheckKind::Postgres(wanted) => {
                self.talking(timeout, postgres::observe(wanted, trust, timeout), Observation::Postgres)
            }
            CheckKind::Redis(wanted) => {
                self.talking(timeout, redis::observe(wanted, trust, timeout), Observation::Redis)
            }
            CheckKind::Celery(wanted) => {
                self.talking(timeout, celery::observe(wanted, trust, timeout), Observation::Celery)
            }
            CheckKind::MetricsPage(wanted) => {
                self.talking(timeout, metrics_page::observe(wanted, trust, timeout), Observation::MetricsPage)
            }
            CheckKind::PrometheusTarget(wanted) => {
                let probe = prometheus_target::observe(wanted, trust, timeout);
                self.talking(timeout, probe, Observation::PrometheusTarget)
            }
            _ => return None,
        })
    }

    /// A conversation ends by itself at its deadline and says how far it came.
    fn talking<T: Send + 'static>(
        &self,
        timeout: Duration,
        probe: impl Future<Output = T> + Send + 'static,
        wrap: fn(T) -> Observation,
    ) -> Running<Observation> {
        self.starter.waiting(timeout + GUARD, async move { wrap(probe.await) })
    }

    /// A manager's tool is ended at the deadline.
    fn unit<T: Send + 'static>(
        &self,
        manager: UnitManager,
        unit: &str,
        timeout: Duration,
        wrap: impl FnOnce(UnitObservation) -> T + Send + 'static,
    ) -> Running<T> {
        let unit = unit.to_owned();
        self.starter.blocking(timeout + GUARD, move || wrap(unit::observe(manager, unit, timeout)))
    }

    /// The unit of a service that another manager runs.
    pub(super) fn unit_of(&self, service: &Service) -> Option<Running<UnitObservation>> {
        let manager = match service.manager {
            Manager::Systemd => UnitManager::Systemd,
            Manager::Launchd => UnitManager::Launchd,
            _ => return None,
        };
        Some(self.unit(manager, service.unit.as_deref()?, LOCAL_DEADLINE, |seen| seen))
    }

    fn http_check(&self, wanted: &HttpCheck, timeout: Duration) -> Running<Observation> {
        let request = Request::of_check(wanted, &self.trust);
        self.http(request, wanted.url.to_string(), timeout, Observation::Http)
    }

    /// The exchange ends by itself at its deadline and says in which phase.
    fn http<T: Send + 'static>(
        &self,
        request: Result<Request, HttpFailure>,
        shown: String,
        timeout: Duration,
        wrap: impl FnOnce(HttpObservation) -> T + Send + 'static,
    ) -> Running<T> {
        self.starter.waiting(timeout + GUARD, async move {
            wrap(match request {
                Ok(request) => http::exchange(request, timeout).await,
                Err(failure) => HttpObservation::failed(shown, failure),
            })
        })
    }

    fn certificate(&self, wanted: &CertificateCheck, timeout: Duration) -> Running<Observation> {
        let (trust, wanted) = (self.trust.clone(), wanted.clone());
        match (wanted.address, wanted.file) {
            (Some(address), _) => self.starter.waiting(timeout + GUARD, async move {
                Observation::Certificate(certificate::observe_address(address, &trust, timeout).await)
            }),
            (None, file) => self.starter.blocking(timeout, move || {
                Observation::Certificate(certificate::observe_file(&file.unwrap_or_default()))
            }),
        }
    }

    fn counting<T: Send + 'static>(
        &self,
        patterns: Vec<PathPattern>,
        deadline: Duration,
        wrap: impl FnOnce(LogRate) -> T + Send + 'static,
    ) -> Running<T> {
        let (counter, now) = (self.plan.counter.clone(), self.now);
        self.starter.blocking(deadline, move || wrap(counter.count(&patterns, now)))
    }

    /// Asks the store of errors; what it read from logs is left out where the logs are counted themselves.
    fn kept(&self, has_logs: bool) -> Option<Running<KeptErrors>> {
        let (path, now) = (self.plan.error_store.clone().filter(|_| self.plan.judges_system)?, self.now);
        let from_logs = if has_logs { FromLogs::LeftOut } else { FromLogs::Counted };
        let ask = move || error_store::observe(&path, from_logs, now);
        Some(self.starter.blocking(error_store::DEADLINE, ask))
    }

    /// Finds the disks, then measures each with its own deadline.
    fn disks(&self) -> Running<Option<Disks>> {
        let (root, folders) = (self.plan.root.clone(), self.plan.folders.clone());
        let bars = self.plan.thresholds.disk_percent;
        let inner = self.starter.clone();
        self.starter.waiting(LOCAL_DEADLINE + GUARD, async move {
            let start = Instant::now();
            let wanted = folders.clone();
            let found = inner.blocking(LOCAL_DEADLINE, move || disk::find(&root, &wanted)).end().await;
            let Seen::Done { value: chosen, .. } = found else { return None };
            let left = LOCAL_DEADLINE.saturating_sub(start.elapsed());
            let measure = |mount: PathBuf| {
                let (path, folders) = (mount.clone(), folders.clone());
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
}
