//! What `/api/v1/targets` answers. Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// Targets of a server, those of the wanted job and the names of all others.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::checks) struct Targets {
    /// Of the wanted job, whatever their instance.
    pub(super) of_job: Vec<Target>,
    /// Jobs that there are, each once.
    pub(super) jobs: Vec<String>,
}

/// One target.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::checks) struct Target {
    pub(super) instance: String,
    pub(super) url: String,
    /// `up`, `down` or `unknown`.
    pub(super) health: String,
    pub(super) last_error: String,
    /// Absent before the first.
    pub(super) last_scrape: Option<DateTime<Utc>>,
    pub(super) interval: Option<Duration>,
}

/// Names of jobs that are kept.
const MAX_JOBS: usize = 1_000;
/// Targets of one job that are kept.
const MAX_TARGETS: usize = 10_000;

#[derive(Deserialize)]
struct Answer {
    status: String,
    data: Option<Data>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    active_targets: Vec<Active>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Active {
    labels: Labels,
    #[serde(default)]
    scrape_url: String,
    #[serde(default)]
    health: String,
    #[serde(default)]
    last_error: String,
    last_scrape: Option<DateTime<Utc>>,
    #[serde(default)]
    scrape_interval: String,
}

#[derive(Deserialize)]
struct Labels {
    #[serde(default)]
    job: String,
    #[serde(default)]
    instance: String,
}

/// Reads an answer.
///
/// # Errors
/// With what it is instead, in words.
pub(super) fn read(body: &[u8], job: &str) -> Result<Targets, String> {
    if body.trim_ascii_start().starts_with(b"<") {
        return Err("HTML".to_owned());
    }
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| "something that is not the targets API's".to_owned())?;
    let data = answer.data.filter(|_| answer.status == "success");
    let Some(data) = data else {
        let why: String = answer.error.unwrap_or_default().chars().take(200).collect();
        return Err(format!("an error: {why}"));
    };
    let mut targets = Targets::default();
    for active in data.active_targets {
        if !targets.jobs.contains(&active.labels.job) && targets.jobs.len() < MAX_JOBS {
            targets.jobs.push(active.labels.job.clone());
        }
        if active.labels.job == job && targets.of_job.len() < MAX_TARGETS {
            targets.of_job.push(Target {
                instance: active.labels.instance,
                url: active.scrape_url,
                health: active.health,
                last_error: active.last_error,
                // Year 1 stands for never.
                last_scrape: active.last_scrape.filter(|at| at.timestamp() > 0),
                interval: interval(&active.scrape_interval),
            });
        }
    }
    Ok(targets)
}

/// A duration as Prometheus writes it: `15s`, `1m30s`, `500ms`.
fn interval(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u32 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |n| n + digits);
        let unit = match &rest[digits..unit_end] {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            "h" => Duration::from_secs(3_600),
            "d" => Duration::from_secs(86_400),
            _ => return None,
        };
        total = total.checked_add(unit.checked_mul(number)?)?;
        rest = &rest[unit_end..];
    }
    (!total.is_zero()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_the_api_are_read() {
        let body = br#"{"status":"success","data":{"activeTargets":[
            {"discoveredLabels":{"a":"b"},"labels":{"instance":"h:1","job":"node"},"scrapePool":"node",
             "scrapeUrl":"http://h:1/metrics","lastError":"","lastScrape":"2026-11-22T21:45:43.5Z",
             "lastScrapeDuration":0.01,"health":"up","scrapeInterval":"1m30s","scrapeTimeout":"10s"},
            {"labels":{"instance":"h:2","job":"other"},"lastScrape":"0001-01-01T00:00:00Z","health":"unknown"}
            ],"droppedTargets":[]}}"#;
        let targets = read(body, "node").unwrap();
        assert_eq!(targets.jobs, ["node", "other"]);
        let target = &targets.of_job[0];
        assert_eq!((target.health.as_str(), target.interval), ("up", Some(Duration::from_secs(90))));
        assert!(target.last_scrape.is_some());
        assert_eq!(read(body, "other").unwrap().of_job[0].last_scrape, None);
    }

    #[test]
    fn other_answers_are_told_in_words() {
        assert_eq!(read(b" <!DOCTYPE html><html>", "x"), Err("HTML".to_owned()));
        assert_eq!(read(br#"{"status":"error","error":"busy"}"#, "x"), Err("an error: busy".to_owned()));
        assert!(read(br#"{"status":"healthy"}"#, "x").is_err());
        assert!(read(b"[1]", "x").is_err_and(|why| why.contains("not the targets API")));
        assert_eq!(
            (interval("500ms"), interval("1y"), interval("s")),
            (Some(Duration::from_millis(500)), None, None)
        );
    }
}
