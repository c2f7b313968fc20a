//! The further groups that a user is in.

use std::ffi::CString;

use nix::unistd::{Gid, getgrouplist};

/// Returns every group of a user, its own among them. May ask a directory server.
pub fn groups_of(name: &str, gid: u32) -> Vec<u32> {
    let found = CString::new(name).ok().and_then(|name| getgrouplist(&name, Gid::from_raw(gid)).ok());
    found.map_or_else(|| vec![gid], |groups| groups.into_iter().map(Gid::as_raw).collect())
}
