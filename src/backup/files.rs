//! Log files as one tar stream: each as long as it was when it was opened, however it goes on growing.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;

use anyhow::Result;
use tar::{Builder, EntryType, Header};

use super::archive::Hashed;
use super::gather::{Found, Skipped, Weight, gather};
use super::interrupt::Interrupt;
use super::manifest::Member;
use crate::config::PathPattern;
use crate::platform::files::{FileId, is_sqlite};

/// What became of the files.
#[derive(Debug, Default)]
pub(super) struct Packed {
    pub(super) members: Vec<Member>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) remarks: Vec<String>,
}

/// Packs what the patterns match into `target`.
pub(super) fn pack(
    patterns: &[PathPattern],
    avoid: &HashSet<FileId>,
    target: &mut dyn Write,
    interrupt: &Interrupt,
) -> Result<Packed> {
    let mut packed = Packed::default();
    let mut builder = Builder::new(target);
    let mut databases = Vec::new();
    let mut take = |found: Found| {
        if interrupt.is_asked() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        // A copied database may be torn: it has a way of its own.
        if is_sqlite(&found.file) {
            let path = found.path.display().to_string();
            let why = format!("is an SQLite database; add \"sqlite:{path}\" to [backup] databases");
            databases.push(Skipped { path, why, weight: Weight::Content });
            return Ok(());
        }
        let (member, is_short) = append(&mut builder, found)?;
        if is_short {
            packed.remarks.push(format!("{} became shorter while it was read", member.path));
        }
        packed.members.push(member);
        Ok(())
    };
    let skipped = gather(patterns, avoid, &mut take)?;
    builder.finish()?;
    packed.skipped = skipped;
    packed.skipped.append(&mut databases);
    Ok(packed)
}

fn append(builder: &mut Builder<&mut dyn Write>, found: Found) -> io::Result<(Member, bool)> {
    let metadata = found.file.metadata()?;
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_size(metadata.len());
    header.set_mode(metadata.mode() & 0o777);
    header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or(0));
    header.set_uid(u64::from(metadata.uid()));
    header.set_gid(u64::from(metadata.gid()));
    let exact = Exact { file: found.file, left: metadata.len(), is_short: false };
    let mut hashed = Hashed::new(exact);
    builder.append_data(&mut header, &found.path, &mut hashed)?;
    let is_short = hashed.inner().is_short;
    let path = found.path.display().to_string();
    Ok((Member { path, bytes: hashed.passed(), sha256: hashed.digest() }, is_short))
}

/// Exactly so many bytes of a file; what has gone meanwhile reads as zeros.
#[derive(Debug)]
struct Exact {
    file: File,
    left: u64,
    is_short: bool,
}

impl Read for Exact {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let mut read = if self.is_short { 0 } else { self.file.read(&mut buffer[..wanted])? };
        if read == 0 {
            self.is_short = true;
            buffer[..wanted].fill(0);
            read = wanted;
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// The members of a tar stream, each read to its end.
pub(super) fn members(content: impl Read) -> io::Result<Vec<Member>> {
    let mut archive = tar::Archive::new(content);
    let mut members = Vec::new();
    for entry in archive.entries()? {
        let entry = entry?;
        let path = entry.path()?.display().to_string();
        let mut hashed = Hashed::new(entry);
        io::copy(&mut hashed, &mut io::sink())?;
        members.push(Member { path, bytes: hashed.passed(), sha256: hashed.digest() });
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn files_come_back_as_they_were_and_databases_stay_out() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        let long = format!("logs/{}.log", "x".repeat(180));
        fs::create_dir(root.join("logs")).unwrap();
        fs::write(root.join("a.log"), "one\n").unwrap();
        fs::write(root.join(&long), vec![b'y'; 70_000]).unwrap();
        rusqlite::Connection::open(root.join("b.log")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        let patterns = ["*.log", "logs/*.log"].map(|text| PathPattern::new(&root, text).unwrap());
        let mut tar = Vec::new();
        let packed = pack(&patterns, &HashSet::new(), &mut tar, &Interrupt::default()).unwrap();
        assert_eq!(packed.skipped.len(), 1);
        assert!(packed.skipped[0].why.contains("sqlite:b.log"));
        assert_eq!(
            packed.members.iter().map(|m| (m.path.as_str(), m.bytes)).collect::<Vec<_>>(),
            [("a.log", 4), (&long, 70_000)]
        );
        assert_eq!(members(&tar[..]).unwrap(), packed.members);
    }

    #[test]
    fn a_file_that_shrinks_keeps_the_stream_in_step() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(b"abc", 0).unwrap();
        let mut exact = Exact { file, left: 5, is_short: false };
        let mut out = Vec::new();
        exact.read_to_end(&mut out).unwrap();
        assert_eq!((out.as_slice(), exact.is_short), (&b"abc\0\0"[..], true));
    }
}
