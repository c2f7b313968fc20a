//! Whether recovering again makes sense: a stack that falls over right after each recovery needs a person. Pure.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::report::Outcome;

/// So many recoveries that began within [`WINDOW`] open the circuit.
const MAX_RECOVERIES: usize = 3;
const WINDOW: Duration = Duration::from_secs(30 * 60);
/// So many failures in a row open it too.
const MAX_FAILURES: usize = 2;
/// How long it stays open after the last run.
const COOL_DOWN: Duration = Duration::from_secs(10 * 60);
/// Runs that are remembered.
pub(super) const MAX_REMEMBERED: usize = 16;

/// An earlier recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    pub at: DateTime<Utc>,
    /// Absent where the run did not come to its end.
    pub outcome: Option<Outcome>,
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
}

/// Why the circuit is open, if it is. `past` stands oldest first.
pub fn open(past: &[Past], now: DateTime<Utc>) -> Option<String> {
    let age = |run: &Past| (now - run.at).to_std().unwrap_or_default();
    let recent: Vec<&Past> = past.iter().filter(|run| run.acted() && age(run) <= WINDOW).collect();
    let last = recent.last()?;
    if age(last) > COOL_DOWN {
        return None;
    }
    let minutes = WINDOW.as_secs() / 60;
    if recent.len() >= MAX_RECOVERIES {
        return Some(format!("{} recoveries within {minutes} minutes did not hold", recent.len()));
    }
    let failures = recent.iter().rev().take_while(|run| run.failed()).count();
    (failures >= MAX_FAILURES).then(|| format!("the last {failures} recoveries failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECOVERED: Option<Outcome> = Some(Outcome::Recovered);
    const FAILED: Option<Outcome> = Some(Outcome::Failed);

    /// Whether it is open, after runs so many minutes ago.
    fn is_open(runs: &[(i64, Option<Outcome>)]) -> bool {
        let now = DateTime::UNIX_EPOCH + chrono::Duration::days(1);
        let past: Vec<Past> = runs
            .iter()
            .map(|(minutes, outcome)| Past {
                at: now - chrono::Duration::minutes(*minutes),
                outcome: *outcome,
            })
            .collect();
        open(&past, now).is_some()
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
