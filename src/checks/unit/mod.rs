//! A unit of systemd or a job of launchd, as its manager sees it.

mod judge;

pub(super) use judge::judge;

use std::time::Duration;

use crate::units::{self, UnitFault, UnitState};

/// Which manager is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitManager {
    Systemd,
    Launchd,
}

/// What its manager, or its managers, say of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnitObservation {
    pub(super) manager: UnitManager,
    pub(super) unit: String,
    pub(super) states: Result<Vec<UnitState>, UnitFault>,
}

/// Asks; blocks for up to `timeout`.
pub(super) fn observe(manager: UnitManager, unit: String, timeout: Duration) -> UnitObservation {
    let states = match manager {
        UnitManager::Systemd => units::systemd(&unit, timeout),
        UnitManager::Launchd => units::launchd(&unit, timeout),
    };
    UnitObservation { manager, unit, states }
}
