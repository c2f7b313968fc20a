//! What can go wrong with the store, in words.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no error store at {}", path.display())]
    Missing { path: PathBuf },
    #[error(
        "{} was written by a newer fuelops (schema {found}, this one knows {known}); update fuelops",
        path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{} is an SQLite file, but no error store; name another file in [errors] store", path.display())]
    Foreign { path: PathBuf },
    #[error("cannot use {}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("no room on the disk of {}", path.display())]
    Full { path: PathBuf },
    #[error("{} is locked by another program", path.display())]
    Busy { path: PathBuf },
    #[error("{} is damaged", path.display())]
    Corrupt { path: PathBuf },
    #[error("there is no issue {0}; `track-errors list` shows them")]
    NoIssue(i64),
    #[error("cannot use {}", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
}

impl StoreError {
    /// Puts SQLite's error into one of ours.
    pub(super) fn of(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt { path },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::Io { path, source: io::Error::other(source.to_string()) }
            }
            _ => Self::Sqlite { path, source },
        }
    }
}
