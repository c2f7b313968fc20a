//! What the engine promises: neither threads nor cuts leave a trace, and memory has bounds.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use proptest::prelude::{ProptestConfig, prop_assert, proptest};

use crate::grouping::SourceRoots;
use crate::logs::audit::TeamRules;
use crate::logs::engine::{
    Analysis, AnalysisOptions, Assigned, Combiner, Ongoing, analyze, assign, count_apart,
};
use crate::logs::http::DeclaredNames;
use crate::logs::input::{Origin, Reached, Request, Source, resolve, resume};
use crate::logs::{Zone, ZoneChoice};

fn sources(folder: &Path) -> Vec<Source> {
    let request = Request { patterns: &[PathBuf::from("*.log")], root: folder, origin: Origin::Arguments };
    resolve(&request).sources
}

fn analysis(sources: &[Source], threads: usize, part_bytes: u64) -> Analysis {
    with_options(threads, part_bytes, |options| analyze(sources, options))
}

fn with_options<T>(threads: usize, part_bytes: u64, run: impl FnOnce(&AnalysisOptions<'_>) -> T) -> T {
    let rules = TeamRules::new(Vec::new());
    let roots = SourceRoots::default();
    let options = AnalysisOptions {
        threads,
        since: None,
        until: None,
        zone: ZoneChoice::Given(Zone::Fixed(0)),
        now: 1_772_500_000_000_000,
        rules: &rules,
        roots: &roots,
        names: &DeclaredNames::default(),
        part_bytes: Some(part_bytes),
        progress: None,
    };
    run(&options)
}

/// Everything that an analysis says, with lines as the sources have them.
fn shown(analysis: &Analysis) -> String {
    let mut text = format!("{:#?}\n{}\n", analysis.books, serde_json::to_string(&analysis.http).unwrap());
    for books in &analysis.sources {
        writeln!(text, "{} {} {} {:?}", books.bytes, books.lines, books.records, books.formats).unwrap();
    }
    for pattern in &analysis.patterns.patterns {
        let samples = pattern.samples.iter().map(|sample| {
            let line = analysis.line_of(&sample.place);
            format!("{line} {:?} {}", sample.at, String::from_utf8_lossy(&sample.text))
        });
        let samples: Vec<String> = samples.collect();
        let shares = format!("{:?} {:?}", pattern.shares, pattern.skew);
        writeln!(text, "{} {} {} {samples:?} {shares}", pattern.id, pattern.template, pattern.count).unwrap();
    }
    let Analysis { exceptions, events, serving, copies, activity, .. } = analysis;
    write!(text, "{exceptions:#?}{events:#?}{serving:?}{copies:?}{activity:?}").unwrap();
    text
}

/// A log of several layouts, of which no line is quite like another.
fn log(seeds: &[u16]) -> String {
    let mut text = String::new();
    for (n, seed) in seeds.iter().enumerate() {
        let (minute, second) = (n / 60 % 60, n % 60);
        let at = format!("2026-03-02 10:{minute:02}:{second:02},{:03}", seed % 1000);
        match seed % 12 {
            0 => writeln!(text, "{at} [ERROR] main - truck DO{} lost", seed % 7),
            1 => writeln!(text, "INFO:     10.0.0.{}:80 - \"GET /trucks/{seed} HTTP/1.1\" 200 OK", seed % 200),
            2 => writeln!(
                text,
                "{at} [ERROR] main - failed\nTraceback (most recent call last):\n  File \"main.py\", line {n}, in f\n    x()\nKeyError: 'a{}'",
                seed % 3
            ),
            3 => writeln!(text, "WARNING:driver:only {seed} trips"),
            4 => writeln!(text, "INFO:     Started server process [{seed}]"),
            5 => writeln!(text, "INFO:     10.0.0.9:80 - \"POST /login HTTP/1.1\" 500 Internal Server Error"),
            6 => writeln!(text, "{{\"timestamp\": \"2026-03-02T10:{minute:02}:{second:02}Z\", \"level\": \"info\", \"message\": \"job {seed} done\"}}"),
            7 => writeln!(text, "10:{minute:02}:{second:02} - WARNING - queue {seed}"),
            8 => writeln!(text, "  indented {seed}\n"),
            11 => writeln!(text, "{at} [ERROR] db - mysql://root:{}@db: login {n} failed", seed % 5),
            9 => writeln!(text, "some plain text, {}", ["alpha", "beta", "gamma"][n % 3]),
            _ => writeln!(text, "{at} - app.sync - INFO - synced {seed} units"),
        }
        .unwrap();
    }
    text
}

#[test]
fn a_traceback_that_opens_a_record_is_counted_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Traceback (most recent call last):\n  File \"a.py\", line 4, in f\n    g()\nKeyError: 1\n";
    fs::write(folder.path().join("a.log"), text).unwrap();
    let found = analysis(&sources(folder.path()), 1, 1 << 20);
    let kinds: Vec<_> =
        found.exceptions.iter().map(|group| (group.kind.as_str(), group.all().count)).collect();
    assert_eq!(kinds, [("KeyError", 1)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn threads_and_cuts_leave_no_trace(
        seeds in proptest::collection::vec(0..2000_u16, 1..700),
        part in 1..20_000_u64,
        threads in 1..4_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = seeds.split_at(seeds.len() / 3);
        fs::write(folder.path().join("one.log"), log(one)).unwrap();
        fs::write(folder.path().join("two.log"), log(two)).unwrap();
        let sources = sources(folder.path());
        let whole = analysis(&sources, 1, u64::MAX);
        let books = whole.books;
        prop_assert!(books.lines == books.records + books.continuation + books.unattached);
        let counted: u64 = whole.patterns.patterns.iter().map(|pattern| pattern.count).sum();
        prop_assert!(counted + whole.patterns.other.total() == books.records);
        let whole = shown(&whole);
        let parts = shown(&analysis(&sources, threads, part));
        if parts != whole {
            let differs = whole.lines().zip(parts.lines()).find(|(a, b)| a != b);
            prop_assert!(false, "{differs:#?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn sources_counted_apart_and_kept_as_json_come_together_to_one_run(
        seeds in proptest::collection::vec(0..2000_u16, 1..700),
        cuts in proptest::collection::vec(0..700_usize, 0..4),
        part in 1..20_000_u64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(seeds.len())).chain([0, seeds.len()]).collect();
        cuts.sort_unstable();
        for (n, cut) in cuts.windows(2).enumerate() {
            let name = ["a.log", "a_errors.log", "b.log", "b.log.1", "c.log"][n];
            fs::write(folder.path().join(name), log(&seeds[cut[0]..cut[1]])).unwrap();
        }
        let patterns = [PathBuf::from("*.log*")];
        let request = Request { patterns: &patterns, root: folder.path(), origin: Origin::Arguments };
        let sources = resolve(&request).sources;
        let whole = shown(&analysis(&sources, 1, u64::MAX));
        let mut combiner = Combiner::new(&sources);
        for source in &sources {
            let kept = with_options(1, part, |options| serde_json::to_string(&count_apart(source, &mut |_| {}, options)).unwrap());
            combiner.add(serde_json::from_str(&kept).unwrap());
        }
        let combined = shown(&combiner.finish());
        if combined != whole {
            let differs = whole.lines().zip(combined.lines()).find(|(a, b)| a != b);
            prop_assert!(false, "{differs:#?}");
        }
    }
}

#[test]
fn a_log_with_hardly_any_time_counts_alike_in_any_parts() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for n in 0..3_000 {
        if n % 1_100 == 1_000 {
            writeln!(text, "2026-03-02 00:0{}:00,000 [INFO] main - reloaded", n / 1_100).unwrap();
        }
        writeln!(text, "INFO:     10.0.0.1:5 - \"GET /x/{} HTTP/1.1\" 200 OK", n % 7).unwrap();
    }
    fs::write(folder.path().join("console.log"), text).unwrap();
    let sources = sources(folder.path());
    let whole = shown(&analysis(&sources, 1, 1 << 30));
    for (threads, part_bytes) in [(1, 3_000), (1, 50_000), (2, 4_096), (3, 1_000)] {
        assert_eq!(shown(&analysis(&sources, threads, part_bytes)), whole, "{threads} {part_bytes}");
    }
}

#[test]
fn a_stream_counts_like_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let seeds: Vec<u16> = (0..5000).map(|n| (n * 7919 % 2003) as u16).collect();
    fs::write(folder.path().join("a.log"), log(&seeds)).unwrap();
    let plain = shown(&analysis(&sources(folder.path()), 2, 50_000));
    let packed = zstd::encode_all(log(&seeds).as_bytes(), 1).unwrap();
    fs::write(folder.path().join("a.log"), packed).unwrap();
    for threads in [1, 2] {
        let packed = shown(&analysis(&sources(folder.path()), threads, 50_000));
        let differs = packed.lines().zip(plain.lines()).find(|(a, b)| a != b);
        assert!(packed == plain, "{differs:#?}");
    }
}

/// Rows of an assignment: source, line, and of its record the opening line and the pattern.
fn assigned(sources: &[Source], analysis: &Analysis) -> Vec<(usize, u64, Option<u64>, Option<String>)> {
    let rules = TeamRules::new(Vec::new());
    let roots = SourceRoots::default();
    let options = AnalysisOptions {
        threads: 1,
        since: None,
        until: None,
        zone: ZoneChoice::Given(Zone::Fixed(0)),
        now: 1_772_500_000_000_000,
        rules: &rules,
        roots: &roots,
        names: &DeclaredNames::default(),
        part_bytes: None,
        progress: None,
    };
    let mut rows = Vec::new();
    let put = &mut |line: &Assigned<'_>| {
        let record = line.record.map(|record| record.line);
        let pattern = line.record.map(|record| record.pattern.expect("all have room").id.to_string());
        rows.push((line.source, line.line, record, pattern));
        Ok(())
    };
    assert_eq!(assign(sources, &options, analysis, put).unwrap(), []);
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_line_is_assigned_as_it_was_counted(
        seeds in proptest::collection::vec(0..2000_u16, 1..500),
        part in 1..20_000_u64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = seeds.split_at(seeds.len() / 3);
        fs::write(folder.path().join("one.log"), log(one)).unwrap();
        fs::write(folder.path().join("two.log"), zstd::encode_all(log(two).as_bytes(), 1).unwrap()).unwrap();
        let sources = sources(folder.path());
        let analysis = analysis(&sources, 2, part);
        let rows = assigned(&sources, &analysis);
        prop_assert!(rows.len() as u64 == analysis.books.lines);
        let unattached = rows.iter().filter(|row| row.2.is_none()).count();
        prop_assert!(unattached as u64 == analysis.books.unattached);
        for (number, books) in analysis.sources.iter().enumerate() {
            let lines: Vec<u64> = rows.iter().filter(|row| row.0 == number).map(|row| row.1).collect();
            prop_assert!(lines == (1..=books.lines).collect::<Vec<u64>>());
        }
        for pattern in &analysis.patterns.patterns {
            let id = pattern.id.to_string();
            let of_it = rows.iter().filter(|row| row.3.as_ref() == Some(&id));
            let records: std::collections::BTreeSet<_> = of_it.map(|row| (row.0, row.2)).collect();
            prop_assert!(records.len() as u64 == pattern.count, "{}", pattern.template);
        }
    }
}

#[test]
fn interleaved_stacks_and_cut_lines_keep_their_owners() {
    let folder = tempfile::tempdir().unwrap();
    let at = "2026-03-02T10:00:00.000000000Z";
    let text = [
        format!("{at} stderr F ERROR:a:failed"),
        format!("{at} stdout P INFO:b:half "),
        format!("{at} stderr F Traceback (most recent call last):"),
        format!("{at} stdout F of a line"),
        format!("{at} stderr F   File \"a.py\", line 1, in f"),
        format!("{at} stderr F KeyError: 'x'"),
        String::new(),
    ];
    fs::write(folder.path().join("a.log"), text.join("\n")).unwrap();
    let sources = sources(folder.path());
    let analysis = analysis(&sources, 1, u64::MAX);
    assert_eq!((analysis.books.records, analysis.books.continuation), (2, 4));
    let rows = assigned(&sources, &analysis);
    let owners: Vec<Option<u64>> = rows.iter().map(|row| row.2).collect();
    assert_eq!(owners, [1, 2, 1, 2, 1, 1].map(Some));
}

#[test]
fn whoever_hears_a_source_hears_each_byte_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let text = log(&(0..900).collect::<Vec<_>>());
    fs::write(folder.path().join("a.log"), &text).unwrap();
    fs::write(folder.path().join("b.log"), zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
    for source in sources(folder.path()) {
        for threads in [1, 3] {
            let mut heard = Vec::new();
            let hearer = &mut |bytes: &[u8]| heard.extend_from_slice(bytes);
            with_options(threads, 1_000, |options| count_apart(&source, hearer, options));
            assert!(heard == text.as_bytes(), "{} with {threads}: {} bytes", source.name, heard.len());
        }
    }
}

/// A folder in which a log is written and rotated, while it is read on and on.
struct Followed {
    folder: tempfile::TempDir,
    ongoing: Option<Ongoing>,
    known: Vec<Reached>,
}

impl Followed {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), ongoing: None, known: Vec::new() }
    }

    fn write(&self, text: &str) {
        let path = self.folder.path().join("a.log");
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    }

    fn shell(&self, script: &str) {
        let mut shell = std::process::Command::new("sh");
        assert!(shell.args(["-ec", script]).current_dir(self.folder.path()).status().unwrap().success());
    }

    fn sources(&self) -> Vec<Source> {
        let patterns = [PathBuf::from("a.log*")];
        resolve(&Request { patterns: &patterns, root: self.folder.path(), origin: Origin::Arguments }).sources
    }

    /// Reads what is new, so much later; gives how many records of which lines came.
    fn look(&mut self, later: Duration) -> Vec<(String, u64)> {
        let mut sources = self.sources();
        let unread = resume(&mut sources, &self.known, SystemTime::now() + later);
        with_options(2, 2_000, |options| {
            let (read, arrivals) = match &mut self.ongoing {
                None => {
                    let ongoing = self.ongoing.insert(Ongoing::begin(sources.clone(), options));
                    (ongoing.read().collect(), Vec::new())
                }
                Some(ongoing) => {
                    let reading = ongoing.go_on(&sources, options);
                    (reading.read, reading.arrivals)
                }
            };
            self.known = unread.and(&sources, read);
            arrivals.into_iter().map(|arrival| arrival.place).collect()
        })
    }

    fn shown(&self) -> String {
        shown(&self.ongoing.as_ref().unwrap().analysis())
    }
}

/// Longer than any record is waited for.
const LATER: Duration = Duration::from_secs(60);

/// A long log, and its lines in pieces.
fn pieces() -> Vec<String> {
    let text = log(&(0..3_000_u32).map(|n| (n * 7919 % 65_521) as u16).collect::<Vec<_>>());
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    lines.chunks(331).map(<[&str]>::concat).collect()
}

#[test]
fn reading_on_and_on_gives_what_one_run_gives() {
    let mut followed = Followed::new();
    for piece in pieces() {
        followed.write(&piece);
        followed.look(Duration::ZERO);
    }
    followed.look(LATER);
    let whole = shown(&analysis(&followed.sources(), 1, 1 << 20));
    assert!(followed.shown() == whole, "{}\n\n{whole}", followed.shown());
}

#[test]
fn rotation_between_two_readings_changes_no_count() {
    let mut followed = Followed::new();
    for (number, piece) in pieces().iter().enumerate() {
        followed.write(piece);
        followed.look(Duration::ZERO);
        if number == 4 {
            followed.look(LATER);
            followed.shell("mv a.log a.log.1");
        }
    }
    followed.look(LATER);
    // Which records are samples depends on the name that their file had when they were read.
    let counts = |analysis: &Analysis| {
        let patterns = analysis.patterns.patterns.iter().map(|pattern| (pattern.id, pattern.count));
        let raised =
            analysis.exceptions.iter().map(|group| (group.fingerprint, group.place.clone(), group.all()));
        (analysis.books, patterns.collect::<Vec<_>>(), raised.collect::<Vec<_>>(), analysis.events.clone())
    };
    let ongoing = followed.ongoing.as_ref().unwrap();
    let names: Vec<&str> = ongoing.sources().iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(counts(&ongoing.analysis()), counts(&analysis(&followed.sources(), 1, 1 << 20)));
}

#[test]
fn what_arrives_is_told_with_its_line_in_the_file_as_it_is_now() {
    let mut followed = Followed::new();
    followed.write("ERROR:a:one\nERROR:a:two\n");
    followed.look(LATER);
    followed.write("ERROR:a:three\n");
    assert_eq!(followed.look(LATER), [("a.log".to_owned(), 3)]);
    assert_eq!(followed.look(LATER), []);
    followed.shell("cp a.log a.log.1; : > a.log");
    followed.write("ERROR:a:four\n");
    assert_eq!(followed.look(LATER), [("a.log".to_owned(), 1)]);
    followed.shell("gzip a.log.1; mv a.log.1.gz a.log.2.gz; mv a.log a.log.1");
    assert_eq!(followed.look(LATER), []);
    followed.write("ERROR:a:five\n");
    assert_eq!(followed.look(LATER), [("a.log".to_owned(), 1)]);
    assert_eq!(followed.ongoing.as_ref().unwrap().analysis().books.records, 5);
}
