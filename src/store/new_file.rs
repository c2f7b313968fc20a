//! Writing a file that must not be there yet.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::store::WriteError;
use crate::store::atomic::{folder_of, owner_to_hand_to};

/// Writes a new file, whole or not at all; whatever has its name already, be it a link to nowhere, stays as it is.
///
/// # Errors
/// With [`std::io::ErrorKind::AlreadyExists`] when something has its name; else when the folder cannot be written to.
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), WriteError> {
    let at = |source| WriteError { path: path.to_owned(), source };
    let folder = folder_of(path);
    let mut file = tempfile::Builder::new()
        .prefix(".fuelops-")
        .suffix(".tmp")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder)
        .map_err(|error| at(error.kind().into()))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(at)?;
    if let Some((uid, gid)) = owner_to_hand_to(folder) {
        std::os::unix::fs::fchown(file.as_file(), Some(uid), Some(gid)).map_err(at)?;
    }
    file.persist_noclobber(path).map_err(|error| at(error.error))?;
    // As in `write_atomic`: some file systems cannot sync folders.
    fs::File::open(folder).and_then(|folder| folder.sync_all()).unwrap_or(());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fuelops.toml");
        write_new(&path, b"one", 0o644).unwrap();
        assert_eq!(write_new(&path, b"two", 0o644).unwrap_err().source.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert_eq!(write_new(&link, b"two", 0o644).unwrap_err().source.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
