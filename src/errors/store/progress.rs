//! How far a source has been read, so that nothing is read twice.

use rusqlite::{OptionalExtension, params};

use super::error::StoreError;
use super::open::Store;

/// A note under a name; its writer knows what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub source: String,
    pub text: String,
}

impl Store {
    /// Reads the mark of a source.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn mark(&self, source: &str) -> Result<Option<String>, StoreError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT mark FROM progress WHERE source = ?1")
            .map_err(|e| self.error(e))?;
        query.query_row([source], |row| row.get(0)).optional().map_err(|e| self.error(e))
    }

    /// Reads every mark whose name begins like this.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn marks(&self, prefix: &str) -> Result<Vec<Mark>, StoreError> {
        let read = || -> rusqlite::Result<Vec<Mark>> {
            let mut query = self.connection.prepare_cached(
                "SELECT source, mark FROM progress WHERE substr(source, 1, length(?1)) = ?1",
            )?;
            let rows =
                query.query_map([prefix], |row| Ok(Mark { source: row.get(0)?, text: row.get(1)? }))?;
            rows.collect()
        };
        read().map_err(|e| self.error(e))
    }

    /// Forgets a source.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn forget_mark(&self, source: &str) -> Result<(), StoreError> {
        let done = self.connection.execute("DELETE FROM progress WHERE source = ?1", params![source]);
        done.map(|_| ()).map_err(|e| self.error(e))
    }
}
