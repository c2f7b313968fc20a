//! JSON: the report as it is, with its schema's name and the time in front.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

#[derive(Serialize)]
struct Envelope<'a, T> {
    schema: String,
    generated_at: String,
    #[serde(flatten)]
    report: &'a T,
}

/// Writes a report as one JSON document ending in a newline.
///
/// `command` and `version` make the schema's name: `fuelops.health/1`.
///
/// # Errors
/// When the report holds a map whose keys are not strings.
pub fn json<T: Serialize>(
    command: &str,
    version: u32,
    generated_at: DateTime<Utc>,
    report: &T,
) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&envelope(command, version, generated_at, report))?;
    text.push('\n');
    Ok(text)
}

/// Writes the same document as it is made: a report may hold lists that should never stand in memory as text.
///
/// # Errors
/// When the report holds a map whose keys are not strings, or `out` is gone.
pub fn write_json<T: Serialize>(
    out: &mut dyn Write,
    command: &str,
    version: u32,
    generated_at: DateTime<Utc>,
    report: &T,
) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &envelope(command, version, generated_at, report))?;
    out.write_all(b"\n")
}

/// Writes the same document on one line, for outputs that hold many.
///
/// # Errors
/// When the report holds a map whose keys are not strings.
pub fn json_line<T: Serialize>(
    command: &str,
    version: u32,
    generated_at: DateTime<Utc>,
    report: &T,
) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string(&envelope(command, version, generated_at, report))?;
    text.push('\n');
    Ok(text)
}

fn envelope<'a, T>(
    command: &str,
    version: u32,
    generated_at: DateTime<Utc>,
    report: &'a T,
) -> Envelope<'a, T> {
    Envelope {
        schema: format!("fuelops.{command}/{version}"),
        generated_at: generated_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        report,
    }
}
