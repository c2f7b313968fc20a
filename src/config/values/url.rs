//! URLs and addresses: well-formed, and shown without their secrets.

use std::fmt;

use crate::config::{Secret, SecretError};

/// A URL that may hold a password, and may as a whole be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    whole: Secret,
}

/// The parts of a URL, percent-decoded where that is due.
#[derive(Clone, PartialEq, Eq)]
pub struct UrlParts {
    /// Lower-case.
    pub scheme: String,
    pub user: Option<String>,
    pub password: Option<String>,
    /// Without the brackets of an IPv6 address.
    pub host: String,
    pub port: Option<u16>,
    /// From the first `/`, with the query, as written; empty when there is none.
    pub target: String,
}

/// Why a URL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("not a URL: {0}")]
    Malformed(&'static str),
}

impl Url {
    /// A URL that stands in the config itself.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub fn literal(text: &str) -> Result<Self, UrlError> {
        UrlParts::parse(text)?;
        Ok(Self { whole: Secret::literal(text) })
    }

    /// A URL that is a secret as a whole; looked at when it is used.
    pub fn secret(whole: Secret) -> Self {
        Self { whole }
    }

    /// The whole URL, secrets included.
    ///
    /// # Errors
    /// When it is a secret that cannot be opened.
    pub fn expose(&self) -> Result<String, SecretError> {
        self.whole.expose()
    }

    /// The parts of the URL, secrets included.
    ///
    /// # Errors
    /// When it is a secret that cannot be opened, or is not well-formed.
    pub fn parts(&self) -> Result<UrlParts, UrlError> {
        UrlParts::parse(&self.whole.expose()?)
    }
}

/// Shows the URL with its password masked, or where the secret is.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.whole.written() {
            Some(text) => f.pad(&crate::text::redact::secrets(text)),
            None => fmt::Display::fmt(&self.whole, f),
        }
    }
}

impl UrlParts {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// When there is no scheme or host, the port is no port, or it holds blanks or control characters.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let bad = |why| Err(UrlError::Malformed(why));
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return bad("it holds a blank or control character; write those as %20 and the like");
        }
        let Some((scheme, rest)) = text.split_once("://") else { return bad("there is no scheme://") };
        let word = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(word) {
            return bad("the scheme is malformed");
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, authority),
        };
        let (user, password) = match login.map(|l| l.split_once(':').unwrap_or((l, ""))) {
            Some((user, password)) => {
                (Some(decoded(user)), (!password.is_empty()).then(|| decoded(password)))
            }
            None => (None, None),
        };
        let address = Address::parse_with(place, None)?;
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            user: user.filter(|u| !u.is_empty()),
            password,
            host: address.0,
            port: address.1,
            target: target.split('#').next().unwrap_or("").to_owned(),
        })
    }
}

impl fmt::Debug for UrlParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlParts")
            .field("scheme", &self.scheme)
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Undoes `%41`; what is no valid escape stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let escape = (bytes[i] == b'%').then(|| text.get(i + 1..i + 3)).flatten();
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                i += 3;
            }
            None => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A host and a TCP port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or an address, without brackets.
    pub host: String,
    pub port: u16,
}

impl Address {
    /// Reads `host:port` or `[v6]:port`.
    ///
    /// # Errors
    /// When the host or the port is missing or malformed.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        match Self::parse_with(text, None)? {
            (host, Some(port)) => Ok(Self { host, port }),
            _ => Err(UrlError::Malformed("there is no port; write host:port")),
        }
    }

    fn parse_with(text: &str, port: Option<u16>) -> Result<(String, Option<u16>), UrlError> {
        let bad = |why| Err(UrlError::Malformed(why));
        let (host, rest) = if let Some(inner) = text.strip_prefix('[') {
            let Some((host, rest)) = inner.split_once(']') else { return bad("a [ is not closed") };
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return bad("what stands in [ ] is no IPv6 address");
            }
            (host, rest)
        } else {
            text.split_at(text.find(':').unwrap_or(text.len()))
        };
        if host.is_empty() {
            return bad("there is no host");
        }
        match rest.strip_prefix(':') {
            None if rest.is_empty() => Ok((host.to_owned(), port)),
            None => bad("what follows the host is malformed"),
            Some(digits) => match digits.parse::<u16>() {
                Ok(number) if number > 0 => Ok((host.to_owned(), Some(number))),
                _ => bad("the port is not a number from 1 to 65535"),
            },
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
