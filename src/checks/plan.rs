//! What a run measures.

use std::path::PathBuf;

use crate::checks::{BackupFolder, ErrorCounter};
use crate::config::{Check, PathPattern, Service, Thresholds};
use crate::process::Twins;
use crate::text::suggest;

/// Everything that one run measures, and by which bars.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Absolute; its disk is the one of the summary, its owner the default user of services.
    pub root: PathBuf,
    /// Folders of the config: their disks are measured, and they are named when a disk is full.
    pub folders: Vec<PathBuf>,
    pub thresholds: Thresholds,
    pub services: Vec<Service>,
    /// Of all services of the config, those that are left out here, too.
    pub twins: Twins,
    pub checks: Vec<Check>,
    /// Logs whose errors are counted.
    pub logs: Vec<PathPattern>,
    /// The file that errors are kept in; it may not be there.
    pub error_store: Option<PathBuf>,
    /// How errors in logs are counted.
    pub counter: ErrorCounter,
    /// Whom `command` checks run as, where that is not the caller.
    pub run_as: Option<u32>,
    /// What `backup` checks look at.
    pub backups: BackupFolder,
    /// Whether the machine and the logs are judged; the machine is measured in any case, for the summary.
    pub judges_system: bool,
}

/// A name that is neither a service nor a check.
#[derive(Debug, thiserror::Error)]
#[error("no service or check is called \"{name}\"{near}; there is {known}")]
pub struct UnknownTarget {
    name: String,
    near: String,
    known: String,
}

/// The name that stands for the machine itself.
const SYSTEM: &str = "system";

impl Plan {
    /// A plan that measures nothing but the machine, for its summary.
    #[cfg(test)]
    pub(super) fn nothing(root: &str) -> Self {
        let config =
            crate::config::parse("", std::path::Path::new(root), &crate::config::Environment::default());
        Self {
            root: root.into(),
            folders: Vec::new(),
            thresholds: config.expect("an empty config is valid").thresholds,
            services: Vec::new(),
            twins: Twins::default(),
            checks: Vec::new(),
            logs: Vec::new(),
            error_store: None,
            counter: ErrorCounter::of_records(Vec::new(), crate::config::Timezone::Local),
            run_as: None,
            backups: BackupFolder::default(),
            judges_system: false,
        }
    }

    /// Keeps only the targets with these names; `system` is the machine. An empty list keeps all.
    ///
    /// # Errors
    /// When a name is not known.
    pub fn select(mut self, names: &[String]) -> Result<Self, UnknownTarget> {
        if names.is_empty() {
            return Ok(self);
        }
        let services = self.services.iter().map(|s| s.name.as_str());
        let known: Vec<&str> =
            services.chain(self.checks.iter().map(|c| c.name.as_str())).chain([SYSTEM]).collect();
        if let Some(name) = names.iter().find(|n| !known.contains(&n.as_str())) {
            let near = suggest::did_you_mean(name, known.iter().copied());
            return Err(UnknownTarget { name: name.clone(), near, known: known.join(", ") });
        }
        let is_wanted = |name: &String| names.contains(name);
        self.services.retain(|s| is_wanted(&s.name));
        self.checks.retain(|c| is_wanted(&c.name));
        self.judges_system = names.iter().any(|n| n == SYSTEM);
        Ok(self)
    }
}
