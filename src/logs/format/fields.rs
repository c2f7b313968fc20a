//! Named fields of JSON and logfmt lines, gathered into a line.
//!
//! Where several keys could give the same thing (`message` and `event`) the better name wins, not the first.

use crate::logs::format::access::scaled;
use crate::logs::format::bytes::{class, number, run};
use crate::logs::format::keys::{Key, Known};
use crate::logs::format::{Parsed, level, stamps};
use crate::logs::time;
use crate::logs::{Access, FormatId, Stamp, StampLayout};
use crate::model::Level;

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
    pub(super) fn text(&mut self, (key, rank): Known, value: &'a [u8], escaped: bool) {
        if value.first().is_some_and(u8::is_ascii_digit) {
            self.number((key, rank), value);
        }
        self.string((key, rank), value, escaped);
    }

    /// Takes a JSON object or array whole, where only its text is wanted (`exc_info: [..]`).
    pub(super) fn compound(&mut self, known: Option<Known>, value: &'a [u8]) {
        if let Some((Key::Trace, rank)) = known {
            self.trace.offer(rank + 8, (value, false));
        }
    }

    /// Takes a JSON string.
    pub(super) fn string(&mut self, (key, rank): Known, value: &'a [u8], escaped: bool) {
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
            Key::Status | Key::Latency(_) | Key::Bytes => self.number((key, rank), value),
            _ => {}
        }
    }

    /// Takes a JSON number.
    pub(super) fn number(&mut self, (key, rank): Known, value: &'a [u8]) {
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
    pub(super) fn finish(self, format: FormatId, text: &'a [u8], out: &mut Parsed<'a>) {
        out.reset();
        let line = &mut out.line;
        line.reset(format);
        let (message, escaped) = self.message.value.unwrap_or((text, false));
        let (trace, trace_escaped) = self.trace.value.unwrap_or_default();
        (line.message, line.trace, out.escaped) = (message, trace, escaped || trace_escaped);
        if let Some((level, raw)) = self.level.value {
            (line.level, line.level_raw) = (Some(level), raw);
        }
        line.logger = self.logger.value.unwrap_or_default();
        line.origin = self.origin.value.unwrap_or_default();
        line.correlation = self.correlation.value.unwrap_or_default();
        line.stamp = self.stamp.value.unwrap_or_default();
        if self.has_status && !self.access.method.is_empty() && !self.access.target.is_empty() {
            line.access = Some(self.access);
        }
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
    let (amount, suffix) = value.split_at(run(value, class::DECIMAL));
    let unit = match suffix {
        b"" => unit,
        b"s" => 1_000_000,
        b"ms" | b" ms" => 1_000,
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => 1,
        _ => return None,
    };
    scaled(amount, u64::from(unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::format::keys::key_of;

    #[test]
    fn the_better_name_wins_whatever_the_order() {
        for order in [["event", "message"], ["message", "event"]] {
            let mut fields = Fields::default();
            for key in order {
                fields.string(key_of(key.as_bytes()).unwrap(), key.as_bytes(), false);
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
