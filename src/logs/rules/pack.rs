//! Finds the rule for a text.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::logs::rules::rule::{Detail, Kind, Rule, Wording};
use crate::logs::rules::{code, database, host, network, workers};
use crate::text::shell;

/// How much of a text is looked at.
const MAX_TEXT: usize = 16 * 1024;
/// Longest detail.
const MAX_DETAIL: usize = 120;

/// A known fault found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Identity of the rule.
    pub rule: &'static str,
    /// What is broken, with the name of the thing where the text tells it; hostile text, not yet escaped.
    pub summary: String,
    /// The name of the thing, where the text tells it; as hostile.
    pub detail: Option<String>,
    /// What to do.
    pub advice: &'static str,
    /// Can be pasted into a shell as it stands.
    pub command: Option<String>,
}

/// Returns every rule, in the order in which they are tried: the particular before the general.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let tables = [database::RULES, workers::RULES, host::RULES, network::RULES, code::RULES, workers::LAST];
    tables.into_iter().flatten()
}

/// Finds the first rule whose signs stand in a text, such as a message or a traceback.
pub fn find(text: &str) -> Option<(&'static Rule, Fault)> {
    // A traceback tells most at its end.
    let text = &text[text.ceil_char_boundary(text.len().saturating_sub(MAX_TEXT))..];
    let lower = text.to_ascii_lowercase();
    let rule = PACK.find(&lower)?;
    let detail = rule.detail.as_ref().and_then(|detail| named(detail, text, &lower));
    Some((rule, fault(rule, detail)))
}

/// The rules with an index of their signs.
struct Pack {
    rules: Vec<&'static Rule>,
    /// Numbers of the signs of each rule, row by row.
    signs: Vec<Vec<Vec<usize>>>,
    index: AhoCorasick,
    len: usize,
}

static PACK: LazyLock<Pack> = LazyLock::new(Pack::new);

impl Pack {
    fn new() -> Self {
        let rules: Vec<_> = rules().collect();
        let mut numbers: HashMap<&'static str, usize> = HashMap::new();
        let mut literals: Vec<&'static str> = Vec::new();
        let mut number = |sign: &'static str| {
            *numbers.entry(sign).or_insert_with(|| {
                literals.push(sign);
                literals.len() - 1
            })
        };
        let rows = |rule: &&'static Rule| {
            rule.signs.iter().map(|row| row.iter().map(|sign| number(sign)).collect()).collect()
        };
        let signs = rules.iter().map(rows).collect();
        let index = AhoCorasick::new(&literals).expect("a few hundred short literals fit into an automaton");
        Self { rules, signs, index, len: literals.len() }
    }

    fn find(&self, lower: &str) -> Option<&'static Rule> {
        let mut seen = vec![false; self.len];
        for hit in self.index.find_overlapping_iter(lower) {
            seen[hit.pattern().as_usize()] = true;
        }
        let fits = |rows: &Vec<Vec<usize>>| rows.iter().any(|row| row.iter().all(|&sign| seen[sign]));
        self.signs.iter().position(fits).map(|at| self.rules[at])
    }
}

fn fault(rule: &'static Rule, detail: Option<&str>) -> Fault {
    let quoted = detail.map(|detail| shell::quote(detail).into_owned());
    Fault {
        rule: rule.id,
        summary: worded(&rule.summary, detail),
        detail: detail.map(str::to_owned),
        advice: rule.advice,
        command: rule.command.as_ref().map(|command| worded(command, quoted.as_deref())),
    }
}

/// What the text is about: behind the first opening that it holds. Both texts have the same places.
fn named<'t>(detail: &Detail, text: &'t str, lower: &str) -> Option<&'t str> {
    detail.after.iter().find_map(|opening| {
        let from = lower.find(opening)? + opening.len();
        let rest = &text[from..];
        let end = rest.find(|c: char| c == '\n' || detail.until.contains(&c)).unwrap_or(rest.len());
        let found = rest[..end].trim();
        let right = match detail.of {
            Kind::Number => found.bytes().all(|b| b.is_ascii_digit()),
            Kind::Words => found.len() <= MAX_DETAIL,
        };
        (right && !found.is_empty()).then_some(found)
    })
}

fn worded(wording: &Wording, detail: Option<&str>) -> String {
    match (wording.named, detail) {
        (Some(named), Some(detail)) => named.replacen("{}", detail, 1),
        _ => wording.plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Rule, a text that it must find, and one like it that it must not.
    fn samples() -> Vec<(&'static str, &'static str, &'static str)> {
        let tables = [database::SAMPLES, host::SAMPLES, workers::SAMPLES, network::SAMPLES, code::SAMPLES];
        tables.into_iter().flatten().copied().collect()
    }

    #[test]
    fn every_rule_finds_its_sample_and_leaves_the_other_alone() {
        let found = |text: &str| find(text).map(|(rule, _)| rule.id);
        for (rule, positive, negative) in samples() {
            assert_eq!(found(positive), Some(rule), "{positive}");
            assert_ne!(found(negative), Some(rule), "{negative}");
        }
    }

    #[test]
    fn every_rule_has_samples_an_id_of_its_own_and_words() {
        let sampled: HashSet<_> = samples().into_iter().map(|(rule, ..)| rule).collect();
        let mut ids = HashSet::new();
        for rule in rules() {
            assert!(ids.insert(rule.id), "{} twice", rule.id);
            assert!(sampled.contains(rule.id), "{} has no sample", rule.id);
            assert!(
                !rule.signs.is_empty() && !rule.summary.plain.is_empty() && !rule.advice.is_empty(),
                "{}",
                rule.id
            );
            assert!(
                rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                rule.id
            );
            for sign in rule.signs.iter().copied().flatten() {
                assert_eq!(**sign, sign.to_ascii_lowercase(), "{}", rule.id);
            }
        }
        assert_eq!(sampled.len(), ids.len(), "a sample of a rule that is not there");
    }

    #[test]
    fn a_rule_that_another_hides_is_found_nowhere() {
        let rules: Vec<_> = rules().collect();
        for (at, rule) in rules.iter().enumerate() {
            for row in rule.signs {
                let text = row.join(" ");
                let first = find(&text).map(|(found, _)| found.id);
                let hidden = rules[..at].iter().any(|other| Some(other.id) == first);
                let other_row = rule
                    .signs
                    .iter()
                    .any(|row| find(&row.join(" ")).map(|(found, _)| found.id) == Some(rule.id));
                assert!(!hidden || other_row, "{} is hidden by {first:?}", rule.id);
            }
        }
    }

    #[test]
    fn details_are_named_and_quoted() {
        let of = |text: &str| find(text).unwrap().1;
        let port = of(
            "[Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
        );
        assert_eq!(port.summary, "port 8000 is taken by another process");
        assert_eq!(port.command.as_deref(), Some("lsof -nP -iTCP:8000 -sTCP:LISTEN"));
        let module = of("ModuleNotFoundError: No module named 'x; rm -rf ~'");
        assert_eq!(module.command.as_deref(), Some("python3 -m pip show 'x; rm -rf ~'"));
        let taken = of("OSError: [Errno 98] Address already in use");
        assert_eq!(taken.summary, "a port that the program wants is taken by another process");
    }

    #[test]
    fn ordinary_text_is_no_fault() {
        for text in [
            "",
            "Application startup complete.",
            "No recent data for truck RY8",
            "200 OK",
            "synced 12 trucks in 3.4s",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
