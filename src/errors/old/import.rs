//! Takes the old module's file in. An error's id is made of its content, so the same file twice changes nothing.

use std::collections::{BTreeSet, HashMap};

use chrono::{Local, NaiveDateTime, TimeZone};
use serde_json::Value;

use crate::errors::door::{Admitted, Arrival, Door, Draft, EventId, Source, draft};
use crate::errors::store::{IssueId, Limits, Store, StoreError};

/// Errors of one transaction.
const BATCH: usize = 500;

/// What came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub events: u64,
    pub duplicates: u64,
    pub new_issues: u64,
    pub issues: BTreeSet<IssueId>,
}

/// Imports a file's content.
///
/// # Errors
/// When the store cannot be written; what went before is kept, and a second try finds it.
pub fn import(
    file: &Value,
    store: &mut Store,
    door: &Door,
    limits: Limits,
    now: i64,
) -> Result<Imported, StoreError> {
    let mut done = Imported::default();
    let mut seen = HashMap::new();
    let records = file["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let room = store.room(limits);
    for chunk in records.chunks(BATCH) {
        let events: Vec<Admitted> = chunk.iter().map(|record| admit(record, door, now, &mut seen)).collect();
        let outcomes = store.apply(&events, now, room)?;
        for (event, outcome) in events.iter().zip(outcomes) {
            done.issues.insert(outcome.issue);
            if outcome.is_duplicate {
                done.duplicates += event.count;
            } else {
                done.events += event.count;
                done.new_issues += u64::from(outcome.is_new_issue);
            }
        }
    }
    Ok(done)
}

fn admit(record: &Value, door: &Door, now: i64, seen: &mut HashMap<String, u64>) -> Admitted {
    let text = |key: &str| match &record[key] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let count = record["count"].as_u64().unwrap_or(1).max(1);
    // Two equal records of one file are two errors.
    let content = record.to_string();
    let nth = seen.entry(content.clone()).and_modify(|n| *n += 1).or_insert(0);
    let id = EventId::of_parts(["error_tracking.json", content.as_str(), nth.to_string().as_str()]);
    let context = match &record["context"] {
        Value::Object(_) | Value::Array(_) => String::new(),
        _ => text("context"),
    };
    let mut made = Draft {
        timestamp: timestamp(&record["timestamp"]),
        kind: text("type"),
        message: text("message"),
        context,
        endpoint: text("endpoint"),
        data: record["request_data"].clone(),
        traceback: text("traceback"),
        ..Draft::default()
    };
    if made.kind.is_empty() {
        "Error".clone_into(&mut made.kind);
    }
    let mut event = draft(&made, &door.roots);
    if record["context"].is_object() || record["context"].is_array() {
        event["extra"]["context"] = record["context"].clone();
    }
    door.admit(
        event,
        Arrival { received: now, source: Source::Import, count, keeps_body: true, id: Some(id) },
    )
}

/// The old module wrote local time without an offset.
fn timestamp(value: &Value) -> Option<Value> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(_) => return Some(value.clone()),
        _ => return None,
    };
    let layouts = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    let bare = layouts.iter().find_map(|layout| NaiveDateTime::parse_from_str(text, layout).ok());
    let local = bare.and_then(|at| Local.from_local_datetime(&at).earliest());
    Some(local.map_or_else(|| value.clone(), |at| at.to_rfc3339().into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::errors::store::Access;

    const LIMITS: Limits = Limits { max_age: i64::MAX, max_bytes: u64::MAX, min_free: 0 };

    #[test]
    fn a_file_comes_in_once_with_its_counts() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("e.db"), Access::Write, 0).unwrap();
        let record = json!({"timestamp": "2026-11-20T10:00:00.123456", "type": "KeyError", "message": "'a'", "context": "sync",
            "endpoint": "/api/x", "request_data": {"password": "hunter2"}, "traceback": "NoneType: None\n", "count": 3});
        let mut other = record.clone();
        other["type"] = "ValueError".into();
        let file = json!({"errors": [record, record, other, 3, null], "error_counts": {"KeyError": 6}});
        let now = 1_795_000_000_000_000;
        let first = import(&file, &mut store, &Door::default(), LIMITS, now).unwrap();
        assert_eq!((first.events, first.issues.len(), first.duplicates), (11, 3, 0));
        let again = import(&file, &mut store, &Door::default(), LIMITS, now).unwrap();
        assert_eq!((again.events, again.duplicates), (0, 11));
        let issues = store.all_issues(now).unwrap();
        assert_eq!(issues.iter().find(|i| i.kind == "KeyError").unwrap().count, 6);
    }
}
