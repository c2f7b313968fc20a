//! Puts the logs of stopped services aside, by rename: instant, without copying, on a full disk too.
//!
//! Nothing is truncated and nothing is followed: a log that is a link, or lies in a folder of somebody else's, stays where
//! it is and is named. Where no folder can be made any more (a full disk), a spare one that was made in good times is
//! used, and where there is none the log keeps its folder and gets a new name.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::fchown;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Local};

use crate::platform::files::{Entry, FileKind, Folder};

/// Name of the folder that is kept ready in the state folder.
const SPARE: &str = "spare";
/// Attempts at a folder name that nobody has yet.
const TRIES: u32 = 100;

/// What is put aside, and where to.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// Logs of the services that were stopped.
    pub logs: &'a [PathBuf],
    /// Where crash folders stand: `logs/`.
    pub into: &'a Path,
    pub state_dir: &'a Path,
    /// Whom the folders have to belong to; `None` where any will do, because the caller's own rights are the limit.
    pub owner: Option<u32>,
    pub now: DateTime<Local>,
}

/// What was put aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// `logs/crash_20261122_181500`; absent where no folder could be had or nothing was to be kept.
    pub folder: Option<PathBuf>,
    pub files: Vec<KeptFile>,
    /// Logs that stayed where they were, and why.
    pub problems: Vec<String>,
}

/// One log, and where it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    pub from: PathBuf,
    pub to: PathBuf,
    pub bytes: u64,
}

impl Kept {
    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Renames the logs into a crash folder of their own. Empty logs are left where they are.
pub fn preserve(order: &Order<'_>) -> Kept {
    let mut kept = Kept::default();
    let mut target: Option<Target> = None;
    for path in order.logs {
        match look(path, order.owner) {
            Ok(None) => {}
            Ok(Some(log)) => {
                let target = target.get_or_insert_with(|| Target::make(order));
                match target.take(&log, order) {
                    Ok(to) => kept.files.push(KeptFile { from: path.clone(), to, bytes: log.bytes }),
                    Err(error) => kept.problems.push(format!("{} stays: {error}", path.display())),
                }
            }
            Err(why) => kept.problems.push(format!("{} stays: {why}", path.display())),
        }
    }
    if let Some(Target { folder: Some((path, folder)), .. }) = target {
        folder.sync().unwrap_or(());
        kept.folder = Some(path);
    }
    kept
}

/// Makes the folder ready that a recovery on a full disk uses.
///
/// # Errors
/// When it cannot be made.
pub fn keep_spare(state_dir: &Path) -> io::Result<()> {
    match Folder::open_trusted(state_dir)?.create_folder(c"spare") {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// A log that is worth keeping.
struct Log {
    parent: Folder,
    parent_path: PathBuf,
    name: CString,
    bytes: u64,
}

/// Looks at a log without following it; `None` where there is nothing to keep.
fn look(path: &Path, owner: Option<u32>) -> Result<Option<Log>, String> {
    let (Some(parent_path), Some(name)) = (path.parent(), path.file_name().and_then(c_name)) else {
        return Ok(None);
    };
    let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let parent = match Folder::open_trusted(parent_path) {
        Err(error) if gone(&error) => return Ok(None),
        other => other.map_err(|error| error.to_string())?,
    };
    check_owner(&parent, owner)?;
    let look = match parent.look(&name) {
        Err(error) if gone(&error) => return Ok(None),
        other => other.map_err(|error| error.to_string())?,
    };
    match look.kind {
        FileKind::File if look.size == 0 => Ok(None),
        FileKind::File => {
            Ok(Some(Log { parent, parent_path: parent_path.to_owned(), name, bytes: look.size }))
        }
        FileKind::Link => Err("it is a symbolic link".to_owned()),
        _ => Err("it is no regular file".to_owned()),
    }
}

/// Root follows nobody else's links into another's folder.
fn check_owner(folder: &Folder, owner: Option<u32>) -> Result<(), String> {
    let Some(owner) = owner else { return Ok(()) };
    let uid = folder.look_at_self().map_err(|error| error.to_string())?.uid;
    if uid == owner { Ok(()) } else { Err("its folder belongs to somebody else".to_owned()) }
}

/// The crash folder, or none where none can be had.
struct Target {
    folder: Option<(PathBuf, Folder)>,
    why_not: String,
}

impl Target {
    fn make(order: &Order<'_>) -> Self {
        match crash_folder(order) {
            Ok(found) => Self { folder: Some(found), why_not: String::new() },
            Err(error) => Self { folder: None, why_not: error.to_string() },
        }
    }

    /// Renames the log into the folder; beside itself where there is none, or where it lies on another disk.
    fn take(&self, log: &Log, order: &Order<'_>) -> io::Result<PathBuf> {
        if let Some((path, folder)) = &self.folder {
            match free_name(&log.name, |to| log.parent.rename_into(&log.name, folder, to)) {
                Ok(to) => return Ok(path.join(OsStr::from_bytes(to.as_bytes()))),
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
                Err(error) => return Err(error),
            }
        }
        let mut name = log.name.as_bytes().to_vec();
        name.extend_from_slice(format!(".crash_{}", stamp(order)).as_bytes());
        let base = CString::new(name)?;
        let to = free_name(&base, |to| log.parent.rename_new(&log.name, to)).map_err(|error| {
            let why = if self.why_not.is_empty() { String::new() } else { format!(" ({})", self.why_not) };
            io::Error::new(error.kind(), format!("{error}{why}"))
        })?;
        Ok(log.parent_path.join(OsStr::from_bytes(to.as_bytes())))
    }
}

/// Two logs of one name, out of two folders, both have a place.
fn free_name(name: &CString, mut rename: impl FnMut(&CString) -> io::Result<()>) -> io::Result<CString> {
    let mut to = name.clone();
    for n in 2..TRIES {
        match rename(&to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let mut next = name.as_bytes().to_vec();
                next.extend_from_slice(format!(".{n}").as_bytes());
                to = CString::new(next)?;
            }
            other => return other.map(|()| to),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn crash_folder(order: &Order<'_>) -> io::Result<(PathBuf, Folder)> {
    let parent = match Folder::open_trusted(order.into) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            crate::store::create_folder(order.into, 0o755).map_err(|e| e.source)?;
            Folder::open_trusted(order.into)?
        }
        other => other?,
    };
    check_owner(&parent, order.owner).map_err(io::Error::other)?;
    let name = CString::new(format!("crash_{}", stamp(order)))?;
    let made = free_name(&name, |name| match parent.create_folder(name) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => take_spare(order, &parent, name),
        other => other,
    })?;
    let path = order.into.join(OsStr::from_bytes(made.as_bytes()));
    let Entry::Folder(folder) = parent.enter(&made)? else {
        return Err(io::ErrorKind::NotADirectory.into());
    };
    if let Some(owner) = order.owner {
        let gid = parent.look_at_self()?.gid;
        fchown(&folder, Some(owner), Some(gid))?;
    }
    Ok((path, folder))
}

fn take_spare(order: &Order<'_>, parent: &Folder, name: &CString) -> io::Result<()> {
    let state = Folder::open_trusted(order.state_dir)?;
    state.rename_into(&CString::new(SPARE)?, parent, name)
}

fn stamp(order: &Order<'_>) -> String {
    order.now.format("%Y%m%d_%H%M%S").to_string()
}

fn c_name(name: &OsStr) -> Option<CString> {
    CString::new(name.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use chrono::TimeZone;

    use super::*;

    struct Place {
        dir: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("state")).unwrap();
            Self { dir }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn keep(&self, names: &[&str]) -> Kept {
            let logs: Vec<PathBuf> = names.iter().map(|name| self.path(name)).collect();
            preserve(&Order {
                logs: &logs,
                into: &self.path("logs"),
                state_dir: &self.path("state"),
                owner: None,
                now: Local.with_ymd_and_hms(2026, 11, 22, 18, 15, 0).unwrap(),
            })
        }
    }

    #[test]
    fn logs_are_moved_whole_and_nothing_is_copied_or_truncated() {
        let place = Place::new();
        fs::write(place.path("backend.log"), "last words\n").unwrap();
        let kept = place.keep(&["backend.log", "absent.log"]);
        let folder = place.path("logs/crash_20261122_181500");
        assert_eq!(kept.folder.as_deref(), Some(folder.as_path()));
        assert_eq!(fs::read(folder.join("backend.log")).unwrap(), b"last words\n");
        assert!(!place.path("backend.log").exists());
        assert_eq!((kept.bytes(), kept.problems.len()), (11, 0));
    }

    #[test]
    fn two_runs_in_one_second_and_two_logs_of_one_name_both_have_a_place() {
        let place = Place::new();
        fs::create_dir(place.path("other")).unwrap();
        for name in ["x.log", "other/x.log"] {
            fs::write(place.path(name), name).unwrap();
        }
        let first = place.keep(&["x.log", "other/x.log"]);
        assert_eq!(first.files.len(), 2);
        fs::write(place.path("x.log"), "again").unwrap();
        let second = place.keep(&["x.log"]);
        assert_ne!(first.folder, second.folder);
        assert_eq!(fs::read(&second.files[0].to).unwrap(), b"again");
        assert_eq!(fs::read(first.files[1].to.as_path()).unwrap(), b"other/x.log");
    }

    #[test]
    fn links_empty_logs_and_fifos_stay_where_they_are() {
        let place = Place::new();
        fs::write(place.path("precious"), "x").unwrap();
        std::os::unix::fs::symlink("precious", place.path("backend.log")).unwrap();
        fs::write(place.path("empty.log"), "").unwrap();
        nix::unistd::mkfifo(&place.path("fifo.log"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let kept = place.keep(&["backend.log", "empty.log", "fifo.log"]);
        assert_eq!((kept.files.len(), kept.problems.len(), kept.folder), (0, 2, None));
        assert!(place.path("backend.log").symlink_metadata().unwrap().is_symlink());
        assert!(place.path("empty.log").exists());
    }

    #[test]
    fn folder_of_somebody_else_is_not_entered() {
        let place = Place::new();
        fs::write(place.path("x.log"), "x").unwrap();
        let own = crate::platform::caller_uid();
        let logs = [place.path("x.log")];
        let mut order = Order {
            logs: &logs,
            into: &place.path("logs"),
            state_dir: &place.path("state"),
            owner: Some(own + 1),
            now: Local::now(),
        };
        let kept = preserve(&order);
        assert_eq!((kept.files.len(), kept.problems.len()), (0, 1));
        order.owner = Some(own);
        assert_eq!(preserve(&order).files.len(), 1);
    }
}
