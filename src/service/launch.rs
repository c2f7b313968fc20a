//! Starting one service.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::capture::{LastCrash, last_crash};
use crate::config::Service;
use crate::keeper::{KeeperError, Start};
use crate::platform::{self, Account};
use crate::process::{Wanted, bare_environment};
use crate::service::{Inventory, Member, Site, Unit};
use crate::store::LogFiles;
use crate::units::{Order, OrderFault};

/// Processes of an earlier run that are named.
const MAX_NAMED: usize = 5;

/// How long a keeper may take to write down how a program ended.
const END_IS_TOLD: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Everything that a start needs, read beforehand.
#[derive(Clone, Debug)]
pub struct Prepared(Way);

#[derive(Clone, Debug)]
enum Way {
    /// By the keeper.
    Keeper(Box<Start>),
    /// By its manager.
    Unit(Unit),
}

/// What a start came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// Its pid, where its manager tells.
    Now(Option<u32>),
    /// It ran.
    Already(Option<u32>),
}

impl Started {
    /// Its pid, where that is told.
    pub fn pid(self) -> Option<u32> {
        match self {
            Self::Now(pid) | Self::Already(pid) => pid,
        }
    }
}

/// Why a service was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// What its section says cannot be carried out.
    #[error("{0}")]
    Unready(String),
    #[error("its port {port} is held by pid {} ({}), which is not its own", holder.pid, holder.command)]
    PortTaken { port: u16, holder: Box<Member> },
    /// They have to be stopped first.
    #[error("processes of an earlier run live on: {}; restart ends them first", named(members))]
    Remains { members: Vec<Member> },
    #[error("the processes of this machine cannot be listed")]
    Unlisted(#[source] io::Error),
    /// It may run, unseen.
    #[error("pid {} ({}) may be it: {}; run this as its user or as root", member.pid, member.command, member.why)]
    Unproven { member: Box<Member> },
    #[error(transparent)]
    Keeper(#[from] KeeperError),
    #[error(transparent)]
    Unit(#[from] OrderFault),
}

impl Site {
    /// Starts a service unless it runs. Returns once its program runs; whether it answers is for others to look at.
    ///
    /// # Errors
    /// When another process holds its port, something of an earlier run lives on, or it cannot be started.
    pub fn start(&self, service: &Service, now: DateTime<Utc>) -> Result<Started, StartError> {
        if let Some(unit) = Unit::of(service) {
            let obeyed = unit.carry_out(Order::Start)?;
            return Ok(if obeyed.was_so { Started::Already(obeyed.pid) } else { Started::Now(obeyed.pid) });
        }
        let found = self.look_at(service, now).map_err(StartError::Unlisted)?;
        self.start_beside(service, &found)
    }

    /// Starts a service of which this was found a moment ago, unless it runs.
    ///
    /// # Errors
    /// As [`Site::start`], but for what cannot be looked at.
    pub fn start_beside(&self, service: &Service, found: &Inventory) -> Result<Started, StartError> {
        match may_start(service, found)? {
            Some(pid) => Ok(Started::Already(Some(pid))),
            None => Ok(Started::Now(self.launch(self.prepare(service)?)?)),
        }
    }

    /// Reads everything that a start needs.
    ///
    /// # Errors
    /// When a variable cannot be read or its user does not exist.
    pub fn prepare(&self, service: &Service) -> Result<Prepared, StartError> {
        if let Some(unit) = Unit::of(service) {
            return Ok(Prepared(Way::Unit(unit)));
        }
        let start = prepare(service, &self.root, &self.environment).map_err(StartError::Unready)?;
        Ok(Prepared(Way::Keeper(Box::new(start))))
    }

    /// Has the keeper start what was prepared, whatever else runs, or its manager restart it; returns its pid, where that
    /// is known.
    ///
    /// # Errors
    /// When there can be no keeper, the program cannot be started, or its manager does not obey.
    pub fn launch(&self, prepared: Prepared) -> Result<Option<u32>, StartError> {
        match prepared.0 {
            Way::Keeper(start) => Ok(Some(self.keeper.start(*start)?)),
            Way::Unit(unit) => Ok(unit.carry_out(Order::Restart)?.pid),
        }
    }

    /// Starts a service that was stopped a moment ago, from what was read before that, unless somebody else has started
    /// it since.
    ///
    /// # Errors
    /// As [`Site::start`].
    pub fn launch_again(
        &self,
        service: &Service,
        prepared: Prepared,
        now: DateTime<Utc>,
    ) -> Result<Started, StartError> {
        if Unit::of(service).is_none() {
            let found = self.look_at(service, now).map_err(StartError::Unlisted)?;
            if let Some(pid) = may_start(service, &found)? {
                return Ok(Started::Already(Some(pid)));
            }
        }
        self.launch(prepared).map(Started::Now)
    }

    /// How a service ended that was started at `begun`, once its keeper has written that down; it does so within a moment.
    pub fn end_of(&self, service: &Service, begun: DateTime<Utc>) -> Option<LastCrash> {
        let until = Instant::now() + END_IS_TOLD;
        loop {
            // A record is written to the second.
            let is_its = |crash: &LastCrash| crash.at.timestamp() >= begun.timestamp();
            let crash = last_crash(&service.name, &self.log_files(service)).filter(is_its);
            if crash.is_some() || Instant::now() >= until {
                return crash;
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// The files that a service's output goes to.
    pub fn log_files(&self, service: &Service) -> LogFiles {
        files(service, &self.root)
    }
}

/// The pid of the service where it runs; an error where something stands in its way.
pub(super) fn may_start(service: &Service, found: &Inventory) -> Result<Option<u32>, StartError> {
    if let Some(own) = found.own.first() {
        return Ok(Some(own.pid));
    }
    if let Some(member) = &found.unproven {
        return Err(StartError::Unproven { member: Box::new(member.clone()) });
    }
    // Before remains of it: those a restart would end, a stranger it would not.
    if let (Some(holder), Some(port)) = (found.strangers.first(), service.port) {
        return Err(StartError::PortTaken { port, holder: Box::new(holder.clone()) });
    }
    if !found.orphans.is_empty() {
        return Err(StartError::Remains { members: found.orphans.clone() });
    }
    Ok(None)
}

fn named(members: &[Member]) -> String {
    let mut names: Vec<String> =
        members.iter().take(MAX_NAMED).map(|m| format!("pid {} ({})", m.pid, m.command)).collect();
    if members.len() > MAX_NAMED {
        names.push(format!("and {} more", members.len() - MAX_NAMED));
    }
    names.join(", ")
}

/// What the keeper is told to start a service.
///
/// # Errors
/// When a variable cannot be read or its user does not exist, in words.
fn prepare(service: &Service, root: &Path, environment: &[(OsString, OsString)]) -> Result<Start, String> {
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
fn files(service: &Service, root: &Path) -> LogFiles {
    LogFiles::of(&service.name, service.log_file.as_deref(), root)
}

/// Whom the service becomes; nobody else where the caller is no root and nobody is named.
fn account(service: &Service, root: &Path) -> Result<Option<Account>, String> {
    let caller = platform::caller_uid();
    let owner = Wanted::owner_of_service(service, root);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, parse};

    fn member(pid: u32) -> Member {
        Member { pid, command: "x".to_owned(), ..Member::default() }
    }

    #[test]
    fn what_runs_is_not_started_again_and_nothing_starts_beside_remains_or_strangers() {
        let config = parse(
            "[[service]]\nname = \"api\"\ncommand = [\"true\"]\nport = 8000\n",
            Path::new("/"),
            &Environment::default(),
        )
        .unwrap();
        let service = &config.services[0];
        let mut found = Inventory { strangers: vec![member(30)], ..Inventory::default() };
        let taken = may_start(service, &found).unwrap_err().to_string();
        assert_eq!(taken, "its port 8000 is held by pid 30 (x), which is not its own");
        found.orphans = (20..27).map(member).collect();
        assert_eq!(may_start(service, &found).unwrap_err().to_string(), taken, "a restart would not end it");
        found.strangers.clear();
        let remains = may_start(service, &found).unwrap_err().to_string();
        assert!(remains.contains("pid 24 (x), and 2 more; "), "{remains}");
        found.own = vec![member(10)];
        assert_eq!(may_start(service, &found).unwrap(), Some(10));
        assert_eq!(may_start(service, &Inventory::default()).unwrap(), None);
    }

    #[test]
    fn an_env_file_is_read_as_shells_write_it() {
        let text = "# a comment\nA=1\nexport B=\"two words\"\n\nC='x=y'\nnonsense\n";
        let read: Vec<(OsString, OsString)> = variables(text).collect();
        let expected = [("A", "1"), ("B", "two words"), ("C", "x=y")];
        assert_eq!(read, expected.map(|(name, value)| (name.into(), value.into())));
    }
}
