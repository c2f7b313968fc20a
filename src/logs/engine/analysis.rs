//! What an analysis found: all counts, with lines and times as the sources have them.

use std::collections::{BTreeMap, BTreeSet};

use crate::grouping::{ExceptionGroup, Fingerprint, Tally};
use crate::logs::engine::activity::Activity;
use crate::logs::engine::aggregates::{Aggregates, part_and_line};
use crate::logs::engine::books::{Books, SourceBooks};
use crate::logs::engine::events::Event;
use crate::logs::engine::overlap::{Class, Copies};
use crate::logs::http::HttpTable;
use crate::logs::input::{Problem, Source};
use crate::logs::pattern::{Buckets, Mined, Place};
use crate::logs::restarts::ProcessEvent;

/// Everything that was counted.
#[derive(Debug)]
pub struct Analysis {
    pub books: Books,
    /// By the index of the source.
    pub sources: Vec<SourceBooks>,
    /// Names of the sources, by their index.
    pub source_names: Vec<String>,
    /// Names of the series that variants and copies speak of by index.
    pub series: Vec<String>,
    pub patterns: Mined,
    /// Each request once, in how many series it may stand.
    pub http: HttpTable,
    pub exceptions: Vec<ExceptionGroup>,
    /// Chains whose group found no room.
    pub other_exceptions: u64,
    /// Each once.
    pub events: Vec<ProcessEvent>,
    /// Events that found no room.
    pub other_events: u64,
    /// Series that answered requests before anything was said of a start.
    pub serving: BTreeSet<String>,
    /// Which records stand in other series, too.
    pub copies: Copies,
    pub activity: Activity,
    /// When exceptions were raised, by fingerprint; each once.
    pub raised: BTreeMap<Fingerprint, Buckets>,
    pub problems: Vec<Problem>,
    /// Lines before each part, by source.
    lines_before: Vec<BTreeMap<u32, u64>>,
}

impl Analysis {
    pub(super) fn new(
        counted: Aggregates,
        sources: &[Source],
        series: Vec<String>,
        problems: Vec<Problem>,
    ) -> Self {
        let Aggregates {
            books,
            sources: source_books,
            patterns,
            http,
            exceptions,
            events,
            overlap,
            activity,
            raised,
            words,
        } = counted;
        let read = source_books.iter().zip(sources);
        let lines_before: Vec<BTreeMap<u32, u64>> =
            read.map(|(books, source)| books.lines_before(source.lines_before)).collect();
        let line = |source: usize, part: u32, line: u64| {
            lines_before.get(source).and_then(|before| before.get(&part)).copied().unwrap_or(0) + line + 1
        };
        let by_name: BTreeMap<&str, usize> =
            sources.iter().enumerate().map(|(number, source)| (source.name.as_str(), number)).collect();
        let (mut exceptions, other_exceptions) = exceptions.finish();
        for group in &mut exceptions {
            if let Some(&source) = by_name.get(group.place.path.as_str()) {
                let (part, at) = part_and_line(group.place.line);
                group.place.line = line(source, part, at);
            }
        }
        let (events, other_events) = events.finish();
        let serving = serving(&source_books, sources, &events);
        let copies = overlap.copies(&series);
        let number_of: BTreeMap<&str, u32> = series.iter().map(String::as_str).zip(0..).collect();
        let is_first_told = |event: &Event| {
            let name = sources.get(event.place.source as usize).map_or("", |source| &source.series);
            !number_of.get(name).is_some_and(|series| copies.holds(*series, Class::Others))
        };
        let events = events
            .into_iter()
            .filter(is_first_told)
            .map(|event| {
                let source = event.place.source as usize;
                let Source { name, series, .. } = &sources[source];
                ProcessEvent {
                    series: series.clone(),
                    place: (event.place.source, line(source, event.place.part, u64::from(event.place.line))),
                    path: name.clone(),
                    at: event.at,
                    before_at: event.before_at,
                    mark: event.mark,
                    pid: event.pid,
                    last_words: words.before(&event),
                }
            })
            .collect();
        let mut http = http;
        http.settle();
        http.join(|series| copies.holds(series, Class::Others));
        Self {
            books,
            sources: source_books,
            source_names: sources.iter().map(|source| source.name.clone()).collect(),
            series,
            patterns: patterns.finish(),
            http,
            exceptions,
            other_exceptions,
            events,
            other_events,
            serving,
            raised: raised.finish(|origin| copies.hold_origin(origin)),
            copies,
            activity,
            problems,
            lines_before,
        }
    }

    /// The chains of a group, those left out that stand elsewhere too.
    pub fn once(&self, group: &ExceptionGroup) -> Tally {
        group.once(|origin| self.copies.hold_origin(origin))
    }

    /// The chains of a group in the files of this name.
    pub fn raised_in(&self, group: &ExceptionGroup, series: &str) -> Tally {
        let number = self.series.iter().position(|name| name == series);
        group.of(|origin| Some((origin >> 2) as usize) == number)
    }

    /// The number of a line in its source, from 1.
    pub fn line_of(&self, place: &Place) -> u64 {
        let before = self.lines_before.get(place.source as usize).and_then(|before| before.get(&place.part));
        before.copied().unwrap_or(0) + u64::from(place.line) + 1
    }
}

/// The series in which a request stands before the first event.
fn serving(books: &[SourceBooks], sources: &[Source], events: &[Event]) -> BTreeSet<String> {
    let mut serving = BTreeSet::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (number, (books, source)) in books.iter().zip(sources).enumerate() {
        if seen.contains(source.series.as_str()) {
            continue;
        }
        let place = |event: &&Event| event.place.source as usize == number;
        let first_event =
            events.iter().find(place).map(|event| (event.place.part, u64::from(event.place.line)));
        let first = match (books.first_access, first_event) {
            (Some(access), Some(event)) => Some(access < event),
            (Some(_), None) => Some(true),
            (None, Some(_)) => Some(false),
            (None, None) => None,
        };
        if let Some(is_serving) = first {
            seen.insert(&source.series);
            if is_serving {
                serving.insert(source.series.clone());
            }
        }
    }
    serving
}
