//! Putting a log aside while programs write to it, without losing a line.
//!
//! The log gets a second name, `app.log.1`, and then an empty file takes the first one over, in one step: at every moment
//! the name leads to a file. Programs that open the log for each line go on in the new one; those that keep it open go
//! on in the old one until they are told, and are told only if they would not die of it. Copying and truncating instead
//! is done only where it was asked for: what is written between the end of the copy and the truncation is lost.

use std::ffi::{CStr, CString};
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, fchown};

use crate::clean::inventory::{Inventory, Item};
use crate::clean::policy::Rotation;
use crate::clean::reach::Reach;
use crate::config::Reopen;
use crate::platform;
use crate::platform::files::{Access, FileId, FileKind, Folder, Holder, Look, holders, is_database, look_at};

use super::fate::{CHANGED, DATABASE, Fate};
use super::members;
use super::reopen::{Told, tell};

const SETTABLE: u32 = 0o777;

/// Rotates the logs of one rule; the answers are in their order.
pub(super) fn files(
    inventory: &Inventory,
    reach: &mut Reach<'_>,
    items: &[&Item],
    rotation: &Rotation,
    run_as: Option<u32>,
) -> Vec<Fate> {
    let devices: Vec<u64> = inventory.disks.iter().map(|disk| disk.device).collect();
    let seen = holders(&devices);
    let mut told: Vec<Told> = Vec::new();
    let mut fates: Vec<Fate> = Vec::new();
    for item in items {
        let id = FileId { device: devices[inventory.disk(item.folder)], inode: item.inode };
        let log = Log { name: inventory.name(item), id, holders: seen.of(id) };
        let ended = reach.folder(item.folder).and_then(|folder| match rotation {
            Rotation::CopyTruncate => log.copy_and_truncate(folder),
            Rotation::Rename(reopen) => log.rename(folder, reopen.as_ref()),
        });
        let fate = Fate::of(ended);
        let writers =
            if fate.is_done() { log.writers().map(|writer| writer.pid).collect() } else { Vec::new() };
        told.push(Told { id, writers });
        fates.push(fate);
    }
    if let Rotation::Rename(Some(reopen)) = rotation
        && fates.iter().any(Fate::is_done)
    {
        let warnings = tell(reopen, &told, run_as);
        for (fate, warning) in fates.iter_mut().zip(warnings) {
            fate.warning = fate.warning.take().or(warning);
        }
    }
    fates
}

/// A log and who has it open.
struct Log<'a> {
    name: &'a CStr,
    id: FileId,
    holders: &'a [Holder],
}

impl Log<'_> {
    fn rename(&self, folder: &Folder, reopen: Option<&Reopen>) -> io::Result<Fate> {
        let look = folder.look(self.name)?;
        if look.id != self.id || look.kind != FileKind::File {
            return Ok(Fate::left(CHANGED));
        }
        if folder.open_file(self.name).is_ok_and(|log| is_database(&log)) {
            return Ok(Fate::left(DATABASE));
        }
        if let Some(why) = self.refusal(reopen) {
            return Ok(Fate::left(why));
        }
        let first = members::first(self.name)?;
        // A run that was killed half-way has given it the second name already.
        let is_half_done = look.links == 2 && folder.look(&first).is_ok_and(|other| other.id == self.id);
        if look.links != 1 && !is_half_done {
            return Ok(Fate::left(format!("has {} names", look.links)));
        }
        let (fresh, temporary) = self.fresh(folder, &look)?;
        let swapped = self.swap(folder, &first, &temporary, is_half_done);
        if !matches!(swapped, Ok(Swap::Done)) {
            folder.remove_file(&temporary).unwrap_or(());
        }
        drop(fresh);
        match swapped? {
            Swap::Done => folder.sync().map(|()| Fate::default()),
            Swap::Overtaken => Ok(Fate::left(CHANGED)),
        }
    }

    /// Lets an empty file take the log's name over, with the old one kept under another.
    fn swap(&self, folder: &Folder, first: &CStr, fresh: &CStr, is_half_done: bool) -> io::Result<Swap> {
        if !is_half_done {
            members::make_room(folder, self.name)?;
            if let Err(error) = folder.link(self.name, first) {
                // Not every file system has second names: there the name is gone for a moment.
                return match error.kind() {
                    io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported => {
                        folder.rename_new(self.name, first)?;
                        self.take_free_name(folder, fresh)
                    }
                    _ => Err(error),
                };
            }
        }
        if folder.look(self.name)?.id != self.id {
            return Ok(Swap::Overtaken);
        }
        folder.rename_over(fresh, self.name).map(|()| Swap::Done)
    }

    fn take_free_name(&self, folder: &Folder, fresh: &CStr) -> io::Result<Swap> {
        match folder.rename_new(fresh, self.name) {
            // A program was quicker: its file is as good.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                folder.remove_file(fresh).map(|()| Swap::Done)
            }
            other => other.map(|()| Swap::Done),
        }
    }

    fn copy_and_truncate(&self, folder: &Folder) -> io::Result<Fate> {
        let mut log = folder.open_file_to_write(self.name)?;
        let look = look_at(&log)?;
        if look.id != self.id || look.links != 1 {
            return Ok(Fate::left(CHANGED));
        }
        if is_database(&log) {
            return Ok(Fate::left(DATABASE));
        }
        if let Some(writer) = self.writers().find(|writer| writer.access == Access::Write) {
            let pid = writer.pid;
            return Ok(Fate::left(format!("process {pid} writes without O_APPEND: a hole would stay")));
        }
        if folder.space()?.available_bytes < look.allocated {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "too little room for a copy"));
        }
        let (mut copy, temporary) = self.fresh(folder, &look)?;
        let first = members::first(self.name)?;
        let named = io::copy(&mut log, &mut copy).and_then(|_| copy.sync_all()).and_then(|()| {
            members::make_room(folder, self.name)?;
            folder.rename_new(&temporary, &first)
        });
        if let Err(error) = named {
            folder.remove_file(&temporary).unwrap_or(());
            return Err(error);
        }
        folder.sync()?;
        // What was written while the copy was flushed; after this only a moment is left in which lines can be lost.
        io::copy(&mut log, &mut copy)?;
        copy.sync_data()?;
        io::copy(&mut log, &mut copy)?;
        log.set_len(0)?;
        Ok(Fate::default())
    }

    /// An empty file with the log's owner and permissions under a temporary name.
    fn fresh(&self, folder: &Folder, look: &Look) -> io::Result<(File, CString)> {
        let temporary = CString::new(format!(".fuelops-{:x}-{}.tmp", self.id.inode, std::process::id()))?;
        let fresh = folder.create_file(&temporary)?;
        let is_given = fchown(&fresh, Some(look.uid), Some(look.gid)).is_ok();
        let mode = look.mode & if is_given { SETTABLE } else { 0o700 };
        fresh.set_permissions(Permissions::from_mode(mode))?;
        Ok((fresh, temporary))
    }

    fn writers(&self) -> impl Iterator<Item = &Holder> {
        self.holders.iter().filter(|holder| holder.access != Access::Read && holder.pid != 0)
    }

    /// Why the programs that write to the log would not follow.
    fn refusal(&self, reopen: Option<&Reopen>) -> Option<String> {
        match reopen {
            None => self.writers().next().map(|writer| {
                let pid = writer.pid;
                format!("process {pid} keeps it open; `reopen` has to say how it opens a new one")
            }),
            Some(Reopen::Command(_)) => None,
            Some(Reopen::Signal(signal)) => {
                let is_deaf =
                    |writer: &&Holder| platform::catches_signal(writer.pid, signal.number()) == Some(false);
                let writer = self.writers().find(is_deaf)?;
                Some(format!("process {} writes to it and has no handler for {signal}", writer.pid))
            }
        }
    }
}

enum Swap {
    Done,
    /// Somebody else has put another file under the name meanwhile.
    Overtaken,
}
