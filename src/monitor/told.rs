//! Decisions in words, for the log, for `why` and for whoever reads over its shoulder.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::monitor::{Decision, Entry, Mode, Order, Pace};
use crate::text::human;

/// The entry of a decision; nothing for what goes on all the time.
pub(super) fn entry(
    decision: &Decision,
    mode: Mode,
    at: DateTime<Utc>,
    now: Duration,
    since: Option<Duration>,
) -> Option<Entry> {
    if !decision.is_told() {
        return None;
    }
    let (what, words) = words(&decision.order, mode, now, since);
    let evidence = decision.evidence.join("; ");
    let summary = if evidence.is_empty() { words } else { format!("{words}: {evidence}") };
    let (target, evidence) = (Some(decision.target.clone()), decision.evidence.clone());
    Some(Entry { at, target, what: what.to_owned(), summary, evidence })
}

fn words(order: &Order, mode: Mode, now: Duration, since: Option<Duration>) -> (&'static str, String) {
    let is = if mode == Mode::Rehearse { "would be" } else { "is" };
    let lasted = || since.map_or_else(String::new, |since| format!(" after {}", human::duration(since)));
    match order {
        Order::Probe => ("probe", "asked".to_owned()),
        Order::Consult => ("consult", "looked for".to_owned()),
        Order::Examine => ("examine", "looked at closely".to_owned()),
        Order::Start => ("start", format!("{is} started")),
        Order::Restart { reason } => ("restart", format!("{is} restarted ({})", reason.word())),
        Order::Wait { until, pace } => {
            let wait = human::duration(until.saturating_sub(now));
            match pace {
                Pace::Slow => ("slow-retry", format!("falls over again and again; next try in {wait}")),
                Pace::Backoff | Pace::Immediate => ("backoff", format!("next try in {wait}")),
            }
        }
        Order::Hold { need } => ("hold", format!("waits for {need}")),
        Order::Leave => ("leave", "left as it is".to_owned()),
        Order::Open { .. } => ("down", "is no good".to_owned()),
        Order::Close { .. } => ("up", format!("no longer an incident{}", lasted())),
        Order::Remind { .. } => ("reminder", format!("still no good{}", lasted())),
    }
}
