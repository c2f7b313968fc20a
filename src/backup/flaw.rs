//! What is found wrong with a backup after it was made. It is written into its manifest, signed like the rest: from then
//! on nothing takes the backup for a good one, until somebody looks again and finds it whole.

use std::io;

use anyhow::Result;
use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

use super::key::Key;
use super::manifest::Manifest;
use super::shelf::Shelf;
use super::verify::{Checked, prove};

/// What was found, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    pub found_at: DateTime<Utc>,
    pub why: String,
    pub found_by: Look,
}

/// How a backup was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// Its archive was read to the end.
    Reading,
    /// It was restored for a moment and compared.
    Restoring,
}

impl Flaw {
    pub(super) fn new(found_by: Look, why: String, now: DateTime<Utc>) -> Self {
        Self { found_at: now.trunc_subsecs(0), why, found_by }
    }

    /// As it is told where backups are listed.
    pub(super) fn words(&self) -> String {
        format!("{} (seen {})", self.why, self.found_at.format("%Y-%m-%d %H:%M UTC"))
    }
}

/// Writes down what a look at a backup has changed. Only for the holder of the lock.
///
/// # Errors
/// When the manifest cannot be written.
pub fn remember(shelf: &Shelf, key: &Key, checked: &Checked, now: DateTime<Utc>) -> io::Result<()> {
    let Some(manifest) = checked.entry.manifest.as_ref().filter(|_| checked.is_news()) else { return Ok(()) };
    let flaw = checked.flaw().map(|(look, why)| Flaw::new(look, why, now));
    shelf.rewrite(&Manifest { flaw, ..manifest.clone() }, key)
}

/// Reads an archive to its end; what is wrong with it is remembered.
pub(super) fn prove_or_note(shelf: &Shelf, key: &Key, manifest: &Manifest, now: DateTime<Utc>) -> Result<()> {
    let proven = prove(shelf, manifest);
    if let Err(error) = &proven
        && is_damage(error)
    {
        let flaw = Some(Flaw::new(Look::Reading, told(manifest, error), now));
        // What cannot be written down now is found again by the next look.
        shelf.rewrite(&Manifest { flaw, ..manifest.clone() }, key).unwrap_or(());
    }
    proven
}

/// Whether an archive is damaged, and not merely out of reach for the moment.
pub(super) fn is_damage(error: &anyhow::Error) -> bool {
    !error.is::<io::Error>()
}

pub(super) fn told(manifest: &Manifest, error: &anyhow::Error) -> String {
    format!("{} {error:#}", manifest.file)
}
