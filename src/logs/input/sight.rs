//! Sources as [`decide`](crate::logs::input::decide) sees them.

use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use crate::logs::input::open::{Input, open, unpacked_head};
use crate::logs::input::progress::{IMPRINT_LEN, Progress, Sight};
use crate::logs::input::source::{Identity, Problem, Source, SourceKind};

/// A source with its first bytes.
#[derive(Debug)]
pub struct SourceSight<'a> {
    source: &'a Source,
    identity: Identity,
    head: Vec<u8>,
}

impl<'a> SourceSight<'a> {
    /// Looks at a source; `None` for one that is read once and leaves no trace, such as standard input.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(source: &'a Source) -> Result<Option<Self>, Problem> {
        let Some(identity) = source.identity.filter(|_| source.kind != SourceKind::Stream) else {
            return Ok(None);
        };
        let head = unpacked_head(source, IMPRINT_LEN)?;
        Ok(Some(Self { source, identity, head }))
    }

    /// Notes that the source was read up to `offset`, in unpacked bytes; `None` where it does not hold as many.
    pub fn progress(&self, offset: u64) -> Option<Progress> {
        let least = usize::try_from(offset).unwrap_or(usize::MAX).min(IMPRINT_LEN);
        if self.head.len() < least {
            return None;
        }
        // What is behind a whole head of a compressed file is never looked at again.
        let is_needed = self.source.kind == SourceKind::Plain || self.head.len() < IMPRINT_LEN;
        let before = if is_needed { self.before(offset, least)? } else { Vec::new() };
        Some(Progress::new(self.identity, &self.head, &before, offset))
    }
}

impl Sight for SourceSight<'_> {
    fn identity(&self) -> Identity {
        self.identity
    }

    fn head(&self) -> &[u8] {
        &self.head
    }

    fn unpacked_len(&self) -> Option<u64> {
        (self.source.kind == SourceKind::Plain).then_some(self.source.len)
    }

    fn before(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
        let start = offset.checked_sub(len as u64)?;
        let mut bytes = vec![0; len.min(IMPRINT_LEN)];
        match open(self.source).ok()? {
            Input::Ranged { file, .. } => file.read_exact_at(&mut bytes, start).ok()?,
            Input::Stream(mut feed) => {
                let skipped = io::copy(&mut feed.by_ref().take(start), &mut io::sink()).ok()?;
                (skipped == start).then_some(())?;
                feed.read_exact(&mut bytes).ok()?;
            }
        }
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::*;
    use crate::logs::input::{Origin, Request, decide, resolve};

    fn sources(folder: &Path) -> Vec<Source> {
        let patterns = [PathBuf::from("b.log*")];
        resolve(&Request { patterns: &patterns, root: folder, origin: Origin::Arguments }).sources
    }

    fn read_all(folder: &Path) -> Vec<Progress> {
        let sources = sources(folder);
        sources
            .iter()
            .map(|source| SourceSight::new(source).unwrap().unwrap().progress(source.len).unwrap())
            .collect()
    }

    fn go_on(folder: &Path, known: &[Progress]) -> Vec<(String, u64)> {
        let sources = sources(folder);
        let sights: Vec<_> =
            sources.iter().map(|source| SourceSight::new(source).unwrap().unwrap()).collect();
        let files: Vec<&dyn Sight> = sights.iter().map(|sight| sight as &dyn Sight).collect();
        let offsets = decide(known, &files).offsets;
        sources.into_iter().map(|source| source.name).zip(offsets).collect()
    }

    fn lines(name: &str, bytes: usize) -> Vec<u8> {
        (0..).flat_map(|n| format!("{name} {n}\n").into_bytes()).take(bytes).collect()
    }

    fn shell(folder: &Path, script: &str) {
        assert!(Command::new("sh").args(["-ec", script]).current_dir(folder).status().unwrap().success());
    }

    #[test]
    fn real_rotations_lose_and_repeat_nothing() {
        for (bytes, script, expected) in [
            (50_000, "mv b.log b.log.1; echo new > b.log", vec![("b.log.1", 50_000), ("b.log", 0)]),
            (50_000, "echo more >> b.log", vec![("b.log", 50_000)]),
            (
                50_000,
                "gzip b.log; mv b.log.gz b.log.1.gz; echo new > b.log",
                vec![("b.log.1.gz", 50_000), ("b.log", 0)],
            ),
            (300, "gzip b.log; mv b.log.gz b.log.1.gz", vec![("b.log.1.gz", 300)]),
            (
                50_000,
                "cp b.log b.log.1; : > b.log; echo new >> b.log",
                vec![("b.log.1", 50_000), ("b.log", 0)],
            ),
            (50_000, "rm b.log; echo new > b.log", vec![("b.log", 0)]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("b.log"), lines("old", bytes)).unwrap();
            let known = read_all(folder.path());
            shell(folder.path(), script);
            let expected: Vec<_> = expected.into_iter().map(|(name, at)| (name.to_owned(), at)).collect();
            assert_eq!(go_on(folder.path(), &known), expected, "{script}");
        }
    }

    /// Reads what is new in every member and notes the places.
    fn read_new(folder: &Path, known: &mut Vec<Progress>, seen: &mut Vec<String>) {
        let sources = sources(folder);
        let sights: Vec<_> =
            sources.iter().map(|source| SourceSight::new(source).unwrap().unwrap()).collect();
        let files: Vec<&dyn Sight> = sights.iter().map(|sight| sight as &dyn Sight).collect();
        let offsets = decide(known, &files).offsets;
        known.clear();
        for ((source, sight), offset) in sources.iter().zip(&sights).zip(offsets) {
            let all = unpacked_head(source, usize::MAX).unwrap();
            let new = String::from_utf8(all[offset as usize..].to_vec()).unwrap();
            seen.extend(new.lines().map(str::to_owned));
            known.push(sight.progress(all.len() as u64).unwrap());
        }
    }

    #[test]
    fn whatever_happens_between_two_looks_each_line_is_read_once() {
        const SHIFT: &str = "for n in 4 3 2 1; do for e in '' .gz; do
            test ! -e b.log.$n$e || mv b.log.$n$e b.log.$((n + 1))$e; done; done; ";
        for seed in 0..8_u64 {
            let folder = tempfile::tempdir().unwrap();
            let (mut known, mut seen, mut written) = (Vec::new(), Vec::new(), Vec::new());
            let mut dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            shell(folder.path(), ": > b.log");
            for step in 0..25 {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let lines: Vec<String> =
                    (0..dice >> 55).map(|n| format!("{seed} {step} {n} some text")).collect();
                let mut log = fs::read(folder.path().join("b.log")).unwrap_or_default();
                lines.iter().for_each(|line| log.extend_from_slice(format!("{line}\n").as_bytes()));
                fs::write(folder.path().join("b.log"), log).unwrap();
                written.extend(lines);
                match dice >> 40 & 7 {
                    0 => shell(folder.path(), &format!("{SHIFT} mv b.log b.log.1; : > b.log")),
                    1 => shell(folder.path(), &format!("{SHIFT} cp b.log b.log.1; : > b.log")),
                    2 => shell(folder.path(), "test ! -e b.log.1 || test -e b.log.1.gz || gzip b.log.1"),
                    3..=5 => read_new(folder.path(), &mut known, &mut seen),
                    _ => {}
                }
                // Members beyond the fifth would be lost unread.
                if step % 4 == 3 {
                    read_new(folder.path(), &mut known, &mut seen);
                }
            }
            read_new(folder.path(), &mut known, &mut seen);
            seen.sort();
            written.sort();
            assert_eq!(seen, written, "seed {seed}");
        }
    }
}
