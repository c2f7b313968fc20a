//! Orders to systemd, by `systemctl`.

use std::thread;
use std::time::{Duration, Instant};

use crate::text::{human, shell};
use crate::units::order::{Limits, Obeyed, Order, OrderFault};
use crate::units::systemd::ask;
use crate::units::tool;
use crate::units::{Scope, UnitFault, UnitState};

/// For a question about a unit.
const ASKING: Duration = Duration::from_secs(5);
/// How long the kernel may take to end what was killed.
const KILLING: Duration = Duration::from_secs(5);
/// Between two looks whether a unit has settled.
const PACE: Duration = Duration::from_millis(50);
const LIST: &str = "systemctl list-unit-files";

/// Carries an order out, and looks whether it holds.
pub(in crate::units) fn carry_out(unit: &str, order: Order, limits: Limits) -> Result<Obeyed, OrderFault> {
    let unit = Unit::find(unit)?;
    match order {
        Order::Start if unit.state.active == "active" => Ok(Obeyed::already(unit.state.main_pid)),
        Order::Stop if is_down(&unit.state) => Ok(Obeyed::already(None)),
        Order::Start => unit.start("start", limits.start),
        Order::Stop => unit.stop(limits.stop),
        Order::Restart if is_down(&unit.state) => unit.start("start", limits.start),
        Order::Restart => unit.restart(limits),
    }
}

/// A unit, and the manager that knows it.
struct Unit<'a> {
    name: &'a str,
    state: UnitState,
}

impl<'a> Unit<'a> {
    /// Of the machine's manager and the caller's own, the one under which it runs; else the machine's.
    fn find(name: &'a str) -> Result<Self, OrderFault> {
        let mut states =
            ask(name, Instant::now() + ASKING).map_err(|fault| OrderFault::of(fault, name, LIST))?;
        let running = states.iter().position(|state| !is_down(state)).unwrap_or(0);
        let state = states.swap_remove(running);
        match state.load.as_str() {
            "loaded" => Ok(Self { name, state }),
            _ => Err(Self { name, state }.not_loaded()),
        }
    }

    fn not_loaded(&self) -> OrderFault {
        let (why, words) = match (self.state.load.as_str(), self.state.load_error.as_str()) {
            ("masked", _) => ("is masked: nobody can start it".to_owned(), "unmask"),
            (load, "") => (format!("cannot be loaded: {load}"), "status"),
            (_, error) => (format!("cannot be loaded: {error}"), "status"),
        };
        OrderFault::new(format!("{} {why}", self.name), Some(self.command(words)))
    }

    fn start(&self, verb: &str, limit: Duration) -> Result<Obeyed, OrderFault> {
        self.forgive();
        match self.tell(&[verb], Instant::now() + limit) {
            Ok(()) => {}
            Err(Told::Refused(fault)) => return Err(fault),
            Err(Told::Silent) => return Err(self.unsettled("has not started", limit)),
        }
        self.runs(&self.now()?)
    }

    /// Asks, and kills what has not ended in time: a unit's own time to stop is a minute and a half as a rule.
    fn stop(&self, limit: Duration) -> Result<Obeyed, OrderFault> {
        match self.tell(&["stop"], Instant::now() + limit) {
            Ok(()) => {}
            Err(Told::Refused(fault)) => return Err(fault),
            Err(Told::Silent) => self.kill()?,
        }
        let state = self.settled(is_down, Instant::now() + KILLING)?;
        match is_down(&state) {
            true => Ok(Obeyed::now(None)),
            false => Err(self.unsettled("was killed and has not ended", limit + KILLING)),
        }
    }

    fn restart(&self, limits: Limits) -> Result<Obeyed, OrderFault> {
        self.forgive();
        match self.tell(&["restart"], Instant::now() + limits.stop) {
            Ok(()) => return self.runs(&self.now()?),
            Err(Told::Refused(fault)) => return Err(fault),
            Err(Told::Silent) => {}
        }
        // The job goes on without the one who asked for it; only what keeps it from going on is killed.
        if self.now()?.active == "deactivating" {
            self.kill()?;
        }
        let has_settled = |state: &UnitState| matches!(state.active.as_str(), "active" | "failed");
        self.runs(&self.settled(has_settled, Instant::now() + limits.start)?)
    }

    /// Too many starts in a short time are held against a unit until somebody forgives them.
    fn forgive(&self) {
        if self.state.active == "failed" {
            // Where that is not allowed, the start says so.
            self.tell(&["reset-failed"], Instant::now() + ASKING).unwrap_or(());
        }
    }

    fn kill(&self) -> Result<(), OrderFault> {
        match self.tell(&["kill", "--signal=KILL"], Instant::now() + ASKING) {
            Ok(()) => Ok(()),
            Err(Told::Refused(fault)) => Err(fault),
            Err(Told::Silent) => Err(OrderFault::new(UnitFault::Silent.to_string(), None)),
        }
    }

    fn tell(&self, words: &[&str], deadline: Instant) -> Result<(), Told> {
        let mut arguments = vec![self.whose(), "--no-ask-password"];
        arguments.extend(words);
        arguments.extend(["--", self.name]);
        match tool::run("systemctl", &arguments, deadline) {
            Ok(printed) if printed.status.success() => Ok(()),
            Ok(printed) => {
                let next = self.command("status");
                Err(Told::Refused(OrderFault::said("systemctl", &printed, next)))
            }
            Err(UnitFault::Silent) => Err(Told::Silent),
            Err(fault) => Err(Told::Refused(OrderFault::of(fault, self.name, LIST))),
        }
    }

    fn now(&self) -> Result<UnitState, OrderFault> {
        let states = ask(self.name, Instant::now() + ASKING)
            .map_err(|fault| OrderFault::of(fault, self.name, LIST))?;
        let same = states.into_iter().find(|state| state.scope == self.state.scope);
        same.ok_or_else(|| OrderFault::new(format!("there is no unit {} any more", self.name), None))
    }

    /// The first state that is as wanted, or the one at the deadline.
    fn settled(
        &self,
        is_wanted: impl Fn(&UnitState) -> bool,
        until: Instant,
    ) -> Result<UnitState, OrderFault> {
        loop {
            let state = self.now()?;
            if is_wanted(&state) || Instant::now() >= until {
                return Ok(state);
            }
            thread::sleep(PACE);
        }
    }

    /// What was started runs, or has done its work.
    fn runs(&self, state: &UnitState) -> Result<Obeyed, OrderFault> {
        let has_done_its_work = state.is_oneshot && state.active == "inactive" && state.result == "success";
        if state.active == "active" || has_done_its_work {
            return Ok(Obeyed::now(state.main_pid));
        }
        let how = match state.exit_status {
            Some(code) if state.active == "failed" && state.result == "exit-code" => {
                format!("has ended with exit code {code}")
            }
            _ => format!("is {} ({}) after its start", state.active, state.result),
        };
        Err(OrderFault::new(format!("{} {how}", self.name), Some(self.command("status"))))
    }

    fn unsettled(&self, what: &str, limit: Duration) -> OrderFault {
        let why = format!("{} {what} within {}", self.name, human::duration(limit));
        OrderFault::new(why, Some(self.command("status")))
    }

    fn whose(&self) -> &'static str {
        match self.state.scope {
            Scope::User => "--user",
            Scope::System => "--system",
        }
    }

    fn command(&self, verb: &str) -> String {
        let whose: &[&str] = if self.state.scope == Scope::User { &["--user"] } else { &[] };
        shell::command(["systemctl"].iter().chain(whose).copied().chain([verb, self.name]))
    }
}

/// Why `systemctl` did not say that it is done.
enum Told {
    Refused(OrderFault),
    Silent,
}

/// A unit between two restarts of its manager's does not run, and is not down.
fn is_down(state: &UnitState) -> bool {
    matches!(state.active.as_str(), "inactive" | "failed")
}
