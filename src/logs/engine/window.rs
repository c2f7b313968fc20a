//! Whole lines out of a reader, in a buffer of bounded size.
//!
//! A line that is longer than [`MAX_LINE`] is cut there; a record that is longer than [`MAX_RECORD`] ends there. Both
//! places depend on where the line or the record begins and on nothing else, so that two readers who come upon the same
//! bytes from different sides see the same lines.

use std::io::{self, Read};

use crate::logs::engine::last_words::REACH;

/// Longest line that is kept whole.
pub(super) const MAX_LINE: usize = 512 << 10;
/// Longest record that is kept together; also the size of the buffer.
pub(super) const MAX_RECORD: usize = 1 << 20;
/// Bytes that are read at once: few enough to stay in the processor's cache until they are looked at.
const CHUNK: usize = 256 << 10;
/// Bytes that are read first into a buffer that was not used before: few places are looked at for more.
const FIRST_CHUNK: usize = 16 << 10;

/// Bytes of one line that were dropped.
#[derive(Clone, Copy, Debug)]
struct Gap {
    /// Where the line goes on in the buffer.
    at: usize,
    dropped: u64,
}

/// A buffer over a reader; holds whole lines, the last one perhaps without its newline at the end of the text.
#[derive(Debug)]
pub(super) struct Window<R> {
    reader: R,
    bytes: Vec<u8>,
    /// What has been read and not yet given up.
    start: usize,
    end: usize,
    /// Behind the last newline, or `end` at the end of the text.
    whole: usize,
    /// Where `start` stands in the text.
    offset: u64,
    gaps: Vec<Gap>,
    at_end: bool,
    /// The last bytes that were given up, where they are wanted.
    history: Option<Vec<u8>>,
}

/// Places of the lines of a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places<'a> {
    offset: u64,
    start: usize,
    gaps: &'a [Gap],
}

impl Places<'_> {
    /// Where a byte of the lines stands in the text.
    #[inline]
    pub(super) fn offset_of(&self, at: usize) -> u64 {
        let before = |gap: &&Gap| gap.at <= self.start + at;
        let dropped: u64 = self.gaps.iter().filter(before).map(|gap| gap.dropped).sum();
        self.offset + at as u64 + dropped
    }
}

impl<R: Read> Window<R> {
    /// Reads a text of which the reader stands at `offset`.
    pub(super) fn new(reader: R, offset: u64, bytes: Vec<u8>) -> Self {
        Self {
            reader,
            bytes,
            start: 0,
            end: 0,
            whole: 0,
            offset,
            gaps: Vec::new(),
            at_end: false,
            history: None,
        }
    }

    /// Keeps the last bytes that are given up.
    pub(super) fn with_history(self) -> Self {
        Self { history: Some(Vec::new()), ..self }
    }

    /// The last bytes that were given up, if they are kept.
    pub(super) fn history(&self) -> Option<&[u8]> {
        self.history.as_deref()
    }

    /// The whole lines that are there.
    pub(super) fn lines(&self) -> &[u8] {
        &self.bytes[self.start..self.whole]
    }

    /// Whether nothing follows the lines that are there.
    pub(super) fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// Whether no more lines fit in.
    pub(super) fn is_full(&self) -> bool {
        self.end - self.start >= MAX_RECORD
    }

    /// Where a byte of [`Window::lines`] stands in the text.
    pub(super) fn offset_of(&self, at: usize) -> u64 {
        self.places().offset_of(at)
    }

    /// Where the bytes of [`Window::lines`] stand in the text.
    pub(super) fn places(&self) -> Places<'_> {
        Places { offset: self.offset, start: self.start, gaps: &self.gaps }
    }

    /// The buffer, for the next window.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }

    /// Gives up the first bytes of the lines.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.offset = self.offset_of(bytes);
        if let Some(history) = &mut self.history {
            let given_up = &self.bytes[self.start..self.start + bytes];
            history.extend_from_slice(&given_up[given_up.len().saturating_sub(REACH)..]);
            history.drain(..history.len().saturating_sub(REACH));
        }
        self.start += bytes;
        let start = self.start;
        self.gaps.retain(|gap| gap.at > start);
    }

    /// Reads until there are more whole lines than before, the buffer is full, or the text ends.
    ///
    /// # Errors
    /// What the reader says.
    pub(super) fn fill(&mut self) -> io::Result<()> {
        self.make_room();
        let before = self.whole;
        while self.whole == before && !self.at_end && !self.is_full() {
            self.read_chunk()?;
        }
        Ok(())
    }

    /// Moves what is left to the front of the buffer.
    fn make_room(&mut self) {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.gaps.iter_mut().for_each(|gap| gap.at -= self.start);
            self.end -= self.start;
            self.whole -= self.start;
            self.start = 0;
        }
    }

    fn read_chunk(&mut self) -> io::Result<()> {
        let room = self.bytes.len().clamp(FIRST_CHUNK, CHUNK).min(MAX_RECORD - self.end);
        if self.bytes.len() < self.end + room {
            self.bytes.resize(self.end + room, 0);
        }
        let read = match self.reader.read(&mut self.bytes[self.end..self.end + room]) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(error),
        };
        if read == 0 {
            self.at_end = true;
            self.whole = self.end;
            return Ok(());
        }
        self.take(read);
        Ok(())
    }

    /// Takes in bytes that were read behind `end`, without those of a line that is too long.
    fn take(&mut self, read: usize) {
        let (from, mut to) = (self.end, self.end + read);
        let line_end = memchr::memchr(b'\n', &self.bytes[from..to]).map_or(to, |at| from + at);
        let longest = self.whole + MAX_LINE;
        if line_end > longest {
            let dropped = line_end - longest;
            self.bytes.copy_within(line_end..to, longest);
            to -= dropped;
            match self.gaps.last_mut() {
                Some(gap) if gap.at == longest => gap.dropped += dropped as u64,
                _ => self.gaps.push(Gap { at: longest, dropped: dropped as u64 }),
            }
        }
        self.end = to;
        if let Some(newline) = memchr::memrchr(b'\n', &self.bytes[from..to]) {
            self.whole = from + newline + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{MAX_LINE, MAX_RECORD, Window};

    /// Reads in pieces of a given size.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let len = self.1.min(buffer.len());
            self.0.take(len as u64).read(buffer).inspect(|&read| self.0 = &self.0[read..])
        }
    }

    /// All lines with their offsets.
    fn lines(text: &[u8], piece: usize) -> Vec<(u64, Vec<u8>)> {
        let mut window = Window::new(Pieces(text, piece), 0, Vec::new());
        let mut found = Vec::new();
        loop {
            window.fill().unwrap();
            let lines = window.lines().to_vec();
            let mut at = 0;
            for line in lines.split_inclusive(|&byte| byte == b'\n') {
                found.push((window.offset_of(at), line.to_vec()));
                at += line.len();
            }
            window.consume(lines.len());
            if window.is_at_end() {
                return found;
            }
        }
    }

    #[test]
    fn lines_have_their_places() {
        let text = b"one\ntwo\n\nfour";
        for piece in 1..20 {
            let found = lines(text, piece);
            let shown: Vec<(u64, &[u8])> = found.iter().map(|(at, line)| (*at, &line[..])).collect();
            assert_eq!(shown, [(0, &b"one\n"[..]), (4, b"two\n"), (8, b"\n"), (9, b"four")]);
        }
    }

    #[test]
    fn long_lines_are_cut_at_the_same_place_whatever_the_reads() {
        for len in [MAX_LINE - 1, MAX_LINE, MAX_LINE + 1, 3 * MAX_RECORD] {
            let mut text = b"first\n".to_vec();
            text.extend(std::iter::repeat_n(b'x', len));
            text.extend_from_slice(b"\nlast\n");
            for piece in [1000, 100_000, usize::MAX] {
                let found = lines(&text, piece);
                let lens: Vec<usize> = found.iter().map(|(_, line)| line.len()).collect();
                assert_eq!(lens, [6, len.min(MAX_LINE) + 1, 5], "{len} in {piece}");
                assert_eq!(found[2].0, 6 + len as u64 + 1);
            }
        }
    }

    #[test]
    fn the_buffer_does_not_grow() {
        let text = b"line of some length\n".repeat(200_000);
        let mut window = Window::new(&text[..], 0, Vec::new());
        for _ in 0..20 {
            window.fill().unwrap();
        }
        assert!(window.is_full() && window.bytes.len() <= MAX_RECORD);
    }
}
