//! What a target asks for: how often it is looked at, what counts as failing, when it is started again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::{Check, Manager, RestartPolicy, Service};

/// How one target is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub period: Duration,
    /// How long after its start it may fail.
    pub start_timeout: Duration,
    /// How long it may take to end when it is asked to.
    #[serde(default)]
    pub stop_timeout: Duration,
    /// Failures in a row that count; as many within twice as many results count, too.
    pub failure_threshold: u32,
    /// Successes in a row that count.
    pub success_threshold: u32,
    /// Services and checks that have to be well before it is started.
    pub needs: Vec<String>,
    /// How it is started again; `None` where that is not for fuelops to do.
    pub restart: Option<Restarts>,
}

/// How often, and after which waits, a service is started again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restarts {
    /// Quick ones in a window; after them the slow ones.
    pub max: u32,
    pub window: Duration,
    /// Before the second; doubled each time.
    pub backoff: Duration,
    pub backoff_max: Duration,
    /// Waits before slow ones; the last repeats. Never empty.
    pub slow: Vec<Duration>,
    /// Well for so long, and counting begins anew.
    pub reset_after: Duration,
}

impl Policy {
    /// How a service is watched.
    pub fn of_service(service: &Service) -> Self {
        let is_ours = service.manager == Manager::Process && service.command.is_some();
        Self {
            period: service.period,
            start_timeout: service.start_timeout,
            stop_timeout: service.stop_timeout,
            failure_threshold: service.failure_threshold.get(),
            success_threshold: service.success_threshold.get(),
            needs: service.depends_on.clone(),
            restart: is_ours.then(|| Restarts::of(&service.restart)),
        }
    }

    /// How a check is watched.
    pub fn of_check(check: &Check) -> Self {
        Self {
            period: check.period,
            start_timeout: Duration::ZERO,
            stop_timeout: Duration::ZERO,
            failure_threshold: check.failure_threshold.get(),
            success_threshold: check.success_threshold.get(),
            needs: check.depends_on.clone(),
            restart: None,
        }
    }
}

impl Restarts {
    fn of(policy: &RestartPolicy) -> Self {
        Self {
            max: policy.max,
            window: policy.window,
            backoff: policy.backoff,
            backoff_max: policy.backoff_max,
            slow: policy.slow_retry.clone(),
            reset_after: policy.reset_after,
        }
    }
}
