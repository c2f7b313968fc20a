//! The last lines before a program's start: what a crash left behind.
//!
//! Plain files are asked afterwards, where they stand; of a stream the lines are kept while it is read, those before its
//! newest starts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;

use serde::{Deserialize, Serialize};

use crate::logs::engine::events::Event;
use crate::logs::engine::pairs;
use crate::logs::input::{Input, Source, SourceKind, open};
use crate::logs::restarts::Mark;
use crate::text::{ansi, redact, sanitize};

/// Lines that are kept.
const LINES: usize = 5;
/// Bytes before a start that are looked at.
pub(super) const REACH: usize = 8 << 10;
/// Characters of a line.
const CHARS: usize = 300;
/// Starts of one source, the newest, that are asked for.
const MAX_STARTS: usize = 64;

/// Where a start stands: source and offset.
type At = (u32, u64);

/// Last words by start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastWords {
    #[serde(with = "pairs")]
    kept: BTreeMap<At, Vec<String>>,
}

impl LastWords {
    /// Keeps the lines that stand before a start in a stream.
    pub(super) fn keep(&mut self, event: &Event, before: &[&[u8]]) {
        if !may_follow_a_crash(event.mark) {
            return;
        }
        let source = event.place.source;
        self.kept.insert((source, event.place.offset), words(&before.concat(), event.place.offset));
        self.leave_newest(source);
    }

    pub(super) fn merge(&mut self, other: Self) {
        let sources: BTreeSet<u32> = other.kept.keys().map(|(source, _)| *source).collect();
        self.kept.extend(other.kept);
        sources.into_iter().for_each(|source| self.leave_newest(source));
    }

    fn leave_newest(&mut self, source: u32) {
        let starts = self.kept.range((source, 0)..=(source, u64::MAX)).map(|(at, _)| *at);
        let oldest: Vec<At> = starts.rev().skip(MAX_STARTS).collect();
        oldest.iter().for_each(|at| {
            self.kept.remove(at);
        });
    }

    /// Says that all of them stand in this source.
    pub(super) fn stand_in(&mut self, source: u32) {
        let kept = std::mem::take(&mut self.kept).into_iter();
        self.kept = kept.map(|((_, offset), words)| ((source, offset), words)).collect();
    }

    /// Reads what stands before the newest starts in plain files.
    pub(super) fn read(&mut self, sources: &[Source], events: &[Event]) {
        let mut open_file: Option<(u32, Option<File>)> = None;
        let mut left: BTreeMap<u32, usize> = BTreeMap::new();
        for event in events.iter().rev().filter(|event| may_follow_a_crash(event.mark)) {
            let number = event.place.source;
            let Some(source) = sources.get(number as usize).filter(|s| s.kind == SourceKind::Plain) else {
                continue;
            };
            let left = left.entry(number).or_insert(MAX_STARTS);
            if *left == 0 {
                continue;
            }
            *left -= 1;
            if open_file.as_ref().is_none_or(|(of, _)| *of != number) {
                let file = match open(source) {
                    Ok(Input::Ranged { file, .. }) => Some(file),
                    _ => None,
                };
                open_file = Some((number, file));
            }
            if let Some((_, Some(file))) = &open_file {
                let offset = event.place.offset;
                let from = offset.saturating_sub(REACH as u64);
                let mut bytes = vec![0; usize::try_from(offset - from).unwrap_or(0)];
                if file.read_exact_at(&mut bytes, from).is_ok() {
                    self.kept.insert((number, offset), words(&bytes, offset));
                }
            }
        }
    }

    /// The lines before a start.
    pub(super) fn before(&self, event: &Event) -> Vec<String> {
        self.kept.get(&(event.place.source, event.place.offset)).cloned().unwrap_or_default()
    }
}

fn may_follow_a_crash(mark: Mark) -> bool {
    match mark {
        Mark::Start | Mark::ParentStart | Mark::ReloaderStart | Mark::WorkerCrash | Mark::OomKill => true,
        Mark::WorkerStart | Mark::Stop | Mark::Reload | Mark::UncleanStart | Mark::SupervisorStart => false,
    }
}

/// The last lines of a text that ends at `offset`, as a report may show them.
fn words(text: &[u8], offset: u64) -> Vec<String> {
    let text = &text[text.len().saturating_sub(REACH)..];
    // What the text begins with may be the end of a line.
    let whole =
        if text.len() as u64 == offset { 0 } else { memchr::memchr(b'\n', text).map_or(0, |at| at + 1) };
    let lines = text[whole..].split(|byte| *byte == b'\n').rev();
    let mut words: Vec<String> = lines.map(shown).filter(|line| !line.is_empty()).take(LINES).collect();
    words.reverse();
    words
}

fn shown(line: &[u8]) -> String {
    let mut plain = Vec::with_capacity(line.len());
    ansi::strip(line, &mut plain);
    let text = sanitize::bytes(plain.trim_ascii_end());
    redact::secrets(&text).chars().take(CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::{REACH, words};

    #[test]
    fn the_last_lines_stand_in_order_without_blank_ones() {
        let text = b"1\n2\n\n3\r\n\x1b[31m4\x1b[0m\n5\n6\n";
        assert_eq!(words(text, text.len() as u64), ["2", "3", "4", "5", "6"]);
        assert_eq!(words(b"", 0), [""; 0]);
    }

    #[test]
    fn half_a_line_is_not_shown_and_secrets_are_not_either() {
        let text = [b"x".repeat(REACH), b"\npassword=hunter2 \x1b]0;t\x07\n".to_vec()].concat();
        let found = words(&text, text.len() as u64 + 1);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("password=[redacted]") && !found[0].contains('\x07'), "{found:?}");
    }
}
