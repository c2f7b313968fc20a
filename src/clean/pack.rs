//! Compression on all processors, each piece decoded again from where it was written before it counts.
//!
//! A file becomes a row of zstd frames of equal content size, which every zstd reader takes as one stream. A worker reads
//! a piece, compresses it, waits for its turn to write, reads back what stands in the target, decodes that and compares
//! it with what it had read. Pieces of all files are one queue, so that many small files keep the processors as busy as
//! one large one. Backups are made of the same frames, but of a stream that is read back as a whole.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use zstd::bulk::Decompressor;

use crate::store::{self, Framer, PIECE};

/// Why a file is not finished once somebody asked for an end.
const INTERRUPTED: &str = "interrupted";

/// A file to be compressed into another, which is empty.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) source: &'a File,
    /// Bytes of the source that count.
    pub(super) size: u64,
    pub(super) target: &'a File,
}

/// Compresses files side by side; the answers are the compressed sizes, in the order of the jobs. Once `stop` is set,
/// what is not finished is an error.
pub(super) fn pack(jobs: &[Job<'_>], stop: &AtomicBool) -> Vec<io::Result<u64>> {
    let queue = Queue::new(jobs, stop);
    let workers = store::workers().min(queue.pieces.len());
    if workers <= 1 {
        queue.work();
    } else {
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| queue.work());
            }
        });
    }
    let targets = queue.targets.into_inner().unwrap_or_else(PoisonError::into_inner);
    targets.into_iter().map(|end| end.error.map_or(Ok(end.written), Err)).collect()
}

struct Queue<'a> {
    jobs: &'a [Job<'a>],
    stop: &'a AtomicBool,
    /// (job, where in the source, how much).
    pieces: Vec<(usize, u64, usize)>,
    next: AtomicUsize,
    /// By job.
    targets: Mutex<Vec<Target>>,
    turn: Condvar,
}

/// How far a target has come.
#[derive(Debug, Default)]
struct Target {
    /// Of the source, in whole pieces.
    read: u64,
    written: u64,
    error: Option<io::Error>,
}

impl<'a> Queue<'a> {
    fn new(jobs: &'a [Job<'a>], stop: &'a AtomicBool) -> Self {
        let mut pieces = Vec::new();
        for (job, Job { size, .. }) in jobs.iter().enumerate() {
            let mut at = 0;
            while at < *size {
                let length = (PIECE as u64).min(size - at);
                pieces.push((job, at, usize::try_from(length).unwrap_or(0)));
                at += length;
            }
        }
        Self {
            jobs,
            stop,
            pieces,
            next: AtomicUsize::new(0),
            targets: Mutex::new(jobs.iter().map(|_| Target::default()).collect()),
            turn: Condvar::new(),
        }
    }

    /// Takes pieces until there are none. They are given out in order, so whoever has to wait waits for a worker that
    /// is at work.
    fn work(&self) {
        let mut bench = Bench::new();
        while let Some(&(job, at, length)) = self.pieces.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let made = bench.as_mut().map_err(|e| io::Error::other(e.to_string()));
            let ended = made.and_then(|bench| self.piece(bench, job, at, length));
            if let Err(error) = ended {
                self.lock()[job].error.get_or_insert(error);
                self.turn.notify_all();
            }
        }
    }

    fn piece(&self, bench: &mut Bench, job: usize, at: u64, length: usize) -> io::Result<()> {
        let Job { source, target, .. } = self.jobs[job];
        if self.lock()[job].error.is_some() {
            return Ok(());
        }
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other(INTERRUPTED));
        }
        bench.raw.resize(length, 0);
        source.read_exact_at(&mut bench.raw, at).map_err(shrunk)?;
        bench.framer.frame(&bench.raw, &mut bench.packed)?;
        let Some(place) = self.place(job, at, length, bench.packed.len()) else { return Ok(()) };
        target.write_all_at(&bench.packed, place)?;
        bench.prove(target, place)
    }

    /// Waits for a piece's turn; the answer is where it belongs in the target, unless the file has failed meanwhile.
    fn place(&self, job: usize, at: u64, length: usize, packed: usize) -> Option<u64> {
        let mut targets = self.lock();
        while targets[job].read != at && targets[job].error.is_none() {
            targets = self.turn.wait(targets).unwrap_or_else(PoisonError::into_inner);
        }
        let target = &mut targets[job];
        if target.error.is_some() {
            return None;
        }
        let place = target.written;
        target.read += length as u64;
        target.written += packed as u64;
        drop(targets);
        self.turn.notify_all();
        Some(place)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Target>> {
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one worker works with.
struct Bench {
    framer: Framer,
    decompressor: Decompressor<'static>,
    raw: Vec<u8>,
    packed: Vec<u8>,
    decoded: Vec<u8>,
}

impl Bench {
    fn new() -> io::Result<Self> {
        let (framer, decompressor) = (Framer::new()?, Decompressor::new()?);
        Ok(Self { framer, decompressor, raw: Vec::new(), packed: Vec::new(), decoded: Vec::new() })
    }

    /// Reads back what was written and compares it with what it was made of.
    fn prove(&mut self, target: &File, place: u64) -> io::Result<()> {
        target.read_exact_at(&mut self.packed, place)?;
        self.decoded.clear();
        self.decoded.reserve(self.raw.len());
        self.decompressor.decompress_to_buffer(&self.packed, &mut self.decoded)?;
        if self.decoded == self.raw {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "what was written does not decode to the source"))
        }
    }
}

fn shrunk(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        io::Error::other("became shorter while it was read")
    } else {
        error
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    fn text(bytes: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for n in 0.. {
            if out.len() >= bytes {
                break;
            }
            writeln!(out, "2026-01-01 00:00:00 INFO request {n} took {} ms", n * 7919 % 1000).unwrap();
        }
        out.truncate(bytes);
        out
    }

    #[test]
    fn any_reader_of_zstd_gets_the_source_back() {
        let folder = tempfile::tempdir().unwrap();
        let sizes = [1, 5_000, PIECE, PIECE + 1, 5 * PIECE / 2];
        let sources: Vec<Vec<u8>> = sizes.iter().map(|size| text(*size)).collect();
        let files: Vec<(File, File)> = (0..sources.len())
            .map(|n| {
                let source = folder.path().join(format!("{n}"));
                fs::write(&source, &sources[n]).unwrap();
                let target = folder.path().join(format!("{n}.zst"));
                let target = File::options().read(true).write(true).create_new(true).open(target).unwrap();
                (File::open(source).unwrap(), target)
            })
            .collect();
        let jobs: Vec<Job<'_>> = files
            .iter()
            .zip(&sources)
            .map(|((source, target), text)| Job { source, size: text.len() as u64, target })
            .collect();
        for (n, packed) in pack(&jobs, &AtomicBool::new(false)).into_iter().enumerate() {
            let target = fs::read(folder.path().join(format!("{n}.zst"))).unwrap();
            assert_eq!(packed.unwrap(), target.len() as u64);
            assert_eq!(zstd::stream::decode_all(&target[..]).unwrap(), sources[n]);
        }
    }

    #[test]
    fn a_source_that_shrinks_fails_alone() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            File::options().read(true).write(true).open(path).unwrap()
        };
        let (short, whole) = (make("short", &text(100)), make("whole", &text(100)));
        let (a, b) = (make("a", b""), make("b", b""));
        let jobs = [
            Job { source: &short, size: 5 * PIECE as u64, target: &a },
            Job { source: &whole, size: 100, target: &b },
        ];
        let ends = pack(&jobs, &AtomicBool::new(false));
        assert_eq!(ends[0].as_ref().unwrap_err().to_string(), "became shorter while it was read");
        assert!(ends[1].is_ok());
    }

    #[test]
    fn an_interrupt_ends_it_with_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("source"), text(100)).unwrap();
        let source = File::open(folder.path().join("source")).unwrap();
        let target = File::create_new(folder.path().join("target")).unwrap();
        let ends = pack(&[Job { source: &source, size: 100, target: &target }], &AtomicBool::new(true));
        assert_eq!(ends[0].as_ref().unwrap_err().to_string(), INTERRUPTED);
    }
}
