//! From rows to patterns: done once, when everything has been read.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::logs::pattern::Table;
use crate::logs::pattern::buckets::Buckets;
use crate::logs::pattern::cluster::{Sentence, VARIABLE, WordId, generalise};
use crate::logs::pattern::row::{ByLevel, Details, Kind, Row, Variant};
use crate::logs::pattern::samples::Sample;
use crate::logs::pattern::skew::{SlotSkew, skew};
use crate::logs::pattern::template::{Reading, template};
use crate::logs::pattern::words::{Word, words};
use crate::logs::scan::{Hash128, hash64, hash128};
use crate::model::Level;

/// Samples of a pattern that are looked at for its template.
const TEMPLATE_SAMPLES: usize = 8;
/// Samples of a pattern that are handed on.
const SAMPLES: usize = 3;
/// Buckets of a pattern.
const BUCKETS: usize = 512;

/// Patterns that are told one by one; the records of those beyond count as `other`. Half of the room is for the most
/// frequent ones, half for those of errors before the rest.
const MAX_PATTERNS: usize = 4096;

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
    /// Records whose signatures, or whose patterns, found no room.
    pub other: ByLevel,
    numbers: HashMap<u64, u32>,
}

impl Mined {
    /// The number of the pattern that the records of a signature went to.
    pub fn number_of(&self, key: u64) -> Option<usize> {
        self.numbers.get(&key).map(|&number| number as usize)
    }

    /// The keys of the signatures of each pattern, by its number.
    pub fn keys(&self) -> Vec<Vec<u64>> {
        let mut keys = vec![Vec::new(); self.patterns.len()];
        self.numbers.iter().for_each(|(&key, &number)| keys[number as usize].push(key));
        keys
    }
}

impl Table {
    /// Joins rows to patterns.
    pub fn finish(self) -> Mined {
        let (rows, mut other) = self.into_rows();
        let readings = generalised(&rows);
        let mut groups: BTreeMap<PatternId, Group> = BTreeMap::new();
        for (number, (reading, (row, _))) in readings.iter().zip(&rows).enumerate() {
            let group = groups.entry(reading.id).or_insert_with(|| Group::new(reading.id, row.variant.level));
            group.count += row.count;
            group.members.push(number);
        }
        let groups = most_telling(groups.into_values().collect(), &mut other);
        let mut found: Vec<(Pattern, Vec<usize>)> = groups
            .into_iter()
            .map(|group| (pattern(group.id, &group.members, &rows, &readings), group.members))
            .collect();
        found.sort_unstable_by_key(|(pattern, _)| (Reverse(pattern.count), pattern.id));
        let mut numbers = HashMap::with_capacity(rows.len());
        for (number, (_, members)) in found.iter().enumerate() {
            numbers.extend(members.iter().map(|&member| (rows[member].0.key, number as u32)));
        }
        Mined { patterns: found.into_iter().map(|(pattern, _)| pattern).collect(), other, numbers }
    }
}

/// The rows of one pattern.
#[derive(Debug)]
struct Group {
    id: PatternId,
    level: Option<Level>,
    count: u64,
    members: Vec<usize>,
}

impl Group {
    fn new(id: PatternId, level: Option<Level>) -> Self {
        Self { id, level, count: 0, members: Vec::new() }
    }
}

/// The groups that have room; the records of the others go to `other`.
fn most_telling(mut groups: Vec<Group>, other: &mut ByLevel) -> Vec<Group> {
    if groups.len() <= MAX_PATTERNS {
        return groups;
    }
    groups.sort_unstable_by_key(|group| (Reverse(group.count), group.id));
    let mut rare = groups.split_off(MAX_PATTERNS / 2);
    rare.sort_unstable_by_key(|group| (group.level < Some(Level::Error), Reverse(group.count), group.id));
    rare.drain(MAX_PATTERNS / 2..).for_each(|group| other.add(group.level, group.count));
    groups.append(&mut rare);
    groups
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
    let mut sentences: Vec<Sentence> = rows.iter().map(sentence).collect();
    generalise(&mut sentences, announces);
    rows.iter().zip(&sentences).map(reading).collect()
}

/// The text that a row's words are taken from.
fn text_of((_, details): &(Row, Details)) -> &[u8] {
    let sample = details.samples.as_slice().first().filter(|_| details.kind == Kind::Text);
    sample.map_or(b"", |sample| &sample.text)
}

fn sentence(row: &(Row, Details)) -> Sentence {
    let text = text_of(row);
    let id = |word: Word| if word.variable { VARIABLE } else { word_id(&text[word.start..word.end]) };
    let mut ids: Vec<WordId> = words(text).into_iter().map(id).collect();
    // Collected in the memory of the words, which are three times as large.
    ids.shrink_to_fit();
    let group = row.0.variant.level.map_or(0, |level| level as u32 + 1);
    Sentence { words: ids, group, count: row.0.count }
}

/// What stands for a word; its lowest bit says whether a value usually follows.
fn word_id(word: &[u8]) -> WordId {
    let is_cue = CUES.iter().any(|cue| word.eq_ignore_ascii_case(cue.as_bytes()));
    // The bit above keeps it from being 0, which is no word.
    hash64(word, 0) & !1 | 1 << 1 | u64::from(is_cue)
}

fn announces(word: WordId) -> bool {
    word & 1 == 1
}

/// What became of a row's words; a pattern is known by its level and its constant words.
fn reading((row, sentence): (&(Row, Details), &Sentence)) -> RowReading {
    let text = text_of(row);
    let mut bytes = vec![row.0.variant.level.map_or(0, |level| level as u8 + 1)];
    if let Kind::Access { method, status } = row.1.kind {
        bytes.push(2);
        bytes.extend_from_slice(&method);
        bytes.extend_from_slice(&status.to_le_bytes());
        return RowReading { id: PatternId(hash128(&bytes)), also_variable: Vec::new() };
    }
    let mut also_variable = Vec::new();
    let (mut constants, mut after_variable) = (0, false);
    for (word, &id) in words(text).into_iter().zip(&sentence.words) {
        if id != VARIABLE {
            bytes.extend_from_slice(&text[word.start..word.end]);
            bytes.push(0);
        } else if !after_variable {
            bytes.extend_from_slice(b"\x01\0");
        }
        after_variable = id == VARIABLE;
        if !word.variable {
            if after_variable {
                also_variable.push(constants);
            }
            constants += 1;
        }
    }
    RowReading { id: PatternId(hash128(&bytes)), also_variable }
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
