//! Tokens without a digit that vary all the same: paths, addresses, hosts, groups of MAC and IPv6 addresses.

/// Longest group of hexadecimal letters that an address is made of.
const HEX_GROUP: usize = 4;

/// Whether a token is a path, an e-mail address or a host by its shape. Java classes and constants (`a.b.C`) are not.
pub(super) fn is_variable_shape(token: &[u8]) -> bool {
    let slashes = count(token, b'/');
    let dots = count(token, b'.');
    if slashes > 0 && token.len() > 1 && (token[0] == b'/' || slashes >= 2 || dots >= 2) {
        return true;
    }
    if token.len() > 1 && token[1..].contains(&b'\\') {
        return true;
    }
    if token.len() > 2 && token[1..token.len() - 1].contains(&b'@') {
        return true;
    }
    dots >= 2 && slashes == 0 && !token.iter().any(u8::is_ascii_uppercase)
}

/// Whether a token may be a group of a MAC or IPv6 address: up to four hexadecimal letters.
pub(super) fn is_hex_group(token: &[u8]) -> bool {
    token.len() <= HEX_GROUP && token.iter().all(u8::is_ascii_hexdigit)
}

fn count(token: &[u8], wanted: u8) -> usize {
    token.iter().filter(|&&byte| byte == wanted).count()
}

#[cfg(test)]
mod tests {
    use super::{is_hex_group, is_variable_shape};

    #[test]
    fn paths_hosts_and_addresses_vary() {
        for token in
            ["/var/log", "a/b/c", "me@host", "C\\Windows", "proxy.cse.example.org", "com.app/.Main.Activity"]
        {
            assert!(is_variable_shape(token.as_bytes()), "{token}");
        }
    }

    #[test]
    fn words_and_classes_stay() {
        for token in ["/", "and/or", "main.py", "org.apache.hadoop.JobImpl", "@", "\\", "a.b"] {
            assert!(!is_variable_shape(token.as_bytes()), "{token}");
        }
    }

    #[test]
    fn a_hex_group_is_short() {
        assert!(is_hex_group(b"fecd") && is_hex_group(b"EB"));
        assert!(!is_hex_group(b"facade") && !is_hex_group(b"go"));
    }
}
