//! A stream of log text: pipes, and compressed files unpacked while they are read.
//!
//! A feed never fails half-way: what is wrong with it ends it, and [`Feed::problem`] says so afterwards. Several
//! compressed members in one file are read one after the other. What unpacks to absurdly much is cut.

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;
use zstd::stream::read::Decoder as ZstdDecoder;

use crate::logs::input::source::{Extent, MAGIC_LEN, Problem, ProblemKind, SourceKind};
use crate::text::human;

/// Compressed bytes read at once.
const PACKED_BUFFER: usize = 128 << 10;
/// Real logs pack to a hundredth at best; a bomb packs to a thousandth.
const BOMB_RATIO: u64 = 250;
/// Below this, any ratio will do.
const BOMB_FLOOR: u64 = 64 << 20;
/// Memory that an xz dictionary may take; `xz -9` needs 65 MiB.
const XZ_MEMORY_KIB: u32 = 160 << 10;

type Bytes = Box<dyn Read + Send>;

/// Log text as it comes.
pub struct Feed {
    name: String,
    unpacker: Unpacker,
    unpacked: u64,
    problem: Option<Problem>,
}

enum Unpacker {
    Bare(Bytes),
    Gzip(Box<GzDecoder<Packed>>),
    Bzip2(BzDecoder<Packed>),
    Zstd(ZstdDecoder<'static, Packed>),
    Xz(Box<XzReader<Packed>>),
    /// At its end, with the compressed bytes that were read.
    Done(u64),
}

/// Compressed bytes, counted as they are taken.
struct Packed {
    reader: BufReader<Bytes>,
    taken: u64,
}

impl Feed {
    /// Reads a file of known compression.
    ///
    /// # Errors
    /// When a decompressor cannot be set up.
    pub(super) fn unpack(name: &str, kind: SourceKind, bytes: Bytes) -> Result<Self, Problem> {
        let unpacker = match kind {
            SourceKind::Gzip => Unpacker::Gzip(Box::new(GzDecoder::new(Packed::new(bytes)))),
            SourceKind::Bzip2 => Unpacker::Bzip2(BzDecoder::new(Packed::new(bytes))),
            SourceKind::Zstd => {
                let decoder = ZstdDecoder::with_buffer(Packed::new(bytes));
                Unpacker::Zstd(decoder.map_err(|error| Problem::of_error(name, &error))?)
            }
            SourceKind::Xz => {
                Unpacker::Xz(Box::new(XzReader::new_mem_limit(Packed::new(bytes), true, XZ_MEMORY_KIB)))
            }
            SourceKind::Plain | SourceKind::Stream => Unpacker::Bare(bytes),
        };
        Ok(Self { name: name.to_owned(), unpacker, unpacked: 0, problem: None })
    }

    /// Reads a stream, compressed or not as its first bytes say.
    ///
    /// # Errors
    /// When nothing comes out of it.
    pub(super) fn sniff(name: &str, mut bytes: Bytes) -> Result<Self, Problem> {
        let mut head = Vec::with_capacity(MAGIC_LEN);
        match bytes.by_ref().take(MAGIC_LEN as u64).read_to_end(&mut head) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                return Err(Problem::nothing(
                    name,
                    ProblemKind::SilentPipe,
                    "a FIFO that nobody writes into",
                ));
            }
            Err(error) => return Err(Problem::of_error(name, &error)),
        }
        let kind = SourceKind::of_head(&head);
        Self::unpack(name, kind, Box::new(Cursor::new(head).chain(bytes)))
    }

    /// What ended the stream early, or was odd at its end; complete once a read has returned 0.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// Bytes handed out so far.
    pub fn unpacked_bytes(&self) -> u64 {
        self.unpacked
    }

    /// Ends the stream and says why.
    fn stop(&mut self, kind: ProblemKind, extent: Extent, detail: String) {
        self.unpacker = Unpacker::Done(self.unpacker.packed_bytes());
        self.problem = Some(Problem { path: self.name.clone(), kind, extent, detail });
    }

    fn fail(&mut self, error: &io::Error) {
        let read = human::bytes(self.unpacked);
        let extent = if self.unpacked == 0 { Extent::Nothing } else { Extent::Beginning };
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                self.stop(ProblemKind::CutShort, extent, format!("cut short: {read} could be unpacked"));
            }
            _ if error.raw_os_error().is_some() => {
                let named = Problem::of_error(&self.name, error);
                self.stop(named.kind, extent, format!("{} after {read}", named.detail));
            }
            // Of zstd's errors only the text tells this one apart.
            kind if kind == io::ErrorKind::OutOfMemory || error.to_string().contains("memory") => {
                let detail = "needs too much memory to unpack; unpack it first, or pipe it in".to_owned();
                self.stop(ProblemKind::Unreadable, extent, detail);
            }
            _ => self.stop(ProblemKind::Corrupt, extent, format!("damaged: {read} could be unpacked")),
        }
    }

    /// Goes on with the next member of a gzip or bzip2 file, if one follows.
    fn next_member(&mut self) -> io::Result<bool> {
        let done = Unpacker::Done(self.unpacker.packed_bytes());
        let (mut packed, kind) = match std::mem::replace(&mut self.unpacker, done) {
            Unpacker::Gzip(decoder) => (decoder.into_inner(), SourceKind::Gzip),
            Unpacker::Bzip2(decoder) => (decoder.into_inner(), SourceKind::Bzip2),
            _ => return Ok(false),
        };
        let next = packed.skip_zeros()?;
        self.unpacker = match (next, kind) {
            (None, _) => return Ok(false),
            (Some(0x1f), SourceKind::Gzip) => Unpacker::Gzip(Box::new(GzDecoder::new(packed))),
            (Some(b'B'), SourceKind::Bzip2) => Unpacker::Bzip2(BzDecoder::new(packed)),
            (Some(_), _) => {
                let detail = "bytes behind the compressed data are ignored".to_owned();
                self.stop(ProblemKind::Corrupt, Extent::Everything, detail);
                return Ok(false);
            }
        };
        Ok(true)
    }

    fn is_bomb(&self) -> bool {
        self.unpacked > BOMB_FLOOR
            && !matches!(self.unpacker, Unpacker::Bare(_))
            && self.unpacked / BOMB_RATIO > self.unpacker.packed_bytes()
    }
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            match self.unpacker.read(buffer) {
                Ok(0) => match self.next_member() {
                    Ok(true) => {}
                    Ok(false) => return Ok(0),
                    Err(error) => self.fail(&error),
                },
                Ok(read) => {
                    self.unpacked += read as u64;
                    if self.is_bomb() {
                        let (read, packed) =
                            (human::bytes(self.unpacked), human::bytes(self.unpacker.packed_bytes()));
                        let detail =
                            format!("unpacks to absurdly much: stopped after {read} out of {packed}");
                        self.stop(ProblemKind::Bomb, Extent::Beginning, detail);
                    }
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.fail(&error),
            }
        }
        Ok(0)
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, unpacked, problem, .. } = self;
        f.debug_struct("Feed")
            .field("name", name)
            .field("unpacked", unpacked)
            .field("problem", problem)
            .finish_non_exhaustive()
    }
}

impl Unpacker {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bare(bytes) => bytes.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Bzip2(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
            Self::Xz(decoder) => decoder.read(buffer),
            Self::Done(_) => Ok(0),
        }
    }

    fn packed_bytes(&self) -> u64 {
        match self {
            Self::Bare(_) => 0,
            Self::Gzip(decoder) => decoder.get_ref().taken,
            Self::Bzip2(decoder) => decoder.get_ref().taken,
            Self::Zstd(decoder) => decoder.get_ref().taken,
            Self::Xz(decoder) => decoder.inner().taken,
            Self::Done(taken) => *taken,
        }
    }
}

impl Packed {
    fn new(bytes: Bytes) -> Self {
        Self { reader: BufReader::with_capacity(PACKED_BUFFER, bytes), taken: 0 }
    }

    /// The next byte that is not padding, without taking it.
    fn skip_zeros(&mut self) -> io::Result<Option<u8>> {
        loop {
            let waiting = self.fill_buf()?;
            if waiting.is_empty() {
                return Ok(None);
            }
            let zeros = waiting.iter().position(|byte| *byte != 0);
            let next = zeros.map(|at| waiting[at]);
            let skipped = zeros.unwrap_or(waiting.len());
            self.consume(skipped);
            if next.is_some() {
                return Ok(next);
            }
        }
    }
}

impl Read for Packed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.taken += read as u64;
        Ok(read)
    }
}

impl BufRead for Packed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.taken += amount as u64;
        self.reader.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const TEXT: &[u8] = b"first line\nsecond line\n";
    /// TEXT as `xz` packs it.
    const XZ: &[u8] =
        b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4F\x02\0!\x01\x16\0\0\0t/\xe5\xa3\x01\0\x16first line\nsecond line\n\
        \0\0\x12\xe91\xef\xb2\xa2\xdad\0\x01/\x17\x81\x08I\xb1\x1f\xb6\xf3}\x01\0\0\0\0\x04YZ";

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn bzip2(text: &[u8]) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: Vec<u8>) -> (Vec<u8>, Option<ProblemKind>) {
        let mut feed = Feed::sniff("x", Box::new(Cursor::new(bytes))).unwrap();
        let mut text = Vec::new();
        feed.read_to_end(&mut text).unwrap();
        assert_eq!(feed.unpacked_bytes(), text.len() as u64);
        (text, feed.problem().map(|problem| problem.kind))
    }

    #[test]
    fn every_compression_gives_the_text_back() {
        for packed in
            [TEXT.to_vec(), gzip(TEXT), bzip2(TEXT), zstd::encode_all(TEXT, 3).unwrap(), XZ.to_vec()]
        {
            assert_eq!(read(packed), (TEXT.to_vec(), None));
        }
    }

    #[test]
    fn members_are_read_one_after_the_other() {
        let twice = [TEXT, TEXT].concat();
        for packed in [gzip(TEXT), bzip2(TEXT), zstd::encode_all(TEXT, 3).unwrap(), XZ.to_vec()] {
            assert_eq!(read([packed.clone(), packed].concat()), (twice.clone(), None));
        }
    }

    #[test]
    fn padding_is_no_problem_and_rubbish_behind_is_named() {
        assert_eq!(read([gzip(TEXT), vec![0; 700]].concat()), (TEXT.to_vec(), None));
        let behind = read([gzip(TEXT), b"rubbish".to_vec()].concat());
        assert_eq!(behind, (TEXT.to_vec(), Some(ProblemKind::Corrupt)));
    }

    #[test]
    fn what_a_cut_short_file_holds_is_read() {
        let hash = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        let text: Vec<u8> = (0..200_000).flat_map(|n| format!("line {}\n", hash(n)).into_bytes()).collect();
        for packed in [gzip(&text), bzip2(&text), zstd::encode_all(&text[..], 3).unwrap()] {
            let (read, problem) = read(packed[..packed.len() * 3 / 4].to_vec());
            assert_eq!(problem, Some(ProblemKind::CutShort));
            assert!(read.len() > text.len() / 4 && text.starts_with(&read), "{} bytes", read.len());
        }
        assert_eq!(read(XZ[..XZ.len() - 20].to_vec()), (TEXT.to_vec(), Some(ProblemKind::CutShort)));
    }

    #[test]
    fn damage_ends_the_stream_and_is_named() {
        let mut packed = gzip(&b"some text that is repeated ".repeat(1_000));
        let middle = packed.len() / 2;
        packed[middle..middle + 8].fill(0xff);
        assert_eq!(read(packed).1, Some(ProblemKind::Corrupt));
    }

    #[test]
    fn greed_for_memory_is_no_damage() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(30).unwrap();
        encoder.write_all(TEXT).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(read(packed).1, Some(ProblemKind::Unreadable));
        let mut xz = XZ.to_vec();
        // The dictionary's size in the block header, and the header's checksum.
        xz[16] = 40;
        let checksum = crc32(&xz[12..20]).to_le_bytes();
        xz[20..24].copy_from_slice(&checksum);
        assert_eq!(read(xz).1, Some(ProblemKind::Unreadable));
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    }

    #[test]
    fn bomb_is_stopped_early() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        (0..200).for_each(|_| encoder.write_all(&[0; 1 << 20]).unwrap());
        let packed = encoder.finish().unwrap();
        let mut feed = Feed::sniff("x", Box::new(Cursor::new(packed))).unwrap();
        let unpacked = io::copy(&mut feed, &mut io::sink()).unwrap();
        assert_eq!(feed.problem().map(|problem| problem.kind), Some(ProblemKind::Bomb));
        assert!((BOMB_FLOOR..BOMB_FLOOR + (2 << 20)).contains(&unpacked), "{unpacked}");
    }
}
