//! What goes: events that are too old, too many, or too much for the disk. Counts stay as long as their time is kept, unless
//! issues alone are too many, or too much.

use rusqlite::{Params, Transaction, TransactionBehavior, params};
use serde::Serialize;

use super::MINUTE;
use super::apply::Room;
use super::bounds::MAX_ISSUES;
use super::error::StoreError;
use super::hour_of;
use super::issues::source_word;
use super::open::Store;
use super::span::MINUTES_KEPT;
use super::spare;
use crate::errors::door::{EventId, Source};

/// Bodies and rows of one issue that are kept.
const MAX_EVENTS: i64 = 10_000;
/// Rows that go in one transaction: writers wait no longer than that takes.
const SLICE: i64 = 2_000;
const SLICES: u32 = 500;
/// Issues that go together where the store is too large without any event.
const ISSUES: u64 = 2_000;
/// When somebody last removed what the limits do not allow.
const PRUNED: &str = "pruned";
const DAY: i64 = 86_400_000_000;

/// How long and how much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Microseconds.
    pub max_age: i64,
    pub max_bytes: u64,
    /// Free bytes of the disk below which only counts are kept.
    pub min_free: u64,
}

/// What went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    pub events: u64,
    pub issues: u64,
    pub freed_bytes: u64,
}

impl Store {
    /// Removes what the limits do not allow.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn prune(&mut self, limits: Limits, now: i64) -> Result<Pruned, StoreError> {
        self.prune_all(limits, now).map_err(|e| StoreError::of(&self.path, e))
    }

    /// Removes what the limits do not allow where a day has passed since that was last done here: without a server nobody
    /// else does.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn prune_daily(&mut self, limits: Limits, now: i64) -> Result<(), StoreError> {
        let last: Option<i64> = self.mark(PRUNED)?.and_then(|mark| mark.parse().ok());
        if last.is_some_and(|last| (last..last.saturating_add(DAY)).contains(&now)) {
            return Ok(());
        }
        self.apply_with_mark(&[], now, Room::CountsOnly, (PRUNED, &now.to_string()))?;
        self.prune(limits, now).map(drop)
    }

    /// Bytes that the file takes.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn size(&self) -> Result<u64, StoreError> {
        self.bytes().map_err(|e| self.error(e))
    }

    fn prune_all(&self, limits: Limits, now: i64) -> rusqlite::Result<Pruned> {
        let before = self.bytes()?;
        let oldest = now.saturating_sub(limits.max_age);
        let mut pruned = Pruned::default();
        pruned.events += self.in_slices(
            "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE counted_at < ?1 LIMIT ?2)",
            oldest,
        )?;
        self.connection.execute("DELETE FROM bucket WHERE hour < ?1", [hour_of(oldest)])?;
        self.connection.execute("DELETE FROM total WHERE hour < ?1", [hour_of(oldest)])?;
        self.connection.execute("DELETE FROM loss WHERE hour < ?1", [hour_of(oldest)])?;
        self.forget_minutes((now - MINUTES_KEPT).max(oldest).div_euclid(MINUTE))?;
        spare::prune(&self.connection, oldest)?;
        let old = self.forget_issues(oldest)?;
        let beyond = self.bound_to(MAX_ISSUES, now)?;
        pruned.issues = old + beyond.issues;
        pruned.events += beyond.events;
        pruned.events += self.thin(now)?;
        self.give_back()?;
        let mut bytes = self.bytes()?;
        // The oldest events go with their bodies; their counts stay.
        while bytes > limits.max_bytes {
            let events =
                self.forget("SELECT id FROM event ORDER BY counted_at LIMIT ?1", params![SLICE], now)?;
            let issues = if events == 0 { self.give_up_issues(ISSUES, now)?.issues } else { 0 };
            pruned.events += events;
            pruned.issues += issues;
            self.give_back()?;
            bytes = self.bytes()?;
            if events + issues == 0 {
                break;
            }
        }
        pruned.freed_bytes = before.saturating_sub(bytes);
        Ok(pruned)
    }

    fn in_slices(&self, delete: &str, bound: i64) -> rusqlite::Result<u64> {
        let mut gone = 0;
        for _ in 0..SLICES {
            let n = self.connection.execute(delete, params![bound, SLICE])?;
            gone += n as u64;
            if n == 0 {
                break;
            }
        }
        Ok(gone)
    }

    /// Removes counts by the minute from before one, an hour of them at a time.
    fn forget_minutes(&self, oldest: i64) -> rusqlite::Result<()> {
        let delete = "DELETE FROM minute WHERE minute < min(?1, (SELECT min(minute) FROM minute) + 60)";
        while self.connection.execute(delete, [oldest])? > 0 {}
        Ok(())
    }

    fn forget_issues(&self, oldest: i64) -> rusqlite::Result<u64> {
        let old = "SELECT id FROM issue WHERE last_seen < ?1
            AND NOT EXISTS (SELECT 1 FROM bucket WHERE bucket.issue = issue.id)
            AND NOT EXISTS (SELECT 1 FROM issue part WHERE part.parent = issue.id)";
        for (table, column) in
            [("issue_key", "issue"), ("tag", "issue"), ("turn", "issue"), ("event", "issue")]
        {
            self.connection.execute(&format!("DELETE FROM {table} WHERE {column} IN ({old})"), [oldest])?;
        }
        self.connection.execute(&format!("DELETE FROM issue WHERE id IN ({old})"), [oldest]).map(|n| n as u64)
    }

    /// Leaves each issue its newest events.
    fn thin(&self, now: i64) -> rusqlite::Result<u64> {
        let mut crowded =
            self.connection.prepare("SELECT issue FROM event GROUP BY issue HAVING count(*) > ?1")?;
        let crowded: Vec<i64> =
            crowded.query_map([MAX_EVENTS], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut gone = 0;
        for issue in crowded {
            for _ in 0..SLICES {
                let n = self.forget(
                    "SELECT id FROM event WHERE issue = ?1 ORDER BY at DESC LIMIT ?2 OFFSET ?3",
                    params![issue, SLICE, MAX_EVENTS],
                    now,
                )?;
                gone += n;
                if n == 0 {
                    break;
                }
            }
        }
        Ok(gone)
    }

    /// Removes the events with these row ids. What is read again, as logs are, is known by its id afterwards.
    pub(super) fn forget(&self, which: &str, params: impl Params + Copy, now: i64) -> rusqlite::Result<u64> {
        let tx = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        for source in [Source::Log, Source::Import] {
            let list = format!(
                "SELECT event_id FROM event WHERE source = '{}' AND id IN ({which})",
                source_word(source)
            );
            let mut query = tx.prepare_cached(&list)?;
            let ids: Vec<EventId> =
                query.query_map(params, |row| row.get(0).map(EventId))?.collect::<Result<_, _>>()?;
            spare::write(&tx, now, source, &ids)?;
        }
        let gone = tx.execute(&format!("DELETE FROM event WHERE id IN ({which})"), params)?;
        tx.commit()?;
        Ok(gone as u64)
    }

    fn give_back(&self) -> rusqlite::Result<()> {
        let mut vacuum = self.connection.prepare("PRAGMA incremental_vacuum(5000)")?;
        let mut rows = vacuum.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    }

    fn bytes(&self) -> rusqlite::Result<u64> {
        let number = |pragma: &str| {
            self.connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, u64>(0))
        };
        Ok((number("page_count")? - number("freelist_count")?) * number("page_size")?)
    }
}
