//! The folder of the backups: what stands there, what is half made, what is proven.
//!
//! A backup is two files: the archive, and a manifest that is signed. What has its final name is never touched by
//! sweeping. A new backup is written under a temporary name; then its manifest takes its own, then the archive. Killed in
//! between, it is listed as incomplete, and the next run finishes the last step or takes the remains away.

use std::collections::HashMap;
use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use super::key::Key;
use super::manifest::{self, Kind, Manifest, Origin, Standing};
use super::owner::{Owner, hand_to};
use crate::platform::files::{Buffer, Entry as Entered, FileKind, Folder};

/// What half-made files are called: this, their name, and [`PARTIAL`].
const TEMPORARY: &str = ".fuelops-";
const PARTIAL: &str = ".partial";
/// Of the folder itself.
const MODE: u32 = 0o700;
/// Backups that are listed; more are no retention at all.
const MAX_ENTRIES: usize = 100_000;
/// What clocks may be apart.
const CLOCK_SLACK: TimeDelta = TimeDelta::hours(1);

/// The open folder of the backups.
#[derive(Debug)]
pub struct Shelf {
    folder: Folder,
    path: PathBuf,
    owner: Owner,
}

/// How a backup stands, as far as can be told without reading its archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Verified,
    Suspicious,
    /// Its manifest is not one of ours, or cannot be proven any more.
    Unproven,
    /// The archive is not there.
    Incomplete,
    /// The archive is not what the manifest says.
    Damaged,
}

impl State {
    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Suspicious => "suspicious",
            Self::Unproven => "unproven",
            Self::Incomplete => "incomplete",
            Self::Damaged => "damaged",
        }
    }
}

/// A backup in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub state: State,
    /// Why it is not verified.
    pub why: Option<String>,
    /// Present where it is proven.
    pub manifest: Option<Manifest>,
}

impl Entry {
    /// A backup with nothing wrong about its archive.
    pub(super) fn whole(manifest: Manifest) -> Self {
        let (state, why) = match manifest.standing {
            Standing::Verified => (State::Verified, None),
            Standing::Suspicious => (State::Suspicious, Some(manifest.remarks.join("; "))),
        };
        Self { id: manifest.id.clone(), state, why, manifest: Some(manifest) }
    }

    /// What it is a backup of, where that is proven.
    pub fn source(&self) -> Option<&str> {
        self.manifest.as_ref().map(|manifest| manifest.origin.name.as_str())
    }

    /// The manifest of one to rely on. What a restore has replaced may be whole, and is still what nobody wanted.
    pub fn verified(&self) -> Option<&Manifest> {
        self.manifest.as_ref().filter(|manifest| self.state == State::Verified && !manifest.is_safety)
    }
}

impl Shelf {
    /// Opens the folder; `None` where there is none.
    ///
    /// # Errors
    /// When it is a link, no folder, or may not be read.
    pub fn open(path: &Path) -> io::Result<Option<Self>> {
        match enter(path) {
            Ok(folder) => Self::of(folder, path).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens the folder, made where it is not there, and closed to everybody but its owner.
    ///
    /// # Errors
    /// When it is a link, no folder, or cannot be made or written to.
    pub fn open_or_create(path: &Path) -> io::Result<Self> {
        let folder = match enter(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                crate::store::create_folder(path, MODE).map_err(|error| error.source)?;
                enter(path)?
            }
            other => other?,
        };
        if folder.look_at_self()?.mode & 0o077 != 0 {
            set_mode(&folder)?;
        }
        Self::of(folder, path)
    }

    fn of(folder: Folder, path: &Path) -> io::Result<Self> {
        let owner = Owner::of(&folder)?;
        Ok(Self { folder, path: path.to_owned(), owner })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lists the backups, newest first; those that cannot be proven last.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn entries(&self, key: Option<&Key>) -> io::Result<Vec<Entry>> {
        let sizes = self.files()?;
        let ids = sizes
            .keys()
            .filter(|name| !name.starts_with('.'))
            .filter_map(|name| name.strip_suffix(manifest::ENDING));
        let mut entries: Vec<Entry> = ids.map(|id| self.entry(id, key, &sizes)).collect();
        let at = |entry: &Entry| entry.manifest.as_ref().map(|manifest| manifest.created_at);
        entries.sort_by(|a, b| (at(b), &b.id).cmp(&(at(a), &a.id)));
        Ok(entries)
    }

    fn entry(&self, id: &str, key: Option<&Key>, sizes: &HashMap<String, u64>) -> Entry {
        let entry = |state, why: Option<String>, manifest| Entry { id: id.to_owned(), state, why, manifest };
        let manifest = match self.read_manifest(id, key) {
            Ok(manifest) => manifest,
            Err(why) => return entry(State::Unproven, Some(why), None),
        };
        match (sizes.get(&manifest.file), &manifest.flaw) {
            (None, _) => {
                entry(State::Incomplete, Some(format!("{} is not there", manifest.file)), Some(manifest))
            }
            (Some(bytes), _) if *bytes != manifest.bytes => {
                let why = format!("{} has {bytes} bytes, not {}", manifest.file, manifest.bytes);
                entry(State::Damaged, Some(why), Some(manifest))
            }
            (Some(_), Some(flaw)) => entry(State::Damaged, Some(flaw.words()), Some(manifest)),
            (Some(_), None) => Entry::whole(manifest),
        }
    }

    fn read_manifest(&self, id: &str, key: Option<&Key>) -> Result<Manifest, String> {
        let unreadable = |error: io::Error| format!("its manifest cannot be read: {error}");
        let file = self.file(&Manifest::name(id)).map_err(unreadable)?;
        let mut text = Vec::new();
        file.take(manifest::MAX_BYTES + 1).read_to_end(&mut text).map_err(unreadable)?;
        if text.len() as u64 > manifest::MAX_BYTES {
            return Err("its manifest is too large".to_owned());
        }
        let manifest = Manifest::from_text(&text, key)?;
        if manifest.id == id {
            Ok(manifest)
        } else {
            Err("its manifest is that of another backup".to_owned())
        }
    }

    /// The regular files by name, with their sizes.
    fn files(&self) -> io::Result<HashMap<String, u64>> {
        let mut files = HashMap::new();
        self.folder.list(&mut Buffer::default(), &mut |found| {
            // Names of ours are ASCII.
            if let Ok(name) = found.name.to_str()
                && files.len() < MAX_ENTRIES * 2
                && let Ok(look) = self.folder.look(found.name)
                && look.kind == FileKind::File
            {
                files.insert(name.to_owned(), look.size);
            }
            Ok(())
        })?;
        Ok(files)
    }

    /// Opens a file of the folder, never through a link.
    ///
    /// # Errors
    /// When it is gone or may not be read.
    pub(super) fn file(&self, name: &str) -> io::Result<File> {
        self.folder.open_file(&c_name(name)?)
    }

    /// A file that will be called so once it is whole; readable by its owner only.
    pub(super) fn begin(&self, name: &str) -> io::Result<Partial<'_>> {
        let temporary = c_name(&format!("{TEMPORARY}{name}{PARTIAL}"))?;
        let file = self.folder.create_file(&temporary)?;
        let partial = Partial { shelf: self, temporary, file, wanted: c_name(name)?, is_kept: false };
        hand_to(self.owner, &partial.file)?;
        Ok(partial)
    }

    /// Where a file for a while may lie; [`Shelf::sweep`] takes it away if nobody else does.
    pub(super) fn scratch_name(name: &str) -> String {
        format!("{TEMPORARY}{name}{PARTIAL}")
    }

    /// Whether nothing has a name yet.
    pub(super) fn is_free(&self, name: &str) -> io::Result<bool> {
        match self.folder.look(&c_name(name)?) {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Finishes what a killed run had all but finished, and removes the rest that it left. Only for the holder of the
    /// lock.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn sweep(&self, key: Option<&Key>) -> io::Result<usize> {
        let files = self.files()?;
        let left = files.iter().filter_map(|(name, size)| Some((name, temporary_of(name)?, *size)));
        let mut swept = 0;
        for (name, wanted, size) in left {
            let id = Kind::ALL.iter().find_map(|kind| wanted.strip_suffix(kind.ending()));
            let manifest = id.and_then(|id| self.read_manifest(id, key).ok());
            let is_whole = manifest.is_some_and(|m| m.file == wanted && m.bytes == size);
            if is_whole && !files.contains_key(wanted) {
                self.folder.rename_new(&c_name(name)?, &c_name(wanted)?)?;
            } else {
                self.folder.remove_file(&c_name(name)?)?;
            }
            swept += 1;
        }
        if swept > 0 {
            self.folder.sync()?;
        }
        Ok(swept)
    }

    /// Puts a manifest in the place of the one that is there. Only for the holder of the lock.
    pub(super) fn rewrite(&self, manifest: &Manifest, key: &Key) -> io::Result<()> {
        let mut beside = self.begin(&Manifest::name(&manifest.id))?;
        beside.file.write_all(&manifest.to_text(key)?)?;
        beside.file.sync_all()?;
        self.folder.rename_over(&beside.temporary, &beside.wanted)?;
        beside.is_kept = true;
        self.folder.sync()
    }

    /// Removes a backup. Its archive becomes a half-made one first: killed in between, the next run makes it whole again
    /// while its manifest stands, and takes it away where that is gone.
    ///
    /// # Errors
    /// When its files cannot be removed.
    pub(super) fn remove(&self, manifest: &Manifest) -> io::Result<()> {
        let half = c_name(&Self::scratch_name(&manifest.file))?;
        unless_gone(self.folder.rename_new(&c_name(&manifest.file)?, &half))?;
        unless_gone(self.folder.remove_file(&c_name(&Manifest::name(&manifest.id))?))?;
        unless_gone(self.folder.remove_file(&half))?;
        self.folder.sync()
    }
}

/// A file on its way; dropped before it is kept, it is gone.
#[derive(Debug)]
pub(super) struct Partial<'a> {
    shelf: &'a Shelf,
    temporary: CString,
    wanted: CString,
    file: File,
    is_kept: bool,
}

impl Partial<'_> {
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives it its name, once its content is on the disk.
    pub(super) fn keep(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        self.shelf.folder.rename_new(&self.temporary, &self.wanted)?;
        self.is_kept = true;
        self.shelf.folder.sync()
    }

    /// Names the manifest of an archive, then the archive itself: from then on it is a backup.
    pub(super) fn keep_with(self, manifest: &Manifest, key: &Key) -> io::Result<()> {
        let mut beside = self.shelf.begin(&Manifest::name(&manifest.id))?;
        beside.file.write_all(&manifest.to_text(key)?)?;
        self.file.sync_all()?;
        beside.keep()?;
        self.keep()
    }
}

impl Drop for Partial<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed now is swept by the next run.
            self.shelf.folder.remove_file(&self.temporary).unwrap_or(());
        }
    }
}

/// The name that a temporary file was to have.
fn temporary_of(name: &str) -> Option<&str> {
    let inside = name.strip_prefix(TEMPORARY)?;
    // A database at work has companions: NAME.partial-journal.
    let at = inside.rfind(PARTIAL)?;
    Some(&inside[..at])
}

/// Opens a folder whose own name is no link; what lies above it is as trusted as the config that names it.
fn enter(path: &Path) -> io::Result<Folder> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Folder::open_trusted(path);
    };
    let above = Folder::open_trusted(parent)?;
    match above.enter_mount(&CString::new(name.as_bytes())?)? {
        Entered::Folder(folder) => Ok(folder),
        Entered::Link | Entered::Mount => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "is a symbolic link or no folder; name the folder itself",
        )),
    }
}

fn set_mode(folder: &Folder) -> io::Result<()> {
    rustix::fs::fchmod(folder, rustix::fs::Mode::RWXU)?;
    Ok(())
}

/// What is gone already is as it should be.
pub(super) fn unless_gone(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn c_name(name: &str) -> io::Result<CString> {
    Ok(CString::new(name)?)
}

/// The newest verified backup of an origin among entries, newest first; one that claims to come from the future is none.
pub(super) fn newest<'a>(entries: &'a [Entry], origin: &Origin, now: DateTime<Utc>) -> Option<&'a Manifest> {
    verified(entries, origin, now).next()
}

/// All that are such, newest first.
pub(super) fn verified<'a>(
    entries: &'a [Entry],
    origin: &Origin,
    now: DateTime<Utc>,
) -> impl Iterator<Item = &'a Manifest> {
    let verified = entries.iter().filter_map(Entry::verified);
    verified.filter(move |manifest| !is_ahead(manifest, now) && manifest.origin == *origin)
}

/// Whether a backup was made while the clock was ahead: how new it is, nobody knows.
pub(super) fn is_ahead(manifest: &Manifest, now: DateTime<Utc>) -> bool {
    manifest.created_at.signed_duration_since(now) > CLOCK_SLACK
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::backup::manifest::tests::manifest;

    fn key() -> Key {
        Key::of(&[7; 32])
    }

    fn put(shelf: &Shelf, name: &str, hour: i64) -> Manifest {
        let made = manifest(name, hour);
        let partial = shelf.begin(&made.file).unwrap();
        partial.file().write_all(&[b'x'; 10]).unwrap();
        partial.keep_with(&made, &key()).unwrap();
        made
    }

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn states(shelf: &Shelf) -> Vec<State> {
        shelf.entries(Some(&key())).unwrap().iter().map(|entry| entry.state).collect()
    }

    #[test]
    fn backups_are_listed_newest_first_and_private() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("backups");
        assert!(Shelf::open(&path).unwrap().is_none());
        let shelf = Shelf::open_or_create(&path).unwrap();
        put(&shelf, "a", 1);
        put(&shelf, "b", 3);
        put(&shelf, "a", 2);
        let ids: Vec<_> = shelf.entries(Some(&key())).unwrap().into_iter().map(|entry| entry.id).collect();
        assert_eq!(ids, ["b-3", "a-2", "a-1"]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("a-1.sql.zst"))), (0o700, 0o600));
        assert_eq!(mode(&path.join("a-1.manifest.json")), 0o600);
        assert!(shelf.entries(None).unwrap().iter().all(|entry| entry.state == State::Unproven));
    }

    #[test]
    fn what_changed_since_is_told() {
        let place = tempfile::tempdir().unwrap();
        let shelf = Shelf::open_or_create(place.path()).unwrap();
        let one = put(&shelf, "a", 1);
        let file = place.path().join(&one.file);
        fs::write(&file, "short").unwrap();
        assert_eq!(states(&shelf), [State::Damaged]);
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &file).unwrap();
        assert_eq!(states(&shelf), [State::Incomplete]);
        fs::copy(place.path().join("a-1.manifest.json"), place.path().join("c-1.manifest.json")).unwrap();
        assert!(states(&shelf).contains(&State::Unproven), "a manifest under another name");
    }

    #[test]
    fn remains_are_swept_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let shelf = Shelf::open_or_create(place.path()).unwrap();
        put(&shelf, "a", 1);
        for name in [
            ".fuelops-a-2.sql.zst.partial",
            ".fuelops-x.sqlite.zst.partial-journal",
            "notes.partial",
            ".other",
        ] {
            fs::write(place.path().join(name), "x").unwrap();
        }
        assert_eq!(shelf.sweep(Some(&key())).unwrap(), 2);
        assert_eq!(names(place.path()), [".other", "a-1.manifest.json", "a-1.sql.zst", "notes.partial"]);
    }

    #[test]
    fn a_backup_that_lacked_only_its_name_gets_it() {
        let place = tempfile::tempdir().unwrap();
        let shelf = Shelf::open_or_create(place.path()).unwrap();
        let made = put(&shelf, "a", 1);
        let (named, half) =
            (place.path().join(&made.file), place.path().join(".fuelops-a-1.sql.zst.partial"));
        fs::rename(&named, &half).unwrap();
        assert_eq!(states(&shelf), [State::Incomplete]);
        shelf.sweep(Some(&key())).unwrap();
        assert_eq!(states(&shelf), [State::Verified]);
        fs::rename(&named, &half).unwrap();
        fs::write(&half, "half").unwrap();
        shelf.sweep(Some(&key())).unwrap();
        assert_eq!(states(&shelf), [State::Incomplete]);
        assert!(!half.exists());
    }

    #[test]
    fn a_removal_that_is_cut_short_is_undone_or_finished() {
        let place = tempfile::tempdir().unwrap();
        let shelf = Shelf::open_or_create(place.path()).unwrap();
        let made = put(&shelf, "a", 1);
        let path = place.path().join("a-1.manifest.json");
        let text = fs::read(&path).unwrap();
        // What cannot be removed ends the removal as a kill would.
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        shelf.remove(&made).unwrap_err();
        fs::remove_dir(&path).unwrap();
        let aside = [".fuelops-a-1.sql.zst.partial"];
        assert_eq!(names(place.path()), aside);
        fs::write(&path, text).unwrap();
        shelf.sweep(Some(&key())).unwrap();
        assert_eq!(states(&shelf), [State::Verified]);
        fs::rename(place.path().join(&made.file), place.path().join(aside[0])).unwrap();
        fs::remove_file(&path).unwrap();
        shelf.sweep(Some(&key())).unwrap();
        assert!(names(place.path()).is_empty());
        put(&shelf, "a", 1);
        shelf.remove(&made).unwrap();
        assert!(names(place.path()).is_empty());
    }

    #[test]
    fn a_link_in_place_of_the_folder_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("backups");
        std::os::unix::fs::symlink(place.path(), &path).unwrap();
        assert!(Shelf::open(&path).is_err() && Shelf::open_or_create(&path).is_err());
        assert_eq!(names(place.path()), ["backups"]);
    }

    #[test]
    fn a_given_up_file_is_gone() {
        let place = tempfile::tempdir().unwrap();
        let shelf = Shelf::open_or_create(place.path()).unwrap();
        drop(shelf.begin("a.sql.zst").unwrap());
        assert!(names(place.path()).is_empty());
    }
}
