//! From what was asked for to an ordered list of sources, each file once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, FileType, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::logs::input::expand::{Candidate, Origin, expand};
use crate::logs::input::open::unpacked_head;
use crate::logs::input::series;
use crate::logs::input::source::{Identity, Problem, ProblemKind, Source, SourceKind};

/// Bytes at each end that tell text from other data.
const SAMPLE: usize = 8 << 10;
/// Text has hardly any control characters; random bytes have a tenth.
const MAX_CONTROL_PERCENT: usize = 5;
/// The name of standard input.
const STDIN: &str = "-";

/// What is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Paths, globs, folders, `-` for standard input.
    pub patterns: &'a [PathBuf],
    /// The folder that relative patterns start at; `.` for the current one.
    pub root: &'a Path,
    pub origin: Origin,
}

/// What there is to read, and what there is not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    /// Rotated sets stand together, oldest member first.
    pub sources: Vec<Source>,
    pub problems: Vec<Problem>,
}

/// Finds the sources.
pub fn resolve(request: &Request) -> Resolved {
    let (files, mut problems) = expand_all(request);
    let mut seen = BTreeSet::new();
    let mut sources = Vec::new();
    for candidate in files {
        match probe(&candidate, request.origin, &mut problems) {
            Ok(source) if source.identity.is_none_or(|identity| seen.insert(identity)) => {
                sources.push(source);
            }
            Ok(_) => {}
            Err(problem) => problems.push(problem),
        }
    }
    order(&mut sources);
    drop_duplicates(&mut sources, &mut problems);
    if sources.is_empty() && problems.is_empty() {
        problems.extend(
            request.patterns.iter().map(|pattern| {
                Problem::nothing(pattern.to_string_lossy(), ProblemKind::NoMatch, "no such log")
            }),
        );
    }
    Resolved { sources, problems }
}

/// Expands the patterns, standard input taken out of them.
fn expand_all(request: &Request) -> (Vec<Candidate>, Vec<Problem>) {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for part in request.patterns.chunk_by(|a, b| !is_stdin(a) && !is_stdin(b)) {
        if is_stdin(&part[0]) {
            files.push(Candidate { path: PathBuf::from(STDIN), name: STDIN.to_owned(), is_named: true });
        } else {
            let (found, failed) = expand(part, request.root, request.origin);
            files.extend(found);
            problems.extend(failed);
        }
    }
    (files, problems)
}

fn is_stdin(pattern: &Path) -> bool {
    pattern == Path::new(STDIN)
}

/// Looks at one file; what was named is read even where it is binary.
fn probe(candidate: &Candidate, origin: Origin, problems: &mut Vec<Problem>) -> Result<Source, Problem> {
    if is_stdin(&candidate.path) {
        return Ok(stdin());
    }
    let failed = |error: &io::Error| Problem::of_error(&candidate.name, error);
    let metadata = candidate.path.metadata().map_err(|error| failed(&error))?;
    if let Some(what) = not_a_file(metadata.file_type()) {
        return Err(Problem::nothing(
            &candidate.name,
            ProblemKind::NotAFile,
            format!("is {what}, not a log"),
        ));
    }
    if metadata.file_type().is_fifo() {
        return Ok(source(candidate, &metadata, SourceKind::Stream));
    }
    let mut file = File::open(&candidate.path).map_err(|error| failed(&error))?;
    let head = read_up_to(&mut file, SAMPLE).map_err(|error| failed(&error))?;
    let kind = SourceKind::of_head(&head);
    if !kind.is_compressed()
        && let Some(what) = binary(&head, &mut file, metadata.len()).map_err(|error| failed(&error))?
    {
        if !candidate.is_named || origin == Origin::Configured {
            let detail = format!("{what}: skipped");
            return Err(Problem::nothing(&candidate.name, ProblemKind::Binary, detail));
        }
        let detail = format!("{what}: read as it stands");
        problems.push(Problem::everything(&candidate.name, ProblemKind::Binary, detail));
    }
    Ok(source(candidate, &metadata, kind))
}

fn source(candidate: &Candidate, metadata: &Metadata, kind: SourceKind) -> Source {
    let name = Path::new(&candidate.name);
    let base = name.file_name().map(|file| series::member(&file.to_string_lossy()).base);
    Source {
        path: candidate.path.clone(),
        name: candidate.name.clone(),
        identity: Some(Identity { device: metadata.dev(), inode: metadata.ino() }),
        kind,
        len: if kind == SourceKind::Stream { 0 } else { metadata.len() },
        start: 0,
        lines_before: 0,
        modified: metadata.modified().ok(),
        series: name.with_file_name(base.unwrap_or_default()).to_string_lossy().into_owned(),
    }
}

/// Standard input; a file that was redirected into it is known by its identity.
fn stdin() -> Source {
    let metadata = io::stdin().as_fd().try_clone_to_owned().and_then(|fd| File::from(fd).metadata());
    let file = metadata.ok().filter(Metadata::is_file);
    Source {
        path: PathBuf::from(STDIN),
        name: STDIN.to_owned(),
        identity: file.as_ref().map(|file| Identity { device: file.dev(), inode: file.ino() }),
        kind: SourceKind::Stream,
        len: 0,
        start: 0,
        lines_before: 0,
        modified: file.and_then(|file| file.modified().ok()),
        series: STDIN.to_owned(),
    }
}

fn not_a_file(kind: FileType) -> Option<&'static str> {
    if kind.is_socket() {
        Some("a socket")
    } else if kind.is_char_device() || kind.is_block_device() {
        Some("a device")
    } else if kind.is_dir() {
        Some("a folder")
    } else {
        None
    }
}

/// Says what the bytes are where they are no text.
fn binary(head: &[u8], file: &mut File, len: u64) -> io::Result<Option<&'static str>> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Ok(Some("UTF-16 text (iconv -f UTF-16 -t UTF-8 makes it readable)"));
    }
    // A file that was truncated under its writer begins with a hole: NULs up to where the writer went on.
    let is_hole = !head.is_empty() && head.iter().all(|byte| *byte == 0);
    if !is_hole {
        return Ok(is_binary(head).then_some("binary data"));
    }
    file.seek(SeekFrom::Start(len.saturating_sub(SAMPLE as u64)))?;
    let tail = read_up_to(file, SAMPLE)?;
    Ok(is_binary(&tail).then_some("binary data"))
}

fn is_binary(sample: &[u8]) -> bool {
    let text_start = sample.iter().position(|byte| *byte != 0).unwrap_or(0);
    let sample = &sample[text_start..];
    let control = sample.iter().filter(|byte| matches!(byte, 0..=7 | 11 | 14..=26 | 28..=31 | 127)).count();
    control * 100 > sample.len() * MAX_CONTROL_PERCENT
}

fn read_up_to(file: &mut File, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(len);
    file.take(len as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Brings rotated sets together where their first member stands, oldest first.
fn order(sources: &mut [Source]) {
    let mut places = BTreeMap::new();
    for source in sources.iter() {
        let next = places.len();
        places.entry(source.series.clone()).or_insert(next);
    }
    sources.sort_by_cached_key(|source| (places[&source.series], age(&source.path)));
}

/// The order that depends on what the sources are alone: by series, oldest first.
pub fn order_by_name(sources: &mut [Source]) {
    sources.sort_by_cached_key(|source| (source.series.clone(), age(&source.path), source.name.clone()));
}

fn age(path: &Path) -> series::Age {
    series::member(&path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default()).age
}

/// Drops `X.gz` beside `X` where both begin alike: it is being written, or the original was kept.
fn drop_duplicates(sources: &mut Vec<Source>, problems: &mut Vec<Problem>) {
    let plain: BTreeMap<&Path, &Source> = sources
        .iter()
        .filter(|source| source.kind == SourceKind::Plain)
        .map(|source| (source.path.as_path(), source))
        .collect();
    let is_double = |packed: &&Source| {
        let file = packed.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let twin = plain.get(packed.path.with_file_name(series::unpacked_name(file)).as_path());
        packed.kind.is_compressed() && twin.is_some_and(|twin| begins_alike(packed, twin))
    };
    let doubles: BTreeSet<PathBuf> =
        sources.iter().filter(is_double).map(|source| source.path.clone()).collect();
    sources.retain(|source| {
        let is_double = doubles.contains(&source.path);
        if is_double {
            let detail = "begins like the unpacked file beside it: counted once";
            problems.push(Problem::nothing(&source.name, ProblemKind::Duplicate, detail));
        }
        !is_double
    });
}

fn begins_alike(packed: &Source, plain: &Source) -> bool {
    let head = unpacked_head(packed, SAMPLE).unwrap_or_default();
    let same = File::open(&plain.path).and_then(|mut file| read_up_to(&mut file, head.len()));
    !head.is_empty() && same.is_ok_and(|same| same == head)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new(files: &[&str]) -> Self {
            let place = Self(tempfile::tempdir().unwrap());
            files.iter().for_each(|file| place.write(file, format!("{file}\n").as_bytes()));
            place
        }

        fn write(&self, name: &str, bytes: &[u8]) {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }

        fn resolve(&self, origin: Origin, patterns: &[&str]) -> (Vec<String>, Vec<(String, ProblemKind)>) {
            let patterns: Vec<PathBuf> = patterns.iter().map(PathBuf::from).collect();
            let Resolved { sources, problems } =
                resolve(&Request { patterns: &patterns, root: self.0.path(), origin });
            let names = sources.into_iter().map(|source| source.name).collect();
            (names, problems.into_iter().map(|problem| (problem.path, problem.kind)).collect())
        }
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn configured_files_bring_their_rotated_members_oldest_first() {
        let place =
            Place::new(&["b.log", "b.log.1", "b.log.2", "other.log", "logs/m.log", "logs/m.log-20240101"]);
        let (names, problems) = place.resolve(Origin::Configured, &["b.log", "gone.log", "logs/*.log"]);
        assert_eq!(names, ["b.log.2", "b.log.1", "b.log", "logs/m.log-20240101", "logs/m.log"]);
        assert_eq!(problems, []);
    }

    #[test]
    fn configured_file_that_is_being_rotated_still_brings_its_members() {
        let place = Place::new(&["b.log.1", "b.log.2"]);
        assert_eq!(place.resolve(Origin::Configured, &["b.log"]).0, ["b.log.2", "b.log.1"]);
    }

    #[test]
    fn arguments_mean_what_they_say() {
        let place = Place::new(&["b.log", "b.log.1", "odd[1].log"]);
        assert_eq!(place.resolve(Origin::Arguments, &["b.log"]).0, ["b.log"]);
        assert_eq!(place.resolve(Origin::Arguments, &["b.log", "b.log.1"]).0, ["b.log.1", "b.log"]);
        assert_eq!(place.resolve(Origin::Arguments, &["odd[1].log"]).0, ["odd[1].log"]);
        let (names, problems) = place.resolve(Origin::Arguments, &["no.log", "*.none", "a[.log"]);
        assert_eq!(names, [""; 0]);
        let expected = [
            ("*.none", ProblemKind::NoMatch),
            ("a[.log", ProblemKind::BadPattern),
            ("no.log", ProblemKind::Missing),
        ];
        assert_eq!(problems, expected.map(|(path, kind)| (path.to_owned(), kind)));
    }

    #[test]
    fn globs_stay_in_one_folder_unless_doubled() {
        let place = Place::new(&["a/x.log", "a/b/y.log", "a/.hidden.log", "a/.git/z.log"]);
        assert_eq!(place.resolve(Origin::Arguments, &["a/*.log"]).0, ["a/x.log"]);
        assert_eq!(place.resolve(Origin::Arguments, &["**/*.log"]).0, ["a/b/y.log", "a/x.log"]);
        assert_eq!(place.resolve(Origin::Arguments, &["*/b/*"]).0, ["a/b/y.log"]);
        assert_eq!(place.resolve(Origin::Arguments, &["a/.h*"]).0, ["a/.hidden.log"]);
    }

    #[test]
    fn folder_gives_its_logs_without_reports_and_copies() {
        let place = Place::new(&[
            "logs/a.log",
            "logs/a.log.1",
            "logs/deep/syslog",
            "logs/analysis_20240101_000000.txt",
            "logs/crash_20240101_000000/a.log",
            "logs/error_tracking.json",
        ]);
        assert_eq!(
            place.resolve(Origin::Arguments, &["logs"]).0,
            ["logs/a.log.1", "logs/a.log", "logs/deep/syslog"]
        );
        assert_eq!(
            place.resolve(Origin::Arguments, &["logs/*"]).0,
            ["logs/a.log.1", "logs/a.log", "logs/error_tracking.json"]
        );
        fs::create_dir(place.0.path().join("empty")).unwrap();
        let (names, problems) = place.resolve(Origin::Arguments, &["empty"]);
        assert_eq!((names.len(), problems[0].1), (0, ProblemKind::NoLogs));
    }

    #[test]
    fn same_file_counts_once() {
        let place = Place::new(&["b.log"]);
        symlink("b.log", place.0.path().join("link.log")).unwrap();
        fs::hard_link(place.0.path().join("b.log"), place.0.path().join("hard.log")).unwrap();
        assert_eq!(place.resolve(Origin::Arguments, &["b.log", "./b.log", "link.log", "*.log"]).0, ["b.log"]);
    }

    #[test]
    fn file_that_is_being_compressed_counts_once() {
        let place = Place::new(&["b.log.1"]);
        place.write("b.log.1.gz", &gzip(b"b.log.1\n"));
        place.write("b.log.2.gz", &gzip(b"older\n"));
        let (names, problems) = place.resolve(Origin::Arguments, &["b.log*"]);
        assert_eq!(names, ["b.log.2.gz", "b.log.1"]);
        assert_eq!(problems, [("b.log.1.gz".to_owned(), ProblemKind::Duplicate)]);
    }

    #[test]
    fn binary_is_skipped_where_found_and_read_where_named() {
        let place = Place::new(&[]);
        let noise: Vec<u8> = (0..9_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        place.write("x.log", &noise);
        let named = [("x.log".to_owned(), ProblemKind::Binary)];
        assert_eq!(place.resolve(Origin::Arguments, &["*.log"]), (vec![], named.to_vec()));
        assert_eq!(place.resolve(Origin::Arguments, &["x.log"]), (vec!["x.log".to_owned()], named.to_vec()));
    }

    #[test]
    fn hole_of_a_truncated_log_is_no_binary() {
        let place = Place::new(&[]);
        place.write(
            "x.log",
            &[&vec![0; 20_000][..], b"2024-01-01 10:00:00 [INFO] main - back again\n"].concat(),
        );
        assert_eq!(place.resolve(Origin::Arguments, &["*.log"]), (vec!["x.log".to_owned()], vec![]));
    }

    #[test]
    fn devices_and_sockets_are_refused() {
        let place = Place::new(&[]);
        let _listener = UnixListener::bind(place.0.path().join("s.log")).unwrap();
        let (_, problems) = place.resolve(Origin::Arguments, &["s.log", "/dev/null"]);
        assert_eq!(problems.iter().map(|p| p.1).collect::<Vec<_>>(), [ProblemKind::NotAFile; 2]);
    }

    #[test]
    fn nothing_configured_that_exists_is_named() {
        let place = Place::new(&[]);
        let (names, problems) = place.resolve(Origin::Configured, &["b.log", "logs/*.log*"]);
        assert_eq!((names.len(), problems.len()), (0, 2));
    }
}
