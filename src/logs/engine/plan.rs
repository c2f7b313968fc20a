//! What is to be read, cut into parts.
//!
//! A plain file is cut at multiples of a size; the real border is the first line at or behind the cut that surely opens a
//! record. Both neighbours find it by looking at the same bytes, so nobody needs to tell anybody. Where the reading of a
//! file begins behind its first byte there is no neighbour: the first part takes the first line that begins there.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::AtomicU64;

use crate::logs::assemble::first_opening;
use crate::logs::engine::ranged::Ranged;
use crate::logs::engine::window::Window;
use crate::logs::input::{Source, SourceKind};

/// How far behind a cut a sure opening is looked for.
const SEARCH: u64 = 1 << 20;
/// How much is looked at first; most logs open a record within a few lines.
const FIRST_LOOK: u64 = 8 << 10;
/// Parts are not smaller than this.
const MIN_PART: u64 = 1 << 20;
/// Nor larger than this.
const MAX_PART: u64 = 16 << 20;
/// Parts for each worker, so that they end at about the same time.
const PARTS_PER_WORKER: u64 = 12;

/// Something for a worker to do.
#[derive(Debug)]
pub(super) enum Job {
    /// A part of a plain file, by its cuts.
    Part { source: usize, part: u32, from: u64, to: u64, len: u64 },
    /// A whole source, of which it is known when it is opened how it can be read.
    Whole { source: usize },
    /// A plain file, to be heard while others read its parts.
    Hear { source: usize, len: u64 },
}

/// Where the parts of a file begin that is read from `start` on.
pub(super) fn cuts(start: u64, len: u64, size: u64) -> impl Iterator<Item = u64> {
    (0..len.saturating_sub(start).div_ceil(size)).map(move |part| start + part * size)
}

/// Everything that is to be counted; what cannot be cut comes first, since it takes longest.
pub(super) fn jobs(sources: &[Source], part_bytes: u64) -> Vec<Job> {
    let (plain, whole): (Vec<_>, Vec<_>) =
        sources.iter().enumerate().partition(|(_, source)| source.kind == SourceKind::Plain);
    let mut jobs: Vec<Job> = whole.into_iter().map(|(source, _)| Job::Whole { source }).collect();
    for (source, &Source { len, start, .. }) in plain {
        let cuts = cuts(start, len, part_bytes).zip(0_u64..).map(|(from, part)| (part, from));
        jobs.extend(cuts.map(|(part, from)| {
            let to = from.saturating_add(part_bytes).min(len);
            Job::Part { source, part: u32::try_from(part).unwrap_or(u32::MAX), from, to, len }
        }));
    }
    jobs
}

/// The size of parts that keeps so many workers busy with so many bytes.
pub(super) fn part_size(bytes: u64, workers: usize) -> u64 {
    (bytes / (workers as u64 * PARTS_PER_WORKER)).clamp(MIN_PART, MAX_PART)
}

/// Where the part begins that is cut off at `cut`, in a file that is read up to `len`.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn border(file: &File, cut: u64, len: u64) -> io::Result<u64> {
    if cut == 0 || cut >= len {
        return Ok(cut.min(len));
    }
    let mut look = FIRST_LOOK;
    loop {
        let (first_line, found) = opening_behind(file, cut, (cut + look).min(len))?;
        match found {
            Some(border) => return Ok(border),
            None if cut + look >= len => return Ok(len),
            None if look >= SEARCH => return Ok(first_line),
            None => look = (look * 8).min(SEARCH),
        }
    }
}

/// Where the first line begins at or behind `cut`, in a file that is read up to `len`.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn line_behind(file: &File, cut: u64, len: u64) -> io::Result<u64> {
    if cut == 0 || cut >= len {
        return Ok(cut.min(len));
    }
    let mut bytes = [0; FIRST_LOOK as usize];
    let mut at = cut - 1;
    while at < len {
        let got = match file.read_at(&mut bytes, at) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if let Some(end) = memchr::memchr(b'\n', &bytes[..got]) {
            return Ok((at + end as u64 + 1).min(len));
        }
        at += got as u64;
    }
    Ok(len)
}

/// The first line at or behind `cut`, and the first one that surely opens a record, looking no further than `end`.
fn opening_behind(file: &File, cut: u64, end: u64) -> io::Result<(u64, Option<u64>)> {
    let short = AtomicU64::new(u64::MAX);
    let mut window = Window::new(Ranged::new(file, cut - 1, end, &short), cut - 1, Vec::new());
    while !window.is_at_end() && !window.is_full() {
        window.fill()?;
    }
    let lines = window.lines();
    let skip = memchr::memchr(b'\n', lines).map_or(lines.len(), |at| at + 1);
    let behind = &lines[skip..];
    let head = first_opening(behind);
    let found = (head < behind.len()).then(|| window.offset_of(skip + head));
    Ok((window.offset_of(skip), found))
}
