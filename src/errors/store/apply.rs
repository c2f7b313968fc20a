//! Writing events: a batch is one transaction, and each issue of it is updated once.

use hashbrown::{HashMap, HashSet};
use rusqlite::{ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params};

use super::curate::count_of;
use super::error::StoreError;
use super::hour_of;
use super::issues::IssueId;
use super::ledger;
use super::open::Store;
use super::spare::{self, SpareIds};
use super::tally::Tally;
use crate::errors::door::{Admitted, EventId, Source};
use crate::errors::life::{Happening, IgnoreRule, Standing, regresses, wakes};
use crate::grouping::Fingerprint;
use crate::model::Level;

/// Bodies of one issue that are kept in an hour before they are sampled.
const FULL_BODIES: u64 = 100;
/// Events of one issue in an hour that have a row each; those of a storm share one in each commit, with their number.
const FULL_ROWS: u64 = 1000;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub issue: IssueId,
    pub is_new_issue: bool,
    /// It was known already, and not counted again.
    pub is_duplicate: bool,
    pub regressed: bool,
}

impl Outcome {
    fn duplicate(issue: IssueId) -> Self {
        Self { issue, is_new_issue: false, is_duplicate: true, regressed: false }
    }
}

/// How much of an event the disk has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Bodies,
    CountsOnly,
}

/// An issue with the standing of the one that it belongs to.
pub(super) const ISSUE: &str =
    "SELECT i.id, r.id, r.standing, r.standing_since, r.fixed_in, r.ignore_until, r.ignore_count,
      r.ignore_escalating, i.first_seen, i.last_seen, i.last_release, i.level
    FROM issue i JOIN issue r ON r.id = coalesce(i.parent, i.id) WHERE i.id = ?1";

/// What a batch does to one issue.
struct Change {
    root: IssueId,
    standing: Standing,
    first: i64,
    last: i64,
    last_release: String,
    level: Level,
    count: u64,
    regressed: bool,
    /// Events of the current hour, this batch included.
    this_hour: u64,
}

impl Store {
    /// Writes events and returns when they are on the disk. Where their bodies do not fit they are counted all the same.
    ///
    /// # Errors
    /// When nothing was written.
    pub fn apply(&mut self, events: &[Admitted], now: i64, room: Room) -> Result<Vec<Outcome>, StoreError> {
        self.commit(events, now, room, None)
    }

    /// Like [`apply`](Self::apply), together with how far a source was read: both or neither.
    ///
    /// # Errors
    /// When nothing was written.
    pub fn apply_with_mark(
        &mut self,
        events: &[Admitted],
        now: i64,
        room: Room,
        mark: (&str, &str),
    ) -> Result<Vec<Outcome>, StoreError> {
        self.commit(events, now, room, Some(mark))
    }

    /// Writes to this file, or where it shows to be damaged, to the one that takes its place.
    fn commit(
        &mut self,
        events: &[Admitted],
        now: i64,
        room: Room,
        mark: Option<(&str, &str)>,
    ) -> Result<Vec<Outcome>, StoreError> {
        match self.commit_once(events, now, room, mark) {
            // Counts are small.
            Err(error) if room == Room::Bodies && error.sqlite_error_code() == Some(ErrorCode::DiskFull) => {
                self.commit_once(events, now, Room::CountsOnly, mark)
            }
            Err(error) if is_damage(&error) => {
                self.replace_damaged(now)?;
                self.commit_once(events, now, room, mark)
            }
            other => other,
        }
        .map_err(|error| self.error(error))
    }

    fn commit_once(
        &mut self,
        events: &[Admitted],
        now: i64,
        room: Room,
        mark: Option<(&str, &str)>,
    ) -> rusqlite::Result<Vec<Outcome>> {
        let tx = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        let sources: HashSet<Source> = events.iter().map(|event| event.source).collect();
        sources.into_iter().try_for_each(|source| self.spare.read(&tx, source))?;
        let outcomes = write(&tx, &self.spare, events, now, room)?;
        if let Some((source, mark)) = mark {
            tx.execute("INSERT OR REPLACE INTO progress VALUES (?1, ?2)", params![source, mark])?;
        }
        tx.commit()?;
        Ok(outcomes)
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn write(
    tx: &Transaction<'_>,
    spare: &SpareIds,
    events: &[Admitted],
    now: i64,
    room: Room,
) -> rusqlite::Result<Vec<Outcome>> {
    let mut batch = Batch {
        tx,
        spare,
        now,
        room,
        known: HashMap::new(),
        releases: HashMap::new(),
        changes: HashMap::new(),
        tally: Tally::default(),
        crowd: Crowd::default(),
    };
    let outcomes: Vec<Outcome> = events.iter().map(|event| batch.event(event)).collect::<Result<_, _>>()?;
    batch.finish()?;
    Ok(outcomes)
}

struct Batch<'t, 'e> {
    tx: &'t Transaction<'t>,
    spare: &'t SpareIds,
    now: i64,
    room: Room,
    /// Issues of this batch by their exact key, so that a storm looks its own up once.
    known: HashMap<Fingerprint, i64>,
    /// The earliest time that this batch has written for a release.
    releases: HashMap<&'e str, i64>,
    changes: HashMap<i64, Change>,
    tally: Tally<'e>,
    crowd: Crowd<'e>,
}

/// Events of a storm. Those that differ in nothing that a row tells, but for their message, share one.
#[derive(Default)]
struct Crowd<'e> {
    /// The last event of each row, its issue, and how many they are.
    rows: HashMap<(i64, Level, [&'e str; 4]), (&'e Admitted, u64)>,
    ids: Vec<EventId>,
    seen: HashSet<EventId>,
}

impl<'e> Crowd<'e> {
    fn join(&mut self, event: &'e Admitted, issue: i64) {
        let facts = [&event.endpoint, &event.release, &event.environment, &event.host].map(String::as_str);
        let row = self.rows.entry((issue, event.level, facts)).or_insert((event, 0));
        *row = (event, row.1 + event.count);
        self.ids.push(event.id);
        self.seen.insert(event.id);
    }
}

/// Whether an issue was made for an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum New {
    Yes,
    No,
    /// The event is known already; its issue may have another key.
    Duplicate,
}

impl<'e> Batch<'_, 'e> {
    fn event(&mut self, event: &'e Admitted) -> rusqlite::Result<Outcome> {
        if self.spare.contains(event.source, event.id) || self.crowd.seen.contains(&event.id) {
            let issue = self.by_key(&event.identity.fingerprint.to_string())?;
            return Ok(Outcome::duplicate(IssueId(issue.unwrap_or_default())));
        }
        let (id, is_new_issue) = self.issue(event)?;
        if !self.changes.contains_key(&id) {
            let change = self.load(id)?;
            self.changes.insert(id, change);
        }
        let body = self.body(event, id);
        let kept_body = body.is_some();
        let is_one_of_many =
            event.source == Source::Sdk && !kept_body && self.changes[&id].this_hour >= FULL_ROWS;
        let is_known = if is_one_of_many {
            self.by_event(event)?.is_some()
        } else {
            !self.insert(event, id, event.count, body)?
        };
        if is_known {
            return Ok(Outcome::duplicate(self.changes[&id].root));
        }
        if is_one_of_many {
            self.crowd.join(event, id);
        }
        if event.body.is_some() && !kept_body && self.room == Room::CountsOnly {
            ledger::add(self.tx, self.now, "disk-low", "body", 1)?;
        }
        if !event.release.is_empty() {
            self.release(event)?;
        }
        let regressed = self.count(event, id)?;
        Ok(Outcome { issue: self.changes[&id].root, is_new_issue, is_duplicate: false, regressed })
    }

    /// Finds or makes the issue of an event.
    fn issue(&mut self, event: &Admitted) -> rusqlite::Result<(i64, bool)> {
        if let Some(id) = self.known.get(&event.identity.fingerprint) {
            return Ok((*id, false));
        }
        let (id, is_new) = self.look_up(event)?;
        if is_new != New::Duplicate {
            self.known.insert(event.identity.fingerprint, id);
        }
        Ok((id, is_new == New::Yes))
    }

    fn by_key(&self, key: &str) -> rusqlite::Result<Option<i64>> {
        let mut query = self.tx.prepare_cached("SELECT issue FROM issue_key WHERE key = ?1")?;
        query.query_row([key], |row| row.get(0)).optional()
    }

    fn by_event(&self, event: &Admitted) -> rusqlite::Result<Option<i64>> {
        let mut query = self.tx.prepare_cached("SELECT issue FROM event WHERE event_id = ?1")?;
        query.query_row([event.id.0.as_slice()], |row| row.get(0)).optional()
    }

    fn look_up(&self, event: &Admitted) -> rusqlite::Result<(i64, New)> {
        let exact = event.identity.fingerprint.to_string();
        if let Some(id) = self.by_key(&exact)? {
            return Ok((id, New::No));
        }
        // The same event sent again in other words makes no issue of its own: it would be one that never happened.
        if let Some(id) = self.by_event(event)? {
            return Ok((id, New::Duplicate));
        }
        let broad = event.identity.broad.map(|key| key.to_string());
        if let Some(broad) = &broad {
            // An issue that is known by the broad key alone is this one; one with an exact key of its own is another.
            let unclaimed = self
                .tx
                .prepare_cached(
                    "SELECT issue FROM issue_key k WHERE key = ?1 AND exact = 0 AND NOT EXISTS
                     (SELECT 1 FROM issue_key e WHERE e.issue = k.issue AND e.exact = 1)",
                )?
                .query_row([broad], |row| row.get(0))
                .optional()?;
            if let Some(id) = unclaimed {
                self.add_key(&exact, id, true)?;
                return Ok((id, New::No));
            }
        }
        let id = self.new_issue(event, &exact)?;
        match broad {
            Some(broad) => {
                self.add_key(&exact, id, true)?;
                self.add_key(&broad, id, false)?;
            }
            None => self.add_key(&exact, id, false)?,
        }
        Ok((id, New::Yes))
    }

    fn add_key(&self, key: &str, issue: i64, exact: bool) -> rusqlite::Result<()> {
        let mut insert = self.tx.prepare_cached("INSERT OR IGNORE INTO issue_key VALUES (?1, ?2, ?3)")?;
        insert.execute(params![key, issue, exact]).map(|_| ())
    }

    fn new_issue(&self, event: &Admitted, fingerprint: &str) -> rusqlite::Result<i64> {
        let mut insert = self.tx.prepare_cached(
            "INSERT INTO issue (fingerprint, type, message, culprit, level, platform, first_seen, last_seen,
               first_release, last_release) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, ?8)",
        )?;
        insert.execute(params![
            fingerprint,
            event.kind,
            event.message,
            event.culprit,
            event.level.word(),
            event.platform,
            event.at,
            event.release,
        ])?;
        let id = self.tx.last_insert_rowid();
        self.turn(id, event.at, "first-seen", &event.release)?;
        Ok(id)
    }

    fn turn(&self, issue: i64, at: i64, kind: &str, note: &str) -> rusqlite::Result<()> {
        let mut insert = self.tx.prepare_cached("INSERT INTO turn VALUES (?1, ?2, ?3, ?4)")?;
        insert.execute(params![issue, at, kind, note]).map(|_| ())
    }

    fn load(&self, id: i64) -> rusqlite::Result<Change> {
        let mut issue = self.tx.prepare_cached(ISSUE)?;
        let mut change = issue.query_row([id], |row| {
            let standing: String = row.get(2)?;
            let standing = match standing.as_str() {
                "regressed" => Standing::Regressed,
                "resolved" => Standing::Resolved { at: row.get(3)?, in_release: row.get(4)? },
                "ignored" => Standing::Ignored(IgnoreRule {
                    until: row.get(5)?,
                    until_count: row.get(6)?,
                    until_escalating: row.get(7)?,
                }),
                _ => Standing::Open,
            };
            let level: String = row.get(11)?;
            Ok(Change {
                root: IssueId(row.get(1)?),
                standing,
                first: row.get(8)?,
                last: row.get(9)?,
                last_release: row.get(10)?,
                level: super::issues::level(&level),
                count: 0,
                regressed: false,
                this_hour: 0,
            })
        })?;
        let mut hour = self
            .tx
            .prepare_cached("SELECT coalesce(sum(n), 0) FROM bucket WHERE issue = ?1 AND hour = ?2")?;
        change.this_hour = hour.query_row(params![id, hour_of(self.now)], |row| row.get(0))?;
        Ok(change)
    }

    /// The body, if it is one of those that are kept: the first of each hour, then fewer the more there are.
    fn body(&self, event: &'e Admitted, id: i64) -> Option<&'e [u8]> {
        let body = event.body.as_deref().filter(|_| self.room == Room::Bodies)?;
        let seen = self.changes.get(&id).map_or(0, |change| change.this_hour);
        let step = (seen / FULL_BODIES + 1).next_power_of_two();
        seen.is_multiple_of(step).then_some(body)
    }

    /// Inserts the row; false where the event is known already.
    fn insert(&self, event: &Admitted, id: i64, count: u64, body: Option<&[u8]>) -> rusqlite::Result<bool> {
        let mut insert = self.tx.prepare_cached(
            "INSERT OR IGNORE INTO event (event_id, issue, at, counted_at, count, source, level, message, endpoint,
               release, environment, host, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?;
        let rows = insert.execute(params![
            event.id.0.as_slice(),
            id,
            event.at,
            event.counted_at,
            count,
            super::issues::source_word(event.source),
            event.level.word(),
            event.message,
            event.endpoint,
            event.release,
            event.environment,
            event.host,
            body,
        ])?;
        Ok(rows > 0)
    }

    /// A release begins with its first event, by the same clock that its issues begin by.
    fn release(&mut self, event: &'e Admitted) -> rusqlite::Result<()> {
        if self.releases.get(event.release.as_str()).is_some_and(|first| *first <= event.at) {
            return Ok(());
        }
        let mut insert = self.tx.prepare_cached(
            "INSERT INTO release VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET first_seen = excluded.first_seen
             WHERE excluded.first_seen < first_seen",
        )?;
        insert.execute(params![event.release, event.at])?;
        self.releases.insert(&event.release, event.at);
        Ok(())
    }

    /// Counts an event, and says whether it brought its issue back.
    fn count(&mut self, event: &'e Admitted, id: i64) -> rusqlite::Result<bool> {
        self.tally.add(event, id);
        let tx = self.tx;
        let Some(change) = self.changes.get_mut(&id) else { return Ok(false) };
        change.count += event.count;
        change.this_hour += event.count;
        change.first = change.first.min(event.at);
        if event.at >= change.last {
            change.last = event.at;
            if !event.release.is_empty() {
                change.last_release.clone_from(&event.release);
            }
        }
        change.level = change.level.max(event.level);
        if change.regressed {
            return Ok(false);
        }
        let happening = Happening { at: event.at, release: &event.release };
        let is_later = |release: &str, fixed: &str| release != fixed && came_later(tx, release, fixed);
        change.regressed = regresses(&change.standing, happening, is_later);
        Ok(change.regressed)
    }

    fn finish(self) -> rusqlite::Result<()> {
        for ((issue, ..), (event, count)) in &self.crowd.rows {
            self.insert(event, *issue, *count, None)?;
        }
        spare::write(self.tx, self.now, Source::Sdk, &self.crowd.ids)?;
        self.tally.write(self.tx, self.now)?;
        for (id, change) in &self.changes {
            self.update(*id, change)?;
        }
        Ok(())
    }

    fn update(&self, id: i64, change: &Change) -> rusqlite::Result<()> {
        if change.count == 0 {
            return Ok(());
        }
        let mut update = self.tx.prepare_cached(
            "UPDATE issue SET count = count + ?2, first_seen = ?3, last_seen = ?4, last_release = ?5, level = ?6,
               first_release = CASE first_release WHEN '' THEN ?5 ELSE first_release END WHERE id = ?1",
        )?;
        update.execute(params![
            id,
            change.count,
            change.first,
            change.last,
            change.last_release,
            change.level.word()
        ])?;
        let woken = match &change.standing {
            Standing::Ignored(rule) => wakes(rule, self.now, count_of(self.tx, change.root)?, false),
            _ => false,
        };
        let (standing, kind) = match (change.regressed, woken) {
            (true, _) => ("regressed", "regressed"),
            (_, true) => ("open", "woken"),
            _ => return Ok(()),
        };
        let mut stand = self.tx.prepare_cached(
            "UPDATE issue SET standing = ?2, standing_since = ?3, regressions = regressions + ?4
             WHERE id = ?1 AND standing <> ?2",
        )?;
        // Another part of the same issue may have brought it back already.
        match stand.execute(params![change.root.0, standing, self.now, change.regressed])? {
            0 => Ok(()),
            _ => self.turn(change.root.0, self.now, kind, &change.last_release),
        }
    }
}

/// Whether a release was first seen after another; one that was never seen is no later.
fn came_later(tx: &Transaction<'_>, release: &str, fixed: &str) -> bool {
    let seen = |name: &str| -> Option<i64> {
        let mut query = tx.prepare_cached("SELECT first_seen FROM release WHERE name = ?1").ok()?;
        query.query_row([name], |row| row.get(0)).optional().ok().flatten()
    };
    match (seen(release), seen(fixed)) {
        (Some(release), Some(fixed)) => release > fixed,
        (Some(_), None) => true,
        _ => false,
    }
}
