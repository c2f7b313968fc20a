//! Takes secrets out of an event and bounds it, in one walk: nothing is stored that has not gone through here.
//!
//! A value goes whole where its key means a secret; a text loses what looks like one: passwords in URLs and assignments,
//! authorization headers, cookies, tokens known by their shape, private keys, card numbers. Lists of pairs and
//! `{name, value}` objects count as keys and values. Depth, length and number are capped for each container.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use serde_json::{Map, Value};

use crate::text::redact;

/// Levels below the event; the variables of a frame begin at the eighth.
const MAX_DEPTH: usize = 14;
const MAX_FIELDS: usize = 100;
const MAX_ITEMS: usize = 250;
/// Bytes of one text.
const MAX_TEXT: usize = 8192;
/// Bytes of one variable's value.
const MAX_VARIABLE: usize = 1024;
const CUT: &str = "…";
/// Bytes behind a cut that are looked at all the same: many a secret is known by how it goes on.
const BEYOND: usize = 8 << 10;

/// What a key means that holds one of these, written small and without signs.
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

/// Knows which names mean a secret.
#[derive(Clone, Debug, Default)]
pub struct Scrubber {
    /// The team's own names, as [`plain`] writes them.
    names: Vec<String>,
}

/// What the walk did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Values or parts of texts that were taken out.
    pub secrets: u64,
    /// Texts that were cut, and fields and items that were left out.
    pub trimmed: u64,
}

impl Scrubber {
    /// Takes the names that the team adds to the built-in list.
    pub fn new<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        Self { names: names.into_iter().map(|name| plain(name.as_ref())).filter(|n| !n.is_empty()).collect() }
    }

    /// Cleans a value in place.
    pub fn clean(&self, value: &mut Value) -> Cleaned {
        let mut walk = Walk { scrubber: self, done: Cleaned::default() };
        walk.value(value, 0, MAX_TEXT);
        walk.done
    }

    /// Cleans a text.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = redact::secrets(text);
        if !self.names.is_empty() && text.contains([':', '=']) {
            text = self.own_assignments(&text).into();
        }
        match cards(&text) {
            Some(masked) => masked.into(),
            None => text,
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
            if self.names.contains(&plain(name)) {
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

    fn finds_in(&self, text: &str) -> bool {
        text.contains('\0') || matches!(self.text(text), Cow::Owned(clean) if clean != text)
    }

    fn means_secret(&self, key: &str) -> bool {
        let mut room = [0; MAX_NAME];
        match plain_ascii(key, &mut room) {
            Plain::Ascii(name) => self.is_secret(name),
            Plain::Other => self.is_secret(&plain(key)),
            Plain::TooLong => false,
        }
    }

    /// Whether a name, written as [`plain`] does, means a secret.
    fn is_secret(&self, name: &str) -> bool {
        SECRET_NAMES.contains(&name)
            || name.ends_with("token")
            || PARTS.is_match(name)
            || self.names.iter().any(|own| own == name)
    }

    /// Cleans a name and its value, and cuts both to this many bytes.
    pub(super) fn pair(&self, key: &str, value: &str, max: usize) -> (String, String) {
        let value = if self.means_secret(key) && !is_harmless(value) {
            redact::MASK.into()
        } else {
            self.within(value, max)
        };
        (if is_word(key) { key.to_owned() } else { self.within(key, max) }, value)
    }
}

/// Names that are longer are no names.
const MAX_NAME: usize = 128;

/// Finds a part of a secret's name; each event has a hundred names.
static PARTS: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(SECRET_PARTS).expect("the literals are constant"));

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

/// What an SDK has taken out already is left as it says so.
fn is_harmless(text: &str) -> bool {
    text.is_empty() || text == "[Filtered]" || text == redact::MASK
}

/// A name written small and without signs: `X-Api_Key` → `xapikey`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a key is a plain word, as nearly all are: no secret looks like that.
fn is_word(key: &str) -> bool {
    key.len() <= 24 && key.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
}

/// Keys of an event whose texts are looked up, grouped or shown as they are.
const VERBATIM: [&str; 9] = [
    "event_id",
    "filename",
    "abs_path",
    "module",
    "function",
    "trace_id",
    "span_id",
    "parent_span_id",
    "platform",
];

struct Walk<'s> {
    scrubber: &'s Scrubber,
    done: Cleaned,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value, depth: usize, max_text: usize) {
        match value {
            Value::String(text) => self.text(text, max_text),
            Value::Array(_) | Value::Object(_) if depth >= MAX_DEPTH => {
                *value = CUT.into();
                self.done.trimmed += 1;
            }
            Value::Array(items) => self.items(items, depth, max_text),
            Value::Object(fields) => self.fields(fields, depth, max_text),
            Value::Number(number) => {
                // A card number is one without quotes, too.
                if number.as_f64().is_some_and(|n| n >= MIN_CARD) && cards(&number.to_string()).is_some() {
                    self.mask(value);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn text(&mut self, text: &mut String, max: usize) {
        let is_long = text.len() > max;
        text.truncate(text.floor_char_boundary(max + BEYOND));
        if text.contains('\0') {
            *text = text.replace('\0', "\u{fffd}");
        }
        if let Cow::Owned(clean) = self.scrubber.text(text)
            && clean != *text
        {
            *text = clean;
            self.done.secrets += 1;
        }
        if is_long {
            text.truncate(text.floor_char_boundary(max));
            text.push_str(CUT);
            self.done.trimmed += 1;
        }
    }

    fn items(&mut self, items: &mut Vec<Value>, depth: usize, max_text: usize) {
        if items.len() > MAX_ITEMS {
            self.done.trimmed += (items.len() - MAX_ITEMS) as u64;
            items.truncate(MAX_ITEMS);
        }
        // Headers and query strings come as pairs.
        if let [Value::String(key), value] = items.as_mut_slice()
            && self.scrubber.means_secret(key)
        {
            self.mask(value);
            return;
        }
        items.iter_mut().for_each(|item| self.value(item, depth + 1, max_text));
    }

    fn fields(&mut self, fields: &mut Map<String, Value>, depth: usize, max_text: usize) {
        if fields.len() > MAX_FIELDS {
            self.done.trimmed += (fields.len() - MAX_FIELDS) as u64;
            let beyond: Vec<String> = fields.keys().skip(MAX_FIELDS).cloned().collect();
            beyond.iter().for_each(|key| {
                fields.remove(key);
            });
        }
        let named = ["name", "key"].iter().find_map(|k| fields.get(*k)?.as_str());
        let hides_value = named.is_some_and(|name| self.scrubber.means_secret(name));
        for (key, value) in fields.iter_mut() {
            let secret = self.scrubber.means_secret(key) || (hides_value && key == "value");
            match value {
                _ if secret => self.mask(value),
                Value::String(_) if VERBATIM.contains(&key.as_str()) => self.verbatim(value),
                _ if key == "vars" => self.value(value, depth + 1, MAX_VARIABLE),
                _ => self.value(value, depth + 1, max_text),
            }
        }
        self.keys(fields);
    }

    /// Cleans the keys themselves: some keep `{"mysql://u:p@h/d": pool}`.
    fn keys(&mut self, fields: &mut Map<String, Value>) {
        let is_odd =
            |key: &String| !is_word(key) && (key.len() > MAX_VARIABLE || self.scrubber.finds_in(key));
        if !fields.keys().any(is_odd) {
            return;
        }
        for (mut key, value) in std::mem::take(fields) {
            if !is_word(&key) {
                self.text(&mut key, MAX_VARIABLE);
            }
            // Two that are alike by now stay two.
            while fields.contains_key(&key) {
                key.push_str(CUT);
            }
            fields.insert(key, value);
        }
    }

    fn verbatim(&mut self, value: &mut Value) {
        let Value::String(text) = value else { return };
        // A path may be a URL with a password in it; whatever has no such sign is left alone.
        if text.len() > MAX_VARIABLE || text.contains("://") || text.contains('\0') {
            self.text(text, MAX_VARIABLE);
        }
    }

    fn mask(&mut self, value: &mut Value) {
        // Nothing and yes or no are no secrets.
        let harmless = match value {
            Value::Null | Value::Bool(_) => true,
            Value::String(text) => is_harmless(text),
            _ => false,
        };
        if !harmless {
            *value = redact::MASK.into();
            self.done.secrets += 1;
        }
    }
}

/// The smallest number of 13 digits.
const MIN_CARD: f64 = 1e12;

/// Masks card numbers: 13 to 19 digits of a known issuer, alone or in groups, with the right check digit.
fn cards(text: &str) -> Option<String> {
    if text.bytes().filter(u8::is_ascii_digit).take(13).count() < 13 {
        return None;
    }
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() || at.checked_sub(1).is_some_and(|b| is_joined(bytes[b])) {
            at += 1;
            continue;
        }
        let (digits, end) = digit_run(bytes, at);
        if is_card(&digits) && bytes.get(end).is_none_or(|b| !b.is_ascii_alphanumeric()) {
            out.push_str(&text[copied..at]);
            out.push_str(redact::MASK);
            copied = end;
        }
        at = end;
    }
    (copied > 0).then(|| out + &text[copied..])
}

fn is_joined(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_'
}

/// Digits from here on, single blanks and dashes between them, and where they end.
fn digit_run(bytes: &[u8], start: usize) -> (Vec<u8>, usize) {
    let (mut digits, mut at, mut end) = (Vec::new(), start, start);
    while at < bytes.len() && digits.len() <= 19 {
        match bytes[at] {
            b if b.is_ascii_digit() => {
                digits.push(b - b'0');
                end = at + 1;
            }
            b' ' | b'-' if end == at => {}
            _ => break,
        }
        at += 1;
    }
    (digits, end)
}

fn is_card(digits: &[u8]) -> bool {
    let issuer = match digits {
        [4, ..] => matches!(digits.len(), 13 | 16 | 19),
        [5, 1..=5, ..] | [2, 2..=7, ..] | [6, ..] => digits.len() == 16,
        [3, 4 | 7, ..] => digits.len() == 15,
        _ => false,
    };
    let sum: u32 = digits.iter().rev().enumerate().map(|(i, d)| check_part(i, u32::from(*d))).sum();
    issuer && sum.is_multiple_of(10)
}

fn check_part(index: usize, digit: u32) -> u32 {
    let doubled = if index % 2 == 1 { digit * 2 } else { digit };
    if doubled > 9 { doubled - 9 } else { doubled }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn clean(mut value: Value) -> (Value, Cleaned) {
        let done = Scrubber::new(["customer_phone"]).clean(&mut value);
        (value, done)
    }

    #[test]
    fn secrets_go_by_key_by_text_and_by_pair() {
        let (value, done) = clean(json!({
            "request": {"headers": [["Authorization", "Bearer abc"], ["Accept", "x"]], "cookies": {"a": "b"},
                "data": {"user": {"PassWord": "hunter2", "author": "bob"}}},
            "extra": {"d": "{'authorization': 'Bearer x1y2z3'}", "params": [{"name": "api_key", "value": "k"}]},
            "exception": {"values": [{"value": "mysql://u:hunter2@h/d", "stacktrace": {"frames": [
                {"context_line": "    password = 'hunter2'", "vars": {"token": "'abc'", "n": 3}}]}}]},
            "tags": {"customer-phone": "0800"}, "note": "customer_phone='555 123', other=1",
        }));
        let text = value.to_string();
        for secret in ["abc", "hunter2", "x1y2z3", "0800", "555", "\"k\"", "\"b\""] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(text.contains("bob") && text.contains("\"n\":3") && text.contains("other=1"));
        assert!(done.secrets >= 8);
    }

    #[test]
    fn cards_are_told_from_other_numbers() {
        let scrub = |text: &str| Scrubber::default().text(text).into_owned();
        assert_eq!(scrub("card 4111 1111 1111 1111 ok"), "card [redacted] ok");
        assert_eq!(scrub("5500005555555559"), "[redacted]");
        for other in
            ["1700000000000000", "4111111111111112", "id=a4111111111111111", "2026-11-22 10:00:00.123456 99"]
        {
            assert_eq!(scrub(other), other);
        }
    }

    #[test]
    fn numbers_and_keys_are_looked_at_too() {
        let (value, done) = clean(json!({
            "pan": 4_111_111_111_111_111_u64, "at": 1_700_000_000_000_000_u64, "n": 3,
            "pools": {"mysql://root:hunter2@db/a": 1, "mysql://root:hunter3@db/a": 2, "plain": 3},
        }));
        assert_eq!(
            (value["pan"].as_str(), value["at"].as_u64()),
            (Some("[redacted]"), Some(1_700_000_000_000_000))
        );
        let text = value.to_string();
        assert!(!text.contains("hunter") && done.secrets == 3, "{text}");
        assert_eq!(value["pools"].as_object().unwrap().len(), 3, "{text}");
    }

    #[test]
    fn a_secret_that_a_cut_goes_through_is_none_afterwards() {
        for lead in [MAX_TEXT - 20, MAX_TEXT - 10] {
            let url = format!("{} mysql://root:hunter2@db/a", "x".repeat(lead));
            let (value, _) = clean(
                json!({ "a": url, "vars": {"b": format!("{} 4111 1111 1111 1111", "x".repeat(MAX_VARIABLE - 11))} }),
            );
            let text = value.to_string();
            assert!(!text.contains("hunt") && !text.contains("4111"), "{}", &text[text.len() - 60..]);
        }
        let listed =
            Scrubber::default().within(&format!("{} mysql://root:hunter2@db/a", "x".repeat(480)), 500);
        assert!(listed.len() <= 500 && !listed.contains("hun"), "{listed}");
    }

    #[test]
    fn harmless_texts_are_borrowed() {
        assert!(matches!(Scrubber::default().text("GET /trucks/DO9693 failed"), Cow::Borrowed(_)));
    }

    #[test]
    fn width_depth_and_length_are_bounded() {
        let mut deep = json!("x");
        for _ in 0..60 {
            deep = json!([deep]);
        }
        let wide: Map<String, Value> = (0..500).map(|i| (i.to_string(), json!(i))).collect();
        let (value, done) =
            clean(json!({"deep": deep, "wide": wide, "long": "é".repeat(10_000), "nul": "a\0b"}));
        assert_eq!(value["wide"].as_object().unwrap().len(), MAX_FIELDS);
        assert!(value["long"].as_str().unwrap().len() <= MAX_TEXT + CUT.len());
        assert!(value.to_string().len() < 20_000 && done.trimmed >= 402);
        assert_eq!(value["nul"], "a\u{fffd}b");
    }
}
