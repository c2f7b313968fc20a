//! What every kind writes on: a buffer over the sink, the clock, the dice and the books.

use std::io::{self, Write};

use super::clock::Clock;
use super::messages::{Layout, Message};
use super::phrase::{Phrase, decimal};
use super::rng::{Rng, Weighted};
use super::truth::{Level, Mislevelled, Truth};

const FLUSH_AT: usize = 1 << 18;

/// A log being written.
pub(crate) struct Page<'w> {
    pub(crate) out: Vec<u8>,
    pub(crate) rng: Rng,
    pub(crate) clock: Clock,
    pub(crate) truth: Truth,
    pub(crate) target: u64,
    sink: &'w mut dyn Write,
}

impl<'w> Page<'w> {
    pub(crate) fn new(sink: &'w mut dyn Write, seed: u64, target: u64) -> Self {
        Self {
            out: Vec::with_capacity(FLUSH_AT + (1 << 17)),
            rng: Rng::new(seed),
            clock: Clock::new(),
            truth: Truth { seed, ..Truth::default() },
            target,
            sink,
        }
    }

    /// Bytes written so far.
    pub(crate) fn position(&self) -> u64 {
        self.truth.bytes + self.out.len() as u64
    }

    /// Whether more is wanted; hands over what has gathered.
    pub(crate) fn wants_more(&mut self) -> io::Result<bool> {
        if self.out.len() >= FLUSH_AT {
            self.flush()?;
        }
        Ok(self.position() < self.target)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.truth.bytes += self.out.len() as u64;
        self.truth.lines += self.out.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.sink.write_all(&self.out)?;
        self.out.clear();
        Ok(())
    }

    /// Closes the books.
    pub(crate) fn finish(mut self, kind: &'static str) -> io::Result<Truth> {
        self.flush()?;
        self.sink.flush()?;
        self.truth.kind = kind;
        assert_eq!(
            self.truth.lines,
            self.truth.records + self.truth.continuation_lines,
            "the generator lost count of its lines"
        );
        Ok(self.truth)
    }

    /// Hands over what is left where there are no books to close.
    pub(crate) fn finish_unbooked(mut self) -> io::Result<()> {
        self.flush()?;
        self.sink.flush()
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn number(&mut self, value: u64) {
        decimal(value, &mut self.out);
    }

    pub(crate) fn phrase(&mut self, phrase: &Phrase) {
        phrase.write(&mut self.rng, &mut self.out);
    }

    /// Writes what stands before a record's text.
    pub(crate) fn head(&mut self, layout: Layout, level: Level, logger: &str) {
        match layout {
            Layout::Bracket => self.stamped(b',', &[" [", level.upper(), "] ", logger, " - "]),
            Layout::Dashed => self.stamped(b',', &[" - ", logger, " - ", level.upper(), " - "]),
            Layout::Nameless => self.stamped(b',', &[" - ", level.upper(), " - "]),
            Layout::Loguru => {
                let pad = &"        "[level.upper().len()..];
                self.stamped(b'.', &[" | ", level.upper(), pad, " | ", logger, " - "]);
            }
            Layout::Basic => {
                self.truth.undated_records += 1;
                self.words(&[level.upper(), ":", logger, ":"]);
            }
            Layout::Console => {
                let colour = match level {
                    Level::Error | Level::Critical => "\x1b[31m",
                    Level::Warning => "\x1b[33m",
                    _ => "\x1b[32m",
                };
                self.out.extend_from_slice(self.clock.time_of_day());
                self.words(&[" - ", colour, level.upper(), "\x1b[0m - "]);
            }
            Layout::Json => {
                self.text("{\"timestamp\": \"");
                self.out.extend_from_slice(&self.clock.iso());
                self.words(&["\", \"level\": \"", level.upper(), "\", \"logger\": \"", logger]);
                self.text("\", \"message\": \"");
            }
            Layout::Stamped => {
                self.text("[");
                self.out.extend_from_slice(self.clock.second());
                self.text("] ");
            }
            Layout::Shell => {
                self.clock.shell(&mut self.out);
                self.text(": ");
            }
        }
    }

    fn stamped(&mut self, separator: u8, words: &[&str]) {
        self.out.extend_from_slice(self.clock.second());
        self.out.extend_from_slice(&self.clock.millis(separator));
        self.words(words);
    }

    fn words(&mut self, words: &[&str]) {
        words.iter().for_each(|word| self.out.extend_from_slice(word.as_bytes()));
    }

    /// Ends a record's first line.
    pub(crate) fn end(&mut self, layout: Layout) {
        self.text(if layout == Layout::Json { "\"}\n" } else { "\n" });
    }
}

/// Messages compiled for writing, with the count of those whose level lies.
#[derive(Debug)]
pub(crate) struct Speech {
    messages: Vec<(Message, Phrase, u64)>,
    shares: Weighted,
}

impl Speech {
    pub(crate) fn new(messages: &[Message]) -> Self {
        Self {
            messages: messages.iter().map(|message| (*message, Phrase::new(message.5), 0)).collect(),
            shares: Weighted::new(messages.iter().map(|message| message.0)),
        }
    }

    /// Writes one message drawn by its share, without the end of its line.
    pub(crate) fn say(&mut self, page: &mut Page) -> Layout {
        let index = self.shares.draw(&mut page.rng);
        let ((_, layout, logger, written, effective, _), phrase, count) = &mut self.messages[index];
        page.head(*layout, *written, logger);
        page.phrase(phrase);
        page.truth.level(*written, *effective);
        *count += 1;
        *layout
    }

    /// The messages whose level does not fit, as far as they were said.
    pub(crate) fn mislevelled(&self) -> Vec<Mislevelled> {
        self.messages
            .iter()
            .filter(|((_, _, _, written, effective, _), _, count)| written != effective && *count > 0)
            .map(|((_, _, _, written, effective, text), _, count)| Mislevelled {
                text,
                written: *written,
                effective: *effective,
                count: *count,
            })
            .collect()
    }
}
