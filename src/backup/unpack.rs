//! Brings packed files back into an empty folder, with the rights and the times that they had.

use std::ffi::{CString, OsStr};
use std::fs::{File, FileTimes, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path};
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use tar::Header;

use super::archive::{Content, Hashed};
use super::manifest::Manifest;
use crate::platform::files::{Entry as Entered, Folder};
use crate::store::create_folder;

/// Rights of the folders.
const FOLDER_MODE: u32 = 0o700;
/// What of a file's mode comes back; nothing that would give its user more than that.
const RIGHTS: u32 = 0o777;

/// Unpacks files into an empty folder; nothing in the archive leads out of it.
pub(super) fn unpack(path: &Path, content: &mut Content, manifest: &Manifest) -> Result<()> {
    create_folder(path, FOLDER_MODE)?;
    let top = Folder::open_trusted(path)?;
    let mut archive = tar::Archive::new(content);
    let mut wanted = manifest.files.iter();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.into_owned();
        if !entry.header().entry_type().is_file() {
            bail!("{} is no file", name.display());
        }
        let mut hashed = Hashed::new(create_below(&top, path, &name)?);
        io::copy(&mut entry, &mut hashed).with_context(|| format!("cannot write {}", name.display()))?;
        hashed.flush()?;
        dress(hashed.inner(), entry.header()).with_context(|| format!("cannot use {}", name.display()))?;
        let is_same = wanted.next().is_some_and(|member| member.sha256 == hashed.digest());
        if !is_same {
            bail!("{} is not what was backed up", name.display());
        }
    }
    Ok(())
}

/// Gives a file the rights and the time that it had.
fn dress(file: &File, header: &Header) -> io::Result<()> {
    file.set_times(FileTimes::new().set_modified(UNIX_EPOCH + Duration::from_secs(header.mtime()?)))?;
    file.set_permissions(Permissions::from_mode(header.mode()? & RIGHTS))
}

/// Makes a file below a folder, with the folders on the way.
fn create_below(top: &Folder, at: &Path, name: &Path) -> Result<File> {
    let parts: Vec<&OsStr> = name
        .components()
        .map(|part| match part {
            Component::Normal(part) => Ok(part),
            _ => bail!("{} leads out of the folder", name.display()),
        })
        .collect::<Result<_>>()?;
    let Some((file, folders)) = parts.split_last() else { bail!("a file of the archive has no name") };
    let mut path = at.to_owned();
    let mut inner: Option<Folder> = None;
    for folder in folders {
        path.push(folder);
        create_folder(&path, FOLDER_MODE)?;
        let entered = inner.as_ref().unwrap_or(top).enter(&CString::new(folder.as_bytes())?)?;
        let Entered::Folder(folder) = entered else { bail!("{} is no folder", path.display()) };
        inner = Some(folder);
    }
    let made = inner.as_ref().unwrap_or(top).create_file(&CString::new(file.as_bytes())?);
    made.with_context(|| format!("cannot create {}", path.join(file).display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_an_archive_leads_out_of_the_folder() {
        let place = tempfile::tempdir().unwrap();
        let top = Folder::open_trusted(place.path()).unwrap();
        std::os::unix::fs::symlink("/tmp", place.path().join("link")).unwrap();
        for name in ["../x", "/etc/x", "a/../../x", "link/x", ""] {
            assert!(create_below(&top, place.path(), Path::new(name)).is_err(), "{name}");
        }
        create_below(&top, place.path(), Path::new("a/b/c")).unwrap();
        assert!(place.path().join("a/b/c").is_file());
    }
}
