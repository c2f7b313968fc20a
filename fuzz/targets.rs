//! What is fuzzed: everything that reads bytes of strangers. Each target takes any bytes, must not panic, and asserts
//! what its room promises of its answer.
//!
//! `fuzz_targets/` hands them to libFuzzer; `tests/it/fuzz.rs` runs the same functions with the seeds and some thousand
//! mutations of them, on the stable compiler, in every `./tests/run`.

use fuelops::errors::door::{Alike, Arrival, Door, Source, parse_json};
use fuelops::errors::intake::{Encoding, Envelope, MAX_ITEMS, decode, sort};
use fuelops::grouping::{Fingerprint, GroupTable, Occurrence, SourceRoots, looks_like_traceback, parse};
use fuelops::logs::http::{HttpTable, RouteSet};
use fuelops::logs::input::SourceKind;
use fuelops::logs::pattern::{Kind, Place, Seen, Table, Variant};
use fuelops::logs::scan::Masker;
use fuelops::logs::{
    Assembler, Clock, End, FileTime, FormatId, Record, Sink, Start, ZoneChoice, inferred_level,
};
use fuelops::model::Level;
use fuelops::text::{redact, sanitize};

/// A moment of these years, in microseconds since 1970.
const NOW: i64 = 1_790_000_000_000_000;
/// Bytes that a packed body may unfold to.
const MAX_BODY: usize = 1 << 20;

/// One line by itself: its layout, its time, its level, its request, and how it is shown.
pub fn line(bytes: &[u8]) {
    let _kind = SourceKind::of_head(bytes);
    let file = FileTime::sniff(ZoneChoice::Guess, bytes, NOW);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut told = OneLine { clock: Clock::new(file), told: 0 };
    Assembler::new().segment(line, Start::Clean, End::Clean, &mut told);
    assert!(told.told <= 1, "one line is one record at most");
    let shown = redact::secrets(&sanitize::bytes(line)).into_owned();
    assert!(!shown.chars().any(char::is_control), "{shown:?} commands a terminal");
}

struct OneLine {
    clock: Clock,
    told: usize,
}

impl Sink for OneLine {
    fn record(&mut self, record: &Record<'_>) {
        self.told += 1;
        assert_eq!((record.lines, record.line_no, record.offset), (1, 0, 0));
        let line = record.line;
        let _at = self.clock.at(&line.stamp);
        let _level = inferred_level(line.message);
        if let Some(access) = &line.access {
            let mut table = HttpTable::default();
            table.observe(0, access, Some(NOW));
            table.settle();
            let summary = table.summarize(&RouteSet::default());
            assert_eq!((summary.requests, summary.endpoints.len()), (1, 1));
        }
    }

    fn unattached(&mut self, _: &[u8], _: u64) {
        self.told += 1;
    }
}

/// Lines to records: the books balance, and a cut anywhere makes no difference.
pub fn records(bytes: &[u8]) {
    let Some((&cut, text)) = bytes.split_first() else { return };
    let whole = assembled(&[(text, Start::Clean, End::Clean)]);
    let lines = lines(text);
    let taken: u64 = whole.records.iter().map(|record| record.lines).sum();
    assert_eq!(lines, taken + whole.unattached.len() as u64, "the books do not balance");

    let near = text.len() * usize::from(cut) / 256;
    let at = memchr::memchr(b'\n', &text[near..]).map_or(text.len(), |newline| near + newline + 1);
    // As one who reads on: what is open at the end is looked at again with what follows.
    let (before, _) = text.split_at(at);
    let tail = Assembler::new().segment(before, Start::Clean, End::Middle, &mut Told::default()).tail;
    let read_on =
        assembled(&[(before, Start::Clean, End::Middle), (&text[tail..], Start::Clean, End::Clean)]);
    assert_eq!(read_on, whole, "read on from byte {tail} of {at}");
    // As two who share a file: the second begins where a record surely opens, the first reads up to there.
    let head = Assembler::new().segment(&text[at..], Start::Middle, End::Clean, &mut Told::default()).head;
    let (first, second) = text.split_at(at + head);
    let shared = assembled(&[(first, Start::Clean, End::Clean), (second, Start::Clean, End::Clean)]);
    assert_eq!(shared, whole, "cut in two at byte {}", at + head);
}

fn lines(text: &[u8]) -> u64 {
    let ended = memchr::memchr_iter(b'\n', text).count();
    ended as u64 + u64::from(text.last().is_some_and(|byte| *byte != b'\n'))
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Joined {
    line: u64,
    lines: u64,
    format: FormatId,
    level: Option<Level>,
    message: Vec<u8>,
    body: Vec<u8>,
    trace: Vec<u8>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    base: u64,
    records: Vec<Joined>,
    unattached: Vec<u64>,
}

impl Sink for Told {
    fn record(&mut self, record: &Record<'_>) {
        self.records.push(Joined {
            line: self.base + record.line_no,
            lines: u64::from(record.lines),
            format: record.line.format,
            level: record.line.level,
            message: record.line.message.to_vec(),
            body: record.body.to_vec(),
            trace: record.line.trace.to_vec(),
        });
    }

    fn unattached(&mut self, _: &[u8], line: u64) {
        self.unattached.push(self.base + line);
    }
}

/// What is told of a text that is handed over in pieces, by line.
fn assembled(pieces: &[(&[u8], Start, End)]) -> Told {
    let mut told = Told::default();
    let mut assembler = Assembler::new();
    for (text, start, end) in pieces {
        let tail = assembler.segment(text, *start, *end, &mut told).tail;
        told.base += lines(&text[..tail]);
    }
    told.base = 0;
    told.records.sort_unstable();
    told.unattached.sort_unstable();
    told
}

/// Messages to patterns: every message counts once, in whatever order they come.
pub fn patterns(bytes: &[u8]) {
    let messages: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let mined = |order: &mut dyn Iterator<Item = (usize, &&[u8])>| {
        let (mut table, mut masker) = (Table::default(), Masker::default());
        for (n, &text) in order {
            let key = masker.signature(text, text.len(), 0);
            let place = Place { offset: n as u64, ..Place::default() };
            let at = Some((n as i64 % 1000) * 60_000_000);
            let seen = Seen { key, variant: Variant::default(), at, text, place, kind: Kind::Text };
            table.observe(&seen, 1, || 0);
        }
        table.finish()
    };
    let forwards = mined(&mut messages.iter().enumerate());
    let backwards = mined(&mut messages.iter().enumerate().rev());
    let counted: u64 = forwards.patterns.iter().map(|pattern| pattern.count).sum();
    assert_eq!(counted + forwards.other.total(), messages.len() as u64);
    assert_eq!(format!("{:?}", forwards.patterns), format!("{:?}", backwards.patterns));
}

/// Printed stacks: what is parsed is counted, and the same text is the same fault.
pub fn traceback(bytes: &[u8]) {
    let roots = SourceRoots::new(["/app", "src"]);
    let chains = parse(bytes, &roots);
    let again: Vec<_> = parse(bytes, &roots).iter().map(Fingerprint::of).collect();
    assert_eq!(chains.iter().map(Fingerprint::of).collect::<Vec<_>>(), again);
    let mut table = GroupTable::default();
    let seen = Occurrence { at: Some(NOW), path: "a.log", line: 1, level: None, origin: 0 };
    // The second time the text's shape is known.
    let counted = [table.observe(bytes, seen, &roots), table.observe(bytes, seen, &roots)];
    let expected = if looks_like_traceback(bytes) { chains.len() } else { 0 };
    assert_eq!(counted, [expected; 2]);
}

/// The body of a request to the intake: packing, frame, items, and each event as far as the store.
pub fn envelope(bytes: &[u8]) {
    let Some((&packing, body)) = bytes.split_first() else { return };
    let encodings = [Encoding::Identity, Encoding::Gzip, Encoding::Deflate, Encoding::Brotli, Encoding::Zstd];
    let encoding = encodings[usize::from(packing) % encodings.len()];
    let Ok(body) = decode(body.to_vec(), encoding, MAX_BODY) else { return };
    assert!(body.len() <= MAX_BODY);
    let Ok(envelope) = Envelope::read(&body) else { return };
    assert!(envelope.items.len() <= MAX_ITEMS);
    let payloads: usize = envelope.items.iter().map(|item| item.payload.len()).sum();
    assert!(payloads <= body.len(), "items overlap");
    sort(&envelope).events.into_iter().for_each(event);
}

/// One event: read whole or counted by those before it, it is the same issue, and what is taken in keeps to its bounds.
pub fn event(bytes: &[u8]) {
    let Ok(event) = parse_json(bytes) else { return };
    let door = Door::default();
    let arrival = Arrival {
        received: NOW,
        source: Source::Sdk,
        count: 1,
        keeps_body: false,
        id: Some("0af7651916cd43dd8448eb211c80319c".parse().expect("an id")),
    };
    let whole = format!("{:?}", door.admit(event.clone(), arrival));
    // The first is read, the second tells what others have in common with it, the third is counted by that.
    let alike = Alike::default();
    for counted in (0..3).filter_map(|_| alike.count(&door, bytes, arrival)) {
        assert_eq!(format!("{counted:?}"), whole);
    }
    let kept = door.admit(event, Arrival { keeps_body: true, ..arrival });
    assert!(kept.body.is_some_and(|body| body.len() <= MAX_BODY));
}
