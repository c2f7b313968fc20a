//! Either end of a file that others write.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

/// Reads the end of a file, at most so many bytes of it, and when it was last written to. Waits for no writer of a pipe;
/// may hang where the file system does.
///
/// # Errors
/// When it cannot be read, or is no regular file.
pub fn tail(path: &Path, most: u64) -> io::Result<(Vec<u8>, SystemTime)> {
    let mut file = open(path)?;
    let metadata = file.metadata()?;
    file.seek(SeekFrom::Start(metadata.len().saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok((bytes, metadata.modified()?))
}

/// Reads the start of a file, at most so many bytes of it; as [`tail`].
///
/// # Errors
/// When it cannot be read, or is no regular file.
pub fn head(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    #[test]
    fn no_more_than_was_asked_for_and_nothing_of_pipes_and_folders() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        fs::write(&path, "one\ntwo\n").unwrap();
        assert_eq!(tail(&path, 4).unwrap().0, b"two\n");
        assert_eq!(tail(&path, 400).unwrap().0, b"one\ntwo\n");
        assert_eq!((head(&path, 4).unwrap(), head(&path, 400).unwrap().len()), (b"one\n".to_vec(), 8));
        let pipe = folder.path().join("pipe");
        mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        for other in [pipe.as_path(), folder.path(), Path::new("/no/such/file")] {
            assert!(tail(other, 4).is_err() && head(other, 4).is_err());
        }
    }
}
