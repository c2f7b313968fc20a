//! The last lines of what went by.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::logs::tail::entry::Entry;

/// The last lines of what went by.
#[derive(Debug)]
pub(super) struct Kept {
    limit: u64,
    pub(super) entries: VecDeque<KeptEntry>,
    lines: u64,
}

/// A record with its lines and the number of its log.
#[derive(Debug)]
pub(super) struct KeptEntry {
    pub(super) index: usize,
    pub(super) file: Arc<str>,
    pub(super) entry: Entry,
    pub(super) text: Vec<u8>,
}

impl Kept {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, entries: VecDeque::new(), lines: 0 }
    }

    /// Adds a record, and forgets those at the other end without which there are enough lines. None is cut: what a
    /// traceback belongs to stands in its first line.
    pub(super) fn push(&mut self, index: usize, file: &Arc<str>, entry: Entry, text: &[u8]) {
        self.lines += entry.lines;
        self.entries.push_back(KeptEntry { index, file: Arc::clone(file), entry, text: text.to_vec() });
        while let Some(oldest) = self.entries.front()
            && self.lines - oldest.entry.lines >= self.limit
        {
            self.lines -= oldest.entry.lines;
            self.entries.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(limit: u64, texts: &[&str]) -> Vec<u8> {
        let mut kept = Kept::new(limit);
        for text in texts {
            let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
            let entry = Entry { range: 0..text.len(), lines, line: 1, at: 0, level: None };
            kept.push(0, &"b.log".into(), entry, text.as_bytes());
        }
        kept.entries.into_iter().flat_map(|kept| kept.text).collect()
    }

    #[test]
    fn the_last_lines_stay_with_the_whole_of_the_oldest_record() {
        let texts = ["1\n2\n", "3\n", "4\n5\n6\n"];
        for (limit, expected) in
            [(1, "4\n5\n6\n"), (3, "4\n5\n6\n"), (4, "3\n4\n5\n6\n"), (5, "1\n2\n3\n4\n5\n6\n")]
        {
            assert_eq!(kept(limit, &texts), expected.as_bytes(), "{limit}");
        }
        assert_eq!(kept(0, &texts), b"");
    }
}
