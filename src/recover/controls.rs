//! Stops the processes of a service by identity.
//!
//! What the keeper has started is stopped exactly: its control group and its cookie were written down.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::config::{Manager, Service};
use crate::keeper::Start;
use crate::platform::{self, Account, ProcessState, Scope, Signal};
use crate::process::stop::{ProvenRoot, StopPolicy, StopReport, Survivor, Target, stop as end};
use crate::process::{Bound, Cookie, Permit, Wanted, bare_environment, signal};
use crate::recover::hands::{Ended, Patience, Witness};
use crate::recover::plan::{Member, Stop};
use crate::store::{KeptProgram, LogFiles};

/// Ends what the plan says of one service, and everything that descends from it.
pub(super) fn stop(
    service: &Service,
    root: &Path,
    state_dir: &Path,
    stop: &Stop,
    patience: Patience,
    witness: &mut Witness<'_>,
) -> Vec<Ended> {
    let bound: Vec<(&Member, Bound)> = stop
        .members
        .iter()
        .filter_map(|member| Some((member, Bound::again(member.identity.as_ref()?)?)))
        .collect();
    let lost = stop.members.iter().filter(|member| bound.iter().all(|(other, _)| other.pid != member.pid));
    let mut ended: Vec<Ended> = lost
        .map(|member| Ended {
            pid: member.pid,
            signal: None,
            survives: may_live(member).then(|| "it could not be held, and may be alive".to_owned()),
        })
        .collect();
    let roots = bound.into_iter().map(|(member, bound)| ProvenRoot { bound, proof: member.why.clone() });
    let wanted = Wanted::of(service, root);
    let cookie = KeptProgram::read(state_dir, &service.name).and_then(|kept| Cookie::known(&kept.cookie));
    let scope = scope_of(state_dir, &service.name, &wanted);
    let permit = permit(service, &wanted, stop);
    let target = Target { roots: roots.collect(), scope, cookie, permit };
    let policy = StopPolicy { signal: asking(service), grace: patience.grace, patience: patience.kill };
    let mut told = |intent: &crate::process::stop::Intent<'_>| -> io::Result<()> {
        witness(intent.pid, &signal::name(intent.signal.as_raw()));
        Ok(())
    };
    match end(target, policy, &mut told) {
        Ok(report) => ended.extend(outcomes(report)),
        Err(error) => {
            let survives = Some(format!("it could not be stopped: {error}"));
            ended.extend(stop.members.iter().map(|m| Ended {
                pid: m.pid,
                signal: None,
                survives: survives.clone(),
            }));
        }
    }
    ended
}

/// The control group that a service was started in, if everything in it is the service's to end: what is written down in
/// a folder of somebody else's is not believed any further.
pub(super) fn scope_of(state_dir: &Path, service: &str, wanted: &Wanted) -> Option<Scope> {
    let scope = Scope::open(KeptProgram::read(state_dir, service)?.scope.as_deref()?)?;
    let is_ours = |pid: &u32| platform::process_owner(*pid).is_some_and(|uid| wanted.may_belong_to(uid));
    scope.members().ok()?.iter().all(is_ours).then_some(scope)
}

/// What the keeper is told to start a service.
///
/// # Errors
/// When a variable cannot be read or its user does not exist, in words.
pub(super) fn launch(
    service: &Service,
    root: &Path,
    environment: &[(OsString, OsString)],
) -> Result<Start, String> {
    let command = service.command.as_ref().ok_or("it has no command; its manager starts it")?;
    let account = account(service, root)?;
    let mut env: Vec<(OsString, OsString)> = match &account {
        Some(account) => bare_environment(account),
        None => environment.to_vec(),
    };
    if let Some(path) = &service.env_file {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        env.extend(variables(&text));
    }
    for (name, value) in &service.env {
        let value = value.expose().map_err(|error| format!("env.{name}: {error}"))?;
        env.push((name.into(), value.into()));
    }
    Ok(Start {
        files: files(service, root),
        name: service.name.clone(),
        words: command.words().to_vec(),
        dir: service.cwd.clone(),
        env,
        file_user: account.as_ref().map(|account| (account.uid, account.gid)),
        user: account.map(Into::into),
        pid_file: service.pid_file.clone(),
    })
}

/// The files that a service's output goes to.
pub(super) fn files(service: &Service, root: &Path) -> LogFiles {
    LogFiles::of(&service.name, service.log_file.as_deref(), &root.join("logs"))
}

/// Whom the service becomes; nobody else where the caller is no root and nobody is named.
fn account(service: &Service, root: &Path) -> Result<Option<Account>, String> {
    let caller = platform::caller_uid();
    let owner = Wanted::of(service, root).owner;
    let named = service.user.as_deref();
    match (caller, owner) {
        (_, Some(owner)) if owner == caller => Ok(None),
        (0, owner) => owner.and_then(platform::account).map(Some).ok_or_else(|| {
            format!("the user {} is not known on this machine", named.unwrap_or("that owns its folder"))
        }),
        (_, owner) => match named {
            Some(name) => Err(format!("it runs as {name}; use sudo")),
            // Whoever may read and start it does so as himself.
            None => owner.map(|_| None).ok_or_else(|| "its folder is gone".to_owned()),
        },
    }
}

/// Whether a process that could not be held lives on; a zombie, or another of the same number, does not count.
fn may_live(member: &Member) -> bool {
    platform::process_stat(member.pid).is_some_and(|stat| {
        let is_same = member.identity.as_ref().is_none_or(|identity| identity.started == stat.started.0);
        stat.state != ProcessState::Zombie && is_same
    })
}

/// `NAME=value` lines; blank ones, comments and `export` are no part of them.
fn variables(text: &str) -> impl Iterator<Item = (OsString, OsString)> + '_ {
    text.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        let value = value.trim();
        let quoted = |mark: char| value.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
        let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
        Some((name.trim().into(), value.into()))
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
        signal: stopped.signal.map(|s| signal::name(s.as_raw())),
        survives: None,
    });
    let survivors = report.survivors.into_iter().map(|survivor| Ended {
        pid: survivor.pid,
        signal: None,
        survives: Some(why_alive(&survivor)),
    });
    let refused = report.refused.into_iter().map(|left| Ended {
        pid: left.pid,
        signal: None,
        survives: Some(format!("it was left alone: {}", left.why)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_env_file_is_read_as_shells_write_it() {
        let text = "# a comment\nA=1\nexport B=\"two words\"\n\nC='x=y'\nnonsense\n";
        let read: Vec<(OsString, OsString)> = variables(text).collect();
        let expected = [("A", "1"), ("B", "two words"), ("C", "x=y")];
        assert_eq!(read, expected.map(|(name, value)| (name.into(), value.into())));
    }
}
