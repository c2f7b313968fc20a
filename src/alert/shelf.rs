//! The book on the disk: a journal of events behind a copy of the book, in two files that take turns.
//!
//! Each file has its space set aside, so that a disk that has filled up meanwhile still takes the book. A new copy goes
//! into the other file and counts once it is whole: a kill at any byte leaves the older one.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::alert::book::{Book, Event};
use crate::store::{self, Journal, JournalError, Lock, LockError, WriteError};

/// Below `state_dir`.
const FOLDER: &str = "alerts";
const FILES: [&str; 2] = ["outbox-0.journal", "outbox-1.journal"];
const LOCK: &str = "outbox.lock";
/// Events behind a copy before the next copy is made.
pub(super) const MAX_EVENTS: usize = 500;
/// A copy beyond this is not read back: the oldest incidents have to go.
const MAX_COPY: usize = 8 << 20;

/// Incidents that go at once where a copy is too large.
const MAX_DROPPED: usize = 200;

/// Why there is no outbox.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    #[error(transparent)]
    Folder(#[from] WriteError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Another version wrote it.
    #[error("this version of fuelops cannot read the outbox {}", path.display())]
    Unread { path: PathBuf, source: serde_json::Error },
    #[error("this version of fuelops cannot read the outbox; what waited in it is kept in {}", path.display())]
    PutAside { path: PathBuf, source: serde_json::Error },
}

/// What stands in a file: a copy first, then what happened.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "kebab-case")]
enum Entry {
    Copy { generation: u64, book: Box<Book> },
    Events { events: Vec<Event> },
}

/// The files, open for writing; nobody else writes them meanwhile.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
    generation: u64,
    journal: Option<Journal>,
    _lock: Lock,
}

impl Shelf {
    /// Opens the outbox of a state folder, and reads what stands in it.
    pub(super) fn open(state_dir: &Path, now: DateTime<Utc>) -> Result<(Self, Book), OutboxError> {
        let folder = state_dir.join(FOLDER);
        store::create_folder(state_dir, 0o700)?;
        store::create_folder(&folder, 0o700)?;
        let lock = Lock::take(&folder.join(LOCK), "alerts", now)?;
        put_aside(&folder)?;
        let (generation, book) = newest(&folder)?;
        // Both files take their room while there is some.
        for path in FILES.map(|name| folder.join(name)) {
            if Journal::begin(&path).is_ok() {
                store::hand_over(&path).unwrap_or(());
            }
        }
        let journal = (generation > 0).then(|| Journal::resume(&folder.join(file(generation))).ok());
        Ok((Self { folder, generation, journal: journal.flatten(), _lock: lock }, book))
    }

    /// Adds events behind the copy.
    pub(super) fn add(&mut self, events: Vec<Event>) -> Result<(), JournalError> {
        match &mut self.journal {
            Some(journal) => journal.append(&Entry::Events { events }),
            // The next copy holds them.
            None => Ok(()),
        }
    }

    /// Begins the other file with a copy of the book. Where that fails, the copy goes behind what stands in this one.
    pub(super) fn copy(&mut self, mut book: Book) -> Result<(), JournalError> {
        while serde_json::to_vec(&book).is_ok_and(|bytes| bytes.len() > MAX_COPY) {
            if (0..MAX_DROPPED).filter(|_| book.drop_oldest()).count() == 0 {
                break;
            }
        }
        let generation = self.generation + 1;
        let path = self.folder.join(file(generation));
        let book = Box::new(book);
        let begun = Journal::begin(&path).and_then(|mut journal| {
            journal.append(&Entry::Copy { generation, book: book.clone() })?;
            Ok(journal)
        });
        match (begun, &mut self.journal) {
            (Ok(journal), _) => {
                store::hand_over(&path).unwrap_or(());
                self.generation = generation;
                self.journal = Some(journal);
                Ok(())
            }
            (Err(_), Some(journal)) => journal.append(&Entry::Copy { generation: self.generation, book }),
            (Err(error), None) => Err(error),
        }
    }
}

/// Reads the outbox of a state folder beside whoever writes it; an absent one is empty.
pub(super) fn read(state_dir: &Path) -> Result<Book, OutboxError> {
    Ok(newest(&state_dir.join(FOLDER))?.1)
}

fn file(generation: u64) -> &'static str {
    FILES[usize::from(generation % 2 == 1)]
}

/// The younger of both files, and what it amounts to.
fn newest(folder: &Path) -> Result<(u64, Book), OutboxError> {
    let mut newest = (0, Book::default());
    for name in FILES {
        if let Some(found) = contents(&folder.join(name))?.filter(|(generation, _)| *generation > newest.0) {
            newest = found;
        }
    }
    Ok(newest)
}

/// The last copy in a file, with what happened since.
fn contents(path: &Path) -> Result<Option<(u64, Book)>, OutboxError> {
    let mut found = None;
    for entry in Journal::read::<Value>(path)? {
        let is_copy = entry["entry"] == "copy";
        match serde_json::from_value::<Entry>(entry) {
            Ok(Entry::Copy { generation, book }) => found = Some((generation, *book)),
            Ok(Entry::Events { events }) => {
                if let Some((_, book)) = &mut found {
                    events.iter().for_each(|event| book.apply(event));
                }
            }
            Err(source) if is_copy => return Err(OutboxError::Unread { path: path.to_owned(), source }),
            // What a newer version has beside these.
            Err(_) => {}
        }
    }
    Ok(found)
}

/// Renames a file that cannot be read, so that nothing is written over it, and says so once.
fn put_aside(folder: &Path) -> Result<(), OutboxError> {
    for name in FILES {
        if let Err(OutboxError::Unread { path, source }) = contents(&folder.join(name)) {
            let aside = path.with_extension("unread");
            fs::rename(&path, &aside).map_err(|source| WriteError { path: aside.clone(), source })?;
            return Err(OutboxError::PutAside { path: aside, source });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::{notice, policy, start};

    fn submitted(incident: &str) -> Event {
        Event::Submitted { notice: Box::new(notice(incident, incident)) }
    }

    fn open(folder: &Path) -> (Shelf, Book) {
        let (shelf, mut book) = Shelf::open(folder, start()).unwrap();
        book.adopt(&[("chat".to_owned(), policy())]);
        (shelf, book)
    }

    #[test]
    fn what_was_written_is_there_again_over_copies_and_cuts() {
        let folder = tempfile::tempdir().unwrap();
        let (mut shelf, mut book) = open(folder.path());
        for round in 0..5 {
            shelf.copy(book.clone()).unwrap();
            for n in 0..3 {
                let event = submitted(&format!("i{round}-{n}"));
                book.apply(&event);
                shelf.add(vec![event]).unwrap();
            }
            assert_eq!(read(folder.path()).unwrap(), book, "round {round}");
        }
        // A copy that was cut off by a kill: the older file counts.
        let next = folder.path().join(FOLDER).join(file(shelf.generation + 1));
        drop(shelf);
        let bytes = fs::read(&next).unwrap();
        fs::write(&next, &bytes[..bytes.len().min(100)]).unwrap();
        assert_eq!(open(folder.path()).1, book);
    }

    #[test]
    fn where_no_copy_can_be_made_the_open_file_goes_on_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (mut shelf, mut book) = open(folder.path());
        shelf.copy(book.clone()).unwrap();
        drop(shelf);
        let (mut shelf, _) = open(folder.path());
        let both = FILES.map(|name| fs::metadata(folder.path().join(FOLDER).join(name)).is_ok());
        assert_eq!(both, [true, true], "their room is taken at the start");
        let other = folder.path().join(FOLDER).join(file(shelf.generation + 1));
        fs::remove_file(&other).unwrap();
        fs::create_dir(&other).unwrap();
        book.apply(&submitted("i"));
        shelf.copy(book.clone()).unwrap();
        fs::remove_dir(&other).unwrap();
        drop(shelf);
        assert_eq!(open(folder.path()).1, book);
    }

    #[test]
    fn a_copy_of_another_version_is_put_aside_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let (shelf, _) = open(folder.path());
        let path = folder.path().join(FOLDER).join(FILES[0]);
        let copy = serde_json::json!({ "entry": "copy", "generation": 2, "book": { "incidents": 7 } });
        Journal::begin(&path).unwrap().append(&copy).unwrap();
        drop(shelf);
        assert!(matches!(read(folder.path()), Err(OutboxError::Unread { .. })));
        let error = Shelf::open(folder.path(), start()).unwrap_err();
        assert!(matches!(&error, OutboxError::PutAside { path, .. } if path.exists()), "{error}");
        assert_eq!(Shelf::open(folder.path(), start()).unwrap().1, Book::default());
    }

    #[test]
    fn two_cannot_write_one_outbox() {
        let folder = tempfile::tempdir().unwrap();
        let _first = open(folder.path());
        let second = Shelf::open(folder.path(), start());
        assert!(matches!(second, Err(OutboxError::Lock(LockError::Held { .. }))));
    }

    #[test]
    fn a_book_that_is_too_large_is_shortened_from_its_oldest_end() {
        let folder = tempfile::tempdir().unwrap();
        let (mut shelf, mut book) = open(folder.path());
        for n in 0..1_200 {
            let mut one = notice(&format!("i{n:04}"), "t");
            one.summary = "x".repeat(16_000);
            book.apply(&Event::Submitted { notice: Box::new(one) });
        }
        shelf.copy(book).unwrap();
        let kept: Vec<_> = read(folder.path()).unwrap().open().map(|one| one.incident.clone()).collect();
        assert!(kept.len() >= 200 && kept.len() < 1_200, "{}", kept.len());
        assert_eq!(kept.last().unwrap(), "i1199");
    }
}
