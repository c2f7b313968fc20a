//! How many different clients asked: exact up to a bound, estimated beyond, merged without loss.
//!
//! The lowest hashes of all clients are kept. While there is room that is a set; when it is full, the highest of them tells how
//! densely the hashes lie.

use serde::{Deserialize, Serialize};

use crate::logs::http::hash::hash;

/// Hashes that are kept: counts up to here are exact, above within about 12 %.
const KEPT: usize = 64;

/// Different clients of one endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clients {
    /// Ascending.
    lowest: Vec<u64>,
}

impl Clients {
    /// Counts a client by its hash.
    #[inline]
    pub(super) fn observe(&mut self, client: u64) {
        if self.lowest.len() == KEPT && self.lowest.last().is_some_and(|&highest| client >= highest) {
            return;
        }
        if let Err(at) = self.lowest.binary_search(&client) {
            self.lowest.insert(at, client);
            self.lowest.truncate(KEPT);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        other.lowest.iter().for_each(|&client| self.observe(client));
    }

    pub(super) fn count(&self) -> u64 {
        match self.lowest.last() {
            Some(&highest) if self.lowest.len() == KEPT => {
                ((KEPT - 1) as f64 / (highest as f64 / u64::MAX as f64)).round() as u64
            }
            _ => self.lowest.len() as u64,
        }
    }
}

/// Hash of a client's address; its port is not part of who it is.
#[inline]
pub(super) fn client_hash(client: &[u8]) -> u64 {
    hash(0, without_port(client))
}

#[inline]
fn without_port(client: &[u8]) -> &[u8] {
    let digits = client.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let Some(colon) = client.len().checked_sub(digits + 1) else { return client };
    // An IPv6 address has colons of its own; its port stands behind a bracket.
    let host = &client[..colon];
    let port = digits > 0 && client[colon] == b':';
    if port && (memchr::memchr(b':', host).is_none() || host.ends_with(b"]")) { host } else { client }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_do_not_count() {
        for (client, host) in [
            ("10.0.0.1:53214", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.1"),
            ("[::1]:80", "[::1]"),
            ("fe80::1", "fe80::1"),
            ("web-1", "web-1"),
            ("12", "12"),
            ("", ""),
        ] {
            assert_eq!(without_port(client.as_bytes()), host.as_bytes(), "{client}");
        }
    }

    #[test]
    fn few_are_exact_many_are_near_and_parts_merge() {
        let fill = |range: std::ops::Range<u32>| {
            let mut clients = Clients::default();
            for i in range {
                clients.observe(client_hash(format!("10.0.{}.{}:1", i / 256, i % 256).as_bytes()));
            }
            clients
        };
        assert_eq!(fill(0..63).count(), 63);
        let whole = fill(0..10_000);
        assert!((7_000..13_000).contains(&whole.count()), "{}", whole.count());
        let mut merged = fill(4_000..10_000);
        merged.merge(&fill(0..6_000));
        assert_eq!(merged, whole);
    }
}
