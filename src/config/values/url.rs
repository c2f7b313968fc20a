//! URLs and addresses: well-formed, and shown without their secrets.

use std::fmt;
use std::net::IpAddr;

use serde_json::{Value, json};
use toml::de::DeValue;

use crate::config::read::{Node, Reader, Schema, Setting, quoted};
use crate::config::{Secret, SecretError};
use crate::text::redact;

/// A URL that may hold a password, and may as a whole be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    whole: Secret,
    /// The path is a secret, too.
    is_hidden: bool,
}

/// The parts of a URL, percent-decoded where that is due.
#[derive(Clone, PartialEq, Eq)]
pub struct UrlParts {
    /// Lower-case.
    pub scheme: String,
    pub user: Option<String>,
    pub password: Option<String>,
    /// Without the brackets of an IPv6 address; empty only where the scheme is neither http nor https.
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
    #[error("{0}")]
    Malformed(&'static str),
}

impl Url {
    /// A URL that stands in the config itself.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub fn literal(text: &str) -> Result<Self, UrlError> {
        UrlParts::parse(text)?;
        Ok(Self { whole: Secret::literal(text), is_hidden: false })
    }

    /// A URL that is a secret as a whole; looked at when it is used.
    pub fn secret(whole: Secret) -> Self {
        Self { whole, is_hidden: false }
    }

    /// The whole URL, secrets included.
    ///
    /// # Errors
    /// When it is a secret that cannot be opened.
    pub fn expose(&self) -> Result<String, SecretError> {
        self.whole.expose()
    }

    /// The scheme, where the URL stands in the config itself.
    pub(in crate::config) fn scheme(&self) -> Option<String> {
        self.whole.written().and_then(|text| UrlParts::parse(text).ok()).map(|parts| parts.scheme)
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
            Some(text) if self.is_hidden => {
                let parts = UrlParts::parse(text).map_err(|_| fmt::Error)?;
                write!(f, "{}://{}/{}", parts.scheme, parts.host, redact::MASK)
            }
            // Looked through only where there can be a secret: patterns are dear to build.
            Some(text) if text.contains(['@', '?']) => f.pad(&redact::secrets(text)),
            Some(text) => f.pad(text),
            None => fmt::Display::fmt(&self.whole, f),
        }
    }
}

impl UrlParts {
    /// Where it leads to; the port is that of the scheme where none is written.
    pub fn address(&self) -> Option<Address> {
        // `mysql+pymysql`: of a database and the driver that speaks to it, the database tells the port.
        let usual = match self.scheme.split('+').next().unwrap_or_default() {
            "http" => 80,
            "https" => 443,
            "mysql" | "mariadb" => 3306,
            "postgres" | "postgresql" => 5432,
            "redis" | "rediss" => 6379,
            "amqp" => 5672,
            "amqps" => 5671,
            _ => 0,
        };
        let port = self.port.unwrap_or(usual);
        (!self.host.is_empty() && port > 0).then(|| Address { host: self.host.clone(), port })
    }

    /// Takes a URL apart.
    ///
    /// # Errors
    /// When there is no scheme or host, the port is no port, it holds blanks or control characters, or its host may be a
    /// part of its password.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let bad = |why| Err(UrlError::Malformed(why));
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return bad("it holds a blank or control character; write those as %20 and the like");
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return bad("there is no scheme; write it like http://127.0.0.1:8000/health");
        };
        let word = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(word) {
            return bad("the scheme is malformed");
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        // Or it is a password with a sign of its own, whose rest would be taken for the host.
        if target.contains('@') {
            return bad(
                "an @ stands behind the end of its host; in a password write @ as %40, / as %2F, ? as %3F and # \
                        as %23, and elsewhere @ as %40",
            );
        }
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
        let scheme = scheme.to_ascii_lowercase();
        let is_web = matches!(scheme.as_str(), "http" | "https");
        // A server on this machine, by its socket: the host stands in the query or is the default.
        let (host, port) =
            if place.is_empty() && !is_web { (String::new(), None) } else { host_and_port(place)? };
        Ok(Self {
            scheme,
            user: user.filter(|u| !u.is_empty()),
            password,
            host,
            port,
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

/// Splits `host:port` or `[v6]:port`; the port may be absent.
fn host_and_port(text: &str) -> Result<(String, Option<u16>), UrlError> {
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
    let is_host = |c: char| c.is_alphanumeric() || "-._~%:".contains(c);
    if host.is_empty() || !host.chars().all(is_host) {
        return bad("there is no host, or it is malformed");
    }
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Ok((host.to_owned(), None)),
        None => bad("what follows the host is malformed"),
        Some(digits) => match digits.parse::<u16>() {
            Ok(number) if number > 0 => Ok((host.to_owned(), Some(number))),
            _ => bad("the port is not a number from 1 to 65535"),
        },
    }
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
        match host_and_port(text)? {
            (host, Some(port)) => Ok(Self { host, port }),
            _ => Err(UrlError::Malformed("there is no port; write host:port")),
        }
    }
}

impl Address {
    /// Whether it is this machine's own, by name or number.
    pub fn is_loopback(&self) -> bool {
        let ip = self.host.parse::<IpAddr>();
        self.host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
    }

    /// Whether both lead to the same port of the same machine, as far as their spelling tells.
    pub fn is_same_place(&self, other: &Self) -> bool {
        let is_same_host = self.host.eq_ignore_ascii_case(&other.host);
        self.port == other.port && (is_same_host || (self.is_loopback() && other.is_loopback()))
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

impl Setting for Url {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        match node.value() {
            DeValue::String(_) => {
                // The URL itself is not repeated: it may hold a password.
                let text = cx.text(node, "a URL")?;
                Self::literal(&text).map_err(|error| cx.wrong(node, format_args!("not a URL: {error}"))).ok()
            }
            DeValue::Table(_) => Secret::read(node, cx).map(Self::secret),
            _ => {
                cx.mismatch(node, "a URL in quotes, { file = \"…\" } or { env = \"…\" }");
                None
            }
        }
    }

    fn show(&self) -> Option<String> {
        Some(match self.whole.written() {
            Some(_) => quoted(&self.to_string()),
            None => self.to_string(),
        })
    }

    fn schema(schema: &mut Schema) -> Value {
        Secret::schema(schema)
    }
}

/// A URL whose path is a secret, as those of chat services are.
#[derive(Debug)]
pub(in crate::config) struct HiddenUrl(Url);

impl From<HiddenUrl> for Url {
    fn from(url: HiddenUrl) -> Self {
        url.0
    }
}

impl Setting for HiddenUrl {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        Url::read(node, cx).map(|url| Self(Url { is_hidden: true, ..url }))
    }

    fn show(&self) -> Option<String> {
        self.0.show()
    }

    fn schema(schema: &mut Schema) -> Value {
        Url::schema(schema)
    }
}

impl Setting for Address {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        let text = cx.text(node, "an address such as \"127.0.0.1:8000\"")?;
        Self::parse(&text)
            .map_err(|error| cx.wrong(node, format_args!("{text:?} is no address: {error}")))
            .ok()
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }

    fn schema(schema: &mut Schema) -> Value {
        schema.define("address", |_| json!({ "type": "string", "description": "host:port or [IPv6]:port" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let url = UrlParts::parse("MySQL://ro%40ot:p%3Ass@[::1]:3306/fuel?ssl=1#x").unwrap();
        assert_eq!((url.scheme.as_str(), url.host.as_str(), url.port), ("mysql", "::1", Some(3306)));
        assert_eq!((url.user.as_deref(), url.password.as_deref()), (Some("ro@ot"), Some("p:ss")));
        assert_eq!(url.target, "/fuel?ssl=1");
        let plain = UrlParts::parse("http://localhost").unwrap();
        assert_eq!((plain.port, plain.target.as_str(), plain.user), (None, "", None));
        assert_eq!(UrlParts::parse("redis://:pw@h/0").unwrap().password.as_deref(), Some("pw"));
        assert_eq!(UrlParts::parse("postgres:///fuel?host=/run/pg").unwrap().host, "");
    }

    #[test]
    fn what_is_no_url_is_told() {
        for bad in [
            "",
            "localhost:8000",
            "http://",
            "http:///x",
            "http://h:0",
            "http://h:99999",
            "http://a b/",
            "http://h\n/",
            "1x://h",
            "http://[::1",
            "http://[zz]/",
            "http://[::1]x/",
            "http://h:80:90/",
            "http://a,b/",
        ] {
            assert!(UrlParts::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rest_of_a_password_is_no_host() {
        for bad in [
            "postgresql://fuel:P@ssw0rd#1@127.0.0.1:5999/fuel",
            "mysql://u:pa@S3cr/w@127.0.0.1:3306/",
            "mysql+pymysql://u:a@S3cr?w@h/",
            "http://u:1/S3cr@h/",
        ] {
            let error = UrlParts::parse(bad).unwrap_err().to_string();
            assert!(error.contains("%40") && !error.contains("S3cr") && !error.contains("ssw0rd"), "{error}");
        }
        assert_eq!(UrlParts::parse("mysql://u:p%40a%2Fb@h/").unwrap().password.as_deref(), Some("p@a/b"));
        assert_eq!(UrlParts::parse("http://h/%40me").unwrap().target, "/%40me");
    }

    #[test]
    fn a_url_shows_without_its_password() {
        let url = Url::literal("mysql://root:s3cret@db/x").unwrap();
        assert_eq!(url.to_string(), "mysql://root:[redacted]@db/x");
        assert!(!format!("{url:?} {:?}", url.parts().unwrap()).contains("s3cret"));
        assert_eq!(url.expose().unwrap(), "mysql://root:s3cret@db/x");
        let hook = Url { is_hidden: true, ..Url::literal("https://chat.example/T0/B0/s3cret").unwrap() };
        assert_eq!(hook.to_string(), "https://chat.example/[redacted]");
    }

    #[test]
    fn addresses_need_a_port() {
        assert_eq!(Address::parse("[::1]:80").unwrap().to_string(), "[::1]:80");
        assert_eq!(Address::parse("db:3306").unwrap().port, 3306);
        for bad in ["db", "db:", ":80", "::1:80", "db:x"] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
