//! How the services ended that a keeper watched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::capture::CrashRecords;
use crate::checks::evidence::CrashedService;
use crate::config::Service;
use crate::store::LogFiles;

/// Reads the crash records of services. May hang where their file system does.
pub(super) fn find(services: &[Service], root: &Path, now: DateTime<Utc>) -> Vec<CrashedService> {
    // One file is shared by all that are kept under a root.
    let mut read: BTreeMap<PathBuf, CrashRecords> = BTreeMap::new();
    let crashed = |service: &Service| {
        let files = LogFiles::of(&service.name, service.log_file.as_deref(), root);
        let records = read.entry(files.crashes.clone()).or_insert_with(|| CrashRecords::read(&files.crashes));
        let crash = records.last_of(&service.name, &files)?;
        let ago = now.signed_duration_since(crash.at).to_std().unwrap_or_default();
        Some(CrashedService { service: service.name.clone(), ago, crash })
    };
    services.iter().filter_map(crashed).collect()
}
