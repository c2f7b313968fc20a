//! Who is at the other end of a local socket.

use std::os::fd::AsFd;

use nix::unistd::getpeereid;

/// The user that has connected; `None` where it cannot be told.
pub fn peer_uid(socket: impl AsFd) -> Option<u32> {
    getpeereid(socket).ok().map(|(uid, _)| uid.as_raw())
}
