//! What a batch adds to the counts: of each hour, endpoint and tag, written once however many events it has.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rusqlite::{Transaction, params};

use super::span::MINUTES_KEPT;
use super::{HOUR, MINUTE};
use crate::errors::door::Admitted;
use crate::model::Level;

/// Endpoints of one issue that are told apart in an hour.
const MAX_ENDPOINTS: usize = 50;
/// Tags of one issue that are counted; senders choose their names.
const MAX_KEYS: i64 = 100;
/// Values of one tag that are counted for an issue.
const MAX_VALUES: i64 = 50;
const OTHER: &str = "(other)";

/// Counts of the events of a batch.
#[derive(Default)]
pub(super) struct Tally<'e> {
    /// By minute, issue and endpoint: how many, and how many of them are errors or worse.
    counts: HashMap<(i64, i64, &'e str), (u64, u64)>,
    /// By issue, key and value.
    tags: HashMap<(i64, &'e str, &'e str), u64>,
}

impl<'e> Tally<'e> {
    pub(super) fn add(&mut self, event: &'e Admitted, issue: i64) {
        let minute = event.counted_at.div_euclid(MINUTE);
        let (n, errors) = self.counts.entry((minute, issue, &event.endpoint)).or_default();
        *n += event.count;
        if event.level >= Level::Error {
            *errors += event.count;
        }
        let facts =
            [("release", &event.release), ("environment", &event.environment), ("server_name", &event.host)];
        let facts = facts.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k, v.as_str()));
        let tags = event.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        for (key, value) in facts.chain(tags) {
            *self.tags.entry((issue, key, value)).or_default() += event.count;
        }
    }

    pub(super) fn write(&self, tx: &Transaction<'_>, now: i64) -> rusqlite::Result<()> {
        let mut totals: HashMap<i64, u64> = HashMap::new();
        let oldest = (now - MINUTES_KEPT).div_euclid(MINUTE);
        for ((minute, issue, endpoint), (n, errors)) in &self.counts {
            let hour = minute.div_euclid(HOUR / MINUTE);
            let endpoint = add_bucket(tx, hour, *issue, endpoint, *n)?;
            if *minute >= oldest {
                add_minute(tx, (*minute, *issue, endpoint), *n, *errors)?;
            }
            *totals.entry(hour).or_default() += errors;
        }
        for (hour, n) in totals.iter().filter(|(_, n)| **n > 0) {
            let mut total = tx.prepare_cached(
                "INSERT INTO total VALUES (?1, ?2) ON CONFLICT (hour) DO UPDATE SET n = n + excluded.n",
            )?;
            total.execute(params![hour, n])?;
        }
        let mut keys = HashMap::new();
        for ((issue, key, value), n) in &self.tags {
            add_tag(tx, &mut keys, (*issue, key, value), *n)?;
        }
        Ok(())
    }
}

/// Counts in an hour, and returns the endpoint that it was counted for.
fn add_bucket<'e>(
    tx: &Transaction<'_>,
    hour: i64,
    issue: i64,
    endpoint: &'e str,
    n: u64,
) -> rusqlite::Result<&'e str> {
    let mut more =
        tx.prepare_cached("UPDATE bucket SET n = n + ?4 WHERE hour = ?1 AND issue = ?2 AND endpoint = ?3")?;
    if more.execute(params![hour, issue, endpoint, n])? > 0 {
        return Ok(endpoint);
    }
    let mut known = tx.prepare_cached("SELECT count(*) FROM bucket WHERE hour = ?1 AND issue = ?2")?;
    let known: usize = known.query_row(params![hour, issue], |row| row.get(0))?;
    let endpoint = if known < MAX_ENDPOINTS { endpoint } else { OTHER };
    let mut insert = tx.prepare_cached(
        "INSERT INTO bucket VALUES (?1, ?2, ?3, ?4) ON CONFLICT (hour, issue, endpoint) DO UPDATE SET n = n + excluded.n",
    )?;
    insert.execute(params![hour, issue, endpoint, n])?;
    Ok(endpoint)
}

fn add_minute(
    tx: &Transaction<'_>,
    (minute, issue, endpoint): (i64, i64, &str),
    n: u64,
    errors: u64,
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO minute VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (minute, issue, endpoint)
         DO UPDATE SET n = n + excluded.n, errors = errors + excluded.errors",
    )?;
    insert.execute(params![minute, issue, endpoint, n, errors]).map(drop)
}

/// Counts a value of a tag; `keys` holds how many tags the issues of this batch have.
fn add_tag(
    tx: &Transaction<'_>,
    keys: &mut HashMap<i64, i64>,
    (issue, key, value): (i64, &str, &str),
    n: u64,
) -> rusqlite::Result<()> {
    let mut more =
        tx.prepare_cached("UPDATE tag SET n = n + ?4 WHERE issue = ?1 AND key = ?2 AND value = ?3")?;
    if more.execute(params![issue, key, value, n])? > 0 {
        return Ok(());
    }
    let mut known = tx.prepare_cached("SELECT count(*) FROM tag WHERE issue = ?1 AND key = ?2")?;
    let known: i64 = known.query_row(params![issue, key], |row| row.get(0))?;
    if known == 0 {
        let keys = match keys.entry(issue) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(count_keys(tx, issue)?),
        };
        if *keys >= MAX_KEYS {
            return Ok(());
        }
        *keys += 1;
    }
    let value = if known < MAX_VALUES { value } else { OTHER };
    let mut insert = tx.prepare_cached(
        "INSERT INTO tag VALUES (?1, ?2, ?3, ?4) ON CONFLICT (issue, key, value) DO UPDATE SET n = n + excluded.n",
    )?;
    insert.execute(params![issue, key, value, n]).map(|_| ())
}

fn count_keys(tx: &Transaction<'_>, issue: i64) -> rusqlite::Result<i64> {
    let mut query = tx.prepare_cached("SELECT count(DISTINCT key) FROM tag WHERE issue = ?1")?;
    query.query_row([issue], |row| row.get(0))
}
