//! Logs that are read on and on: what was written since the last reading is added to what was counted before.
//!
//! The counts are those of one run over all of it. What is added to a file belongs to the last part of it: memory grows with
//! the number of files that there ever were, and with nothing else that is not bounded.

use std::collections::BTreeMap;

use crate::logs::engine::aggregates::{Aggregates, part_and_line};
use crate::logs::engine::analysis::Analysis;
use crate::logs::engine::books::SourceBooks;
use crate::logs::engine::overlap::{Class, of_origin};
use crate::logs::engine::run::{AnalysisOptions, Behind, Series, count, count_on};
use crate::logs::input::{Problem, Source, SourceKind};
use crate::logs::scan::hash64;

/// What is known of all that was read so far.
#[derive(Debug)]
pub struct Ongoing {
    sources: Vec<Source>,
    /// How far each of them was read.
    reached: Vec<Reach>,
    counted: Aggregates,
    problems: Vec<Problem>,
}

#[derive(Clone, Copy, Debug)]
struct Reach {
    /// Unpacked bytes.
    offset: u64,
    behind: Behind,
}

/// One reading.
#[derive(Debug, Default)]
pub struct Reading {
    /// Bytes and lines that were read of each source.
    pub read: Vec<(u64, u64)>,
    pub arrivals: Vec<Arrival>,
}

/// Records alike that one reading came upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// What they are known by: the key of their signature, or [`key_of`] their exception's fingerprint.
    pub key: u64,
    pub series: u32,
    pub class: Class,
    pub count: u64,
    /// Name and line of one of them.
    pub place: (String, u64),
}

/// What an exception is known by among signatures.
pub fn key_of(fingerprint: &str) -> u64 {
    hash64(fingerprint.as_bytes(), 0)
}

impl Ongoing {
    /// Reads sources for the first time.
    pub fn begin(sources: Vec<Source>, options: &AnalysisOptions<'_>) -> Self {
        let (counted, problems) = count(&sources, &Series::of(&sources), options);
        let reached = sources.iter().zip(&counted.sources);
        let reached = reached
            .map(|(source, books)| Reach { offset: source.start + books.bytes, behind: books.behind() })
            .collect();
        Self { sources, reached, counted, problems }
    }

    /// What was read of each source, in bytes and lines.
    pub fn read(&self) -> impl Iterator<Item = (u64, u64)> {
        self.counted.sources.iter().map(|books| (books.bytes, books.lines))
    }

    /// Every file that was read so far, under the name that it bears now.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Reads what is new in sources, as [`resume`](crate::logs::input::resume) left them.
    pub fn go_on(&mut self, news: &[Source], options: &AnalysisOptions<'_>) -> Reading {
        self.rename(news);
        let mut reading = Reading::default();
        for source in news {
            // What is packed tells its length only when it is read.
            let read = if source.kind == SourceKind::Plain && source.start >= source.len {
                (0, 0)
            } else {
                self.take(source, options, &mut reading.arrivals)
            };
            reading.read.push(read);
        }
        reading
    }

    /// All of it together, as one run gives it.
    pub fn analysis(&self) -> Analysis {
        let series = Series::of(&self.sources).names;
        Analysis::new(self.counted.clone(), &self.sources, series, self.problems.clone())
    }

    fn take(
        &mut self,
        source: &Source,
        options: &AnalysisOptions<'_>,
        arrivals: &mut Vec<Arrival>,
    ) -> (u64, u64) {
        let number = self.number_of(source);
        let Reach { offset, behind } = self.reached[number];
        let (mut counted, problems) = if behind == Behind::default() {
            let sources = std::slice::from_ref(source);
            count(sources, &Series::of(sources), options)
        } else {
            count_on(source, behind, options)
        };
        let (bytes, lines) = counted.sources.first().map_or((0, 0), |books| (books.bytes, books.lines));
        let name = self.sources[number].name.clone();
        counted.stand_in(number as u32, Series::of(&self.sources).of_source[number], &name);
        let came = arrived(&counted);
        self.counted.merge(counted);
        let books = &self.counted.sources[number];
        let before = books.lines_before(self.sources[number].lines_before);
        arrivals.extend(came.into_iter().map(|(arrival, (part, line))| Arrival {
            place: (name.clone(), before.get(&part).copied().unwrap_or(0) + line + 1),
            ..arrival
        }));
        self.reached[number] = Reach { offset: offset + bytes, behind: books.behind() };
        for problem in problems {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
        (bytes, lines)
    }

    /// The file that goes on, or a new one. The same inode that begins anew is another file.
    fn number_of(&mut self, source: &Source) -> usize {
        let known =
            self.sources.iter().zip(&self.reached).position(|(known, reached)| {
                known.identity == source.identity && reached.offset == source.start
            });
        known.unwrap_or_else(|| {
            self.sources.push(source.clone());
            self.reached.push(Reach { offset: source.start, behind: Behind::default() });
            self.counted.sources.push(SourceBooks::default());
            self.sources.len() - 1
        })
    }

    /// Takes over the names that rotation gave to files; those that are gone make room for others of their name.
    fn rename(&mut self, now: &[Source]) {
        let mut renamed = BTreeMap::new();
        for (known, reached) in self.sources.iter_mut().zip(&self.reached) {
            let goes_on = |file: &&Source| file.identity == known.identity && file.start == reached.offset;
            let name = match now.iter().find(goes_on) {
                Some(file) => {
                    known.path.clone_from(&file.path);
                    file.name.clone()
                }
                None if now.iter().any(|file| file.name == known.name) => format!("{} (gone)", known.name),
                None => continue,
            };
            if name != known.name {
                renamed.insert(std::mem::replace(&mut known.name, name.clone()), name);
            }
        }
        if !renamed.is_empty() {
            self.counted.exceptions.rename(&renamed);
        }
    }
}

/// What arrived with some counts, and where: part and line in it. A record with a stack is told by its exceptions.
fn arrived(counted: &Aggregates) -> Vec<(Arrival, (u32, u64))> {
    let place = (String::new(), 0);
    let said = counted.patterns.told().filter(|told| !told.variant.has_trace).map(|told| {
        let class = Class::of(told.variant.level, false);
        let arrival = Arrival {
            key: told.key,
            series: told.variant.series,
            class,
            count: told.count,
            place: place.clone(),
        };
        (arrival, told.place.map_or((0, 0), |place| (place.part, u64::from(place.line))))
    });
    let raised = counted.exceptions.groups().flat_map(|group| {
        let key = key_of(&group.fingerprint.to_string());
        let at = part_and_line(group.place.line);
        group.tallies.iter().map(move |(origin, tally)| {
            let (series, class) = of_origin(*origin);
            (Arrival { key, series, class, count: tally.count, place: (String::new(), 0) }, at)
        })
    });
    said.chain(raised).collect()
}
