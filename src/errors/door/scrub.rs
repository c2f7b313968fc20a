//! Takes secrets out of texts and of names with their values: nothing is stored that has not gone through here.
//!
//! A value goes whole where its name means a secret; a text loses what looks like one: passwords in URLs and assignments,
//! authorization headers, cookies, tokens known by their shape, private keys, card numbers.

use std::borrow::Cow;

use serde_json::Value;

use super::cards;
use super::names::{SecretNames, is_word};
use super::walk::{Cleaned, clean};
use crate::text::redact;

/// Bytes behind a cut that are looked at all the same: many a secret is known by how it goes on.
pub(super) const BEYOND: usize = 8 << 10;

/// Knows secrets by their names and by their looks.
#[derive(Clone, Debug, Default)]
pub struct Scrubber {
    pub(super) names: SecretNames,
}

impl Scrubber {
    /// Takes the names that the team adds to the built-in list.
    pub fn new<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        Self { names: SecretNames::new(names) }
    }

    /// Cleans a value in place.
    pub fn clean(&self, value: &mut Value) -> Cleaned {
        clean(self, value)
    }

    /// Cleans a text.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = redact::secrets(text);
        if self.names.has_own() && text.contains([':', '=']) {
            text = self.own_assignments(&text).into();
        }
        match cards::masked(&text) {
            Cow::Owned(masked) => masked.into(),
            Cow::Borrowed(_) => text,
        }
    }

    /// Cleans a text, and then cuts it to this many bytes.
    pub fn within(&self, text: &str, max: usize) -> String {
        let looked_at = &text[..text.floor_char_boundary(max + BEYOND)];
        let clean = self.text(looked_at);
        let mut clean =
            if clean.contains('\0') { clean.replace('\0', "\u{fffd}") } else { clean.into_owned() };
        clean.truncate(clean.floor_char_boundary(max));
        clean
    }

    /// `customer_phone=…`, `'customer_phone': '…'` of the team's own names.
    fn own_assignments(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find([':', '=']) {
            let head = rest[..at].trim_end_matches(['"', '\'', ' ', '\\']);
            let start = head.rfind(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)));
            let name = &head[start.map_or(0, |i| i + head[i..].chars().next().map_or(1, char::len_utf8))..];
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            if self.names.are_own(name) {
                let value = rest.trim_start_matches([' ', '"', '\'', '\\']);
                let quote = rest[..rest.len() - value.len()].chars().rev().find(|c| *c == '"' || *c == '\'');
                let end = value.find(|c: char| quote.map_or(" ,;&)}]\n".contains(c), |q| c == q));
                out.push_str(&rest[..rest.len() - value.len()]);
                out.push_str(redact::MASK);
                rest = &value[end.unwrap_or(value.len())..];
            }
        }
        out.push_str(rest);
        out
    }

    /// Whether cleaning would change a text.
    pub(super) fn finds_in(&self, text: &str) -> bool {
        text.contains('\0') || matches!(self.text(text), Cow::Owned(clean) if clean != text)
    }

    /// Cleans a name and its value, and cuts both to this many bytes.
    pub(super) fn pair(&self, key: &str, value: &str, max: usize) -> (String, String) {
        let value = if self.names.hold(key) && !is_harmless(value) {
            redact::MASK.into()
        } else {
            self.within(value, max)
        };
        (if is_word(key) { key.to_owned() } else { self.within(key, max) }, value)
    }
}

/// What an SDK has taken out already is left as it says so.
pub(super) fn is_harmless(text: &str) -> bool {
    text.is_empty() || text == "[Filtered]" || text == redact::MASK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_texts_are_borrowed() {
        assert!(matches!(Scrubber::default().text("GET /trucks/DO9693 failed"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_teams_own_names_are_found_in_texts() {
        let scrubber = Scrubber::new(["customer_phone"]);
        assert_eq!(
            scrubber.text("{'customer_phone': '555 123', 'n': 1}"),
            "{'customer_phone': '[redacted]', 'n': 1}"
        );
        assert_eq!(scrubber.text("customer-phone=555&n=1"), "customer-phone=[redacted]&n=1");
    }

    #[test]
    fn a_secret_that_a_cut_goes_through_is_not_listed() {
        let text = format!("{} mysql://root:hunter2@db/a", "x".repeat(480));
        let listed = Scrubber::default().within(&text, 500);
        assert!(listed.len() <= 500 && !listed.contains("hun"), "{listed}");
    }
}
