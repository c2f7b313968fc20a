//! Opening a file that grows at its end.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::store::atomic::{folder_of, owner_to_hand_to};

/// Opens a file to add to its end, and makes it where it is absent; then it is the folder's owner's. A link is not
/// followed, and a FIFO that nobody reads is not waited for.
///
/// # Errors
/// When it is a link, or cannot be opened.
pub fn open_to_append(path: &Path, mode: u32) -> io::Result<File> {
    let is_new = !path.exists();
    let mut options = OpenOptions::new();
    let options = options.append(true).create(true).mode(mode);
    let file = options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path).map_err(told)?;
    // Root's file in somebody's folder is theirs to rotate; where that fails, it is there all the same.
    if is_new && let Some((uid, gid)) = owner_to_hand_to(folder_of(path)) {
        std::os::unix::fs::fchown(&file, Some(uid), Some(gid)).unwrap_or(());
    }
    Ok(file)
}

/// What the system calls too many levels.
fn told(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(libc::ELOOP) => io::Error::new(error.kind(), "is a symbolic link; name the file itself"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_grows_and_a_link_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        for line in ["one\n", "two\n"] {
            open_to_append(&path, 0o600).unwrap().write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let error = open_to_append(&link, 0o600).unwrap_err().to_string();
        assert!(error.contains("symbolic link"), "{error}");
    }
}
