//! The loss ledger: what was not kept, why, and how much of it.

use std::collections::HashMap;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::hour_of;
use super::open::Store;

/// Rows of the ledger that are told apart in an hour; reasons come from outside.
const MAX_ROWS: i64 = 200;
const MAX_WORD: usize = 64;

/// What was not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Why: `disk-low`, `disk-full`, `queue-full`, `too-many`, `damaged-store`, or what a client reported (`client:ratelimit_backoff`).
    pub reason: String,
    /// Of what: `error`, `body`, `attachment`, …
    pub category: String,
    pub count: u64,
}

pub(super) fn add(
    connection: &Connection,
    now: i64,
    reason: &str,
    category: &str,
    n: u64,
) -> rusqlite::Result<()> {
    let cut = |text: &str| text[..text.floor_char_boundary(MAX_WORD)].replace(char::is_control, "?");
    let hour = hour_of(now);
    let (mut reason, mut category) = (cut(reason), cut(category));
    let mut known = connection.prepare_cached("SELECT count(*) FROM loss WHERE hour = ?1")?;
    if known.query_row([hour], |row| row.get::<_, i64>(0))? >= MAX_ROWS {
        (reason, category) = ("other".to_owned(), "other".to_owned());
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO loss VALUES (?1, ?2, ?3, ?4) ON CONFLICT (hour, reason, category) DO UPDATE SET n = n + excluded.n",
    )?;
    insert.execute(params![hour, reason, category, i64::try_from(n).unwrap_or(i64::MAX >> 8)]).map(|_| ())
}

impl Store {
    /// Notes what was not kept.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_loss(&self, now: i64, reason: &str, category: &str, n: u64) -> Result<(), StoreError> {
        add(&self.connection, now, reason, category, n).map_err(|e| self.error(e))
    }

    /// Notes several at once: by reason and category, each with its number.
    ///
    /// # Errors
    /// When nothing was written.
    pub(super) fn note_losses(
        &mut self,
        now: i64,
        losses: &HashMap<(String, String), u64>,
    ) -> Result<(), StoreError> {
        let path = self.path.clone();
        let mut write = || {
            let tx = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
            for ((reason, category), n) in losses {
                add(&tx, now, reason, category, *n)?;
            }
            tx.commit()
        };
        write().map_err(|e| StoreError::of(&path, e))
    }

    /// Sums the losses of a time, greatest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn losses(&self, from: i64, to: i64) -> Result<Vec<Loss>, StoreError> {
        let read = || -> rusqlite::Result<Vec<Loss>> {
            let mut query = self.connection.prepare_cached(
                "SELECT reason, category, sum(n) FROM loss WHERE hour BETWEEN ?1 AND ?2 GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
            )?;
            let rows = query.query_map(params![hour_of(from), hour_of(to)], |row| {
                Ok(Loss { reason: row.get(0)?, category: row.get(1)?, count: row.get(2)? })
            })?;
            rows.collect()
        };
        read().map_err(|e| self.error(e))
    }
}
