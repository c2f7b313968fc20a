//! Lines put down where they can be read like any log.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat};

use crate::logs::assemble::has_own_time;
use crate::logs::input::{Source, SourceKind};

/// Programs that are kept apart; each takes a file descriptor.
const MAX_PROGRAMS: usize = 256;
/// What the lines of all others stand under.
const OTHERS: &str = "{others}";

/// Lines by program.
#[derive(Debug, Default)]
pub struct Shelf {
    files: Vec<(String, BufWriter<File>, u64)>,
    by_program: HashMap<String, usize>,
    bytes: u64,
    lines: u64,
}

/// What was put down. The sources can be read as long as this lives.
#[derive(Debug)]
pub struct Shelved {
    pub sources: Vec<Source>,
    /// Have no names, so that nothing is left behind however this run ends.
    _files: Vec<File>,
}

impl Shelf {
    /// Puts a line down behind those that its program wrote before; `at` is in nanoseconds since 1970.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn put(&mut self, program: &str, at: i64, text: &str) -> io::Result<()> {
        let number = self.number_of(program)?;
        let (_, file, len) = &mut self.files[number];
        let at = DateTime::from_timestamp_nanos(at).to_rfc3339_opts(SecondsFormat::Nanos, true);
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            let before = *len;
            // A collector that unpacks nothing sends what the container engine wrote.
            if !has_own_time(line.as_bytes()) {
                write!(file, "{at} stdout F ")?;
                *len += at.len() as u64 + 10;
            }
            file.write_all(line.as_bytes())?;
            file.write_all(b"\n")?;
            *len += line.len() as u64 + 1;
            self.bytes += *len - before;
            self.lines += 1;
        }
        Ok(())
    }

    /// Bytes put down so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Lines put down so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Hands everything on, in the order of the programs' names.
    ///
    /// # Errors
    /// When there was no room for all of it.
    pub fn finish(mut self) -> io::Result<Shelved> {
        self.files.sort_by(|a, b| a.0.cmp(&b.0));
        let (mut sources, mut files) = (Vec::new(), Vec::new());
        for (name, file, len) in self.files {
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            sources.push(Source {
                path: PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd())),
                series: name.clone(),
                name,
                identity: None,
                kind: SourceKind::Plain,
                len,
                start: 0,
                lines_before: 0,
                modified: None,
            });
            files.push(file);
        }
        Ok(Shelved { sources, _files: files })
    }

    fn number_of(&mut self, program: &str) -> io::Result<usize> {
        if let Some(&number) = self.by_program.get(program) {
            return Ok(number);
        }
        let name = if self.files.len() < MAX_PROGRAMS - 1 { program } else { OTHERS };
        if let Some(&number) = self.by_program.get(name) {
            return Ok(number);
        }
        let file = BufWriter::new(tempfile::tempfile()?);
        self.files.push((name.to_owned(), file, 0));
        self.by_program.insert(name.to_owned(), self.files.len() - 1);
        Ok(self.files.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn lines_stand_by_program_behind_their_times() {
        let mut shelf = Shelf::default();
        shelf.put("{app=\"b\"}", 1_772_445_602_000_000_001, "ERROR failed\n  at x\n").unwrap();
        shelf.put("{app=\"a\"}", 1_772_445_602_000_000_002, "up").unwrap();
        shelf.put("{app=\"b\"}", 3, "2026-03-02T10:00:02.5Z stderr F its own").unwrap();
        let shelved = shelf.finish().unwrap();
        let text = |number: usize| fs::read_to_string(&shelved.sources[number].path).unwrap();
        assert_eq!(shelved.sources[0].name, "{app=\"a\"}");
        assert_eq!(text(0), "2026-03-02T10:00:02.000000002Z stdout F up\n");
        let at = "2026-03-02T10:00:02.000000001Z stdout F";
        assert_eq!(
            text(1),
            format!("{at} ERROR failed\n{at}   at x\n2026-03-02T10:00:02.5Z stderr F its own\n")
        );
        assert!(shelved.sources.iter().all(|source| fs::metadata(&source.path).unwrap().len() == source.len));
    }

    #[test]
    fn programs_without_end_share_one_place() {
        let mut shelf = Shelf::default();
        (0..1_000).for_each(|n| shelf.put(&format!("{{pod=\"{n}\"}}"), n, "x").unwrap());
        assert_eq!((shelf.lines(), shelf.finish().unwrap().sources.len()), (1_000, MAX_PROGRAMS));
    }
}
