//! PagerDuty's Events API v2: the incident is the deduplication key, so that a repeat is no second page.

use serde_json::{Value, json};

use crate::alert::message::moment;
use crate::alert::notice::cut;
use crate::alert::sink::Failure;
use crate::alert::{Kind, Message, Notice};
use crate::checks::HttpPost;
use crate::config::PagerdutySink;
use crate::model::Severity;

/// Limits of the API.
const MAX_SUMMARY: usize = 1_000;
const MAX_KEY: usize = 255;

/// The request that tells a message, which holds one notice.
pub(super) fn post(sink: &PagerdutySink, message: &Message) -> Result<HttpPost, Failure> {
    let key = sink.routing_key.expose().map_err(|e| Failure::later(format!("routing_key: {e}")))?;
    let [notice] = message.notices.as_slice() else {
        return Err(Failure::Refused("the incident is not known any more".to_owned()));
    };
    let body = body(notice, &key).to_string();
    Ok(HttpPost { url: sink.url.clone(), below: "", headers: Vec::new(), body })
}

fn body(notice: &Notice, routing_key: &str) -> Value {
    let dedup_key: String = format!("fuelops/{}", notice.incident).chars().take(MAX_KEY).collect();
    let action = match notice.kind {
        Kind::Resolved => "resolve",
        Kind::Acknowledged => "acknowledge",
        Kind::Opened | Kind::Escalated | Kind::Reminder => "trigger",
    };
    json!({
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": dedup_key,
        "client": "fuelops",
        "payload": {
            "summary": cut(&notice.subject(), MAX_SUMMARY),
            "source": notice.host,
            "severity": severity(notice.severity),
            "timestamp": moment(notice.at),
            "component": notice.target,
            "group": notice.project,
            "class": notice.cause,
            "custom_details": notice,
        },
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Unknown | Severity::Ok => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::testing::{later, minutes, notice, start};

    #[test]
    fn begin_and_end_share_one_key() {
        let first = notice("service.api.http-1", "api");
        let triggered = body(&first, "R");
        assert_eq!(triggered["event_action"], "trigger");
        assert_eq!(triggered["payload"]["severity"], "critical");
        assert_eq!(triggered["payload"]["class"], "process-down");
        for (kind, action) in [(Kind::Acknowledged, "acknowledge"), (Kind::Resolved, "resolve")] {
            let ended = body(&later(&first, kind, start() + minutes(1)), "R");
            assert_eq!(ended["event_action"], action);
            assert_eq!(ended["dedup_key"], triggered["dedup_key"]);
        }
    }
}
