//! Carries out what an operator wants of services: stops in reverse order, starts in order.

use std::collections::{HashMap, HashSet};
use std::thread;
use std::time::{Duration, Instant};

use chrono::Utc;

use crate::config::{Manager, Service};
use crate::model::Finding;
use crate::process::Bound;
use crate::report::{ServiceStatus, ServiceTurn, StoppedProcess};
use crate::service::plan::{Act, Plan, Turn, Verb};
use crate::service::{Bad, Ended, Member, Patience, Prepared, Site, StartError, Started, Stop, Unit, Work};
use crate::store::Wish;
use crate::text::{human, redact};
use crate::units::Order;

/// How long the kernel may take to end what was killed.
const KILLING: Duration = Duration::from_secs(5);
/// The first pause between two looks whether a service answers; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Measures services and checks by name.
pub type Measure<'a> = &'a mut dyn FnMut(&[String]) -> anyhow::Result<Vec<Finding>>;

/// Whether a service that was started is waited for until it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    UntilItAnswers,
    UntilItRuns,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conducted {
    pub turns: Vec<ServiceTurn>,
    pub stopped: Vec<StoppedProcess>,
    /// What to type next, for what a manager did not do.
    pub next: Vec<String>,
    pub notes: Vec<String>,
}

/// Carries a plan out; the caller holds the lock. The turns stand as in the plan.
pub fn conduct(
    plan: &Plan,
    verb: Verb,
    site: &Site,
    services: &[Service],
    wait: Wait,
    measure: Measure<'_>,
) -> Conducted {
    let turns = plan.turns.iter().map(|turn| untouched(turn, services)).collect();
    let done = Conducted { turns, ..Conducted::default() };
    let is_touched = |turn: &&Turn| !matches!(turn.act, Act::Nothing(_) | Act::Refuse(_));
    let touched = plan.turns.iter().filter(is_touched).map(|turn| turn.service.clone()).collect();
    let mut run = Run { site, verb, wait, measure, touched, prepared: HashMap::new(), done };
    let of = |turn: &Turn| services.iter().find(|service| service.name == turn.service);
    let turns: Vec<(usize, &Turn, &Service)> =
        plan.turns.iter().enumerate().filter_map(|(at, turn)| Some((at, turn, of(turn)?))).collect();
    for (at, turn, service) in &turns {
        run.prepare(*at, turn, service);
    }
    let is_open = |run: &Run<'_>, at: usize| {
        matches!(run.done.turns[at].status, ServiceStatus::Planned | ServiceStatus::Unchanged)
    };
    for (at, turn, service) in turns.iter().rev() {
        if is_open(&run, *at) {
            run.stop(*at, turn, service);
        }
    }
    for (at, turn, service) in &turns {
        if is_open(&run, *at) {
            run.start(*at, turn, service);
        }
    }
    run.done
}

/// A service before anything is done with it; also the whole of a dry run.
pub fn untouched(turn: &Turn, services: &[Service]) -> ServiceTurn {
    let service = services.iter().find(|service| service.name == turn.service);
    let (status, detail) = match &turn.act {
        Act::Start => (ServiceStatus::Planned, "start".to_owned()),
        Act::Stop(stop) => (ServiceStatus::Planned, words("stop", stop)),
        Act::Restart(stop) => (ServiceStatus::Planned, words("restart", stop)),
        Act::Nothing(how) => (ServiceStatus::Unchanged, how.clone()),
        Act::Refuse(why) => (ServiceStatus::Refused, why.clone()),
    };
    ServiceTurn {
        service: turn.service.clone(),
        manager: service.map(|service| service.manager.to_string()).unwrap_or_default(),
        status,
        pid: None,
        needed_by: turn.needed_by.clone(),
        detail,
        elapsed_ms: 0,
    }
}

fn words(verb: &str, stop: &Stop) -> String {
    match stop.members.as_slice() {
        [] => verb.to_owned(),
        members => {
            let pids: Vec<String> = members.iter().map(|member| member.pid.to_string()).collect();
            format!("{verb} (pid {})", pids.join(", "))
        }
    }
}

struct Run<'a> {
    site: &'a Site,
    verb: Verb,
    wait: Wait,
    measure: Measure<'a>,
    /// Services that are stopped or started here: they are well or not by what is done with them.
    touched: HashSet<String>,
    prepared: HashMap<String, Prepared>,
    done: Conducted,
}

impl Run<'_> {
    /// Reads what every start needs before anything is stopped: what could not come up again stays up.
    fn prepare(&mut self, at: usize, turn: &Turn, service: &Service) {
        if !matches!(turn.act, Act::Start | Act::Restart(_)) {
            return;
        }
        if let Err(why) = self.may_go_down(turn, service) {
            return self.end(at, ServiceStatus::Refused, &why);
        }
        match self.site.prepare(service) {
            Ok(prepared) => drop(self.prepared.insert(service.name.clone(), prepared)),
            Err(error) => self.end(at, ServiceStatus::Refused, &error.to_string()),
        }
    }

    /// What runs is not stopped while something that its next start would wait for is not well.
    fn may_go_down(&mut self, turn: &Turn, service: &Service) -> Result<(), String> {
        let Act::Restart(_) = &turn.act else { return Ok(()) };
        let needs: Vec<String> =
            turn.after.iter().filter(|need| !self.touched.contains(*need)).cloned().collect();
        if needs.is_empty() {
            return Ok(());
        }
        let unmet = |findings: &[Finding]| Bad::of_needs(&needs, findings);
        self.wait_for(&needs, service.start_timeout, unmet, || false).map_err(|why| {
            format!("is left as it is: what it needs is not well: {why} (--no-deps restarts it all the same)")
        })
    }

    fn stop(&mut self, at: usize, turn: &Turn, service: &Service) {
        let begun = Instant::now();
        let unit = Unit::of(service);
        match &turn.act {
            Act::Stop(stop) => {
                self.note(service, Wish::Stopped, Work::Begun);
                let outcome = match &unit {
                    Some(unit) => self.stop_unit(unit),
                    None => self.stop_processes(service, stop),
                };
                self.note(service, Wish::Stopped, Work::Done);
                match outcome {
                    Ok((status, how)) => self.end(at, status, &how),
                    Err(why) => {
                        // A manager that refused has left it as it was: it is still meant to run.
                        if unit.is_some() {
                            self.note(service, Wish::Run, Work::Done);
                        }
                        self.end(at, ServiceStatus::Failed, &why);
                    }
                }
            }
            // A manager does both in one.
            Act::Restart(stop) if unit.is_none() && !stop.members.is_empty() => {
                self.note(service, Wish::Run, Work::Begun);
                if let Err(why) = self.stop_processes(service, stop) {
                    self.note(service, Wish::Run, Work::Done);
                    self.end(at, ServiceStatus::Failed, &why);
                }
            }
            Act::Start | Act::Restart(_) | Act::Nothing(_) | Act::Refuse(_) => {}
        }
        self.done.turns[at].elapsed_ms += milliseconds(begun.elapsed());
    }

    fn stop_unit(&mut self, unit: &Unit) -> Result<(ServiceStatus, String), String> {
        match unit.carry_out(Order::Stop) {
            Ok(obeyed) if obeyed.was_so => Ok((ServiceStatus::Unchanged, "does not run".to_owned())),
            Ok(_) => Ok((ServiceStatus::Stopped, "its manager has stopped it".to_owned())),
            Err(fault) => {
                self.done.next.extend(fault.next);
                Err(fault.why)
            }
        }
    }

    fn stop_processes(&mut self, service: &Service, stop: &Stop) -> Result<(ServiceStatus, String), String> {
        let patience = Patience { grace: service.stop_timeout, kill: KILLING };
        let ended = self.site.stop(service, stop, patience, &mut |_, _| ());
        let gone: Vec<StoppedProcess> =
            ended.iter().filter(|end| end.survives.is_none()).map(|end| stopped(stop, end)).collect();
        let killed = gone.iter().filter(|process| process.signal.as_deref() == Some("SIGKILL")).count();
        let mut how = format!("{} process{}", gone.len(), if gone.len() == 1 { "" } else { "es" });
        if killed > 0 {
            how = format!("{how}, {killed} of them killed");
        }
        self.done.stopped.extend(gone);
        match ended.iter().find_map(|end| Some((end.pid, end.survives.as_ref()?))) {
            Some((pid, why)) => Err(format!("pid {pid} is still there: {why}")),
            None => Ok((ServiceStatus::Stopped, how)),
        }
    }

    fn start(&mut self, at: usize, turn: &Turn, service: &Service) {
        let done = match &turn.act {
            Act::Start => ServiceStatus::Started,
            Act::Restart(_) => ServiceStatus::Restarted,
            // What is wanted of it holds from now on, though it is so already.
            Act::Nothing(_) => {
                let wish = if self.verb == Verb::Stop { Wish::Stopped } else { Wish::Run };
                return self.note(service, wish, Work::Done);
            }
            Act::Stop(_) | Act::Refuse(_) => return,
        };
        let begun = Instant::now();
        match self.bring_up(turn, service) {
            Ok(Up { pid, was_running }) => {
                let is_restart = done == ServiceStatus::Restarted;
                let status = if was_running && !is_restart { ServiceStatus::Unchanged } else { done };
                let how = match (was_running, self.wait) {
                    (true, _) if is_restart => "was stopped, and somebody else has started it again",
                    (true, _) => "runs already",
                    (false, Wait::UntilItAnswers)
                        if service.port.is_none() && service.health_url.is_none() =>
                    {
                        "runs"
                    }
                    (false, Wait::UntilItAnswers) => "runs and answers",
                    (false, Wait::UntilItRuns) => "runs; whether it answers was not waited for",
                };
                self.done.turns[at].pid = pid;
                self.end(at, status, how);
            }
            Err(why) => self.end(at, ServiceStatus::Failed, &why),
        }
        self.note(service, Wish::Run, Work::Done);
        self.done.turns[at].elapsed_ms += milliseconds(begun.elapsed());
    }

    /// Starts it once what it needs is well, and waits until it answers.
    fn bring_up(&mut self, turn: &Turn, service: &Service) -> Result<Up, String> {
        self.await_needs(turn, service)?;
        self.note(service, Wish::Run, Work::Begun);
        let begun = Utc::now();
        let started = match (self.prepared.remove(&service.name), &turn.act) {
            (Some(prepared), Act::Restart(_)) => self.site.launch_again(service, prepared, Utc::now()),
            // Looked at once more: a moment has passed since the plan was made.
            _ => self.site.start(service, Utc::now()),
        };
        let up = match started {
            Ok(Started::Now(pid)) => Up { pid, was_running: false },
            Ok(Started::Already(pid)) => Up { pid, was_running: true },
            Err(error) => return Err(self.told(error)),
        };
        if self.wait == Wait::UntilItAnswers && !up.was_running {
            let bound = up.pid.and_then(Bound::take);
            let has_ended = || match (&bound, up.pid) {
                (Some(bound), _) => !bound.is_alive(),
                (None, Some(_)) => service.manager == Manager::Process,
                (None, None) => false,
            };
            let answers = |findings: &[Finding]| Bad::of(&service.name, findings).map(|bad| bad.why);
            let names = std::slice::from_ref(&service.name);
            let answered = self.wait_for(names, service.start_timeout, answers, has_ended);
            answered.map_err(|why| {
                match has_ended().then(|| self.site.end_of(service, begun)).flatten() {
                    Some(crash) => format!("was started, and {}{}", crash.ending, crash.why()),
                    None => format!("was started, and does not answer: {why}"),
                }
            })?;
        }
        Ok(up)
    }

    fn await_needs(&mut self, turn: &Turn, service: &Service) -> Result<(), String> {
        let has_failed = |need: &&String| {
            let of = self.done.turns.iter().find(|other| other.service == **need);
            of.is_some_and(|other| matches!(other.status, ServiceStatus::Failed | ServiceStatus::Refused))
        };
        if let Some(need) = turn.after.iter().find(has_failed) {
            return Err(format!("{need}, which it needs, did not start"));
        }
        if turn.after.is_empty() {
            return Ok(());
        }
        let unmet = |findings: &[Finding]| Bad::of_needs(&turn.after, findings);
        self.wait_for(&turn.after, service.start_timeout, unmet, || false)
            .map_err(|why| format!("what it needs is not well: {why} (--no-deps starts it all the same)"))
    }

    /// Measures until nothing is wrong, or for as long as a service may take to start.
    fn wait_for(
        &mut self,
        names: &[String],
        limit: Duration,
        wrong: impl Fn(&[Finding]) -> Option<String>,
        has_ended: impl Fn() -> bool,
    ) -> Result<(), String> {
        let until = Instant::now() + limit;
        let mut pause = FIRST_PAUSE;
        loop {
            let is_over = has_ended();
            let why = match (self.measure)(names) {
                Ok(findings) => wrong(&findings),
                Err(error) => Some(format!("it cannot be measured: {error:#}")),
            };
            match why {
                None if !is_over => return Ok(()),
                why if is_over => return Err(why.unwrap_or_else(|| "it has ended".to_owned())),
                Some(why) if Instant::now() + pause > until => {
                    return Err(format!("{why} (waited for {})", human::duration(limit)));
                }
                _ => {}
            }
            thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The words of an error, and the command to type next.
    fn told(&mut self, error: StartError) -> String {
        match error {
            StartError::Unit(fault) => {
                self.done.next.extend(fault.next);
                fault.why
            }
            other => format!("{:#}", anyhow::Error::from(other)),
        }
    }

    /// A wish that cannot be written down is told once: whoever supervises may act against it.
    fn note(&mut self, service: &Service, wish: Wish, work: Work) {
        if let Err(error) = self.site.note(&service.name, wish, work, Utc::now()) {
            let note =
                format!("what is wanted of {} could not be noted: {error}: {}", service.name, error.source);
            if !self.done.notes.contains(&note) {
                self.done.notes.push(note);
            }
        }
    }

    fn end(&mut self, at: usize, status: ServiceStatus, detail: &str) {
        let turn = &mut self.done.turns[at];
        (turn.status, turn.detail) = (status, redact::secrets(detail).into_owned());
    }
}

/// A service that runs.
struct Up {
    pid: Option<u32>,
    was_running: bool,
}

fn stopped(stop: &Stop, end: &Ended) -> StoppedProcess {
    let member = stop.members.iter().find(|member| member.pid == end.pid).cloned();
    let member = member.unwrap_or_else(|| Member {
        command: end.command.clone(),
        why: end.proof.clone(),
        ..Member::default()
    });
    StoppedProcess {
        service: stop.service.clone(),
        pid: end.pid,
        started_at: member.started_at,
        command: member.command,
        signal: end.signal.clone(),
        proof: member.why,
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
