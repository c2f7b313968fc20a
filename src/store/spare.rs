//! Where state stands that the disk of the state folder does not take: in memory, until the machine starts anew.
//!
//! A disk that is full or read-only must keep no service down, and what runs all the same must be found again by whoever
//! asks later.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::platform;

/// Not there on every system; then there is no spare.
const MEMORY: &str = "/dev/shm";

/// Tells one state folder from another, whatever name it is called by.
pub fn tag_of(state_dir: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    state_dir.canonicalize().unwrap_or_else(|_| state_dir.to_owned()).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The spare of a state folder, where somebody who may has made one: the caller, or for root the folder's owner.
pub fn spare_of(state_dir: &Path) -> Option<PathBuf> {
    let caller = platform::caller_uid();
    let owner = platform::file_owner(state_dir).filter(|_| caller == 0);
    let tag = tag_of(state_dir);
    let spares = [Some(caller), owner].into_iter().flatten().map(|uid| (uid, home_of(uid)));
    spares.filter(|(uid, home)| is_of(*uid, home)).map(|(_, home)| home.join(&tag)).find(|dir| dir.is_dir())
}

/// The spare of a state folder, made where it is not there yet.
///
/// # Errors
/// When nothing can be made in memory, or somebody else has taken its name.
pub fn create_spare(state_dir: &Path) -> io::Result<PathBuf> {
    let home = home_of(platform::caller_uid());
    create(&home)?;
    // Everybody may make names there: ours has to be ours.
    if !is_of(platform::caller_uid(), &home) {
        return Err(io::Error::other(format!("{} is somebody else's", home.display())));
    }
    let spare = home.join(tag_of(state_dir));
    create(&spare)?;
    Ok(spare)
}

fn home_of(uid: u32) -> PathBuf {
    Path::new(MEMORY).join(format!("fuelops-{uid}"))
}

fn is_of(uid: u32, home: &Path) -> bool {
    let found = fs::symlink_metadata(home);
    found.is_ok_and(|found| found.is_dir() && found.uid() == uid && found.mode() & 0o077 == 0)
}

fn create(folder: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spare_is_found_by_every_name_of_its_folder_once_it_is_made() {
        if !Path::new(MEMORY).is_dir() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (state, link) = (folder.path().join("state"), folder.path().join("link"));
        fs::create_dir(&state).unwrap();
        std::os::unix::fs::symlink(&state, &link).unwrap();
        assert_eq!(spare_of(&state), None);
        let spare = create_spare(&link).unwrap();
        assert_eq!(spare_of(&state), Some(spare.clone()));
        assert_eq!(create_spare(&state).unwrap(), spare);
        fs::remove_dir(spare).unwrap();
        assert_eq!(spare_of(&link), None);
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_no_home() {
        let folder = tempfile::tempdir().unwrap();
        let us = platform::caller_uid();
        let mode = |mode| std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(folder.path(), mode(0o700)).unwrap();
        assert!(is_of(us, folder.path()) && !is_of(us + 1, folder.path()));
        fs::set_permissions(folder.path(), mode(0o770)).unwrap();
        assert!(!is_of(us, folder.path()));
    }
}
