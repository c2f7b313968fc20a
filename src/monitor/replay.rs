//! A recording of what happened, and what the same state machine decides on it: today's rules on yesterday's night.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::monitor::{Decision, Event, Fleet, Mode, told};

/// Ticks between two recorded events that are let happen; more would be a clock that was tampered with.
const MAX_TICKS: usize = 1_000_000;

/// One line of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Record {
    /// Everything as it stood: a recording can be played from here.
    Fleet {
        clock: Duration,
        fleet: Fleet,
    },
    Event {
        clock: Duration,
        target: String,
        event: Event,
    },
}

/// A decision, and when it was made on the recording's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    pub clock: Duration,
    pub decision: Decision,
}

impl Played {
    /// One word, and in words with what it rests on.
    pub fn words(&self) -> (String, String) {
        let entry =
            told::entry(&self.decision, Mode::Forever, chrono::DateTime::UNIX_EPOCH, self.clock, None);
        entry.map(|entry| (entry.what, entry.summary)).unwrap_or_default()
    }
}

/// What a recording came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Performance {
    pub played: Vec<Played>,
    pub events: usize,
    /// Lines that are no record, and events that stand before anything to play them on.
    pub skipped: usize,
    pub begin: Duration,
}

/// Plays a recording, line by line.
pub fn replay<'a>(lines: impl Iterator<Item = &'a str>) -> Performance {
    let mut stage: Option<Fleet> = None;
    let mut performance = Performance::default();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        match (serde_json::from_str::<Record>(line), &mut stage) {
            (Ok(Record::Fleet { clock, fleet }), stage) => {
                if stage.is_none() {
                    performance.begin = clock;
                }
                *stage = Some(fleet);
            }
            (Ok(Record::Event { clock, target, event }), Some(fleet)) => {
                performance.events += 1;
                performance.pass_until(fleet, clock);
                let decisions = fleet.step(&target, event, clock);
                performance.keep(clock, decisions);
            }
            _ => performance.skipped += 1,
        }
    }
    performance
}

impl Performance {
    /// Lets everything happen that was due before.
    fn pass_until(&mut self, fleet: &mut Fleet, clock: Duration) {
        for _ in 0..MAX_TICKS {
            let Some(due) = fleet.next().filter(|due| *due < clock) else { return };
            let decisions = fleet.tick(due);
            // Nobody was due after all: the machine is not asked again.
            if decisions.is_empty() && fleet.next() == Some(due) {
                return;
            }
            self.keep(due, decisions);
        }
    }

    fn keep(&mut self, clock: Duration, decisions: Vec<Decision>) {
        let told = decisions.into_iter().filter(Decision::is_told);
        self.played.extend(told.map(|decision| Played { clock, decision }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::{Answer, Ending, Order, Policy, Restarts, Wanted};

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn fleet() -> Fleet {
        let restart = Restarts {
            max: 3,
            window: seconds(600),
            backoff: seconds(1),
            backoff_max: seconds(60),
            slow: vec![seconds(300)],
            reset_after: seconds(600),
        };
        let policy = Policy {
            period: seconds(30),
            start_timeout: seconds(15),
            stop_timeout: seconds(5),
            failure_threshold: 3,
            success_threshold: 1,
            needs: Vec::new(),
            restart: Some(restart),
        };
        let mut fleet = Fleet::new();
        fleet.set_targets(vec![("api".to_owned(), policy)], 1, seconds(1));
        fleet
    }

    #[test]
    fn a_recording_is_decided_as_it_was_when_it_happened() {
        let mut live = fleet();
        let mut lines =
            vec![serde_json::to_string(&Record::Fleet { clock: seconds(1), fleet: live.clone() }).unwrap()];
        let mut decided = Vec::new();
        let dead = Ending { signal: Some(9), ..Ending::default() };
        let events = [
            (2, Event::Found { pid: Some(7), wish: Wanted::Up }),
            (3, Event::Probed { answer: Answer::Good }),
            (9, Event::Ended { pid: 7, how: dead.clone(), wish: Wanted::Up }),
            (10, Event::Acted { outcome: crate::monitor::Outcome::Runs { pid: 8 } }),
            (11, Event::Probed { answer: Answer::Good }),
            (12, Event::Ended { pid: 8, how: dead, wish: Wanted::Up }),
        ];
        for (at, event) in events {
            let record = Record::Event { clock: seconds(at), target: "api".to_owned(), event: event.clone() };
            lines.push(serde_json::to_string(&record).unwrap());
            decided.extend(live.step("api", event, seconds(at)).into_iter().filter(Decision::is_told));
        }
        lines.push("{torn".to_owned());
        let performance = replay(lines.iter().map(String::as_str));
        let played: Vec<Decision> = performance.played.into_iter().map(|played| played.decision).collect();
        assert_eq!(played, decided);
        assert!(played.iter().any(|decision| decision.order == Order::Start));
        assert_eq!((performance.events, performance.skipped), (6, 1));
    }

    #[test]
    fn what_was_due_between_two_events_happens_between_them() {
        let mut waiting = fleet();
        waiting.step("api", Event::Found { pid: Some(7), wish: Wanted::Up }, seconds(1));
        for at in [2, 3] {
            let pid = at + 5;
            waiting.step("api", Event::Acted { outcome: crate::monitor::Outcome::Runs { pid } }, seconds(2));
            let how = Ending::default();
            waiting.step("api", Event::Ended { pid, how, wish: Wanted::Up }, seconds(u64::from(at)));
        }
        let first = Record::Fleet { clock: seconds(3), fleet: waiting };
        let last = Record::Event { clock: seconds(90), target: "api".to_owned(), event: Event::Tick };
        let lines = [first, last].map(|record| serde_json::to_string(&record).unwrap());
        let performance = replay(lines.iter().map(String::as_str));
        assert!(performance.played.iter().all(|played| played.clock < seconds(90)), "{performance:?}");
    }
}
