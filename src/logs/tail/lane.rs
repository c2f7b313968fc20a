//! One log read forward: its rotated members one after the other, from the place where the wanted lines begin.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use crate::logs::End;
use crate::logs::input::{Feed, Input, Problem, Source, open};
use crate::logs::tail::entry::{Batch, Block, Entry, Splitter};
use crate::logs::tail::last::last_lines;
use crate::logs::tail::watch::read_all_at;

/// Bytes looked at while lines are only counted.
const COUNTED: usize = 256 << 10;
/// A record that is longer is given out in pieces.
const MAX_OPEN: usize = 4 << 20;

/// Where the wanted lines of a log begin.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Members that hold wanted lines, oldest first.
    members: VecDeque<Source>,
    /// In the first of them.
    skip: Skip,
}

#[derive(Clone, Copy, Debug)]
enum Skip {
    Bytes(u64),
    /// Of a compressed member, which has no offsets.
    Lines(u64),
}

impl Place {
    /// The beginning of the oldest member.
    pub(super) fn first(members: &[Source]) -> Self {
        Self { members: members.iter().cloned().collect(), skip: Skip::Bytes(0) }
    }

    /// The beginning of the last `lines` lines; members that cannot be read are left to the reading to name.
    pub(super) fn last(members: &[Source], lines: u64) -> Self {
        let mut place = Self { members: VecDeque::new(), skip: Skip::Bytes(0) };
        let mut missing = lines;
        for member in members.iter().rev() {
            let (skip, found) = lines_of(member, missing).unwrap_or((Skip::Bytes(0), 0));
            place.members.push_front(member.clone());
            place.skip = skip;
            missing -= found.min(missing);
            if missing == 0 {
                break;
            }
        }
        place
    }
}

/// How much of a member to leave out to have its last `lines` lines, and how many it has of them.
fn lines_of(member: &Source, lines: u64) -> io::Result<(Skip, u64)> {
    let opened = open(member).map_err(|problem| io::Error::other(problem.detail))?;
    match opened {
        Input::Ranged { file, len } => {
            last_lines(&file, len, lines).map(|(offset, found)| (Skip::Bytes(offset), found))
        }
        Input::Stream(mut feed) => {
            let total = count_lines(&mut feed)?;
            Ok((Skip::Lines(total.saturating_sub(lines)), total.min(lines)))
        }
    }
}

fn count_lines(feed: &mut Feed) -> io::Result<u64> {
    let mut block = vec![0; COUNTED];
    let mut lines = 0;
    let mut is_open = false;
    loop {
        let read = feed.read(&mut block)?;
        if read == 0 {
            return Ok(lines + u64::from(is_open));
        }
        lines += memchr::memchr_iter(b'\n', &block[..read]).count() as u64;
        is_open = block[read - 1] != b'\n';
    }
}

/// A log being read.
#[derive(Debug)]
pub(super) struct Lane {
    place: Place,
    /// The member that is open, with its name.
    reading: Option<(String, Reading)>,
    block: usize,
    /// What is not yet a whole record, and the number of the line that it begins with.
    open: Block,
    batch: Batch,
    /// The member that the batch stands in.
    file: Arc<str>,
    numbers: bool,
}

#[derive(Debug)]
enum Reading {
    Ranged { file: File, at: u64, len: u64 },
    Stream(Box<BufReader<Feed>>),
}

impl Lane {
    /// Prepares reading, `block` bytes at once. Where `numbers` are wanted, the lines are counted that are left out.
    pub(super) fn new(place: Place, block: usize, numbers: bool) -> Self {
        let open = Block { bytes: Vec::new(), line: 1 };
        Self { place, reading: None, block, open, batch: Batch::default(), file: "".into(), numbers }
    }

    /// The time of the next entry; `None` at the end of the newest member.
    pub(super) fn next_at(&mut self, splitter: &mut Splitter, problems: &mut Vec<Problem>) -> Option<i64> {
        while self.batch.entries.is_empty() {
            if !self.fill(splitter, problems) {
                return None;
            }
        }
        self.batch.entries.front().map(|entry| entry.at)
    }

    /// Takes the next entry with its file and bytes.
    pub(super) fn take(&mut self) -> Option<(Entry, &Arc<str>, &[u8])> {
        let entry = self.batch.entries.pop_front()?;
        let bytes = &self.batch.bytes[entry.range.clone()];
        Some((entry, &self.file, bytes))
    }

    /// The number of the line behind everything that was read.
    pub(super) fn line(&self) -> u64 {
        self.open.line
    }

    /// Reads and splits one more block; false at the end of the newest member.
    fn fill(&mut self, splitter: &mut Splitter, problems: &mut Vec<Problem>) -> bool {
        if self.reading.is_none() && !self.open_next(splitter, problems) {
            return false;
        }
        let mut bytes = std::mem::take(&mut self.open.bytes);
        let has_more = self.read_block(&mut bytes, problems);
        let is_huge = bytes.len() >= MAX_OPEN;
        let whole_lines = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
        let cut = if has_more && !(is_huge && whole_lines == 0) { whole_lines } else { bytes.len() };
        let rest = bytes.split_off(cut);
        let end = if has_more && !is_huge { End::Middle } else { End::Clean };
        let block = Block { bytes, line: self.open.line };
        (self.batch, self.open) = splitter.split(block, end);
        self.open.bytes.extend_from_slice(&rest);
        true
    }

    fn open_next(&mut self, splitter: &mut Splitter, problems: &mut Vec<Problem>) -> bool {
        while let Some(member) = self.place.members.pop_front() {
            let skip = std::mem::replace(&mut self.place.skip, Skip::Bytes(0));
            match start(&member, skip, self.numbers) {
                Ok((reading, before)) => {
                    splitter.begin(&member);
                    self.open.line = 1 + before;
                    self.file = member.name.as_str().into();
                    self.reading = Some((member.name, reading));
                    return true;
                }
                Err(problem) => problems.push(problem),
            }
        }
        false
    }

    /// Adds a block to `bytes`; false at the end of the member, which is closed then.
    fn read_block(&mut self, bytes: &mut Vec<u8>, problems: &mut Vec<Problem>) -> bool {
        let Some((name, reading)) = &mut self.reading else { return false };
        let has_more = match reading.block(bytes, self.block) {
            Ok(has_more) => has_more,
            Err(error) => {
                problems.push(Problem::of_error(name.as_str(), &error));
                false
            }
        };
        if !has_more && let Some((_, Reading::Stream(reader))) = self.reading.take() {
            problems.extend(reader.get_ref().problem().cloned());
        }
        has_more
    }
}

impl Reading {
    /// Adds a block to `bytes`; false where the end was reached.
    fn block(&mut self, bytes: &mut Vec<u8>, block: usize) -> io::Result<bool> {
        match self {
            Self::Ranged { file, at, len } => {
                let start = bytes.len();
                bytes.resize(start + len.saturating_sub(*at).min(block as u64) as usize, 0);
                let read = read_all_at(file, &mut bytes[start..], *at)?;
                bytes.truncate(start + read);
                *at += read as u64;
                Ok(read > 0 && *at < *len)
            }
            Self::Stream(feed) => {
                let read = feed.by_ref().take(block as u64).read_to_end(bytes)?;
                Ok(read == block)
            }
        }
    }
}

/// Opens a member behind what is left out of it, and says how many lines that is, where that is wanted.
fn start(member: &Source, skip: Skip, numbers: bool) -> Result<(Reading, u64), Problem> {
    let failed = |error: io::Error| Problem::of_error(&member.name, &error);
    match (open(member)?, skip) {
        (Input::Ranged { file, len }, Skip::Bytes(at)) => {
            let before = if numbers { lines_before(&file, at).map_err(failed)? } else { 0 };
            Ok((Reading::Ranged { file, at, len }, before))
        }
        (Input::Ranged { file, len }, Skip::Lines(_)) => Ok((Reading::Ranged { file, at: 0, len }, 0)),
        (Input::Stream(feed), skip) => {
            let mut reader = BufReader::with_capacity(COUNTED, feed);
            let before = if let Skip::Lines(lines) = skip { lines } else { 0 };
            skip_lines(&mut reader, before).map_err(failed)?;
            Ok((Reading::Stream(Box::new(reader)), before))
        }
    }
}

fn lines_before(file: &File, end: u64) -> io::Result<u64> {
    let mut block = vec![0; COUNTED];
    let (mut at, mut lines) = (0, 0);
    while at < end {
        let wanted = (end - at).min(COUNTED as u64) as usize;
        let read = read_all_at(file, &mut block[..wanted], at)?;
        if read == 0 {
            break;
        }
        lines += memchr::memchr_iter(b'\n', &block[..read]).count() as u64;
        at += read as u64;
    }
    Ok(lines)
}

fn skip_lines(reader: &mut impl BufRead, lines: u64) -> io::Result<()> {
    let mut left = lines;
    while left > 0 {
        let waiting = reader.fill_buf()?;
        if waiting.is_empty() {
            return Ok(());
        }
        let nth = memchr::memchr_iter(b'\n', waiting).nth(usize::try_from(left - 1).unwrap_or(usize::MAX));
        let taken = nth.map_or(waiting.len(), |at| at + 1);
        left -= memchr::memchr_iter(b'\n', &waiting[..taken]).count() as u64;
        reader.consume(taken);
    }
    Ok(())
}
