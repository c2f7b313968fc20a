//! Opening and renaming files with another user's rights: in a folder of somebody else's, root must not be led elsewhere
//! by a link.

/// The rights by which this thread opens files, until it is dropped.
#[derive(Debug)]
pub struct FileUser {
    is_changed: bool,
}

impl FileUser {
    /// Takes on a user's rights for files; nothing changes where the caller is no root, or is that user already.
    pub fn become_for_files(uid: u32, gid: u32) -> Self {
        let is_changed = crate::platform::caller_uid() == 0 && uid != 0;
        if is_changed {
            set(uid, gid);
        }
        Self { is_changed }
    }
}

impl Drop for FileUser {
    fn drop(&mut self) {
        if self.is_changed {
            set(0, 0);
        }
    }
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "neither rustix nor nix changes the rights of one thread for files only")]
fn set(uid: u32, gid: u32) {
    // SAFETY: both calls take plain numbers and change this thread only. The group goes first, while there is a right to.
    unsafe {
        if uid == 0 {
            libc::setfsuid(uid);
            libc::setfsgid(gid);
        } else {
            libc::setfsgid(gid);
            libc::setfsuid(uid);
        }
    }
}

/// This system has no such rights: files are opened as whoever we are.
#[cfg(not(target_os = "linux"))]
fn set(_uid: u32, _gid: u32) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn what_is_made_belongs_to_that_user_and_roots_files_are_closed_to_it() {
        if crate::platform::caller_uid() != 0 {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(65_534), Some(65_534)).unwrap();
        let path = folder.path().join("x");
        {
            let _user = FileUser::become_for_files(65_534, 65_534);
            std::fs::write(&path, "x").unwrap();
            assert!(std::fs::read("/etc/shadow").is_err());
        }
        assert!(std::fs::read("/etc/shadow").is_ok());
        assert_eq!(path.metadata().unwrap().uid(), 65_534);
    }
}
