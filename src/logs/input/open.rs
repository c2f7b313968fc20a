//! From a source to its bytes.
//!
//! A plain file is handed out as it is, for reading by range; everything else is a stream. The file that is opened is
//! the one that was looked at: where it was renamed in the meantime, it is found again in its folder.

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use crate::logs::input::feed::Feed;
use crate::logs::input::pipe::Pipe;
use crate::logs::input::source::{Identity, Problem, ProblemKind, Source, SourceKind};

/// Bytes ready to be read.
#[derive(Debug)]
pub enum Input {
    /// Read with `read_at`, in any order, up to `len`; a read that ends before is a file that shrank
    /// ([`Source::shrank`]).
    Ranged { file: File, len: u64 },
    /// Read once, in order.
    Stream(Feed),
}

/// Opens a source.
///
/// # Errors
/// When it cannot be opened, is gone, or is a FIFO that nobody writes into.
pub fn open(source: &Source) -> Result<Input, Problem> {
    match source.kind {
        SourceKind::Stream if source.name == "-" => open_stdin(source),
        SourceKind::Stream => open_special(source),
        SourceKind::Plain => Ok(Input::Ranged { file: open_file(source)?, len: source.len }),
        packed => Feed::unpack(&source.name, packed, Box::new(open_file(source)?)).map(Input::Stream),
    }
}

/// The first bytes of a source, unpacked.
///
/// # Errors
/// As [`open`].
pub fn unpacked_head(source: &Source, len: usize) -> Result<Vec<u8>, Problem> {
    let mut head = Vec::new();
    let file = open_file(source)?;
    let read = match source.kind {
        SourceKind::Plain | SourceKind::Stream => file.take(len as u64).read_to_end(&mut head),
        packed => Feed::unpack(&source.name, packed, Box::new(file))?.take(len as u64).read_to_end(&mut head),
    };
    read.map_err(|error| Problem::of_error(&source.name, &error))?;
    Ok(head)
}

/// A file redirected into standard input is read by range, like one that was named.
fn open_stdin(source: &Source) -> Result<Input, Problem> {
    let failed = |error: io::Error| Problem::of_error(&source.name, &error);
    if source.identity.is_some() {
        let mut file = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(failed)?);
        let len = file.metadata().map_err(failed)?.len();
        let is_fresh = file.stream_position().map_err(failed)? == 0;
        let mut head = [0; super::source::MAGIC_LEN];
        let got = std::os::unix::fs::FileExt::read_at(&file, &mut head, 0).map_err(failed)?;
        if is_fresh && SourceKind::of_head(&head[..got]) == SourceKind::Plain {
            return Ok(Input::Ranged { file, len });
        }
    }
    Feed::sniff(&source.name, Box::new(io::stdin())).map(Input::Stream)
}

fn open_special(source: &Source) -> Result<Input, Problem> {
    let failed = |error: io::Error| Problem::of_error(&source.name, &error);
    let pipe = Pipe::open(&source.path).map_err(failed)?;
    if !pipe.metadata().map_err(failed)?.file_type().is_fifo() {
        return Err(vanished(source));
    }
    Feed::sniff(&source.name, Box::new(pipe)).map(Input::Stream)
}

/// Opens the very file that was looked at.
fn open_file(source: &Source) -> Result<File, Problem> {
    let is_it = |file: &File| {
        source
            .identity
            .is_none_or(|identity| file.metadata().is_ok_and(|found| identity_of(&found) == identity))
    };
    match File::open(&source.path) {
        Ok(file) if is_it(&file) => Ok(file),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Problem::of_error(&source.name, &error)),
        Ok(_) | Err(_) => find_renamed(source).ok_or_else(|| vanished(source)),
    }
}

/// Looks for a file by its identity in the folder where it was: rotation renames within one.
fn find_renamed(source: &Source) -> Option<File> {
    let identity = source.identity?;
    let folder =
        source.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter(|entry| std::os::unix::fs::DirEntryExt::ino(entry) == identity.inode)
        .filter_map(|entry| File::open(entry.path()).ok())
        .find(|file| file.metadata().is_ok_and(|found| identity_of(&found) == identity))
}

/// What a file is.
pub fn identity_of(metadata: &fs::Metadata) -> Identity {
    Identity { device: metadata.dev(), inode: metadata.ino() }
}

fn vanished(source: &Source) -> Problem {
    Problem::nothing(
        &source.name,
        ProblemKind::Vanished,
        "gone since the run began (rotated away or removed)",
    )
}

impl Source {
    /// Names a plain file that ended at `read` bytes although it was longer when the run began.
    pub fn shrank(&self, read: u64) -> Problem {
        let detail = format!("was truncated while it was read: {read} of {} bytes", self.len);
        Problem::beginning(&self.name, ProblemKind::Shrank, detail)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;
    use crate::logs::input::{Origin, Request, resolve};

    fn only(folder: &Path, name: &str) -> Source {
        let request = Request { patterns: &[PathBuf::from(name)], root: folder, origin: Origin::Arguments };
        resolve(&request).sources.remove(0)
    }

    fn text(input: Input) -> String {
        let mut text = String::new();
        match input {
            Input::Ranged { mut file, .. } => file.read_to_string(&mut text).unwrap(),
            Input::Stream(mut feed) => feed.read_to_string(&mut text).unwrap(),
        };
        text
    }

    #[test]
    fn renamed_file_is_found_and_its_successor_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.log");
        fs::write(&path, "old\n").unwrap();
        let source = only(folder.path(), "b.log");
        fs::rename(&path, folder.path().join("b.log.1")).unwrap();
        fs::write(&path, "new\n").unwrap();
        assert_eq!(text(open(&source).unwrap()), "old\n");
    }

    #[test]
    fn removed_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.log"), "old\n").unwrap();
        let source = only(folder.path(), "b.log");
        fs::remove_file(folder.path().join("b.log")).unwrap();
        assert_eq!(open(&source).unwrap_err().kind, ProblemKind::Vanished);
    }

    #[test]
    fn pipe_without_writer_is_named_and_one_with_a_writer_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo.log");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let source = only(folder.path(), "fifo.log");
        assert_eq!(source.kind, SourceKind::Stream);
        assert_eq!(open(&source).unwrap_err().kind, ProblemKind::SilentPipe);
        let writer = std::thread::spawn(move || fs::write(path, "through a pipe\n").unwrap());
        assert_eq!(text(open(&source).unwrap()), "through a pipe\n");
        writer.join().unwrap();
    }
}
