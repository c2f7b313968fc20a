//! Removing a folder with what is in it, from the bottom up, by handle.
//!
//! What came into it after the plan was made stays, and so does whatever else would not have been removed by itself.

use std::ffi::{CStr, CString};
use std::io;

use crate::clean::inventory::{Inventory, Item, ItemId};
use crate::platform::files::{Buffer, Entry, FileKind, Folder, Look};

use super::delete::{self, Care};
use super::fate::{CHANGED, Fate};

/// Removes a folder.
pub(super) fn remove(inventory: &Inventory, parent: &Folder, id: ItemId, care: Care) -> Fate {
    let item = inventory.item(id);
    let name = inventory.name(item);
    let buffer = Buffer::default();
    let mut removal = Removal { inventory, id, item, care, freed: 0, stays: 0, why: None, buffer };
    match removal.run(parent, name) {
        Ok(()) => Fate { freed: removal.freed, left: removal.told(), ..Fate::default() },
        Err(error) => Fate { freed: removal.freed, ..Fate::from_error(&error) },
    }
}

struct Removal<'a> {
    inventory: &'a Inventory,
    id: ItemId,
    item: &'a Item,
    care: Care,
    freed: u64,
    stays: u64,
    why: Option<String>,
    buffer: Buffer,
}

/// A folder on the way down, with the folders in it that are still to be removed.
struct Level {
    name: CString,
    folder: Folder,
    own: Look,
    below: Vec<CString>,
}

impl Removal<'_> {
    fn run(&mut self, parent: &Folder, name: &CStr) -> io::Result<()> {
        let mut levels = Vec::new();
        let Some(top) = self.open(parent, name)?.filter(|top| top.own.id.inode == self.item.inode) else {
            self.stay(CHANGED.to_owned());
            return Ok(());
        };
        levels.push(top);
        while let Some(level) = levels.last_mut() {
            if let Some(next) = level.below.pop() {
                match self.open(&level.folder, &next) {
                    Ok(Some(inner)) => levels.push(inner),
                    Ok(None) => self.stay("a link or a mounted file system".to_owned()),
                    Err(error) => self.fail(&error),
                }
                continue;
            }
            let Some(done) = levels.pop() else { break };
            self.close(levels.last().map_or(parent, |level| &level.folder), &done);
        }
        Ok(())
    }

    /// Enters a folder and removes the files in it.
    fn open(&mut self, parent: &Folder, name: &CStr) -> io::Result<Option<Level>> {
        let folder = match parent.enter(name) {
            Ok(Entry::Folder(folder)) => folder,
            Ok(Entry::Link | Entry::Mount) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        folder.list(&mut self.buffer, &mut |found| {
            names.push(found.name.to_owned());
            Ok(())
        })?;
        let own = folder.look_at_self()?;
        let mut below = Vec::new();
        for name in names {
            match folder.look(&name) {
                Ok(look) if look.kind == FileKind::Folder && !look.is_mount => below.push(name),
                Ok(look) => self.file(&folder, &name, &look),
                Err(error) => self.fail(&error),
            }
        }
        Ok(Some(Level { name: name.to_owned(), folder, own, below }))
    }

    fn file(&mut self, folder: &Folder, name: &CStr, look: &Look) {
        let newest = self.item.changed;
        let was_seen = self.inventory.was_inside(self.id, look.id.inode);
        let is_meant = |now: &Look| was_seen && now.id == look.id && now.changed <= newest && !now.is_mount;
        let removed = match look.kind {
            FileKind::File => delete::remove(folder, name, self.care, &is_meant),
            // A link goes, not what it leads to.
            FileKind::Link => delete::remove(folder, name, Care { claims: false, ..self.care }, &is_meant),
            _ => Ok(Fate::left("no regular file")),
        };
        match removed {
            Ok(fate) => {
                self.freed += fate.freed;
                if let Some(why) = fate.left {
                    self.stay(why);
                }
            }
            Err(error) => self.fail(&error),
        }
    }

    fn close(&mut self, parent: &Folder, level: &Level) {
        match parent.remove_folder(&level.name) {
            Ok(()) => self.freed += level.own.allocated,
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &io::Error) {
        if error.kind() != io::ErrorKind::NotFound {
            self.stay(error.to_string());
        }
    }

    fn stay(&mut self, why: String) {
        self.stays += 1;
        self.why.get_or_insert(why);
    }

    fn told(self) -> Option<String> {
        let why = self.why?;
        Some(if self.stays == 1 { why } else { format!("{why}, and {} more in it", self.stays - 1) })
    }
}
