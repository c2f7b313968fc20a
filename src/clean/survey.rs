//! The probe: walks what a policy is about, and asks who has the files open.

use std::collections::{HashMap, HashSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::platform;
use crate::platform::files::{FileId, Holders, holders};

use super::guard::{Bar, OPEN_FILE};
use super::inventory::{Inventory, ItemId, ItemKind};
use super::policy::{Act, Policy, Rule};
use super::sample;
use super::tops::{self, PolicyError};
use super::walk::{Scope, walk};

/// Looks at everything that a policy is about.
///
/// # Errors
/// When the policy names what is refused. What cannot be read is part of the result.
pub fn survey(policy: &Policy, private: &[PathBuf]) -> Result<Inventory, PolicyError> {
    let tops = tops::tops(policy)?;
    let scope = Scope {
        takes_folders: policy.rules.iter().map(|rule| rule.act == Act::Delete).collect(),
        wants_birth: policy.rules.iter().map(is_rotation).collect(),
        spared: ids(&policy.spared),
        private: ids(private),
        caller: policy.run_as.unwrap_or_else(platform::caller_uid),
    };
    let mut inventory = Inventory::default();
    for top in &tops {
        walk(top, &scope, &mut inventory);
    }
    inventory.sort_inside();
    if !inventory.items.is_empty() {
        let devices: Vec<u64> = inventory.disks.iter().map(|disk| disk.device).collect();
        mark_open(&mut inventory, &holders(&devices));
    }
    inventory.ratios = sample::ratios(&inventory, &policy.rules);
    Ok(inventory)
}

fn is_rotation(rule: &Rule) -> bool {
    matches!(rule.act, Act::Rotate(_))
}

fn ids(paths: &[PathBuf]) -> HashSet<FileId> {
    paths.iter().filter_map(|path| id(path)).collect()
}

fn id(path: &Path) -> Option<FileId> {
    let metadata = path.metadata().ok()?;
    Some(FileId { device: metadata.dev(), inode: metadata.ino() })
}

/// Notes which files others have open, in folders that go as a whole too.
fn mark_open(inventory: &mut Inventory, holders: &Holders) {
    inventory.sees_all_holders = holders.is_complete;
    let device = |inventory: &Inventory, folder| inventory.disks[inventory.disk(folder)].device;
    let mut open: HashMap<ItemId, Bar> = HashMap::new();
    for (id, item) in (0..).zip(&inventory.items) {
        let file = FileId { device: device(inventory, item.folder), inode: item.inode };
        if item.kind == ItemKind::File
            && let Some(bar) = open_in(holders, file)
        {
            open.insert(id, bar);
        }
    }
    for (whole, inode) in &inventory.inside {
        let item = inventory.item(*whole);
        let file = FileId { device: device(inventory, item.folder), inode: *inode };
        if open_in(holders, file).is_some() {
            for around in std::iter::once(*whole).chain(inventory.wholes_around(item)) {
                open.insert(around, Bar::Holds(OPEN_FILE));
            }
        }
    }
    for (id, bar) in open {
        inventory.bars.entry(id).or_insert(bar);
    }
}

fn open_in(holders: &Holders, file: FileId) -> Option<Bar> {
    let (first, others) = holders.of(file).split_first()?;
    Some(Bar::Open { pid: first.pid, others: others.len() })
}
