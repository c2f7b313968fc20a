//! Processes: the services' own, the holders of their ports, those that a check looks for, and who uses most.
//!
//! One look at the process table serves them all; a second one, as long after as the CPU sample, tells who used what in
//! between. `observe` does the I/O, the other files judge.

mod culprits;
mod matches;
mod observe;
mod port;
mod service;

use crate::text::human;

pub(super) use culprits::Culprits;
pub(super) use matches::judge as judge_matches;
pub(super) use observe::{Look, ProcessesObservation, ServiceObservation, count, observe};
pub use port::STARTING;
pub(super) use port::{judge as judge_port, stranger_behind};
pub(super) use service::{judge as judge_service, note_of_uptime};

/// `1 process`, `3 processes`.
fn processes(count: u32) -> String {
    let ending = if count == 1 { "" } else { "es" };
    format!("{} process{ending}", human::count(u64::from(count)))
}

/// `pid 7`, `pids 7, 8`; at most a handful.
fn pid_list(pids: &[u32]) -> String {
    const SHOWN: usize = 6;
    let list: Vec<String> = pids.iter().take(SHOWN).map(u32::to_string).collect();
    let noun = if pids.len() == 1 { "pid" } else { "pids" };
    let more = if pids.len() > SHOWN { " …" } else { "" };
    format!("{noun} {}{more}", list.join(", "))
}
