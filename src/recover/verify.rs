//! Whether services answer, and go on answering.

use std::time::{Duration, Instant};

use crate::model::{Cause, Finding, Severity};
use crate::recover::budget::STABLE;
use crate::recover::hands::Hands;

/// A program that has ended so long after its start will not come back by itself.
const SETTLED: Duration = Duration::from_secs(1);
/// The first pause between two looks; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What was seen of services that should be up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// What is wrong with each service that does not answer, red first.
    pub bad: Vec<Bad>,
    /// They answered and fell over again.
    pub fell_over: bool,
    /// When they were first seen to answer.
    pub ready_at: Option<Instant>,
}

/// What is wrong with a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub service: String,
    pub severity: Severity,
    pub why: String,
}

/// Waits until the services answer, no longer than `until`.
pub(super) fn ready(services: &[String], hands: &mut dyn Hands, until: Instant) -> Seen {
    let mut pause = FIRST_PAUSE;
    let (begun, _) = hands.now();
    loop {
        let bad = look(services, hands);
        let (now, _) = hands.now();
        let is_settled = now.saturating_duration_since(begun) >= SETTLED;
        if bad.is_empty() {
            return Seen { ready_at: Some(now), ..Seen::default() };
        }
        if now + pause > until || (is_settled && bad.iter().any(|b| hands.has_ended(&b.service))) {
            return Seen { bad, ..Seen::default() };
        }
        hands.wait(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Watches services that answer for as long as it takes to believe them.
pub(super) fn stable(services: &[String], hands: &mut dyn Hands) -> Seen {
    let (begun, _) = hands.now();
    loop {
        let mut bad = look(services, hands);
        for service in services {
            if let Some(words) = hands.bad_words(service) {
                let why = format!("its fresh log says: {words}");
                bad.push(Bad { service: service.clone(), severity: Severity::Warning, why });
            }
        }
        let has_fallen = bad.iter().any(|b| b.severity == Severity::Critical);
        if has_fallen || hands.is_interrupted() || hands.now().0.saturating_duration_since(begun) >= STABLE {
            return Seen { bad, fell_over: has_fallen, ready_at: Some(begun) };
        }
        hands.wait(LONGEST_PAUSE);
    }
}

fn look(services: &[String], hands: &mut dyn Hands) -> Vec<Bad> {
    if services.is_empty() {
        return Vec::new();
    }
    let findings = hands.look(services);
    services.iter().filter_map(|service| bad(service, &findings)).collect()
}

/// What is wrong with a service, if it does not answer; a slow one does.
fn bad(service: &str, findings: &[Finding]) -> Option<Bad> {
    let prefix = format!("service.{service}.");
    let down = |f: &&Finding| {
        let is_dead = matches!(f.cause, Some(Cause::ProcessDown | Cause::OrphanProcess | Cause::ProcessHung));
        f.check.starts_with(&prefix)
            && (f.severity == Severity::Critical || (f.severity == Severity::Warning && is_dead))
    };
    let worst = findings.iter().filter(down).min_by_key(|f| f.caused_by.is_some())?;
    Some(Bad { service: service.to_owned(), severity: worst.severity, why: worst.summary.clone() })
}
