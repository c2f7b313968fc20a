//! The tables, and the way from an older schema to this one.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Tells our files from anybody's: `fuel` in ASCII.
pub(super) const APPLICATION_ID: i64 = 0x6675_656c;

/// One step a version; a released step is never changed.
const STEPS: &[&str] = &[STEP_1, STEP_2, STEP_3, STEP_4, STEP_5];

/// The schema that this program writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

const STEP_1: &str = "
CREATE TABLE issue (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  -- the issue that this one was merged into
  parent INTEGER,
  type TEXT NOT NULL, message TEXT NOT NULL, culprit TEXT NOT NULL,
  level TEXT NOT NULL, platform TEXT NOT NULL,
  first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
  first_release TEXT NOT NULL, last_release TEXT NOT NULL,
  count INTEGER NOT NULL DEFAULT 0,
  -- open, regressed, resolved, ignored
  standing TEXT NOT NULL DEFAULT 'open',
  standing_since INTEGER NOT NULL DEFAULT 0,
  fixed_in TEXT,
  ignore_until INTEGER, ignore_count INTEGER, ignore_escalating INTEGER NOT NULL DEFAULT 0,
  regressions INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE issue_key (key TEXT PRIMARY KEY, issue INTEGER NOT NULL, exact INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX issue_key_issue ON issue_key(issue);
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  event_id BLOB NOT NULL UNIQUE,
  issue INTEGER NOT NULL,
  at INTEGER NOT NULL, counted_at INTEGER NOT NULL,
  count INTEGER NOT NULL, source TEXT NOT NULL, level TEXT NOT NULL,
  message TEXT NOT NULL, endpoint TEXT NOT NULL, release TEXT NOT NULL, environment TEXT NOT NULL, host TEXT NOT NULL,
  body BLOB
) STRICT;
CREATE INDEX event_issue ON event(issue, at);
CREATE INDEX event_counted ON event(counted_at);
CREATE TABLE bucket (hour INTEGER NOT NULL, issue INTEGER NOT NULL, endpoint TEXT NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (hour, issue, endpoint)) STRICT, WITHOUT ROWID;
CREATE INDEX bucket_issue ON bucket(issue, hour);
CREATE TABLE total (hour INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;
CREATE TABLE tag (issue INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (issue, key, value)) STRICT, WITHOUT ROWID;
CREATE TABLE release (name TEXT PRIMARY KEY, first_seen INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE turn (issue INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, note TEXT NOT NULL) STRICT;
CREATE INDEX turn_issue ON turn(issue, at);
CREATE TABLE loss (hour INTEGER NOT NULL, reason TEXT NOT NULL, category TEXT NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (hour, reason, category)) STRICT, WITHOUT ROWID;
CREATE TABLE progress (source TEXT PRIMARY KEY, mark TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

const STEP_2: &str = "
-- ids of events without a row, sixteen bytes each; those of one commit together
CREATE TABLE spare_id (id INTEGER PRIMARY KEY, source TEXT NOT NULL, at INTEGER NOT NULL, ids BLOB NOT NULL) STRICT;
CREATE INDEX spare_id_source ON spare_id(source);
";

const STEP_3: &str = "
-- holds all that a part of an hour is counted by: the rows lie scattered between bodies a hundred times as long
DROP INDEX event_counted;
CREATE INDEX event_counted ON event(counted_at, issue, endpoint, count, level);
";

const STEP_4: &str = "
CREATE INDEX issue_parent ON issue(parent) WHERE parent IS NOT NULL;
";

const STEP_5: &str = "
-- counts of the last days, for spans that begin within an hour
CREATE TABLE minute (minute INTEGER NOT NULL, issue INTEGER NOT NULL, endpoint TEXT NOT NULL,
  n INTEGER NOT NULL, errors INTEGER NOT NULL, PRIMARY KEY (minute, issue, endpoint)) STRICT, WITHOUT ROWID;
INSERT INTO minute SELECT counted_at / 60000000, issue, endpoint, sum(count),
    sum(CASE WHEN level IN ('error', 'critical') THEN count ELSE 0 END)
  FROM event WHERE counted_at >= (SELECT max(counted_at) FROM event) - 49 * 3600000000 GROUP BY 1, 2, 3;
";

/// Stands in for the table of counts by the minute where a file is read that may be older than it.
pub(super) const MINUTES_OF_OLDER: &str = "
CREATE TEMP VIEW IF NOT EXISTS minute AS SELECT counted_at / 60000000 AS minute, issue, endpoint, count AS n,
  CASE WHEN level IN ('error', 'critical') THEN count ELSE 0 END AS errors FROM event;
";

/// What a file says of itself.
pub(super) enum Found {
    Ours(i64),
    Empty,
    Foreign,
}

/// Reads whose file this is, and of which version.
pub(super) fn look(connection: &Connection) -> rusqlite::Result<Found> {
    let number =
        |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    let is_ours = || number("application_id").map(|id| id == APPLICATION_ID);
    if !is_ours()? {
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables == 0 {
            return Ok(Found::Empty);
        }
        // Tables that came between the two looks came with the mark of whoever made them.
        if !is_ours()? {
            return Ok(Found::Foreign);
        }
    }
    number("user_version").map(Found::Ours)
}

/// Brings the file to this schema. Several processes may do so at once: one of them does, the others find it done.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let tx = Transaction::new(connection, TransactionBehavior::Immediate)?;
    let from = match look(&tx)? {
        Found::Ours(version) => version,
        Found::Empty => 0,
        Found::Foreign => return Ok(()),
    };
    for step in STEPS.iter().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
        tx.execute_batch(step)?;
    }
    if from < VERSION {
        tx.execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
        ))?;
    }
    tx.commit()
}
