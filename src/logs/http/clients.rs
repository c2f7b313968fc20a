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
    let Some(digits) = port_digits(client) else { return client };
    let host = &client[..client.len() - 1 - digits];
    // An IPv6 address has colons of its own; its port stands behind a bracket.
    if holds_colon(host) && !host.ends_with(b"]") { client } else { host }
}

/// How many digits a client ends with, if a colon stands before them. The last eight bytes are looked at at once: how long
/// ports are differs from line to line, and a loop would be guessed wrong each time.
#[inline]
fn port_digits(client: &[u8]) -> Option<usize> {
    let last = client.last_chunk().map_or(0, |last| u64::from_le_bytes(*last));
    let colons = equal_bytes(last, b':');
    let digits = (colons.leading_zeros() / 8) as usize;
    match digits {
        0 => None,
        8 => port_digits_of_any(client),
        _ => (non_digits(last) >> (64 - 8 * digits) == 0).then_some(digits),
    }
}

/// The same, for short clients and for numbers too long to be ports.
fn port_digits_of_any(client: &[u8]) -> Option<usize> {
    let digits = client.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let colon = client.len().checked_sub(digits + 1)?;
    (digits > 0 && client[colon] == b':').then_some(digits)
}

#[inline]
fn holds_colon(host: &[u8]) -> bool {
    match (host.first_chunk::<8>(), host.last_chunk::<8>()) {
        (Some(first), Some(last)) if host.len() <= 16 => {
            let colons = |bytes: &[u8; 8]| equal_bytes(u64::from_le_bytes(*bytes), b':');
            colons(first) | colons(last) != 0
        }
        _ => host.contains(&b':'),
    }
}

/// The low seven bits of eight bytes.
const LOW: u64 = u64::from_le_bytes([0x7f; 8]);

/// The top bit of each byte of a word that is this one; no carry crosses a byte.
#[inline]
fn equal_bytes(word: u64, byte: u8) -> u64 {
    let other = word ^ u64::from_le_bytes([byte; 8]);
    !(((other & LOW) + LOW) | other | LOW)
}

/// The top bit of each byte of a word that is no digit.
#[inline]
fn non_digits(word: u64) -> u64 {
    let value = word ^ u64::from_le_bytes([b'0'; 8]);
    (((value & LOW) + u64::from_le_bytes([0x80 - 10; 8])) | value) & !LOW
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

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
            ("a:5", "a"),
            (":5", ""),
            ("10.0.0.1:", "10.0.0.1:"),
            ("10.0.0.1:5a", "10.0.0.1:5a"),
            ("10.0.0.1:1234567", "10.0.0.1"),
            ("10.0.0.1:12345678", "10.0.0.1"),
            ("2001:db8::8a2e:370:7334", "2001:db8::8a2e:370:7334"),
            ("[2001:db8::8a2e:370:7334]:65535", "[2001:db8::8a2e:370:7334]"),
        ] {
            assert_eq!(without_port(client.as_bytes()), host.as_bytes(), "{client}");
        }
    }

    proptest! {
        #[test]
        fn ports_are_what_the_bytes_say(
            client in proptest::collection::vec(proptest::sample::select(&b"01899:::.a]/;\xb5\xba"[..]), 0..24)
        ) {
            prop_assert_eq!(port_digits(&client), port_digits_of_any(&client));
            prop_assert_eq!(holds_colon(&client), client.contains(&b':'));
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
