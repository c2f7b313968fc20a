//! The reports of `fuelops track-errors`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::Verdict;

/// What went wrong in a span of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorReport {
    pub verdict: Verdict,
    /// Why the verdict is what it is.
    pub reason: String,
    pub period_hours: f64,
    pub since_at: DateTime<Utc>,
    pub until_at: DateTime<Utc>,
    /// Events of the period.
    pub events: u64,
    /// The most in one hour of the period.
    pub worst_hour: u64,
    /// Issues with an event in the period, most frequent first; `count` is the period's.
    pub issues: Vec<ErrorIssue>,
    pub by_type: Vec<TypeCount>,
    pub by_endpoint: Vec<EndpointCount>,
    /// The last events, newest first.
    pub recent: Vec<ErrorEvent>,
    /// First seen in the period.
    pub new_issues: Vec<i64>,
    /// Came back in the period.
    pub regressed_issues: Vec<i64>,
    pub trend: ErrorTrend,
    /// What was not kept in the period, and why.
    pub losses: Vec<ErrorLoss>,
}

/// How often, hour by hour.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ErrorTrend {
    pub hours: Vec<HourCount>,
    /// Errors of the same hours a week before.
    pub week_before: u64,
    /// Against it; absent where there was nothing then.
    pub change_percent: Option<f64>,
}

/// Errors of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourCount {
    pub at: DateTime<Utc>,
    pub count: u64,
}

/// One fault, however often it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorIssue {
    pub id: i64,
    pub fingerprint: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub message: String,
    pub culprit: String,
    pub state: String,
    pub level: String,
    pub count: u64,
    /// Of all time.
    pub total_count: u64,
    pub first_seen_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub first_release: Option<String>,
    pub last_release: Option<String>,
    pub endpoints: Vec<EndpointCount>,
}

/// Events of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeCount {
    #[serde(rename = "type")]
    pub kind: String,
    pub count: u64,
}

/// Events at an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointCount {
    pub endpoint: String,
    pub count: u64,
}

/// One event, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorEvent {
    pub event_id: String,
    pub issue: i64,
    pub at: DateTime<Utc>,
    #[serde(rename = "type")]
    pub kind: String,
    pub message: String,
    pub level: String,
    pub count: u64,
    pub source: String,
    pub endpoint: Option<String>,
    pub release: Option<String>,
    pub environment: Option<String>,
    pub host: Option<String>,
}

/// What was not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorLoss {
    pub reason: String,
    pub category: String,
    pub count: u64,
}

/// The issues of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IssueList {
    pub issues: Vec<ErrorIssue>,
    /// Known at all, listed or not.
    pub known: u64,
}

/// One issue in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssueReport {
    pub issue: ErrorIssue,
    pub regressions: u64,
    /// Issues that were merged into it.
    pub merged: Vec<i64>,
    /// Others of the same type at the same place; `merge` joins them.
    pub alike: Vec<i64>,
    pub tags: Vec<TagValues>,
    pub trend: Vec<HourCount>,
    pub history: Vec<Turn>,
    pub events: Vec<ErrorEvent>,
    /// The latest event that was kept, scrubbed, as SDKs send it.
    pub sample: Option<Value>,
}

/// The values of one tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagValues {
    pub tag: String,
    pub values: Vec<TagCount>,
}

/// A tag's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagCount {
    pub value: String,
    pub count: u64,
}

/// Something that happened to an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub at: DateTime<Utc>,
    pub kind: String,
    pub note: String,
}

/// What a command did to the store: an outcome in words and numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorAction {
    pub done: String,
    pub issues: Vec<i64>,
    pub events: u64,
    pub duplicates: u64,
    pub new_issues: u64,
    pub notes: Vec<String>,
}

/// Whether a deploy brought something new.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateReport {
    pub verdict: Verdict,
    pub since_at: DateTime<Utc>,
    pub new_issues: Vec<ErrorIssue>,
    pub regressed_issues: Vec<ErrorIssue>,
}

/// What an event was grouped by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupingReport {
    /// What finds its issue.
    pub fingerprint: String,
    /// Finds its issue where the fingerprint is not known.
    pub broad: Option<String>,
    /// What the fingerprint stands on.
    pub stands_on: String,
    /// The ways in which Sentry looks at it, by name.
    pub variants: BTreeMap<String, GroupingVariant>,
}

/// One way to look at an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupingVariant {
    pub hash: Option<String>,
    pub contributes: bool,
    /// What was looked at, indented; `*` marks what contributes.
    pub tree: Vec<String>,
}
