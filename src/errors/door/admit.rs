//! From an event's JSON to what the store takes.

use std::cell::RefCell;
use std::fmt;

use chrono::{DateTime, NaiveDateTime};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zstd::bulk::Compressor;

use super::chain::{self, text};
use super::identity::{Identity, identify};
use super::scrub::Scrubber;
use super::tags;
use super::trim;
use crate::grouping::{ExceptionChain, SourceRoots};
use crate::model::Level;

const MICROS: i64 = 1_000_000;
/// How far a sender's clock may be ahead, and how old what it sends may be, before the time of arrival counts.
const MAX_AHEAD: i64 = 60 * MICROS;
const MAX_AGE: i64 = 30 * 86_400 * MICROS;
/// Bytes of what is listed: message, culprit, and each tag.
const MAX_LISTED: usize = 500;
const MAX_TAG: usize = 200;
/// How many times one event may say that it happened: sums of it fit into the store's numbers.
const MAX_COUNT: u64 = 1 << 32;
/// The cheapest level: bodies are small, and are written more often than read.
const PACKING: i32 = 1;

/// What a sender calls an event; the same event sent twice counts once.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventId(pub [u8; 16]);

/// How an event came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    Sdk,
    Record,
    Log,
    Import,
    Shim,
}

/// What is known of an event beside its content.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Microseconds since 1970.
    pub received: i64,
    pub source: Source,
    /// How many times it happened.
    pub count: u64,
    /// Whether its body is kept, or it is only counted.
    pub keeps_body: bool,
    /// The id that its envelope gave it.
    pub id: Option<EventId>,
}

/// An event that may be stored: identified, scrubbed, bounded, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    pub id: EventId,
    pub identity: Identity,
    pub kind: String,
    pub message: String,
    pub culprit: String,
    pub level: Level,
    /// When it happened, in microseconds since 1970.
    pub at: i64,
    /// The time that it counts for in rates and trends.
    pub counted_at: i64,
    pub source: Source,
    pub count: u64,
    pub endpoint: String,
    pub release: String,
    pub environment: String,
    pub host: String,
    pub platform: String,
    pub tags: Vec<(String, String)>,
    /// The event's JSON, packed; none where it is only counted.
    pub body: Option<Vec<u8>>,
    pub scrubbed: u64,
    pub is_trimmed: bool,
}

/// Identifies, scrubs, bounds and packs.
#[derive(Clone, Debug, Default)]
pub struct Door {
    pub scrubber: Scrubber,
    pub roots: SourceRoots,
}

impl Door {
    /// Says which issue an event would belong to, and what chain was read from it.
    pub fn identify(&self, event: &Value) -> (Identity, Option<ExceptionChain>) {
        let chain = chain::from_event(event, &self.roots);
        (identify(event, chain.as_ref()), chain)
    }

    /// Takes an event in. What is no object counts as an event without content.
    pub fn admit(&self, event: Value, arrival: Arrival) -> Admitted {
        self.admit_when(event, arrival, |_| true)
    }

    /// Like [`admit`](Self::admit), but keeps the body only where `wanted` says so of the event's issue.
    pub fn admit_when(
        &self,
        mut event: Value,
        arrival: Arrival,
        wanted: impl FnOnce(&Identity) -> bool,
    ) -> Admitted {
        if !event.is_object() {
            event = Value::Object(serde_json::Map::new());
        }
        let (identity, chain) = self.identify(&event);
        let id = arrival.id.or_else(|| text(&event["event_id"]).parse().ok()).unwrap_or_else(EventId::random);
        event["event_id"] = id.to_string().into();
        let (at, counted_at) = moments(&event["timestamp"], arrival);
        let location = chain.as_ref().and_then(ExceptionChain::location).map(|place| place.to_string());
        let endpoint = self.listed(&tags::endpoint(&event));
        let culprit = self.listed(&tags::culprit(&event, location));
        let (kind, message) = tags::title(&event);
        let tags = tags::tags(&event).iter().map(|(k, v)| self.scrubber.pair(k, v, MAX_TAG)).collect();
        let facts =
            ["release", "environment", "server_name", "platform"].map(|key| self.listed(text(&event[key])));
        let [release, environment, host, platform] = facts;
        let mut admitted = Admitted {
            id,
            identity,
            kind: self.listed(&kind),
            message: self.listed(&message),
            culprit,
            level: level(text(&event["level"])),
            at,
            counted_at,
            source: arrival.source,
            count: arrival.count.clamp(1, MAX_COUNT),
            endpoint,
            release,
            environment,
            host,
            platform,
            tags,
            body: None,
            scrubbed: 0,
            is_trimmed: false,
        };
        if arrival.keeps_body && wanted(&admitted.identity) {
            self.pack(event, &mut admitted);
        }
        admitted
    }

    fn pack(&self, mut event: Value, admitted: &mut Admitted) {
        let gone = trim::lists(&mut event);
        let cleaned = self.scrubber.clean(&mut event);
        let (json, trimmed) = trim::bytes(&mut event);
        admitted.scrubbed = cleaned.secrets;
        admitted.is_trimmed = trimmed || gone + cleaned.trimmed > 0;
        admitted.body = Some(pack(&json));
    }

    /// One line's worth of a text, scrubbed.
    pub(super) fn listed(&self, text: &str) -> String {
        self.scrubber.within(text, MAX_LISTED)
    }
}

thread_local! {
    /// Making one costs more than using it.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

fn pack(json: &[u8]) -> Vec<u8> {
    PACKER.with_borrow_mut(|packer| {
        if packer.is_none() {
            *packer = Compressor::new(PACKING).ok();
        }
        let packed = packer.as_mut().and_then(|packer| packer.compress(json).ok());
        packed.unwrap_or_else(|| json.to_vec())
    })
}

/// Unpacks a body that the door has packed; none where the bytes are damaged.
pub(in crate::errors) fn unpack(body: &[u8]) -> Option<Value> {
    let json = zstd::bulk::decompress(body, trim::MAX_EVENT + 4096).ok()?;
    serde_json::from_slice(&json).ok()
}

/// When an event happened, and when it counts.
pub(super) fn moments(timestamp: &Value, arrival: Arrival) -> (i64, i64) {
    let at = moment(timestamp).unwrap_or(arrival.received);
    let live = matches!(arrival.source, Source::Sdk | Source::Record);
    let plausible = at <= arrival.received + MAX_AHEAD && (!live || at >= arrival.received - MAX_AGE);
    let at = if plausible { at } else { arrival.received };
    (at, if live { arrival.received } else { at })
}

/// The time of an event: a text or seconds since 1970.
fn moment(value: &Value) -> Option<i64> {
    match value {
        Value::Number(seconds) => {
            let seconds = seconds.as_f64()?;
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "saturates")]
            let micros = (seconds * MICROS as f64) as i64;
            Some(micros)
        }
        Value::String(text) => {
            let zoned = DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_micros());
            let bare = || {
                let layouts = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
                let read = layouts.iter().find_map(|l| NaiveDateTime::parse_from_str(text, l).ok());
                read.map(|at| at.and_utc().timestamp_micros())
            };
            zoned
                .or_else(bare)
                .or_else(|| moment(&Value::Number(serde_json::Number::from_f64(text.parse().ok()?)?)))
        }
        _ => None,
    }
    .filter(|at| *at > 0)
}

fn level(word: &str) -> Level {
    match word {
        "fatal" | "critical" => Level::Critical,
        "warning" | "warn" => Level::Warning,
        "info" | "log" => Level::Info,
        "debug" => Level::Debug,
        _ => Level::Error,
    }
}

impl EventId {
    /// Makes one that nobody has.
    pub fn random() -> Self {
        let mut id = [0; 16];
        let filled = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut id);
        filled.expect("the system gives random bytes");
        Self(id)
    }

    /// Makes one that the same parts give again.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let digest = crate::grouping::Fingerprint::of_parts(parts).to_string();
        digest.trim_start_matches("v1:").parse().unwrap_or_else(|_| Self::random())
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no event id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no event id: expected 32 hex digits")]
pub struct ParseEventIdError;

impl std::str::FromStr for EventId {
    type Err = ParseEventIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        let bytes =
            data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| ParseEventIdError)?;
        bytes.try_into().map(Self).map_err(|_| ParseEventIdError)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_790_000_000 * MICROS;

    fn admit(event: Value) -> Admitted {
        let arrival = Arrival { received: NOW, source: Source::Sdk, count: 1, keeps_body: true, id: None };
        Door::default().admit(event, arrival)
    }

    #[test]
    fn an_event_without_anything_is_taken() {
        for nothing in
            [json!({}), json!(null), json!([1]), json!({"exception": {"values": [null, 3]}, "tags": 1})]
        {
            let admitted = admit(nothing);
            assert_eq!((admitted.kind.as_str(), admitted.at, admitted.level), ("message", NOW, Level::Error));
        }
    }

    #[test]
    fn times_beyond_reason_are_the_time_of_arrival() {
        for odd in [
            json!("1970-01-01T00:00:00Z"),
            json!("2100-01-01T00:00:00Z"),
            json!(-5),
            json!(1e300),
            json!("soon"),
        ] {
            assert_eq!(admit(json!({"timestamp": odd})).at, NOW);
        }
        assert_eq!(admit(json!({"timestamp": 1_789_999_999.5})).at, NOW - MICROS / 2);
        assert_eq!(admit(json!({"timestamp": "2026-09-21T14:13:19.000000Z"})).at, NOW - MICROS);
    }

    #[test]
    fn nothing_unscrubbed_is_packed_or_listed() {
        let admitted = admit(json!({
            "exception": {"values": [{"type": "OperationalError", "value": "mysql://root:hunter2@db refused"}]},
            "tags": {"token": "hunter2", "dsn": "hunter2"}, "transaction": "x?password=hunter2",
            "request": {"cookies": "sid=hunter2", "url": "http://u:hunter2@h/"},
        }));
        let body = unpack(admitted.body.as_deref().unwrap()).unwrap();
        assert!(!format!("{admitted:?}{body}").contains("hunter2"), "{admitted:?} {body}");
        assert!(admitted.scrubbed >= 4);
    }

    #[test]
    fn what_is_listed_is_scrubbed_before_it_is_cut() {
        let long = |lead: usize| format!("{} mysql://root:hunter2@db/a", "x".repeat(lead));
        let admitted = admit(json!({"message": long(478), "tags": {"a": long(178), long(178): "b"}}));
        assert!(!format!("{admitted:?}").contains("hunt"), "{admitted:?}");
        assert!(
            admitted.message.len() <= MAX_LISTED
                && admitted.tags.iter().all(|(k, v)| k.len() <= MAX_TAG && v.len() <= MAX_TAG)
        );
    }
}
