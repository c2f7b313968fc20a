//! The last lines of what went by.

use std::collections::VecDeque;

use crate::logs::tail::entry::Entry;
use crate::model::Level;

/// The last lines of what went by.
#[derive(Debug)]
pub(super) struct Kept {
    limit: u64,
    pub(super) entries: VecDeque<(usize, Option<Level>, i64, Vec<u8>)>,
    counts: VecDeque<u64>,
    lines: u64,
}

impl Kept {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, entries: VecDeque::new(), counts: VecDeque::new(), lines: 0 }
    }

    /// Adds a record, and forgets lines at the other end that are one too many.
    pub(super) fn push(&mut self, index: usize, entry: &Entry, text: &[u8]) {
        self.entries.push_back((index, entry.level, entry.at, text.to_vec()));
        self.counts.push_back(entry.lines);
        self.lines += entry.lines;
        while let Some(count) = self.counts.front_mut() {
            let surplus = self.lines.saturating_sub(self.limit);
            if surplus >= *count {
                self.lines -= *count;
                self.counts.pop_front();
                self.entries.pop_front();
                continue;
            }
            if surplus > 0
                && let Some((.., text)) = self.entries.front_mut()
            {
                let nth = memchr::memchr_iter(b'\n', text).nth(surplus as usize - 1);
                text.drain(..nth.map_or(0, |at| at + 1));
                *count -= surplus;
                self.lines -= surplus;
            }
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_last_lines_stay_even_of_a_record_cut_in_two() {
        let mut kept = Kept::new(4);
        for text in [&b"1\n2\n"[..], b"3\n", b"4\n5\n6\n"] {
            let lines = memchr::memchr_iter(b'\n', text).count() as u64;
            kept.push(0, &Entry { range: 0..text.len(), lines, at: 0, level: None }, text);
        }
        let text: Vec<u8> = kept.entries.iter().flat_map(|(.., text)| text.clone()).collect();
        assert_eq!(text, b"3\n4\n5\n6\n");
        kept.push(0, &Entry { range: 0..8, lines: 5, at: 0, level: None }, b"a\nb\nc\nd\ne\n");
        assert_eq!(kept.entries[0].3, b"b\nc\nd\ne\n");
    }
}
