//! Decisions in words, for the log, for `why` and for whoever reads over its shoulder.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::monitor::{Decision, Entry, Mode, Order, Pace, Phase};
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

/// What somebody else has done to a service, by how it stood before and stands now with its process; `is_seen` where the
/// process was come upon, and not started here.
pub(super) fn by_others(
    before: (&Phase, Option<u32>),
    after: (&Phase, Option<u32>),
    is_seen: bool,
) -> Option<(&'static str, String)> {
    if *after.0 == Phase::Stopped && *before.0 != Phase::Stopped {
        return Some(("stopped", "stopped by an operator".to_owned()));
    }
    let pid = after.1.filter(|_| is_seen && *after.0 != Phase::InWork)?;
    if *before.0 == Phase::InWork {
        // Its new process may be known since it was in work.
        return Some(("runs", format!("runs as pid {pid}; another fuelops has worked on it")));
    }
    let by = match before.0 {
        _ if before.1 == Some(pid) => return None,
        // It ran when this monitor came.
        Phase::Unseen => return None,
        Phase::Stopped => "another fuelops",
        _ => "somebody else",
    };
    Some(("runs", format!("runs as pid {pid}, started by {by}")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_did_is_told_once_and_what_was_done_here_is_not() {
        let (well, stopped) = (Phase::Healthy { since: Duration::ZERO }, Phase::Stopped);
        let young = Phase::Starting { until: Duration::ZERO };
        let of = |before, after, is_seen| by_others(before, after, is_seen).map(|(_, summary)| summary);
        let operator = Some("stopped by an operator".to_owned());
        assert_eq!(of((&well, Some(7)), (&stopped, None), false), operator);
        assert_eq!(of((&stopped, None), (&stopped, None), true), None);
        let runs = |by: &str| Some(format!("runs as pid 9, started by {by}"));
        assert_eq!(of((&stopped, None), (&young, Some(9)), true), runs("another fuelops"));
        let worked = Some("runs as pid 9; another fuelops has worked on it".to_owned());
        assert_eq!(of((&Phase::InWork, Some(9)), (&young, Some(9)), true), worked);
        assert_eq!(of((&well, Some(7)), (&young, Some(9)), true), runs("somebody else"));
        assert_eq!(of((&Phase::Acting, None), (&young, Some(9)), false), None, "started here");
        assert_eq!(of((&Phase::Unseen, None), (&young, Some(9)), true), None);
        assert_eq!(of((&well, Some(9)), (&well, Some(9)), true), None);
    }
}
