//! Keys of JSON and logfmt: which name means what, under the many names that libraries give it.
//!
//! Keys are compared without case and without `_`, `-`, `.`, `@`, `$`, so `log.level`, `logLevel` and `log_level` are one.
//! Lines of one program have the same keys in the same order, which is remembered; it changes the speed, never the answer.

/// Where in a JSON object a key stands; some names mean other things there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The object itself, or one that only holds fields together (`fields`, `record`, `extra`).
    Top,
    /// `level: {name, no}`.
    Level,
    /// `time: {repr}`, `t: {$date}`.
    Time,
    /// `error: {type, message, stack_trace}`.
    Error,
    /// `log: {level, logger}`.
    Log,
    /// `req`, `res`, `http`.
    Http,
}

/// What a key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Level,
    Levelno,
    SyslogSeverity,
    OpenTelemetry,
    Message,
    Time,
    Logger,
    Trace,
    Origin,
    Correlation,
    Method,
    Target,
    Status,
    Bytes,
    Client,
    Agent,
    /// A duration, with the number of microseconds in its unit.
    Latency(u32),
}

/// A known key and the rank of its name; 0 is best.
pub(super) type Known = (Key, u8);

/// How many keys of a line are remembered.
const REMEMBERED: usize = 32;

/// The keys of the last line, by their place in it.
#[derive(Clone, Debug)]
pub(crate) struct KeyMemo {
    next: usize,
    keys: [Remembered; REMEMBERED],
}

#[derive(Clone, Copy, Debug)]
struct Remembered {
    /// The key's bytes as a number, zero behind its end.
    packed: u128,
    place: Place,
    known: Option<Known>,
}

impl Default for KeyMemo {
    fn default() -> Self {
        Self { next: 0, keys: [Remembered { packed: 0, place: Place::Top, known: None }; REMEMBERED] }
    }
}

impl KeyMemo {
    /// Begins another line.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.next = 0;
    }

    /// What the line's next key means. `behind` is the text from the key on, which saves copying the key.
    #[inline]
    pub(super) fn look(&mut self, place: Place, key: &[u8], behind: &[u8]) -> Option<Known> {
        let (Some(bytes), 1..=16) = (behind.first_chunk::<16>(), key.len()) else {
            return known_at(place, key);
        };
        let packed = u128::from_le_bytes(*bytes) & (u128::MAX >> (128 - 8 * key.len()));
        let slot = &mut self.keys[self.next % REMEMBERED];
        self.next += 1;
        if slot.packed != packed || slot.place != place {
            *slot = Remembered { packed, place, known: known_at(place, key) };
        }
        slot.known
    }
}

/// Up to 16 letters and digits of a key, lower-cased, marks left out, packed into a number; longer ones give 0.
const fn pack(key: &[u8]) -> u128 {
    let (mut packed, mut len, mut at) = (0_u128, 0, 0);
    while at < key.len() && len <= 16 {
        let byte = key[at];
        at += 1;
        if byte.is_ascii_alphanumeric() {
            packed = packed << 8 | byte.to_ascii_lowercase() as u128;
            len += 1;
        }
    }
    if len > 16 { 0 } else { packed }
}

/// Every known name, what it means, and its rank among the names that mean the same.
const NAMES: &[(&[&str], Key, u8)] = &[
    (&["level", "lvl", "levelname", "severity", "loglevel", "severitytext"], Key::Level, 0),
    (&["l", "s"], Key::Level, 3),
    (&["levelno"], Key::Levelno, 6),
    (&["priority"], Key::SyslogSeverity, 6),
    (&["severitynumber"], Key::OpenTelemetry, 6),
    (&["message", "renderedmessage"], Key::Message, 0),
    (&["msg"], Key::Message, 1),
    (&["event"], Key::Message, 2),
    (&["text", "m", "body"], Key::Message, 3),
    (&["log"], Key::Message, 4),
    (&["mt", "messagetemplate"], Key::Message, 5),
    (&["timestamp"], Key::Time, 0),
    (&["time", "ts", "t"], Key::Time, 1),
    (&["asctime", "datetime"], Key::Time, 2),
    (&["created", "eventtime"], Key::Time, 3),
    (&["date"], Key::Time, 4),
    (&["logger", "loggername", "loglogger"], Key::Logger, 0),
    (&["name"], Key::Logger, 2),
    (&["target", "component", "category"], Key::Logger, 3),
    (&["module", "source", "service"], Key::Logger, 4),
    (&["c", "app"], Key::Logger, 5),
    (&["excinfo", "exception", "traceback"], Key::Trace, 0),
    (&["stackinfo", "stacktrace"], Key::Trace, 1),
    (&["stack", "errorstack", "errstack", "errorstacktrace"], Key::Trace, 2),
    (&["exc", "x"], Key::Trace, 3),
    (&["trace"], Key::Trace, 6),
    (&["caller"], Key::Origin, 0),
    (&["requestid", "correlationid", "xrequestid"], Key::Correlation, 0),
    (&["traceid", "reqid", "corrid"], Key::Correlation, 1),
    (&["method", "requestmethod", "httpmethod"], Key::Method, 0),
    (&["path", "url", "uri", "route", "endpoint"], Key::Target, 0),
    (&["requesturi", "requestpath", "httppath", "httptarget"], Key::Target, 0),
    (&["status", "statuscode", "responsecode", "httpstatus", "httpstatuscode"], Key::Status, 0),
    (&["code"], Key::Status, 5),
    (&["bytes", "size", "bodybytessent", "contentlength"], Key::Bytes, 0),
    (&["client", "ip", "remoteip", "clientip", "remoteaddr", "remoteaddress", "clientaddr"], Key::Client, 0),
    (&["useragent", "httpuseragent"], Key::Agent, 0),
    (&["elapsed", "duration", "latency", "requesttime", "processtime"], Key::Latency(1_000_000), 0),
    (&["durations", "elapseds"], Key::Latency(1_000_000), 0),
    (&["took", "durationms", "latencyms", "elapsedms", "responsetimems"], Key::Latency(1_000), 0),
    (&["timems", "processtimems", "responsetime"], Key::Latency(1_000), 0),
    (&["durationus"], Key::Latency(1), 0),
];

/// Slots of the table of names; several times their number, so that a foreign key meets an empty one at once.
const SLOTS: usize = 512;

/// The names by their hash, collisions in the next slot.
static TABLE: [(u128, Key, u8); SLOTS] = {
    let mut table = [(0, Key::Level, 0); SLOTS];
    let mut group = 0;
    while group < NAMES.len() {
        let (names, key, rank) = NAMES[group];
        let mut at = 0;
        while at < names.len() {
            let packed = pack(names[at].as_bytes());
            let mut slot = slot_of(packed);
            while table[slot].0 != 0 {
                assert!(table[slot].0 != packed, "a name stands twice");
                slot = (slot + 1) % SLOTS;
            }
            table[slot] = (packed, key, rank);
            at += 1;
        }
        group += 1;
    }
    table
};

const fn slot_of(packed: u128) -> usize {
    let mixed = packed as u64 ^ ((packed >> 64) as u64).rotate_left(23);
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55) as usize
}

/// What a key means at the top of an object, and the rank of its name.
#[inline]
pub(super) fn key_of(key: &[u8]) -> Option<Known> {
    let packed = pack(key);
    let mut slot = slot_of(packed);
    // An unknown key ends at an empty slot, whose name is 0; so does a key of marks only, or one that is too long.
    loop {
        let (name, key, rank) = TABLE[slot];
        if name == packed {
            return (packed != 0).then_some((key, rank));
        }
        if name == 0 {
            return None;
        }
        slot = (slot + 1) % SLOTS;
    }
}

/// What a key means inside a nested object.
fn known_at(place: Place, key: &[u8]) -> Option<Known> {
    let is = |names: &[&[u8]]| names.contains(&key);
    match place {
        Place::Top => key_of(key),
        Place::Level if is(&[b"name"]) => Some((Key::Level, 0)),
        Place::Time if is(&[b"repr", b"$date", b"timestamp"]) => Some((Key::Time, 0)),
        Place::Error if is(&[b"stack", b"stack_trace", b"stacktrace", b"traceback"]) => Some((Key::Trace, 1)),
        Place::Log if is(&[b"level"]) => Some((Key::Level, 0)),
        Place::Log if is(&[b"logger"]) => Some((Key::Logger, 0)),
        Place::Http => key_of(key).filter(|(key, _)| {
            use Key::{Agent, Bytes, Client, Latency, Method, Status, Target};
            matches!(key, Agent | Bytes | Client | Latency(_) | Method | Status | Target)
        }),
        _ => None,
    }
}

/// The place that an object under this key is; `None` if nothing in it is wanted.
pub(super) fn place_of(place: Place, key: &[u8]) -> Option<Place> {
    Some(match key {
        b"fields" | b"record" | b"extra" | b"data" | b"attributes" | b"context" | b"ctx" => Place::Top,
        b"level" => Place::Level,
        b"time" | b"t" | b"timestamp" => Place::Time,
        b"error" | b"err" | b"exception" | b"exc" => Place::Error,
        b"log" if place == Place::Top => Place::Log,
        b"req" | b"res" | b"request" | b"response" | b"http" | b"httpRequest" => Place::Http,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_key_are_one() {
        for key in ["log.level", "log_level", "logLevel", "LogLevel", "@log-level"] {
            assert_eq!(key_of(key.as_bytes()), Some((Key::Level, 0)), "{key}");
        }
        assert_eq!(key_of(b"user"), None);
        assert_eq!(key_of(b"a_key_that_is_longer_than_any_known"), None);
        assert_eq!(key_of(b""), None);
    }

    #[test]
    fn a_remembered_key_is_forgotten_when_another_stands_in_its_place() {
        let mut memo = KeyMemo::default();
        for key in
            ["level", "levels", "level", "message", "m", "level_", "x", "", "a_key_that_is_too_long_to_pack"]
        {
            let behind = format!("{key}\": 1, \"more text behind it\": 2");
            memo.begin();
            assert_eq!(
                memo.look(Place::Top, key.as_bytes(), behind.as_bytes()),
                key_of(key.as_bytes()),
                "{key}"
            );
        }
        memo.begin();
        memo.look(Place::Top, b"name", b"name\": 1, and so on");
        memo.begin();
        assert_eq!(memo.look(Place::Level, b"name", b"name\": 1, and so on"), Some((Key::Level, 0)));
    }
}
