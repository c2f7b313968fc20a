//! What a recovery does to the world, and what it sees of it: the seam between its steps and the machine.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::model::Finding;
use crate::recover::plan::Plan;
use crate::recover::preserve::Kept;
use crate::service::{Ended, Patience, Stop, Witness};

/// The machine, as the steps of a recovery see it.
pub trait Hands {
    /// The clock that measures and the clock that is shown.
    fn now(&self) -> (Instant, DateTime<Utc>);

    /// Gathers evidence, as far as it comes until then; keeps it until there is a place for it. Returns what it holds.
    fn snapshot(&mut self, plan: &Plan, until: Instant) -> StepResult;

    /// Makes everything ready that a start needs, while all still runs; returns what stands in its way.
    fn prepare(&mut self, services: &[String]) -> Vec<String>;

    /// Sees to it that the services come up even if this process ends now.
    ///
    /// # Errors
    /// When no guard can be posted, in words.
    fn post_guard(&mut self) -> Result<(), String>;

    /// Ends a service's processes: asks, waits, kills, and looks whether they are gone. Every signal is told to `witness`
    /// before it is sent.
    fn stop(&mut self, stop: &Stop, patience: Patience, witness: &mut Witness<'_>) -> Vec<Ended>;

    /// How long a service may take to end by itself.
    fn stop_timeout(&self, service: &str) -> Duration;

    /// Puts the logs of stopped services aside.
    fn preserve(&mut self, plan: &Plan) -> Kept;

    /// Makes room on the disk.
    fn free(&mut self, until: Instant) -> Freed;

    /// Starts a service and returns its pid, where it is known.
    ///
    /// # Errors
    /// When it cannot be started, in words.
    fn start(&mut self, service: &str) -> Result<Option<u32>, String>;

    /// Whether what was started has ended since.
    fn has_ended(&self, service: &str) -> bool;

    /// Measures services, all of them where none is named.
    fn look(&mut self, services: &[String]) -> Vec<Finding>;

    /// What a freshly started service has logged that speaks against it, such as a traceback.
    fn bad_words(&mut self, service: &str) -> Option<String>;

    /// Hashes and compresses what was put aside; the services are up by now.
    fn archive(&mut self, kept: &Kept) -> StepResult;

    /// Waits.
    fn wait(&mut self, pause: Duration);

    /// Whether somebody wants it to end: what was begun is finished, what can wait is left out.
    fn is_interrupted(&self) -> bool;
}

/// What came of a step that does not decide about the services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepResult {
    pub detail: String,
    /// What is missing, and why.
    pub problem: Option<String>,
}

/// What making room came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freed {
    pub bytes: u64,
    pub detail: String,
    pub problem: Option<String>,
}
