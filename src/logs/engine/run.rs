//! Workers over parts: who reads what, and where the counts come together.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::UNIX_EPOCH;
use std::{fmt, thread};

use crate::grouping::SourceRoots;
use crate::logs::audit::TeamRules;
use crate::logs::engine::aggregates::Aggregates;
use crate::logs::engine::analysis::Analysis;
use crate::logs::engine::clock::PartClock;
use crate::logs::engine::heard::{Ear, Heard, Hearer, hear};
use crate::logs::engine::key::{series_seed, source_seed};
use crate::logs::engine::observer::{Desk, PartOf, Rules};
use crate::logs::engine::part::{clock_ahead, clock_for, look_ahead, read_part, stretch_of};
use crate::logs::engine::pipeline::pipelined;
use crate::logs::engine::plan::{Job, border, cuts, jobs, line_behind, part_size};
use crate::logs::engine::ranged::Ranged;
use crate::logs::engine::timeless::Timeless;
use crate::logs::engine::window::Window;
use crate::logs::http::DeclaredNames;
use crate::logs::input::{Feed, Input, Problem, Source, SourceKind, open};
use crate::logs::restarts::MarkFinder;
use crate::logs::{Assembler, Ending, FileTime, Placement, Timeline, ZoneChoice};
use crate::platform::return_large_blocks;

/// A worker hands its counts over when they weigh more than this.
const HEAVY: usize = 3 << 20;
/// Bytes at the end of a file that are looked at for its zone.
const TAIL: u64 = 32 << 10;
/// Places of a file, and bytes at each, that are looked at to see whether it has dates.
const SECTIONS: u64 = 4;
const SECTION: u64 = 32 << 10;
/// Most workers; each has a buffer of its own.
const MAX_WORKERS: usize = 16;

/// What to count, and how.
#[derive(Clone, Copy)]
pub struct AnalysisOptions<'a> {
    /// Workers; 0 for as many as there are processors.
    pub threads: usize,
    /// Records before this are left out; microseconds since 1970.
    pub since: Option<i64>,
    /// Records after this are left out.
    pub until: Option<i64>,
    /// The zone of times without offset.
    pub zone: ZoneChoice,
    /// The present, in microseconds since 1970: nothing was written later.
    pub now: i64,
    /// What the team knows of its own noise.
    pub rules: &'a TeamRules,
    /// Where the backend's own code lies.
    pub roots: &'a SourceRoots,
    /// Parts of its routes that look like ids and are none.
    pub names: &'a DeclaredNames,
    /// Bytes of a part; `None` for what suits the machine. The result does not depend on it.
    pub part_bytes: Option<u64>,
    /// Is told of bytes that have been read, now and then, by any thread.
    pub progress: Option<&'a (dyn Fn(u64) + Sync)>,
}

impl fmt::Debug for AnalysisOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { threads, since, until, part_bytes, .. } = self;
        f.debug_struct("AnalysisOptions")
            .field("threads", threads)
            .field("since", since)
            .field("until", until)
            .field("part_bytes", part_bytes)
            .finish_non_exhaustive()
    }
}

/// Reads sources and counts everything in them. What could not be read becomes a problem of the analysis.
pub fn analyze(sources: &[Source], options: &AnalysisOptions<'_>) -> Analysis {
    let series = Series::of(sources);
    let (counted, problems) = count(sources, &series, options);
    Analysis::new(counted, sources, series.names, problems)
}

/// Where a source goes on that was read before: within this part, of which so many lines were told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Behind {
    pub(super) part: u32,
    pub(super) lines: u64,
}

/// Reads sources; gives the counts, and what could not be read.
pub(super) fn count(
    sources: &[Source],
    series: &Series,
    options: &AnalysisOptions<'_>,
) -> (Aggregates, Vec<Problem>) {
    let workers = workers(options);
    let run = Run::new(sources, series, options, part_bytes(sources, options, workers));
    work_off(run, workers)
}

/// Reads one source, every byte of which is heard, too.
pub(super) fn count_heard(
    source: &Source,
    hearer: Hearer<'_>,
    options: &AnalysisOptions<'_>,
) -> (Aggregates, Vec<Problem>) {
    let sources = std::slice::from_ref(source);
    let workers = workers(options);
    let series = Series::of(sources);
    let part_bytes = part_bytes(sources, options, workers);
    let hearer = Mutex::new(hearer);
    let tell = |bytes: &[u8]| hearer.lock().unwrap_or_else(PoisonError::into_inner)(bytes);
    let run = Run { ear: Some(&tell), ..Run::new(sources, &series, options, part_bytes) };
    work_off(run, workers)
}

/// Reads one source on from where it was read before.
pub(super) fn count_on(
    source: &Source,
    behind: Behind,
    options: &AnalysisOptions<'_>,
) -> (Aggregates, Vec<Problem>) {
    let sources = std::slice::from_ref(source);
    let series = Series::of(sources);
    let run = Run { behind: Some(behind), ..Run::new(sources, &series, options, u64::MAX) };
    work_off(run, 1)
}

fn workers(options: &AnalysisOptions<'_>) -> usize {
    match options.threads {
        0 => thread::available_parallelism().map_or(1, usize::from).min(MAX_WORKERS),
        threads => threads,
    }
}

fn work_off(run: Run<'_>, workers: usize) -> (Aggregates, Vec<Problem>) {
    return_large_blocks();
    let Run { sources, options, .. } = run;
    let jobs = run.jobs();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut desk = Desk::new(Aggregates::new(sources.len(), options.names));
        let mut kit = Kit::default();
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            run.job(job, workers > 1, &mut desk, &mut kit);
        }
        run.hand_over(&mut desk);
    };
    thread::scope(|scope| {
        for _ in 1..workers.min(jobs.len()) {
            scope.spawn(work);
        }
        work();
    });
    let Run { shared, problems, .. } = run;
    let mut counted = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    counted.read_last_words(sources);
    let problems = problems.into_inner().unwrap_or_else(PoisonError::into_inner);
    (counted, problems.into_values().collect())
}

/// The size of the parts that plain files are cut into.
fn part_bytes(sources: &[Source], options: &AnalysisOptions<'_>, workers: usize) -> u64 {
    let plain = |source: &&Source| source.kind == SourceKind::Plain;
    let bytes = sources.iter().filter(plain).map(|source| source.len.saturating_sub(source.start)).sum();
    options.part_bytes.unwrap_or_else(|| part_size(bytes, workers)).max(1)
}

/// Series by number.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) names: Vec<String>,
    pub(super) of_source: Vec<u32>,
}

impl Series {
    pub(super) fn of(sources: &[Source]) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut number = |name: &String| {
            names.iter().position(|known| known == name).unwrap_or_else(|| {
                names.push(name.clone());
                names.len() - 1
            }) as u32
        };
        let of_source = sources.iter().map(|source| number(&source.series)).collect();
        Self { names, of_source }
    }
}

/// What a worker reads with.
#[derive(Debug, Default)]
struct Kit {
    assembler: Assembler,
    buffer: Vec<u8>,
}

/// One run over all sources.
pub(super) struct Run<'a> {
    sources: &'a [Source],
    part_bytes: u64,
    series: &'a Series,
    options: &'a AnalysisOptions<'a>,
    pub(super) rules: Rules<'a>,
    shared: Mutex<Aggregates>,
    /// By source and kind, so that a file that shrank is named once.
    problems: Mutex<BTreeMap<(usize, String), Problem>>,
    /// By source: found out by whoever needs them first.
    times: Vec<OnceLock<Times>>,
    /// By source: where nobody needs to look for times.
    timeless: Vec<Timeless>,
    /// Where the only source goes on that was read before.
    behind: Option<Behind>,
    /// Who hears the only source while it is read.
    ear: Option<Ear<'a>>,
}

/// How the times of a source are to be read.
#[derive(Debug)]
struct Times {
    file: FileTime,
    /// Where the parts of a file with few dates hang, and what they hang on.
    placements: Option<(Vec<Placement>, Ending)>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        sources: &'a [Source],
        series: &'a Series,
        options: &'a AnalysisOptions<'a>,
        part_bytes: u64,
    ) -> Self {
        let rules = Rules {
            team: options.rules,
            roots: options.roots,
            marks: MarkFinder::default(),
            since: options.since,
            until: options.until,
        };
        Self {
            sources,
            part_bytes,
            series,
            options,
            rules,
            shared: Mutex::new(Aggregates::new(sources.len(), options.names)),
            problems: Mutex::new(BTreeMap::new()),
            times: sources.iter().map(|_| OnceLock::new()).collect(),
            timeless: sources.iter().map(|_| Timeless::default()).collect(),
            behind: None,
            ear: None,
        }
    }

    fn jobs(&self) -> Vec<Job> {
        let mut jobs = jobs(self.sources, self.part_bytes);
        if self.ear.is_some() {
            // Hearing a file takes as long as it is.
            let plain = self.sources.iter().enumerate().filter(|(_, s)| s.kind == SourceKind::Plain);
            jobs.splice(0..0, plain.map(|(source, Source { len, .. })| Job::Hear { source, len: *len }));
        }
        jobs
    }

    fn job(&self, job: &Job, pipeline: bool, desk: &mut Desk, kit: &mut Kit) {
        let (Job::Part { source, .. } | Job::Whole { source } | Job::Hear { source, .. }) = *job;
        let opened = open(&self.sources[source]);
        match (opened, job) {
            (Err(problem), _) => self.note(source, problem),
            (Ok(Input::Ranged { file, .. }), &Job::Part { part, from, to, len, .. }) => {
                self.range(source, &file, part, (from, to, len), desk, kit);
            }
            (Ok(Input::Ranged { file, len }), Job::Whole { .. }) => {
                self.range(source, &file, 0, (0, len, len), desk, kit);
                self.hear(source, &file, len);
            }
            (Ok(Input::Ranged { file, .. }), &Job::Hear { len, .. }) => self.hear(source, &file, len),
            (Ok(Input::Stream(feed)), _) => self.stream(source, feed, pipeline, desk, kit),
        }
    }

    pub(super) fn part_of(&self, source: usize, part: u32) -> PartOf<'_> {
        let Source { name, series, .. } = &self.sources[source];
        let Behind { part: before, lines } = self.behind.unwrap_or_default();
        PartOf {
            name,
            source: source as u32,
            part: before + part,
            lines,
            series: self.series.of_source[source],
            source_seed: source_seed(name),
            series_seed: series_seed(series),
        }
    }

    /// Reads what lies between two cuts of a file.
    fn range(
        &self,
        source: usize,
        file: &File,
        part: u32,
        cuts: (u64, u64, u64),
        desk: &mut Desk,
        kit: &mut Kit,
    ) {
        let (from, to, len) = cuts;
        let short = AtomicU64::new(u64::MAX);
        let outcome = (|| {
            let begin = self.beginning(source, file, from, len)?;
            let end = border(file, to, len)?;
            if begin >= end {
                return Ok(());
            }
            let clock = self.clock(source, file, part, begin, len)?;
            let reader = Ranged::new(file, begin, end, &short);
            let mut window = Window::new(reader, begin, std::mem::take(&mut kit.buffer));
            let read = read_part(
                &mut window,
                &mut kit.assembler,
                &self.rules,
                desk,
                self.part_of(source, part),
                clock,
                |bytes, desk| self.advance(bytes, desk),
            );
            kit.buffer = window.into_buffer();
            if !read? {
                self.timeless[source].note(begin, end);
            }
            Ok(())
        })();
        self.settle(source, outcome);
        let read = short.into_inner();
        if read < len {
            self.note(source, self.sources[source].shrank(read));
        }
    }

    fn hear(&self, source: usize, file: &File, len: u64) {
        if let Some(ear) = self.ear {
            self.settle(source, hear(file, self.sources[source].start, len, ear));
        }
    }

    /// Reads a stream to its end.
    fn stream(&self, source: usize, feed: Feed, pipeline: bool, desk: &mut Desk, kit: &mut Kit) {
        let mut feed = Heard { reader: feed, ear: self.ear };
        let part = self.part_of(source, 0);
        let skipped = io::copy(&mut feed.by_ref().take(self.sources[source].start), &mut io::sink());
        self.settle(source, skipped.map(|_| ()));
        let feed = if pipeline {
            thread::scope(|scope| {
                let (reader, handle) = pipelined(scope, feed);
                self.settle(source, self.read_stream(reader, part, desk, kit));
                handle.join().ok()
            })
        } else {
            self.settle(source, self.read_stream(&mut feed, part, desk, kit));
            Some(feed)
        };
        if let Some(problem) = feed.as_ref().and_then(|feed| feed.reader.problem()) {
            self.note(source, problem.clone());
        }
    }

    fn read_stream(
        &self,
        reader: impl Read,
        part: PartOf<'_>,
        desk: &mut Desk,
        kit: &mut Kit,
    ) -> io::Result<()> {
        let start = self.sources[part.source as usize].start;
        let mut window = Window::new(reader, start, std::mem::take(&mut kit.buffer)).with_history();
        let times = self.stream_times(part.source as usize);
        let mut clock = PartClock::new(times);
        let read = look_ahead(&mut window, &mut clock, times, true).and_then(|()| {
            let progress = |bytes, desk: &mut Desk| self.advance(bytes, desk);
            read_part(&mut window, &mut kit.assembler, &self.rules, desk, part, clock, progress)
        });
        kit.buffer = window.into_buffer();
        read.map(|_| ())
    }

    /// Where a part begins that is cut off at `cut`. Nobody reads what stands before the first one: it begins with a line,
    /// whatever that is.
    fn beginning(&self, source: usize, file: &File, cut: u64, len: u64) -> io::Result<u64> {
        if cut == self.sources[source].start { line_behind(file, cut, len) } else { border(file, cut, len) }
    }

    /// The clock of a part of a file.
    pub(super) fn clock(
        &self,
        source: usize,
        file: &File,
        part: u32,
        begin: u64,
        len: u64,
    ) -> io::Result<PartClock> {
        let times = match self.times[source].get() {
            Some(times) => times,
            None => {
                let found = self.file_times(source, file, len)?;
                self.times[source].get_or_init(|| found)
            }
        };
        match &times.placements {
            Some((placements, ending)) => {
                Ok(PartClock::placed(times.file, placements[part as usize], *ending))
            }
            // Nobody asks for what stands before, unless it was counted.
            None if part == 0 && self.sources[source].start > 0 && self.behind.is_none() => {
                clock_ahead(times.file, file, begin, len)
            }
            None => clock_for(times.file, file, (begin, len), &self.timeless[source]),
        }
    }

    /// Finds out how the times of a file are to be read.
    fn file_times(&self, source: usize, file: &File, len: u64) -> io::Result<Times> {
        let mut tail = vec![0; usize::try_from(len.min(TAIL)).unwrap_or(0)];
        let got = file.read_at(&mut tail, len - len.min(TAIL))?;
        let times = FileTime::sniff(self.options.zone, &tail[..got], self.modified(source));
        let first = self.sources[source].start;
        let step = len.saturating_sub(first + SECTION) / (SECTIONS - 1);
        let mut dateless = false;
        for from in (0..SECTIONS).map(|n| first + n * step).take(if step > 0 { usize::MAX } else { 1 }) {
            let begin = self.beginning(source, file, from, len)?;
            dateless |= stretch_of(times, file, begin, (begin + SECTION).min(len))?.is_dateless();
        }
        if !dateless {
            return Ok(Times { file: times, placements: None });
        }
        let mut line = Timeline::new(times);
        let mut placements = Vec::new();
        for from in cuts(first, len, self.part_bytes) {
            let to = border(file, from.saturating_add(self.part_bytes).min(len), len)?;
            let begin = self.beginning(source, file, from, len)?.min(to);
            placements.push(line.push(&stretch_of(times, file, begin, to)?));
        }
        Ok(Times { file: times, placements: Some((placements, line.finish())) })
    }

    /// How the times of a stream are to be read, of which only the beginning is known.
    pub(super) fn stream_times(&self, source: usize) -> FileTime {
        FileTime::sniff(self.options.zone, b"", self.modified(source))
    }

    /// When a source was written last, in microseconds since 1970.
    fn modified(&self, source: usize) -> i64 {
        let since = self.sources[source].modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        since.and_then(|since| i64::try_from(since.as_micros()).ok()).unwrap_or(self.options.now)
    }

    /// Some bytes are done.
    fn advance(&self, bytes: u64, desk: &mut Desk) {
        if let Some(progress) = self.options.progress {
            progress(bytes);
        }
        if desk.counted.weight() > HEAVY {
            self.hand_over(desk);
        }
    }

    /// Adds a worker's counts to those of all.
    fn hand_over(&self, desk: &mut Desk) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = std::mem::take(&mut desk.counted);
        shared.merge(counted);
        desk.counted = shared.successor(self.options.names);
    }

    fn settle(&self, source: usize, outcome: io::Result<()>) {
        if let Err(error) = outcome {
            self.note(source, Problem::of_error(&self.sources[source].name, &error));
        }
    }

    fn note(&self, source: usize, problem: Problem) {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        problems.entry((source, problem.kind.word().to_owned())).or_insert(problem);
    }
}
