//! What is sent and received up to the end of a login. Pure.

use ring::digest;

use crate::checks::wire::Refusal;

/// Capabilities, by their bits in the protocol.
pub(super) const LONG_PASSWORD: u32 = 1;
pub(super) const CONNECT_WITH_DB: u32 = 1 << 3;
pub(super) const PROTOCOL_41: u32 = 1 << 9;
pub(super) const SSL: u32 = 1 << 11;
pub(super) const TRANSACTIONS: u32 = 1 << 13;
pub(super) const SECURE_CONNECTION: u32 = 1 << 15;
pub(super) const PLUGIN_AUTH: u32 = 1 << 19;

/// The largest packet that we would take.
const MAX_PACKET: u32 = 16 * 1024 * 1024;
/// utf8mb4_general_ci, which every server has.
const COLLATION: u8 = 45;
/// Bytes of the challenge that a login answers.
const NONCE: usize = 20;

/// Reads fields off the front of a packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    pub(super) fn number(&mut self, bytes: usize) -> Option<u64> {
        let taken = self.take(bytes)?;
        Some(taken.iter().rev().fold(0, |sum, b| sum << 8 | u64::from(*b)))
    }

    /// Up to a zero byte, or to the end.
    pub(super) fn text(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|b| *b == 0);
        let (text, rest) = match end {
            Some(end) => (&self.0[..end], &self.0[end + 1..]),
            None => (self.0, &self.0[..0]),
        };
        self.0 = rest;
        text
    }

    /// A number that tells its own length; `None` also for NULL.
    pub(super) fn counted(&mut self) -> Option<u64> {
        match self.byte()? {
            short @ 0..=0xfa => Some(u64::from(short)),
            0xfc => self.number(2),
            0xfd => self.number(3),
            0xfe => self.number(8),
            _ => None,
        }
    }

    /// Text that tells its own length.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.counted()?).ok()?;
        self.take(length)
    }
}

/// The server's first packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Greeting {
    pub(super) version: String,
    pub(super) capabilities: u32,
    pub(super) nonce: Vec<u8>,
    pub(super) plugin: String,
}

impl Greeting {
    /// Reads a greeting of protocol 10; `None` for anything else.
    pub(super) fn read(packet: &[u8]) -> Option<Self> {
        let mut fields = Fields(packet);
        if fields.byte()? != 10 {
            return None;
        }
        let version = String::from_utf8_lossy(fields.text()).into_owned();
        fields.take(4)?;
        let mut nonce = fields.take(8)?.to_vec();
        fields.take(1)?;
        let low = fields.number(2)?;
        fields.take(3)?;
        let high = fields.number(2)?;
        let capabilities = u32::try_from(low | high << 16).ok()?;
        fields.take(11)?;
        nonce.extend_from_slice(fields.take(NONCE - nonce.len())?);
        fields.take(1);
        let plugin = if capabilities & PLUGIN_AUTH == 0 { b"mysql_native_password" } else { fields.text() };
        Some(Self { version, capabilities, nonce, plugin: String::from_utf8_lossy(plugin).into_owned() })
    }

    pub(super) fn offers_tls(&self) -> bool {
        self.capabilities & SSL != 0
    }
}

/// The packet that asks for TLS, before the login.
pub(super) fn tls_request(capabilities: u32) -> Vec<u8> {
    let mut packet = Vec::with_capacity(32);
    packet.extend_from_slice(&capabilities.to_le_bytes());
    packet.extend_from_slice(&MAX_PACKET.to_le_bytes());
    packet.push(COLLATION);
    packet.extend_from_slice(&[0; 23]);
    packet
}

/// The login itself.
pub(super) fn login(
    capabilities: u32,
    user: &str,
    answer: &[u8],
    database: Option<&str>,
    plugin: &str,
) -> Vec<u8> {
    let mut packet = tls_request(capabilities);
    packet.extend_from_slice(user.as_bytes());
    packet.push(0);
    // An answer is 32 bytes at most; a password in the clear is capped by the same length byte.
    let answer = &answer[..answer.len().min(250)];
    packet.push(u8::try_from(answer.len()).unwrap_or(0));
    packet.extend_from_slice(answer);
    if let Some(database) = database {
        packet.extend_from_slice(database.as_bytes());
        packet.push(0);
    }
    packet.extend_from_slice(plugin.as_bytes());
    packet.push(0);
    packet
}

/// Answers a challenge by a method; `None` where the method is not spoken here.
pub(super) fn answer(plugin: &str, password: &str, nonce: &[u8]) -> Option<Vec<u8>> {
    if password.is_empty() {
        return matches!(plugin, "mysql_native_password" | "caching_sha2_password").then(Vec::new);
    }
    match plugin {
        "mysql_native_password" => Some(native(password, nonce)),
        "caching_sha2_password" => Some(sha2(password, nonce)),
        _ => None,
    }
}

/// SHA1(password) XOR SHA1(nonce, SHA1(SHA1(password))).
fn native(password: &str, nonce: &[u8]) -> Vec<u8> {
    let sha1 = |parts: &[&[u8]]| hash(&digest::SHA1_FOR_LEGACY_USE_ONLY, parts);
    let once = sha1(&[password.as_bytes()]);
    let twice = sha1(&[&once]);
    xor(&once, &sha1(&[nonce, &twice]))
}

/// SHA256(password) XOR SHA256(SHA256(SHA256(password)), nonce).
fn sha2(password: &str, nonce: &[u8]) -> Vec<u8> {
    let sha256 = |parts: &[&[u8]]| hash(&digest::SHA256, parts);
    let once = sha256(&[password.as_bytes()]);
    let twice = sha256(&[&once]);
    xor(&once, &sha256(&[&twice, nonce]))
}

fn hash(algorithm: &'static digest::Algorithm, parts: &[&[u8]]) -> Vec<u8> {
    let mut context = digest::Context::new(algorithm);
    parts.iter().for_each(|part| context.update(part));
    context.finish().as_ref().to_vec()
}

fn xor(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter().zip(other).map(|(a, b)| a ^ b).collect()
}

/// Reads an error packet; `None` when it is none.
pub(super) fn refusal(packet: &[u8]) -> Option<Refusal> {
    let mut fields = Fields(packet.strip_prefix(&[0xff])?);
    let code = fields.number(2)?;
    // Before the login there is no SQLSTATE.
    if fields.0.first() == Some(&b'#') {
        fields.take(6);
    }
    Some(Refusal { code: code.to_string(), message: String::from_utf8_lossy(fields.0).into_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As MariaDB 10.11 sent it.
    fn greeting() -> Vec<u8> {
        let mut packet = b"\x0a5.5.5-10.11.19-MariaDB-0+deb12u1\0\x05\0\0\0AAAAAAAA\0\xfe\xf7".to_vec();
        packet.extend_from_slice(b"\x2d\x02\0\xff\x81\x15\0\0\0\0\0\0\x1d\0\0\0BBBBBBBBBBBB\0");
        packet.extend_from_slice(b"mysql_native_password\0");
        packet
    }

    #[test]
    fn greeting_is_read() {
        let read = Greeting::read(&greeting()).unwrap();
        assert_eq!(read.version, "5.5.5-10.11.19-MariaDB-0+deb12u1");
        assert_eq!(read.nonce, b"AAAAAAAABBBBBBBBBBBB");
        assert_eq!(read.plugin, "mysql_native_password");
        assert!(!read.offers_tls());
    }

    #[test]
    fn errors_are_read_with_and_without_state() {
        let read = |packet: &[u8]| refusal(packet).map(|r| (r.code, r.message));
        let of = |code: &str, message: &str| Some((code.to_owned(), message.to_owned()));
        assert_eq!(read(b"\xff\x10\x04Too many connections"), of("1040", "Too many connections"));
        assert_eq!(read(b"\xff\x15\x04#28000Access denied"), of("1045", "Access denied"));
        assert_eq!(read(b"\0"), None);
        assert_eq!(read(b"\xff\x10"), None);
    }

    #[test]
    fn answers_are_those_of_the_servers_own_client() {
        let hex = |bytes: Vec<u8>| data_encoding::HEXLOWER.encode(&bytes);
        let nonce = b"AAAAAAAABBBBBBBBBBBB";
        let native = answer("mysql_native_password", "secret", nonce).unwrap();
        assert_eq!(hex(native), "85a601ef933e24c04f59b4ced1580801c7d4a36f");
        let sha2 = answer("caching_sha2_password", "secret", nonce).unwrap();
        assert_eq!(hex(sha2), "142910c06cabdf77c1fa765722c976b6803ce7d9c72dc66958ab8dd790dd108d");
        assert_eq!(answer("mysql_native_password", "", nonce), Some(Vec::new()));
        assert_eq!(answer("client_ed25519", "secret", nonce), None);
    }

    proptest! {
        #[test]
        fn no_packet_breaks_the_reader(packet in proptest::collection::vec(any::<u8>(), 0..120)) {
            let mut marked = packet.clone();
            marked.insert(0, 10);
            drop((Greeting::read(&packet), Greeting::read(&marked), refusal(&packet)));
            marked[0] = 0xff;
            drop(refusal(&marked));
            let mut fields = Fields(&packet);
            while fields.string().is_some() {}
        }
    }
}
