//! What becomes of each item: events are kept, clients' losses go to the ledger, everything else is counted and let go.

use serde_json::Value;

use super::envelope::Envelope;
use crate::errors::door::parse_json;

/// Losses that one client report may name.
const MAX_LOSSES: usize = 100;

/// The items of an envelope, sorted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sorted<'b> {
    /// Payloads of events.
    pub events: Vec<&'b [u8]>,
    /// Reason, category and number of what is not kept.
    pub losses: Vec<(String, String, u64)>,
}

/// Sorts an envelope's items.
pub fn sort<'b>(envelope: &Envelope<'b>) -> Sorted<'b> {
    let mut sorted = Sorted::default();
    for item in &envelope.items {
        match item.kind.as_str() {
            "event" | "error" | "default" => sorted.events.push(item.payload),
            "client_report" => client_report(item.payload, &mut sorted),
            "" => sorted.lose("not-kept", "unknown", 1),
            // Counted, and let go: sessions, spans, replays, profiles, logs, metrics, check-ins, attachments, feedback.
            other => sorted.lose("not-kept", other, 1),
        }
    }
    if envelope.beyond > 0 {
        sorted.lose("too-many-items", "item", envelope.beyond);
    }
    sorted
}

impl Sorted<'_> {
    fn lose(&mut self, reason: &str, category: &str, n: u64) {
        let has_room = self.losses.len() < MAX_LOSSES;
        match self.losses.iter_mut().find(|(r, c, _)| r == reason && c == category) {
            Some((_, _, count)) => *count = count.saturating_add(n),
            None if has_room => self.losses.push((reason.to_owned(), category.to_owned(), n)),
            None => {}
        }
    }
}

/// What a client could not send: `{"discarded_events": [{"reason", "category", "quantity"}]}`.
fn client_report(payload: &[u8], sorted: &mut Sorted<'_>) {
    let Ok(report) = parse_json(payload) else { return sorted.lose("not-kept", "client_report", 1) };
    for list in ["discarded_events", "rate_limited_events", "filtered_events"] {
        for loss in report[list].as_array().into_iter().flatten().take(MAX_LOSSES) {
            let text = |key: &str| loss[key].as_str().unwrap_or("unknown").to_owned();
            let quantity = loss["quantity"].as_u64().or_else(|| whole(&loss["quantity"])).unwrap_or(0);
            sorted.lose(&format!("client:{}", text("reason")), &text("category"), quantity.min(1 << 40));
        }
    }
}

fn whole(value: &Value) -> Option<u64> {
    let number = value.as_f64().filter(|n| *n >= 0.0 && *n < 1e12)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    let whole = number as u64;
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_go_where_they_belong() {
        let text = "{}\n{\"type\":\"event\"}\n{\"a\":1}\n{\"type\":\"session\"}\n{}\n{\"type\":\"never_heard_of\"}\n{}\n\
            {\"type\":\"session\"}\n{}\n{\"type\":\"client_report\"}\n\
            {\"discarded_events\":[{\"reason\":\"ratelimit_backoff\",\"category\":\"error\",\"quantity\":5}]}\n";
        let envelope = Envelope::read(text.as_bytes()).unwrap();
        let sorted = sort(&envelope);
        assert_eq!(sorted.events, [b"{\"a\":1}"]);
        let loss = |reason: &str, category: &str, n| (reason.to_owned(), category.to_owned(), n);
        assert_eq!(
            sorted.losses,
            [
                loss("not-kept", "session", 2),
                loss("not-kept", "never_heard_of", 1),
                loss("client:ratelimit_backoff", "error", 5)
            ]
        );
    }
}
