//! The run of a stop: ask, wait, kill, wait.

use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::platform::{self, Scope, ScopeWatch};
use crate::process::stop::known::{Known, Search};
use crate::process::stop::{Certainty, StopPolicy, StopReport, Target, Witness};

/// Between two looks for new members.
const LOOK: Duration = Duration::from_millis(50);
/// Between two looks while everything is being halted: nothing may be left running for long.
const HALTING: Duration = Duration::from_millis(1);
/// Looks in a row that find nobody new until all are taken for found.
const QUIET_LOOKS: u32 = 2;
/// Processes that are waited on at once; the others are looked at every [`LOOK`].
const MAX_WAITED: usize = 512;

/// Stops a target and everything that belongs to it; returns when nothing of it is left, or the kernel does not end it.
///
/// # Errors
/// When the process table cannot be read, or the witness refuses.
pub fn stop(mut target: Target, policy: StopPolicy, witness: &mut Witness<'_>) -> io::Result<StopReport> {
    let begun = Instant::now();
    let known = Known::new(&mut target)?;
    let mut run = Run { target, policy, known, certainty: Certainty::BestEffort };
    run.ask(witness)?;
    run.kill(witness)?;
    let Run { target, known, certainty, .. } = run;
    let (stopped, refused, survivors, zombies) = known.outcome();
    if let Some(scope) = target.scope.filter(|scope| !scope.is_populated()) {
        scope.remove();
    }
    Ok(StopReport { stopped, refused, survivors, zombies, certainty, elapsed: begun.elapsed() })
}

struct Run {
    target: Target,
    policy: StopPolicy,
    known: Known,
    certainty: Certainty,
}

impl Run {
    /// Asks everything to end, the top first, and gives it the time that it may take.
    fn ask(&mut self, witness: &mut Witness<'_>) -> io::Result<()> {
        self.known.search(&self.target, Search::Everywhere)?;
        self.known.ask_the_top(self.policy.signal, witness)?;
        let deadline = Instant::now() + self.policy.grace;
        let mut next_look = Instant::now() + LOOK;
        loop {
            self.known.settle();
            if !self.known.has_asked() {
                // The top is gone. What it has left behind may have been started a moment ago.
                self.known.search(&self.target, self.usual_search())?;
                self.known.settle();
                if !self.known.has_living() {
                    return Ok(());
                }
                self.known.ask_the_rest(self.policy.signal, witness)?;
            }
            if Instant::now() >= deadline {
                return Ok(());
            }
            self.wait(deadline.min(next_look));
            if Instant::now() >= next_look {
                // Children have to be known before their parents are gone.
                self.known.search(&self.target, self.usual_search())?;
                next_look = Instant::now() + LOOK;
            }
        }
    }

    /// A control group names its members by itself; everything else is looked for.
    fn usual_search(&self) -> Search {
        if self.target.scope.is_some() { Search::Scope } else { Search::Everywhere }
    }

    /// Kills what is left: the control group at once, everything else when it is halted.
    fn kill(&mut self, witness: &mut Witness<'_>) -> io::Result<()> {
        let deadline = Instant::now() + self.policy.patience;
        let is_exact = self.kill_scope(deadline, witness)?;
        self.known.search(&self.target, Search::Everywhere)?;
        self.known.settle();
        if self.known.has_living() {
            self.kill_each(deadline, witness)?;
        } else if is_exact {
            self.certainty = Certainty::Exact;
        }
        Ok(())
    }

    /// Tells whether the kernel says that the control group is empty.
    fn kill_scope(&mut self, deadline: Instant, witness: &mut Witness<'_>) -> io::Result<bool> {
        let Some(scope) = &self.target.scope else { return Ok(false) };
        if !scope.is_populated() {
            return Ok(true);
        }
        // The kernel's switch makes no difference between ours and others.
        self.known.search(&self.target, Search::Scope)?;
        if self.known.has_refused() {
            return Ok(false);
        }
        self.known.condemn(witness)?;
        if scope.kill().is_err() {
            return Ok(false);
        }
        while Instant::now() < deadline {
            if !self.target.scope.as_ref().is_some_and(Scope::is_populated) {
                return Ok(true);
            }
            self.wait(deadline.min(Instant::now() + LOOK));
            self.known.settle();
        }
        Ok(false)
    }

    /// Halts everybody until nobody new turns up, then kills; again, until nobody is left.
    fn kill_each(&mut self, deadline: Instant, witness: &mut Witness<'_>) -> io::Result<()> {
        while Instant::now() < deadline {
            let mut quiet = 0;
            while quiet < QUIET_LOOKS && Instant::now() < deadline {
                let is_more = self.known.search(&self.target, Search::Everywhere)?;
                let is_halted = self.known.halt(witness)?;
                quiet = if is_more || is_halted { 0 } else { quiet + 1 };
                platform::pause(HALTING);
            }
            self.known.kill(witness)?;
            while self.known.has_living() && Instant::now() < deadline {
                self.wait(deadline.min(Instant::now() + LOOK));
                self.known.settle();
            }
            self.known.search(&self.target, Search::Everywhere)?;
            self.known.settle();
            if !self.known.has_living() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Waits until one of them ends, or the control group may be empty.
    fn wait(&self, until: Instant) {
        let watch: Option<ScopeWatch> = self.target.scope.as_ref().and_then(|scope| scope.watch().ok());
        let mut fds: Vec<PollFd<'_>> = self
            .known
            .living()
            .take(MAX_WAITED)
            .map(|bound| PollFd::from_borrowed_fd(bound.as_fd(), PollFlags::IN))
            .collect();
        fds.extend(watch.as_ref().map(|watch| PollFd::from_borrowed_fd(watch.as_fd(), PollFlags::PRI)));
        let left = until.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: i64::from(left.subsec_nanos()) };
        // An interrupted wait is followed by a look like any other.
        poll(&mut fds, Some(&left)).unwrap_or(0);
    }
}
