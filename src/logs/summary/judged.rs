//! Patterns with the levels that their records deserve.

use std::collections::BTreeMap;

use crate::logs::audit::{TeamRules, builtin, inferred};
use crate::logs::pattern::{Kind, Pattern, Share, Variant};
use crate::logs::source::SourceIndex;
use crate::logs::{Analysis, Class, Copies};
use crate::model::Level;
use crate::report::{LevelCounts, Mislevelled};
use crate::text::{redact, sanitize};

/// A pattern and what its records are.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) pattern: &'a Pattern,
    /// A message of it, as text.
    pub(super) message: String,
    pub(super) shares: Vec<Judgement<'a>>,
}

/// The records of one variant.
#[derive(Debug)]
pub(super) struct Judgement<'a> {
    pub(super) share: &'a Share,
    pub(super) effective: Option<Level>,
    /// Why the level does not fit.
    pub(super) why: Option<String>,
    /// The same records stand in another series, where they are counted.
    pub(super) is_copy: bool,
}

impl Judgement<'_> {
    /// Whether these are real errors that count.
    pub(super) fn is_error(&self) -> bool {
        !self.is_copy && self.effective >= Some(Level::Error)
    }
}

impl<'a> Judged<'a> {
    /// The shares that are no copies.
    pub(super) fn originals(&self) -> impl Iterator<Item = &Judgement<'a>> {
        self.shares.iter().filter(|share| !share.is_copy)
    }

    /// Its records, each once.
    pub(super) fn count(&self) -> u64 {
        self.originals().map(|share| share.share.count).sum()
    }

    /// Judges every pattern.
    pub(super) fn all(analysis: &'a Analysis, rules: &TeamRules) -> Vec<Self> {
        analysis.patterns.patterns.iter().map(|pattern| Self::one(pattern, rules, &analysis.copies)).collect()
    }

    fn one(pattern: &'a Pattern, rules: &TeamRules, copies: &Copies) -> Self {
        let raw: &[u8] = pattern.samples.first().map_or(b"", |sample| &sample.text);
        let mut shares: Vec<Judgement<'_>> = pattern
            .shares
            .iter()
            .map(|share| {
                let (effective, why) = effective(pattern.kind, share, raw, rules);
                let Variant { level, series, has_trace, .. } = share.variant;
                let is_copy = copies.holds(series, Class::of(level, has_trace));
                Judgement { share, effective, why, is_copy }
            })
            .collect();
        unmark_originals(&mut shares);
        let message = redact::secrets(&sanitize::bytes(raw)).into_owned();
        Self { pattern, message, shares }
    }
}

/// What stands in no original is no copy, however much else of its file is. Tracebacks are known by what they say, and a
/// crash block says it in other words.
fn unmark_originals(shares: &mut [Judgement<'_>]) {
    let is_trace = |share: &Judgement<'_>| {
        Class::of(share.share.variant.level, share.share.variant.has_trace) == Class::Traces
    };
    if shares.iter().any(|share| !share.is_copy || is_trace(share)) {
        return;
    }
    let of_series = |share: &Judgement<'_>| share.share.variant.series;
    let Some(most) = shares.iter().max_by_key(|share| share.share.count).map(of_series) else { return };
    shares.iter_mut().filter(|share| of_series(share) == most).for_each(|share| share.is_copy = false);
}

fn effective(
    kind: Kind,
    share: &Share,
    message: &[u8],
    rules: &TeamRules,
) -> (Option<Level>, Option<String>) {
    let variant = &share.variant;
    if let Some(rule) = variant.rule.and_then(|index| rules.rule(usize::from(index))) {
        let reason = rule.because.clone().unwrap_or_else(|| "team rule".to_owned());
        return (Some(rule.level), (variant.level != Some(rule.level)).then_some(reason));
    }
    match (kind, variant.level) {
        (Kind::Access { .. }, level) => (level, None),
        (Kind::Text, None) => (inferred(message, variant.has_trace), None),
        (Kind::Text, Some(level)) => match builtin(level, message, variant.has_trace) {
            Some((real, why)) => (Some(real), Some(why.word().to_owned())),
            None => (Some(level), None),
        },
    }
}

/// Records by the level that they deserve, each counted once.
pub(super) fn effective_levels(judged: &[Judged<'_>], analysis: &Analysis) -> LevelCounts {
    let mut levels = LevelCounts::default();
    for share in judged.iter().flat_map(Judged::originals) {
        levels.add(share.effective, share.share.count);
    }
    for level in Level::ALL.into_iter().map(Some).chain([None]) {
        levels.add(level, analysis.patterns.other.of(level));
    }
    levels
}

/// What should be written at another level, most frequent first.
pub(super) fn mislevelled(judged: &[Judged<'_>], index: &SourceIndex) -> Vec<Mislevelled> {
    let mut found = Vec::new();
    for one in judged {
        let mut by_level: BTreeMap<_, u64> = BTreeMap::new();
        for share in one.originals() {
            if let Some(why) = &share.why {
                *by_level.entry((share.share.variant.level, share.effective, why)).or_default() +=
                    share.share.count;
            }
        }
        found.extend(by_level.into_iter().map(|((written, effective, why), count)| Mislevelled {
            pattern: redact::secrets(&one.pattern.template).into_owned(),
            written,
            effective,
            count,
            why: why.clone(),
            source: index.find(&one.message, written).map(|s| format!("{}:{}", s.file, s.line)),
        }));
    }
    found.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.pattern.cmp(&b.pattern)));
    found
}
