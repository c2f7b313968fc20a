//! What is written down: `monitor.log` in the shape that teams know, a structured journal, and what the next monitor has
//! to remember.
//!
//! A thread of its own writes, so that a disk that stalls delays a line and never a restart. What it cannot keep up with
//! is left out and counted.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::monitor::news::News;
use crate::monitor::silence::Silences;
use crate::monitor::{Fleet, Record};
use crate::recover::RecoveryLog;
pub use crate::report::MonitorEntry as Entry;
use crate::store::{Watched, open_to_append, write_atomic};
use crate::text::redact;

/// Lines that may wait for the disk.
const WAITING: usize = 4096;
/// A journal that is longer is put aside; one older one is kept.
const MAX_BYTES: u64 = 8 << 20;
/// A `monitor.log` that is longer is put aside as `monitor.log.1`, and so on.
const MAX_LOG_BYTES: u64 = 10 << 20;
/// Logs that were put aside and are kept.
const KEPT_LOGS: u32 = 5;
const JOURNAL: &str = "monitor.jsonl";
const OLDER: &str = "monitor.1.jsonl";
/// What happened, for being played again.
const EVENTS: &str = "monitor.events.jsonl";
const OLDER_EVENTS: &str = "monitor.events.1.jsonl";
const MODE: u32 = 0o600;

/// What the next monitor goes on from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Memory {
    /// On both clocks.
    pub(super) at: DateTime<Utc>,
    pub(super) clock: std::time::Duration,
    pub(super) fleet: Fleet,
    /// What somebody was told of.
    #[serde(default)]
    pub(super) news: News,
    #[serde(default)]
    pub(super) silences: Silences,
    /// For others to read.
    #[serde(default)]
    pub(super) watched: Vec<Watched>,
}

impl Memory {
    /// What an earlier monitor has left; nothing where there is none, or it cannot be understood.
    pub(super) fn read(state_dir: &Path) -> Option<Self> {
        let path = state_dir.join(Watched::FILE);
        let metadata = fs::symlink_metadata(&path).ok()?;
        let is_fit = metadata.is_file() && metadata.len() <= Watched::MAX_BYTES;
        is_fit.then(|| fs::read(&path).ok()).flatten().and_then(|text| serde_json::from_slice(&text).ok())
    }
}

#[derive(Debug)]
enum Piece {
    Entry(Entry),
    Records(Vec<Record>),
    /// There is a later memory in the slot.
    Wake,
}

/// The latest memory that is not yet written: a later one holds all that an earlier one does.
type Slot = Arc<Mutex<Option<Box<Memory>>>>;

/// Where the next line goes.
type LogFile = Arc<Mutex<PathBuf>>;

/// The writing thread's front door.
#[derive(Debug)]
pub(super) struct Journal {
    pieces: Option<SyncSender<Piece>>,
    latest: Slot,
    log_file: LogFile,
    thread: Option<thread::JoinHandle<()>>,
    /// Records of this turn of the loop.
    records: Vec<Record>,
    lost: u64,
}

impl Journal {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there can be none.
    pub(super) fn start(state_dir: &Path, log_file: &Path) -> io::Result<Self> {
        let (pieces, received) = sync_channel(WAITING);
        let (latest, log_file) = (Slot::default(), Arc::new(Mutex::new(log_file.to_owned())));
        let writer = Writer {
            state_dir: state_dir.to_owned(),
            log_file: Arc::clone(&log_file),
            latest: Arc::clone(&latest),
        };
        let thread =
            thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run(&received))?;
        Ok(Self {
            pieces: Some(pieces),
            latest,
            log_file,
            thread: Some(thread),
            records: Vec::new(),
            lost: 0,
        })
    }

    /// Has lines written there from now on.
    pub(super) fn set_log_file(&self, log_file: &Path) {
        log_file.clone_into(&mut self.log_file.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Writes an entry, in a while.
    pub(super) fn entry(&mut self, entry: Entry) {
        self.put(Piece::Entry(entry));
    }

    /// Records what has happened, so that it can be played again; written with the next [`Journal::flush`].
    pub(super) fn record(&mut self, record: Record) {
        self.records.push(record);
    }

    /// Has written what was recorded since the last time.
    pub(super) fn flush(&mut self) {
        if !self.records.is_empty() {
            let records = std::mem::take(&mut self.records);
            self.put(Piece::Records(records));
        }
    }

    /// Has the next monitor remember this.
    pub(super) fn remember(&mut self, memory: Memory) {
        let before = self.slot().replace(Box::new(memory));
        // Whoever was woken for the one before takes this one.
        if before.is_none() {
            self.put(Piece::Wake);
        }
    }

    fn slot(&self) -> MutexGuard<'_, Option<Box<Memory>>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Entries that the disk could not keep up with.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    fn put(&mut self, piece: Piece) {
        let sent = self.pieces.as_ref().map(|pieces| pieces.try_send(piece));
        // A full queue wakes its reader already.
        if let Some(Err(TrySendError::Full(Piece::Entry(_)))) = sent {
            self.lost += 1;
        }
    }

    /// Waits until everything is written, but for no stalled disk.
    pub(super) fn end(mut self, patience: std::time::Duration) {
        self.flush();
        drop(self.pieces.take());
        let Some(thread) = self.thread.take() else { return };
        let until = std::time::Instant::now() + patience;
        while !thread.is_finished() && std::time::Instant::now() < until {
            crate::platform::pause(std::time::Duration::from_millis(2));
        }
    }
}

struct Writer {
    state_dir: PathBuf,
    log_file: LogFile,
    latest: Slot,
}

impl Writer {
    fn run(self, pieces: &Receiver<Piece>) {
        while let Ok(piece) = pieces.recv() {
            for piece in std::iter::once(piece).chain(pieces.try_iter()) {
                match piece {
                    Piece::Entry(entry) => self.write(&entry),
                    Piece::Records(records) => self.record(&records).unwrap_or(()),
                    Piece::Wake => {}
                }
            }
            let memory = self.latest.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(memory) = memory {
                self.remember(&memory);
            }
        }
    }

    /// A disk that takes no line is told of by `health`; here there is nobody to tell.
    fn write(&self, entry: &Entry) {
        let log_file = self.log_file.lock().unwrap_or_else(PoisonError::into_inner).clone();
        rotate(&log_file);
        RecoveryLog::new(&log_file).line(entry.at.into(), &message(entry));
        self.put_aside(JOURNAL, OLDER);
        let mut text = String::new();
        push_line(&mut text, entry).and_then(|()| self.append(JOURNAL, &text)).unwrap_or(());
    }

    /// A recording begins with everything as it stood: only there it may be cut.
    fn record(&self, records: &[Record]) -> io::Result<()> {
        let mut text = String::new();
        for record in records {
            if matches!(record, Record::Fleet { .. }) {
                self.append(EVENTS, &std::mem::take(&mut text))?;
                self.put_aside(EVENTS, OLDER_EVENTS);
            }
            push_line(&mut text, record)?;
        }
        self.append(EVENTS, &text)
    }

    fn put_aside(&self, name: &str, older: &str) {
        let path = self.state_dir.join(name);
        if fs::metadata(&path).is_ok_and(|metadata| metadata.len() >= MAX_BYTES) {
            fs::rename(&path, self.state_dir.join(older)).unwrap_or(());
        }
    }

    fn append(&self, name: &str, lines: &str) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        open_to_append(&self.state_dir.join(name), MODE)?.write_all(lines.as_bytes())
    }

    fn remember(&self, memory: &Memory) {
        let Ok(text) = serde_json::to_vec(memory) else { return };
        write_atomic(&self.state_dir.join(Watched::FILE), &text, MODE).unwrap_or(());
    }
}

/// Adds a line of JSON, without secrets.
fn push_line(text: &mut String, entry: &impl Serialize) -> io::Result<()> {
    text.push_str(&redact::secrets(&serde_json::to_string(entry)?));
    text.push('\n');
    Ok(())
}

/// Puts a long `monitor.log` aside.
fn rotate(log_file: &Path) {
    let is_long = |metadata: fs::Metadata| metadata.is_file() && metadata.len() >= MAX_LOG_BYTES;
    if !fs::symlink_metadata(log_file).is_ok_and(is_long) {
        return;
    }
    let older = |n: u32| {
        let mut name = log_file.as_os_str().to_owned();
        name.push(format!(".{n}"));
        PathBuf::from(name)
    };
    for n in (1..KEPT_LOGS).rev() {
        fs::rename(older(n), older(n + 1)).unwrap_or(());
    }
    fs::rename(log_file, older(1)).unwrap_or(());
}

/// How an entry reads in `monitor.log`: one line, with its time and without secrets.
pub fn line(entry: &Entry) -> String {
    RecoveryLog::shape(entry.at.into(), &message(entry))
}

fn message(entry: &Entry) -> String {
    match &entry.target {
        Some(target) => format!("{target}: {}", entry.summary),
        None => entry.summary.clone(),
    }
}

/// Reads what the journal of a state folder says of a target, oldest first; lines that cannot be read are left out.
pub fn entries(state_dir: &Path, target: &str, most: usize) -> Vec<Entry> {
    let text = |name: &str| -> String {
        let path = state_dir.join(name);
        let is_fit = fs::symlink_metadata(&path).is_ok_and(|m| m.is_file() && m.len() <= 2 * MAX_BYTES);
        if is_fit { fs::read_to_string(&path).unwrap_or_default() } else { String::new() }
    };
    let (older, newer) = (text(OLDER), text(JOURNAL));
    let parsed =
        older.lines().chain(newer.lines()).filter_map(|line| serde_json::from_str::<Entry>(line).ok());
    let mut found: Vec<Entry> = parsed.filter(|entry| entry.target.as_deref() == Some(target)).collect();
    found.drain(..found.len().saturating_sub(most));
    found
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn entry(target: &str, summary: &str) -> Entry {
        Entry {
            at: DateTime::UNIX_EPOCH,
            target: Some(target.to_owned()),
            what: "restart".to_owned(),
            summary: summary.to_owned(),
            evidence: vec!["mysql://root:hunter2@db".to_owned()],
        }
    }

    #[test]
    fn lines_go_into_both_files_without_secrets_and_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("monitor.log");
        let mut journal = Journal::start(folder.path(), &log).unwrap();
        journal.entry(entry("api", "started"));
        journal.entry(entry("other", "stopped"));
        journal.end(Duration::from_secs(20));
        let text = fs::read_to_string(&log).unwrap();
        let first = text.lines().next().unwrap();
        assert!(first.starts_with('[') && first.ends_with("] api: started"), "{text}");
        let read = entries(folder.path(), "api", 9);
        assert_eq!((read.len(), read[0].summary.as_str()), (1, "started"));
        assert!(!format!("{read:?}").contains("hunter2"));
    }

    #[test]
    fn a_long_log_is_put_aside_and_a_few_older_ones_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("monitor.log");
        for _ in 0..=KEPT_LOGS + 1 {
            fs::File::create(&log).unwrap().set_len(MAX_LOG_BYTES).unwrap();
            let mut journal = Journal::start(folder.path(), &log).unwrap();
            journal.entry(entry("api", "started"));
            journal.end(Duration::from_secs(20));
            assert!(fs::metadata(&log).unwrap().len() < 1000);
        }
        assert!(
            folder.path().join("monitor.log.5").exists() && !folder.path().join("monitor.log.6").exists()
        );
    }

    #[test]
    fn a_flood_of_lines_and_a_folder_that_is_gone_delay_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("gone/monitor.log");
        let mut journal = Journal::start(&folder.path().join("nowhere"), &log).unwrap();
        let begun = std::time::Instant::now();
        for _ in 0..3 * WAITING {
            journal.entry(entry("api", "x"));
        }
        assert!(begun.elapsed() < Duration::from_secs(5));
        journal.end(Duration::from_secs(20));
    }
}
