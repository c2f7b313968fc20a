//! Stopping: asked first, then killed, until the kernel says that nothing is left.
//!
//! What lives in a control group of ours is killed by the kernel in one step, whatever it forks meanwhile: exact. Elsewhere
//! a process is found as a descendant or by its cookie, and all are halted before the first is killed, until no new one
//! turns up; something that forks faster than the process table can be read may slip through, and the report says so.
//!
//! Every signal goes to a process that is held (see [`Bound`]) and is told of before it is sent.

mod known;
mod run;
#[cfg(test)]
mod tests;

use std::io;
use std::time::Duration;

use crate::platform::{ProcessState, Scope, Signal};
use crate::process::{Bound, Cookie, Permit, Refusal};

pub use run::stop;

/// What is to be stopped.
#[derive(Debug, Default)]
pub struct Target {
    /// Processes that are proven to be ours; whatever descends from them is, too.
    pub roots: Vec<ProvenRoot>,
    /// The control group that it was started in.
    pub scope: Option<Scope>,
    /// The cookie that it was started with.
    pub cookie: Option<Cookie>,
    pub permit: Permit,
}

/// A process that is ours, and why.
#[derive(Debug)]
pub struct ProvenRoot {
    pub bound: Bound,
    /// In words, for the report.
    pub proof: String,
}

/// How it is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopPolicy {
    /// What asks it to end.
    pub signal: Signal,
    /// How long it may take after that.
    pub grace: Duration,
    /// How long the kernel may take to end what was killed.
    pub patience: Duration,
}

impl Default for StopPolicy {
    fn default() -> Self {
        Self { signal: Signal::TERM, grace: Duration::from_secs(10), patience: Duration::from_secs(2) }
    }
}

/// A signal that is about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Intent<'a> {
    pub pid: u32,
    pub signal: Signal,
    pub command: &'a str,
    pub proof: &'a str,
}

/// Is told of every signal before it is sent; an error stops the stopping.
pub type Witness<'a> = dyn FnMut(&Intent<'_>) -> io::Result<()> + 'a;

/// How certain it is that nothing is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// The kernel counted.
    Exact,
    /// Nothing was found any more; what forks faster than it can be found may be left.
    BestEffort,
}

/// A process that has ended by what was done here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub pid: u32,
    /// How long it had lived when it was found.
    pub age: Duration,
    pub command: String,
    /// The last signal that it was sent; `None` where it ended with the others, unasked.
    pub signal: Option<Signal>,
    pub proof: String,
}

/// A process that was found and left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftAlone {
    pub pid: u32,
    pub command: String,
    pub why: Refusal,
}

/// A process that did not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivor {
    pub pid: u32,
    pub command: String,
    /// Uninterruptible: it waits for a device or file system and takes no signal.
    pub state: ProcessState,
    /// What in the kernel it waits in.
    pub waits_in: Option<String>,
    /// Why it was not signalled any more, where that is so.
    pub why: Option<String>,
}

/// A process that has ended and that its parent does not collect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zombie {
    pub pid: u32,
    pub parent: u32,
    pub parent_command: String,
}

/// What became of it all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopReport {
    pub stopped: Vec<Stopped>,
    pub refused: Vec<LeftAlone>,
    pub survivors: Vec<Survivor>,
    pub zombies: Vec<Zombie>,
    pub certainty: Certainty,
    pub elapsed: Duration,
}

impl StopReport {
    /// Whether nothing is left that should have ended.
    pub fn is_clean(&self) -> bool {
        self.survivors.is_empty()
    }
}
