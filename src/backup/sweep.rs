//! What killed runs have left: half-made files among the backups, logins in the state folder.

use std::io;
use std::path::Path;

use super::key::Key;
use super::login::Private;
use super::shelf::Shelf;

/// Takes it away, or finishes what lacked only its name; tells how much it was. Only for the holder of the lock.
///
/// # Errors
/// When a folder cannot be read or written.
pub fn sweep(shelf: &Shelf, state_dir: &Path, key: Option<&Key>) -> io::Result<usize> {
    Private::sweep(state_dir)?;
    shelf.sweep(key)
}
