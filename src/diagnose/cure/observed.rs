//! Reads what a finding observed.

use serde_json::Value;

use crate::model::Finding;

pub(super) fn list<'a>(finding: &'a Finding, key: &str) -> impl Iterator<Item = &'a Value> {
    finding.observed.get(key).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn numbers(finding: &Finding, key: &str) -> Vec<u64> {
    list(finding, key).filter_map(Value::as_u64).collect()
}

pub(super) fn number(finding: &Finding, key: &str) -> Option<u64> {
    finding.observed.get(key)?.as_u64()
}

pub(super) fn text<'a>(finding: &'a Finding, key: &str) -> Option<&'a str> {
    finding.observed.get(key)?.as_str()
}

/// Pids of a port's holders that are not the service's own.
pub(super) fn strangers(finding: &Finding) -> Vec<u64> {
    list(finding, "holders").filter(|h| h["is_own"] == false).filter_map(|h| h["pid"].as_u64()).collect()
}
