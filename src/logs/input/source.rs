//! What is read, and what could not be.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// What a file is, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    pub device: u64,
    pub inode: u64,
}

/// How the bytes of a source come to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// A file whose ranges can be read in any order.
    Plain,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    /// A FIFO or standard input: read once, from the beginning to the end. Compression is found when it is opened.
    Stream,
}

impl SourceKind {
    /// Tells a compressed file by its first bytes; anything else is plain.
    pub fn of_head(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 0x08, ..] => Self::Gzip,
            // A skippable frame may come first, as pzstd writes it.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0x00, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Self::Bzip2,
            _ => Self::Plain,
        }
    }

    /// Whether the bytes must be unpacked.
    pub fn is_compressed(self) -> bool {
        matches!(self, Self::Gzip | Self::Zstd | Self::Xz | Self::Bzip2)
    }
}

/// Bytes that [`SourceKind::of_head`] wants to see.
pub(super) const MAGIC_LEN: usize = 10;

/// One log file, or standard input.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What to open.
    pub path: PathBuf,
    /// The path as a person would name it: relative to the root where the pattern was; `-` for standard input.
    pub name: String,
    /// `None` for standard input.
    pub identity: Option<Identity>,
    pub kind: SourceKind,
    /// Bytes at the time of looking; what is written later is left to the next run. 0 for a stream.
    pub len: u64,
    /// Where the reading begins, in unpacked bytes: with the first line that begins there or behind. 0 for all of it.
    pub start: u64,
    /// Lines that stand before, where that is known: the first one read has the number behind.
    pub lines_before: u64,
    pub modified: Option<SystemTime>,
    /// The name of the rotated set that it belongs to: sources with the same series follow each other, oldest first.
    pub series: String,
}

/// Why something was not read, or not to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// A path that does not exist.
    Missing,
    /// A pattern that matches nothing.
    NoMatch,
    /// A pattern that is none.
    BadPattern,
    /// The file system refused.
    Unreadable,
    /// A folder that holds no logs.
    NoLogs,
    /// More files than are read at once.
    TooMany,
    /// A FIFO that nobody writes into.
    SilentPipe,
    /// A device or a socket.
    NotAFile,
    /// Mostly bytes that are no text. Skipped where a pattern found it, read where it was named.
    Binary,
    /// The same bytes as another file of its set: one that is being compressed right now.
    Duplicate,
    /// A compressed file that ends too early.
    CutShort,
    /// A compressed file with wrong bytes in it.
    Corrupt,
    /// A compressed file that unpacks to absurdly much.
    Bomb,
    /// Shorter than when we began.
    Shrank,
    /// Gone since we began.
    Vanished,
}

impl ProblemKind {
    /// The kebab-case word that stands in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NoMatch => "no-match",
            Self::BadPattern => "bad-pattern",
            Self::Unreadable => "unreadable",
            Self::NoLogs => "no-logs",
            Self::TooMany => "too-many",
            Self::SilentPipe => "silent-pipe",
            Self::NotAFile => "not-a-file",
            Self::Binary => "binary",
            Self::Duplicate => "duplicate",
            Self::CutShort => "cut-short",
            Self::Corrupt => "corrupt",
            Self::Bomb => "bomb",
            Self::Shrank => "shrank",
            Self::Vanished => "vanished",
        }
    }
}

/// How much of what was asked for was read all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    Nothing,
    Beginning,
    Everything,
}

/// Something that was asked for and could not be read, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The path or pattern, as a person would name it.
    pub path: String,
    pub kind: ProblemKind,
    pub extent: Extent,
    /// What happened, as a lower-case fragment without the path.
    pub detail: String,
}

impl Problem {
    /// A problem that kept everything from being read.
    pub fn nothing(path: impl Into<String>, kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { path: path.into(), kind, extent: Extent::Nothing, detail: detail.into() }
    }

    /// A problem that ended the reading early.
    pub fn beginning(path: impl Into<String>, kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { extent: Extent::Beginning, ..Self::nothing(path, kind, detail) }
    }

    /// Something odd that kept nothing from being read.
    pub fn everything(path: impl Into<String>, kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { extent: Extent::Everything, ..Self::nothing(path, kind, detail) }
    }

    /// Says in plain words what an I/O error means for a path.
    pub fn of_error(path: impl Into<String>, error: &io::Error) -> Self {
        let (kind, detail) = match error.kind() {
            io::ErrorKind::NotFound => (ProblemKind::Missing, "no such file".to_owned()),
            io::ErrorKind::PermissionDenied => (ProblemKind::Unreadable, "permission denied".to_owned()),
            _ => (ProblemKind::Unreadable, without_code(error)),
        };
        Self::nothing(path, kind, detail)
    }
}

/// The error's text without `(os error 5)`.
fn without_code(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_is_told_by_magic_alone() {
        assert_eq!(SourceKind::of_head(b"\x1f\x8b\x08\x00"), SourceKind::Gzip);
        assert_eq!(SourceKind::of_head(b"\x28\xb5\x2f\xfd"), SourceKind::Zstd);
        assert_eq!(SourceKind::of_head(b"\xfd7zXZ\x00"), SourceKind::Xz);
        assert_eq!(SourceKind::of_head(b"BZh91AY&SY"), SourceKind::Bzip2);
        assert_eq!(SourceKind::of_head(b"BZh9 is a word"), SourceKind::Plain);
        assert_eq!(SourceKind::of_head(b""), SourceKind::Plain);
    }

    #[test]
    fn word_and_json_agree() {
        for kind in
            [ProblemKind::NoMatch, ProblemKind::NotAFile, ProblemKind::CutShort, ProblemKind::SilentPipe]
        {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }
}
