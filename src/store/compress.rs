//! Compression of a stream on all processors.
//!
//! What is written becomes a row of zstd frames of equal content size, each with its checksum, which every zstd reader
//! takes as one stream. Pieces are compressed side by side and written in their order; no more of them wait than there
//! are processors, so memory stays bounded however long the stream is.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use zstd::bulk;
use zstd::stream::read::Decoder;
use zstd::zstd_safe;

/// Fast, and within a few percent of what takes ten times as long.
const LEVEL: i32 = 3;
/// Content of one frame. Larger ones cost memory, smaller ones cost a part of the gain.
pub const PIECE: usize = 2 * 1024 * 1024;
const MAX_WORKERS: usize = 8;
/// Largest window that is decoded, as a power of two; a frame of ours needs less.
const WINDOW: u32 = 23;

/// Makes frames of pieces, one after the other: what every compressed file of ours is a row of.
pub struct Framer(bulk::Compressor<'static>);

impl std::fmt::Debug for Framer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Framer").finish_non_exhaustive()
    }
}

impl Framer {
    /// One that is used again and again.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn new() -> io::Result<Self> {
        let mut compressor = bulk::Compressor::new(LEVEL)?;
        compressor.include_checksum(true)?;
        Ok(Self(compressor))
    }

    /// Puts a piece's frame in the place of what `packed` held.
    ///
    /// # Errors
    /// When it cannot be compressed.
    pub fn frame(&mut self, piece: &[u8], packed: &mut Vec<u8>) -> io::Result<()> {
        packed.clear();
        packed.reserve(zstd_safe::compress_bound(piece.len()));
        self.0.compress_to_buffer(piece, packed).map(drop)
    }
}

/// Compresses what is written to it into `W`; whole once [`Compressor::finish`] has returned.
#[derive(Debug)]
pub struct Compressor<W: Write> {
    target: W,
    /// What has not been handed out yet.
    piece: Vec<u8>,
    bench: Bench,
    content_bytes: u64,
    is_started: bool,
}

impl<W: Write> Compressor<W> {
    /// Starts the workers: one for each processor.
    pub fn new(target: W) -> Self {
        let bench = Bench::new(workers());
        Self { target, piece: Vec::with_capacity(PIECE), bench, content_bytes: 0, is_started: false }
    }

    /// Bytes that were written so far, before compression.
    pub fn content_bytes(&self) -> u64 {
        self.content_bytes
    }

    /// Compresses what is left and gives the target back; it is not flushed to the disk.
    ///
    /// # Errors
    /// When the target cannot be written to.
    pub fn finish(mut self) -> io::Result<W> {
        // A stream of nothing is a frame of nothing, so that a reader knows it for zstd.
        if !self.piece.is_empty() || !self.is_started {
            self.hand_out()?;
        }
        while !self.bench.pending.is_empty() {
            self.take_in()?;
        }
        Ok(self.target)
    }

    fn hand_out(&mut self) -> io::Result<()> {
        while self.bench.is_full() {
            self.take_in()?;
        }
        self.is_started = true;
        let next = self.bench.spare.pop().unwrap_or_default();
        let raw = std::mem::replace(&mut self.piece, next.raw);
        self.piece.clear();
        self.bench.start(raw, next.packed)
    }

    /// Waits for the oldest piece and writes it.
    fn take_in(&mut self) -> io::Result<()> {
        let Some(answer) = self.bench.pending.pop_front() else { return Ok(()) };
        let answer = answer.recv().map_err(|_| io::Error::other("a compressing thread has ended"))?;
        answer.outcome?;
        self.target.write_all(&answer.buffers.packed)?;
        self.bench.spare.push(answer.buffers);
        Ok(())
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        self.content_bytes += taken as u64;
        if self.piece.len() == PIECE {
            self.hand_out()?;
        }
        Ok(taken)
    }

    /// Frames end where they are full, not where a writer pauses.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many threads compress side by side: one for each processor, up to what memory is worth.
pub fn workers() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MAX_WORKERS)
}

/// Reads what a [`Compressor`] has written; damage is an error, never other content.
///
/// # Errors
/// When the decoder cannot be made.
pub fn decompress<R: Read>(packed: R) -> io::Result<Decoder<'static, io::BufReader<R>>> {
    let mut decoder = Decoder::new(packed)?;
    decoder.window_log_max(WINDOW)?;
    Ok(decoder)
}

/// Room for one piece, used again and again.
#[derive(Debug, Default)]
struct Buffers {
    raw: Vec<u8>,
    packed: Vec<u8>,
}

struct Job {
    buffers: Buffers,
    answer: SyncSender<Answer>,
}

#[derive(Debug)]
struct Answer {
    buffers: Buffers,
    outcome: io::Result<()>,
}

/// The workers and what they have at hand.
#[derive(Debug)]
struct Bench {
    jobs: Option<SyncSender<Job>>,
    workers: Vec<JoinHandle<()>>,
    /// Pieces at work, oldest first.
    pending: VecDeque<Receiver<Answer>>,
    spare: Vec<Buffers>,
}

impl Bench {
    fn new(workers: usize) -> Self {
        let (jobs, queue) = sync_channel(workers);
        let queue = Arc::new(Mutex::new(queue));
        let worker = || {
            let queue = Arc::clone(&queue);
            thread::spawn(move || work(&queue))
        };
        let workers: Vec<_> = (0..workers.max(1)).map(|_| worker()).collect();
        Self { jobs: Some(jobs), workers, pending: VecDeque::new(), spare: Vec::new() }
    }

    /// Whether every worker has a piece, and one more waits.
    fn is_full(&self) -> bool {
        self.pending.len() > self.workers.len()
    }

    fn start(&mut self, raw: Vec<u8>, packed: Vec<u8>) -> io::Result<()> {
        let (answer, pending) = sync_channel(1);
        let job = Job { buffers: Buffers { raw, packed }, answer };
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        if !matches!(sent, Some(Ok(()))) {
            return Err(io::Error::other("the compressing threads have ended"));
        }
        self.pending.push_back(pending);
        Ok(())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.jobs = None;
        for worker in self.workers.drain(..) {
            // One that panicked has been told of by its missing answer.
            worker.join().unwrap_or(());
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    let mut framer = None;
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { mut buffers, answer }) = job else { return };
        let outcome = compress(&mut framer, &mut buffers);
        // Nobody waits any more when the stream was given up.
        answer.send(Answer { buffers, outcome }).unwrap_or(());
    }
}

fn compress(made: &mut Option<Framer>, buffers: &mut Buffers) -> io::Result<()> {
    let framer = match made {
        Some(framer) => framer,
        None => made.insert(Framer::new()?),
    };
    framer.frame(&buffers.raw, &mut buffers.packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for n in 0_u64.. {
            if out.len() >= bytes {
                break;
            }
            writeln!(out, "2026-01-01 00:00:00 INFO request {n} took {} ms", n * 7919 % 1000).unwrap();
        }
        out.truncate(bytes);
        out
    }

    fn packed(content: &[u8], chunk: usize) -> Vec<u8> {
        let mut compressor = Compressor::new(Vec::new());
        for part in content.chunks(chunk.max(1)) {
            compressor.write_all(part).unwrap();
        }
        assert_eq!(compressor.content_bytes(), content.len() as u64);
        compressor.finish().unwrap()
    }

    #[test]
    fn any_reader_of_zstd_gets_the_stream_back() {
        for (size, chunk) in
            [(0, 1), (1, 1), (70_000, 7), (PIECE, 65_536), (PIECE + 1, PIECE), (9 * PIECE, 99_991)]
        {
            let content = text(size);
            let packed = packed(&content, chunk);
            assert_eq!(zstd::stream::decode_all(&packed[..]).unwrap(), content, "{size}");
            let mut ours = Vec::new();
            decompress(&packed[..]).unwrap().read_to_end(&mut ours).unwrap();
            assert_eq!(ours, content, "{size}");
        }
    }

    #[test]
    fn damage_within_a_frame_is_an_error() {
        let content = text(100_000);
        let mut packed = packed(&content, 4096);
        let middle = packed.len() / 2;
        packed[middle] ^= 4;
        assert!(decompress(&packed[..]).unwrap().read_to_end(&mut Vec::new()).is_err());
        let half = &packed[..middle];
        assert!(decompress(half).unwrap().read_to_end(&mut Vec::new()).is_err());
    }

    #[test]
    fn a_target_that_is_full_ends_the_stream() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut compressor = Compressor::new(Full);
        let piece = vec![7; PIECE];
        let failed = (0..100).find_map(|_| compressor.write_all(&piece).err());
        assert_eq!(failed.unwrap().kind(), io::ErrorKind::StorageFull);
    }
}
