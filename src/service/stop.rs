//! Stops the processes of one service by identity.
//!
//! What the keeper has started is stopped exactly: its control group and its cookie were written down.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::config::{Manager, Service};
use crate::platform::{self, ProcessState, Scope, Signal};
use crate::process::stop::{Intent, ProvenRoot, StopPolicy, StopReport, Survivor, Target, stop as end};
use crate::process::{Bound, Cookie, Permit, Wanted, signal};
use crate::service::{Inventory, Member, Site};
use crate::store::KeptProgram;
use crate::text::redact;

/// One service's processes that are ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stop {
    pub service: String,
    pub members: Vec<Member>,
    /// Those of them that are not the service's own.
    pub evicted: Vec<Member>,
}

/// Is told the pid and the name of a signal that is about to be sent.
pub type Witness<'a> = dyn FnMut(u32, &str) + 'a;

/// How long processes are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// After they were asked to end.
    pub grace: Duration,
    /// After they were killed.
    pub kill: Duration,
}

/// What became of a process that was to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    pub pid: u32,
    /// What it was, and why it was the service's own; blank where only its number is known.
    pub command: String,
    pub proof: String,
    /// The last signal that it was sent.
    pub signal: Option<String>,
    /// Why it is still there; `None` where it is gone.
    pub survives: Option<String>,
}

impl Stop {
    /// What was found of a service: its own processes, and children of it that have lost their parent.
    pub fn of(found: &Inventory) -> Self {
        let members = found.own.iter().chain(&found.orphans).cloned().collect();
        Self { service: found.service.clone(), members, evicted: Vec::new() }
    }
}

impl Site {
    /// Ends a service's processes, and everything that descends from them or lives in its control group: asks with its
    /// stop signal, waits, kills, and looks whether they are gone. Every signal is told to `witness` before it is sent.
    pub fn stop(
        &self,
        service: &Service,
        stop: &Stop,
        patience: Patience,
        witness: &mut Witness<'_>,
    ) -> Vec<Ended> {
        let (held, mut ended) = hold(&stop.members);
        let wanted = Wanted::of(service, &self.twins, &self.root, &self.state_dir);
        let kept = KeptProgram::read(&self.state_dir, &service.name);
        let target = Target {
            roots: held,
            scope: scope_of(&self.state_dir, &service.name, &wanted),
            cookie: kept.and_then(|kept| Cookie::known(&kept.cookie)),
            permit: permit(service, &wanted, stop),
        };
        let policy = StopPolicy { signal: asking(service), grace: patience.grace, patience: patience.kill };
        let mut told = |intent: &Intent<'_>| -> io::Result<()> {
            witness(intent.pid, &signal::name(intent.signal.as_raw()));
            Ok(())
        };
        match end(target, policy, &mut told) {
            Ok(report) => ended.extend(outcomes(report)),
            Err(error) => {
                let survives = format!("it could not be stopped: {error}");
                ended.extend(stop.members.iter().map(|m| Ended::alive(m.pid, survives.clone())));
            }
        }
        ended
    }
}

impl Ended {
    fn alive(pid: u32, why: String) -> Self {
        Self { pid, survives: Some(why), ..Self::default() }
    }
}

/// Holds the members that are still themselves; tells of the others.
fn hold(members: &[Member]) -> (Vec<ProvenRoot>, Vec<Ended>) {
    let (mut held, mut lost) = (Vec::new(), Vec::new());
    for member in members {
        match member.identity.as_ref().and_then(Bound::again) {
            Some(bound) => held.push(ProvenRoot { bound, proof: member.why.clone() }),
            None if may_live(member) => {
                lost.push(Ended::alive(member.pid, "it could not be held, and may be alive".to_owned()));
            }
            None => lost.push(Ended { pid: member.pid, ..Ended::default() }),
        }
    }
    (held, lost)
}

/// The control group that a service was started in, if everything in it is the service's to end: what is written down in
/// a folder of somebody else's is not believed any further.
pub(super) fn scope_of(state_dir: &Path, service: &str, wanted: &Wanted) -> Option<Scope> {
    let scope = Scope::open(KeptProgram::read(state_dir, service)?.scope.as_deref()?)?;
    let is_ours = |pid: &u32| platform::process_owner(*pid).is_some_and(|uid| wanted.may_belong_to(uid));
    scope.members().ok()?.iter().all(is_ours).then_some(scope)
}

/// Whether a process that could not be held lives on; a zombie, or another of the same number, does not count.
fn may_live(member: &Member) -> bool {
    platform::process_stat(member.pid).is_some_and(|stat| {
        let is_same = member.identity.as_ref().is_none_or(|identity| identity.started == stat.started.0);
        stat.state != ProcessState::Zombie && is_same
    })
}

/// The service's stop signal; TERM where the system does not know it.
fn asking(service: &Service) -> Signal {
    Signal::from_named_raw(service.stop_signal.number()).unwrap_or(Signal::TERM)
}

fn permit(service: &Service, wanted: &Wanted, stop: &Stop) -> Permit {
    let mut users = wanted.trusted.clone();
    users.extend(wanted.owner);
    // An evicted stranger is somebody else's by definition; the kernel still asks whether we may.
    users.extend(stop.evicted.iter().filter_map(|member| member.identity.as_ref()?.owner));
    let unit = if service.manager == Manager::Systemd { service.unit.clone() } else { None };
    let program = service.command.as_ref().and_then(|command| {
        Path::new(command.program()).file_name().map(|name| name.to_string_lossy().into_owned())
    });
    Permit { users, unit, program }
}

fn outcomes(report: StopReport) -> impl Iterator<Item = Ended> {
    let stopped = report.stopped.into_iter().map(|stopped| Ended {
        pid: stopped.pid,
        command: redact::secrets(&stopped.command).into_owned(),
        proof: stopped.proof,
        signal: stopped.signal.map(|s| signal::name(s.as_raw())),
        survives: None,
    });
    let survivors = report.survivors.into_iter().map(|survivor| {
        let why = why_alive(&survivor);
        Ended { command: redact::secrets(&survivor.command).into_owned(), ..Ended::alive(survivor.pid, why) }
    });
    let refused = report.refused.into_iter().map(|left| Ended {
        command: redact::secrets(&left.command).into_owned(),
        ..Ended::alive(left.pid, format!("it was left alone: {}", left.why))
    });
    stopped.chain(survivors).chain(refused)
}

fn why_alive(survivor: &Survivor) -> String {
    if let Some(why) = &survivor.why {
        return why.clone();
    }
    let place = survivor.waits_in.as_deref().map_or_else(String::new, |place| format!(" in {place}"));
    match survivor.state {
        ProcessState::Uninterruptible => {
            format!("it takes no signal: it waits{place} for a disk or file system")
        }
        _ => "it was killed and has not ended yet".to_owned(),
    }
}
