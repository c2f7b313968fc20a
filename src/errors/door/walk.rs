//! Cleans and bounds a whole event in one walk.
//!
//! Lists of pairs and `{name, value}` objects count as names and values. Depth, length and number are capped for each
//! container.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::cards;
use super::names::is_word;
use super::scrub::{BEYOND, Scrubber, is_harmless};
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

/// Keys of an event whose texts are looked up, grouped or shown as they are.
const PLACES: [&str; 5] = ["filename", "abs_path", "module", "function", PLATFORM];
const PLATFORM: &str = "platform";
/// Keys of ids.
const IDS: [&str; 4] = ["event_id", "trace_id", "span_id", "parent_span_id"];
/// Keys of an event below which the protocol chooses the names, and those within below which the sender does.
const STACKS: [&str; 3] = ["exception", "threads", "stacktrace"];
const FREE: [&str; 2] = ["vars", "data"];

/// What the walk did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Values or parts of texts that were taken out.
    pub secrets: u64,
    /// Texts that were cut, and fields and items that were left out.
    pub trimmed: u64,
}

/// Cleans a value in place.
pub(super) fn clean(scrubber: &Scrubber, value: &mut Value) -> Cleaned {
    let mut walk = Walk { scrubber, done: Cleaned::default() };
    walk.value(value, Spot { depth: 0, max_text: MAX_TEXT, is_stack: false });
    walk.done
}

struct Walk<'s> {
    scrubber: &'s Scrubber,
    done: Cleaned,
}

/// Where in an event a value stands.
#[derive(Clone, Copy)]
struct Spot {
    depth: usize,
    max_text: usize,
    /// Whether the protocol chooses the names here.
    is_stack: bool,
}

impl Spot {
    fn below(self, key: &str) -> Self {
        let max_text = if key == "vars" { MAX_VARIABLE } else { self.max_text };
        let begins = self.depth == 0 && STACKS.contains(&key);
        Self { depth: self.depth + 1, max_text, is_stack: begins || (self.is_stack && !FREE.contains(&key)) }
    }
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value, spot: Spot) {
        match value {
            Value::String(text) => self.text(text, spot.max_text),
            Value::Array(_) | Value::Object(_) if spot.depth >= MAX_DEPTH => {
                *value = CUT.into();
                self.done.trimmed += 1;
            }
            Value::Array(items) => self.items(items, spot),
            Value::Object(fields) => self.fields(fields, spot),
            Value::Number(number) => {
                if cards::is_number_of_card(number) {
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

    fn items(&mut self, items: &mut Vec<Value>, spot: Spot) {
        if items.len() > MAX_ITEMS {
            self.done.trimmed += (items.len() - MAX_ITEMS) as u64;
            items.truncate(MAX_ITEMS);
        }
        // Headers and query strings come as pairs.
        if let [Value::String(key), value] = items.as_mut_slice()
            && self.scrubber.names.hold(key)
        {
            self.mask(value);
            return;
        }
        let below = Spot { depth: spot.depth + 1, ..spot };
        items.iter_mut().for_each(|item| self.value(item, below));
    }

    fn fields(&mut self, fields: &mut Map<String, Value>, spot: Spot) {
        if fields.len() > MAX_FIELDS {
            self.done.trimmed += (fields.len() - MAX_FIELDS) as u64;
            let beyond: Vec<String> = fields.keys().skip(MAX_FIELDS).cloned().collect();
            beyond.iter().for_each(|key| {
                fields.remove(key);
            });
        }
        let named = ["name", "key"].iter().find_map(|k| fields.get(*k)?.as_str());
        let hides_value = named.is_some_and(|name| self.scrubber.names.hold(name));
        for (key, value) in fields.iter_mut() {
            match value {
                _ if self.scrubber.names.hold(key) || (hides_value && key == "value") => self.mask(value),
                Value::String(text) if is_verbatim(key, text, spot) => {}
                _ => self.value(value, spot.below(key)),
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

/// Whether a text stays as it is for the sake of its key.
fn is_verbatim(key: &str, text: &str, spot: Spot) -> bool {
    if text.len() > MAX_VARIABLE {
        return false;
    }
    if IDS.contains(&key) {
        return text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    }
    // A path may be a URL with a password in it.
    let is_known = spot.is_stack || (spot.depth == 0 && key == PLATFORM);
    is_known && PLACES.contains(&key) && !text.contains("://") && !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{CUT, Cleaned, MAX_FIELDS, MAX_TEXT, MAX_VARIABLE};
    use crate::errors::door::Scrubber;

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
    }

    #[test]
    fn whatever_bears_the_name_of_a_place_is_cleaned_where_senders_choose_the_names() {
        let secrets = json!({"function": "password=hunter2", "module": "Bearer hunter2abc", "trace_id": "password=hunter2"});
        let free = ["extra", "request", "contexts", "tags", "user", "breadcrumbs", "logentry", "anything"];
        let mut event: Map<String, Value> =
            free.map(|key| (key.to_owned(), json!([secrets]))).into_iter().collect();
        let frame = json!({"function": "token=>lambda", "vars": secrets});
        let mechanism = json!({"data": secrets});
        let raised = json!({"stacktrace": {"frames": [frame]}, "mechanism": mechanism});
        event.insert("exception".to_owned(), json!({"values": [raised]}));
        let id = "0af7651916cd43dd8448eb211c80319c";
        event.insert("trace_id".to_owned(), id.into());
        let (value, _) = clean(event.into());
        assert!(!value.to_string().contains("hunter2"), "{value:#}");
        assert_eq!(
            (&value["exception"]["values"][0]["stacktrace"]["frames"][0]["function"], &value["trace_id"]),
            (&json!("token=>lambda"), &json!(id))
        );
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
