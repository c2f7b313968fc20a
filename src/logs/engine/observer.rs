//! From a record to everything that is counted of it.

use crate::grouping::{Occurrence, SourceRoots};
use crate::logs::audit::TeamRules;
use crate::logs::engine::aggregates::{Aggregates, provisional_line};
use crate::logs::engine::books::FormatTally;
use crate::logs::engine::clock::{PartClock, Time};
use crate::logs::engine::events::Event;
use crate::logs::engine::key::Keys;
use crate::logs::engine::overlap::origin;
use crate::logs::engine::window::Places;
use crate::logs::pattern::{Place, Seen, Variant};
use crate::logs::restarts::MarkFinder;
use crate::logs::{FormatId, Record, Sink};

const PYTHON_HEADER: &[u8] = b"Traceback (most recent call last):";
/// How a crash block names an end that no exception explains.
const ENDS_OF_PROCESS: [&[u8]; 3] = [b"Error: Signal: ", b"Error: ExitCode: ", b"Error: Ended: "];

/// What all workers look things up in.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    pub(super) team: &'a TeamRules,
    pub(super) roots: &'a SourceRoots,
    pub(super) marks: MarkFinder,
    /// Earliest and latest time that counts, in microseconds since 1970.
    pub(super) since: Option<i64>,
    pub(super) until: Option<i64>,
}

impl Rules<'_> {
    /// Whether a record of this time is to be left out.
    fn excludes(&self, time: Option<Time>) -> bool {
        let Some(time) = time else { return false };
        self.since.is_some_and(|since| time.us < since) || self.until.is_some_and(|until| time.us > until)
    }
}

/// What a worker keeps from one part to the next.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) counted: Aggregates,
    pub(super) formats: FormatTally,
    pub(super) keys: Keys,
    /// A record's text with its continuation lines.
    text: Vec<u8>,
}

impl Desk {
    pub(super) fn new(counted: Aggregates) -> Self {
        Self { counted, formats: FormatTally::default(), keys: Keys::default(), text: Vec::new() }
    }
}

/// The part of a source that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct PartOf<'a> {
    pub(super) name: &'a str,
    pub(super) source: u32,
    pub(super) part: u32,
    pub(super) series: u32,
    pub(super) source_seed: u64,
    pub(super) series_seed: u64,
    /// Lines of the part that were told before.
    pub(super) lines: u64,
}

/// Counts the records of a part.
#[derive(Debug)]
pub(super) struct Observer<'a> {
    pub(super) rules: &'a Rules<'a>,
    pub(super) desk: &'a mut Desk,
    pub(super) part: PartOf<'a>,
    pub(super) clock: PartClock,
    /// Lines told so far.
    pub(super) lines: u64,
    pub(super) records: u64,
    /// Line of the first request.
    pub(super) first_access: Option<u64>,
    /// Earliest and latest time of a record.
    pub(super) span: Option<(i64, i64)>,
}

impl<'a> Observer<'a> {
    pub(super) fn new(rules: &'a Rules<'a>, desk: &'a mut Desk, part: PartOf<'a>, clock: PartClock) -> Self {
        Self { rules, desk, part, clock, lines: part.lines, records: 0, first_access: None, span: None }
    }

    /// A view that takes the records of one segment.
    pub(super) fn on<'s>(
        &'s mut self,
        bytes: &'s [u8],
        history: Option<&'s [u8]>,
        places: Places<'s>,
    ) -> OnSegment<'s, 'a> {
        let first_line = self.lines;
        OnSegment { observer: self, bytes, history, places, first_line }
    }
}

/// An observer of one segment.
#[derive(Debug)]
pub(super) struct OnSegment<'s, 'a> {
    observer: &'s mut Observer<'a>,
    bytes: &'s [u8],
    /// What stood before, where it cannot be read again.
    history: Option<&'s [u8]>,
    places: Places<'s>,
    first_line: u64,
}

impl Sink for OnSegment<'_, '_> {
    fn record(&mut self, record: &Record<'_>) {
        let offset = self.places.offset_of(record.offset as usize);
        let line = self.first_line + record.line_no;
        if let (Some(event), Some(history)) =
            (self.observer.record(record, self.bytes, offset, line), self.history)
        {
            let before = &self.bytes[..record.offset as usize];
            self.observer.desk.counted.words.keep(&event, &[history, before]);
        }
    }

    fn unattached(&mut self, _: &[u8], _: u64) {
        self.observer.lines += 1;
        self.observer.desk.counted.books.unattached();
    }
}

/// A record as it is counted, with what was found out about it.
struct Told<'r> {
    record: &'r Record<'r>,
    place: Place,
    time: Option<Time>,
    before_at: Option<i64>,
}

impl Observer<'_> {
    #[inline]
    fn record(&mut self, record: &Record<'_>, bytes: &[u8], offset: u64, line: u64) -> Option<Event> {
        self.lines += u64::from(record.lines);
        self.records += 1;
        let told = self.tell(record, offset, line);
        if self.rules.excludes(told.time) {
            self.desk.counted.books.outside += 1;
            return None;
        }
        self.count(&told, bytes)
    }

    /// Says which row of the table a record is counted in, and when it was written, without counting it. There is no
    /// row for a record that is to be left out.
    pub(super) fn identify(
        &mut self,
        record: &Record<'_>,
        bytes: &[u8],
        offset: u64,
        line: u64,
    ) -> (Option<u64>, Option<i64>) {
        let told = self.tell(record, offset, line);
        let at = told.time.map(|time| time.us);
        if self.rules.excludes(told.time) {
            return (None, at);
        }
        let variant = self.variant(&told);
        let key = self.desk.keys.of(record.line, bytes);
        (Some(key.in_variant(&variant, self.part.series_seed)), at)
    }

    #[inline]
    fn tell<'r>(&mut self, record: &'r Record<'r>, offset: u64, line: u64) -> Told<'r> {
        let before_at = self.clock.last();
        let time = self.clock.at(record.line, offset);
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let place = Place { source: self.part.source, part: self.part.part, line, offset };
        Told { record, place, time, before_at }
    }

    #[inline]
    fn variant(&mut self, told: &Told<'_>) -> Variant {
        let has_trace = may_hold_stack(told.record) && self.exceptions(told);
        let rule = if self.rules.team.is_empty() { None } else { self.team_rule(told.record) };
        Variant { level: told.record.line.level, series: self.part.series, rule, has_trace }
    }

    #[inline]
    fn count(&mut self, told: &Told<'_>, bytes: &[u8]) -> Option<Event> {
        let Told { record, place, time, .. } = *told;
        let head = &record.line;
        let at = time.map(|time| time.us);
        let variant = self.variant(told);
        let counted = &mut self.desk.counted;
        counted.books.record(record, at, time.is_some_and(|time| time.inferred));
        self.desk.formats.add(head.wrapper, head.format);
        if let Some(access) = &head.access {
            self.first_access.get_or_insert(u64::from(place.line));
            counted.http.observe(self.part.series, access, at);
        }
        let key = self.desk.keys.of(head, bytes);
        let seen = Seen {
            key: key.in_variant(&variant, self.part.series_seed),
            variant,
            at,
            text: head.message,
            place,
            kind: key.kind,
        };
        let finder = &self.rules.marks;
        let fresh = || u8::from(finder.mark(head.message).is_some());
        let marks = counted.patterns.observe(&seen, self.part.source_seed, fresh);
        if variant.has_trace {
            counted.overlap.observe_trace(self.part.series, raised(record));
        }
        if let Some(time) = time {
            let (first, last) = self.span.unwrap_or((time.us, time.us));
            self.span = Some((first.min(time.us), last.max(time.us)));
            let second = time.us.div_euclid(1_000_000);
            counted.activity.observe(head.level, u32::try_from(second).unwrap_or(0));
        }
        let own_time = time.filter(|time| !time.inferred).map(|time| time.us);
        counted.overlap.observe(self.part.series, head.level, (key.signature, head.message), own_time);
        if marks.is_none_or(|marks| marks != 0) { self.event(told) } else { None }
    }

    /// Takes the chains out of a record's text; says whether there were any.
    #[cold]
    fn exceptions(&mut self, told: &Told<'_>) -> bool {
        let head = &told.record.line;
        let text = &mut self.desk.text;
        text.clear();
        let heading = if is_python_stack(told.record) { PYTHON_HEADER } else { head.message };
        for part in [heading, told.record.body, head.trace] {
            if !text.is_empty() && !part.is_empty() && text.last() != Some(&b'\n') {
                text.push(b'\n');
            }
            text.extend_from_slice(part);
        }
        let seen = Occurrence {
            at: told.time.map(|time| time.us),
            path: self.part.name,
            line: provisional_line(told.place.part, u64::from(told.place.line)),
            level: head.level,
            origin: origin(self.part.series, head.level),
        };
        let Aggregates { exceptions, raised, .. } = &mut self.desk.counted;
        let chains = exceptions.observe_each(text, seen, self.rules.roots, |fingerprint| {
            if let Some(at) = seen.at {
                raised.observe(fingerprint, seen.origin, at);
            }
        });
        chains > 0
    }

    #[cold]
    fn team_rule(&mut self, record: &Record<'_>) -> Option<u16> {
        let found = self
            .rules
            .team
            .find(record.line.message)
            .or_else(|| if record.body.is_empty() { None } else { self.rules.team.find(record.body) });
        found.and_then(|rule| u16::try_from(rule).ok())
    }

    #[cold]
    fn event(&mut self, told: &Told<'_>) -> Option<Event> {
        let (mark, pid) = self.rules.marks.mark(told.record.line.message)?;
        let at = told.time.map(|time| time.us);
        let event = Event { place: told.place, at, before_at: told.before_at, mark, pid };
        self.desk.counted.events.push(event);
        Some(event)
    }
}

/// Whether a record is worth looking at for a stack: most are of one line.
#[inline]
fn may_hold_stack(record: &Record<'_>) -> bool {
    let line = &record.line;
    if line.format == FormatId::CrashBlock {
        return !is_end_of_process(line.message);
    }
    !record.body.is_empty()
        || !line.trace.is_empty()
        || line.format == FormatId::Stack
        || (matches!(line.format, FormatId::Json | FormatId::Logfmt) && line.message.contains(&b'\n'))
}

/// Whether a record is a Python traceback of its own. Its message is then what was raised, which stands below the frames too.
fn is_python_stack(record: &Record<'_>) -> bool {
    let is_frame = |line: &[u8]| line.trim_ascii_start().starts_with(b"File \"");
    record.line.format == FormatId::Stack
        && !record.line.message.starts_with(b"Stack (")
        && record.body.split(|byte| *byte == b'\n').next().is_some_and(is_frame)
}

/// Whether a crash block tells of a process that nothing it raised has ended. The stack below is then what it had printed
/// before, which is counted where it was printed.
fn is_end_of_process(message: &[u8]) -> bool {
    ENDS_OF_PROCESS.iter().any(|end| message.starts_with(end))
}

/// The line that names the exception of a record with a traceback: its message, or the last one below it.
fn raised<'r>(record: &Record<'r>) -> &'r [u8] {
    let (level, message, trace) = (record.line.level, record.line.message, record.line.trace);
    let below = if trace.is_empty() { record.body } else { trace }.trim_ascii_end();
    if level.is_none() || below.is_empty() {
        return message;
    }
    below.rsplit(|byte| *byte == b'\n').next().unwrap_or(below).trim_ascii()
}
