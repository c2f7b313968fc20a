//! Asks one target whether it works, and nothing else: for whoever watches, between the looks at everything.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::checks::http::{self, Expectation, HttpObservation};
use crate::checks::judge::judge_check;
use crate::checks::seen::{Running, Seen, Starter};
use crate::checks::start::{GUARD, LOCAL_DEADLINE, Start};
use crate::checks::tls::Trust;
use crate::checks::{Plan, Subject, processes, tcp, unit};
use crate::config::{Address, CheckKind, ProcessCheck, Service, TcpCheck};
use crate::model::Finding;

/// What the targets of a plan are asked with; clones share what was read once, such as whom to trust.
#[derive(Clone, Debug)]
pub struct Asker {
    starter: Starter,
    trust: Trust,
    plan: Arc<Plan>,
}

impl Asker {
    /// Asks targets of this plan, at most `at_once` at a time.
    pub fn new(plan: Plan, at_once: usize) -> Self {
        Self { starter: Starter::new(at_once), trust: Trust::default(), plan: Arc::new(plan) }
    }

    /// Asks a service at its health URL, else at its port, else its manager; `None` where there is nothing to ask.
    /// Belongs on a runtime.
    pub async fn service(&self, name: &str, now: DateTime<Utc>) -> Option<Finding> {
        let service = self.plan.services.iter().find(|service| service.name == name)?;
        let start = self.start(now);
        if let Some(running) = start.service(service) {
            let subject = Subject::service(name, "http");
            return Some(of_url(&subject, service, running, now).await);
        }
        if let Some(running) = start.unit_of(service) {
            let subject = Subject::service(name, "process");
            return Some(match running.end().await {
                Seen::Done { value, .. } => unit::judge(&subject, LOCAL_DEADLINE, &value),
                _ => subject.missed(LOCAL_DEADLINE),
            });
        }
        let address = Address { host: "127.0.0.1".to_owned(), port: service.port? };
        Some(self.port(&Subject::service(name, "port"), address, service.health_timeout).await)
    }

    /// How long a service may take to answer.
    pub fn timeout_of(&self, name: &str) -> Option<Duration> {
        let service = self.plan.services.iter().find(|service| service.name == name)?;
        Some(service.health_timeout)
    }

    /// Asks a check; `None` where there is none of that name.
    /// Belongs on a runtime.
    pub async fn check(&self, name: &str, now: DateTime<Utc>) -> Option<Finding> {
        let check = self.plan.checks.iter().find(|check| check.name == name)?;
        if let CheckKind::Process(wanted) = &check.kind {
            return Some(self.processes(&Subject::check(name), wanted).await);
        }
        let running = self.start(now).check(check)?;
        Some(judge_check(check, Some(&running.end().await), now))
    }

    async fn processes(&self, subject: &Subject, wanted: &ProcessCheck) -> Finding {
        let sought = wanted.clone();
        let counted = self.starter.blocking(LOCAL_DEADLINE, move || processes::count(&sought));
        match counted.end().await {
            Seen::Done { value: Ok(pids), .. } => processes::judge_matches(subject, wanted, &pids),
            Seen::Done { value: Err(why), .. } => subject.unknown(why),
            Seen::Missed { .. } | Seen::Broken => {
                subject.unknown("the processes of this machine could not be read in time")
            }
        }
    }

    async fn port(&self, subject: &Subject, address: Address, timeout: Duration) -> Finding {
        let wanted = TcpCheck { address: address.clone() };
        let asked = self.starter.waiting(timeout + GUARD, tcp::observe(address, timeout));
        match asked.end().await {
            Seen::Done { value, .. } => tcp::judge(subject, &wanted, timeout, &value),
            _ => subject.missed(timeout),
        }
    }

    fn start(&self, now: DateTime<Utc>) -> Start<'_> {
        Start { starter: self.starter.clone(), trust: self.trust.clone(), plan: &self.plan, now }
    }
}

async fn of_url(
    subject: &Subject,
    service: &Service,
    running: Running<HttpObservation>,
    now: DateTime<Utc>,
) -> Finding {
    match running.end().await {
        Seen::Done { value, .. } => {
            http::judge(subject, &Expectation::of_service(service), &value, now.timestamp())
        }
        Seen::Missed { deadline } => subject.missed(deadline),
        Seen::Broken => subject.unknown("this probe broke off by a bug of fuelops"),
    }
}
