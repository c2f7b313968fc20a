//! The printed chains of one fingerprint: how many, when, where, and the earliest of them to be shown.

use std::collections::BTreeMap;

use memchr::memchr;
use serde::{Deserialize, Serialize};

use crate::grouping::{Basis, ExceptionChain, Fingerprint, Platform};
use crate::model::Level;
use crate::text::redact;

/// Longest sample; a longer text loses its middle, because a Python traceback tells most at its end.
const MAX_SAMPLE: usize = 4096;
/// How much of a cut sample comes from its head.
const SAMPLE_HEAD: usize = 1024;
/// Longest message of a group.
const MAX_MESSAGE: usize = 1024;

/// Where and when a record stood that holds a traceback.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    /// Microseconds since 1970 in UTC, where known.
    pub at: Option<i64>,
    pub path: &'a str,
    /// The record's first line, from 1.
    pub line: u64,
    /// Level of the record, as written.
    pub level: Option<Level>,
    /// What it is counted under apart from others: a number of the caller's.
    pub origin: u32,
}

/// The chains of one origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Printed chains.
    pub count: u64,
    pub first_at: Option<i64>,
    pub last_at: Option<i64>,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.first_at = self.first_at.into_iter().chain(other.first_at).min();
        self.last_at = self.last_at.max(other.last_at);
    }
}

impl FromIterator<Self> for Tally {
    fn from_iter<I: IntoIterator<Item = Self>>(tallies: I) -> Self {
        tallies.into_iter().fold(Self::default(), |mut sum, tally| {
            sum.add(&tally);
            sum
        })
    }
}

/// A line of a file; the order is that of time, then of name and number, undated last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub at: Option<i64>,
    pub path: String,
    pub line: u64,
}

impl Place {
    pub(super) fn key(&self) -> (i64, &str, u64) {
        (self.at.unwrap_or(i64::MAX), &self.path, self.line)
    }
}

impl Occurrence<'_> {
    pub(super) fn key(&self) -> (i64, &str, u64) {
        (self.at.unwrap_or(i64::MAX), self.path, self.line)
    }

    fn place(&self) -> Place {
        Place { at: self.at, path: self.path.to_owned(), line: self.line }
    }

    fn tally(&self) -> Tally {
        Tally { count: 1, first_at: self.at, last_at: self.at }
    }
}

/// All chains with one fingerprint. What is shown comes from the earliest of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionGroup {
    pub fingerprint: Fingerprint,
    pub basis: Basis,
    pub platform: Platform,
    /// Type of the exception raised last, as printed.
    #[serde(rename = "type")]
    pub kind: String,
    /// Type of the exception raised first, as printed.
    pub root_type: String,
    /// Message of the exception raised last.
    pub message: String,
    /// The frame to look at, such as `main.py:118 in get_fleet`.
    pub location: Option<String>,
    /// By origin.
    pub tallies: BTreeMap<u32, Tally>,
    /// The worst level that a record with this chain was written at.
    pub level: Option<Level>,
    /// Where the sample stands.
    pub place: Place,
    /// Text of the earliest record, capped.
    pub sample: String,
}

impl ExceptionGroup {
    pub(super) fn new(
        fingerprint: Fingerprint,
        basis: Basis,
        platform: Platform,
        seen: Occurrence<'_>,
    ) -> Self {
        Self {
            fingerprint,
            basis,
            platform,
            kind: String::new(),
            root_type: String::new(),
            message: String::new(),
            location: None,
            tallies: BTreeMap::from([(seen.origin, seen.tally())]),
            level: seen.level,
            place: seen.place(),
            sample: String::new(),
        }
    }

    /// Takes what is shown from this chain, its secrets taken out.
    pub(super) fn show(&mut self, chain: &ExceptionChain, text: &[u8], seen: Occurrence<'_>) {
        self.kind.clone_from(&chain.last().kind);
        self.root_type.clone_from(&chain.root().kind);
        self.message = redact::secrets(clip(&chain.last().message, MAX_MESSAGE)).into_owned();
        self.location = chain.location().map(|location| location.to_string());
        self.place = seen.place();
        self.sample = redact::secrets(&sample(text)).into_owned();
    }

    pub(super) fn add(&mut self, seen: Occurrence<'_>) {
        self.tallies.entry(seen.origin).or_default().add(&seen.tally());
        self.level = self.level.max(seen.level);
    }

    pub(super) fn merge(&mut self, mut other: Self) {
        let level = self.level.max(other.level);
        let theirs = std::mem::take(&mut other.tallies);
        let mut tallies = std::mem::take(&mut self.tallies);
        theirs.iter().for_each(|(origin, tally)| tallies.entry(*origin).or_default().add(tally));
        if other.place.key() < self.place.key() {
            *self = other;
        }
        (self.tallies, self.level) = (tallies, level);
    }

    /// The chains of all origins.
    pub fn all(&self) -> Tally {
        self.tallies.values().copied().collect()
    }

    /// The chains of these origins.
    pub fn of(&self, is_wanted: impl Fn(u32) -> bool) -> Tally {
        self.tallies.iter().filter(|(origin, _)| is_wanted(**origin)).map(|(_, tally)| *tally).collect()
    }

    /// The chains that are of no origin that repeats others; where there are none, those of the origin that has most. Where
    /// they bear no time, it is that of the others.
    pub fn once(&self, is_copy: impl Fn(u32) -> bool) -> Tally {
        let originals = self.tallies.iter().filter(|(origin, _)| !is_copy(**origin));
        let mut kept: Tally = originals.map(|(_, tally)| *tally).collect();
        if kept.count == 0 {
            kept = self.tallies.values().max_by_key(|tally| tally.count).copied().unwrap_or_default();
        }
        let Tally { first_at, last_at, .. } = self.all();
        if kept.first_at.is_none() { Tally { first_at, last_at, ..kept } } else { kept }
    }
}

/// The text within the cap, its middle left out where it is longer.
fn sample(text: &[u8]) -> String {
    if text.len() <= MAX_SAMPLE {
        return String::from_utf8_lossy(text).trim_end().to_owned();
    }
    let head = line_end(&text[..SAMPLE_HEAD]);
    let tail = &text[text.len() - (MAX_SAMPLE - SAMPLE_HEAD)..];
    let tail = memchr(b'\n', tail).map_or(tail, |newline| &tail[newline + 1..]);
    format!("{}\n…\n{}", String::from_utf8_lossy(head), String::from_utf8_lossy(tail).trim_end())
}

fn line_end(text: &[u8]) -> &[u8] {
    memchr::memrchr(b'\n', text).map_or(text, |newline| &text[..newline])
}

fn clip(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sample_keeps_head_and_end() {
        let text = format!("head\n{}last: line\n", "middle line\n".repeat(2000));
        let sample = sample(text.as_bytes());
        assert!(
            sample.len() <= MAX_SAMPLE + 8 && sample.starts_with("head\n") && sample.ends_with("last: line")
        );
    }
}
