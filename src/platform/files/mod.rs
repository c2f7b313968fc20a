//! Files by handle: folders that are entered one level at a time and never by a path that could be swapped underneath.
//!
//! A [`Folder`] is an open directory. Its children are named relative to it, so that no symbolic link, no `..` and no
//! mount point leads out of the tree that was opened: entering refuses all three ([`Entry::Link`], [`Entry::Mount`]).
//! [`claim`] asks the kernel whether anybody else has a file open, [`holders`] names who.
//!
//! `linux` and `macos` are twins: they export the same names.

mod database;
mod folder;
mod holders;
mod look;
mod sqlite;

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod os;
#[cfg(target_os = "macos")]
#[path = "macos/mod.rs"]
mod os;

pub use database::{begins_database, is_database};
pub use folder::{Buffer, Entry, Folder, look_at};
pub use holders::{Access, Holder, Holders};
pub use look::{FileId, FileKind, Found, Look, Space};
pub use os::{Claim, Lease, claim, has_open, holders};
pub use sqlite::{SQLITE_START, is_sqlite, is_sqlite_journal};
