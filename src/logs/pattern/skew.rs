//! Where one value makes up most of a variable part: "92 % of these are truck DO9693".

use std::collections::BTreeMap;

use crate::logs::pattern::finish::RowReading;
use crate::logs::pattern::row::{Details, Row};
use crate::logs::pattern::samples::Sample;
use crate::logs::pattern::template::Reading;
use crate::logs::pattern::values::{SLOTS, value_hash};
use crate::logs::pattern::words::words;

/// Records that a pattern needs before one value can stand out.
const RECORDS: u64 = 10;

/// One value that dominates a variable part of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotSkew {
    /// Which variable part, from 0.
    pub slot: usize,
    pub value: String,
    /// Share of the pattern's records, at least half.
    pub percent: f64,
}

/// What a variable part of the pattern is in one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The row's own variable part with this number.
    Slot(usize),
    /// A word that is the same in the whole row.
    Word(u32),
    /// Several things together.
    Mixed,
}

/// Finds the values that dominate; `samples` are looked at for their texts.
pub(super) fn skew(
    members: &[usize],
    rows: &[(Row, Details)],
    readings: &[RowReading],
    samples: &[(&Sample, &RowReading)],
) -> Vec<SlotSkew> {
    let count: u64 = members.iter().map(|&member| rows[member].0.count).sum();
    if count < RECORDS {
        return Vec::new();
    }
    let mut weights: Vec<BTreeMap<u32, u64>> = vec![BTreeMap::new(); SLOTS];
    let mut mixed = [false; SLOTS];
    for &member in members {
        let (row, details) = &rows[member];
        let Some(sample) = details.samples.as_slice().first() else { continue };
        for (slot, source) in
            sources(&sample.text, &readings[member].also_variable).into_iter().enumerate().take(SLOTS)
        {
            match source {
                Source::Word(hash) => *weights[slot].entry(hash).or_default() += row.count << SCALE,
                Source::Slot(own) if own < SLOTS => weigh(&mut weights[slot], row, details, own),
                _ => mixed[slot] = true,
            }
        }
    }
    let dominant = |(slot, weights): (usize, &BTreeMap<u32, u64>)| {
        let total: u64 = weights.values().sum();
        let (&hash, &weight) = weights.iter().max_by_key(|&(hash, weight)| (*weight, *hash))?;
        (!mixed[slot] && weight * 2 >= total && weight > 0).then_some(())?;
        let value = samples
            .iter()
            .filter_map(|(sample, reading)| {
                Reading::new(&sample.text, &reading.also_variable).runs().nth(slot)
            })
            .find(|value| value_hash(value) == hash)?;
        #[expect(clippy::cast_precision_loss, reason = "a share is wanted")]
        let percent = weight as f64 * 100.0 / total as f64;
        Some(SlotSkew { slot, value: String::from_utf8_lossy(value).into_owned(), percent })
    };
    weights.iter().enumerate().filter_map(dominant).collect()
}

/// Weights are counts times two to this power, so that a share of a row's records is a whole number.
const SCALE: u32 = 16;

/// Adds the values of a row's variable part; the kept records stand for all.
fn weigh(weights: &mut BTreeMap<u32, u64>, row: &Row, details: &Details, own: usize) {
    let kept = details.values.as_slice();
    if let Some(each) = (row.count << SCALE).checked_div(kept.len() as u64) {
        for record in kept {
            *weights.entry(record.slots[own]).or_default() += each;
        }
    }
}

/// What the variable parts of the pattern are in a row with such a message.
fn sources(text: &[u8], also_variable: &[usize]) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    let (mut slots, mut constants) = (0, 0);
    // Whether the last word was variable by itself, and whether it is in the pattern.
    let (mut after_slot, mut after_variable) = (false, false);
    for word in words(text) {
        let source = if word.variable {
            slots += usize::from(!after_slot);
            Some(Source::Slot(slots - 1))
        } else {
            constants += 1;
            let varies = also_variable.binary_search(&(constants - 1)).is_ok();
            varies.then(|| Source::Word(value_hash(&text[word.start..word.end])))
        };
        match (source, sources.last_mut()) {
            (Some(source), Some(last)) if after_variable => {
                if *last != source {
                    *last = Source::Mixed;
                }
            }
            (Some(source), _) => sources.push(source),
            (None, _) => {}
        }
        after_slot = word.variable;
        after_variable = source.is_some();
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::{Source, sources};
    use crate::logs::pattern::values::value_hash;

    #[test]
    fn variable_parts_are_traced_to_the_row() {
        let found = sources(b"user bob 1 2 from 3 x eve", &[1, 4]);
        assert_eq!(found, [Source::Mixed, Source::Slot(1), Source::Word(value_hash(b"eve"))]);
    }
}
