//! What the answers of workers mean. Pure.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::checks::Subject;
use crate::checks::celery::{CeleryObservation, Workers};
use crate::checks::wire::{Peer, measured, unanswered};
use crate::config::{CeleryCheck, ExpectNodes};
use crate::model::{Cause, Finding, Metric, Severity, Unit};
use crate::text::{human, suggest};

/// Names of workers that are told.
const SHOWN: usize = 10;

/// Judges a celery check.
pub(in crate::checks) fn judge(
    subject: &Subject,
    check: &CeleryCheck,
    timeout: Duration,
    seen: &CeleryObservation,
) -> Finding {
    let finding = match &seen.outcome {
        Ok(workers) => with_facts(of_workers(subject, check, workers), workers),
        Err(fault) => {
            let peer = Peer { product: "Redis", place: &seen.place, down: Cause::CacheDown };
            unanswered(subject, peer, fault, timeout)
        }
    };
    finding.with("address", seen.place.clone())
}

fn of_workers(subject: &Subject, check: &CeleryCheck, workers: &Workers) -> Finding {
    let backlog = waiting(workers);
    let red = |words: String| subject.finding(Severity::Critical, words).because(Cause::WorkerDown);
    if workers.listening == 0 {
        let text = "start a worker; until then nothing is done";
        return red(format!("no worker listens at this broker{backlog}")).hint(text, None);
    }
    let answered = workers.answered.len() as u64 + workers.unread;
    if answered == 0 {
        let who = human::plural(workers.listening, "worker");
        let text = "a worker hangs, or has no process to spare: see what it does";
        return red(format!("{who} at this broker, and no answer{backlog}")).hint(text, None);
    }
    if let Some(words) = lacking(check, workers) {
        return red(format!("{words}{backlog}")).hint("start the workers that are missing", None);
    }
    if let Some(name) = twice(&workers.answered) {
        let words = format!("two workers are called {name}: each takes what is meant for the other{backlog}");
        let text = "stop the one that was forgotten, or give each a name by -n";
        return subject.finding(Severity::Warning, words).because(Cause::DuplicateWorker).hint(text, None);
    }
    if answered < workers.listening {
        let silent = workers.listening - answered;
        let words =
            format!("{silent} of {} does not answer{backlog}", human::plural(workers.listening, "worker"));
        let text = "a worker hangs, or has no process to spare: see what it does";
        return subject.finding(Severity::Warning, words).hint(text, None);
    }
    let took = human::duration(workers.took);
    let verb = if answered == 1 { "answers" } else { "answer" };
    let words = format!("{} {verb} in {took}{backlog}", human::plural(answered, "worker"));
    subject.finding(Severity::Ok, words)
}

/// What is expected and did not answer.
fn lacking(check: &CeleryCheck, workers: &Workers) -> Option<String> {
    let mut names = workers.answered.clone();
    names.dedup();
    match check.expect_nodes.as_ref()? {
        ExpectNodes::Count(wanted) => {
            let there = names.len() as u64 + workers.unread;
            (there < u64::from(*wanted)).then(|| format!("{there} of {wanted} expected workers answer"))
        }
        ExpectNodes::Names(wanted) => {
            let missing: Vec<_> = wanted.iter().filter(|name| !names.contains(name)).collect();
            let first = missing.first()?;
            let near = suggest::did_you_mean(first, names.iter().map(String::as_str));
            let all = missing.iter().take(SHOWN).map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            Some(format!("no answer from {all}{near}"))
        }
    }
}

/// A name that stands twice in a sorted list.
fn twice(names: &[String]) -> Option<&String> {
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| &pair[0])
}

fn waiting(workers: &Workers) -> String {
    let waiting: u64 = workers.queues.iter().map(|(_, n)| n).sum();
    match (waiting, workers.unacknowledged) {
        (0, 0) => ", nothing waits".to_owned(),
        (waiting, 0) => format!(", {} waiting", human::plural(waiting, "message")),
        (waiting, taken) => {
            format!(", {} waiting, {} taken", human::plural(waiting, "message"), human::count(taken))
        }
    }
}

fn with_facts(finding: Finding, workers: &Workers) -> Finding {
    let queues: Map<String, Value> =
        workers.queues.iter().map(|(name, waiting)| (name.clone(), (*waiting).into())).collect();
    let waiting: u64 = workers.queues.iter().map(|(_, n)| n).sum();
    let count = |name: &str, n: u64| {
        #[expect(clippy::cast_precision_loss, reason = "a count of messages or workers")]
        Metric::new(name, n as f64, Unit::Count)
    };
    let finding = finding
        .with("listening", workers.listening)
        .with("answered", workers.answered.clone())
        .with("unread_answers", workers.unread)
        .with("queues", queues)
        .with("unacknowledged", workers.unacknowledged)
        .metric(count("workers", workers.listening))
        .metric(count("backlog", waiting + workers.unacknowledged));
    measured(finding, "ping", workers.took)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Url;

    fn judged(expect_nodes: Option<ExpectNodes>, listening: u64, names: &[&str]) -> Finding {
        let url = Url::literal("redis://h/0").unwrap();
        let check = CeleryCheck { url, expect_nodes, queues: vec!["celery".into()] };
        let workers = Workers {
            listening,
            answered: names.iter().map(|name| (*name).to_owned()).collect(),
            queues: vec![("celery".into(), 3)],
            ..Workers::default()
        };
        let seen = CeleryObservation { place: "h:6379".into(), outcome: Ok(workers) };
        judge(&Subject::check("workers"), &check, Duration::from_secs(5), &seen)
    }

    #[test]
    fn absent_silent_missing_and_double_workers_are_told_apart() {
        let good = judged(None, 2, &["a@h", "b@h"]);
        assert_eq!(good.summary, "2 workers answer in 0 ms, 3 messages waiting");
        assert_eq!(good.severity, Severity::Ok);
        let none = judged(None, 0, &[]);
        assert_eq!((none.severity, none.cause), (Severity::Critical, Some(Cause::WorkerDown)));
        assert!(none.summary.starts_with("no worker listens"), "{}", none.summary);
        assert!(judged(None, 1, &[]).summary.starts_with("1 worker at this broker, and no answer"));
        assert_eq!(judged(None, 2, &["a@h"]).severity, Severity::Warning);
        let twice = judged(None, 2, &["a@h", "a@h"]);
        assert_eq!((twice.severity, twice.cause), (Severity::Warning, Some(Cause::DuplicateWorker)));
        let few = judged(Some(ExpectNodes::Count(2)), 1, &["a@h"]);
        assert!(few.summary.starts_with("1 of 2 expected workers answer"), "{}", few.summary);
        let named = judged(Some(ExpectNodes::Names(vec!["work1@h".into()])), 1, &["work2@h"]);
        assert!(
            named.summary.starts_with("no answer from work1@h (did you mean \"work2@h\"?)"),
            "{}",
            named.summary
        );
    }
}
