//! Name lookup and TCP connection, each with its time.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use tokio::net::TcpStream;
use tokio::time::timeout_at;

use crate::platform;

/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ConnectFailure {
    Dns(String),
    DnsTimeout,
    Refused,
    Timeout,
    Other(String),
    /// This machine has no descriptor left: no news of the target.
    NotReady(String),
}

/// Looks a name up; an address is its own answer.
pub(super) async fn resolve(
    host: &str,
    port: u16,
    deadline: Instant,
) -> Result<Vec<SocketAddr>, ConnectFailure> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let lookup = timeout_at(deadline.into(), tokio::net::lookup_host((host, port)));
    let found = lookup.await.map_err(|_| ConnectFailure::DnsTimeout)?;
    let found = found.map_err(|e| ConnectFailure::Dns(e.to_string()))?;
    let addresses: Vec<_> = found.take(MAX_ADDRESSES).collect();
    if addresses.is_empty() {
        return Err(ConnectFailure::Dns("the name has no address".to_owned()));
    }
    Ok(addresses)
}

/// Connects to the first address that accepts. Each gets an equal share of the time left, so that a dead first one does
/// not use up the deadline of a living second.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    deadline: Instant,
) -> Result<TcpStream, ConnectFailure> {
    let mut worst = ConnectFailure::Timeout;
    for (tried, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - tried).unwrap_or(1);
        let failure = match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Small writes at once: latency is what is measured.
                drop(stream.set_nodelay(true));
                return Ok(stream);
            }
            Ok(Err(e)) if e.kind() == io::ErrorKind::ConnectionRefused => ConnectFailure::Refused,
            Ok(Err(e)) if platform::is_out_of_files(&e) => {
                return Err(ConnectFailure::NotReady(e.to_string()));
            }
            Ok(Err(e)) => ConnectFailure::Other(e.to_string()),
            Err(_) => ConnectFailure::Timeout,
        };
        let outranks = tried == 0 || failure == ConnectFailure::Timeout || worst == ConnectFailure::Refused;
        worst = if outranks { failure } else { worst };
    }
    Err(worst)
}
