//! Who is at the other end of a local socket.

use std::os::fd::AsFd;

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

/// The user that has connected; `None` where it cannot be told.
pub fn peer_uid(socket: impl AsFd) -> Option<u32> {
    getsockopt(&socket, PeerCredentials).ok().map(|peer| peer.uid())
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn the_other_end_of_a_pair_is_ourselves() {
        let (one, _other) = UnixStream::pair().unwrap();
        assert_eq!(peer_uid(&one), Some(crate::platform::caller_uid()));
    }
}
