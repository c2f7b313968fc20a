//! A log file and its predecessors: appended to, rotated, and never in the program's way.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{DateTime, Days, Local, NaiveDate};

use crate::platform::FileUser;

/// What a log file may be read by: its owner's group.
const MODE: u32 = 0o640;
/// Between two looks whether the file still has its name, and two tries to open one that could not be opened.
const LOOK: Duration = Duration::from_secs(1);

/// When a file gives way to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rotation {
    /// Before it grows beyond so many bytes; `keep` older ones stay as `.1`, `.2`, ….
    Size {
        bytes: u64,
        keep: u32,
    },
    /// With each new day; so many older ones stay as `.YYYY-MM-DD`.
    Daily {
        keep: u64,
    },
    Never,
}

/// What could not be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    pub bytes: u64,
    pub lines: u64,
    /// The last reason.
    pub why: Option<String>,
}

/// A file with its predecessors.
#[derive(Debug)]
pub(super) struct Series {
    path: PathBuf,
    rotation: Rotation,
    user: Option<(u32, u32)>,
    file: Option<File>,
    size: u64,
    /// The day that the file is about.
    day: NaiveDate,
    looked: Option<Instant>,
    /// It ends in the middle of a line.
    is_cut: bool,
    /// What was lost since the last byte that was written.
    gap: Losses,
    pub(super) losses: Losses,
}

impl Series {
    /// Prepares a file; it is opened when it is first written to. `user` is whose right is used, and who owns it.
    pub(super) fn new(
        path: &Path,
        rotation: Rotation,
        user: Option<(u32, u32)>,
        now: DateTime<Local>,
    ) -> Self {
        // A link is followed once, so that what is renamed is the file behind it.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        Self {
            path,
            rotation,
            user,
            file: None,
            size: 0,
            day: now.date_naive(),
            looked: None,
            is_cut: false,
            gap: Losses::default(),
            losses: Losses::default(),
        }
    }

    /// How many bytes may still be written before the file has to give way; `None` where that is not a matter of bytes.
    pub(super) fn room(&self) -> Option<u64> {
        match self.rotation {
            Rotation::Size { bytes, .. } => Some(bytes.saturating_sub(self.size)),
            Rotation::Daily { .. } | Rotation::Never => None,
        }
    }

    /// Whether anything stands in the file.
    pub(super) fn is_begun(&self) -> bool {
        self.size > 0
    }

    /// Whether it has outgrown its size by more than so many bytes.
    pub(super) fn is_beyond(&self, excess: u64) -> bool {
        matches!(self.rotation, Rotation::Size { bytes, .. } if self.size > bytes + excess)
    }

    /// Whether a new day has begun since the file was.
    pub(super) fn is_of_yesterday(&self, now: DateTime<Local>) -> bool {
        matches!(self.rotation, Rotation::Daily { .. }) && self.day != now.date_naive()
    }

    /// Opens the file where it is not open, or has lost its name to somebody.
    pub(super) fn ready(&mut self, now: DateTime<Local>) {
        let is_due = self.looked.is_none_or(|at| at.elapsed() >= LOOK);
        if !is_due {
            return;
        }
        self.looked = Some(Instant::now());
        let is_in_place = self.file.as_ref().is_some_and(|file| is_same(file, &self.path));
        if !is_in_place {
            self.file = None;
            self.open(now);
        }
    }

    fn open(&mut self, now: DateTime<Local>) {
        let opened = self.as_user(|path| {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            // A pipe that nobody reads must not be waited for.
            let mut options = OpenOptions::new();
            options.append(true).create(true).mode(MODE).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
            options.open(path)
        });
        match opened {
            Ok(file) => {
                self.adopt(&file, now);
                self.file = Some(file);
            }
            Err(error) => self.gap.why = Some(error.to_string()),
        }
    }

    /// Goes on with what stands in the file already.
    fn adopt(&mut self, file: &File, now: DateTime<Local>) {
        self.size = file.metadata().map_or(0, |metadata| metadata.len());
        self.day = now.date_naive();
        let written = file.metadata().and_then(|metadata| metadata.modified()).ok().filter(|_| self.size > 0);
        if let Some(written) = written {
            self.day = DateTime::<Local>::from(written).date_naive();
        }
    }

    /// Appends; what cannot be written is counted.
    pub(super) fn write(&mut self, bytes: &[u8], now: DateTime<Local>) {
        if bytes.is_empty() {
            return;
        }
        self.ready(now);
        let mut rest = bytes;
        if self.gap.bytes > 0 {
            // After a gap it goes on with a whole line, behind a word about the gap.
            let line = memchr::memchr(b'\n', rest).filter(|_| self.is_cut).map_or(0, |at| at + 1);
            self.lose(&rest[..line]);
            rest = &rest[line..];
            if rest.is_empty() || !self.close_gap(now) {
                self.lose(rest);
                return;
            }
        }
        match self.append(rest) {
            Ok(()) => {}
            Err((written, error)) => {
                self.gap.why = Some(error.to_string());
                self.lose(&rest[written..]);
            }
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), (usize, io::Error)> {
        let Some(file) = &mut self.file else { return Err((0, io::ErrorKind::NotFound.into())) };
        let mut written = 0;
        while written < bytes.len() {
            match file.write(&bytes[written..]) {
                Ok(0) => return Err((written, io::ErrorKind::WriteZero.into())),
                Ok(n) => {
                    written += n;
                    self.size += n as u64;
                    self.is_cut = bytes[written - 1] != b'\n';
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err((written, error)),
            }
        }
        Ok(())
    }

    fn lose(&mut self, bytes: &[u8]) {
        let lines = memchr::memchr_iter(b'\n', bytes).count() as u64;
        for count in [&mut self.gap, &mut self.losses] {
            count.bytes += bytes.len() as u64;
            count.lines += lines;
        }
        self.losses.why.clone_from(&self.gap.why);
        if let Some(last) = bytes.last() {
            self.is_cut = *last != b'\n';
        }
    }

    /// Says in the file what is missing in it; false where even that cannot be written.
    fn close_gap(&mut self, now: DateTime<Local>) -> bool {
        let Losses { bytes, lines, why } = &self.gap;
        let why = why.as_deref().unwrap_or("it could not be written");
        let time = now.format("%Y-%m-%d %H:%M:%S");
        let note =
            format!("\n[{time}] fuelops: {bytes} bytes of output ({lines} lines) were lost here: {why}\n");
        let before = self.size;
        if self.append(note.as_bytes()).is_ok() {
            self.gap = Losses::default();
            return true;
        }
        if let Some(file) = self.file.as_ref().filter(|_| self.size > before) {
            file.set_len(before).unwrap_or(());
            self.size = before;
        }
        false
    }

    /// Gives the file its old name and begins a new one. Where that fails, the file goes on to be written to.
    pub(super) fn rotate(&mut self, now: DateTime<Local>) {
        let day = self.day;
        let rotation = self.rotation;
        let renamed = self.as_user(|path| match rotation {
            Rotation::Size { keep, .. } => shift(path, keep),
            Rotation::Daily { keep } => set_aside(path, day, keep),
            Rotation::Never => Ok(()),
        });
        self.day = now.date_naive();
        if renamed.is_ok() && rotation != Rotation::Never {
            self.file = None;
            self.open(now);
        } else {
            // Tried again after as many bytes more.
            self.size = 0;
        }
    }

    /// Does something with the rights of the file's owner: root must not be led anywhere by whoever owns the folder.
    fn as_user<T>(&self, work: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        let _user = self.user.map(|(uid, gid)| FileUser::become_for_files(uid, gid));
        work(&self.path)
    }
}

fn is_same(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), fs::metadata(path)) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

fn with_suffix(path: &Path, suffix: impl std::fmt::Display) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{suffix}"));
    PathBuf::from(name)
}

/// `x.log.4` becomes `x.log.5`, …, `x.log` becomes `x.log.1`.
fn shift(path: &Path, keep: u32) -> io::Result<()> {
    for number in (1..keep).rev() {
        match fs::rename(with_suffix(path, number), with_suffix(path, number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, with_suffix(path, 1))
}

/// `x.log` becomes `x.log.2025-12-31`; what is older than is kept goes.
fn set_aside(path: &Path, day: NaiveDate, keep: u64) -> io::Result<()> {
    let aside = with_suffix(path, day);
    if aside.exists() {
        // Two keepers in one day, or a clock that was set back: the day's file is one.
        let mut into = OpenOptions::new().append(true).open(&aside)?;
        io::copy(&mut File::open(path)?, &mut into)?;
        fs::remove_file(path)?;
    } else {
        fs::rename(path, &aside)?;
    }
    let Some(oldest) = day.checked_sub_days(Days::new(keep.saturating_sub(1))) else { return Ok(()) };
    let Some((folder, name)) = path.parent().zip(path.file_name()) else { return Ok(()) };
    let prefix = format!("{}.", name.to_string_lossy());
    for entry in fs::read_dir(folder)?.flatten() {
        let name = entry.file_name();
        let date =
            name.to_str().and_then(|name| name.strip_prefix(&prefix)).and_then(|date| date.parse().ok());
        if date.is_some_and(|date: NaiveDate| date < oldest) {
            fs::remove_file(entry.path()).unwrap_or(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(path: &Path, rotation: Rotation) -> Series {
        Series::new(path, rotation, None, Local::now())
    }

    #[test]
    fn five_predecessors_stay_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs/x.log");
        let mut series = series(&path, Rotation::Size { bytes: 10, keep: 5 });
        for number in 0..8 {
            series.write(format!("{number}\n").as_bytes(), Local::now());
            series.rotate(Local::now());
        }
        series.write(b"new\n", Local::now());
        assert_eq!(fs::read(&path).unwrap(), b"new\n");
        for (number, text) in (1..=5).zip(["7\n", "6\n", "5\n", "4\n", "3\n"]) {
            assert_eq!(fs::read_to_string(with_suffix(&path, number)).unwrap(), text);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 6);
    }

    #[test]
    fn a_week_of_days_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x_daily.log");
        let today = Local::now();
        let mut series = series(&path, Rotation::Daily { keep: 7 });
        for day in 0..10 {
            let now = today + chrono::Duration::days(day);
            if series.is_of_yesterday(now) {
                series.rotate(now);
            }
            series.write(b"x\n", now);
            series.day = now.date_naive();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 8);
    }

    #[test]
    fn a_file_that_somebody_took_away_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut series = series(&path, Rotation::Never);
        series.write(b"one\n", Local::now());
        fs::rename(&path, folder.path().join("y.log")).unwrap();
        series.looked = None;
        series.write(b"two\n", Local::now());
        assert_eq!(fs::read(&path).unwrap(), b"two\n");
    }

    #[test]
    fn what_is_lost_is_counted_and_said_at_the_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut series = series(&path, Rotation::Never);
        series.write(b"one\n", Local::now());
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let file = series.file.replace(full);
        series.write(b"two\nthr", Local::now());
        assert_eq!((series.losses.bytes, series.losses.lines), (7, 1));
        series.file = file;
        series.write(b"ee\nfour\n", Local::now());
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("one\n\n[") && text.ends_with("\nfour\n"), "{text}");
        assert!(text.contains("10 bytes of output (2 lines) were lost here: No space left"), "{text}");
    }
}
