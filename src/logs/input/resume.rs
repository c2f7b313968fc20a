//! Going on where the reading before ended: what is left out of each source, and what is to be remembered of it.
//!
//! A log that is being written is read up to its last whole line; while it was written to only just now, its last record
//! is left to the next reading, since more lines of it may come.

use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::logs::assemble::{Assembler, End, Sink, Start};
use crate::logs::input::open::{Input, open};
use crate::logs::input::progress::{Progress, Sight, decide};
use crate::logs::input::sight::SourceSight;
use crate::logs::input::source::{Source, SourceKind};
use crate::logs::{Borders, Record};

/// A file that nobody wrote to for so long holds no half records.
pub const QUIET: Duration = Duration::from_secs(2);
/// Bytes at the end of a file that are looked at for its last record.
const REACH: u64 = 64 << 10;
/// Bars in a crash block that is whole.
const BARS: usize = 3;
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

/// What is remembered of logs that are not read this time, and of each that is, before it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    gone: Vec<Reached>,
    sources: Vec<Standing>,
}

/// How a source stands before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    /// How far it was read by the run before.
    known: Option<Reached>,
    /// How far it will have been read, where that can be told: a plain file may be another one afterwards.
    end: Option<Progress>,
}

/// Leaves out of the sources what was read before. Sources in which nothing can be new go.
pub fn resume(sources: &mut Vec<Source>, known: &[Reached], now: SystemTime) -> Unread {
    let mut gone = Vec::new();
    sources.retain(|source| {
        let same = known.iter().find(|reached| {
            source.kind.is_compressed() && source.identity == Some(reached.progress.identity)
        });
        let same = same.filter(|reached| reached.len == source.len);
        gone.extend(same.copied());
        same.is_none()
    });
    let known: Vec<Reached> = known.iter().filter(|reached| !gone.contains(reached)).copied().collect();
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
    let standing = |(source, place): (&Source, &Option<usize>)| Standing {
        known: place.map(|place| known[place]),
        end: if source.kind == SourceKind::Plain { progress(source, source.len) } else { None },
    };
    let standing = sources.iter().zip(&places).map(standing).collect();
    let left_out = (0..known.len()).filter(|place| !places.contains(&Some(*place)));
    gone.extend(left_out.map(|place| known[place]).take(MAX_GONE));
    Unread { gone, sources: standing }
}

/// Leaves out the last record of each plain source that is being written to, where it shows that more of it must come.
/// Says whether there was any; after [`QUIET`] such a record has gone on, or nobody writes it any more.
pub fn leave_open_records(sources: &mut [Source], now: SystemTime) -> bool {
    let mut is_any = false;
    for source in sources.iter_mut().filter(|source| source.kind == SourceKind::Plain) {
        if is_quiet(source, now) {
            continue;
        }
        // What cannot be read is told by whoever reads it.
        let Ok(Ending { from, bytes, is_clean }) = ending(source) else { continue };
        // One line without an end in sight is left whole: half of it would be two records.
        if whole_lines(&bytes).is_empty() && !is_clean {
            continue;
        }
        let last = last_record(whole_lines(&bytes), is_clean);
        if is_open(&bytes[last..]) {
            source.len = from + last as u64;
            is_any = true;
        }
    }
    is_any
}

/// Whether more of a record must come: it ends within a line, a traceback before its exception, or a crash block.
fn is_open(record: &[u8]) -> bool {
    let Some(lines) = record.strip_suffix(b"\n") else { return !record.is_empty() };
    let lines = lines.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end);
    let (mut in_traceback, mut is_indented, mut bars) = (false, false, 0);
    for line in lines {
        let is_head = line.ends_with(b"Traceback (most recent call last):");
        is_indented = is_head || line.first().is_some_and(u8::is_ascii_whitespace);
        in_traceback |= is_head;
        bars += usize::from(line.starts_with(b"=====") && line.iter().all(|&byte| byte == b'='));
    }
    (in_traceback && is_indented) || (1..BARS).contains(&bars)
}

fn is_quiet(source: &Source, now: SystemTime) -> bool {
    source.modified.and_then(|at| now.duration_since(at).ok()).is_some_and(|age| age > QUIET)
}

fn progress(source: &Source, offset: u64) -> Option<Progress> {
    SourceSight::new(source).ok().flatten()?.progress(offset)
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

/// The last bytes of a source that are to be read.
struct Ending {
    from: u64,
    bytes: Vec<u8>,
    /// Whether a record begins with them.
    is_clean: bool,
}

fn ending(source: &Source) -> io::Result<Ending> {
    let from = source.start.max(source.len.saturating_sub(REACH));
    let mut bytes = vec![0; usize::try_from(source.len.saturating_sub(from)).unwrap_or(0)];
    match open(source).map_err(|problem| io::Error::other(problem.detail))? {
        Input::Ranged { file, .. } => file.read_exact_at(&mut bytes, from)?,
        Input::Stream(_) => return Err(io::ErrorKind::NotSeekable.into()),
    }
    Ok(Ending { from, bytes, is_clean: from == source.start })
}

/// Up to where a file holds whole records, as far as can be told.
fn settled_len(source: &Source, now: SystemTime) -> io::Result<u64> {
    let Ending { from, bytes, is_clean } = ending(source)?;
    let lines = whole_lines(&bytes);
    if lines.is_empty() {
        // Half a line, or the middle of one without an end.
        return Ok(if bytes.len() as u64 == REACH { source.len } else { from });
    }
    let whole = if is_quiet(source, now) { lines.len() } else { last_record(lines, is_clean) };
    Ok(from + whole as u64)
}

fn whole_lines(bytes: &[u8]) -> &[u8] {
    &bytes[..memchr::memrchr(b'\n', bytes).map_or(0, |last| last + 1)]
}

/// Where the last record begins; behind all lines where none surely does, since all of them may be one.
fn last_record(lines: &[u8], is_clean: bool) -> usize {
    let start = if is_clean { Start::Clean } else { Start::Middle };
    let Borders { head, tail, .. } = Assembler::new().segment(lines, start, End::Middle, &mut Nobody);
    if head < lines.len() { tail } else { lines.len() }
}

struct Nobody;

impl Sink for Nobody {
    fn record(&mut self, _: &Record<'_>) {}

    fn unattached(&mut self, _: &[u8], _: u64) {}
}

impl Unread {
    /// What to remember once the sources have been read: of each the bytes and lines that were. A source that was not
    /// read as far as it was to be, or cannot be known again, keeps the place that it had.
    pub fn and(self, sources: &[Source], read: impl IntoIterator<Item = (u64, u64)>) -> Vec<Reached> {
        let reached = |((source, standing), (bytes, lines)): ((&Source, Standing), (u64, u64))| {
            let reached =
                |progress| Reached { progress, lines: source.lines_before + lines, len: source.len };
            standing.end_of(source, bytes).map(reached).or(standing.known)
        };
        sources.iter().zip(self.sources).zip(read).filter_map(reached).chain(self.gone).collect()
    }
}

impl Standing {
    /// How far a source was read by now.
    fn end_of(&self, source: &Source, bytes: u64) -> Option<Progress> {
        if source.kind != SourceKind::Plain {
            return progress(source, source.start + bytes);
        }
        // Less than there was: either the file shrank, or what is missing cannot be read in a next run either.
        let is_whole = bytes >= source.len - source.start;
        self.end.filter(|end| is_whole || progress(source, source.len) == Some(*end))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    use super::{Reached, Unread, is_open, leave_open_records, resume};
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
    fn a_log_that_is_rotated_while_it_is_read_goes_on_where_the_reading_ended() {
        let rotations: [fn(&Path); 2] = [
            |folder| {
                fs::copy(folder.join("b.log"), folder.join("b.log.1")).unwrap();
                fs::write(folder.join("b.log"), "").unwrap();
            },
            |folder| {
                let text = fs::read(folder.join("b.log")).unwrap();
                fs::write(folder.join("b.log.1.zst"), zstd::encode_all(&text[..], 1).unwrap()).unwrap();
                fs::remove_file(folder.join("b.log")).unwrap();
            },
        ];
        for rotate in rotations {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path();
            let text = "INFO:a:one\nINFO:a:two\n".repeat(500);
            append(folder, &text);
            let mut found = sources(folder);
            let unread = resume(&mut found, &[], SystemTime::now() + LATER);
            rotate(folder);
            let known = unread.and(&found, [(text.len() as u64, 1000)]);
            append(folder, "INFO:b:three\n");
            let mut again = sources(folder);
            resume(&mut again, &known, SystemTime::now() + LATER);
            let starts: Vec<_> = again.iter().map(|s| (s.name.as_str() == "b.log", s.start)).collect();
            assert_eq!(starts, [(false, text.len() as u64), (true, 0)]);
        }
    }

    #[test]
    fn what_could_not_be_read_to_its_end_keeps_its_place() {
        let (folder, mut known) = (tempfile::tempdir().unwrap(), Vec::new());
        let folder = folder.path();
        append(folder, "INFO:a:one\n");
        read(folder, &mut known, LATER);
        append(folder, "INFO:a:two\n");
        let mut found = sources(folder);
        let unread = resume(&mut found, &known, SystemTime::now() + LATER);
        fs::copy(folder.join("b.log"), folder.join("b.log.1")).unwrap();
        fs::write(folder.join("b.log"), "").unwrap();
        assert_eq!(unread.and(&found, [(0, 0)]), known);
    }

    #[test]
    fn only_a_record_that_must_go_on_is_open() {
        let bar = "=".repeat(80);
        let traceback = "ERROR:a:b\nTraceback (most recent call last):\n  File \"x.py\", line 1, in f\n";
        let block = format!("{bar}\nCRASH: 2026-11-20 10:00:00\nContext: c\n{bar}\nError: KeyError: 1\n");
        for open in ["ERROR:a:hal", "ERROR:a:b\nTraceback (most recent call last):\n", traceback, &block] {
            assert!(is_open(open.as_bytes()), "{open}");
        }
        let java = "ERROR a\njava.lang.Error: b\n\tat a.B.c(B.java:3)\n";
        for whole in
            ["", "ERROR:a:b\n", java, &format!("{traceback}KeyError: 1\n"), &format!("{block}{bar}\n")]
        {
            assert!(!is_open(whole.as_bytes()), "{whole}");
        }
    }

    #[test]
    fn an_open_record_is_left_until_nobody_writes_any_more() {
        let folder = tempfile::tempdir().unwrap();
        append(folder.path(), "INFO:a:one\nERROR:a:two\nTraceback (most recent call last):\n");
        let len = |later| {
            let mut sources = sources(folder.path());
            leave_open_records(&mut sources, SystemTime::now() + later);
            sources[0].len
        };
        assert_eq!((len(Duration::ZERO), len(LATER)), (11, 58));
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
