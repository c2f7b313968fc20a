//! Whom a file belongs to that root writes into somebody's folder: that somebody.

use std::fs::File;
use std::io;
use std::os::unix::fs::fchown;

use crate::platform;
use crate::platform::files::Folder;

/// A folder that everybody may write to, such as /tmp, belongs to nobody in particular.
const STICKY: u32 = 0o1000;

/// To whom new files are handed; nobody where they belong to the right one anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(Option<(u32, u32)>);

impl Owner {
    /// The owner of what is written into a folder.
    pub(super) fn of(folder: &Folder) -> io::Result<Self> {
        let look = folder.look_at_self()?;
        let hands_over = platform::caller_uid() == 0 && look.uid != 0 && look.mode & STICKY == 0;
        Ok(Self(hands_over.then_some((look.uid, look.gid))))
    }
}

/// Hands an open file or folder over.
pub(super) fn hand_to(owner: Owner, file: &File) -> io::Result<()> {
    match owner.0 {
        Some((uid, gid)) => fchown(file, Some(uid), Some(gid)),
        None => Ok(()),
    }
}
