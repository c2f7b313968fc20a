//! Where a server is and how it wants to be reached, out of a URL.

use std::fmt;
use std::path::PathBuf;

use crate::checks::tls::Trust;
use crate::config::UrlParts;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::checks) enum Place {
    Tcp { host: String, port: u16 },
    Socket(PathBuf),
}

impl Place {
    /// Host and port of a URL; a URL without a host is on this machine.
    pub(in crate::checks) fn tcp(url: &UrlParts, default_port: u16) -> Self {
        let host = if url.host.is_empty() { "127.0.0.1" } else { url.host.as_str() };
        Self::Tcp { host: host.to_owned(), port: url.port.unwrap_or(default_port) }
    }

    /// The name that a certificate must be for.
    pub(in crate::checks) fn host(&self) -> &str {
        match self {
            Self::Tcp { host, .. } => host,
            Self::Socket(_) => "localhost",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Socket(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Whether a connection is to be encrypted, by the words that the servers' own clients know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::checks) enum Encryption {
    Never,
    /// If the server offers it; any certificate will do.
    Offered,
    Always,
    /// And the certificate must be one to trust.
    Verified,
}

impl Encryption {
    /// Reads `sslmode=require`, `ssl-mode=REQUIRED` and their like; without one it is taken if offered.
    ///
    /// # Errors
    /// When the word is not known.
    pub(in crate::checks) fn of(url: &UrlParts) -> Result<Self, String> {
        let names = ["sslmode", "ssl-mode", "ssl_mode", "sslMode", "tls", "ssl"];
        let Some(word) = names.iter().find_map(|name| parameter(url, name)) else { return Ok(Self::Offered) };
        match word.to_ascii_lowercase().replace('_', "-").as_str() {
            "disable" | "disabled" | "false" | "0" => Ok(Self::Never),
            "allow" | "prefer" | "preferred" => Ok(Self::Offered),
            "require" | "required" | "true" | "1" => Ok(Self::Always),
            "verify-ca" | "verify-full" | "verify-identity" => Ok(Self::Verified),
            _ => Err(format!(
                "url: ssl mode \"{word}\" is not known; it is one of disable, prefer, require, verify-full"
            )),
        }
    }
}

/// A parameter of a URL's query, percent-decoded.
pub(in crate::checks) fn parameter(url: &UrlParts, name: &str) -> Option<String> {
    let (_, query) = url.target.split_once('?')?;
    let value = query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    })?;
    Some(decoded(value))
}

/// The path of a URL without its leading slash and its query, percent-decoded; `None` when it is empty.
pub(in crate::checks) fn path(url: &UrlParts) -> Option<String> {
    let path = url.target.split('?').next().unwrap_or("").trim_start_matches('/');
    (!path.is_empty()).then(|| decoded(path))
}

/// Who is trusted: the authorities of a file that the URL names, beside the system's.
pub(in crate::checks) fn trust(url: &UrlParts, trust: &Trust) -> Trust {
    let names = ["sslrootcert", "ssl-ca", "ssl_ca", "ssl_ca_certs"];
    match names.iter().find_map(|name| parameter(url, name)) {
        Some(file) => trust.with_file(file.into()),
        None => trust.clone(),
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.filter(|_| first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> UrlParts {
        UrlParts::parse(text).unwrap()
    }

    #[test]
    fn parameters_and_path_are_decoded() {
        let url = url("postgres:///my%2Fdb?host=%2Frun%2Fpg&sslmode=require&x");
        assert_eq!(path(&url).as_deref(), Some("my/db"));
        assert_eq!(parameter(&url, "host").as_deref(), Some("/run/pg"));
        assert_eq!(parameter(&url, "x").as_deref(), Some(""));
        assert_eq!(parameter(&url, "y"), None);
        assert_eq!(Place::tcp(&url, 5432).to_string(), "127.0.0.1:5432");
    }

    #[test]
    fn encryption_knows_the_words_of_both_clients() {
        let of = |query: &str| Encryption::of(&url(&format!("mysql://h/d{query}")));
        assert_eq!(of(""), Ok(Encryption::Offered));
        assert_eq!(of("?sslmode=verify-full"), Ok(Encryption::Verified));
        assert_eq!(of("?ssl-mode=VERIFY_IDENTITY"), Ok(Encryption::Verified));
        assert_eq!(of("?ssl-mode=DISABLED"), Ok(Encryption::Never));
        assert!(of("?sslmode=maybe").unwrap_err().contains("\"maybe\" is not known"));
    }
}
