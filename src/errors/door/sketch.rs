//! Reads of an event's JSON only what tells its issue and is listed: in a storm nothing else of most events is kept.
//!
//! What is left out is what makes an event large: variables and source around each frame, packages, breadcrumbs, extra
//! data. It is skipped in the bytes; no value is ever made of it. Everything that the door identifies, lists and tags by
//! is the same as in the whole event.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// What of an event no issue is told by. A text in such a place is kept: an application may have named it in its fingerprint.
const BULKY: [&str; 8] = ["modules", "breadcrumbs", "extra", "user", "debug_meta", "spans", "sdk", "_meta"];
/// What of a frame one is told by.
const OF_FRAME: [&str; 8] =
    ["filename", "abs_path", "module", "function", "lineno", "context_line", "in_app", "platform"];

/// Reads one event.
///
/// # Errors
/// When it is not the JSON that the standard allows; what applications get wrong is left to [`parse`](super::parse_json).
pub fn sketch(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let event = Part::Event.deserialize(&mut reader)?;
    reader.end()?;
    Ok(event)
}

/// Which part of an event is read.
#[derive(Clone, Copy)]
enum Part {
    Event,
    /// Exceptions, threads, and what leads from them to their frames.
    Stacks,
    Frames,
    /// Texts and numbers only.
    Scalar,
    Whole,
}

impl Part {
    fn below(self, key: &str) -> Self {
        match self {
            Self::Event if BULKY.contains(&key) => Self::Scalar,
            Self::Event if matches!(key, "exception" | "threads" | "stacktrace") => Self::Stacks,
            Self::Stacks if key == "frames" => Self::Frames,
            Self::Stacks => Self::Stacks,
            Self::Frames if !OF_FRAME.contains(&key) => Self::Scalar,
            Self::Event | Self::Frames | Self::Scalar | Self::Whole => Self::Whole,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Part {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self {
            Self::Whole => serde::Deserialize::deserialize(deserializer),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Part {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        if matches!(self, Self::Scalar) {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Value::Null);
        }
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        if matches!(self, Self::Scalar) {
            while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Value::Null);
        }
        let mut map = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            let value = fields.next_value_seed(self.below(&key))?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::errors::door::{Arrival, Door, Source};

    fn event() -> Value {
        let frame = json!({"filename": "a.py", "abs_path": "/srv/a.py", "function": "f", "module": "a", "lineno": 3,
            "context_line": "x = d[k]", "in_app": true, "vars": {"d": "{}"}, "pre_context": ["def f():"], "post_context": [],
            "package": "fuel"});
        json!({
            "event_id": "0af7651916cd43dd8448eb211c80319c", "timestamp": "2026-09-21T14:13:19Z", "level": "fatal",
            "exception": {"values": [{"type": "KeyError", "value": "'a'", "mechanism": {"type": "x", "handled": false},
                "stacktrace": {"frames": [frame, frame]}}]},
            "logentry": {"message": "m %s", "formatted": "m 1", "params": ["1"]}, "tags": {"modules": "kept", "extra": "kept"},
            "transaction": "/t/{id}", "transaction_info": {"source": "route"}, "contexts": {"trace": {"data": {"http.route": "/t"}}},
            "request": {"url": "http://h/t/1"}, "modules": {"a": "1"}, "extra": {"sys.argv": ["main.py"]}, "breadcrumbs": {"values": [{}]},
            "release": "1.0", "environment": "e", "server_name": "h", "platform": "python", "user": {"id": 1}, "sdk": {"name": "x"},
        })
    }

    #[test]
    fn what_is_listed_and_grouped_by_is_that_of_the_whole_event() {
        let whole = event();
        let mut odd = whole.clone();
        odd["fingerprint"] = json!(["{{ extra }}", "{{ tags.modules }}", "{{ function }}"]);
        odd["extra"] = json!("a text");
        let threads = json!({"threads": {"values": [{"crashed": true, "stacktrace": {"frames": [{"function": "f", "vars": {}}]}}]}});
        for event in
            [whole, odd, threads, json!({"message": "order 17"}), json!([1]), json!("x"), json!(null)]
        {
            let arrival = Arrival {
                received: 1_790_000_000_000_000,
                source: Source::Sdk,
                count: 1,
                keeps_body: false,
                id: Some("0af7651916cd43dd8448eb211c80319c".parse().unwrap()),
            };
            let told = |event: Value| format!("{:?}", Door::default().admit(event, arrival));
            assert_eq!(told(sketch(event.to_string().as_bytes()).unwrap()), told(event.clone()), "{event}");
        }
    }

    #[test]
    fn the_bulk_is_left_out() {
        let short = sketch(event().to_string().as_bytes()).unwrap();
        for gone in ["modules", "extra", "breadcrumbs", "user", "sdk"] {
            assert!(short[gone].is_null(), "{gone} in {short}");
        }
        let frame = &short["exception"]["values"][0]["stacktrace"]["frames"][0];
        assert!(frame["vars"].is_null() && frame["pre_context"].is_null(), "{frame}");
        assert_eq!(short["tags"], json!({"modules": "kept", "extra": "kept"}));
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for bad in ["", "{", "{\"a\": NaN}", "{} x", "{\"extra\": {\"a\": NaN}}"] {
            assert!(sketch(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
