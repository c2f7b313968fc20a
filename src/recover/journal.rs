//! What a recovery writes down before and after everything it does, so that another process can finish it.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::recover::breaker::{Fault, MAX_REMEMBERED, Past};
use crate::recover::plan::Plan;
use crate::report::{Outcome, StepStatus};
use crate::store::{Journal, JournalError};

/// Name of the journal in the state folder.
pub const FILE: &str = "recover.steps";
/// A run that stopped longer ago is planned anew: the machine is another one by now.
const MAX_RESUME_MINUTES: i64 = 10;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "entry")]
pub enum Entry {
    /// The run begins; nothing was touched yet.
    Begin {
        run_id: String,
        /// Of the boot in which its processes live: pids of another boot mean nothing.
        boot_id: String,
        at: DateTime<Utc>,
        pid: u32,
        /// Services that will be started, in order.
        start: Vec<String>,
        /// What is wrong with them.
        #[serde(default)]
        faults: Vec<Fault>,
        /// Earlier runs, oldest first.
        past: Vec<Past>,
    },
    /// A step is about to be taken.
    Intent {
        step: String,
        at: DateTime<Utc>,
    },
    /// A step has ended.
    Done {
        step: String,
        status: StepStatus,
        at: DateTime<Utc>,
        detail: String,
    },
    /// A process is about to be stopped.
    Stopping {
        service: String,
        pid: u32,
        command: String,
        proof: String,
    },
    /// A signal is about to be sent.
    Signal {
        pid: u32,
        signal: String,
    },
    Stopped {
        pid: u32,
        signal: Option<String>,
    },
    /// The run has come to its end.
    End {
        outcome: Outcome,
        at: DateTime<Utc>,
    },
}

/// The run that a journal tells of.
#[derive(Clone, Debug, PartialEq)]
pub struct LastRun {
    pub run_id: String,
    pub boot_id: String,
    pub at: DateTime<Utc>,
    pub start: Vec<String>,
    /// When its first process was about to be stopped, if it came so far.
    pub stopping_since: Option<DateTime<Utc>>,
    /// It had stopped all that it was to stop, and began to start.
    pub was_starting: bool,
    /// Absent where it did not come to its end.
    pub outcome: Option<Outcome>,
    /// What was wrong with what it was to start.
    faults: Vec<Fault>,
    /// Runs before it, oldest first.
    past: Vec<Past>,
}

impl LastRun {
    /// Reads the last run; `None` where there was none.
    ///
    /// # Errors
    /// When the journal is there and cannot be read.
    pub fn read(path: &Path) -> Result<Option<Self>, JournalError> {
        Ok(Self::of(Journal::read(path)?))
    }

    fn of(entries: Vec<Entry>) -> Option<Self> {
        let mut run: Option<Self> = None;
        let mut latest = None;
        for entry in entries {
            match (entry, &mut run) {
                (Entry::Begin { run_id, boot_id, at, start, faults, past, .. }, _) => {
                    run = Some(Self {
                        run_id,
                        boot_id,
                        at,
                        start,
                        stopping_since: None,
                        was_starting: false,
                        outcome: None,
                        faults,
                        past,
                    });
                }
                (Entry::Intent { at, step }, run) => {
                    latest = Some(at);
                    if let Some(run) = run.as_mut().filter(|_| step == "start") {
                        run.was_starting = true;
                    }
                }
                (Entry::Done { at, .. }, _) => latest = Some(at),
                (Entry::Stopping { .. }, Some(run)) => {
                    run.stopping_since = run.stopping_since.or(latest).or(Some(run.at));
                }
                (Entry::End { outcome, .. }, Some(run)) => run.outcome = Some(outcome),
                _ => {}
            }
        }
        run
    }

    /// Whether it broke off in the middle, so recently and in this boot that its work is still to be finished.
    pub fn is_to_be_finished(&self, boot_id: &str, now: DateTime<Utc>) -> bool {
        let age = now - self.at;
        let is_recent = age >= chrono::Duration::zero() && age.num_minutes() < MAX_RESUME_MINUTES;
        self.outcome.is_none() && self.boot_id == boot_id && is_recent
    }

    /// All runs that are remembered, this one last.
    pub fn history(&self) -> Vec<Past> {
        let mut all = self.past.clone();
        all.push(Past { at: self.at, outcome: self.outcome, faults: self.faults.clone() });
        let extra = all.len().saturating_sub(MAX_REMEMBERED);
        all.split_off(extra)
    }
}

/// Writes entries; a disk that refuses them stops no recovery, and is told at its end.
#[derive(Debug)]
pub struct Scribe {
    journal: Option<Journal>,
    problem: Option<String>,
}

impl Scribe {
    /// Begins a run's journal.
    pub fn begin(path: &Path, entry: &Entry) -> Self {
        let mut scribe = match Journal::begin(path) {
            Ok(journal) => Self { journal: Some(journal), problem: None },
            Err(error) => Self { journal: None, problem: Some(told(&error)) },
        };
        scribe.write(entry);
        scribe
    }

    /// Writes an entry and waits until it is on the disk.
    pub fn write(&mut self, entry: &Entry) {
        let Some(journal) = &mut self.journal else { return };
        if let Err(error) = journal.append(entry) {
            self.problem.get_or_insert_with(|| told(&error));
        }
    }

    /// Writes down what is about to be stopped.
    pub fn stopping(&mut self, plan: &Plan) {
        for stop in &plan.stop {
            for member in &stop.members {
                self.write(&Entry::Stopping {
                    service: stop.service.clone(),
                    pid: member.pid,
                    command: member.command.clone(),
                    proof: member.why.clone(),
                });
            }
        }
    }

    /// Why the journal is not whole, if it is not.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}

fn told(error: &JournalError) -> String {
    format!("{error}: {}", error.source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(past: Vec<Past>) -> Entry {
        Entry::Begin {
            run_id: "r".into(),
            boot_id: "b".into(),
            at: DateTime::UNIX_EPOCH,
            pid: 7,
            start: vec!["api".into()],
            faults: Vec::new(),
            past,
        }
    }

    fn minutes(n: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::Duration::minutes(n)
    }

    #[test]
    fn a_run_that_broke_off_is_finished_in_its_own_boot_and_soon() {
        let run = LastRun::of(vec![begin(Vec::new())]).unwrap();
        assert!(run.is_to_be_finished("b", minutes(9)));
        assert!(!run.is_to_be_finished("b", minutes(10)));
        assert!(!run.is_to_be_finished("other", minutes(1)));
        // A clock that was set back makes nothing recent.
        assert!(!run.is_to_be_finished("b", minutes(-5)));
    }

    #[test]
    fn a_run_that_ended_is_only_remembered() {
        let end = Entry::End { outcome: Outcome::Recovered, at: minutes(1) };
        let run = LastRun::of(vec![begin(Vec::new()), end]).unwrap();
        assert!(!run.is_to_be_finished("b", minutes(1)));
        let past = Past { at: minutes(0), outcome: Some(Outcome::Recovered), faults: Vec::new() };
        assert_eq!(run.history(), [past]);
    }

    #[test]
    fn history_is_bounded_and_the_oldest_goes_first() {
        let past: Vec<Past> = (0..40).map(|n| Past { at: minutes(n - 50), ..Past::default() }).collect();
        let history = LastRun::of(vec![begin(past)]).unwrap().history();
        assert_eq!((history.len(), history.last().unwrap().at), (MAX_REMEMBERED, minutes(0)));
    }

    #[test]
    fn a_journal_that_cannot_be_made_is_told_and_stops_nothing() {
        let mut scribe = Scribe::begin(Path::new("/no/such/folder/j"), &begin(Vec::new()));
        scribe.write(&begin(Vec::new()));
        assert!(scribe.problem().unwrap().contains("/no/such/folder/j"));
    }
}
