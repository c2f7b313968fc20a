//! What lies in the folders that rules are about: compact, because there may be hundreds of thousands.
//!
//! A file takes some sixty bytes and its name; a path is put together only where it is shown. The inventory holds facts
//! and no decisions: `plan` makes those.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{CStr, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::platform::files::{FileId, Look, Space};

use super::guard::Bar;
use super::sample::Ratios;

/// Faults that are told one by one.
const MAX_FAULTS: usize = 10_000;

/// Index of an [`Item`].
pub(super) type ItemId = u32;
/// Index of a [`FolderNode`].
pub(super) type FolderId = u32;

/// Everything that some rule's pattern matches.
#[derive(Debug, Default)]
pub struct Inventory {
    pub(super) items: Vec<Item>,
    pub(super) folders: Vec<FolderNode>,
    names: Vec<u8>,
    sets: RuleSets,
    /// Why an item may not be taken; most items are not in it.
    pub(super) bars: HashMap<ItemId, Bar>,
    /// What only some actions want to know.
    pub(super) details: HashMap<ItemId, Detail>,
    pub(super) disks: Vec<Disk>,
    /// Names that were met and not entered, and why.
    pub(super) closed: Vec<(PathBuf, String)>,
    /// What could not be read.
    pub(super) faults: Vec<(PathBuf, String)>,
    pub(super) more_faults: u64,
    /// Files in folders that may go as a whole: (the innermost such folder, the file's inode), sorted by inode.
    pub(super) inside: Vec<(ItemId, u64)>,
    /// Every process was looked into for what it has open.
    pub(super) sees_all_holders: bool,
    /// What compression is expected to leave.
    pub(super) ratios: Ratios,
    /// Matching files beyond what one run takes.
    pub(super) overflow: u64,
}

/// A file, or a folder that goes as a whole. Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) folder: FolderId,
    pub(super) name: u32,
    /// Of a folder: the sum of what is in it.
    pub(super) size: u64,
    pub(super) allocated: u64,
    /// Of a folder: of the youngest file in it.
    pub(super) modified: i64,
    pub(super) changed: i64,
    pub(super) inode: u64,
    pub(super) set: u16,
    pub(super) kind: ItemKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemKind {
    File,
    Folder,
}

impl Item {
    /// A folder whose content is still to be seen.
    pub(super) fn folder(parent: FolderId, set: u16) -> Self {
        Self {
            folder: parent,
            name: 0,
            size: 0,
            allocated: 0,
            modified: i64::MIN,
            changed: i64::MIN,
            inode: 0,
            set,
            kind: ItemKind::Folder,
        }
    }

    /// What the file counts for in a limit on the sum: neither holes nor the rest of a last block.
    pub(super) fn charge(&self) -> u64 {
        self.size.min(self.allocated)
    }
}

/// A folder that was walked.
#[derive(Clone, Copy, Debug)]
pub(super) struct FolderNode {
    /// None for a top, whose name is its path.
    pub(super) parent: Option<FolderId>,
    pub(super) name: u32,
    pub(super) id: FileId,
    pub(super) disk: u16,
    /// A pattern spells it out, so that a mount there is meant.
    pub(super) is_spelled: bool,
    /// The innermost folder around it that may go as a whole; this one itself included.
    pub(super) whole: Option<ItemId>,
}

/// Facts for single actions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Detail {
    /// When the file came to be, for rotation by age.
    pub(super) born: Option<i64>,
    /// Of a folder: how many files are in it.
    pub(super) files: u64,
}

/// A file system and how full it is.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    pub(super) device: u64,
    pub(super) path: PathBuf,
    pub(super) space: Space,
}

/// Sets of rules, each stored once.
#[derive(Debug, Default)]
struct RuleSets {
    sets: Vec<Box<[u16]>>,
    known: BTreeMap<Box<[u16]>, u16>,
}

impl Inventory {
    /// The number of a set of rules. There are as many as combinations of rules that files really meet; none is left
    /// where those are beyond counting.
    pub(super) fn set(&mut self, rules: &[u16]) -> Option<u16> {
        if let Some(known) = self.sets.known.get(rules) {
            return Some(*known);
        }
        let number = u16::try_from(self.sets.sets.len()).ok()?;
        self.sets.sets.push(rules.into());
        self.sets.known.insert(rules.into(), number);
        Some(number)
    }

    /// Whether a set holds a rule, for every set.
    pub(super) fn sets_with(&self, rule: u16) -> Vec<bool> {
        self.sets.sets.iter().map(|set| set.contains(&rule)).collect()
    }

    pub(super) fn add_name(&mut self, name: &CStr) -> u32 {
        let at = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.extend_from_slice(name.to_bytes_with_nul());
        at
    }

    pub(super) fn add_item(&mut self, item: Item, name: &CStr) -> ItemId {
        let id = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        let name = self.add_name(name);
        self.items.push(Item { name, ..item });
        id
    }

    pub(super) fn add_folder(&mut self, node: FolderNode, name: &CStr) -> FolderId {
        let id = u32::try_from(self.folders.len()).unwrap_or(u32::MAX);
        let name = self.add_name(name);
        self.folders.push(FolderNode { name, ..node });
        id
    }

    /// Takes back the items from a number on.
    pub(super) fn forget(&mut self, items: usize) {
        self.items.truncate(items);
        self.bars.retain(|id, _| (*id as usize) < items);
        self.details.retain(|id, _| (*id as usize) < items);
    }

    /// Counts a file for the folder that it would go with.
    pub(super) fn add_to_whole(&mut self, whole: ItemId, look: &Look) {
        let item = &mut self.items[whole as usize];
        item.size += look.size;
        // Another name keeps what a file takes up.
        item.allocated += if look.links == 1 { look.allocated } else { 0 };
        item.modified = item.modified.max(look.modified);
        item.changed = item.changed.max(look.changed);
        self.inside.push((whole, look.id.inode));
        self.details.entry(whole).or_default().files += 1;
    }

    /// Ends the count of a folder, and adds it to the one around it.
    pub(super) fn finish_whole(&mut self, whole: ItemId, own: &Look, around: Option<ItemId>) {
        let item = &mut self.items[whole as usize];
        if item.modified == i64::MIN {
            item.modified = own.modified;
        }
        item.changed = item.changed.max(own.changed);
        let inner = *item;
        let Some(around) = around else { return };
        let outer = &mut self.items[around as usize];
        outer.size += inner.size;
        outer.allocated += inner.allocated;
        outer.modified = outer.modified.max(inner.modified);
        outer.changed = outer.changed.max(inner.changed);
        let files = self.details.get(&whole).map_or(0, |detail| detail.files);
        self.details.entry(around).or_default().files += files;
        if let Some(Bar::Holds(what)) = self.bars.get(&whole).cloned() {
            self.bars.insert(around, Bar::Holds(what));
        }
    }

    /// Notes what could not be read; the first of very many stand for the others.
    pub(super) fn fault(&mut self, path: PathBuf, error: &io::Error) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push((path, error.to_string()));
        } else {
            self.more_faults += 1;
        }
    }

    /// Whether a file was seen in a folder that goes as a whole, at any depth.
    pub(super) fn was_inside(&self, whole: ItemId, inode: u64) -> bool {
        let first = self.inside.partition_point(|(_, seen)| *seen < inode);
        let seen = self.inside[first..].iter().take_while(|(_, seen)| *seen == inode);
        seen.map(|(inner, _)| *inner)
            .any(|inner| inner == whole || self.wholes_around(self.item(inner)).any(|around| around == whole))
    }

    /// Puts what is in whole folders in the order in which it is looked up.
    pub(super) fn sort_inside(&mut self) {
        self.inside.sort_unstable_by_key(|(whole, inode)| (*inode, *whole));
    }

    /// The folders that may go as a whole and hold this item, from the inside out.
    pub(super) fn wholes_around(&self, item: &Item) -> impl Iterator<Item = ItemId> {
        std::iter::successors(self.folder(item.folder).whole, |whole| {
            self.folder(self.item(*whole).folder).whole
        })
    }

    pub(super) fn item(&self, id: ItemId) -> &Item {
        &self.items[id as usize]
    }

    pub(super) fn folder(&self, id: FolderId) -> &FolderNode {
        &self.folders[id as usize]
    }

    /// The name of an item in its folder.
    pub(super) fn name(&self, item: &Item) -> &CStr {
        self.name_at(item.name)
    }

    /// The name of a folder in its parent; of a top, its path.
    pub(super) fn folder_name(&self, folder: &FolderNode) -> &CStr {
        self.name_at(folder.name)
    }

    fn name_at(&self, at: u32) -> &CStr {
        CStr::from_bytes_until_nul(&self.names[at as usize..]).unwrap_or_default()
    }

    /// The path of a folder.
    pub(super) fn folder_path(&self, mut id: FolderId) -> PathBuf {
        let mut names = Vec::new();
        loop {
            let node = self.folder(id);
            names.push(OsStr::from_bytes(self.folder_name(node).to_bytes()));
            match node.parent {
                Some(parent) => id = parent,
                None => break,
            }
        }
        names.iter().rev().collect()
    }

    /// The path of an item.
    pub(super) fn path(&self, item: &Item) -> PathBuf {
        self.folder_path(item.folder).join(Path::new(OsStr::from_bytes(self.name(item).to_bytes())))
    }

    /// The disk that a folder lies on.
    pub(super) fn disk(&self, folder: FolderId) -> usize {
        usize::from(self.folder(folder).disk)
    }
}
