//! Named fields of JSON and logfmt lines: which key means what, under the many names that libraries give it.
//!
//! Keys are compared without case and without `_`, `-`, `.`, `@`, `$`, so `log.level`, `logLevel` and `log_level` are one.
//! Where several keys could give the same thing (`message` and `event`) the better name wins, not the first.

use crate::logs::format::access::scaled;
use crate::logs::format::bytes::number;
use crate::logs::format::{Parsed, level, stamps};
use crate::logs::time;
use crate::logs::{Access, Line, Stamp, StampLayout};
use crate::model::Level;

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
enum Key {
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

/// A found value and how good its key's name was; 0 is best.
#[derive(Clone, Copy, Debug)]
struct Ranked<T> {
    rank: u8,
    value: Option<T>,
}

impl<T> Default for Ranked<T> {
    fn default() -> Self {
        Self { rank: 0, value: None }
    }
}

impl<T> Ranked<T> {
    /// Keeps the better of two; the first of equals.
    fn offer(&mut self, rank: u8, value: T) {
        if self.value.is_none() || rank < self.rank {
            *self = Self { rank, value: Some(value) };
        }
    }
}

/// Text and whether escapes stand in it.
type Escaped<'a> = (&'a [u8], bool);

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    level: Ranked<(Level, &'a [u8])>,
    message: Ranked<Escaped<'a>>,
    stamp: Ranked<Stamp<'a>>,
    logger: Ranked<&'a [u8]>,
    trace: Ranked<Escaped<'a>>,
    origin: Ranked<&'a [u8]>,
    correlation: Ranked<&'a [u8]>,
    access: Access<'a>,
    has_status: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn has_level(&self) -> bool {
        self.level.value.is_some()
    }

    pub(super) fn has_message(&self) -> bool {
        self.message.value.is_some()
    }

    pub(super) fn has_time(&self) -> bool {
        self.stamp.value.is_some()
    }

    /// Takes a pair of logfmt, whose values do not tell text from numbers.
    pub(super) fn text(&mut self, key: &[u8], value: &'a [u8], escaped: bool) {
        let Some((key, rank)) = key_of(key) else { return };
        if value.first().is_some_and(u8::is_ascii_digit) {
            self.number_of(key, rank, value);
        }
        self.text_of(key, rank, value, escaped);
    }

    /// Takes a JSON string.
    pub(super) fn string(&mut self, place: Place, key: &[u8], value: &'a [u8], escaped: bool) {
        let Some((key, rank)) = key_at(place, key) else { return };
        self.text_of(key, rank, value, escaped);
    }

    /// Takes a JSON number.
    pub(super) fn number(&mut self, place: Place, key: &[u8], value: &'a [u8]) {
        let Some((key, rank)) = key_at(place, key) else { return };
        self.number_of(key, rank, value);
    }

    /// Takes a JSON object or array whole, where only its text is wanted (`exc_info: [..]`).
    pub(super) fn compound(&mut self, key: &[u8], value: &'a [u8]) {
        if let Some((Key::Trace, rank)) = key_of(key) {
            self.trace.offer(rank + 8, (value, false));
        }
    }

    fn text_of(&mut self, key: Key, rank: u8, value: &'a [u8], escaped: bool) {
        match key {
            Key::Level | Key::SyslogSeverity | Key::OpenTelemetry => {
                if let Some(found) = level_of_text(key, value) {
                    self.level.offer(rank, (found, value));
                }
            }
            Key::Message => self.message.offer(rank, (value, escaped)),
            Key::Time => {
                if let Some((stamp, _)) = stamps::leading(value) {
                    self.stamp.offer(rank, stamp);
                } else if time::read_epoch(value).is_some() {
                    self.stamp.offer(rank, Stamp { layout: StampLayout::Epoch, text: value });
                }
            }
            Key::Logger if !value.is_empty() => self.logger.offer(rank, value),
            Key::Trace if value.len() > 8 => self.trace.offer(rank, (value, escaped)),
            Key::Origin => self.origin.offer(rank, value),
            Key::Correlation if !value.is_empty() && value != b"-" => self.correlation.offer(rank, value),
            Key::Method => self.access.method = value,
            Key::Target => self.access.target = value,
            Key::Client => self.access.client = value,
            Key::Agent => self.access.user_agent = value,
            Key::Status | Key::Latency(_) | Key::Bytes => self.number_of(key, rank, value),
            _ => {}
        }
    }

    fn number_of(&mut self, key: Key, rank: u8, value: &'a [u8]) {
        match key {
            Key::Level => self.level_number(level::of_pino, rank + 1, value),
            Key::Levelno => self.level_number(level::of_levelno, rank, value),
            Key::SyslogSeverity => self.level_number(level::of_syslog, rank, value),
            Key::OpenTelemetry => self.level_number(level::of_opentelemetry, rank, value),
            Key::Time => self.stamp.offer(rank, Stamp { layout: StampLayout::Epoch, text: value }),
            Key::Status => {
                if let Some(status) = number(value).filter(|status| (100..=599).contains(status)) {
                    self.access.status = u16::try_from(status).unwrap_or(0);
                    self.has_status = true;
                }
            }
            Key::Bytes => self.access.bytes = number(value),
            Key::Latency(unit) => self.access.latency_us = latency(value, unit).or(self.access.latency_us),
            _ => {}
        }
    }

    fn level_number(&mut self, of: fn(u64) -> Option<Level>, rank: u8, value: &'a [u8]) {
        if let Some(found) = number(value).and_then(of) {
            self.level.offer(rank, (found, value));
        }
    }

    /// Makes the line; where no message was found the whole text is the message.
    pub(super) fn finish(self, line: Line<'a>, text: &'a [u8]) -> Parsed<'a> {
        let (message, escaped) = self.message.value.unwrap_or((text, false));
        let (trace, trace_escaped) = self.trace.value.unwrap_or_default();
        let asked = !self.access.method.is_empty() && !self.access.target.is_empty();
        let access = (asked && self.has_status).then_some(self.access);
        let (level, level_raw) = self.level.value.map_or((None, &b""[..]), |(level, raw)| (Some(level), raw));
        let line = Line {
            level,
            level_raw,
            logger: self.logger.value.unwrap_or_default(),
            origin: self.origin.value.unwrap_or_default(),
            correlation: self.correlation.value.unwrap_or_default(),
            stamp: self.stamp.value.unwrap_or_default(),
            message,
            access,
            trace,
            ..line
        };
        Parsed { escaped: escaped || trace_escaped, ..Parsed::from(line) }
    }
}

/// The level of a text under a level's key: a word, a letter, or digits in quotes.
fn level_of_text(key: Key, value: &[u8]) -> Option<Level> {
    if let [letter] = value
        && letter.is_ascii_alphabetic()
    {
        return level::of_letter(letter.to_ascii_uppercase());
    }
    level::of_field(value).map(|(found, _)| found).or_else(|| match key {
        Key::SyslogSeverity => level::of_syslog(number(value)?),
        Key::OpenTelemetry => None,
        _ => level::of_pino(number(value)?),
    })
}

/// `12.5`, `12.5ms`, `850µs`, `1.2s`; without a unit the key's counts.
fn latency(value: &[u8], unit: u32) -> Option<u64> {
    let digits = value.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let (amount, suffix) = value.split_at(digits);
    let unit = match suffix {
        b"" => unit,
        b"s" => 1_000_000,
        b"ms" | b" ms" => 1_000,
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1,
        _ => return None,
    };
    scaled(amount, u64::from(unit))
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
fn key_of(key: &[u8]) -> Option<(Key, u8)> {
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
fn key_at(place: Place, key: &[u8]) -> Option<(Key, u8)> {
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
    fn the_better_name_wins_whatever_the_order() {
        for order in [["event", "message"], ["message", "event"]] {
            let mut fields = Fields::default();
            for key in order {
                fields.string(Place::Top, key.as_bytes(), key.as_bytes(), false);
            }
            assert_eq!(fields.message.value, Some((&b"message"[..], false)));
        }
    }

    #[test]
    fn durations_take_the_unit_of_value_or_key() {
        assert_eq!(latency(b"12.5", 1_000), Some(12_500));
        assert_eq!(latency(b"12.5ms", 1_000_000), Some(12_500));
        assert_eq!(latency(b"0.25", 1_000_000), Some(250_000));
        assert_eq!(latency(b"fast", 1_000), None);
    }
}
