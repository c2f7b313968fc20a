//! What the store is asked: an overview of a time, one issue in full, single events.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;

use super::error::StoreError;
use super::issues::{Issue, IssueId, Issues};
use super::ledger::Loss;
use super::open::Store;
use super::per_issue::PerIssue;
use super::span::{Piece, Span};
use super::{HOUR, MINUTE, hour_of};
use crate::errors::door::EventId;

const WEEK_HOURS: i64 = 168;
/// Hours that the trend of one issue goes back.
const TREND_HOURS: i64 = 168;
const SAMPLES: i64 = 10;

/// How often something happened in a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    pub name: String,
    pub count: u64,
}

/// A stored event without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    pub id: EventId,
    pub issue: IssueId,
    pub kind: String,
    pub message: String,
    pub at: i64,
    pub count: u64,
    pub level: String,
    pub source: String,
    pub endpoint: String,
    pub release: String,
    pub environment: String,
    pub host: String,
    pub has_body: bool,
}

/// Everything that happened in a span, and what it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    pub events: u64,
    /// Issues with an event in the span, most frequent first, with the count of the span.
    pub issues: Vec<(Issue, u64)>,
    /// By issue: its endpoints, most frequent first.
    pub endpoints_of: HashMap<IssueId, Vec<Counted>>,
    pub by_type: Vec<Counted>,
    pub by_endpoint: Vec<Counted>,
    pub recent: Vec<EventRow>,
    pub losses: Vec<Loss>,
    /// Hour by hour, oldest first.
    pub hours: Vec<(i64, u64)>,
    /// The same hours a week before.
    pub week_before: u64,
    /// How many issues there are at all.
    pub known_issues: u64,
}

/// One issue with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct IssueDetail {
    pub issue: Issue,
    pub endpoints: Vec<Counted>,
    pub tags: Vec<(String, Vec<Counted>)>,
    /// Hour by hour, oldest first.
    pub trend: Vec<(i64, u64)>,
    /// When, what, and a note.
    pub turns: Vec<(i64, String, String)>,
    pub events: Vec<EventRow>,
    /// The latest event whose body was kept.
    pub sample: Option<Value>,
    /// Other issues with the same type at the same place: perhaps the same fault.
    pub alike: Vec<IssueId>,
}

impl Store {
    /// Sums up a span; what state its issues are in is told as of `now`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn overview(&self, span: Span, recent: u32, now: i64) -> Result<Overview, StoreError> {
        let issues = self.issues(now)?;
        let read = || -> rusqlite::Result<Overview> {
            let per = self.counts(span, &issues, now)?;
            let recent = self.recent_events(recent, span, &issues)?;
            let hours = self.totals(span, now)?;
            Ok(per.into_overview(issues, recent, hours, self.week_before(span, now)?))
        };
        let mut overview = read().map_err(|e| self.error(e))?;
        overview.losses = self.losses(span.from, span.to)?;
        Ok(overview)
    }

    /// Every issue as of `now`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn all_issues(&self, now: i64) -> Result<Vec<Issue>, StoreError> {
        self.issues(now).map(|issues| issues.list)
    }

    /// Issues that had an event at an endpoint.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn issues_at(&self, endpoint: &str, now: i64) -> Result<Vec<IssueId>, StoreError> {
        let issues = self.issues(now)?;
        let read = || -> rusqlite::Result<Vec<IssueId>> {
            let mut query =
                self.connection.prepare_cached("SELECT DISTINCT issue FROM bucket WHERE endpoint = ?1")?;
            let ids: Vec<i64> = query.query_map([endpoint], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(ids.iter().filter_map(|id| issues.place.get(id)).map(|at| issues.list[*at].id).collect())
        };
        read().map_err(|e| self.error(e))
    }

    /// Tells everything about one issue; one that was merged is told as what it was merged into.
    ///
    /// # Errors
    /// When it is not known, or the store cannot be read.
    pub fn detail(&self, id: IssueId, now: i64) -> Result<IssueDetail, StoreError> {
        let issues = self.issues(now)?;
        let at = *issues.place.get(&id.0).ok_or(StoreError::NoIssue(id.0))?;
        let issue = issues.list[at].clone();
        let members: Vec<i64> =
            std::iter::once(issue.id).chain(issue.merged.iter().copied()).map(|i| i.0).collect();
        self.tell(&issue, &members, &issues, now).map_err(|e| self.error(e))
    }

    /// When a release was first seen.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn release_seen(&self, name: &str) -> Result<Option<i64>, StoreError> {
        let query = "SELECT first_seen FROM release WHERE name = ?1";
        self.connection.query_row(query, [name], |row| row.get(0)).optional().map_err(|e| self.error(e))
    }

    /// The body of an event, by a part of its id that only it has.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn body_of(&self, id: &str) -> Result<Option<Value>, StoreError> {
        let prefix: String = id.chars().filter(|c| *c != '-').flat_map(char::to_uppercase).collect();
        let read = || -> rusqlite::Result<Vec<Vec<u8>>> {
            let mut query = self
                .connection
                .prepare("SELECT body FROM event WHERE substr(hex(event_id), 1, length(?1)) = ?1 AND body IS NOT NULL LIMIT 2")?;
            query.query_map([&prefix], |row| row.get(0))?.collect()
        };
        let found = read().map_err(|e| self.error(e))?;
        Ok(match found.as_slice() {
            [one] => crate::errors::door::unpack(one),
            _ => None,
        })
    }

    /// The newest events, oldest first, each with its body where one was kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn newest(&self, limit: u32, now: i64) -> Result<Vec<(EventRow, Option<Value>)>, StoreError> {
        let issues = self.issues(now)?;
        let read = || -> rusqlite::Result<Vec<(EventRow, Option<Value>)>> {
            let mut query = self
                .connection
                .prepare(&format!("SELECT {COLUMNS}, body FROM event ORDER BY at DESC, id DESC LIMIT ?1"))?;
            let rows = query.query_map([limit], |row| {
                let body: Option<Vec<u8>> = row.get(12)?;
                Ok((event_row(row, &issues)?, body.as_deref().and_then(crate::errors::door::unpack)))
            })?;
            rows.collect()
        };
        let mut found = read().map_err(|e| self.error(e))?;
        found.reverse();
        Ok(found)
    }

    fn tell(
        &self,
        issue: &Issue,
        members: &[i64],
        issues: &Issues,
        now: i64,
    ) -> rusqlite::Result<IssueDetail> {
        let list = members.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let mut endpoints = self.connection.prepare(&format!(
            "SELECT endpoint, sum(n) FROM bucket WHERE issue IN ({list}) AND endpoint <> '' GROUP BY 1 ORDER BY 2 DESC, 1"
        ))?;
        let endpoints = endpoints.query_map([], counted)?.collect::<Result<_, _>>()?;
        let mut trend = self.connection.prepare(&format!(
            "SELECT hour, sum(n) FROM bucket WHERE issue IN ({list}) AND hour > ?1 GROUP BY 1"
        ))?;
        let trend: HashMap<i64, u64> = trend
            .query_map([hour_of(now) - TREND_HOURS], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let hours = hour_of(now) - TREND_HOURS + 1..=hour_of(now);
        let mut turns = self.connection.prepare(&format!(
            "SELECT at, kind, note FROM turn WHERE issue IN ({list}) ORDER BY at, rowid"
        ))?;
        let turns = turns
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        let mut events = self.connection.prepare(&format!(
            "SELECT {COLUMNS} FROM event WHERE issue IN ({list}) ORDER BY at DESC, id DESC LIMIT ?1"
        ))?;
        let events = events.query_map([SAMPLES], |row| event_row(row, issues))?.collect::<Result<_, _>>()?;
        let sample: Option<Vec<u8>> = self
            .connection
            .query_row(
                &format!("SELECT body FROM event WHERE issue IN ({list}) AND body IS NOT NULL ORDER BY at DESC LIMIT 1"),
                [],
                |row| row.get(0),
            )
            .optional()?;
        Ok(IssueDetail {
            issue: issue.clone(),
            endpoints,
            tags: self.tags(&list)?,
            trend: hours.map(|hour| (hour * HOUR, trend.get(&hour).copied().unwrap_or(0))).collect(),
            turns,
            events,
            sample: sample.as_deref().and_then(crate::errors::door::unpack),
            alike: alike(issue, &issues.list),
        })
    }

    fn tags(&self, members: &str) -> rusqlite::Result<Vec<(String, Vec<Counted>)>> {
        let mut query = self.connection.prepare(&format!(
            "SELECT key, value, sum(n) FROM tag WHERE issue IN ({members}) GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"
        ))?;
        let mut tags: Vec<(String, Vec<Counted>)> = Vec::new();
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let key: String = row.get(0)?;
            let value = Counted { name: row.get(1)?, count: row.get(2)? };
            match tags.last_mut().filter(|(last, _)| *last == key) {
                Some((_, values)) => values.push(value),
                None => tags.push((key, vec![value])),
            }
        }
        Ok(tags)
    }

    /// Errors hour by hour; of an hour that the span begins or ends within, only what lies in the span.
    fn totals(&self, span: Span, now: i64) -> rusqlite::Result<Vec<(i64, u64)>> {
        let mut found: HashMap<i64, u64> = HashMap::new();
        for piece in span.pieces(now) {
            let (hour, errors) = match piece {
                Piece::Hours(first, last) => {
                    let mut query = self
                        .connection
                        .prepare_cached("SELECT hour, n FROM total WHERE hour BETWEEN ?1 AND ?2")?;
                    let mut rows = query.query([first, last])?;
                    while let Some(row) = rows.next()? {
                        found.insert(row.get(0)?, row.get(1)?);
                    }
                    continue;
                }
                Piece::Minutes(first, last) => {
                    (hour_of(first * MINUTE), self.number(ERRORS_OF_MINUTES, first, last)?)
                }
                Piece::Moments(part) => {
                    (hour_of(part.from), self.number(ERRORS_OF_MOMENTS, part.from, part.to)?)
                }
            };
            *found.entry(hour).or_default() += errors;
        }
        let (from, to) = (hour_of(span.from), hour_of(span.to));
        // A span of years is summed by what is there, not hour by hour.
        let from = from.max(to - 24 * 400);
        Ok((from..=to).map(|hour| (hour * HOUR, found.get(&hour).copied().unwrap_or(0))).collect())
    }

    /// Errors of the same span a week before.
    fn week_before(&self, span: Span, now: i64) -> rusqlite::Result<u64> {
        let week = WEEK_HOURS * HOUR;
        // Unlike the present hour that one has gone on behind the span.
        let to = span.to.min(now) - week;
        Ok(self.totals(Span { from: span.from - week, to }, now)?.iter().map(|(_, n)| n).sum())
    }

    fn number(&self, query: &str, from: i64, to: i64) -> rusqlite::Result<u64> {
        self.connection.prepare_cached(query)?.query_row([from, to], |row| row.get(0))
    }

    /// Counts of a span, by issue and endpoint.
    fn counts(&self, span: Span, issues: &Issues, now: i64) -> rusqlite::Result<PerIssue> {
        let mut per = PerIssue::of(issues);
        for piece in span.pieces(now) {
            let (query, from, to) = match piece {
                Piece::Hours(first, last) => (HOURS, first, last),
                Piece::Minutes(first, last) => (MINUTES, first, last),
                Piece::Moments(part) => (MOMENTS, part.from, part.to),
            };
            let mut query = self.connection.prepare_cached(query)?;
            let mut rows = query.query([from, to])?;
            while let Some(row) = rows.next()? {
                let Some(&at) = issues.place.get(&row.get::<_, i64>(0)?) else { continue };
                let (endpoint, n) = (row.get_ref(1)?.as_str().unwrap_or(""), row.get(2)?);
                per.add(at, endpoint, n);
            }
        }
        Ok(per)
    }

    fn recent_events(&self, limit: u32, span: Span, issues: &Issues) -> rusqlite::Result<Vec<EventRow>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM event WHERE counted_at BETWEEN ?2 AND ?3 ORDER BY counted_at DESC, id DESC LIMIT ?1"
        ))?;
        query.query_map(params![limit, span.from, span.to], |row| event_row(row, issues))?.collect()
    }
}

const HOURS: &str = "SELECT issue, endpoint, n FROM bucket WHERE hour BETWEEN ?1 AND ?2";
const MINUTES: &str = "SELECT issue, endpoint, n FROM minute WHERE minute BETWEEN ?1 AND ?2";
const MOMENTS: &str = "SELECT issue, endpoint, count FROM event WHERE counted_at BETWEEN ?1 AND ?2";
const ERRORS_OF_MINUTES: &str = "SELECT coalesce(sum(errors), 0) FROM minute WHERE minute BETWEEN ?1 AND ?2";
const ERRORS_OF_MOMENTS: &str = "SELECT coalesce(sum(count), 0) FROM event
    WHERE counted_at BETWEEN ?1 AND ?2 AND level IN ('error', 'critical')";

fn alike(issue: &Issue, all: &[Issue]) -> Vec<IssueId> {
    let place = |culprit: &str| {
        culprit.split_once(" in ").map(|(at, f)| (at.split(':').next().map(str::to_owned), f.to_owned()))
    };
    let mine = place(&issue.culprit);
    let same = |other: &&Issue| {
        other.id != issue.id && other.kind == issue.kind && mine.is_some() && place(&other.culprit) == mine
    };
    all.iter().filter(same).map(|other| other.id).take(10).collect()
}

fn counted(row: &Row<'_>) -> rusqlite::Result<Counted> {
    Ok(Counted { name: row.get(0)?, count: row.get(1)? })
}

const COLUMNS: &str = "event_id, issue, at, count, level, source, message, endpoint, release, environment, host, body IS NOT NULL";

fn event_row(row: &Row<'_>, issues: &Issues) -> rusqlite::Result<EventRow> {
    let id: Vec<u8> = row.get(0)?;
    let issue = issues.place.get(&row.get::<_, i64>(1)?).map(|at| &issues.list[*at]);
    Ok(EventRow {
        id: EventId(id.try_into().unwrap_or_default()),
        issue: issue.map_or(IssueId(0), |issue| issue.id),
        kind: issue.map(|issue| issue.kind.clone()).unwrap_or_default(),
        at: row.get(2)?,
        count: row.get(3)?,
        level: row.get(4)?,
        source: row.get(5)?,
        message: row.get(6)?,
        endpoint: row.get(7)?,
        release: row.get(8)?,
        environment: row.get(9)?,
        host: row.get(10)?,
        has_body: row.get(11)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{ERRORS_OF_MOMENTS, MOMENTS};
    use crate::errors::store::{Access, Store};

    #[test]
    fn a_part_of_an_hour_is_counted_without_a_look_at_the_bodies() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("e.db"), Access::Write, 0).unwrap();
        for query in [MOMENTS, ERRORS_OF_MOMENTS] {
            let mut plan = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
            let steps = plan.raw_query().mapped(|row| row.get::<_, String>(3));
            let plan: String = steps.map(Result::unwrap).collect();
            assert!(plan.contains("event USING COVERING INDEX event_counted"), "{plan}");
        }
    }
}
