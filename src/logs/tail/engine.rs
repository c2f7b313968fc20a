//! From sources to lines: the past once, then whatever is added.

use std::collections::{BTreeSet, VecDeque};
use std::io;

use crate::logs::audit::TeamRules;
use crate::logs::input::{Identity, Problem, ProblemKind, Source, SourceKind};
use crate::logs::tail::entry::{Batch, Entry, Splitter};
use crate::logs::tail::kept::{Kept, KeptEntry};
use crate::logs::tail::lane::{Lane, Place};
use crate::logs::tail::log::{Log, Notice, START};
use crate::logs::tail::merge::{Queues, in_order};
use crate::logs::{End, ZoneChoice};
use crate::model::Level;

/// Bytes that all logs together keep in memory while the past is merged.
const MERGE_BYTES: usize = 32 << 20;
const MIN_BLOCK: usize = 16 << 10;
const MAX_BLOCK: usize = 1 << 20;
/// Lines before the wanted ones that are read to find the first line of their record.
const CONTEXT_LINES: u64 = 2_000;

/// Receives what is shown.
pub type Out<'o> = &'o mut (dyn FnMut(&Item) -> io::Result<()> + 'o);

/// What to show.
#[derive(Clone, Copy, Debug)]
pub struct TailOptions {
    /// The last so many lines of the past, and the whole of the record that the first of them belongs to; `None` for all.
    pub lines: Option<u64>,
    /// Microseconds since 1970.
    pub since: Option<i64>,
    pub until: Option<i64>,
    /// The least level, as audited; records without one are left out where this is set.
    pub level: Option<Level>,
    /// Whether [`Tail::look`] will be called: a line that is still being written is left to it.
    pub follows: bool,
    /// Whether lines are to be numbered: those that are left out must be counted then.
    pub numbers: bool,
    /// Of times without an offset.
    pub zone: ZoneChoice,
}

/// Lines of one record, raw.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The log's name.
    pub log: &'a str,
    /// Name of the file that the record stands in: of the log itself, or of a rotated member.
    pub file: &'a str,
    /// Number of its first line there, from 1; right only where [`TailOptions::numbers`] are wanted.
    pub line: u64,
    /// Place of the log in the list.
    pub index: usize,
    /// The level that the record deserves; `None` where nothing tells.
    pub level: Option<Level>,
    /// When it was written, in microseconds since 1970.
    pub at: i64,
    /// Whole lines as they were written; only the last one of a log may lack its newline.
    pub text: &'a [u8],
}

/// Several logs, read together.
#[derive(Debug)]
pub struct Tail<'a> {
    options: TailOptions,
    rules: &'a TeamRules,
    logs: Vec<Log>,
    splitters: Vec<Splitter<'a>>,
    problems: Vec<Problem>,
}

impl<'a> Tail<'a> {
    /// Prepares the logs that the sources make up.
    pub fn new(sources: Vec<Source>, options: TailOptions, rules: &'a TeamRules) -> Self {
        let mut tail = Self { options, rules, logs: Vec::new(), splitters: Vec::new(), problems: Vec::new() };
        for source in sources {
            match tail.logs.last_mut().filter(|log| log.name == source.series) {
                _ if source.kind == SourceKind::Stream => {
                    let detail = "a pipe holds no past lines";
                    tail.problems.push(Problem::nothing(source.name, ProblemKind::NotAFile, detail));
                }
                Some(log) => log.members.push(source),
                None => tail.add(source),
            }
        }
        tail
    }

    fn add(&mut self, source: Source) {
        self.splitters.push(Splitter::new(self.rules, self.options.zone));
        self.logs.push(Log::new(source));
    }

    /// The names of the logs, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.logs.iter().map(|log| log.name.as_str())
    }

    /// What could not be read so far.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Shows what was written so far, then begins to watch where the options say so.
    ///
    /// # Errors
    /// What `out` fails with.
    pub fn past(&mut self, out: Out<'_>) -> io::Result<()> {
        if self.options.follows {
            self.logs.iter_mut().for_each(Log::leave_open_line);
        }
        let block = (MERGE_BYTES / self.logs.len().max(1)).clamp(MIN_BLOCK, MAX_BLOCK);
        let mut lanes: Vec<Lane> = self
            .logs
            .iter()
            .map(|log| Lane::new(self.place(&log.members), block, self.options.numbers))
            .collect();
        let shown = Shown { logs: &self.logs, options: &self.options, out };
        let kept = self.options.lines.map(Kept::new);
        let mut past = Past {
            lanes: &mut lanes,
            splitters: &mut self.splitters,
            problems: &mut self.problems,
            kept,
            shown,
        };
        in_order(past.lanes.len(), &mut past)?;
        let Past { kept, mut shown, .. } = past;
        for KeptEntry { index, file, entry, text } in kept.iter().flat_map(|kept| &kept.entries) {
            shown.show(*index, file, entry, text)?;
        }
        if self.options.follows {
            for (log, lane) in self.logs.iter_mut().zip(&lanes) {
                log.begin_watch(lane.line(), &mut self.problems);
            }
        }
        Ok(())
    }

    /// Where reading begins: with a filter, what is wanted may stand anywhere.
    fn place(&self, members: &[Source]) -> Place {
        let TailOptions { lines, since, until, level, .. } = self.options;
        match lines {
            Some(lines) if since.is_none() && until.is_none() && level.is_none() => {
                Place::last(members, lines.saturating_add(CONTEXT_LINES))
            }
            _ => Place::first(members),
        }
    }

    /// Shows what was written since the last look, and tells what happened to the files.
    ///
    /// # Errors
    /// What `out` fails with.
    pub fn look(&mut self, now_us: i64, out: Out<'_>) -> io::Result<Vec<Notice>> {
        let mut notices = Vec::new();
        let mut batches = Vec::new();
        for (log, splitter) in self.logs.iter_mut().zip(&mut self.splitters) {
            let blocks = log.new_lines(&mut notices, &mut self.problems).into_iter();
            batches.push(
                blocks
                    .map(|block| {
                        splitter.begin_live(now_us);
                        splitter.split(block, End::Clean).0
                    })
                    .collect(),
            );
        }
        let shown = Shown { logs: &self.logs, options: &self.options, out };
        in_order(batches.len(), &mut Present { batches, shown })?;
        Ok(notices)
    }

    /// Takes up logs that came into being since, and newer members of known ones.
    pub fn adopt(&mut self, sources: Vec<Source>) {
        let watched: BTreeSet<Identity> = self.logs.iter().filter_map(Log::identity).collect();
        for source in newest_of_each(sources) {
            let is_known = source.identity.is_none_or(|identity| watched.contains(&identity));
            if source.kind != SourceKind::Plain || is_known {
                continue;
            }
            match self.logs.iter_mut().find(|log| log.name == source.series) {
                Some(log) => log.go_over_to(&source, &mut self.problems),
                None => {
                    self.add(source);
                    self.logs
                        .last_mut()
                        .into_iter()
                        .for_each(|log| log.watch_from(START, &mut self.problems));
                }
            }
        }
    }
}

fn newest_of_each(sources: Vec<Source>) -> Vec<Source> {
    let mut newest: Vec<Source> = Vec::new();
    for source in sources {
        match newest.last_mut().filter(|last| last.series == source.series) {
            Some(last) => *last = source,
            None => newest.push(source),
        }
    }
    newest
}

/// Where entries go that the options ask for.
struct Shown<'a> {
    logs: &'a [Log],
    options: &'a TailOptions,
    out: Out<'a>,
}

impl Shown<'_> {
    fn is_wanted(&self, entry: &Entry) -> bool {
        let TailOptions { since, until, level, .. } = self.options;
        since.is_none_or(|since| entry.at >= since)
            && until.is_none_or(|until| entry.at < until)
            && level.is_none_or(|least| entry.level.is_some_and(|level| level >= least))
    }

    fn show(&mut self, index: usize, file: &str, entry: &Entry, text: &[u8]) -> io::Result<()> {
        let Entry { line, at, level, .. } = *entry;
        (self.out)(&Item { log: &self.logs[index].name, file, line, index, level, at, text })
    }
}

/// What was written so far, read as it is needed.
struct Past<'p, 'a> {
    lanes: &'p mut [Lane],
    splitters: &'p mut [Splitter<'a>],
    problems: &'p mut Vec<Problem>,
    /// Keeps entries back where only the last lines are wanted.
    kept: Option<Kept>,
    shown: Shown<'p>,
}

impl Queues for Past<'_, '_> {
    fn next_at(&mut self, queue: usize) -> Option<i64> {
        self.lanes[queue].next_at(&mut self.splitters[queue], self.problems)
    }

    fn take(&mut self, queue: usize) -> io::Result<()> {
        let taken = self.lanes[queue].take().filter(|(entry, ..)| self.shown.is_wanted(entry));
        let Some((entry, file, text)) = taken else { return Ok(()) };
        match &mut self.kept {
            Some(kept) => kept.push(queue, file, entry, text),
            None => self.shown.show(queue, file, &entry, text)?,
        }
        Ok(())
    }
}

/// What was written since the last look.
struct Present<'a> {
    /// Of each log, one for each file that lines were written to.
    batches: Vec<VecDeque<Batch>>,
    shown: Shown<'a>,
}

impl Queues for Present<'_> {
    fn next_at(&mut self, queue: usize) -> Option<i64> {
        let batches = &mut self.batches[queue];
        while batches.front().is_some_and(|batch| batch.entries.is_empty()) {
            batches.pop_front();
        }
        batches.front().and_then(|batch| batch.entries.front()).map(|entry| entry.at)
    }

    fn take(&mut self, queue: usize) -> io::Result<()> {
        let Some(Batch { bytes, entries, .. }) = self.batches[queue].front_mut() else { return Ok(()) };
        match entries.pop_front().filter(|entry| self.shown.is_wanted(entry)) {
            Some(entry) => {
                let logs = self.shown.logs;
                self.shown.show(queue, logs[queue].file(), &entry, &bytes[entry.range.clone()])
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::*;
    use crate::logs::Zone;
    use crate::logs::input::{Origin, Request, resolve};

    struct Place(tempfile::TempDir, TeamRules);

    impl Place {
        fn new(files: &[(&str, &str)]) -> Self {
            let place = Self(tempfile::tempdir().unwrap(), TeamRules::new(Vec::new()));
            files.iter().for_each(|(name, text)| fs::write(place.path(name), text).unwrap());
            place
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn append(&self, name: &str, text: &str) {
            let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        fn sources(&self) -> Vec<Source> {
            let patterns = [PathBuf::from("*.log*")];
            resolve(&Request { patterns: &patterns, root: self.0.path(), origin: Origin::Configured }).sources
        }

        fn tail(&self, lines: Option<u64>) -> Tail<'_> {
            let zone = ZoneChoice::Given(Zone::Fixed(0));
            let options = TailOptions {
                lines,
                since: None,
                until: None,
                level: None,
                follows: true,
                numbers: true,
                zone,
            };
            Tail::new(self.sources(), options, &self.1)
        }
    }

    fn past(tail: &mut Tail) -> String {
        gather(|out| tail.past(out))
    }

    fn look(tail: &mut Tail) -> String {
        gather(|out| tail.look(0, out).map(drop))
    }

    fn gather(read: impl FnOnce(Out<'_>) -> io::Result<()>) -> String {
        let mut text = Vec::new();
        read(&mut |item| text.write_all(item.text)).unwrap();
        String::from_utf8(text).unwrap()
    }

    fn shell(folder: &Path, script: &str) {
        assert!(Command::new("sh").args(["-ec", script]).current_dir(folder).status().unwrap().success());
    }

    #[test]
    fn last_lines_reach_back_into_rotated_members() {
        let place = Place::new(&[("b.log.2", "1\n2\n"), ("b.log.1", "3\n4\n"), ("b.log", "5\n")]);
        shell(place.0.path(), "gzip b.log.2");
        assert_eq!(past(&mut place.tail(Some(1))), "5\n");
        assert_eq!(past(&mut place.tail(Some(2))), "4\n5\n");
        assert_eq!(past(&mut place.tail(Some(4))), "2\n3\n4\n5\n");
        assert_eq!(past(&mut place.tail(Some(9))), "1\n2\n3\n4\n5\n");
        assert_eq!(past(&mut place.tail(None)), "1\n2\n3\n4\n5\n");
        assert_eq!(past(&mut place.tail(Some(0))), "");
    }

    #[test]
    fn follower_goes_on_where_the_past_ended() {
        let place = Place::new(&[("b.log", "one\ntw")]);
        let mut tail = place.tail(Some(10));
        assert_eq!(past(&mut tail), "one\n");
        place.append("b.log", "o\nthree\n");
        assert_eq!(look(&mut tail), "two\nthree\n");
        shell(place.0.path(), "mv b.log b.log.1; echo four > b.log");
        assert_eq!(look(&mut tail), "four\n");
        assert_eq!(look(&mut tail), "");
    }

    #[test]
    fn new_logs_and_dated_members_are_taken_up() {
        let place = Place::new(&[("a-20240101.log", "old\n")]);
        let mut tail = place.tail(Some(10));
        assert_eq!(past(&mut tail), "old\n");
        place.append("a-20240102.log", "next day\n");
        place.append("b.log", "another\n");
        tail.adopt(place.sources());
        tail.adopt(place.sources());
        assert_eq!(look(&mut tail), "next day\nanother\n");
        assert_eq!(tail.names().count(), 2);
    }

    #[test]
    fn dated_member_that_is_left_is_read_to_its_end() {
        let place = Place::new(&[("a-20240101.log", "old\n")]);
        let mut tail = place.tail(Some(10));
        assert_eq!(past(&mut tail), "old\n");
        place.append("a-20240101.log", "before midnight\nat mid");
        place.append("a-20240102.log", "next day\n");
        tail.adopt(place.sources());
        place.append("a-20240101.log", "night\n");
        assert_eq!(look(&mut tail), "before midnight\nat midnight\nnext day\n");
        place.append("a-20240101.log", "late\n");
        assert_eq!(look(&mut tail), "late\n");
    }

    #[test]
    fn file_that_was_moved_away_is_not_shown_again() {
        let place = Place::new(&[("b.log", "one\n")]);
        let mut tail = place.tail(Some(10));
        assert_eq!(past(&mut tail), "one\n");
        shell(place.0.path(), "mv b.log b.log.1");
        assert_eq!(look(&mut tail), "");
        tail.adopt(place.sources());
        assert_eq!(look(&mut tail), "");
        place.append("b.log", "two\n");
        tail.adopt(place.sources());
        assert_eq!(look(&mut tail), "two\n");
    }

    #[test]
    fn look_that_fails_shows_nothing_twice() {
        let place = Place::new(&[("b.log", "one\n")]);
        let mut tail = place.tail(Some(10));
        assert_eq!(past(&mut tail), "one\n");
        // A name that leads to itself cannot be opened, whoever asks.
        shell(place.0.path(), "mv b.log away; ln -s b.log b.log");
        assert_eq!(look(&mut tail), "");
        assert_eq!(look(&mut tail), "");
        assert_eq!(tail.problems().len(), 1, "{:?}", tail.problems());
        shell(place.0.path(), "mv -T away b.log; echo two >> b.log");
        tail.adopt(place.sources());
        assert_eq!(look(&mut tail), "two\n");
    }

    #[test]
    fn lines_of_an_endless_record_come_in_pieces_and_complete() {
        let long = "x".repeat(9 << 20) + "\n";
        let place = Place::new(&[("b.log", &("start\n".to_owned() + &long + "end\n"))]);
        assert_eq!(past(&mut place.tail(None)).len(), long.len() + 10);
    }
}
