//! Log records to events: tracebacks, error records, crash blocks. Reading the same record again changes nothing.
//!
//! A record's id is made of its text, and of how many like it stood before it in its log, so rotation, copies in other
//! files and a second run find it known. A log whose files are as they were is not read at all.

use std::collections::HashMap;

use crate::errors::door::{Admitted, Arrival, Door, Draft, EventId, Source, draft};
use crate::errors::store::{Limits, Store, StoreError};
use crate::grouping::{looks_like_traceback, parse};
use crate::logs::{Assembler, End, Sink, Start};
use crate::model::Level;

const BATCH: usize = 500;
/// Bytes of a record that are kept.
const MAX_RECORD: usize = 256 << 10;

/// A log record that may be an error.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    pub log: &'r str,
    /// The level that it deserves.
    pub level: Option<Level>,
    /// Microseconds since 1970.
    pub at: i64,
    pub text: &'r [u8],
    /// Whether its log was read before; what is too old to be kept was then counted, and may be forgotten by now.
    pub is_again: bool,
}

/// What came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    pub events: u64,
    pub duplicates: u64,
    pub new_issues: u64,
}

/// Takes records in, a batch at a time.
#[derive(Debug)]
pub struct LogFeed<'s> {
    store: &'s mut Store,
    door: &'s Door,
    limits: Limits,
    now: i64,
    seen: HashMap<EventId, u64>,
    batch: Vec<Admitted>,
    done: Ingested,
}

/// Begins to take records in.
pub fn ingest<'s>(store: &'s mut Store, door: &'s Door, limits: Limits, now: i64) -> LogFeed<'s> {
    LogFeed { store, door, limits, now, seen: HashMap::new(), batch: Vec::new(), done: Ingested::default() }
}

impl LogFeed<'_> {
    /// Takes a record in, if it is an error.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn record(&mut self, record: &Record<'_>) -> Result<(), StoreError> {
        if record.is_again && record.at > 0 && record.at < self.now.saturating_sub(self.limits.max_age) {
            return Ok(());
        }
        let text = &record.text[..record.text.len().min(MAX_RECORD)];
        let is_error = record.level.is_some_and(|level| level >= Level::Error);
        if !is_error && !looks_like_traceback(text) {
            return Ok(());
        }
        let chains = parse(text, &self.door.roots);
        if !is_error && chains.is_empty() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(text);
        let id = self.id(record.log, &text);
        let head = head(text.as_bytes());
        let made = Draft {
            message: head.message,
            logger: head.logger,
            level: record.level.map_or("error", level_word).to_owned(),
            traceback: if chains.is_empty() { String::new() } else { text.into_owned() },
            timestamp: chrono::DateTime::from_timestamp_micros(record.at).map(|at| at.to_rfc3339().into()),
            tags: vec![("log".to_owned(), record.log.to_owned())],
            ..Draft::default()
        };
        let event = draft(&made, &self.door.roots);
        let arrival =
            Arrival { received: self.now, source: Source::Log, count: 1, keeps_body: true, id: Some(id) };
        self.batch.push(self.door.admit(event, arrival));
        if self.batch.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn finish(mut self) -> Result<Ingested, StoreError> {
        self.flush()?;
        Ok(self.done)
    }

    /// The same text is the same record in whichever file of whichever set it stands, unless its own log has it twice.
    fn id(&mut self, log: &str, text: &str) -> EventId {
        let of_log = EventId::of_parts([log, text]);
        let nth = self.seen.entry(of_log).and_modify(|n| *n += 1).or_insert(0);
        EventId::of_parts(["log", text.trim_end(), nth.to_string().as_str()])
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let room = self.store.room(self.limits);
        for outcome in self.store.apply(&self.batch, self.now, room)? {
            self.done.events += u64::from(!outcome.is_duplicate);
            self.done.duplicates += u64::from(outcome.is_duplicate);
            self.done.new_issues += u64::from(outcome.is_new_issue && !outcome.is_duplicate);
        }
        self.batch.clear();
        Ok(())
    }
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Critical => "fatal",
        Level::Warning => "warning",
        _ => "error",
    }
}

/// Message and logger of a record's first line.
#[derive(Default)]
struct Head {
    message: String,
    logger: String,
}

fn head(text: &[u8]) -> Head {
    struct First(Option<Head>);
    impl Sink for First {
        fn record(&mut self, record: &crate::logs::Record<'_>) {
            let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
            self.0.get_or_insert_with(|| Head {
                message: lossy(record.line.message),
                logger: lossy(record.line.logger),
            });
        }

        fn unattached(&mut self, _line: &[u8], _line_no: u64) {}
    }
    let mut first = First(None);
    Assembler::new().segment(text, Start::Clean, End::Clean, &mut first);
    let whole = || Head { message: String::from_utf8_lossy(text).trim().to_owned(), logger: String::new() };
    first.0.unwrap_or_else(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::store::Access;

    const LIMITS: Limits = Limits { max_age: i64::MAX, max_bytes: u64::MAX, min_free: 0 };
    const NOW: i64 = 1_795_000_000_000_000;

    fn run(store: &mut Store, texts: &[&str]) -> Ingested {
        run_at(store, texts, LIMITS, NOW, false)
    }

    fn run_at(store: &mut Store, texts: &[&str], limits: Limits, now: i64, is_again: bool) -> Ingested {
        let door = Door::default();
        let mut feed = ingest(store, &door, limits, now);
        for text in texts {
            let level = if text.contains("ERROR") { Some(Level::Error) } else { Some(Level::Info) };
            feed.record(&Record {
                log: "backend.log",
                level,
                at: NOW - 1_000_000,
                text: text.as_bytes(),
                is_again,
            })
            .unwrap();
        }
        feed.finish().unwrap()
    }

    #[test]
    fn what_was_forgotten_for_its_age_is_not_counted_again_when_its_log_grows() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("e.db"), Access::Write, 0).unwrap();
        let limits = Limits { max_age: 90 * 86_400_000_000, ..LIMITS };
        let text = ["2026-11-18 10:00:00,000 ERROR app - order 17 failed\n"];
        let later = NOW + 2 * limits.max_age;
        // A log that was never read is taken in however old it is.
        assert_eq!(run_at(&mut store, &text, limits, later, false).events, 1);
        store.prune(limits, later).unwrap();
        assert_eq!(run_at(&mut store, &text, limits, later, true).events, 0);
    }

    #[test]
    fn a_second_reading_changes_nothing_and_new_lines_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("e.db"), Access::Write, 0).unwrap();
        let traceback = "2026-11-18 10:00:00,000 ERROR app - sync failed\nTraceback (most recent call last):\n  File \"/srv/a.py\", line 3, in f\n    x()\nKeyError: 'a'\n";
        let texts = [
            "2026-11-18 10:00:00,000 INFO app - fine\n",
            traceback,
            "2026-11-18 10:00:01,000 ERROR app - order 17 failed\n",
        ];
        assert_eq!(run(&mut store, &texts), Ingested { events: 2, duplicates: 0, new_issues: 2 });
        assert_eq!(run(&mut store, &texts), Ingested { events: 0, duplicates: 2, new_issues: 0 });
        let more = [&texts[..], &["2026-11-18 10:00:02,000 ERROR app - order 18 failed\n"]].concat();
        assert_eq!(run(&mut store, &more), Ingested { events: 1, duplicates: 2, new_issues: 0 });
        let kinds: Vec<String> = store.all_issues(NOW).unwrap().into_iter().map(|i| i.kind).collect();
        assert_eq!(kinds, ["KeyError", "app"]);
    }
}
