//! Whether recovering again makes sense: a service that falls over right after each recovery needs a person. Pure.
//!
//! Counted is what failed, and what held only until the same was wrong again; not what was cured of something else.

use std::time::Duration;

use chrono::{DateTime, Local, Utc};
use serde::{Deserialize, Serialize};

use crate::model::Cause;
use crate::report::Outcome;

/// So many recoveries that did not hold and began within [`WINDOW`] open the circuit.
const MAX_RECOVERIES: usize = 3;
const WINDOW: Duration = Duration::from_secs(30 * 60);
/// So many failures in a row open it too.
const MAX_FAILURES: usize = 2;
/// How long it stays open after the last run.
const COOL_DOWN: Duration = Duration::from_secs(10 * 60);
/// Runs that are remembered.
pub(super) const MAX_REMEMBERED: usize = 16;

/// What was wrong with a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub service: String,
    pub cause: Option<Cause>,
}

impl Fault {
    /// Whether one looks like the other's return. By which name an end goes depends on who was there to see it.
    fn is_like(&self, other: &Self) -> bool {
        let is_end = |fault: &Self| {
            matches!(fault.cause, Some(Cause::ProcessDown | Cause::CrashLoop | Cause::UnitFailed))
        };
        self.service == other.service && (self.cause == other.cause || is_end(self) && is_end(other))
    }
}

/// An earlier recovery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    pub at: DateTime<Utc>,
    /// Absent where the run did not come to its end.
    pub outcome: Option<Outcome>,
    /// What was wrong with the services that it started; nothing where it restarted what was well.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

impl Past {
    /// Whether it stopped or started anything.
    fn acted(&self) -> bool {
        !matches!(
            self.outcome,
            Some(Outcome::NotNeeded | Outcome::Planned | Outcome::Refused | Outcome::CircuitOpen)
        )
    }

    fn failed(&self) -> bool {
        matches!(self.outcome, None | Some(Outcome::Failed))
    }

    /// Whether it was about the service of a fault.
    fn concerns(&self, fault: &Fault) -> bool {
        self.faults.iter().any(|past| past.service == fault.service)
    }

    /// Whether it failed, or what it had cured is back.
    fn did_not_hold(&self, fault: &Fault) -> bool {
        self.failed() || self.faults.iter().any(|past| past.is_like(fault))
    }
}

/// Why the circuit is open for what is wrong now, if it is. `past` stands oldest first.
pub fn open(past: &[Past], faults: &[Fault], now: DateTime<Utc>) -> Option<String> {
    faults.iter().find_map(|fault| open_for(fault, past, now))
}

fn open_for(fault: &Fault, past: &[Past], now: DateTime<Utc>) -> Option<String> {
    let age = |run: &Past| (now - run.at).to_std().unwrap_or_default();
    let is_recent = |run: &&Past| run.acted() && run.concerns(fault) && age(run) <= WINDOW;
    let recent: Vec<&Past> = past.iter().filter(is_recent).collect();
    if age(recent.last()?) > COOL_DOWN {
        return None;
    }
    let (service, minutes) = (&fault.service, WINDOW.as_secs() / 60);
    let undone: Vec<&Past> = recent.iter().copied().filter(|run| run.did_not_hold(fault)).collect();
    if undone.len() >= MAX_RECOVERIES {
        let (count, times) = (undone.len(), times(&undone));
        return Some(format!(
            "{count} recoveries of {service} within {minutes} minutes did not hold ({times})"
        ));
    }
    let failures = recent.iter().rev().take_while(|run| run.failed()).count();
    let failed = &recent[recent.len() - failures..];
    (failures >= MAX_FAILURES)
        .then(|| format!("the last {failures} recoveries of {service} failed ({})", times(failed)))
}

/// When they began.
fn times(runs: &[&Past]) -> String {
    let shown = runs.iter().map(|run| run.at.with_timezone(&Local).format("%H:%M:%S").to_string());
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECOVERED: Option<Outcome> = Some(Outcome::Recovered);
    const FAILED: Option<Outcome> = Some(Outcome::Failed);

    fn fault(service: &str, cause: Cause) -> Fault {
        Fault { service: service.to_owned(), cause: Some(cause) }
    }

    /// So many minutes before now.
    fn ago(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::Duration::days(1) - chrono::Duration::minutes(minutes)
    }

    /// Whether it is open for a service that is down, after runs for the same so many minutes ago.
    fn is_open(runs: &[(i64, Option<Outcome>)]) -> bool {
        let faults = vec![fault("api", Cause::ProcessDown)];
        let run = |(minutes, outcome): &(i64, Option<Outcome>)| Past {
            at: ago(*minutes),
            outcome: *outcome,
            faults: faults.clone(),
        };
        open(&runs.iter().map(run).collect::<Vec<_>>(), &faults, ago(0)).is_some()
    }

    #[test]
    fn recoveries_from_another_fault_or_of_another_service_do_not_count() {
        let (down, hung) = (fault("api", Cause::ProcessDown), fault("api", Cause::ProcessHung));
        let run = |minutes| Past { at: ago(minutes), outcome: RECOVERED, faults: vec![down.clone()] };
        let past = [9, 8, 7].map(run);
        let why = open(&past, std::slice::from_ref(&down), ago(0)).unwrap();
        assert!(why.starts_with("3 recoveries of api within 30 minutes did not hold ("), "{why}");
        assert_eq!(open(&past, &[hung], ago(0)), None);
        assert_eq!(open(&past, &[fault("sync", Cause::ProcessDown)], ago(0)), None);
        assert!(open(&past, &[fault("api", Cause::CrashLoop)], ago(0)).is_some());
        assert_eq!(open(&past, &[], ago(0)), None, "nothing is wrong");
    }

    #[test]
    fn three_recoveries_in_half_an_hour_open_it_and_two_do_not() {
        assert!(!is_open(&[]));
        assert!(!is_open(&[(12, RECOVERED), (5, RECOVERED)]));
        assert!(is_open(&[(20, RECOVERED), (12, RECOVERED), (5, RECOVERED)]));
        assert!(!is_open(&[(50, RECOVERED), (12, RECOVERED), (5, RECOVERED)]));
    }

    #[test]
    fn two_failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        assert!(is_open(&[(6, FAILED), (3, FAILED)]));
        assert!(is_open(&[(6, None), (3, FAILED)]));
        assert!(!is_open(&[(40, FAILED), (5, RECOVERED), (3, FAILED)]));
    }

    #[test]
    fn runs_that_did_nothing_do_not_count() {
        let idle = Some(Outcome::NotNeeded);
        assert!(!is_open(&[
            (9, idle),
            (8, Some(Outcome::Refused)),
            (7, idle),
            (6, RECOVERED),
            (5, RECOVERED)
        ]));
    }

    #[test]
    fn it_closes_ten_minutes_after_the_last_run() {
        assert!(!is_open(&[(25, FAILED), (20, FAILED), (11, FAILED)]));
    }
}
