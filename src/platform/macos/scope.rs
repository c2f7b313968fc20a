//! Control groups: there are none here, so that there is never one to be had.

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// A control group of our own; never made on this system.
#[derive(Debug)]
pub struct Scope(Infallible);

impl Scope {
    /// Makes a group: `None`, for there are none here.
    pub fn create(_tag: &str, _name: &str) -> Option<Self> {
        None
    }

    /// Takes a group that was made earlier: `None`, for there are none here.
    pub fn open(_dir: &Path) -> Option<Self> {
        None
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        match self.0 {}
    }

    /// Everything in it.
    ///
    /// # Errors
    /// When the group is gone.
    pub fn members(&self) -> io::Result<Vec<u32>> {
        match self.0 {}
    }

    /// Whether anything lives in it.
    pub fn is_populated(&self) -> bool {
        match self.0 {}
    }

    /// The way into the group.
    ///
    /// # Errors
    /// When the group is gone, or the caller may not.
    pub fn door(&self) -> io::Result<ScopeDoor> {
        match self.0 {}
    }

    /// Something to wait on for changes of [`is_populated`](Self::is_populated).
    ///
    /// # Errors
    /// When the group is gone.
    pub fn watch(&self) -> io::Result<ScopeWatch> {
        match self.0 {}
    }

    /// Kills everything in it.
    ///
    /// # Errors
    /// When the caller may not.
    pub fn kill(&self) -> io::Result<()> {
        match self.0 {}
    }

    /// Removes it where it is empty.
    pub fn remove(&self) {
        match self.0 {}
    }
}

/// The way into a scope; never had on this system.
#[derive(Debug)]
pub struct ScopeDoor(Infallible);

impl ScopeDoor {
    /// Goes on inside the scope.
    ///
    /// # Errors
    /// When the caller may not.
    pub(in crate::platform) fn enter(&self) -> io::Result<()> {
        match self.0 {}
    }
}

/// Tells when a scope may have become empty.
#[derive(Debug)]
pub struct ScopeWatch(Infallible);

impl AsFd for ScopeWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}

/// The control group that a process is in: there are none here.
pub fn control_group(_pid: u32) -> Option<String> {
    None
}
