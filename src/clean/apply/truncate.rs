//! Emptying a file in place, for programs that never let go of their log.
//!
//! A writer that remembers its position would go on there and leave a hole as long as the old file: it is left alone.

use std::io;

use crate::clean::inventory::{Inventory, Item};
use crate::clean::reach::Reach;
use crate::platform::files::{Access, Folder, Holders, holders, is_database, look_at};

use super::fate::{CHANGED, DATABASE, Fate};

/// Empties files; the answers are in their order.
pub(super) fn files(inventory: &Inventory, reach: &mut Reach<'_>, items: &[&Item]) -> Vec<Fate> {
    let devices: Vec<u64> = inventory.disks.iter().map(|disk| disk.device).collect();
    let seen = holders(&devices);
    let empty = |item: &&Item| {
        Fate::of(reach.folder(item.folder).and_then(|folder| file(inventory, folder, item, &seen)))
    };
    items.iter().map(empty).collect()
}

fn file(inventory: &Inventory, folder: &Folder, item: &Item, seen: &Holders) -> io::Result<Fate> {
    let file = folder.open_file_to_write(inventory.name(item))?;
    let before = look_at(&file)?;
    if before.id.inode != item.inode || before.links != 1 {
        return Ok(Fate::left(CHANGED));
    }
    if is_database(&file) {
        return Ok(Fate::left(DATABASE));
    }
    if let Some(writer) = seen.of(before.id).iter().find(|holder| holder.access == Access::Write) {
        let pid = writer.pid;
        return Ok(Fate::left(format!("process {pid} writes without O_APPEND: a hole would stay")));
    }
    file.set_len(0)?;
    Ok(Fate::done(before.allocated.saturating_sub(look_at(&file)?.allocated)))
}
