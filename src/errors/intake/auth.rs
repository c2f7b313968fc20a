//! Who sent it: the key is in the query, a header or the envelope; the first that is found counts.

use super::envelope::Envelope;

/// A DSN's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(pub String);

const MAX_KEY: usize = 128;

/// Finds the key of a request. `header` is `X-Sentry-Auth` or `Authorization`.
pub fn key_of(query: Option<&str>, header: Option<&str>, envelope: Option<&Envelope<'_>>) -> Option<Key> {
    let of_query = || pairs(query?, '&').find(|(name, _)| *name == "sentry_key").map(|(_, key)| key);
    let of_header = || {
        let header = header?.trim();
        let fields =
            header.get(..7).filter(|word| word.eq_ignore_ascii_case("sentry ")).map(|_| &header[7..])?;
        pairs(fields, ',').find(|(name, _)| *name == "sentry_key").map(|(_, key)| key)
    };
    let of_envelope = || {
        let dsn = envelope?.dsn.as_deref()?;
        let (user, _) = dsn.split_once("://")?.1.split_once('@')?;
        user.split(':').next()
    };
    let key = of_query().or_else(of_header).or_else(of_envelope)?;
    (!key.is_empty() && key.len() <= MAX_KEY).then(|| Key(key.to_owned()))
}

fn pairs(text: &str, between: char) -> impl Iterator<Item = (&str, &str)> {
    text.split(between).filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((name.trim(), value.trim().trim_matches('"')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_wherever_it_is() {
        let key = |query, header| key_of(query, header, None).map(|key| key.0);
        assert_eq!(key(Some("sentry_version=7&sentry_key=k1"), None).as_deref(), Some("k1"));
        assert_eq!(key(None, Some("Sentry sentry_key=k2, sentry_version=7")).as_deref(), Some("k2"));
        assert_eq!(key(None, Some("sentry sentry_version=7,sentry_key = k3")).as_deref(), Some("k3"));
        for none in [None, Some(""), Some("Bearer x"), Some("Sentry"), Some("é")] {
            assert_eq!(key(None, none), None);
        }
        let envelope = Envelope { dsn: Some("http://k4@host/1".into()), ..Envelope::default() };
        assert_eq!(key_of(None, None, Some(&envelope)), Some(Key("k4".into())));
    }
}
