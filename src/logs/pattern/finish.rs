//! From rows to patterns: done once, when everything has been read.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::logs::pattern::Table;
use crate::logs::pattern::buckets::Buckets;
use crate::logs::pattern::cluster::{Sentence, VARIABLE, collapsed, generalise};
use crate::logs::pattern::row::{ByLevel, Details, Kind, Row, Variant};
use crate::logs::pattern::samples::Sample;
use crate::logs::pattern::skew::{SlotSkew, skew};
use crate::logs::pattern::template::{Reading, template};
use crate::logs::pattern::words::words;
use crate::logs::scan::{Hash128, hash128};
use crate::model::Level;

/// Samples of a pattern that are looked at for its template.
const TEMPLATE_SAMPLES: usize = 8;
/// Samples of a pattern that are handed on.
const SAMPLES: usize = 3;
/// Buckets of a pattern.
const BUCKETS: usize = 512;

/// Words behind which a value usually stands.
const CUES: [&str; 22] = [
    "user", "users", "host", "file", "port", "for", "from", "to", "on", "at", "by", "path", "name", "id",
    "node", "ip", "addr", "address", "job", "task", "truck", "driver",
];

/// What a pattern is known by, on every host and in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternId(pub Hash128);

impl fmt::Display for PatternId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", (self.0 >> 64) as u64)
    }
}

/// The records of a pattern that are of one variant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub variant: Variant,
    pub count: u64,
    pub buckets: Buckets,
}

/// Messages alike but for their variable parts.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub id: PatternId,
    pub template: String,
    pub level: Option<Level>,
    pub kind: Kind,
    pub count: u64,
    /// Microseconds since 1970; `None` where no record has a time.
    pub first_at: Option<i64>,
    pub last_at: Option<i64>,
    pub buckets: Buckets,
    pub samples: Vec<Sample>,
    pub skew: Vec<SlotSkew>,
    /// What [`Table::observe`] was told of its messages.
    pub marks: u8,
    /// Its records by variant.
    pub shares: Vec<Share>,
}

/// All patterns of a table.
#[derive(Clone, Debug)]
pub struct Mined {
    /// Most frequent first.
    pub patterns: Vec<Pattern>,
    /// Records whose signatures found no room.
    pub other: ByLevel,
    numbers: HashMap<u64, u32>,
}

impl Mined {
    /// The number of the pattern that the records of a signature went to.
    pub fn number_of(&self, key: u64) -> Option<usize> {
        self.numbers.get(&key).map(|&number| number as usize)
    }
}

impl Table {
    /// Joins rows to patterns.
    pub fn finish(self) -> Mined {
        let (rows, other) = self.into_rows();
        let readings = generalised(&rows);
        let mut groups: BTreeMap<PatternId, Vec<usize>> = BTreeMap::new();
        for (number, reading) in readings.iter().enumerate() {
            groups.entry(reading.id).or_default().push(number);
        }
        let mut found: Vec<(Pattern, Vec<usize>)> = groups
            .into_iter()
            .map(|(id, members)| (pattern(id, &members, &rows, &readings), members))
            .collect();
        found.sort_by(|(a, _), (b, _)| b.count.cmp(&a.count).then(a.id.cmp(&b.id)));
        let mut numbers = HashMap::with_capacity(rows.len());
        for (number, (_, members)) in found.iter().enumerate() {
            numbers.extend(members.iter().map(|&member| (rows[member].0.key, number as u32)));
        }
        Mined { patterns: found.into_iter().map(|(pattern, _)| pattern).collect(), other, numbers }
    }
}

/// What is constant in a row's messages.
#[derive(Clone, Debug)]
pub(super) struct RowReading {
    id: PatternId,
    /// Constant words, by their number among the constant words, that vary from row to row.
    pub(super) also_variable: Vec<usize>,
}

/// Finds out for each row which words are constant in all records of its pattern.
fn generalised(rows: &[(Row, Details)]) -> Vec<RowReading> {
    let mut names = Names::default();
    let mut sentences: Vec<Sentence> =
        rows.iter().map(|(row, details)| names.sentence(row, details)).collect();
    let before: Vec<Vec<u32>> = sentences.iter().map(|sentence| sentence.words.clone()).collect();
    let is_cue = names.cues();
    generalise(&mut sentences, |word| is_cue[word as usize]);
    let texts = names.texts;
    let reading = |(number, sentence): (usize, &Sentence)| {
        let (row, details) = &rows[number];
        let constants = before[number].iter().zip(&sentence.words).filter(|(was, _)| **was != VARIABLE);
        let also_variable =
            constants.enumerate().filter(|(_, (_, is))| **is == VARIABLE).map(|(at, _)| at).collect();
        RowReading { id: identity(row.variant.level, details.kind, &sentence.words, &texts), also_variable }
    };
    sentences.iter().enumerate().map(reading).collect()
}

/// Numbers for words; equal words have equal numbers.
struct Names<'a> {
    numbers: HashMap<&'a [u8], u32>,
    texts: Vec<&'a [u8]>,
}

impl Default for Names<'_> {
    fn default() -> Self {
        // Number 0 stands for variable words.
        Self { numbers: HashMap::new(), texts: vec![b""] }
    }
}

impl<'a> Names<'a> {
    fn sentence(&mut self, row: &Row, details: &'a Details) -> Sentence {
        let sample = details.samples.as_slice().first().filter(|_| details.kind == Kind::Text);
        let text: &'a [u8] = sample.map_or(b"", |sample| &sample.text);
        let number = |word: &'a [u8]| {
            *self.numbers.entry(word).or_insert_with(|| {
                self.texts.push(word);
                self.texts.len() as u32 - 1
            })
        };
        let mut number = number;
        let words = words(text)
            .into_iter()
            .map(|word| if word.variable { VARIABLE } else { number(&text[word.start..word.end]) })
            .collect();
        Sentence { words, group: row.variant.level.map_or(0, |level| level as u32 + 1), count: row.count }
    }

    /// Whether a value usually follows each word.
    fn cues(&self) -> Vec<bool> {
        let is_cue = |text: &&[u8]| CUES.iter().any(|cue| text.eq_ignore_ascii_case(cue.as_bytes()));
        self.texts.iter().map(is_cue).collect()
    }
}

/// The identity of a pattern: its level and its constant words.
fn identity(level: Option<Level>, kind: Kind, sentence: &[u32], texts: &[&[u8]]) -> PatternId {
    let mut bytes = vec![level.map_or(0, |level| level as u8 + 1)];
    match kind {
        Kind::Text => {
            for word in collapsed(sentence) {
                bytes.extend_from_slice(if word == VARIABLE { b"\x01" } else { texts[word as usize] });
                bytes.push(0);
            }
        }
        Kind::Access { method, status } => {
            bytes.push(2);
            bytes.extend_from_slice(&method);
            bytes.extend_from_slice(&status.to_le_bytes());
        }
    }
    PatternId(hash128(&bytes))
}

fn pattern(id: PatternId, members: &[usize], rows: &[(Row, Details)], readings: &[RowReading]) -> Pattern {
    let (row, details) = &rows[members[0]];
    let mut samples: Vec<(&Sample, &RowReading)> = members
        .iter()
        .flat_map(|&member| {
            rows[member].1.samples.as_slice().iter().map(move |sample| (sample, &readings[member]))
        })
        .collect();
    samples.sort_unstable_by_key(|(sample, _)| sample.rank);
    samples.truncate(TEMPLATE_SAMPLES);
    let template = match details.kind {
        Kind::Access { method, status } => {
            let end = method.iter().position(|&byte| byte == 0).unwrap_or(method.len());
            format!("\"{} <path>\" {status}", String::from_utf8_lossy(&method[..end]))
        }
        Kind::Text => template(
            &samples
                .iter()
                .map(|(sample, reading)| Reading::new(&sample.text, &reading.also_variable))
                .collect::<Vec<_>>(),
        ),
    };
    let mine = || members.iter().map(|&member| &rows[member]);
    let shares = shares(mine());
    let mut buckets = Buckets::default();
    shares.iter().for_each(|share| buckets.merge(share.buckets.clone(), BUCKETS));
    let count = mine().map(|(row, _)| row.count).sum();
    let skew = skew(members, rows, readings, &samples);
    Pattern {
        id,
        template,
        level: row.variant.level,
        kind: details.kind,
        count,
        first_at: mine().map(|(row, _)| row.first).min().filter(|&first| first != i64::MAX),
        last_at: mine().map(|(row, _)| row.last).max().filter(|&last| last != i64::MIN),
        buckets,
        samples: samples.iter().take(SAMPLES).map(|(sample, _)| (*sample).clone()).collect(),
        skew,
        marks: mine().fold(0, |marks, (row, _)| marks | row.marks),
        shares,
    }
}

fn shares<'a>(rows: impl Iterator<Item = &'a (Row, Details)>) -> Vec<Share> {
    let mut shares: BTreeMap<Variant, Share> = BTreeMap::new();
    for (row, details) in rows {
        let share = shares.entry(row.variant).or_default();
        share.variant = row.variant;
        share.count += row.count;
        share.buckets.merge(details.buckets.clone(), BUCKETS);
    }
    shares.into_values().collect()
}
