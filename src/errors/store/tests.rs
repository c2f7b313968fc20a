//! The store as a whole: what is counted, kept, forgotten, and what a crowd does to it.

use rusqlite::StatementStatus;
use serde_json::{Value, json};

use super::apply::ISSUE;
use super::{Access, Decision, IssueId, Limits, Outcome, Room, Span, Store};
use crate::errors::door::{Admitted, Alike, Arrival, Door, Source};
use crate::errors::{IgnoreRule, IssueState};

const NOW: i64 = 1_795_000_000_000_000;
const DAY: i64 = 86_400_000_000;
const LIMITS: Limits = Limits { max_age: 90 * DAY, max_bytes: 1 << 30, min_free: 0 };

struct Place {
    _folder: tempfile::TempDir,
    store: Store,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("errors.db"), Access::Write, NOW).unwrap();
    Place { _folder: folder, store }
}

fn admit(event: Value, at: i64, source: Source) -> Admitted {
    Door::default().admit(event, Arrival { received: at, source, count: 1, keeps_body: true, id: None })
}

fn error(kind: &str, release: &str) -> Value {
    json!({"exception": {"values": [{"type": kind, "value": "x"}]}, "release": release, "tags": {"endpoint": "/x"}})
}

impl Place {
    fn add(&mut self, kind: &str, release: &str, at: i64) -> Outcome {
        self.store.apply(&[admit(error(kind, release), at, Source::Sdk)], at, Room::Bodies).unwrap()[0]
    }

    fn state(&self, id: i64, now: i64) -> IssueState {
        self.store.all_issues(now).unwrap().into_iter().find(|issue| issue.id.0 == id).unwrap().state
    }
}

#[test]
fn a_storm_is_counted_to_the_last_and_sampled_in_bodies() {
    let mut place = place();
    for batch in 0..40 {
        let events: Vec<_> =
            (0..100).map(|n| admit(error("E", ""), NOW + batch * 100 + n, Source::Sdk)).collect();
        place.store.apply(&events, NOW, Room::Bodies).unwrap();
    }
    let overview = place.store.overview(Span { from: NOW - DAY, to: NOW }, 5, NOW).unwrap();
    assert_eq!((overview.events, overview.issues[0].1), (4000, 4000));
    assert_eq!(overview.by_endpoint[0].count, 4000);
    let bodies: i64 = place
        .store
        .connection
        .query_row("SELECT count(*) FROM event WHERE body IS NOT NULL", [], |r| r.get(0))
        .unwrap();
    assert!((100..2000).contains(&bodies), "{bodies}");
}

#[test]
fn statements_are_prepared_once_however_many_issues_there_are() {
    let mut place = place();
    for n in 0..20 {
        place.add(&format!("E{n}"), "", NOW);
    }
    let issue = place.store.connection.prepare_cached(ISSUE).unwrap();
    assert_eq!(
        (issue.get_status(StatementStatus::RePrepare), issue.get_status(StatementStatus::Run)),
        (0, 20)
    );
}

#[test]
fn events_of_a_storm_share_rows_and_each_is_known_when_it_comes_again() {
    let mut place = place();
    let storm: Vec<Admitted> = (0..5000).map(|n| admit(error("E", ""), NOW + n, Source::Sdk)).collect();
    let storm: Vec<Admitted> = storm.into_iter().map(|event| Admitted { body: None, ..event }).collect();
    let path = place.store.path().to_owned();
    let mut beside = Store::open(&path, Access::Write, NOW).unwrap();
    beside.apply(&storm[..1], NOW + 5000, Room::Bodies).unwrap();
    for batch in storm.chunks(500) {
        place.store.apply(batch, NOW + 5000, Room::Bodies).unwrap();
    }
    let number = |store: &Store, query: &str| -> i64 {
        store.connection.query_row(query, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(number(&place.store, "SELECT sum(count) FROM event"), 5000);
    assert!(number(&place.store, "SELECT count(*) FROM event") < 1600);
    // By this process, by one that ran beside it, and by the next.
    for again in [&mut place.store, &mut beside, &mut Store::open(&path, Access::Write, NOW).unwrap()] {
        let outcomes = again.apply(&storm, NOW + 5000, Room::Bodies).unwrap();
        assert!(outcomes.iter().all(|outcome| outcome.is_duplicate && outcome.issue == IssueId(1)));
        let twice = admit(error("E", ""), NOW, Source::Sdk);
        let twice = [twice.clone(), Admitted { body: None, ..twice }];
        let outcomes = again.apply(&twice, NOW + 5000, Room::Bodies).unwrap();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_duplicate).count(), 1);
    }
    assert_eq!(place.store.all_issues(NOW).unwrap()[0].count, 5003);
    // A part of an hour is counted by its rows.
    let overview = place
        .store
        .overview(Span { from: NOW - NOW % 3_600_000_000 + 1, to: NOW + 5000 }, 5, NOW + 5000)
        .unwrap();
    assert_eq!(overview.events, 5003);
}

#[test]
fn what_was_read_from_logs_is_known_even_where_its_row_had_to_go() {
    let mut place = place();
    let event = admit(error("E", ""), NOW, Source::Log);
    let events: Vec<Admitted> = (0..12_000_u128)
        .map(|n| Admitted { id: crate::errors::door::EventId(n.to_be_bytes()), body: None, ..event.clone() })
        .collect();
    place.store.apply(&events, NOW, Room::Bodies).unwrap();
    assert_eq!(place.store.prune(LIMITS, NOW).unwrap().events, 2000);
    let mut next = Store::open(place.store.path(), Access::Write, NOW).unwrap();
    let outcomes = next.apply(&events, NOW, Room::Bodies).unwrap();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_duplicate).count(), 12_000);
}

#[test]
fn without_room_only_counts_are_kept_and_the_ledger_says_so() {
    let mut place = place();
    place.store.apply(&[admit(error("E", ""), NOW, Source::Sdk)], NOW, Room::CountsOnly).unwrap();
    let overview = place.store.overview(Span { from: NOW - DAY, to: NOW }, 5, NOW).unwrap();
    assert_eq!((overview.events, overview.recent[0].has_body), (1, false));
    assert_eq!((overview.losses[0].reason.as_str(), overview.losses[0].count), ("disk-low", 1));
}

#[test]
fn an_issue_resolved_in_the_next_release_comes_back_only_with_a_later_one() {
    let mut place = place();
    let id = place.add("E", "1.0", NOW).issue;
    place.store.decide(&[id], &Decision::ResolveInNextRelease, NOW + 1).unwrap();
    assert!(!place.add("E", "1.0", NOW + 10).regressed);
    assert_eq!(place.state(id.0, NOW + 10), IssueState::Resolved);
    assert!(place.add("E", "1.1", NOW + 20).regressed);
    assert_eq!(place.state(id.0, NOW + 20), IssueState::Regressed);
}

#[test]
fn a_span_within_an_hour_holds_nothing_of_before() {
    let mut place = place();
    let hour = NOW - NOW.rem_euclid(3_600_000_000);
    let minute = 60_000_000;
    for n in 0..40 {
        place.add("Old", "", hour + n);
    }
    place.add("Young", "", hour + 30 * minute);
    let now = hour + 32 * minute;
    let told = |from: i64| {
        let overview = place.store.overview(Span { from, to: now }, 20, now).unwrap();
        let worst = overview.hours.iter().map(|(_, n)| *n).max();
        (overview.events, overview.issues.len(), overview.recent.len(), worst)
    };
    assert_eq!(told(now - 5 * minute), (1, 1, 1, Some(1)));
    assert_eq!(told(hour), (41, 2, 20, Some(41)));
    assert_eq!(told(hour - 5 * minute), (41, 2, 20, Some(41)));
    // The same five minutes a week later are compared with these, and with nothing else of that hour.
    let later = now + 7 * DAY;
    let overview = place.store.overview(Span { from: later - 5 * minute, to: later }, 0, later).unwrap();
    assert_eq!(overview.week_before, 1);
}

#[test]
fn a_span_that_begins_and_ends_within_hours_is_told_exactly_whatever_rows_are_left() {
    let mut place = place();
    let hour = NOW - NOW.rem_euclid(3_600_000_000);
    let minute = 60_000_000;
    // One a minute through three hours, at the half of it.
    for n in 0..180 {
        place.add("E", "", hour + n * minute + minute / 2);
    }
    let now = hour + 180 * minute;
    let told = |store: &Store, from: i64, to: i64, now: i64| {
        let overview = store.overview(Span { from: hour + from, to: hour + to }, 200, now).unwrap();
        let hours: Vec<u64> = overview.hours.iter().map(|(_, n)| *n).collect();
        assert_eq!(hours.iter().sum::<u64>(), overview.events, "{hours:?}");
        assert_eq!(overview.by_endpoint.iter().map(|e| e.count).sum::<u64>(), overview.events);
        overview.events
    };
    for now in [now, now + 10 * DAY] {
        // Whole minutes, minutes that the ends lie in before and behind their event, and none at all.
        for (from, to, events) in [
            (10 * minute, 170 * minute - 1, 160),
            (10 * minute + 45_000_000, 170 * minute + 45_000_000, 160),
            (10 * minute, 170 * minute + 15_000_000, 160),
            (70 * minute, 75 * minute - 1, 5),
            (70 * minute + 1, 70 * minute + 2, 0),
        ] {
            assert_eq!(told(&place.store, from, to, now), events, "{from} to {to}");
        }
    }
    // Counts by the minute stand where events had to go.
    place.store.connection.execute("DELETE FROM event", []).unwrap();
    assert_eq!(told(&place.store, 10 * minute, 170 * minute - 1, now), 160);
    let rows = |store: &Store| -> i64 {
        store.connection.query_row("SELECT count(*) FROM minute", [], |row| row.get(0)).unwrap()
    };
    place.store.prune(LIMITS, now).unwrap();
    assert_eq!(rows(&place.store), 180);
    place.store.prune(LIMITS, now + 3 * DAY).unwrap();
    assert_eq!(rows(&place.store), 0);
}

#[test]
fn the_bug_that_announces_a_release_is_new_in_it() {
    let mut place = place();
    // It took a second to get here.
    let mut event = error("E", "2.0");
    event["timestamp"] = ((NOW - 1_000_000) / 1_000_000).into();
    place.store.apply(&[admit(event, NOW, Source::Sdk)], NOW, Room::Bodies).unwrap();
    place.add("E", "2.0", NOW + 5);
    let since = place.store.release_seen("2.0").unwrap().unwrap();
    let gate = crate::errors::summary::gate(&place.store.all_issues(NOW + 5).unwrap(), since);
    assert_eq!(gate.new_issues.len(), 1);
}

#[test]
fn an_event_sent_again_in_other_words_makes_no_issue() {
    let mut place = place();
    let named = |kind: &str| {
        let mut event = error(kind, "");
        event["event_id"] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".into();
        admit(event, NOW, Source::Sdk)
    };
    place.store.apply(&[named("A")], NOW, Room::Bodies).unwrap();
    let outcomes = place.store.apply(&[named("B"), named("B")], NOW, Room::Bodies).unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.is_duplicate && outcome.issue == IssueId(1)));
    let issues = place.store.all_issues(NOW).unwrap();
    assert_eq!(issues.iter().map(|issue| issue.count).collect::<Vec<_>>(), [1]);
    // Another event of the kind that was turned away is its own issue all the same.
    assert!(place.add("B", "", NOW + 1).is_new_issue);
}

#[test]
fn an_ignored_issue_wakes_by_date_or_count() {
    let mut place = place();
    let id = place.add("E", "", NOW).issue;
    let rule = IgnoreRule { until: Some(NOW + DAY), until_count: Some(2), ..IgnoreRule::default() };
    place.store.decide(&[id], &Decision::Ignore(rule), NOW).unwrap();
    assert_eq!(place.state(id.0, NOW), IssueState::Ignored);
    assert_eq!(place.state(id.0, NOW + 2 * DAY), IssueState::New);
    place.add("E", "", NOW + 1);
    assert_eq!(place.state(id.0, NOW + 1), IssueState::Ignored);
    place.add("E", "", NOW + 2);
    assert_eq!(place.state(id.0, NOW + 2), IssueState::New);
    assert!(place.store.decide(&[IssueId(99)], &Decision::Resolve, NOW).is_err());
}

#[test]
fn a_regression_of_a_merged_part_is_one_of_the_whole() {
    let mut place = place();
    let (a, b) = (place.add("A", "", NOW).issue, place.add("B", "", NOW).issue);
    place.store.merge(a, &[b], NOW).unwrap();
    place.store.decide(&[b], &Decision::Resolve, NOW).unwrap();
    let outcome = place.add("B", "", NOW + 1);
    assert_eq!((outcome.issue, outcome.regressed), (a, true));
    assert_eq!(place.state(a.0, NOW + 1), IssueState::Regressed);
}

#[test]
fn what_happens_to_merged_parts_happens_to_the_whole() {
    let mut place = place();
    let (a, b, c) =
        (place.add("A", "", NOW).issue, place.add("B", "", NOW).issue, place.add("C", "", NOW).issue);
    place.store.merge(a, &[b, c], NOW).unwrap();
    place.store.decide(&[a], &Decision::Resolve, NOW).unwrap();
    let both = ["B", "C"].map(|kind| admit(error(kind, ""), NOW + 1, Source::Sdk));
    place.store.apply(&both, NOW + 1, Room::Bodies).unwrap();
    assert_eq!(place.store.detail(a, NOW + 1).unwrap().issue.regressions, 1);
    let rule = IgnoreRule { until_count: Some(2), ..IgnoreRule::default() };
    place.store.decide(&[a], &Decision::Ignore(rule), NOW + 2).unwrap();
    let d = place.add("D", "", NOW).issue;
    (0..5).for_each(|n| assert_eq!(place.add("D", "", NOW + n).issue, d));
    place.store.merge(a, &[d], NOW + 3).unwrap();
    place.add("B", "", NOW + 3);
    assert_eq!(place.state(a.0, NOW + 3), IssueState::Ignored);
    place.store.unmerge(d, NOW + 4).unwrap();
    place.add("C", "", NOW + 4);
    assert_eq!(place.state(a.0, NOW + 4), IssueState::New);
    // As old as its oldest part, and as busy as they are together.
    let later = NOW + 30 * DAY;
    let young = place.add("Young", "", later - 2 * DAY).issue;
    place.store.merge(young, &[a], later).unwrap();
    assert_eq!(place.state(young.0, later), IssueState::Ongoing);
    (0..6).for_each(|n| {
        place.add("A", "", later + n);
        place.add("Young", "", later + n);
    });
    assert_eq!(place.state(young.0, later + 6), IssueState::Escalating);
}

#[test]
fn what_becomes_of_an_issue_holds_for_events_that_are_counted_by_those_before_them() {
    let mut place = place();
    let (door, alike) = (Door::default(), Alike::default());
    let mut event = error("E", "1.0");
    event["fingerprint"] = json!(["db"]);
    let event = event.to_string();
    let add = |place: &mut Place, at: i64| {
        let arrival = Arrival { received: at, source: Source::Sdk, count: 1, keeps_body: false, id: None };
        let counted = alike.count(&door, event.as_bytes(), arrival).unwrap();
        place.store.apply(&[counted], at, Room::Bodies).unwrap()[0]
    };
    let first = add(&mut place, NOW);
    (1..4).for_each(|n| assert_eq!(add(&mut place, NOW + n).issue, first.issue));
    place.store.decide(&[first.issue], &Decision::Resolve, NOW + 10).unwrap();
    assert!(add(&mut place, NOW + 11).regressed);
    let other = place.add("Other", "", NOW).issue;
    place.store.merge(other, &[first.issue], NOW + 12).unwrap();
    assert_eq!(add(&mut place, NOW + 13).issue, other);
    let later = NOW + 100 * DAY;
    place.store.prune(LIMITS, later).unwrap();
    assert!(add(&mut place, later).is_new_issue);
    let issue = place.store.all_issues(later).unwrap().pop().unwrap();
    assert_eq!((issue.kind.as_str(), issue.count, issue.first_release.as_str()), ("E", 1, "1.0"));
}

#[test]
fn a_spike_escalates() {
    let mut place = place();
    for hour in 0..200 {
        place.add("E", "", NOW + hour * 3_600_000_000);
    }
    let later = NOW + 200 * 3_600_000_000;
    assert_eq!(place.state(1, later), IssueState::Ongoing);
    for n in 0..60 {
        place.add("E", "", later + n);
    }
    assert_eq!(place.state(1, later + 60), IssueState::Escalating);
}

#[test]
fn old_events_and_their_issues_go_and_young_ones_stay() {
    let mut place = place();
    place.add("Old", "", NOW);
    let later = NOW + 100 * DAY;
    place.add("Young", "", later);
    let pruned = place.store.prune(LIMITS, later).unwrap();
    assert_eq!((pruned.events, pruned.issues), (1, 1));
    let kinds: Vec<_> = place.store.all_issues(later).unwrap().into_iter().map(|i| i.kind).collect();
    assert_eq!(kinds, ["Young"]);
    assert!(place.add("Old", "", later + 1).is_new_issue);
}

#[test]
fn a_store_above_its_size_loses_its_oldest_events_but_no_count() {
    let mut place = place();
    for n in 0..30 {
        let events: Vec<_> = (0..100)
            .map(|i| {
                let mut event = error(&format!("E{}", (n * 100 + i) % 500), "");
                event["extra"] = json!({"noise": format!("{:x}", (n * 7919 + i) * 104_729).repeat(40)});
                admit(event, NOW + n, Source::Sdk)
            })
            .collect();
        place.store.apply(&events, NOW + n, Room::Bodies).unwrap();
    }
    let size = place.store.size().unwrap();
    let pruned = place.store.prune(Limits { max_bytes: size * 3 / 4, ..LIMITS }, NOW + 30).unwrap();
    assert!(pruned.events > 0 && place.store.size().unwrap() <= size * 3 / 4, "{pruned:?}");
    let overview = place.store.overview(Span { from: NOW - DAY, to: NOW + 30 }, 5, NOW + 30).unwrap();
    assert_eq!(overview.events, 3000);
}

#[test]
fn an_issue_keeps_its_newest_events_and_all_its_count() {
    let mut place = place();
    let mut event = admit(error("E", ""), NOW, Source::Import);
    for batch in 0..13 {
        let events: Vec<_> = (0..1000)
            .map(|n| {
                event.id = crate::errors::door::EventId::random();
                event.at = NOW + batch * 1000 + n;
                event.clone()
            })
            .collect();
        place.store.apply(&events, NOW, Room::CountsOnly).unwrap();
    }
    assert_eq!(place.store.prune(LIMITS, NOW).unwrap().events, 3000);
    let (left, oldest): (i64, i64) = place
        .store
        .connection
        .query_row("SELECT count(*), min(at) FROM event", [], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap();
    assert_eq!((left, oldest), (10_000, NOW + 3000));
    assert_eq!(place.store.all_issues(NOW).unwrap()[0].count, 13_000);
}

#[test]
fn endpoints_and_tags_are_bounded_and_no_event_is_uncounted() {
    let mut place = place();
    let events: Vec<_> = (0..400)
        .map(|n| {
            let mut event = error("E", "");
            event["tags"] =
                json!({"endpoint": format!("/e/{n}"), "user": format!("u{n}"), format!("k{n}"): "v"});
            admit(event, NOW, Source::Sdk)
        })
        .collect();
    for batch in events.chunks(70) {
        place.store.apply(batch, NOW, Room::Bodies).unwrap();
    }
    let detail = place.store.detail(IssueId(1), NOW).unwrap();
    assert_eq!(detail.tags.len(), 100);
    assert!(detail.endpoints.len() <= 60 && detail.tags.iter().all(|(_, values)| values.len() <= 60));
    assert_eq!(detail.endpoints.iter().map(|e| e.count).sum::<u64>(), 400);
}
