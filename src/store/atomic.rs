//! Writing a file so that a reader sees the old one or the new one, never half of either.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::platform;
use crate::text::shell;

/// A file could not be written; the old one, if any, is unchanged.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct WriteError {
    pub path: PathBuf,
    pub source: io::Error,
}

/// Creates a folder and its parents with this mode, where it is not there yet.
///
/// # Errors
/// When it cannot be created, or something else has its name.
pub fn create_folder(path: &Path, mode: u32) -> Result<(), WriteError> {
    let at = |source| WriteError { path: path.to_owned(), source };
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.ancestors().skip(1).find(|p| p.is_dir()).map(Path::to_owned);
    fs::DirBuilder::new().recursive(true).mode(mode).create(path).map_err(at)?;
    match parent.and_then(|p| owner_to_hand_to(&p)) {
        Some((uid, gid)) => std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(at),
        None => Ok(()),
    }
}

/// Gives a file that root has just made in somebody's folder to that somebody; otherwise does nothing.
///
/// # Errors
/// When the owner cannot be set.
pub fn hand_over(path: &Path) -> Result<(), WriteError> {
    let at = |source| WriteError { path: path.to_owned(), source };
    match path.parent().and_then(owner_to_hand_to) {
        Some((uid, gid)) => std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(at),
        None => Ok(()),
    }
}

/// Whom a file belongs to that root writes into somebody's folder: that somebody, so that their programs can go on with
/// it.
pub(super) fn owner_to_hand_to(folder: &Path) -> Option<(u32, u32)> {
    let metadata = fs::metadata(folder).ok()?;
    // A folder that everybody may write to, such as /tmp, belongs to nobody in particular.
    let is_shared = metadata.mode() & 0o1000 != 0;
    let hands_over = platform::caller_uid() == 0 && metadata.uid() != 0 && !is_shared;
    hands_over.then(|| (metadata.uid(), metadata.gid()))
}

/// Writes `bytes` beside `path` and renames the result over it, after both reached the disk.
///
/// `mode` is what the umask is applied to. A symbolic link stays one: its target is replaced. Pipes and devices
/// (`/dev/stdout`) are written to as they are.
///
/// # Errors
/// When the folder cannot be written to or the disk is full.
pub fn write_atomic(path: &Path, bytes: &[u8], mode: u32) -> Result<(), WriteError> {
    let mut file = AtomicFile::create(path, mode)?;
    file.write_all(bytes).map_err(|source| WriteError { path: path.to_owned(), source })?;
    file.commit()
}

/// Writes one of fuelops's own files: as [`write_atomic`], but whatever stands in its place is replaced and never followed
/// or written into. Root may write it in a folder in which somebody else can make links.
///
/// # Errors
/// When the folder cannot be written to, the disk is full, or the old file cannot be replaced.
pub fn write_own(path: &Path, bytes: &[u8], mode: u32) -> Result<(), WriteError> {
    let mut file = AtomicFile::beside(path, path.to_owned(), mode)?;
    file.write_all(bytes).map_err(|source| WriteError { path: path.to_owned(), source })?;
    file.commit()
}

/// The same for what means nothing once the machine has started anew, such as who runs: it outlives every process, and
/// waits for no disk.
///
/// # Errors
/// As [`write_own`].
pub fn write_until_boot(path: &Path, bytes: &[u8], mode: u32) -> Result<(), WriteError> {
    let at = |source| WriteError { path: path.to_owned(), source };
    let mut file = draft_beside(path, path, mode)?;
    file.write_all(bytes).map_err(at)?;
    replace(file, path).map_err(at)
}

/// A file that is written piece by piece and replaces the one of its name when it is whole; dropped before, it leaves
/// nothing behind. Otherwise as [`write_atomic`].
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    target: PathBuf,
    draft: Draft,
}

#[derive(Debug)]
enum Draft {
    Beside(NamedTempFile),
    Stream(fs::File),
}

impl AtomicFile {
    /// Begins a file.
    ///
    /// # Errors
    /// When the folder cannot be written to, or a pipe has no reader.
    pub fn create(path: &Path, mode: u32) -> Result<Self, WriteError> {
        let at = |source| WriteError { path: path.to_owned(), source };
        let target = behind_links(path);
        if !fs::metadata(&target).is_ok_and(|m| is_stream(&m)) {
            return Self::beside(path, target, mode);
        }
        let draft = Draft::Stream(open_stream(&target).map_err(at)?);
        Ok(Self { path: path.to_owned(), target, draft })
    }

    fn beside(path: &Path, target: PathBuf, mode: u32) -> Result<Self, WriteError> {
        let draft = draft_beside(path, &target, mode)?;
        Ok(Self { path: path.to_owned(), target, draft: Draft::Beside(draft) })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// When the disk is full, or the old file cannot be replaced.
    pub fn commit(self) -> Result<(), WriteError> {
        let Self { path, target, draft } = self;
        let at = |source| WriteError { path, source };
        match draft {
            Draft::Stream(_) => Ok(()),
            Draft::Beside(file) => put_in_place(file, &target).map_err(at),
        }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.draft {
            Draft::Beside(file) => file.write(bytes),
            Draft::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A new file in the folder of `target`; errors name `path`.
fn draft_beside(path: &Path, target: &Path, mode: u32) -> Result<NamedTempFile, WriteError> {
    let folder = folder_of(target);
    let draft = tempfile::Builder::new()
        .prefix(".fuelops-")
        .suffix(".tmp")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(folder);
    draft.map_err(|error| WriteError { path: path.to_owned(), source: of_folder(folder, error.kind()) })
}

fn put_in_place(file: NamedTempFile, target: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    replace(file, target)?;
    // The rename itself is durable once the folder is; some file systems cannot sync folders, and the file is whole anyway.
    fs::File::open(folder_of(target)).and_then(|f| f.sync_all()).unwrap_or(());
    Ok(())
}

fn replace(file: NamedTempFile, target: &Path) -> io::Result<()> {
    if let Some((uid, gid)) = owner_to_hand_to(folder_of(target)) {
        std::os::unix::fs::fchown(file.as_file(), Some(uid), Some(gid))?;
    }
    file.persist(target).map(drop).map_err(|e| e.error)
}

pub(super) fn folder_of(target: &Path) -> &Path {
    target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Why nothing can be made in a folder; the error's own message names the temporary file, which nobody asked for.
fn of_folder(folder: &Path, kind: io::ErrorKind) -> io::Error {
    if kind != io::ErrorKind::NotFound || folder.exists() {
        return kind.into();
    }
    let name = folder.to_string_lossy();
    let make = shell::command(["mkdir", "-p", &name]);
    io::Error::new(kind, format!("the folder {name} is not there; make it first: {make}"))
}

/// What a path leads to; a link whose target is not there yet leads to where it will be.
fn behind_links(path: &Path) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    match (fs::read_link(path), path.parent()) {
        (Ok(target), Some(folder)) => folder.join(target),
        _ => path.to_owned(),
    }
}

/// Opens a pipe or device. A pipe that nobody reads is an error at once, not a wait without end.
fn open_stream(path: &Path) -> io::Result<fs::File> {
    let stream = fs::OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let flags = rustix::fs::fcntl_getfl(&stream)?;
    rustix::fs::fcntl_setfl(&stream, flags.difference(rustix::fs::OFlags::NONBLOCK))?;
    Ok(stream)
}

fn is_stream(metadata: &fs::Metadata) -> bool {
    let kind = metadata.file_type();
    kind.is_fifo() || kind.is_char_device() || kind.is_socket()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_that_is_missing_is_named_with_what_makes_it() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_atomic(&folder.path().join("my logs/x"), b"", 0o644).unwrap_err();
        let text = error.source.to_string();
        assert!(text.contains("my logs is not there; make it first: mkdir -p '"), "{text}");
    }

    #[test]
    fn old_content_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("health.prom");
        write_atomic(&path, b"old", 0o644).unwrap();
        write_atomic(&path, b"new", 0o644).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "x").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_atomic(&link, b"y", 0o600).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"y");
    }

    #[test]
    fn our_own_file_takes_the_place_of_a_link_or_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let (real, own) = (folder.path().join("real"), folder.path().join("own"));
        fs::write(&real, "x").unwrap();
        std::os::unix::fs::symlink(&real, &own).unwrap();
        write_own(&own, b"y", 0o600).unwrap();
        assert!(fs::symlink_metadata(&own).unwrap().is_file());
        assert_eq!((fs::read(&real).unwrap(), fs::read(&own).unwrap()), (b"x".to_vec(), b"y".to_vec()));
        fs::remove_file(&own).unwrap();
        nix::unistd::mkfifo(&own, nix::sys::stat::Mode::S_IRWXU).unwrap();
        write_own(&own, b"y", 0o600).unwrap();
        assert_eq!(fs::read(&own).unwrap(), b"y");
    }

    #[test]
    fn a_link_to_what_is_not_there_yet_is_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("later", &link).unwrap();
        write_atomic(&link, b"y", 0o600).unwrap();
        assert_eq!(fs::read(folder.path().join("later")).unwrap(), b"y");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_pipe_that_nobody_reads_is_an_error_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(write_atomic(&pipe, b"y", 0o600).unwrap_err().source.raw_os_error(), Some(libc::ENXIO));
    }

    #[test]
    fn the_error_names_the_file() {
        let error = write_atomic(Path::new("/no/such/folder/x"), b"", 0o600).unwrap_err();
        assert_eq!(error.to_string(), "cannot write /no/such/folder/x");
        assert_eq!(error.source.kind(), io::ErrorKind::NotFound);
    }
}
