//! What became of one step.

use std::io;

use rustix::io::Errno;

use crate::clean::reach::is_swapped;

/// The end of a step: done, where neither of the reasons is there.
#[derive(Debug, Default)]
pub(super) struct Fate {
    pub(super) freed: u64,
    /// Why it, or a part of it, was left alone.
    pub(super) left: Option<String>,
    pub(super) failed: Option<String>,
    /// Done, but not everything followed.
    pub(super) warning: Option<String>,
    /// Somebody else was quicker.
    pub(super) is_gone: bool,
}

impl Fate {
    pub(super) fn done(freed: u64) -> Self {
        Self { freed, ..Self::default() }
    }

    pub(super) fn left(why: impl Into<String>) -> Self {
        Self { left: Some(why.into()), ..Self::default() }
    }

    pub(super) fn is_done(&self) -> bool {
        self.left.is_none() && self.failed.is_none() && !self.is_gone
    }

    /// What is gone already is as it should be; everything else is an error.
    pub(super) fn from_error(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            return Self { is_gone: true, ..Self::default() };
        }
        // Opening refuses to follow a link.
        if Errno::from_io_error(error) == Some(Errno::LOOP) {
            return Self::left(LINKED);
        }
        if is_swapped(error) {
            return Self::left(error.to_string());
        }
        Self { failed: Some(error.to_string()), ..Self::default() }
    }

    pub(super) fn of(result: io::Result<Self>) -> Self {
        result.unwrap_or_else(|error| Self::from_error(&error))
    }
}

/// The file is not the one that was planned for.
pub(super) const CHANGED: &str = "changed since it was planned";
/// Somebody has put a link in its place.
const LINKED: &str = "a symbolic link since it was planned";
/// Somebody opened it after the plan was made.
pub(super) const OPENED: &str = "open in another process";
/// Somebody may have it open, and nobody can tell.
pub(super) const UNSURE: &str = "was written to just now, and whether it is open cannot be told here";
/// What no rule takes, seen by its first bytes.
pub(super) use crate::clean::guard::DATABASE;
