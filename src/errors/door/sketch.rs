//! Reads of an event's JSON only what tells its issue and is listed: in a storm nothing else of most events is kept.
//!
//! What is left out is what makes an event large: variables and source around each frame, packages, breadcrumbs, extra
//! data, the request's body. It is skipped in the bytes; no value is ever made of it. What is left is JSON again, of which
//! everything that the door identifies, lists and tags by is the same as of the whole event. Where in it the values stand
//! that differ from event to event is known: its id, its time, what its exceptions say, the request's address.

use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::Value;

/// Levels of the parts that are looked into; what lies deeper is left to the reader of whole events.
const MAX_DEPTH: usize = 32;
/// Stands in a key for a value that differs; no JSON holds such a byte.
const DIFFERS: u8 = 0xff;

/// What is kept of a part of an event.
enum Part {
    Whole,
    /// Texts and numbers: an application may have named them in its fingerprint, which takes nothing else.
    Scalar,
    /// A text that differs from event to event, or a number that does.
    Loose(Loose),
    Nothing,
    /// Fields of an object, or of each object of a list.
    Fields {
        named: Named,
        others: &'static Self,
    },
}

type Named = &'static [(&'static str, &'static Part)];

/// What differs between events that are otherwise the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loose {
    Id,
    Time,
    /// What an exception says, or an address.
    Text,
}

static EVENT: Part = Part::Fields {
    named: &[
        ("event_id", &Part::Loose(Loose::Id)),
        ("timestamp", &Part::Loose(Loose::Time)),
        ("exception", &STACKS),
        ("threads", &STACKS),
        ("stacktrace", &STACKS),
        ("logentry", &Part::Whole),
        ("sentry.interfaces.Message", &Part::Whole),
        ("message", &Part::Whole),
        ("fingerprint", &Part::Whole),
        ("tags", &Part::Whole),
        ("transaction_info", &Part::Whole),
        ("request", &REQUEST),
        ("contexts", &CONTEXTS),
    ],
    others: &Part::Scalar,
};

/// Exceptions, threads, and what leads from them to their frames.
static STACKS: Part =
    Part::Fields { named: &[("value", &Part::Loose(Loose::Text)), ("frames", &FRAMES)], others: &STACKS };

static FRAMES: Part = Part::Fields {
    named: &[
        ("filename", &Part::Whole),
        ("abs_path", &Part::Whole),
        ("module", &Part::Whole),
        ("function", &Part::Whole),
        ("lineno", &Part::Whole),
        ("context_line", &Part::Whole),
        ("in_app", &Part::Whole),
        ("platform", &Part::Whole),
    ],
    others: &Part::Nothing,
};

static REQUEST: Part = Part::Fields {
    named: &[("url", &Part::Loose(Loose::Text)), ("route", &Part::Whole)],
    others: &Part::Nothing,
};

static CONTEXTS: Part =
    Part::Fields { named: &[("trace", &TRACE), ("request", &REQUEST)], others: &Part::Nothing };
static TRACE: Part = Part::Fields { named: &[("data", &TRACE_DATA)], others: &Part::Nothing };
static TRACE_DATA: Part = Part::Fields { named: &[("http.route", &Part::Whole)], others: &Part::Nothing };

/// What is left of an event.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    json: Vec<u8>,
    loose: Vec<(Loose, Range<usize>)>,
}

impl Sketch {
    /// Reads one event; none where it is not the JSON that the standard allows, or deeper than events are. What
    /// applications get wrong is left to [`parse`](super::parse_json).
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let sketch = Self { json: Vec::with_capacity(bytes.len().min(4096)), loose: Vec::new() };
        let mut walk = Walk { bytes, at: 0, sketch };
        if walk.peek()? != b'{' {
            return None;
        }
        walk.value(&EVENT, 0)?;
        walk.peek().is_none().then_some(walk.sketch)
    }

    /// The event that is left.
    ///
    /// # Errors
    /// When a text in it is no UTF-8, or is escaped wrongly.
    pub(super) fn event(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.json)
    }

    /// All but what differs from event to event.
    pub(super) fn key(&self) -> Vec<u8> {
        self.with(|_, key| key.push(DIFFERS))
    }

    /// The event with another text, made of its number, in the place of each value that differs.
    pub(super) fn with_texts(&self, text: impl Fn(usize) -> String) -> Result<Value, serde_json::Error> {
        let json = self.with(|index, json| json.extend(Value::from(text(index)).to_string().bytes()));
        serde_json::from_slice(&json)
    }

    /// How many values differ.
    pub(super) fn loose_count(&self) -> usize {
        self.loose.len()
    }

    /// The last value of a kind, which is the one that counts; null where there is none.
    pub(super) fn last(&self, kind: Loose) -> Result<Value, serde_json::Error> {
        let last = self.loose.iter().rposition(|(found, _)| *found == kind);
        last.map_or(Ok(Value::Null), |index| self.nth(index))
    }

    /// The value of this number.
    pub(super) fn nth(&self, index: usize) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.json[self.loose[index].1.clone()])
    }

    /// The JSON with something else in the place of each value that differs.
    fn with(&self, write: impl Fn(usize, &mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.json.len() + 16);
        let mut copied = 0;
        for (index, (_, place)) in self.loose.iter().enumerate() {
            out.extend_from_slice(&self.json[copied..place.start]);
            write(index, &mut out);
            copied = place.end;
        }
        out.extend_from_slice(&self.json[copied..]);
        out
    }
}

/// Walks through objects and lists by itself, and leaves every value to the reader of JSON.
struct Walk<'b> {
    bytes: &'b [u8],
    at: usize,
    sketch: Sketch,
}

impl<'b> Walk<'b> {
    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        let blanks = self.bytes[self.at..].iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\t' | b'\r'));
        self.at += blanks.count();
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    /// Goes past one value, whatever it holds.
    fn skip(&mut self) -> Option<&'b [u8]> {
        self.peek()?;
        let rest = &self.bytes[self.at..];
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        let length = values.byte_offset();
        self.at += length;
        Some(&rest[..length])
    }

    /// A name with its quotes.
    fn name(&mut self) -> Option<&'b [u8]> {
        if self.peek()? != b'"' {
            return None;
        }
        let rest = &self.bytes[self.at..];
        let end = rest[1..].iter().position(|b| matches!(b, b'"' | b'\\') || *b < b' ')? + 1;
        if rest[end] == b'"' {
            self.at += end + 1;
            return Some(&rest[..=end]);
        }
        self.skip()
    }

    fn value(&mut self, part: &'static Part, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match (part, self.peek()?) {
            (Part::Fields { named, others }, b'{') => self.object(named, others, depth),
            (Part::Fields { .. }, b'[') => self.list(part, depth),
            (Part::Loose(kind), first) => {
                let value = self.skip()?;
                let from = self.sketch.json.len();
                self.sketch.json.extend_from_slice(value);
                if first == b'"' || (*kind == Loose::Time && !matches!(first, b'{' | b'[')) {
                    self.sketch.loose.push((*kind, from..from + value.len()));
                } else if *kind != Loose::Text {
                    // Of two fields of one name the last one counts.
                    self.sketch.loose.retain(|(known, _)| known != kind);
                }
                Some(())
            }
            (Part::Scalar, b'{' | b'[') => {
                self.skip()?;
                self.sketch.json.extend_from_slice(b"null");
                Some(())
            }
            _ => {
                let value = self.skip()?;
                self.sketch.json.extend_from_slice(value);
                Some(())
            }
        }
    }

    fn object(&mut self, named: Named, others: &'static Part, depth: usize) -> Option<()> {
        self.take(b'{')?;
        self.sketch.json.push(b'{');
        let mut separator = None;
        if self.peek()? != b'}' {
            loop {
                let name = self.name()?;
                self.take(b':')?;
                let part = part_of(name, named)?.unwrap_or(others);
                if matches!(part, Part::Nothing) {
                    self.skip()?;
                } else {
                    self.sketch.json.extend(separator.replace(b','));
                    self.sketch.json.extend_from_slice(name);
                    self.sketch.json.push(b':');
                    self.value(part, depth + 1)?;
                }
                if self.take(b',').is_none() {
                    break;
                }
            }
        }
        self.take(b'}')?;
        self.sketch.json.push(b'}');
        Some(())
    }

    fn list(&mut self, part: &'static Part, depth: usize) -> Option<()> {
        self.take(b'[')?;
        self.sketch.json.push(b'[');
        if self.peek()? != b']' {
            loop {
                self.value(part, depth + 1)?;
                if self.take(b',').is_none() {
                    break;
                }
                self.sketch.json.push(b',');
            }
        }
        self.take(b']')?;
        self.sketch.json.push(b']');
        Some(())
    }
}

/// The part that bears a name; none at all where the name is no text.
fn part_of(name: &[u8], named: Named) -> Option<Option<&'static Part>> {
    let of = |name: &[u8]| named.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, part)| *part);
    if !name.contains(&b'\\') {
        return Some(of(&name[1..name.len() - 1]));
    }
    let name: String = serde_json::from_slice(name).ok()?;
    Some(of(name.as_bytes()))
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
            "request": {"url": "http://h/t/1", "data": {"a": 1}}, "modules": {"a": "1"}, "extra": {"sys.argv": ["main.py"]},
            "breadcrumbs": {"values": [{}]}, "release": "1.0", "environment": "e", "server_name": "h", "platform": "python",
            "user": {"id": 1}, "sdk": {"name": "x"},
        })
    }

    fn read(event: &Value) -> Value {
        Sketch::read(event.to_string().as_bytes()).unwrap().event().unwrap()
    }

    #[test]
    fn what_is_listed_and_grouped_by_is_that_of_the_whole_event() {
        let whole = event();
        let mut odd = whole.clone();
        odd["fingerprint"] = json!(["{{ extra }}", "{{ tags.modules }}", "{{ function }}"]);
        odd["extra"] = json!("a text");
        let threads = json!({"threads": {"values": [{"crashed": true, "stacktrace": {"frames": [{"function": "f", "vars": {}}]}}]}});
        let single = json!({"exception": {"type": "E", "value": 3}, "contexts": [], "request": null, "tags": [["endpoint", "/x"]]});
        for event in [whole, odd, threads, single, json!({"message": "order 17"}), json!({})] {
            let arrival = Arrival {
                received: 1_790_000_000_000_000,
                source: Source::Sdk,
                count: 1,
                keeps_body: false,
                id: Some("0af7651916cd43dd8448eb211c80319c".parse().unwrap()),
            };
            let told = |event: Value| format!("{:?}", Door::default().admit(event, arrival));
            assert_eq!(told(read(&event)), told(event.clone()), "{event}");
        }
    }

    #[test]
    fn the_bulk_is_left_out() {
        let short = read(&event());
        for gone in ["modules", "extra", "breadcrumbs", "user", "sdk"] {
            assert!(short[gone].is_null(), "{gone} in {short}");
        }
        let frame = &short["exception"]["values"][0]["stacktrace"]["frames"][0];
        assert!(frame["vars"].is_null() && frame["pre_context"].is_null(), "{frame}");
        assert_eq!(short["tags"], json!({"modules": "kept", "extra": "kept"}));
        assert!(short["request"]["data"].is_null() && short["request"]["url"] == "http://h/t/1");
    }

    #[test]
    fn names_are_known_however_they_are_written() {
        let short =
            Sketch::read(br#" { "\u0065vent_id" : "x" , "a\"b": 1, "user": {"}": [1]}, "tags" : { } } "#)
                .unwrap();
        assert_eq!(short.event().unwrap(), json!({"event_id": "x", "a\"b": 1, "user": null, "tags": {}}));
        assert_eq!(short.last(Loose::Id).unwrap(), "x");
    }

    #[test]
    fn what_is_no_json_is_none() {
        let deep = format!("{{\"exception\": {}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let bad = [
            "",
            "{",
            "{\"a\": NaN}",
            "{} x",
            "{\"extra\": {\"a\": NaN}}",
            "{\"a\": 1,}",
            "{\"exception\": [1,]}",
            "{a: 1}",
            "[1]",
            &deep,
        ];
        for bad in bad {
            assert!(Sketch::read(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
