//! Issues as they are read: with their state as of now, merged ones folded into the one that they belong to.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use hashbrown::HashMap;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::hour_of;
use super::open::Store;
use crate::errors::door::Source;
use crate::errors::life::{ESCALATION_FLOOR, IgnoreRule, IssueState, Standing, escalates, state};
use crate::model::Level;

/// Hours that tell what is usual.
const USUAL_HOURS: i64 = 168;

/// Number of an issue; printed and typed as `7` or `#7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IssueId(pub i64);

impl fmt::Display for IssueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for IssueId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.trim_start_matches('#').parse().ok().filter(|n| *n > 0);
        number
            .map(Self)
            .ok_or_else(|| "not the number of an issue; `track-errors list` shows them".to_owned())
    }
}

/// An issue with what was merged into it.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    pub id: IssueId,
    pub fingerprint: String,
    pub kind: String,
    pub message: String,
    pub culprit: String,
    pub level: Level,
    pub platform: String,
    pub state: IssueState,
    pub count: u64,
    /// Microseconds since 1970.
    pub first_seen: i64,
    pub last_seen: i64,
    pub first_release: String,
    pub last_release: String,
    /// When it came back, where it did and nobody has looked since.
    pub regressed_at: Option<i64>,
    pub regressions: u64,
    /// Issues that were merged into it.
    pub merged: Vec<IssueId>,
}

/// All issues, and which one each number belongs to now.
#[derive(Debug, Default)]
pub(super) struct Issues {
    pub(super) list: Vec<Issue>,
    /// From any number to the place of its issue.
    pub(super) place: HashMap<i64, usize>,
}

/// An issue's row before merged ones are folded.
struct Row {
    issue: Issue,
    parent: Option<i64>,
    standing: Standing,
}

impl Store {
    pub(super) fn issues(&self, now: i64) -> Result<Issues, StoreError> {
        self.read_issues(now).map_err(|e| self.error(e))
    }

    fn read_issues(&self, now: i64) -> rusqlite::Result<Issues> {
        let mut query = self.connection.prepare_cached(
            "SELECT id, fingerprint, parent, type, message, culprit, level, platform, first_seen, last_seen,
               first_release, last_release, count, standing, standing_since, fixed_in, ignore_until, ignore_count,
               ignore_escalating, regressions FROM issue ORDER BY id",
        )?;
        let rows: Vec<Row> = query.query_map([], read_row)?.collect::<Result<_, _>>()?;
        let mut issues = Issues::default();
        let (children, roots): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.parent.is_some());
        let mut standings = Vec::with_capacity(roots.len());
        for row in roots {
            issues.place.insert(row.issue.id.0, issues.list.len());
            issues.list.push(row.issue);
            standings.push(row.standing);
        }
        for row in children {
            let Some(&at) = row.parent.and_then(|parent| issues.place.get(&parent)) else { continue };
            issues.place.insert(row.issue.id.0, at);
            issues.list[at].absorb(&row.issue);
        }
        let busy = self.escalating(&issues, now)?;
        for (at, (issue, standing)) in issues.list.iter_mut().zip(&standings).enumerate() {
            issue.state = state(standing, issue.first_seen, busy.contains(&at), now);
        }
        Ok(issues)
    }

    /// Places of the issues whose last hour is far above the usual one.
    fn escalating(&self, issues: &Issues, now: i64) -> rusqlite::Result<HashSet<usize>> {
        let this = hour_of(now);
        // The sign keeps SQLite from walking the whole index for the sake of its order.
        let mut query = self
            .connection
            .prepare_cached("SELECT issue, sum(n) FROM bucket WHERE hour >= ?1 GROUP BY +issue")?;
        let mut last: HashMap<usize, u64> = HashMap::new();
        let mut rows = query.query([this - 1])?;
        while let Some(row) = rows.next()? {
            if let Some(at) = issues.place.get(&row.get::<_, i64>(0)?) {
                *last.entry(*at).or_default() += row.get::<_, u64>(1)?;
            }
        }
        let mut found = HashSet::new();
        for (at, last) in last.into_iter().filter(|(_, last)| *last > ESCALATION_FLOOR) {
            let (n, first) = self.before(&issues.list[at], this - 1)?;
            if escalates(last, n, u64::try_from(this - 1 - first).unwrap_or(0)) {
                found.insert(at);
            }
        }
        Ok(found)
    }

    /// How often an issue happened in the usual hours before this one, and the first of them.
    fn before(&self, issue: &Issue, hour: i64) -> rusqlite::Result<(u64, i64)> {
        let mut query = self.connection.prepare_cached(
            "SELECT coalesce(sum(n), 0), coalesce(min(hour), ?3) FROM bucket
             WHERE issue = ?1 AND hour >= ?2 AND hour < ?3",
        )?;
        let mut before = (0, hour);
        for id in std::iter::once(issue.id).chain(issue.merged.iter().copied()) {
            let (n, first) = query.query_row(params![id.0, hour + 1 - USUAL_HOURS, hour], |row| {
                Ok((row.get::<_, u64>(0)?, row.get(1)?))
            })?;
            before = (before.0 + n, before.1.min(first));
        }
        Ok(before)
    }
}

impl Issue {
    fn absorb(&mut self, other: &Self) {
        self.count += other.count;
        if other.last_seen > self.last_seen {
            self.last_seen = other.last_seen;
            self.last_release.clone_from(&other.last_release);
        }
        if other.first_seen < self.first_seen {
            self.first_seen = other.first_seen;
            self.first_release.clone_from(&other.first_release);
        }
        self.level = self.level.max(other.level);
        self.merged.push(other.id);
    }
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let standing: String = row.get(13)?;
    let since: i64 = row.get(14)?;
    let standing = match standing.as_str() {
        "regressed" => Standing::Regressed,
        "resolved" => Standing::Resolved { at: since, in_release: row.get(15)? },
        "ignored" => Standing::Ignored(IgnoreRule {
            until: row.get(16)?,
            until_count: row.get(17)?,
            until_escalating: row.get(18)?,
        }),
        _ => Standing::Open,
    };
    let word: String = row.get(6)?;
    let issue = Issue {
        id: IssueId(row.get(0)?),
        fingerprint: row.get(1)?,
        kind: row.get(3)?,
        message: row.get(4)?,
        culprit: row.get(5)?,
        level: level(&word),
        platform: row.get(7)?,
        state: IssueState::Ongoing,
        count: row.get(12)?,
        first_seen: row.get(8)?,
        last_seen: row.get(9)?,
        first_release: row.get(10)?,
        last_release: row.get(11)?,
        regressed_at: (standing == Standing::Regressed).then_some(since),
        regressions: row.get(19)?,
        merged: Vec::new(),
    };
    Ok(Row { issue, parent: row.get(2)?, standing })
}

/// The level that a stored word means.
pub(super) fn level(word: &str) -> Level {
    Level::ALL.into_iter().find(|level| level.word() == word).unwrap_or(Level::Error)
}

/// The word that a source is stored as.
pub(super) fn source_word(source: Source) -> &'static str {
    match source {
        Source::Sdk => "sdk",
        Source::Record => "record",
        Source::Log => "log",
        Source::Import => "import",
        Source::Shim => "shim",
    }
}
