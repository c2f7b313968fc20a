//! The times of one log's records, block after block.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::UNIX_EPOCH;

use crate::logs::input::{Source, SourceKind};
use crate::logs::{Anchor, At, Clock, FileTime, Record, Timeline, ZoneChoice};

/// Bytes at a file's end that tell its zone and year.
const TAIL: u64 = 64 << 10;

/// The clock of one log.
#[derive(Debug)]
pub(super) struct LaneClock {
    choice: ZoneChoice,
    file: FileTime,
    block: Clock,
    /// The time of the last record.
    last: Option<i64>,
}

impl LaneClock {
    pub(super) fn new(choice: ZoneChoice) -> Self {
        let file = FileTime::sniff(choice, b"", 0);
        Self { choice, file, block: Clock::new(file), last: None }
    }

    /// Goes over to another file of the log.
    pub(super) fn begin(&mut self, member: &Source) {
        let mtime = member.modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let mtime_us = mtime.map_or(0, |time| time.as_micros().try_into().unwrap_or(i64::MAX));
        self.file = FileTime::sniff(self.choice, &tail_of(member), mtime_us);
    }

    /// Goes over to lines that are written now: a time without year may be as late as that.
    pub(super) fn begin_live(&mut self, now_us: i64) {
        self.file = FileTime::new(self.file.zone(), now_us);
    }

    /// Begins a block of records.
    pub(super) fn begin_block(&mut self) {
        self.block = Clock::new(self.file);
    }

    /// The time that a record of the block bears, perhaps hanging on the block's surroundings.
    pub(super) fn read(&mut self, record: &Record<'_>) -> At {
        self.block.at(&record.line.stamp)
    }

    /// The moments of all records of the block. Those without a time take the one before, at the beginning of a log the
    /// one behind, and where there is none at all, the file's.
    pub(super) fn end_block(&mut self, times: impl Iterator<Item = At>) -> Vec<i64> {
        let mut line = Timeline::following(self.file, self.last);
        let place = line.push(&self.block.stretch());
        let ending = line.finish();
        let absolute = |anchor: Anchor| match anchor {
            Anchor::Known(us) => us,
            Anchor::FromFirstDay(us) => us + ending.relative_us,
        };
        let moments: Vec<i64> = times
            .map(|at| match at {
                At::Known { us, .. } => us,
                At::Relative { us, .. } => absolute(place.relative) + us,
                At::Carried => {
                    place.carried.map(absolute).or(ending.first_us).unwrap_or(self.file.latest_us())
                }
            })
            .collect();
        if ending.first_us.is_some() {
            self.last = moments.last().copied();
        }
        moments
    }

    /// The time of lines that belong to no record.
    pub(super) fn last(&self) -> i64 {
        self.last.unwrap_or(self.file.latest_us())
    }
}

/// The last bytes of a plain file; of any other, nothing.
fn tail_of(member: &Source) -> Vec<u8> {
    let start = member.len.saturating_sub(TAIL);
    let mut bytes = vec![0; (member.len - start) as usize];
    let read = match member.kind {
        SourceKind::Plain => File::open(&member.path).and_then(|file| file.read_at(&mut bytes, start)),
        _ => Ok(0),
    };
    bytes.truncate(read.unwrap_or(0));
    bytes
}
