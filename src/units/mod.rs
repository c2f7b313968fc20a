//! The managers that run services beside us, systemd, launchd, docker and Kubernetes, asked and told by their own tools.
//!
//! Each question and each order has its deadline: a manager that hangs costs no more than that. What a tool prints is read by pure
//! functions; a tool that is not there, or a manager that does not run here, is told apart from a unit that is not there.

mod docker;
mod kubernetes;
mod launchd;
mod order;
mod state;
mod systemd;
mod tool;

pub use order::{Limits, Obeyed, Order, OrderFault};
pub use state::{Scope, UnitFault, UnitState};

use std::time::{Duration, Instant};

use crate::config::Manager;

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

/// Has a unit started, stopped or restarted by its manager, and looks whether it is so. Blocks for as long as the limits
/// say, and a little longer.
///
/// # Errors
/// When the manager or its tool is not there, refuses, or what was ordered does not hold.
pub fn carry_out(manager: Manager, unit: &str, order: Order, limits: Limits) -> Result<Obeyed, OrderFault> {
    match manager {
        Manager::Systemd => systemd::carry_out(unit, order, limits),
        Manager::Launchd => launchd::carry_out(unit, order, limits),
        Manager::Docker => docker::carry_out(unit, order, limits),
        Manager::Kubernetes => kubernetes::carry_out(unit, order, limits),
        Manager::Process => {
            Err(OrderFault { why: "it is no manager's: fuelops starts it itself".to_owned(), next: None })
        }
    }
}
