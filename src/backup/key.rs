//! The key that proves which backups are ours: 32 random bytes in the state folder, readable by their owner only.
//!
//! Who can read the key can make manifests that pass; who cannot, cannot change one unnoticed. A key that is lost takes
//! the proof of all older backups with it, never the backups themselves.

use std::ffi::CStr;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

use super::hex;
use super::owner::{Owner, hand_to};
use crate::platform;
use crate::platform::files::Folder;

/// Its name in the state folder.
const NAME: &CStr = c"backup.key";
/// What held no key.
const VOID: &CStr = c"backup.key.void";
const LENGTH: usize = 32;
/// Rights of others than the owner.
const OTHERS: u32 = 0o077;

/// Where the key of a state folder lies.
pub(super) fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("backup.key")
}

/// The key of one state folder.
#[derive(Debug)]
pub struct Key {
    hmac: hmac::Key,
}

/// Why there is no key to be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("cannot use {}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} {why}", path.display())]
    Unfit { path: PathBuf, why: String },
    #[error("{} holds no key", path.display())]
    Void { path: PathBuf },
}

impl Key {
    /// Reads the key of a state folder; `None` where there is none.
    ///
    /// # Errors
    /// When it cannot be read, is no key, or can be read by others.
    pub fn load(state_dir: &Path) -> Result<Option<Self>, KeyError> {
        let path = path(state_dir);
        let failed = |source| KeyError::Io { path: path.clone(), source };
        let unfit = |why: String| KeyError::Unfit { path: path.clone(), why };
        let folder = match Folder::open_trusted(state_dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(failed)?,
        };
        let look = match folder.look(NAME) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(failed)?,
        };
        if look.mode & OTHERS != 0 {
            let mode = look.mode & 0o777;
            return Err(unfit(format!(
                "can be read by others (mode {mode:o}), so that it proves nothing; if all of them are trusted: chmod 600 {}",
                path.display()
            )));
        }
        let caller = platform::caller_uid();
        if look.uid != caller && caller != 0 {
            return Err(unfit(format!("belongs to {}", platform::user_name(look.uid))));
        }
        let mut text = Vec::new();
        let file = folder.open_file(NAME).map_err(failed)?;
        file.take(4 * LENGTH as u64).read_to_end(&mut text).map_err(failed)?;
        let text = String::from_utf8_lossy(&text);
        match hex::decode(text.trim()).filter(|bytes| bytes.len() == LENGTH) {
            Some(bytes) => Ok(Some(Self::of(&bytes))),
            None => Err(KeyError::Void { path }),
        }
    }

    /// Makes a key where there is none. What is there and holds none is put aside, to be looked at.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(state_dir: &Path) -> Result<Self, KeyError> {
        let path = path(state_dir);
        let failed = |source| KeyError::Io { path: path.clone(), source };
        let mut bytes = [0; LENGTH];
        let no_random = |_| failed(io::Error::other("the system gives no random numbers"));
        SystemRandom::new().fill(&mut bytes).map_err(no_random)?;
        let folder = Folder::open_trusted(state_dir).map_err(failed)?;
        // Written beside its name first: half a key would be no key for ever.
        let temporary = c".fuelops-backup.key.partial";
        if let Err(error) = folder.remove_file(temporary)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(failed(error));
        }
        if matches!(Self::load(state_dir), Err(KeyError::Void { .. })) {
            folder.rename_over(NAME, VOID).map_err(failed)?;
        }
        let write = || {
            let mut file = folder.create_file(temporary)?;
            file.write_all(hex::encode(&bytes).as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            hand_to(Owner::of(&folder)?, &file)?;
            folder.rename_new(temporary, NAME)?;
            folder.sync()
        };
        write().map_err(failed)?;
        Ok(Self::of(&bytes))
    }

    /// Takes back one that has signed nothing.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn discard(self, state_dir: &Path) -> io::Result<()> {
        Folder::open_trusted(state_dir)?.remove_file(NAME)
    }

    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { hmac: hmac::Key::new(hmac::HMAC_SHA256, bytes) }
    }

    /// The proof of some bytes, in hexadecimal digits.
    pub(super) fn sign(&self, bytes: &[u8]) -> String {
        hex::encode(hmac::sign(&self.hmac, bytes).as_ref())
    }

    /// Whether a proof is ours.
    pub(super) fn proves(&self, bytes: &[u8], proof: &str) -> bool {
        hex::decode(proof).is_some_and(|proof| hmac::verify(&self.hmac, bytes, &proof).is_ok())
    }

    /// A name for passing things that only this installation can come up with.
    pub(super) fn scratch_name(&self) -> String {
        format!("fuelops_verify_{}", &self.sign(b"scratch database")[..12])
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Key::load(folder.path()).unwrap().is_none());
        assert!(Key::load(&folder.path().join("none")).unwrap().is_none());
        let made = Key::create(folder.path()).unwrap();
        let found = Key::load(folder.path()).unwrap().unwrap();
        assert!(found.proves(b"x", &made.sign(b"x")));
        assert!(!found.proves(b"y", &made.sign(b"x")) && !found.proves(b"x", "zz"));
        let mode = fs::metadata(folder.path().join("backup.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(Key::create(folder.path()).is_err(), "a key is never replaced");
    }

    #[test]
    fn a_key_that_others_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        Key::create(folder.path()).unwrap();
        let path = folder.path().join("backup.key");
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        assert!(Key::load(folder.path()).unwrap_err().to_string().contains("mode 640"));
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short\n").unwrap();
        assert!(Key::load(folder.path()).unwrap_err().to_string().ends_with("holds no key"));
        for void in [&b""[..], b"\xff\xfe"] {
            fs::write(&path, void).unwrap();
            assert!(matches!(Key::load(folder.path()), Err(KeyError::Void { .. })));
        }
        Key::create(folder.path()).unwrap();
        assert_eq!(fs::read(folder.path().join("backup.key.void")).unwrap(), b"\xff\xfe");
        assert!(Key::load(folder.path()).unwrap().is_some());
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", &path).unwrap();
        assert!(Key::load(folder.path()).is_err());
    }
}
