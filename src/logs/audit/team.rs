//! What a team knows of its own noise: `[[logs.rule]]`.

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::Regex;

use crate::config::{LogRule, TextMatch};
use crate::logs::scan::{hash64, mix64};

/// All rules of a team, ready to be asked for every record.
#[derive(Clone, Debug)]
pub struct TeamRules {
    rules: Vec<LogRule>,
    /// Finds all substrings at once; its patterns are the rules named in `substring_rules`.
    substrings: Option<AhoCorasick>,
    substring_rules: Vec<usize>,
    patterns: Vec<(usize, Regex)>,
}

impl TeamRules {
    /// Prepares rules; where several fit a record, the first of the list decides.
    ///
    /// Records are bytes that need not be UTF-8, so patterns are built anew for bytes; one that is too large for that
    /// is left out.
    pub fn new(rules: Vec<LogRule>) -> Self {
        let mut literals = Vec::new();
        let mut substring_rules = Vec::new();
        let mut patterns = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            match &rule.matches {
                TextMatch::Contains(text) if text.is_empty() => {}
                TextMatch::Contains(text) => {
                    literals.push(text.clone());
                    substring_rules.push(index);
                }
                TextMatch::Regex(text) => {
                    patterns.extend(Regex::new(text.as_str()).ok().map(|regex| (index, regex)));
                }
            }
        }
        let substrings = (!literals.is_empty())
            .then(|| AhoCorasick::builder().match_kind(MatchKind::Standard).build(&literals).ok())
            .flatten();
        Self { rules, substrings, substring_rules, patterns }
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What records are told apart by: two lists of one fingerprint number the same records in the same way.
    pub fn fingerprint(&self) -> u64 {
        self.rules.iter().fold(0, |hash, rule| {
            let (kind, text) = match &rule.matches {
                TextMatch::Contains(text) => (1, text.as_str()),
                TextMatch::Regex(pattern) => (2, pattern.as_str()),
            };
            mix64(hash, hash64(text.as_bytes(), kind))
        })
    }

    /// The index of the first rule that fits a record's text.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        let literal = self
            .substrings
            .iter()
            .flat_map(|finder| finder.find_overlapping_iter(text))
            .map(|found| self.substring_rules[found.pattern().as_usize()])
            .min();
        let pattern = self
            .patterns
            .iter()
            .find(|(index, regex)| literal.is_none_or(|l| *index < l) && regex.is_match(text))
            .map(|(index, _)| *index);
        pattern.or(literal)
    }

    /// A rule by its index.
    pub fn rule(&self, index: usize) -> Option<&LogRule> {
        self.rules.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Level;

    fn rules() -> TeamRules {
        let rule = |matches| LogRule { matches, level: Level::Info, because: None };
        TeamRules::new(vec![
            rule(TextMatch::Regex(regex::Regex::new(r"truck [A-Z]{2}\d+ is parked").unwrap())),
            rule(TextMatch::Contains("No recent data for truck".into())),
            rule(TextMatch::Contains("data for".into())),
        ])
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rules = rules();
        assert_eq!(rules.find(b"No recent data for truck DO9693"), Some(1));
        assert_eq!(rules.find(b"old data for x; truck DO9693 is parked"), Some(0));
        assert_eq!(rules.find(b"old data for x"), Some(2));
        assert_eq!(rules.find(b"all is well"), None);
    }

    #[test]
    fn what_rules_match_is_their_fingerprint() {
        let rule =
            |text: &str, level| LogRule { matches: TextMatch::Contains(text.into()), level, because: None };
        let of = |rules| TeamRules::new(rules).fingerprint();
        let (a, b) = (rule("a", Level::Info), rule("b", Level::Info));
        assert_eq!(of(vec![a.clone(), b.clone()]), of(vec![rule("a", Level::Error), b.clone()]));
        assert_ne!(of(vec![a.clone(), b.clone()]), of(vec![b, a.clone()]));
        assert_ne!(of(vec![a]), of(Vec::new()));
    }

    #[test]
    fn bytes_that_are_no_text_do_not_matter() {
        assert_eq!(rules().find(b"\xff\xfeNo recent data for truck"), Some(1));
    }
}
