//! The whole config.

use std::path::PathBuf;

use crate::config::{Alert, Backup, Check, Clean, Errors, Logs, Monitor, Serve, Service, Thresholds};

/// Everything that a `fuelops.toml` says, with what it leaves to defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Name of the whole; the name of `root`'s folder where none is given.
    pub name: String,
    /// Absolute; relative paths start here.
    pub root: PathBuf,
    /// Absolute.
    pub state_dir: PathBuf,
    pub thresholds: Thresholds,
    pub services: Vec<Service>,
    pub checks: Vec<Check>,
    pub logs: Logs,
    pub errors: Errors,
    pub clean: Clean,
    pub backup: Backup,
    pub monitor: Monitor,
    /// Absent: nothing listens.
    pub serve: Option<Serve>,
    pub alerts: Vec<Alert>,
    /// Set where root uses a config that belongs to somebody else: everything that it names runs as that user.
    pub run_as: Option<u32>,
}
