//! What a manager says of one unit.

use std::time::Duration;

/// Whose manager it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The machine's.
    System,
    /// The caller's own.
    User,
}

impl Scope {
    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
        }
    }
}

/// A unit, in its manager's own words; launchd's are put into those of systemd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitState {
    pub scope: Scope,
    /// `loaded`, `not-found`, `masked`, `bad-setting`, `error`.
    pub load: String,
    /// Why it could not be loaded.
    pub load_error: String,
    /// `active`, `activating`, `inactive`, `failed`, …
    pub active: String,
    /// `running`, `exited`, `dead`, `auto-restart`, …
    pub sub: String,
    /// `success`, `exit-code`, `signal`, `oom-kill`, `start-limit-hit`, …
    pub result: String,
    /// Started again by the manager since somebody started it.
    pub restarts: Option<u64>,
    /// In this state.
    pub since: Option<Duration>,
    pub main_pid: Option<u32>,
    /// Of the main process, the last time that it ended.
    pub exit_status: Option<i32>,
    /// Its end is its purpose: it need not run now.
    pub is_oneshot: bool,
    /// Where its definition stands.
    pub file: String,
    /// `enabled`, `disabled`, `static`, …
    pub enabled: String,
    /// Its definition has changed, and the manager has not read it again.
    pub is_outdated: bool,
}

/// Why nothing can be told of a unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitFault {
    /// The tool or the manager is not on this machine: no news of the unit.
    #[error("{0}")]
    NoManager(String),
    /// No answer in time.
    #[error("the manager gives no answer")]
    Silent,
    /// Nobody knows the unit; these are the ones that are most like it.
    #[error("there is no such unit")]
    Unknown { known: Vec<String> },
}
