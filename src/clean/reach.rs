//! The way back to a folder of the inventory, by handle and with its identity checked on every level.

use std::ffi::{CStr, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::platform::files::{Entry, Folder};

use super::inventory::{FolderId, FolderNode, Inventory};

/// Keeps the handles on the way to the last folder: the next one is mostly near it.
#[derive(Debug)]
pub(super) struct Reach<'a> {
    inventory: &'a Inventory,
    way: Vec<(FolderId, Folder)>,
}

impl<'a> Reach<'a> {
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        Self { inventory, way: Vec::new() }
    }

    /// Opens a folder of the inventory, if it is still the one that was seen.
    ///
    /// # Errors
    /// When it, or a folder above it, is gone or was swapped for another.
    pub(super) fn folder(&mut self, id: FolderId) -> io::Result<&Folder> {
        let mut wanted = vec![id];
        while let Some(parent) = self.inventory.folder(wanted[wanted.len() - 1]).parent {
            wanted.push(parent);
        }
        wanted.reverse();
        let shared = self.way.iter().zip(&wanted).take_while(|((have, _), want)| have == *want).count();
        self.way.truncate(shared);
        for &step in &wanted[shared..] {
            let opened = self.step(self.inventory.folder(step))?;
            self.way.push((step, opened));
        }
        match self.way.last() {
            Some((_, folder)) => Ok(folder),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    fn step(&self, node: &FolderNode) -> io::Result<Folder> {
        let name = self.inventory.folder_name(node);
        let opened = match self.way.last() {
            None => Folder::open(Path::new(OsStr::from_bytes(name.to_bytes())))?,
            Some((_, parent)) => match enter(parent, name, node.is_spelled)? {
                Entry::Folder(folder) => folder,
                Entry::Link | Entry::Mount => return Err(swapped()),
            },
        };
        if opened.id()? == node.id { Ok(opened) } else { Err(swapped()) }
    }
}

/// Enters a folder. One that a pattern spells out may be a disk of its own, such as a volume for logs; another place of
/// the same disk is never entered, because what is behind it has a name elsewhere that nobody spelled.
///
/// # Errors
/// When it is gone or may not be read.
pub(super) fn enter(parent: &Folder, name: &CStr, is_spelled: bool) -> io::Result<Entry> {
    let entered = parent.enter(name)?;
    if !matches!(entered, Entry::Mount) || !is_spelled {
        return Ok(entered);
    }
    match parent.enter_mount(name)? {
        Entry::Folder(folder) if folder.id()?.device == parent.id()?.device => Ok(Entry::Mount),
        other => Ok(other),
    }
}

/// Whether an error says that a folder is not the one that was planned for.
pub(super) fn is_swapped(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Swapped>())
}

#[derive(Debug, thiserror::Error)]
#[error("the folder is not the one that was planned for")]
struct Swapped;

fn swapped() -> io::Error {
    io::Error::other(Swapped)
}
