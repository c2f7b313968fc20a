//! Backups: of databases and logs, made, proven, looked after, brought back.
//!
//! A backup is an archive and a signed manifest. It counts only when everything agreed that could tell of a failure: the
//! dumper's exit code and what it complained of, the end of its output, the archive read back, its content compared with
//! that of the backups before. What fails leaves nothing behind and replaces nothing. Passwords reach the databases'
//! programs by private files only, and content reaches the disk compressed only (but for SQLite, whose own interface
//! copies into a file).

mod archive;
mod create;
mod files;
mod flaw;
mod frame;
mod gather;
mod hex;
mod interrupt;
mod judge;
mod key;
mod login;
mod manifest;
mod means;
mod mysql;
mod orphan;
mod owner;
mod postgres;
mod prune;
mod replace;
mod restore;
mod run;
mod script;
mod shelf;
mod source;
mod sqlite;
mod sweep;
mod tool;
mod unpack;
mod verify;
mod watch;

pub use create::{Made, Shrinking, create};
pub use flaw::remember;
pub use gather::{Skipped, Weight};
pub use interrupt::Interrupt;
pub use key::{Key, KeyError};
pub use manifest::{Kind, Manifest, Member, Origin, Standing, Table, Versions};
pub use means::Means;
pub use orphan::orphaned;
pub use prune::{Plan as PrunePlan, Pruned, Retention, apply as prune, plan as plan_prune};
pub use restore::{
    Chosen, Failure, Left, Now, Plan as RestorePlan, Restored, apply as restore, choose, plan as plan_restore,
};
pub use shelf::{Entry, Shelf, State};
pub use source::{Source, Wanted, origins, source_name, sources};
pub use sweep::sweep;
pub use tool::SearchPath;
pub use verify::{Checked, Compared, Deep, drill, verify};
pub use watch::{Newest, NewestBackup, Proven, WatchError, newest_verified, protected, proven};
