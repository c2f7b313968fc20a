//! Recovery: plan, preserve, stop, free, start in order, verify, report.
//!
//! A plan is decided purely from findings and what was found on the machine, shown, and then applied as it stands; a dry
//! run stops after showing it. Only processes that are proved to be a service's own are stopped, no log is truncated, and
//! what is reported as recovered was seen to answer.

mod archive;
mod breaker;
mod budget;
mod crew;
mod cure;
mod fresh;
mod guard;
mod hands;
mod journal;
mod log;
mod outage;
mod plan;
mod preserve;
mod report;
mod run;
#[cfg(test)]
mod simulated;
mod snapshot;
mod verify;

pub use archive::{Packed, pack, write_evidence, write_manifest};
pub use breaker::{Fault, Past, open as breaker};
pub use budget::Budget;
pub use crew::{BadWords, Crew, MakeRoom, Measure, Outfit};
pub use cure::root_of;
pub use fresh::error_since;
pub use guard::{Guard, stand};
pub use hands::{Freed, Hands, StepResult};
pub use journal::{Entry, FILE as JOURNAL, LastRun, Scribe};
pub use log::RecoveryLog;
pub use outage::outage;
pub use plan::{Decision, Plan, Refusal, Scope, Start, Wish, plan};
pub use preserve::{Kept, KeptFile, Order, keep_spare, preserve};
pub use report::{of_done, planned, run_id};
pub use run::{Done, Options, Step, run};
pub use snapshot::{Evidence, Scene, gather};
