//! The generated corpora, read by the line parser and the assembler: every count agrees with the truth.

use std::collections::{BTreeMap, BTreeSet};

use fuelops::grouping::{Fingerprint, SourceRoots, parse};
use fuelops::logs::{Assembler, End, Record, Sink, Start};
use fuelops::model::Level;

use crate::corpus::generator::{Kind, Truth, generate};

#[derive(Default)]
struct Books {
    records: u64,
    continuation_lines: u64,
    unattached_lines: u64,
    levels: [u64; 6],
    requests: u64,
    stacks: u64,
    /// By fingerprint: type, root type, place, and how often.
    exceptions: BTreeMap<String, (String, String, String, u64)>,
}

impl Sink for Books {
    fn record(&mut self, record: &Record<'_>) {
        self.records += 1;
        self.continuation_lines += u64::from(record.lines) - 1;
        let level = match record.line.level {
            Some(Level::Trace | Level::Debug) => 0,
            Some(Level::Info) => 1,
            Some(Level::Warning) => 2,
            Some(Level::Error) => 3,
            Some(Level::Critical) => 4,
            None => 5,
        };
        self.levels[level] += 1;
        self.requests += u64::from(record.line.access.is_some());
        let head = b"Traceback (most recent call last):";
        let has_stack =
            [record.body, record.line.trace].iter().any(|text| memchr::memmem::find(text, head).is_some());
        self.stacks += u64::from(has_stack);
        let roots = SourceRoots::new(["/app"]);
        for chain in [record.body, record.line.trace].iter().flat_map(|text| parse(text, &roots)) {
            let (fingerprint, _) = Fingerprint::of(&chain);
            let place = chain.location().map(|place| place.to_string()).unwrap_or_default();
            let seen = self
                .exceptions
                .entry(fingerprint.to_string())
                .or_insert_with(|| (chain.last().kind.clone(), chain.root().kind.clone(), place, 0));
            seen.3 += 1;
        }
    }

    fn unattached(&mut self, _line: &[u8], _line_no: u64) {
        self.unattached_lines += 1;
    }
}

fn check(kind: Kind, seed: u64) {
    let mut bytes = Vec::new();
    let truth: Truth = generate(kind, seed, 3 << 20, &mut bytes).unwrap().unwrap();
    let mut books = Books::default();
    Assembler::new().segment(&bytes, Start::Clean, End::Clean, &mut books);
    assert_eq!(books.records, truth.records);
    assert_eq!(books.continuation_lines, truth.continuation_lines);
    assert_eq!(books.unattached_lines, 0);
    assert_eq!(books.levels, truth.written);
    let requests: u64 = truth.endpoints.iter().flat_map(|endpoint| endpoint.statuses.values()).sum();
    assert_eq!(books.requests, requests);
    let expected: BTreeSet<_> = truth
        .exceptions
        .iter()
        .filter(|exception| exception.count > 0)
        .map(|exception| {
            let (file, line, function) = &exception.location;
            let place = format!("{}:{line} in {function}", file.trim_start_matches("/app/"));
            (exception.type_name.to_owned(), exception.root_type.to_owned(), place, exception.count)
        })
        .collect();
    let found: BTreeSet<_> = books.exceptions.into_values().collect();
    assert_eq!(found, expected);
    assert_eq!(books.stacks, truth.exceptions.iter().map(|exception| exception.count).sum::<u64>());
}

#[test]
fn mixed_backend_log_is_read_exactly() {
    (1..4).for_each(|seed| check(Kind::Backend, seed));
}

#[test]
fn celery_log_is_read_exactly() {
    (1..4).for_each(|seed| check(Kind::Celery, seed));
}

#[test]
fn json_lines_are_read_exactly() {
    (1..4).for_each(|seed| check(Kind::Jsonl, seed));
}

#[test]
fn nginx_log_is_read_exactly() {
    (1..4).for_each(|seed| check(Kind::Nginx, seed));
}
