//! The further groups that a user is in.

use std::ffi::{CString, c_int};

/// Groups that are asked for; the system lets a process have sixteen.
const MAX_GROUPS: usize = 16;

/// Returns every group of a user, its own among them. May ask a directory server.
#[expect(unsafe_code, reason = "getgrouplist has no safe wrapper on this system")]
pub fn groups_of(name: &str, gid: u32) -> Vec<u32> {
    let Ok(name) = CString::new(name) else { return vec![gid] };
    let mut groups = [0 as c_int; MAX_GROUPS];
    let mut count = MAX_GROUPS as c_int;
    // SAFETY: the name ends in NUL; the list has room for `count` numbers.
    unsafe { libc::getgrouplist(name.as_ptr(), gid.cast_signed(), groups.as_mut_ptr(), &raw mut count) };
    let count = usize::try_from(count).unwrap_or(0).min(MAX_GROUPS);
    groups[..count].iter().map(|group| group.cast_unsigned()).collect()
}
