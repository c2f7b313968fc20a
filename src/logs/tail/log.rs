//! One log of several: its rotated members, and the name under which it goes on.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::logs::input::{Identity, Input, Problem, Source, SourceKind, open};
use crate::logs::tail::entry::Block;
use crate::logs::tail::last::last_lines;
use crate::logs::tail::watch::{Event, Watch};

/// The beginning of a file: offset, and number of the line there.
pub(super) const START: (u64, u64) = (0, 1);

/// What happened to a followed log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub log: String,
    pub what: &'static str,
}

/// A log.
#[derive(Debug)]
pub(super) struct Log {
    /// The name of its rotated set.
    pub(super) name: String,
    /// Oldest first; the last one is followed.
    pub(super) members: Vec<Source>,
    watch: Option<Watch>,
}

impl Log {
    pub(super) fn new(first: Source) -> Self {
        Self { name: first.series.clone(), members: vec![first], watch: None }
    }

    pub(super) fn identity(&self) -> Option<Identity> {
        self.watch.as_ref().and_then(Watch::identity)
    }

    /// Ends the newest member behind its last whole line.
    pub(super) fn leave_open_line(&mut self) {
        let Some(newest) = self.members.last_mut().filter(|newest| newest.kind == SourceKind::Plain) else {
            return;
        };
        let whole = File::open(&newest.path).and_then(|file| whole_lines(&file, newest.len));
        newest.len = whole.unwrap_or(newest.len);
    }

    /// The name of the file that is followed.
    pub(super) fn file(&self) -> &str {
        self.members.last().map_or("", |newest| &newest.name)
    }

    /// Watches the newest member from where its past ended, even if it was renamed meanwhile; `line` is the number of the
    /// next line there.
    pub(super) fn begin_watch(&mut self, line: u64, problems: &mut Vec<Problem>) {
        let offset =
            self.members.last().filter(|newest| newest.kind == SourceKind::Plain).map(|newest| newest.len);
        self.watch_from((offset.unwrap_or(0), line), problems);
    }

    /// Watches the newest member from a place and the number of the line there.
    pub(super) fn watch_from(&mut self, from: (u64, u64), problems: &mut Vec<Problem>) {
        let Some(newest) = self.members.last() else { return };
        // A compressed member is not written any more: its current file is yet to come.
        let name = newest.path.with_file_name(Path::new(&self.name).file_name().unwrap_or_default());
        let opened = match open(newest) {
            Ok(Input::Ranged { file, .. }) => Watch::new(&newest.path, Some(file), from),
            Ok(Input::Stream(_)) => Watch::new(&name, None, START),
            Err(_) => Watch::new(&newest.path, None, START),
        };
        match opened {
            Ok(watch) => self.watch = Some(watch),
            Err(error) => problems.push(Problem::of_error(&newest.name, &error)),
        }
    }

    /// Follows another name from now on: of a set whose current file bears its date.
    pub(super) fn go_over_to(&mut self, newest: &Source, problems: &mut Vec<Problem>) {
        self.members = vec![newest.clone()];
        match &mut self.watch {
            // Its next look reads the old file to its end, and goes on for a while.
            Some(watch) => watch.go_over_to(&newest.path),
            None => self.watch_from(START, problems),
        }
    }

    /// The whole lines that were added, in one block for each file that they stand in.
    pub(super) fn new_lines(&mut self, notices: &mut Vec<Notice>, problems: &mut Vec<Problem>) -> Vec<Block> {
        let Some(watch) = self.watch.as_mut() else { return Vec::new() };
        let mut lines = Vec::new();
        match watch.look(&mut lines) {
            Ok(event) => {
                notices.extend(event.map(|event| Notice { log: self.name.clone(), what: describe(event) }));
            }
            // The next look may do better, and goes on where the last one ended.
            Err(error) => {
                let problem = Problem::of_error(&self.name, &error);
                if !problems.contains(&problem) {
                    problems.push(problem);
                }
            }
        }
        lines
    }
}

fn describe(event: Event) -> &'static str {
    match event {
        Event::Truncated => "was truncated; going on from its beginning",
        Event::Replaced => "was rotated; going on with the new file",
        Event::Gone => "is gone; waiting for it to come back",
    }
}

/// Where the last whole line ends.
fn whole_lines(file: &File, len: u64) -> io::Result<u64> {
    let mut last = [0];
    if len == 0 || (file.read_at(&mut last, len - 1)? == 1 && last[0] == b'\n') {
        return Ok(len);
    }
    last_lines(file, len, 1).map(|(offset, _)| offset)
}
