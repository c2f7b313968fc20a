//! Which log it is, by what stands in it.

use std::io::{self, Read};

use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use crate::logs::input::{Feed, Input, Problem, Source, open};

/// Shortest beginning that is noted, as a power of two.
const SHORTEST: u32 = 6;
/// Bytes that are hashed at once.
const CHUNK: usize = 128 << 10;
/// Characters of the hash of a beginning.
const BEGINNING: usize = 16;

/// A log's bytes, unpacked; those of one that cannot be read are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Content {
    pub bytes: u64,
    /// SHA-256 of all of them.
    pub sha256: String,
    /// Hashes of the first 64, 128, 256, … bytes.
    beginnings: Vec<String>,
}

impl Content {
    /// Reads a source to its end.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(source: &Source) -> Result<Self, Problem> {
        let failed = |error: io::Error| Problem::of_error(&source.name, &error);
        match open(source)? {
            Input::Ranged { file, len } => Self::read(file.take(len)).map_err(failed),
            Input::Stream(mut feed) => Self::read::<&mut Feed>(&mut feed).map_err(failed),
        }
    }

    fn read<R: Read>(mut reader: R) -> io::Result<Self> {
        let mut context = Context::new(&SHA256);
        let mut beginnings = Vec::new();
        let mut bytes = 0;
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let mut chunk = &buffer[..read];
            while !chunk.is_empty() {
                let left = (1 << (SHORTEST + beginnings.len() as u32)) - bytes;
                let (now, later) =
                    chunk.split_at(chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
                context.update(now);
                bytes += now.len() as u64;
                if now.len() as u64 == left {
                    beginnings.push(hex(context.clone())[..BEGINNING].to_owned());
                }
                chunk = later;
            }
        }
        Ok(Self { bytes, sha256: hex(context), beginnings })
    }

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
    use super::Content;

    fn content(text: &[u8]) -> Content {
        Content::read(text).unwrap()
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
