//! A stream kept in a private temporary file, for whoever has to read it twice.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use crate::logs::input::feed::Feed;
use crate::logs::input::open::{Input, open};
use crate::logs::input::source::{Problem, Source, SourceKind};

/// A source that can be read again as long as this lives.
#[derive(Debug)]
pub struct Spooled {
    pub source: Source,
    /// What ended the stream early.
    pub problem: Option<Problem>,
    /// Has no name, so that nothing is left behind however this run ends; the source opens it by its descriptor.
    _file: File,
}

/// Keeps what a stream holds; `None` for a source that can be read again as it is.
///
/// # Errors
/// When the stream cannot be opened, or there is no room for it.
pub fn spool(source: &Source) -> Result<Option<Spooled>, Problem> {
    if source.kind != SourceKind::Stream {
        return Ok(None);
    }
    match open(source)? {
        Input::Ranged { .. } => Ok(None),
        Input::Stream(feed) => keep(source, feed).map(Some).map_err(|error| {
            let told = Problem::of_error(&source.name, &error);
            Problem { detail: format!("cannot be kept in a temporary file: {}", told.detail), ..told }
        }),
    }
}

fn keep(source: &Source, mut feed: Feed) -> io::Result<Spooled> {
    let mut file = tempfile::tempfile()?;
    let len = io::copy(&mut feed, &mut file)?;
    let source = Source {
        path: PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd())),
        identity: None,
        kind: SourceKind::Plain,
        len,
        ..source.clone()
    };
    Ok(Spooled { source, problem: feed.problem().cloned(), _file: file })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::thread;

    use super::spool;
    use crate::logs::input::{Input, Origin, Request, open, resolve};

    #[test]
    fn a_pipe_can_be_read_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let writer = {
            let path = path.clone();
            thread::spawn(move || {
                std::fs::OpenOptions::new().write(true).open(path).unwrap().write_all(b"one\ntwo\n").unwrap();
            })
        };
        let request = Request { patterns: &[path], root: folder.path(), origin: Origin::Arguments };
        let source = resolve(&request).sources.remove(0);
        let spooled = spool(&source).unwrap().unwrap();
        writer.join().unwrap();
        assert_eq!((spooled.source.len, &spooled.source.name), (8, &source.name));
        for _ in 0..2 {
            let Input::Ranged { mut file, .. } = open(&spooled.source).unwrap() else { panic!("a stream") };
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, "one\ntwo\n");
        }
    }
}
