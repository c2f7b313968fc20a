//! Who listens on a TCP port. Sockets of other users are seen by root only.

use std::io;

use crate::platform::Listener;

/// Finds the sockets that listen on one of `ports`, and the processes that hold them.
///
/// This system lists sockets by process, so all are asked whoever is likely.
///
/// # Errors
/// When the kernel does not list its sockets.
pub fn listeners(
    ports: &[u16],
    _likely: &[u32],
    _others: &mut dyn FnMut() -> Vec<u32>,
) -> io::Result<Vec<Listener>> {
    listening(&|port| ports.contains(&port))
}

/// Finds every socket that listens, and the processes that hold them, as far as this caller may see them.
///
/// # Errors
/// When the system does not tell.
pub fn every_listener(_everybody: &mut dyn FnMut() -> Vec<u32>) -> io::Result<Vec<Listener>> {
    listening(&|_| true)
}

fn listening(is_wanted: &dyn Fn(u16) -> bool) -> io::Result<Vec<Listener>> {
    let all = listeners::get_all().map_err(|e| io::Error::other(e.to_string()))?;
    let mut found: Vec<Listener> = Vec::new();
    for entry in all {
        let is_tcp = entry.protocol == listeners::Protocol::TCP;
        if !is_tcp || entry.state != listeners::SocketState::Listen || !is_wanted(entry.socket.port()) {
            continue;
        }
        match found.iter_mut().find(|l| l.address == entry.socket) {
            Some(listener) => listener.pids.push(entry.process.pid),
            None => found.push(Listener {
                address: entry.socket,
                uid: super::processes::process_owner(entry.process.pid),
                pids: vec![entry.process.pid],
            }),
        }
    }
    for listener in &mut found {
        listener.pids.sort_unstable();
        listener.pids.dedup();
    }
    found.sort_by_key(|l| l.address);
    Ok(found)
}
