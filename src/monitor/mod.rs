//! Supervision around the clock: what is down is started, what a restart can help is restarted, and nothing is given up.
//!
//! The decisions are pure: [`Fleet`] and [`Machine`] take events with the time they happened at and return [`Decision`]s,
//! each with its evidence. Measuring, judging, starting and stopping are other rooms' work.

mod answers;
mod budget;
mod claim;
mod clock;
mod control;
mod cover;
mod event;
#[cfg(test)]
mod explore;
mod fleet;
mod hands;
mod journal;
mod looks;
mod machine;
mod mailbox;
mod news;
mod policy;
mod prober;
mod reading;
mod reason;
mod remedy;
mod replay;
mod results;
mod silence;
mod status;
mod step;
mod telling;
mod told;
mod watch;

pub use budget::{Budget, Grant, Pace};
pub use claim::Claim;
pub use control::{Reply, Request, ask, wake};
pub use event::{Answer, Decision, Ending, Event, Order, Outcome, Reason, Remedy, Wanted};
pub use fleet::Fleet;
pub use journal::{Entry, entries, line};
pub use machine::{Incident, Machine, Phase, Surroundings};
pub use policy::{Policy, Restarts};
pub use remedy::remedy;
pub use replay::{Performance, Played, Record, replay};
pub use results::Results;
pub use watch::{Callers, End, Mode, Setup, Told, watch};
