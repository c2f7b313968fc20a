//! Which call wrote a message: candidates by their longest literal, proof by all of them in order.

use std::cmp::Reverse;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use memchr::memmem;

use crate::logs::source::calls::{Call, CallKind};
use crate::logs::source::python::Piece;
use crate::model::Level;

/// A literal shorter than this is in too many messages to find anything by it.
const MIN_LITERAL: usize = 4;
/// Literal text of a template that may stand anywhere in a message.
const MIN_FLOATING: usize = 12;
/// Bytes of a literal that find a candidate; the rest is compared then. Building the index is most of its cost.
const MAX_KEY: usize = 20;
/// Calls that are indexed.
const MAX_CALLS: usize = 50_000;
/// Candidates that are tried for one message.
const MAX_CANDIDATES: usize = 512;
/// How much of a message is compared.
const MAX_MESSAGE: usize = 4096;

/// A call in the backend's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRef {
    /// Relative to its source root.
    pub file: Arc<str>,
    pub line: u32,
    /// The text with `{expression}` for what is put in.
    pub template: String,
    /// The level that the call writes at; none for prints and exceptions.
    pub level: Option<Level>,
}

/// A call ready to be compared.
#[derive(Debug)]
struct Candidate {
    source: SourceRef,
    kind: CallKind,
    /// Constant parts, in order; none is empty.
    literals: Vec<String>,
    /// The text begins with the first literal.
    fixed_start: bool,
    /// The text ends with the last literal.
    fixed_end: bool,
    /// Bytes of all literals.
    weight: usize,
}

/// Finds calls by the messages that they wrote.
#[derive(Debug, Default)]
pub(super) struct Matcher {
    index: Option<AhoCorasick>,
    candidates: Vec<Candidate>,
}

impl Matcher {
    /// Indexes the calls of all files.
    pub(super) fn new(calls: impl IntoIterator<Item = (Arc<str>, Call)>) -> Self {
        let candidates: Vec<_> =
            calls.into_iter().filter_map(|(file, call)| Candidate::new(file, call)).take(MAX_CALLS).collect();
        let keys = candidates.iter().map(Candidate::key);
        let index = AhoCorasick::builder().match_kind(MatchKind::Standard).build(keys).ok();
        Self { index: index.filter(|_| !candidates.is_empty()), candidates }
    }

    pub(super) fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Finds the call whose text fits a message best: most literal text, then the same level, then the nature of the call.
    pub(super) fn find(&self, message: &str, level: Option<Level>) -> Option<&SourceRef> {
        let message = first_line(message);
        let message = &message[..message.floor_char_boundary(MAX_MESSAGE)];
        let mut tried: Vec<usize> = Vec::new();
        for hit in self.index.as_ref()?.find_overlapping_iter(message) {
            tried.push(hit.pattern().as_usize());
            if tried.len() == MAX_CANDIDATES {
                break;
            }
        }
        tried.sort_unstable();
        tried.dedup();
        let fits =
            tried.into_iter().map(|at| &self.candidates[at]).filter(|candidate| candidate.fits(message));
        let rank = |candidate: &&Candidate| {
            let level = candidate.source.level.is_some() && candidate.source.level == level;
            (Reverse(candidate.weight), !level, candidate.kind)
        };
        fits.min_by_key(rank).map(|candidate| &candidate.source)
    }
}

impl Candidate {
    fn new(file: Arc<str>, call: Call) -> Option<Self> {
        let (pieces, whole) = first_line_of(call.template);
        let literals: Vec<String> = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(text.clone()),
                Piece::Hole(_) => None,
            })
            .collect();
        let weight = literals.iter().map(String::len).sum();
        let longest = literals.iter().map(|literal| literal.trim().len()).max()?;
        let template = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Hole(expression) => format!("{{{expression}}}"),
        });
        let candidate = Self {
            source: SourceRef { file, line: call.line, template: template.collect(), level: call.level },
            kind: call.kind,
            fixed_start: matches!(pieces.first(), Some(Piece::Text(_))),
            fixed_end: whole && matches!(pieces.last(), Some(Piece::Text(_))),
            weight,
            literals,
        };
        (longest >= MIN_LITERAL).then_some(candidate)
    }

    /// What is looked for first: the beginning of the longest literal.
    fn key(&self) -> &str {
        let longest = self.literals.iter().max_by_key(|literal| literal.len()).map_or("", String::as_str);
        &longest[..longest.floor_char_boundary(MAX_KEY)]
    }

    fn fits(&self, message: &str) -> bool {
        // What a raise says stands behind the type, and within whatever text the handler puts round it.
        let floating = self.kind == CallKind::Raise;
        self.fits_at(message, self.fixed_start && !floating, self.fixed_end && !floating)
            && (!floating || self.weight >= MIN_FLOATING)
            || (self.weight >= MIN_FLOATING && self.fits_at(message, false, self.fixed_end))
    }

    /// All literals in their order, the first as early as it can stand.
    fn fits_at(&self, message: &str, start: bool, end: bool) -> bool {
        let (middle, last) = match self.literals.split_last() {
            Some((last, middle)) if end => (middle, Some(last)),
            _ => (self.literals.as_slice(), None),
        };
        let mut rest = message.as_bytes();
        for (index, literal) in middle.iter().enumerate() {
            let Some(at) = memmem::find(rest, literal.as_bytes()) else { return false };
            if index == 0 && start && at > 0 {
                return false;
            }
            rest = &rest[at + literal.len()..];
        }
        match last {
            Some(last) if middle.is_empty() && start => rest == last.as_bytes(),
            Some(last) => rest.ends_with(last.as_bytes()),
            None => true,
        }
    }
}

fn first_line(text: &str) -> &str {
    text.trim_start().lines().next().unwrap_or("").trim_end()
}

/// The pieces of a text's first line that is not empty; the flag says that the text ends with it.
fn first_line_of(pieces: Vec<Piece>) -> (Vec<Piece>, bool) {
    let mut line = Vec::new();
    for piece in pieces {
        let Piece::Text(text) = piece else {
            line.push(piece);
            continue;
        };
        let text = if line.is_empty() { text.trim_start() } else { &text };
        let (first, more) = text.split_once('\n').map_or((text, None), |(first, more)| (first, Some(more)));
        if !first.is_empty() {
            line.push(Piece::Text(if more.is_some() { first.trim_end() } else { first }.to_owned()));
        }
        if more.is_some() {
            return (line, more.is_some_and(|more| more.trim().is_empty()));
        }
    }
    if let Some(Piece::Text(last)) = line.last_mut() {
        last.truncate(last.trim_end().len());
    }
    line.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    (line, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::source::calls::calls_at;
    use crate::logs::source::marks::marks;

    fn matcher(source: &str) -> Matcher {
        let calls = marks(source).into_iter().flat_map(|mark| calls_at(source, &mark, mark.line));
        Matcher::new(calls.map(|call| ("main.py".into(), call)))
    }

    const SOURCE: &str = r#"
logger.error(f"Error fetching sensors for {truck_id}: {e}")
logger.error("Error fetching %s", what)
logger.warning("No recent data for truck %s", truck_id)
logger.info("No recent data for truck %s", truck_id)
logger.info(f"{n} trucks synced in {seconds:.1f}s")
logger.info(f"{a}: {b}")
print("\n🚀 Starting backend\nwith more")
raise ValueError(f"truck {truck_id} has no sensors")
logger.error("Traceback:\n%s", text)
logger.info("done")
"#;

    #[test]
    fn messages_lead_to_the_call_with_the_most_literal_text() {
        let matcher = matcher(SOURCE);
        for (message, level, line) in [
            ("Error fetching sensors for RY8: timeout", Level::Error, Some(2)),
            ("Error fetching costs", Level::Error, Some(3)),
            ("No recent data for truck RY8", Level::Warning, Some(4)),
            ("No recent data for truck RY8", Level::Info, Some(5)),
            ("12 trucks synced in 3.4s", Level::Info, Some(6)),
            ("a: b", Level::Info, None),
            ("🚀 Starting backend", Level::Info, Some(8)),
            ("ValueError: truck RY8 has no sensors", Level::Error, Some(9)),
            ("request failed: truck RY8 has no sensors (again)", Level::Error, Some(9)),
            ("Traceback:", Level::Error, Some(10)),
            ("done", Level::Info, Some(11)),
            ("well done", Level::Info, None),
            ("done with it", Level::Info, None),
            ("", Level::Info, None),
        ] {
            let found = matcher.find(message, Some(level)).map(|source| source.line);
            assert_eq!(found, line, "{message}");
        }
    }

    #[test]
    fn a_template_shows_its_expressions() {
        let matcher = matcher(SOURCE);
        let found = matcher.find("12 trucks synced in 3.4s", None).unwrap();
        assert_eq!(found.template, "{n} trucks synced in {seconds}s");
    }

    #[test]
    fn nothing_to_look_in_finds_nothing() {
        assert_eq!(Matcher::default().find("x", None), None);
        assert_eq!(matcher("x = 1").find("x", None), None);
    }
}
