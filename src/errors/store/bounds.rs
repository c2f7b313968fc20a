//! How many issues and releases there may be. Senders make both up, and each takes room of its own for as long as it is known.

use rusqlite::{Transaction, TransactionBehavior, params};

use super::error::StoreError;
use super::ledger;
use super::open::Store;
use super::retention::Pruned;

/// Issues that are kept.
pub(super) const MAX_ISSUES: u64 = 100_000;
/// Issues that go together once there are more, and that may come before somebody looks.
pub(super) const ISSUES_AT_ONCE: u64 = MAX_ISSUES / 10;
/// Releases that are kept, the youngest first.
const MAX_RELEASES: i64 = 10_000;
/// Issues whose rows go in one transaction.
const SLICE: usize = 500;
const REASON: &str = "too-many";

impl Store {
    /// Leaves no more issues and releases than the store is made for, and notes in the ledger what went.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(super) fn bound(&self, now: i64) -> Result<Pruned, StoreError> {
        self.bound_to(MAX_ISSUES, now).map_err(|e| self.error(e))
    }

    pub(super) fn bound_to(&self, most: u64, now: i64) -> rusqlite::Result<Pruned> {
        let known: u64 = self.connection.query_row("SELECT count(*) FROM issue", [], |row| row.get(0))?;
        let mut gone = Pruned::default();
        if known > most {
            gone = self.give_up_issues(known - most + most / 10, now)?;
        }
        let releases = self.connection.execute(
            "DELETE FROM release WHERE first_seen <= (SELECT first_seen FROM release ORDER BY first_seen DESC LIMIT 1 OFFSET ?1)
             AND name NOT IN (SELECT fixed_in FROM issue WHERE fixed_in IS NOT NULL)",
            [MAX_RELEASES],
        )?;
        if releases > 0 {
            ledger::add(&self.connection, now, REASON, "release", releases as u64)?;
        }
        Ok(gone)
    }

    /// Gives up so many issues: resolved ones first, then those that happened least often, of these the ones not seen for
    /// longest. Ignored, regressed and merged ones stay: somebody has decided about them.
    pub(super) fn give_up_issues(&self, most: u64, now: i64) -> rusqlite::Result<Pruned> {
        let mut query = self.connection.prepare(
            "SELECT id FROM issue WHERE standing IN ('open', 'resolved') AND parent IS NULL
               AND id NOT IN (SELECT parent FROM issue WHERE parent IS NOT NULL)
             ORDER BY standing = 'open', count, last_seen LIMIT ?1",
        )?;
        let mut ids: Vec<i64> = query.query_map([most], |row| row.get(0))?.collect::<Result<_, _>>()?;
        // What was made together lies together: each transaction touches few pages.
        ids.sort_unstable();
        let mut gone = Pruned { issues: ids.len() as u64, ..Pruned::default() };
        for slice in ids.chunks(SLICE) {
            let list = slice.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
            gone.events += self.forget(&format!("SELECT id FROM event WHERE issue IN ({list})"), [], now)?;
            let tx = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
            let events: u64 = tx.query_row(
                &format!("SELECT coalesce(sum(count), 0) FROM issue WHERE id IN ({list})"),
                [],
                |row| row.get(0),
            )?;
            for table in ["issue_key", "tag", "turn", "bucket"] {
                tx.execute(&format!("DELETE FROM {table} WHERE issue IN ({list})"), [])?;
            }
            tx.execute(&format!("DELETE FROM issue WHERE id IN ({list})"), [])?;
            ledger::add(&tx, now, REASON, "issue", slice.len() as u64)?;
            ledger::add(&tx, now, REASON, "event", events)?;
            tx.commit()?;
        }
        if !ids.is_empty() {
            self.sweep_minutes()?;
        }
        Ok(gone)
    }

    /// Removes counts by the minute that belong to no issue any more, an hour of them at a time.
    fn sweep_minutes(&self) -> rusqlite::Result<()> {
        let bounds = "SELECT coalesce(min(minute), 0), coalesce(max(minute), -1) FROM minute";
        let (first, last): (i64, i64) =
            self.connection.query_row(bounds, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut sweep = self.connection.prepare(
            "DELETE FROM minute WHERE minute BETWEEN ?1 AND ?2 AND issue NOT IN (SELECT id FROM issue)",
        )?;
        for hour in (first..=last).step_by(60) {
            sweep.execute(params![hour, hour + 59])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::errors::door::{Admitted, Arrival, Door, Source};
    use crate::errors::store::{Access, Decision, IssueId, Limits, Room, Span, Store};

    const NOW: i64 = 1_795_000_000_000_000;
    const LIMITS: Limits = Limits { max_age: i64::MAX, max_bytes: u64::MAX, min_free: 0 };

    fn add(store: &mut Store, kind: &str, release: &str, at: i64) {
        let event =
            serde_json::json!({"exception": {"values": [{"type": kind, "value": "x"}]}, "release": release});
        let arrival = Arrival { received: at, source: Source::Sdk, count: 1, keeps_body: true, id: None };
        store.apply(&[Door::default().admit(event, arrival)], at, Room::Bodies).unwrap();
    }

    fn kinds(store: &Store) -> Vec<String> {
        store.all_issues(NOW).unwrap().into_iter().map(|issue| issue.kind).collect()
    }

    #[test]
    fn a_flood_of_issues_pushes_out_what_matters_least_and_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("e.db"), Access::Write, NOW).unwrap();
        for kind in ["Often", "Often", "Often", "Resolved", "Resolved", "Ignored", "Part", "Whole"] {
            add(&mut store, kind, "", NOW);
        }
        store.decide(&[IssueId(2)], &Decision::Resolve, NOW).unwrap();
        store.decide(&[IssueId(3)], &Decision::Ignore(Default::default()), NOW).unwrap();
        store.merge(IssueId(5), &[IssueId(4)], NOW).unwrap();
        for n in 0..25 {
            add(&mut store, &format!("Flood{n}"), "", NOW + n);
        }
        // Thirty are known; twenty may be, and a tenth is made room for.
        let gone = store.bound_to(20, NOW + 30).unwrap();
        assert_eq!((gone.issues, gone.events), (12, 13));
        let left = kinds(&store);
        for (kind, stays) in [
            ("Often", true),
            ("Resolved", false),
            ("Ignored", true),
            ("Whole", true),
            ("Flood10", false),
            ("Flood11", true),
            ("Flood24", true),
        ] {
            assert_eq!(left.iter().any(|known| known == kind), stays, "{kind} of {left:?}");
        }
        let losses = store.losses(NOW, NOW + 30).unwrap();
        let told = |category: &str| {
            losses.iter().find(|l| l.reason == "too-many" && l.category == category).map(|l| l.count)
        };
        assert_eq!((told("issue"), told("event")), (Some(12), Some(13)));
        for table in ["issue_key", "tag", "turn", "bucket", "event", "minute"] {
            let orphans = format!("SELECT count(*) FROM {table} WHERE issue NOT IN (SELECT id FROM issue)");
            let orphans: i64 = store.connection.query_row(&orphans, [], |row| row.get(0)).unwrap();
            assert_eq!(orphans, 0, "{table}");
        }
        // What was given up is new when it comes again, and what was merged is still one.
        add(&mut store, "Flood3", "", NOW + 31);
        add(&mut store, "Part", "", NOW + 31);
        assert!(kinds(&store).contains(&"Flood3".to_owned()) && store.bound_to(30, NOW).unwrap().issues == 0);
    }

    #[test]
    fn the_youngest_releases_are_known_and_those_that_decisions_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("e.db"), Access::Write, NOW).unwrap();
        add(&mut store, "E", "first", NOW);
        store.decide(&[IssueId(1)], &Decision::ResolveInNextRelease, NOW).unwrap();
        let mut event = {
            let event = serde_json::json!({"message": "m"});
            let arrival =
                Arrival { received: NOW, source: Source::Sdk, count: 1, keeps_body: false, id: None };
            Door::default().admit(event, arrival)
        };
        let events: Vec<Admitted> = (1..=super::MAX_RELEASES + 50)
            .map(|n| {
                (event.id, event.at) = (crate::errors::door::EventId::random(), NOW + n);
                event.release = format!("r{n}");
                event.clone()
            })
            .collect();
        store.apply(&events, NOW + 1, Room::Bodies).unwrap();
        store.prune(LIMITS, NOW + 1).unwrap();
        let seen = |name: &str| store.release_seen(name).unwrap().is_some();
        assert!(seen("first") && !seen("r1") && !seen("r50") && seen("r51"));
        let losses = store.losses(NOW, NOW + 1).unwrap();
        assert!(losses.iter().any(|loss| loss.category == "release" && loss.count == 50), "{losses:?}");
    }

    #[test]
    fn what_is_counted_alone_is_bounded_in_bytes_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("e.db"), Access::Write, NOW).unwrap();
        for n in 0..2_000 {
            add(&mut store, &format!("Flood{n}"), "", NOW + n);
        }
        store.prune(Limits { max_bytes: 1, ..LIMITS }, NOW).unwrap();
        assert_eq!(kinds(&store), [""; 0]);
        let size = store.size().unwrap();
        assert!(size < 512 << 10, "{size}");
        let told = store.losses(NOW, NOW).unwrap();
        assert!(told.iter().any(|loss| loss.category == "issue" && loss.count == 2_000), "{told:?}");
        let overview = store.overview(Span { from: NOW - 1, to: NOW + 2_000 }, 5, NOW + 2_000).unwrap();
        assert_eq!(overview.events, 0);
    }
}
