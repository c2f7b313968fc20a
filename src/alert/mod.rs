//! Who is told of an incident, when, and once: policy, outbox, sinks.
//!
//! [`Dispatcher::submit`] takes news and returns at once, whatever the sinks and the disk do. What was submitted stands
//! fsynced in `state_dir/alerts` within milliseconds, and each sink is given each notice that its rules let through at
//! least once, over restarts, a `kill -9` and hours in which it cannot be reached; a key that stays the same over all
//! attempts tells repeats apart where the protocol has room for one.
//!
//! # For the caller
//!
//! ```no_run
//! # fn example(outfit: fuelops::alert::Outfit, findings: Vec<fuelops::model::Finding>) -> anyhow::Result<()> {
//! use fuelops::alert::{Dispatcher, Kind, Notice, Place, troubles};
//!
//! let dispatcher = Dispatcher::start(outfit)?;
//! let place = Place { host: "web-1".into(), project: "fuel".into(), at: chrono::Utc::now() };
//! for trouble in troubles(&findings) {
//!     dispatcher.submit(Notice::of(&trouble, Kind::Opened, format!("{}-1", trouble.root.check), &place));
//! }
//! # Ok(()) }
//! ```
//!
//! - Submit `Opened` when an incident begins, `Escalated` when it gets worse or is given up, `Acknowledged` when somebody
//!   takes it, `Resolved` when it ends; `incident` names it and is never used again for another one. Saying the same twice
//!   is harmless. Reminders, escalation to a second sink, digests and the folding of repeats are made here.
//! - After a restart, compare [`Dispatcher::open_incidents`] with what is still wrong: submit `Resolved` for those that
//!   ended meanwhile, and `Opened` again, under their old names, for those that go on.
//! - What is told is redacted and cut here; sinks escape for their own medium.

mod book;
mod dispatcher;
mod document;
mod line;
mod message;
mod notice;
mod outgoing;
mod outlook;
mod policy;
mod scribe;
mod shelf;
mod sink;

#[cfg(test)]
mod testing;

pub use dispatcher::{Dispatcher, Outfit, StartError};
pub use line::Counts;
pub use message::Message;
pub use notice::{Consequence, Kind, Notice, Place, Trouble, troubles};
pub use outgoing::OutgoingReport;
pub use outlook::{Outlook, WaitingNotice, outlook};
pub use policy::Policy;
pub use shelf::OutboxError;
pub use sink::{Failure, Receipt, Sink};
