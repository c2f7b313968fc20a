//! Which log it is, by what stands in it.

use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

/// Shortest beginning that is noted, as a power of two.
const SHORTEST: u32 = 6;
/// Characters of the hash of a beginning.
const BEGINNING: usize = 16;

/// A log's bytes, unpacked, as far as they could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Content {
    pub bytes: u64,
    /// SHA-256 of all of them.
    pub sha256: String,
    /// Hashes of the first 64, 128, 256, … bytes.
    beginnings: Vec<String>,
}

/// Takes in the bytes of a log as they come.
#[derive(Clone)]
pub struct ContentMeter {
    context: Context,
    beginnings: Vec<String>,
    bytes: u64,
}

impl Default for ContentMeter {
    fn default() -> Self {
        Self { context: Context::new(&SHA256), beginnings: Vec::new(), bytes: 0 }
    }
}

impl std::fmt::Debug for ContentMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContentMeter").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl ContentMeter {
    /// Takes what comes next.
    pub fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let left = (1 << (SHORTEST + self.beginnings.len() as u32)) - self.bytes;
            let (now, later) = bytes.split_at(bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
            self.context.update(now);
            self.bytes += now.len() as u64;
            if now.len() as u64 == left {
                self.beginnings.push(hex(self.context.clone())[..BEGINNING].to_owned());
            }
            bytes = later;
        }
    }

    /// What it was.
    pub fn finish(self) -> Content {
        Content { bytes: self.bytes, sha256: hex(self.context), beginnings: self.beginnings }
    }
}

impl Content {
    /// Whether two logs that are not the same begin alike, for more than half of the shorter one.
    pub fn begins_like(&self, other: &Self) -> bool {
        let common = self.beginnings.len().min(other.beginnings.len());
        common > 0
            && self.beginnings[common - 1] == other.beginnings[common - 1]
            && self.sha256 != other.sha256
    }
}

fn hex(context: Context) -> String {
    HEXLOWER.encode(context.finish().as_ref())
}

#[cfg(test)]
mod tests {
    use super::{Content, ContentMeter};

    /// Whatever the pieces in which it came.
    fn content(text: &[u8]) -> Content {
        let [whole, pieces] = [usize::MAX, 1000].map(|len| {
            let mut meter = ContentMeter::default();
            text.chunks(len).for_each(|chunk| meter.take(chunk));
            meter.finish()
        });
        assert_eq!(whole, pieces);
        whole
    }

    #[test]
    fn a_log_that_grew_begins_like_it_was() {
        let log: Vec<u8> = (0..60_000_u32).flat_map(|n| format!("line {n}\n").into_bytes()).collect();
        for len in [64, 100, 5000, 300_000] {
            let (before, after) = (content(&log[..len]), content(&log));
            assert!(before.begins_like(&after) && after.begins_like(&before), "{len}");
            assert_eq!(before, content(&log[..len]));
        }
        assert!(!content(&log).begins_like(&content(&log)));
        assert!(!content(&log).begins_like(&content(&log[9..])));
    }

    #[test]
    fn few_bytes_are_no_beginning() {
        assert!(!content(b"INFO started\n").begins_like(&content(b"INFO started\nINFO done\n")));
        assert!(!content(b"").begins_like(&content(b"a\n")));
    }
}
