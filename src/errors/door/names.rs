//! Which names mean a secret, however they are written: `X-Api_Key`, `PassWord`, `auth`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Names that are longer are no names.
const MAX_NAME: usize = 128;
/// Bytes of a key that may be a plain word.
const MAX_WORD: usize = 24;

/// What a name means that holds one of these, written as [`plain`] does.
const SECRET_PARTS: [&str; 20] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "authorization",
    "cookie",
    "csrf",
    "xsrf",
    "sessionid",
    "phpsessid",
    "connectsid",
    "creditcard",
    "cardnumber",
    "contraseña",
    "mysqlpwd",
    "bearer",
];
/// And one that is one of these as a whole.
const SECRET_NAMES: [&str; 17] = [
    "auth",
    "token",
    "pwd",
    "pass",
    "session",
    "otp",
    "pin",
    "cvv",
    "cvc",
    "ssn",
    "iban",
    "jwt",
    "dsn",
    "signature",
    "xapikey",
    "aiohttpsession",
    "usersession",
];

/// Finds a part of a secret's name; each event has a hundred names.
static PARTS: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(SECRET_PARTS).expect("the literals are constant"));

/// The built-in names, and the team's own.
#[derive(Clone, Debug, Default)]
pub(super) struct SecretNames {
    /// As [`plain`] writes them.
    own: Vec<String>,
}

impl SecretNames {
    pub(super) fn new<S: AsRef<str>>(own: impl IntoIterator<Item = S>) -> Self {
        let own = own.into_iter().map(|name| plain(name.as_ref()));
        Self { own: own.filter(|name| !name.is_empty()).collect() }
    }

    /// Whether what stands under this name is a secret.
    pub(super) fn hold(&self, name: &str) -> bool {
        let mut room = [0; MAX_NAME];
        match plain_ascii(name, &mut room) {
            Plain::Ascii(name) => self.hold_plain(name),
            Plain::Other => self.hold_plain(&plain(name)),
            Plain::TooLong => false,
        }
    }

    fn hold_plain(&self, name: &str) -> bool {
        SECRET_NAMES.contains(&name)
            || name.ends_with("token")
            || PARTS.is_match(name)
            || self.own.iter().any(|own| own == name)
    }

    pub(super) fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// Whether it is one of the team's own.
    pub(super) fn are_own(&self, name: &str) -> bool {
        self.own.contains(&plain(name))
    }
}

enum Plain<'r> {
    Ascii(&'r str),
    Other,
    TooLong,
}

/// [`plain`] without an allocation, for nearly every name there is.
fn plain_ascii<'r>(name: &str, room: &'r mut [u8; MAX_NAME]) -> Plain<'r> {
    if name.len() > MAX_NAME {
        return Plain::TooLong;
    }
    if !name.is_ascii() {
        return Plain::Other;
    }
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        room[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    std::str::from_utf8(&room[..length]).map_or(Plain::Other, Plain::Ascii)
}

/// A name written small and without signs: `X-Api_Key` → `xapikey`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a key is a plain word, as nearly all are: no secret looks like that.
pub(super) fn is_word(key: &str) -> bool {
    key.len() <= MAX_WORD && key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_however_they_are_written() {
        let names = SecretNames::new(["customer_phone", "-"]);
        for secret in
            ["X-Api_Key", "PassWord", "db.password", "CONTRASEÑA", "refresh-token", "Customer-Phone"]
        {
            assert!(names.hold(secret), "{secret}");
        }
        let long = "password".repeat(20);
        for other in ["author", "passenger", "tokens", "", "phone", &long] {
            assert!(!names.hold(other), "{other}");
        }
        assert!(names.are_own("customerPhone") && !names.are_own("password"));
    }
}
