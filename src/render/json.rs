//! JSON: the report as it is, with its schema's name and the time in front.

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
    let envelope = Envelope {
        schema: format!("fuelops.{command}/{version}"),
        generated_at: generated_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        report,
    };
    let mut text = serde_json::to_string_pretty(&envelope)?;
    text.push('\n');
    Ok(text)
}
