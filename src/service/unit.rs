//! A service of another manager: it is asked, and nothing is done behind its back.

use crate::config::{Manager, Service};
use crate::units::{self, Limits, Obeyed, Order, OrderFault};

/// The unit of a service, and who runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    manager: Manager,
    name: String,
    limits: Limits,
}

impl Unit {
    /// The unit of a service; `None` where fuelops itself runs it.
    pub fn of(service: &Service) -> Option<Self> {
        let name = service.unit.clone().unwrap_or_else(|| service.name.clone());
        let limits = Limits { start: service.start_timeout, stop: service.stop_timeout };
        (service.manager != Manager::Process).then_some(Self { manager: service.manager, name, limits })
    }

    /// Has the manager do it, and looks whether it is so; blocks for as long as the service may take.
    ///
    /// # Errors
    /// When the manager or its tool is not there, refuses, or what was ordered does not hold.
    pub fn carry_out(&self, order: Order) -> Result<Obeyed, OrderFault> {
        units::carry_out(self.manager, &self.name, order, self.limits)
    }
}
