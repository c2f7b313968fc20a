//! Starting and stopping one service: what `start`, `stop`, `restart`, `recover` and `monitor` share.
//!
//! A [`Site`] is the folder, the state folder and the keeper that services belong to; it is cheap to clone and may go to
//! another thread. Whoever acts holds `action.lock` ([`Site::lock`]) and says on whom it works ([`Site::note`]), so that
//! nobody takes the end of a service for a crash meanwhile. Then:
//!
//! 1. [`Site::look`] finds what of a service is on the machine, each process with its proof ([`Inventory`]).
//! 2. [`Site::stop`] ends exactly that ([`Stop::of`]), its descendants and its control group; it blocks until all are
//!    gone or `patience` is over, and tells of every signal before it is sent.
//! 3. [`Site::start`] refuses where the port is somebody else's or remains of an earlier run live, does nothing where the
//!    service runs, and else has the keeper start it; it returns once the program runs, not once it answers. Where the
//!    way up has to be free of surprises, [`Site::prepare`] reads everything that a start needs beforehand, and
//!    [`Site::launch`] carries it out.
//!
//! A service of another manager (systemd, launchd, docker, Kubernetes) has a [`Unit`]: [`Site::start`] asks that manager,
//! [`Site::launch`] has it restarted, and [`Unit::carry_out`] has it stopped; [`Site::stop`] finds nothing of it.
//!
//! None of these decides whether a service should run: what an operator wants ([`crate::store::Desired`]) is for the
//! caller to read before and to write after. What an operator asks for on the command line is planned ([`plan`]) and carried
//! out ([`conduct`]) with the same four, and written down.

mod answer;
mod conduct;
mod inventory;
mod launch;
mod order;
mod plan;
mod site;
mod stop;
mod unit;

pub use answer::Bad;
pub use conduct::{Conducted, Measure, Wait, conduct, untouched};
pub use inventory::{Inventory, Member};
pub use launch::{Prepared, StartError, Started};
pub use order::in_order;
pub use plan::{Act, Ask, Needs, Plan, Turn, Verb, plan};
pub use site::{Site, Work};
pub use stop::{Ended, Patience, Stop, Witness};
pub use unit::Unit;
