//! Counts events of a storm by those that were the same before them.
//!
//! Events that differ in nothing but id, time, message and address have all else in common: issue, tags, all that is listed.
//! That is worked out once, and found again by the sketch's own bytes. Whether those four do make no other difference is not
//! assumed but tried, with other texts in their places: where an issue is told by its message, each event is looked at by
//! itself.

use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::{HashMap, HashSet};

use super::admit::{Admitted, Arrival, Door, EventId, moments};
use super::chain::text;
use super::sketch::{Loose, Sketch};

/// Kinds of events that are remembered, and bytes that tell one.
const MAX_KINDS: usize = 256;
const MAX_KEY: usize = 16 << 10;
/// Kinds that came once so far.
const MAX_ONCE: usize = 8192;
/// What is put in the place of texts to try whether they make a difference: words that are masked nowhere.
const TRIED: [&str; 2] = ["loose words at", "something else for"];

/// Remembers kinds of events; it must not be used with two doors.
#[derive(Debug, Default)]
pub struct Alike {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    kinds: HashMap<Vec<u8>, Option<Arc<Kind>>>,
    /// Hashes of kinds that came once: those that never come again are not worth more.
    once: HashSet<u64>,
}

/// What events have in common.
#[derive(Debug)]
struct Kind {
    admitted: Admitted,
    /// Which of the values that differ is listed as the message, if it is one of them.
    message: Option<usize>,
}

enum Found {
    Kind(Arc<Kind>),
    /// Came for the second time.
    Again,
    /// Came for the first time, or cannot be counted by others.
    Single,
}

impl Alike {
    /// Counts an event, without a body; none where it is not the JSON that the standard allows.
    pub fn count(&self, door: &Door, payload: &[u8], arrival: Arrival) -> Option<Admitted> {
        let arrival = Arrival { keeps_body: false, ..arrival };
        let sketch = Sketch::read(payload)?;
        let key = sketch.key();
        match self.find(&key) {
            Found::Kind(kind) => kind.event(door, &sketch, arrival),
            Found::Single => Some(door.admit(sketch.event().ok()?, arrival)),
            Found::Again => {
                let admitted = door.admit(sketch.event().ok()?, arrival);
                let kind = Kind::of(door, &sketch, &admitted, arrival);
                self.lock().learn(key, kind.map(Arc::new));
                Some(admitted)
            }
        }
    }

    fn find(&self, key: &[u8]) -> Found {
        if key.len() > MAX_KEY {
            return Found::Single;
        }
        let mut known = self.lock();
        match known.kinds.get(key) {
            Some(Some(kind)) => Found::Kind(Arc::clone(kind)),
            Some(None) => Found::Single,
            None => {
                let hash = known.kinds.hasher().hash_one(key);
                if known.once.len() >= MAX_ONCE {
                    known.once.clear();
                }
                if known.once.insert(hash) { Found::Single } else { Found::Again }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn learn(&mut self, key: Vec<u8>, kind: Option<Arc<Kind>>) {
        if self.kinds.len() >= MAX_KINDS {
            self.kinds.clear();
        }
        self.kinds.insert(key, kind);
    }
}

impl Kind {
    /// What events like this one have in common; none where their texts make another difference than in the message.
    fn of(door: &Door, sketch: &Sketch, admitted: &Admitted, arrival: Arrival) -> Option<Self> {
        let mut message = None;
        for words in TRIED {
            let other = |index: usize| format!("{words} {}", "x".repeat(index + 1));
            let tried = door.admit(sketch.with_texts(other).ok()?, arrival);
            message = (0..sketch.loose_count()).find(|index| other(*index) == tried.message);
            let is_told = message.is_some() || tried.message == admitted.message;
            if !is_told || common(&tried) != common(admitted) {
                return None;
            }
        }
        Some(Self { admitted: admitted.clone(), message })
    }

    /// An event of this kind; none where what differs in it is no JSON after all.
    fn event(&self, door: &Door, sketch: &Sketch, arrival: Arrival) -> Option<Admitted> {
        let mut event = self.admitted.clone();
        let id = sketch.last(Loose::Id).ok()?;
        event.id = arrival.id.or_else(|| text(&id).parse().ok()).unwrap_or_else(EventId::random);
        (event.at, event.counted_at) = moments(&sketch.last(Loose::Time).ok()?, arrival);
        if let Some(index) = self.message {
            event.message = door.listed(text(&sketch.nth(index).ok()?));
        }
        Some(event)
    }
}

/// An event without what differs between those of a kind.
fn common(event: &Admitted) -> Admitted {
    Admitted { id: EventId([0; 16]), at: 0, counted_at: 0, message: String::new(), ..event.clone() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::errors::door::Source;

    const NOW: i64 = 1_790_000_000_000_000;

    fn arrival() -> Arrival {
        Arrival { received: NOW, source: Source::Sdk, count: 1, keeps_body: false, id: None }
    }

    fn raised(values: &Value) -> Value {
        json!({"exception": {"values": values}, "platform": "python", "release": "1.0", "tags": {"region": "north"}})
    }

    fn with(mut event: Value, key: &str, value: Value) -> Value {
        event[key] = value;
        event
    }

    /// Events of many kinds, each with one text in it that differs.
    fn events(text: &str) -> Vec<Value> {
        let frames = json!({"frames": [{"abs_path": "/srv/a.py", "function": "f", "context_line": "d[k]", "in_app": true}]});
        let framed = || raised(&json!([{"type": "KeyError", "value": text, "stacktrace": frames}]));
        let cause = json!({"type": "OSError", "value": text, "stacktrace": frames});
        let request = |event: Value| with(event, "request", json!({"url": format!("http://h/a/{text}")}));
        vec![
            framed(),
            request(framed()),
            with(request(framed()), "transaction", "/t/{id}".into()),
            with(framed(), "fingerprint", json!(["db", "{{ value }}"])),
            with(framed(), "fingerprint", json!(["{{ default }}", "db"])),
            with(framed(), "fingerprint", json!(["{{ event_id }}"])),
            with(framed(), "fingerprint", json!(["{{ timestamp }}"])),
            raised(&json!([{"type": "KeyError", "value": text}])),
            raised(&json!([cause, {"type": "E", "value": "always", "stacktrace": frames}])),
            raised(&json!([cause, {"type": "E", "stacktrace": frames}])),
            raised(&json!([cause, {"type": "E", "value": text, "stacktrace": frames}])),
            raised(&json!({"type": "E", "value": text})),
            json!({"message": text}),
            json!({"logentry": {"message": "m %s", "formatted": format!("m {text}")}}),
        ]
    }

    #[test]
    fn an_event_is_counted_as_if_it_were_the_first_of_its_kind() {
        let (door, alike) = (Door::default(), Alike::default());
        let texts =
            ["'a'", "order 17", "order 18", "mysql://root:hunter2@db/a", "", "x?y=1", TRIED[0], "z\u{1}\"é"];
        for (round, text) in texts.into_iter().enumerate() {
            for event in events(text) {
                let id = format!("{round:032x}");
                let event = with(
                    with(event, "event_id", id.into()),
                    "timestamp",
                    format!("2026-09-21T14:13:{round:02}Z").into(),
                );
                let counted = alike.count(&door, event.to_string().as_bytes(), arrival()).unwrap();
                assert_eq!(counted, door.admit(event.clone(), arrival()), "{event}");
            }
        }
        let known = alike.lock();
        let alike = known.kinds.values().filter(|kind| kind.is_some()).count();
        assert_eq!(alike, 5, "{known:#?}");
    }

    #[test]
    fn kinds_and_what_came_once_are_bounded() {
        let (door, alike) = (Door::default(), Alike::default());
        for n in 0..10_000 {
            let event = json!({"message": format!("{}", n % 5000)}).to_string();
            alike.count(&door, event.as_bytes(), arrival()).unwrap();
        }
        let large = json!({"message": "x".repeat(MAX_KEY)}).to_string();
        for _ in 0..3 {
            alike.count(&door, large.as_bytes(), arrival()).unwrap();
        }
        let known = alike.lock();
        assert!(known.kinds.len() <= MAX_KINDS && known.once.len() <= MAX_ONCE);
        assert!(known.kinds.keys().all(|key| key.len() <= MAX_KEY));
    }
}
