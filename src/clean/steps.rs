//! What one run will do: the steps, in their order, and what is left alone.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::platform::files::FileId;

use super::guard::Bar;
use super::inventory::{Inventory, ItemId};
use super::policy::Rule;

/// What one run will do, and nothing else.
#[derive(Debug)]
pub struct Plan {
    pub(super) inventory: Inventory,
    pub(super) rules: Vec<Rule>,
    pub(super) steps: Vec<Step>,
    /// What rules meant and may not take.
    pub(super) skipped: Vec<(ItemId, Skip)>,
    pub(super) notes: Vec<String>,
    /// Whom commands run as.
    pub(super) run_as: Option<u32>,
}

/// One thing to do. There may be hundreds of thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) item: ItemId,
    pub(super) rule: u16,
    pub(super) verb: Verb,
}

impl Step {
    /// Bytes that are expected to come free on the disk.
    pub(super) fn frees(&self, inventory: &Inventory) -> u64 {
        let item = inventory.item(self.item);
        match self.verb {
            Verb::Delete | Verb::Truncate => item.allocated,
            Verb::Rotate => 0,
            Verb::Compress => item.allocated.saturating_sub(inventory.ratios.packed(item.size)),
        }
    }
}

/// In the order in which they are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Delete,
    Truncate,
    Rotate,
    Compress,
}

/// Why a file that a rule takes is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Skip {
    Barred(Bar),
    Evidence,
}

impl Skip {
    /// Whether it is in the way of a rule, and not what the rule should never have meant.
    pub(super) fn is_obstacle(&self) -> bool {
        match self {
            Self::Barred(bar) => bar.is_obstacle(),
            Self::Evidence => false,
        }
    }
}

impl Plan {
    /// How many files and folders it is about.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// The names that it is about in one folder.
    pub fn names_in(&self, folder: &Path) -> HashSet<OsString> {
        let Ok(metadata) = folder.metadata() else { return HashSet::new() };
        let id = FileId { device: metadata.dev(), inode: metadata.ino() };
        let items = self.steps.iter().map(|step| self.inventory.item(step.item));
        let inside = items.filter(|item| self.inventory.folder(item.folder).id == id);
        inside.map(|item| OsStr::from_bytes(self.inventory.name(item).to_bytes()).to_owned()).collect()
    }

    /// Adds what was found wrong while it was made.
    pub fn fault(&mut self, path: PathBuf, why: String) {
        self.inventory.faults.push((path, why));
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}
