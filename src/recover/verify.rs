//! Whether services answer, and go on answering.

use std::time::{Duration, Instant};

use crate::model::Severity;
use crate::recover::budget::STABLE;
use crate::recover::hands::Hands;
use crate::service::Bad;

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
    services.iter().filter_map(|service| Bad::of(service, &findings)).collect()
}
