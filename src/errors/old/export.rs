//! Writes what is kept in the old module's shape, for programs that still read its file.

use std::collections::BTreeMap;

use chrono::{DateTime, Local, Utc};
use serde_json::{Map, Value, json};

use crate::errors::store::{EventRow, Store, StoreError};

/// Errors that the old module kept.
const KEPT: u32 = 1000;

/// Makes the file's content.
///
/// # Errors
/// When the store cannot be read.
pub fn export(store: &Store, now: DateTime<Utc>) -> Result<Value, StoreError> {
    let newest = store.newest(KEPT, now.timestamp_micros())?;
    let errors: Vec<Value> = newest.iter().map(|(row, body)| record(row, body.as_ref())).collect();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for issue in store.all_issues(now.timestamp_micros())? {
        *counts.entry(short(&issue.kind).to_owned()).or_default() += issue.count;
    }
    Ok(json!({ "errors": errors, "error_counts": counts, "last_updated": written(now.timestamp_micros()) }))
}

fn record(row: &EventRow, body: Option<&Value>) -> Value {
    let none = Value::Null;
    let body = body.unwrap_or(&none);
    let or_none = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    let last = body["exception"]["values"].as_array().and_then(|values| values.last()).unwrap_or(&none);
    let message = last["value"].as_str().unwrap_or(&row.message);
    let mut record = Map::new();
    let mut put = |key: &str, value: Value| record.insert(key.to_owned(), value);
    put("timestamp", written(row.at).into());
    put("type", short(&row.kind).into());
    put("message", message.into());
    put("context", or_none(body["transaction"].as_str().unwrap_or("")));
    put("endpoint", or_none(&row.endpoint));
    put("request_data", body["request"]["data"].clone());
    put("traceback", or_none(&traceback(body)));
    put("count", row.count.into());
    Value::Object(record)
}

/// The old module knew types by their bare names.
fn short(kind: &str) -> &str {
    kind.rsplit('.').next().unwrap_or(kind)
}

/// Local time without an offset, as the old module wrote it.
fn written(micros: i64) -> String {
    let at = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    at.with_timezone(&Local).format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

/// Prints an event's chain as Python does.
fn traceback(body: &Value) -> String {
    let mut out = String::new();
    let none = Vec::new();
    let values = body["exception"]["values"].as_array().unwrap_or(&none);
    for (index, exception) in values.iter().enumerate() {
        let text = |key: &str| exception[key].as_str().unwrap_or("");
        if index > 0 {
            out.push_str("\nDuring handling of the above exception, another exception occurred:\n\n");
        }
        let frames = exception["stacktrace"]["frames"].as_array().unwrap_or(&none);
        if !frames.is_empty() {
            out.push_str("Traceback (most recent call last):\n");
        }
        frames.iter().for_each(|frame| frame_lines(frame, &mut out));
        let message = text("value");
        let joint = if message.is_empty() { "" } else { ": " };
        out.push_str(&[text("type"), joint, message, "\n"].concat());
    }
    out
}

fn frame_lines(frame: &Value, out: &mut String) {
    let text = |key: &str| frame[key].as_str().unwrap_or("");
    let path = if text("abs_path").is_empty() { text("filename") } else { text("abs_path") };
    let line = frame["lineno"].as_u64().unwrap_or(0).to_string();
    out.push_str(&["  File \"", path, "\", line ", &line, ", in ", text("function"), "\n"].concat());
    let source = text("context_line").trim();
    if !source.is_empty() {
        out.push_str(&["    ", source, "\n"].concat());
    }
}
