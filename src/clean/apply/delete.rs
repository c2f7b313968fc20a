//! Removing one file, if it is still the one that was planned for and nobody has it open.
//!
//! The sure way is to open the file, ask the kernel for a lease, and remove it while the lease keeps others out. It costs
//! four calls where removing costs one. So where there are very many files, all processes could be looked into for what
//! they have open, and nobody has written to a file for a day, its identity is looked at once more and that is enough.

use std::ffi::CStr;
use std::io;

use crate::clean::inventory::Item;
use crate::clean::steps::Plan;
use crate::platform::files::{Claim, FileKind, Folder, Look, claim, is_database, look_at};

use super::fate::{CHANGED, DATABASE, Fate, OPENED, UNSURE};

/// Up to so many steps, each file is claimed.
const CLAIM_EACH: usize = 10_000;
const SECOND: i64 = 1_000_000_000;
/// A file that was not written to for so long has no writer who opens it now and then.
const COLD: i64 = 24 * 3_600 * SECOND;
/// Where leases are not to be had and processes cannot be looked into: long enough for a writer to be noticed.
const QUIET: i64 = 3_600 * SECOND;

/// How a file is made sure of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Care {
    /// By a lease; otherwise by its identity alone.
    pub(super) claims: bool,
    /// Enough is known without a lease.
    pub(super) is_known_closed: bool,
}

impl Care {
    /// What a file of a plan asks for.
    pub(super) fn of(plan: &Plan, item: &Item, now: i64) -> Self {
        let age = now.saturating_sub(item.modified);
        let sees_all = plan.inventory.sees_all_holders;
        Self {
            claims: plan.steps.len() <= CLAIM_EACH || !sees_all || age < COLD,
            is_known_closed: sees_all || age >= QUIET,
        }
    }
}

/// Removes a file.
pub(super) fn file(folder: &Folder, name: &CStr, item: &Item, care: Care) -> Fate {
    Fate::of(remove(folder, name, care, &|look| is_same(look, item)))
}

/// Whether a file is the one that was seen: nothing can be done to a file without its change time telling.
pub(super) fn is_same(look: &Look, item: &Item) -> bool {
    look.kind == FileKind::File
        && look.id.inode == item.inode
        && look.changed == item.changed
        && look.size == item.size
}

/// Removes a name if what stands behind it is what is meant.
pub(super) fn remove(
    folder: &Folder,
    name: &CStr,
    care: Care,
    is_meant: &dyn Fn(&Look) -> bool,
) -> io::Result<Fate> {
    if !care.claims {
        let look = folder.look(name)?;
        return if is_meant(&look) { unlink(folder, name, &look) } else { Ok(Fate::left(CHANGED)) };
    }
    let file = match folder.open_file(name) {
        Ok(file) => file,
        // Its owner may remove what nobody may read.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return remove(folder, name, Care { claims: false, ..care }, is_meant);
        }
        Err(error) => return Err(error),
    };
    let look = look_at(&file)?;
    if !is_meant(&look) {
        return Ok(Fate::left(CHANGED));
    }
    // One that was torn is not of whole pages, and may still be mended.
    if is_database(&file) {
        return Ok(Fate::left(DATABASE));
    }
    match claim(&file) {
        Claim::Held => Ok(Fate::left(OPENED)),
        Claim::Unknown if !care.is_known_closed => Ok(Fate::left(UNSURE)),
        Claim::Unknown => unlink(folder, name, &look),
        Claim::Sole(lease) if lease.is_wanted() => Ok(Fate::left(OPENED)),
        Claim::Sole(_lease) => {
            // The name may have gone to another file since it was opened.
            if folder.look(name)?.id == look.id {
                unlink(folder, name, &look)
            } else {
                Ok(Fate::left(CHANGED))
            }
        }
    }
}

fn unlink(folder: &Folder, name: &CStr, look: &Look) -> io::Result<Fate> {
    folder.remove_file(name)?;
    Ok(Fate::done(if look.links == 1 { look.allocated } else { 0 }))
}
