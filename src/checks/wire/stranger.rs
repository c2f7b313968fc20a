//! Which protocol a server speaks, by its first words. Pure.

/// What a server that wants TLS from the first byte speaks.
pub(super) const TLS: &str = "TLS";

/// The protocol that these first bytes betray, where they do.
pub(super) fn protocol_of(first: &[u8]) -> Option<&'static str> {
    let starts = |with: &[u8]| first.starts_with(with);
    if starts(b"HTTP/") || starts(b"<!") || starts(b"<html") || starts(b"<HTML") {
        return Some("HTTP");
    }
    if starts(b"SSH-") {
        return Some("SSH");
    }
    if starts(b"-ERR") || starts(b"-NOAUTH") || starts(b"-DENIED") || starts(b"+PONG") {
        return Some("Redis");
    }
    // An alert, or the record of a handshake.
    if starts(&[0x15, 3]) || starts(&[0x16, 3]) {
        return Some(TLS);
    }
    if starts(b"220") {
        return Some("SMTP or FTP");
    }
    match first {
        // Length, sequence 0, protocol 10; or an error instead of the greeting.
        [_, _, 0, 0, 10, digit, ..] if digit.is_ascii_digit() => Some("MySQL"),
        [_, _, 0, 0, 0xff, _, _, ..] => Some("MySQL"),
        [b'E' | b'R' | b'N', 0, 0, ..] => Some("PostgreSQL"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_known_by_their_first_words() {
        for (first, protocol) in [
            (&b"HTTP/1.1 400 Bad Request\r\n"[..], Some("HTTP")),
            (b"SSH-2.0-OpenSSH_9.2p1\r\n", Some("SSH")),
            (b"-ERR unknown command", Some("Redis")),
            (b"\x15\x03\x01\x00\x02\x02\x28", Some("TLS")),
            (b"220 mail.example ESMTP", Some("SMTP or FTP")),
            (b"J\0\0\0\x0a5.5.5-10.11", Some("MySQL")),
            (b"\x17\0\0\0\xff\x10\x04Too many", Some("MySQL")),
            (b"E\0\0\0\x64SFATAL", Some("PostgreSQL")),
            (b"", None),
            (b"what?", None),
        ] {
            assert_eq!(protocol_of(first), protocol, "{first:?}");
        }
    }
}
