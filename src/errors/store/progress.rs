//! How far a source has been read, so that nothing is read twice.

use rusqlite::{OptionalExtension, params};

use super::error::StoreError;
use super::open::Store;

impl Store {
    /// Reads the mark of a source; its writer knows what it means.
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

    /// Forgets a source.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn forget_mark(&self, source: &str) -> Result<(), StoreError> {
        let done = self.connection.execute("DELETE FROM progress WHERE source = ?1", params![source]);
        done.map(|_| ()).map_err(|e| self.error(e))
    }
}
