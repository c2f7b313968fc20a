//! Alertmanager's API v2: labels are the identity, so no label holds what changes while an incident lasts; but for its
//! severity, which routes it. One that gets worse is another alert, and the milder one ends by itself.
//!
//! An alert that fires ends by itself a few minutes after the last time that it was told, as Prometheus' own do: when
//! nobody watches any more, nobody claims that it still fires.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::alert::message::moment;
use crate::alert::policy::FIRING;
use crate::alert::{Message, Notice};
use crate::checks::HttpPost;
use crate::config::AlertmanagerSink;

/// Below the server's URL.
const PATH: &str = "/api/v2/alerts";

/// The request that tells a message.
pub(super) fn post(sink: &AlertmanagerSink, message: &Message, now: DateTime<Utc>) -> HttpPost {
    let alerts: Vec<Value> = message.latest().into_iter().map(|notice| alert(notice, now)).collect();
    HttpPost {
        url: sink.url.clone(),
        below: PATH,
        headers: Vec::new(),
        body: Value::Array(alerts).to_string(),
    }
}

fn alert(notice: &Notice, now: DateTime<Utc>) -> Value {
    let lasts = TimeDelta::from_std(FIRING).unwrap_or_default();
    let ends_at = if notice.is_firing() { now + lasts } else { notice.at };
    let name = notice.cause.map_or_else(|| "unhealthy".to_owned(), |cause| cause.to_string());
    let mut annotations = json!({
        "summary": notice.subject(),
        "description": description(notice),
    });
    if let Some(hint) = &notice.hint {
        annotations["hint"] = json!(hint.text);
        annotations["command"] = json!(hint.command.as_deref().unwrap_or_default());
    }
    json!({
        "labels": {
            "alertname": name,
            "severity": notice.severity,
            "component": notice.target,
            "project": notice.project,
            "instance": notice.host,
            "incident": notice.incident,
        },
        "annotations": annotations,
        "startsAt": moment(notice.opened_at),
        "endsAt": moment(ends_at),
    })
}

fn description(notice: &Notice) -> String {
    let consequences =
        notice.consequences.iter().map(|one| format!("because of it: {}: {}", one.target, one.summary));
    let facts = notice.facts().into_iter().map(|(name, value)| format!("{name}: {value}"));
    consequences.chain(facts).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Kind;
    use crate::alert::testing::{later, minutes, notice, start};

    #[test]
    fn an_alert_keeps_its_labels_to_the_end() {
        let first = notice("i", "api");
        let now = start() + minutes(3);
        let firing = alert(&first, now);
        assert_eq!(firing["endsAt"], moment(now + minutes(4)));
        let mut last = later(&first, Kind::Resolved, now);
        last.summary = "answers again".to_owned();
        let over = alert(&last, now + minutes(1));
        assert_eq!(over["labels"], firing["labels"]);
        assert_eq!((&over["endsAt"], &over["startsAt"]), (&json!(moment(now)), &firing["startsAt"]));
    }
}
