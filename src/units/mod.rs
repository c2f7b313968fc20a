//! The managers that run services beside us, systemd and launchd, asked by their own tools.
//!
//! Each question has its deadline: a manager that hangs costs no more than that. What a tool prints is read by pure
//! functions; a tool that is not there, or a manager that does not run here, is told apart from a unit that is not there.

mod launchd;
mod state;
mod systemd;
mod tool;

pub use state::{Scope, UnitFault, UnitState};

use std::time::{Duration, Instant};

/// Asks systemd for a unit: the machine's manager, and the caller's own.
///
/// # Errors
/// When no manager could be asked, or none knows the unit.
pub fn systemd(unit: &str, timeout: Duration) -> Result<Vec<UnitState>, UnitFault> {
    systemd::ask(unit, Instant::now() + timeout)
}

/// Asks launchd for a job: of the machine, and of the caller.
///
/// # Errors
/// When launchd could not be asked, or does not know the job.
pub fn launchd(label: &str, timeout: Duration) -> Result<Vec<UnitState>, UnitFault> {
    launchd::ask(label, Instant::now() + timeout)
}
