//! Heads of lines that were met before. A program writes few different ones, so most lines are read by comparing bytes.
//!
//! A head is what stands between the time and the message. In four layouts it decides alone how the line is read,
//! whatever time stands before it and whatever message behind it, as long as the message does not begin with a byte that
//! [`Head::takes`] refuses:
//!
//! ```text
//! 2026-03-02 00:00:01,252| [INFO] main - |message
//! 2026-03-02 00:00:01,252| - wialon_sync - INFO - |message       also without the name
//! 2026-03-02 00:00:01.252| | INFO     | etl.loader:run:88 - |message
//! |INFO:main:|message
//! ```
//!
//! The general reader reads a head once; [`Heads::learn`] keeps it only if it is spelled exactly so. What [`Heads::read`]
//! gives is what the general reader would give, which a test asks of millions of lines.

use crate::logs::format::bytes::{class, is_name, run};
use crate::logs::format::{access, level};
use crate::logs::{FormatId, Line, Stamp, StampLayout};
use crate::model::Level;
use crate::platform::simd::Isa;

/// Longest head that is kept, in words of eight bytes.
const WORDS: usize = 6;
const MAX_HEAD: usize = WORDS * 8;
/// Heads that are kept; the one that was met least gives way.
const MAX_HEADS: usize = 48;
/// What uvicorn writes before a request: the level in a column of ten.
const UVICORN: &[u8; 10] = b"INFO:     ";

/// A part of a head, from its first byte.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u8,
    end: u8,
}

impl Span {
    fn of(self, head: &[u8]) -> &[u8] {
        &head[usize::from(self.start)..usize::from(self.end)]
    }
}

/// A head and what is read out of it.
#[derive(Clone, Copy, Debug)]
struct Head {
    words: [u64; WORDS],
    /// Ones where `words` holds the head.
    masks: [u64; WORDS],
    len: u8,
    format: FormatId,
    level: Level,
    level_raw: Span,
    logger: Span,
    origin: Span,
    met: u32,
}

/// The heads that were met, those met most often first.
#[derive(Debug)]
pub(super) struct Heads {
    known: Vec<Head>,
    isa: Isa,
}

impl Default for Heads {
    fn default() -> Self {
        Self { known: Vec::new(), isa: Isa::detect() }
    }
}

impl Heads {
    /// Reads a line whose head was met before, or a request as uvicorn writes it; `None` leaves it to the general reader.
    #[inline]
    pub(super) fn read<'a>(&mut self, text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
        match text.first()? {
            b'0'..=b'9' => self.dated(text, line),
            b'I' if text.starts_with(UVICORN) => request(self.isa, text, line),
            b'A'..=b'Z' => {
                let head = self.find(text)?;
                (head.format == FormatId::PythonBasic).then_some(())?;
                head.fill(text, line)
            }
            _ => None,
        }
    }

    #[inline]
    fn dated<'a>(&mut self, text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
        let (stamp, rest) = text.split_at(stamp_len(text)?);
        let head = self.find(rest)?;
        (head.format != FormatId::PythonBasic).then_some(())?;
        head.fill(rest, line)?;
        line.stamp = Stamp { layout: StampLayout::YearFirst, text: stamp };
        Some(())
    }

    /// The head that a text begins with.
    #[inline]
    fn find(&mut self, text: &[u8]) -> Option<&Head> {
        let words = words(text);
        let at = self.known.iter().position(|head| head.is(&words))?;
        self.known[at].met = self.known[at].met.saturating_add(1);
        if at > 0 && self.known[at].met > self.known[at - 1].met {
            self.known.swap(at, at - 1);
            return self.known.get(at - 1);
        }
        self.known.get(at)
    }

    /// Keeps the head of a line that the general reader has read, if it is one that decides alone.
    pub(super) fn learn(&mut self, text: &[u8], line: &Line<'_>) {
        let Some(head) = Head::of(text, line) else { return };
        if self.known.len() >= MAX_HEADS {
            self.known.pop();
            self.known.iter_mut().for_each(|head| head.met /= 2);
        }
        self.known.push(head);
    }
}

impl Head {
    /// The head of a line, if its layout and spelling are among those that decide alone.
    fn of(text: &[u8], line: &Line<'_>) -> Option<Self> {
        let stamp = match line.format {
            FormatId::PythonBasic if line.stamp.text.is_empty() => 0,
            FormatId::PythonBracket | FormatId::PythonDash | FormatId::Loguru => {
                stamp_len(text).filter(|len| line.stamp.text.len() == *len)?
            }
            _ => return None,
        };
        let head = text[stamp..].strip_suffix(line.message)?;
        let level = line.level?;
        let len = u8::try_from(head.len()).ok().filter(|len| usize::from(*len) <= MAX_HEAD)?;
        (spelled(line) == head && !line.message.is_empty()).then_some(())?;
        let span = |part: &[u8]| {
            let start = (part.as_ptr() as usize).wrapping_sub(head.as_ptr() as usize);
            if part.is_empty() {
                Span::default()
            } else {
                Span { start: start as u8, end: (start + part.len()) as u8 }
            }
        };
        let (level_raw, logger, origin) = (span(line.level_raw), span(line.logger), span(line.origin));
        let mut masks = [0; WORDS];
        for (at, mask) in masks.iter_mut().enumerate() {
            let bytes = head.len().saturating_sub(at * 8).min(8);
            *mask = if bytes == 0 { 0 } else { u64::MAX >> (64 - 8 * bytes) };
        }
        let mut words = words(head);
        words.iter_mut().zip(&masks).for_each(|(word, mask)| *word &= mask);
        let head = Self { words, masks, len, format: line.format, level, level_raw, logger, origin, met: 0 };
        head.takes(line.message).then_some(head)
    }

    /// Whether a text begins with this head.
    #[inline]
    fn is(&self, words: &[u64; WORDS]) -> bool {
        let differs = |at: usize| (words[at] ^ self.words[at]) & self.masks[at];
        differs(0) | differs(1) == 0 && (2..WORDS).fold(0, |all, at| all | differs(at)) == 0
    }

    /// Whether the head decides alone how a line with this message is read.
    #[inline]
    fn takes(&self, message: &[u8]) -> bool {
        let Some(first) = message.first() else { return false };
        match self.format {
            // A URL's `//`.
            FormatId::PythonBasic => !matches!(first, b' ' | b'\t' | b'/'),
            // Where in the source it was written may stand before the message.
            FormatId::PythonDash => {
                let word = memchr::memchr(b' ', message).unwrap_or(message.len());
                !matches!(first, b' ' | b'\t' | b'[' | b'-') && !message[word..].starts_with(b" -")
            }
            _ => !matches!(first, b' ' | b'\t'),
        }
    }

    /// Fills in a line that begins with this head.
    #[inline]
    fn fill<'a>(&self, text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
        let (head, message) = text.split_at_checked(usize::from(self.len))?;
        self.takes(message).then_some(())?;
        line.reset(self.format);
        (line.level, line.level_raw) = (Some(self.level), self.level_raw.of(head));
        (line.logger, line.origin, line.message) = (self.logger.of(head), self.origin.of(head), message);
        Some(())
    }
}

/// How a head of this layout is spelled that decides alone; nothing for other layouts.
fn spelled(line: &Line<'_>) -> Vec<u8> {
    let (word, logger, origin) = (line.level_raw, line.logger, line.origin);
    let named = is_name(logger) && level::of_word(logger).is_none();
    match line.format {
        FormatId::PythonBracket if named && origin.is_empty() => {
            [b" [", word, b"] ", logger, b" - "].concat()
        }
        FormatId::PythonDash if logger.is_empty() && origin.is_empty() => [b" - ", word, b" - "].concat(),
        FormatId::PythonDash if named && origin.is_empty() => [b" - ", logger, b" - ", word, b" - "].concat(),
        // The column of the level is eight wide.
        FormatId::Loguru if !origin.is_empty() && word.len() <= 8 => {
            let column = &b"         | "[word.len()..];
            [b" | ", word, column, logger, b":", origin, b" - "].concat()
        }
        FormatId::PythonBasic if named && !logger.contains(&b':') => [word, b":", logger, b":"].concat(),
        _ => Vec::new(),
    }
}

/// `INFO:     1.2.3.4:5 - "GET /x HTTP/1.1" 200 OK`.
#[inline]
fn request<'a>(isa: Isa, text: &'a [u8], line: &mut Line<'a>) -> Option<()> {
    let message = &text[UVICORN.len()..];
    message.first()?.is_ascii_digit().then_some(())?;
    let access = access::short_request(isa, message).or_else(|| access::in_message(message))?;
    line.reset(FormatId::Uvicorn);
    (line.level, line.level_raw) = (Some(Level::Info), &text[..4]);
    (line.message, line.access) = (message, Some(access));
    Some(())
}

/// The words that a text begins with; zeros behind its end.
#[inline]
fn words(text: &[u8]) -> [u64; WORDS] {
    let mut padded = [0; MAX_HEAD];
    let bytes: &[u8; MAX_HEAD] = match text.first_chunk() {
        Some(bytes) => bytes,
        None => {
            padded[..text.len()].copy_from_slice(text);
            &padded
        }
    };
    let (words, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|at| u64::from_le_bytes(words[at]))
}

/// The length of `2026-03-02 00:00:01`, with three or six digits of a fraction, and a blank behind it.
#[inline]
fn stamp_len(text: &[u8]) -> Option<usize> {
    /// What has to stand in each byte: a digit where 0x30 is, else just this.
    const SHAPE: [u64; 2] = [u64::from_le_bytes(*b"0000-00-"), u64::from_le_bytes(*b"00 00:00")];
    const DIGITS: [u64; 2] = [digits(b"0000-00-"), digits(b"00 00:00")];
    let head: &[u8; 20] = text.first_chunk()?;
    let (words, _) = head[..16].as_chunks::<8>();
    let mut wrong = 0;
    for at in 0..2 {
        // Digits come out as 0 to 9, everything else as 0.
        let off = u64::from_le_bytes(words[at]) ^ SHAPE[at];
        let above_nine = (off & DIGITS[at]) + DIGITS[at] / 0x0f * 0x06;
        wrong |= off & !DIGITS[at] | above_nine & (DIGITS[at] / 0x0f * 0xf0);
    }
    let seconds = head[16] == b':' && head[17].is_ascii_digit() && head[18].is_ascii_digit();
    if wrong != 0 || !seconds {
        return None;
    }
    if head[19] == b' ' {
        return Some(19);
    }
    matches!(head[19], b',' | b'.').then_some(())?;
    let fraction = &text[20..text.len().min(27)];
    let digits = run(fraction, class::DIGIT);
    (matches!(digits, 3 | 6) && fraction.get(digits) == Some(&b' ')).then_some(20 + digits)
}

/// 0x0f where a shape has a digit.
const fn digits(shape: &[u8; 8]) -> u64 {
    let mut mask = [0; 8];
    let mut at = 0;
    while at < 8 {
        mask[at] = if shape[at] == b'0' { 0x0f } else { 0 };
        at += 1;
    }
    u64::from_le_bytes(mask)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Heads, stamp_len};
    use crate::logs::format::{Parsed, Reader};
    use crate::logs::{FormatId, Line};

    /// Reads lines one after the other, and says how many were read by their heads alone.
    fn check(lines: &[Vec<u8>]) -> usize {
        let mut reader = Reader::default();
        let mut quick = 0;
        for text in lines {
            quick += usize::from(reader.heads.read(text, &mut Line::plain(b"")).is_some());
            let (mut got, mut expected) = (Parsed::new(), Parsed::new());
            reader.read(text, &mut got);
            Reader::default().read_any(text, &mut expected);
            assert_eq!(format!("{got:?}"), format!("{expected:?}"), "{}", String::from_utf8_lossy(text));
        }
        quick
    }

    fn lines(heads: &[&str], messages: &[&str]) -> Vec<Vec<u8>> {
        let both =
            heads.iter().flat_map(|head| messages.iter().map(move |message| format!("{head}{message}")));
        both.map(String::into_bytes).collect()
    }

    const HEADS: &[&str] = &[
        "2026-03-02 00:00:01,252 [INFO] main - ",
        "2026-03-02 00:00:01,252 [error] main.sub - ",
        "2026-03-02 00:00:01,252 [INFO ] main - ",
        "2026-03-02 00:00:01,252 [INFO] main: ",
        "2026-03-02 00:00:01,252 [INFO] ",
        "2026-03-02 00:00:01 - wialon_sync - WARNING - ",
        "2026-03-02 00:00:01.252123 - WARNING - ",
        "2026-03-02 00:00:01.252123 - WARN: - ",
        "2026-03-02 00:00:01,252 - ERROR - main - ",
        "2026-03-02 00:00:01.252 | INFO     | etl.loader:run:88 - ",
        "2026-03-02 00:00:01.252 | CRITICAL | __main__:<module>:8 - ",
        "2026-03-02 00:00:01.252 | INFO | etl.loader:run:88 - ",
        "2026-03-02T00:00:01.252 | INFO     | etl.loader:run:88 - ",
        "INFO:main:",
        "ERROR:a.b.c:",
        "INFO:     ",
        "WARNING:  ",
    ];
    const MESSAGES: &[&str] = &[
        "Cache hit for truck SG2110 (age 27s)",
        "slow - 3 s",
        "main.py:12 - boom",
        "[main.py:12] - boom",
        "[a] b - c",
        "- \"GET /x HTTP/1.1\" 200 OK",
        "10.0.0.1:5 - \"GET /x HTTP/1.1\" 200 OK",
        "10.0.0.1:5 - \"GET /x HTTP/1.1\" 2000 OK",
        "10.0.0.1 - - [25/Dec/2024:10:00:00 +0000] \"GET /x HTTP/1.1\" 200 12",
        "\"GET /x\" 500 1",
        "//x",
        " x",
        "\tx",
        "a|b | c",
        "-",
        "- x",
        "",
        "x",
        ": x",
        "ERROR - x",
        "\u{2705} Truck CO2258 updated: fuel 94.8%",
    ];

    #[test]
    fn known_heads_change_nothing_whatever_the_message() {
        let lines = lines(HEADS, MESSAGES);
        let twice: Vec<Vec<u8>> = lines.iter().chain(&lines).cloned().collect();
        assert!(check(&twice) > lines.len() / 2);
    }

    #[test]
    fn more_heads_than_fit_change_nothing() {
        let heads: Vec<String> =
            (0..200).map(|n| format!("2026-03-02 00:00:01,252 [INFO] main{n} - ")).collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        assert!(check(&lines(&heads, &["x", "y", "z"])) >= 400);
    }

    #[test]
    fn only_times_at_their_places_are_stamps() {
        for (text, len) in [
            ("2026-03-02 00:00:01 x", Some(19)),
            ("2026-03-02 00:00:01,252 x", Some(23)),
            ("2026-03-02 00:00:01.252123 x", Some(26)),
            ("2026-03-02 00:00:01,25 x", None),
            ("2026-03-02 00:00:01,252", None),
            ("2026-03-02T00:00:01 x", None),
            ("2026-03-02 00:00:01Z x", None),
            ("2026/03/02 00:00:01 x", None),
        ] {
            assert_eq!(stamp_len(text.as_bytes()), len, "{text}");
        }
        let good = b"2026-03-02 00:00:01 ";
        for at in 0..good.len() {
            for byte in (0..=u8::MAX).filter(|byte| !byte.is_ascii_digit() && !b",.".contains(byte)) {
                let mut bad = *good;
                bad[at] = byte;
                assert!(bad == *good || stamp_len(&bad).is_none(), "{at} {byte}");
            }
        }
    }

    #[test]
    fn a_head_is_learned_once_it_was_read() {
        let mut heads = Heads::default();
        let text = b"2026-03-02 00:00:01,252 [INFO] main - x";
        let mut parsed = Parsed::new();
        assert!(heads.read(text, &mut parsed.line).is_none());
        Reader::default().read_any(text, &mut parsed);
        heads.learn(text, &parsed.line);
        let mut line = Line::plain(b"");
        assert!(heads.read(text, &mut line).is_some());
        assert_eq!((line.format, line.logger), (FormatId::PythonBracket, &b"main"[..]));
    }

    proptest! {
        #[test]
        fn mutated_lines_are_read_as_ever(
            picks in prop::collection::vec((0..HEADS.len(), 0..MESSAGES.len(), any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..60)
        ) {
            let mutated = picks.iter().map(|(head, message, at, byte, kind)| {
                let mut text = format!("{}{}", HEADS[*head], MESSAGES[*message]).into_bytes();
                let at = at.index(text.len());
                match kind {
                    0 => text[at] = *byte,
                    1 => text.insert(at, b" -[]:|\t/\"x0"[usize::from(*byte) % 11]),
                    2 => drop(text.remove(at)),
                    _ => {}
                }
                text
            });
            check(&mutated.collect::<Vec<_>>());
        }
    }
}
