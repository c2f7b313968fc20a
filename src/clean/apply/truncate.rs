//! Emptying a file in place, for programs that never let go of their log.
//!
//! A writer that remembers its position would go on there and leave a hole as long as the old file: it is left alone.

use std::ffi::CStr;

use crate::clean::inventory::Item;
use crate::platform::files::{Access, Folder, holders, look_at};

use super::fate::{CHANGED, Fate};

/// Empties a file.
pub(super) fn file(folder: &Folder, name: &CStr, item: &Item) -> Fate {
    Fate::of((|| {
        let file = folder.open_file_to_write(name)?;
        let before = look_at(&file)?;
        if before.id.inode != item.inode || before.links != 1 {
            return Ok(Fate::left(CHANGED));
        }
        let holders = holders(&[before.id.device]);
        if let Some(writer) = holders.of(before.id).iter().find(|holder| holder.access == Access::Write) {
            let pid = writer.pid;
            return Ok(Fate::left(format!("process {pid} writes without O_APPEND: a hole would stay")));
        }
        file.set_len(0)?;
        Ok(Fate::done(before.allocated.saturating_sub(look_at(&file)?.allocated)))
    })())
}
