//! Who listens on a TCP port.
//!
//! `/proc/net/tcp` and `tcp6` name each socket's inode and user, for everybody; which process holds the inode stands in
//! `/proc/PID/fd`, for its owner and root only. The kernel writes listening sockets before all others, so reading stops
//! at the first connection, however many thousands follow.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt;

use crate::platform::Listener;

/// State of a listening socket, as the kernel writes it.
const LISTEN: &str = "0A";
/// Connections among which one is looked for.
const MAX_CONNECTIONS: usize = 100_000;

/// Finds the sockets that listen on one of `ports`, and the processes that hold them.
///
/// Processes of `likely` are asked first; when they hold every socket, no other is asked. Only then is `others` called.
///
/// # Errors
/// When the kernel's list of sockets cannot be read.
pub fn listeners(
    ports: &[u16],
    likely: &[u32],
    others: &mut dyn FnMut() -> Vec<u32>,
) -> io::Result<Vec<Listener>> {
    let mut sockets = sockets_on(&|port| ports.contains(&port))?;
    if sockets.is_empty() {
        return Ok(Vec::new());
    }
    note_holders(&mut sockets, likely);
    if sockets.iter().any(|s| s.listener.pids.is_empty()) {
        let asked: HashSet<u32> = likely.iter().copied().collect();
        let rest: Vec<u32> = others().into_iter().filter(|pid| !asked.contains(pid)).collect();
        note_holders(&mut sockets, &rest);
    }
    Ok(sockets.into_iter().map(|s| s.listener).collect())
}

/// The other end of a connection, by the inode of its socket, as the process itself sees its network.
pub(super) fn peer_of(pid: u32, inode: u64) -> Option<SocketAddr> {
    let find = |name: &str| {
        let lines = BufReader::new(File::open(format!("/proc/{pid}/net/{name}")).ok()?).split(b'\n').skip(1);
        lines.take(MAX_CONNECTIONS).flatten().find_map(|line| {
            let line = String::from_utf8_lossy(&line);
            let entry = Entry::parse(&line).filter(|entry| entry.inode == inode)?;
            parse_address(entry.remote)
        })
    };
    let peer = find("tcp").or_else(|| find("tcp6"))?;
    Some(SocketAddr::new(peer.ip().to_canonical(), peer.port()))
}

/// Finds every socket that listens, and the processes that hold them, as far as this caller may see them.
///
/// # Errors
/// When the kernel's list of sockets cannot be read.
pub fn every_listener(everybody: &mut dyn FnMut() -> Vec<u32>) -> io::Result<Vec<Listener>> {
    let mut sockets = sockets_on(&|_| true)?;
    note_holders(&mut sockets, &everybody());
    Ok(sockets.into_iter().map(|s| s.listener).collect())
}

fn sockets_on(is_wanted: &dyn Fn(u16) -> bool) -> io::Result<Vec<Socket>> {
    let mut sockets = sockets_in("/proc/net/tcp", is_wanted)?;
    // A kernel without IPv6 has no such file.
    sockets.extend(sockets_in("/proc/net/tcp6", is_wanted).unwrap_or_default());
    Ok(sockets)
}

struct Socket {
    inode: u64,
    listener: Listener,
}

fn sockets_in(path: &str, is_wanted: &dyn Fn(u16) -> bool) -> io::Result<Vec<Socket>> {
    let mut lines = BufReader::new(File::open(path)?).split(b'\n').skip(1);
    let mut found = Vec::new();
    while let Some(line) = lines.next().transpose()? {
        let line = String::from_utf8_lossy(&line);
        let Some(entry) = Entry::parse(&line) else { continue };
        if entry.state != LISTEN {
            break;
        }
        if is_wanted(entry.address.port()) {
            let listener = Listener { address: entry.address, uid: entry.uid, pids: Vec::new() };
            found.push(Socket { inode: entry.inode, listener });
        }
    }
    Ok(found)
}

/// One line: `sl local remote state queues timer retransmits uid timeout inode …`.
struct Entry<'a> {
    address: SocketAddr,
    remote: &'a str,
    state: &'a str,
    uid: Option<u32>,
    inode: u64,
}

impl<'a> Entry<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let fields: Vec<&str> = line.split_ascii_whitespace().take(10).collect();
        let &[_, local, remote, state, _, _, _, uid, _, inode] = fields.as_slice() else { return None };
        Some(Self {
            address: parse_address(local)?,
            remote,
            state,
            uid: uid.parse().ok(),
            inode: inode.parse().ok()?,
        })
    }
}

/// Addresses are written as 32-bit words in the machine's byte order, the port as a plain number.
fn parse_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |n: usize| u32::from_str_radix(address.get(n * 8..n * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    let ip = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut bytes = [0; 16];
            for (n, slot) in bytes.chunks_exact_mut(4).enumerate() {
                slot.copy_from_slice(&word(n)?);
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

fn note_holders(sockets: &mut [Socket], pids: &[u32]) {
    for &pid in pids {
        let Ok(listing) = fs::read_dir(format!("/proc/{pid}/fd")) else { continue };
        for entry in listing.flatten() {
            let Some(inode) =
                fs::read_link(entry.path()).ok().and_then(|t| inode_of(t.as_os_str().as_bytes()))
            else {
                continue;
            };
            for socket in sockets.iter_mut().filter(|s| s.inode == inode) {
                if !socket.listener.pids.contains(&pid) {
                    socket.listener.pids.push(pid);
                }
            }
        }
    }
}

/// Reads `socket:[123]`.
fn inode_of(target: &[u8]) -> Option<u64> {
    let digits = target.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn both_families_are_read() {
        if cfg!(target_endian = "little") {
            assert_eq!(parse_address("0100007F:1F90"), Some("127.0.0.1:8080".parse().unwrap()));
            let six = "00000000000000000000000001000000:0050";
            assert_eq!(parse_address(six), Some("[::1]:80".parse().unwrap()));
        }
        assert_eq!(parse_address("garbage"), None);
        assert_eq!(parse_address("0100007F:zz"), None);
    }

    #[test]
    fn own_listener_is_found_by_port_and_pid() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let me = std::process::id();
        let found = listeners(&[port], &[me], &mut || panic!("the likely one holds it")).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].pids, [me]);
        assert_eq!(found[0].uid, Some(crate::platform::caller_uid()));
        let found = listeners(&[port], &[], &mut || vec![me]).unwrap();
        assert_eq!(found[0].pids, [me]);
    }

    #[test]
    fn connection_to_a_port_is_no_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let client_port = client.local_addr().unwrap().port();
        assert!(listeners(&[client_port], &[], &mut Vec::new).unwrap().is_empty());
    }
}
