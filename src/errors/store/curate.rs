//! What people decide about issues: resolve, ignore, reopen, merge, unmerge.

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::StoreError;
use super::issues::IssueId;
use super::open::Store;
use crate::errors::life::IgnoreRule;

/// A decision about an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Resolve,
    /// Only events of releases after the latest one that is known bring it back.
    ResolveInNextRelease,
    /// Only events of releases after this one bring it back.
    ResolveIn(String),
    /// The rule's count is how many more events.
    Ignore(IgnoreRule),
    Reopen,
}

impl Store {
    /// Carries out a decision about each of these issues, or about none.
    ///
    /// # Errors
    /// When one is not known, or nothing could be written.
    pub fn decide(
        &mut self,
        ids: &[IssueId],
        decision: &Decision,
        now: i64,
    ) -> Result<Vec<IssueId>, StoreError> {
        let path = self.path.clone();
        let wrong = |source| StoreError::of(&path, source);
        let tx = Transaction::new(&mut self.connection, TransactionBehavior::Immediate).map_err(wrong)?;
        let mut done = Vec::new();
        for id in ids {
            let root = root(&tx, *id).map_err(wrong)?.ok_or(StoreError::NoIssue(id.0))?;
            decide(&tx, root, decision, now).map_err(wrong)?;
            done.push(root);
        }
        tx.commit().map_err(wrong)?;
        Ok(done)
    }

    /// Makes issues parts of another. Their events stay theirs, so [`unmerge`](Self::unmerge) takes nothing apart wrongly.
    ///
    /// # Errors
    /// When one is not known, or nothing could be written.
    pub fn merge(&mut self, into: IssueId, ids: &[IssueId], now: i64) -> Result<IssueId, StoreError> {
        let path = self.path.clone();
        let wrong = |source| StoreError::of(&path, source);
        let tx = Transaction::new(&mut self.connection, TransactionBehavior::Immediate).map_err(wrong)?;
        let target = root(&tx, into).map_err(wrong)?.ok_or(StoreError::NoIssue(into.0))?;
        for id in ids {
            let other = root(&tx, *id).map_err(wrong)?.ok_or(StoreError::NoIssue(id.0))?;
            if other == target {
                continue;
            }
            shift_count(&tx, target, count_of(&tx, other).map_err(wrong)?.cast_signed()).map_err(wrong)?;
            let update = "UPDATE issue SET parent = ?1 WHERE id = ?2 OR parent = ?2";
            tx.execute(update, params![target.0, other.0]).map_err(wrong)?;
            turn(&tx, target, now, "merged", &other.to_string()).map_err(wrong)?;
        }
        tx.commit().map_err(wrong)?;
        Ok(target)
    }

    /// Makes merged issues issues of their own again: the parts of an issue, or one part.
    ///
    /// # Errors
    /// When it is not known, or nothing could be written.
    pub fn unmerge(&mut self, id: IssueId, now: i64) -> Result<Vec<IssueId>, StoreError> {
        let path = self.path.clone();
        let wrong = |source| StoreError::of(&path, source);
        let tx = Transaction::new(&mut self.connection, TransactionBehavior::Immediate).map_err(wrong)?;
        let target = root(&tx, id).map_err(wrong)?.ok_or(StoreError::NoIssue(id.0))?;
        let parts = parts(&tx, id).map_err(wrong)?;
        for part in &parts {
            shift_count(&tx, target, -count_of(&tx, *part).map_err(wrong)?.cast_signed()).map_err(wrong)?;
            tx.execute("UPDATE issue SET parent = NULL WHERE id = ?1", [part.0]).map_err(wrong)?;
            turn(&tx, target, now, "unmerged", &part.to_string()).map_err(wrong)?;
        }
        tx.commit().map_err(wrong)?;
        Ok(parts)
    }
}

fn root(tx: &Transaction<'_>, id: IssueId) -> rusqlite::Result<Option<IssueId>> {
    let query = "SELECT coalesce(parent, id) FROM issue WHERE id = ?1";
    tx.query_row(query, [id.0], |row| row.get(0).map(IssueId)).optional()
}

/// How often an issue happened, with what was merged into it.
pub(super) fn count_of(tx: &Transaction<'_>, root: IssueId) -> rusqlite::Result<u64> {
    let mut query = tx.prepare_cached("SELECT sum(count) FROM issue WHERE id = ?1 OR parent = ?1")?;
    query.query_row([root.0], |row| row.get(0))
}

/// An issue that is ignored for so many events more stays so for as many, whatever becomes a part of it.
fn shift_count(tx: &Transaction<'_>, root: IssueId, by: i64) -> rusqlite::Result<()> {
    let update = "UPDATE issue SET ignore_count = ignore_count + ?2 WHERE id = ?1";
    tx.execute(update, params![root.0, by]).map(drop)
}

fn parts(tx: &Transaction<'_>, id: IssueId) -> rusqlite::Result<Vec<IssueId>> {
    let mut query =
        tx.prepare("SELECT id FROM issue WHERE parent = ?1 OR (id = ?1 AND parent IS NOT NULL)")?;
    query.query_map([id.0], |row| row.get(0).map(IssueId))?.collect()
}

fn turn(tx: &Transaction<'_>, issue: IssueId, at: i64, kind: &str, note: &str) -> rusqlite::Result<()> {
    tx.execute("INSERT INTO turn VALUES (?1, ?2, ?3, ?4)", params![issue.0, at, kind, note]).map(|_| ())
}

fn decide(tx: &Transaction<'_>, id: IssueId, decision: &Decision, now: i64) -> rusqlite::Result<()> {
    let latest = || -> rusqlite::Result<Option<String>> {
        let query = "SELECT name FROM release ORDER BY first_seen DESC LIMIT 1";
        tx.query_row(query, [], |row| row.get(0)).optional()
    };
    let (standing, fixed_in, rule) = match decision {
        Decision::Resolve => ("resolved", None, IgnoreRule::default()),
        Decision::ResolveInNextRelease => ("resolved", latest()?, IgnoreRule::default()),
        Decision::ResolveIn(release) => ("resolved", Some(release.clone()), IgnoreRule::default()),
        Decision::Ignore(rule) => ("ignored", None, *rule),
        Decision::Reopen => ("open", None, IgnoreRule::default()),
    };
    let count = count_of(tx, id)?;
    tx.execute(
        "UPDATE issue SET standing = ?2, standing_since = ?3, fixed_in = ?4, ignore_until = ?5, ignore_count = ?6,
           ignore_escalating = ?7 WHERE id = ?1",
        params![
            id.0,
            standing,
            now,
            fixed_in,
            rule.until,
            rule.until_count.map(|more| count + more),
            rule.until_escalating
        ],
    )?;
    let kind = if standing == "open" { "reopened" } else { standing };
    turn(tx, id, now, kind, fixed_in.as_deref().unwrap_or(""))
}
