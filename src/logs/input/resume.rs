//! Going on where the reading before ended: what is left out of each source, and what is to be remembered of it.
//!
//! A log that is being written is read up to its last whole line; while it was written to only just now, its last record
//! is left to the next reading, since more lines of it may come.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::logs::assemble::{Assembler, End, Sink, Start};
use crate::logs::input::progress::{Progress, Sight, decide};
use crate::logs::input::sight::SourceSight;
use crate::logs::input::source::{Source, SourceKind};
use crate::logs::{Borders, Record};

/// A file that nobody wrote to for so long holds no half records.
const QUIET: Duration = Duration::from_secs(2);
/// Bytes at the end of a file that are looked at for its last record.
const REACH: u64 = 64 << 10;
/// Logs that are gone and still remembered: they may only have been left out this time.
const MAX_GONE: usize = 1024;

/// How far a log was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    progress: Progress,
    /// Lines read so far.
    lines: u64,
    /// Length of the file itself, by which one that was compressed and is as it was need not be unpacked again.
    len: u64,
}

/// What was remembered of logs that are not read this time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread(Vec<Reached>);

/// Leaves out of the sources what was read before. Sources in which nothing can be new go.
pub fn resume(sources: &mut Vec<Source>, known: &[Reached], now: SystemTime) -> Unread {
    let mut unread = Vec::new();
    sources.retain(|source| {
        let same = known.iter().find(|reached| {
            source.kind.is_compressed() && source.identity == Some(reached.progress.identity)
        });
        let same = same.filter(|reached| reached.len == source.len);
        unread.extend(same.copied());
        same.is_none()
    });
    let known: Vec<Reached> = known.iter().filter(|reached| !unread.contains(reached)).copied().collect();
    let places = places(sources, &known);
    for (source, place) in sources.iter_mut().zip(&places) {
        if let Some(reached) = place.map(|place| &known[place]) {
            source.start = reached.progress.offset;
            source.lines_before = reached.lines;
        }
        if source.kind == SourceKind::Plain {
            // What cannot be read is told by whoever reads it.
            source.len = settled_len(source, now).unwrap_or(source.len).max(source.start);
        }
    }
    let gone = (0..known.len()).filter(|place| !places.contains(&Some(*place))).map(|place| known[place]);
    unread.extend(gone.take(MAX_GONE));
    Unread(unread)
}

/// The known place of each source.
fn places(sources: &[Source], known: &[Reached]) -> Vec<Option<usize>> {
    let sights: Vec<Option<SourceSight<'_>>> =
        sources.iter().map(|source| SourceSight::new(source).ok().flatten()).collect();
    let files: Vec<&dyn Sight> = sights.iter().flatten().map(|sight| sight as &dyn Sight).collect();
    let progress: Vec<Progress> = known.iter().map(|reached| reached.progress).collect();
    let mut found = decide(&progress, &files).places.into_iter();
    sights.iter().map(|sight| sight.as_ref().and_then(|_| found.next().flatten())).collect()
}

/// Up to where a file holds whole records, as far as can be told.
fn settled_len(source: &Source, now: SystemTime) -> io::Result<u64> {
    let from = source.start.max(source.len.saturating_sub(REACH));
    let mut bytes = vec![0; usize::try_from(source.len.saturating_sub(from)).unwrap_or(0)];
    File::open(&source.path)?.read_exact_at(&mut bytes, from)?;
    let Some(last) = memchr::memrchr(b'\n', &bytes) else {
        // Half a line, or the middle of one without an end.
        return Ok(if bytes.len() as u64 == REACH { source.len } else { from });
    };
    let lines = &bytes[..=last];
    let is_quiet = source.modified.and_then(|at| now.duration_since(at).ok()).is_some_and(|age| age > QUIET);
    if is_quiet {
        return Ok(from + lines.len() as u64);
    }
    let start = if from == source.start { Start::Clean } else { Start::Middle };
    let Borders { head, tail, .. } = Assembler::new().segment(lines, start, End::Middle, &mut Nobody);
    // Where no record surely opens, all of it may be one.
    let whole = if head < lines.len() { tail } else { lines.len() };
    Ok(from + whole as u64)
}

struct Nobody;

impl Sink for Nobody {
    fn record(&mut self, _: &Record<'_>) {}

    fn unattached(&mut self, _: &[u8], _: u64) {}
}

impl Unread {
    /// What to remember once the sources have been read: of each the bytes and lines that were.
    pub fn and(self, sources: &[Source], read: impl IntoIterator<Item = (u64, u64)>) -> Vec<Reached> {
        let reached = |(source, (bytes, lines)): (&Source, (u64, u64))| {
            let sight = SourceSight::new(source).ok().flatten()?;
            let progress = sight.progress(source.start + bytes);
            Some(Reached { progress, lines: source.lines_before + lines, len: source.len })
        };
        sources.iter().zip(read).filter_map(reached).chain(self.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    use super::{Reached, Unread, resume};
    use crate::logs::input::{Origin, Request, Source, resolve};

    fn sources(folder: &Path) -> Vec<Source> {
        let patterns = [PathBuf::from("b.log*")];
        resolve(&Request { patterns: &patterns, root: folder, origin: Origin::Arguments }).sources
    }

    /// Reads plain files as far as it is told to; gives what was read.
    fn read(folder: &Path, known: &mut Vec<Reached>, later: Duration) -> String {
        let mut sources = sources(folder);
        let unread = resume(&mut sources, known, SystemTime::now() + later);
        let texts: Vec<String> = sources
            .iter()
            .map(|s| {
                String::from_utf8(fs::read(&s.path).unwrap()[s.start as usize..s.len as usize].to_vec())
                    .unwrap()
            })
            .collect();
        let told: Vec<(u64, u64)> =
            texts.iter().map(|text| (text.len() as u64, text.lines().count() as u64)).collect();
        *known = Unread::and(unread, &sources, told);
        texts.concat()
    }

    fn append(folder: &Path, text: &str) {
        let mut file = OpenOptions::new().create(true).append(true).open(folder.join("b.log")).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    const LATER: Duration = Duration::from_secs(60);

    #[test]
    fn half_a_line_and_an_open_record_are_left_to_the_next_reading() {
        let (folder, mut known) = (tempfile::tempdir().unwrap(), Vec::new());
        let folder = folder.path();
        append(folder, "INFO:a:one\nERROR:a:two\nTraceback (most recent call last):\n  File \"x");
        assert_eq!(read(folder, &mut known, Duration::ZERO), "INFO:a:one\n");
        append(folder, ".py\", line 1, in f\nKeyError: 1\nINFO:a:thr");
        let rest =
            "ERROR:a:two\nTraceback (most recent call last):\n  File \"x.py\", line 1, in f\nKeyError: 1\n";
        assert_eq!(read(folder, &mut known, LATER), rest);
        assert_eq!(read(folder, &mut known, LATER), "");
        append(folder, "ee\n");
        assert_eq!(read(folder, &mut known, LATER), "INFO:a:three\n");
    }

    #[test]
    fn rotation_loses_and_repeats_nothing() {
        let (folder, mut known) = (tempfile::tempdir().unwrap(), Vec::new());
        let folder = folder.path();
        append(folder, "INFO:a:one\n");
        assert_eq!(read(folder, &mut known, LATER), "INFO:a:one\n");
        append(folder, "INFO:a:two\n");
        fs::rename(folder.join("b.log"), folder.join("b.log.1")).unwrap();
        append(folder, "INFO:a:three\n");
        assert_eq!(read(folder, &mut known, LATER), "INFO:a:two\nINFO:a:three\n");
        // copytruncate
        fs::copy(folder.join("b.log"), folder.join("b.log.2")).unwrap();
        fs::write(folder.join("b.log"), "INFO:a:four\n").unwrap();
        assert_eq!(read(folder, &mut known, LATER), "INFO:a:four\n");
    }

    #[test]
    fn what_was_packed_and_is_as_it_was_is_not_unpacked_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let packed = zstd::encode_all(&b"INFO:a:one\nINFO:a:two\n"[..], 1).unwrap();
        fs::write(folder.join("b.log.1.zst"), packed).unwrap();
        let mut found = sources(folder);
        let known = resume(&mut found, &[], SystemTime::now()).and(&found, [(22, 2)]);
        let mut again = sources(folder);
        let unread = resume(&mut again, &known, SystemTime::now());
        assert_eq!((again.len(), unread.and(&again, [])), (0, known));
    }

    #[test]
    fn a_log_that_is_left_out_once_is_known_the_next_time() {
        let (folder, mut known) = (tempfile::tempdir().unwrap(), Vec::new());
        append(folder.path(), "INFO:a:one\n");
        read(folder.path(), &mut known, LATER);
        let elsewhere = tempfile::tempdir().unwrap();
        assert_eq!(read(elsewhere.path(), &mut known, LATER), "");
        assert_eq!(read(folder.path(), &mut known, LATER), "");
    }
}
