//! What Linux and macOS do alike: users, process groups, limits of this process.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::unistd::{Uid, User};
use rustix::io::Errno;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, getrlimit, kill_process_group, setrlimit, test_kill_process,
};

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub home: PathBuf,
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw(), home: user.dir }
    }
}

/// Returns the user with this number. May ask a directory server.
pub fn account(uid: u32) -> Option<Account> {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map(Account::from)
}

/// Returns the user with this name. May ask a directory server.
pub fn account_of_name(name: &str) -> Option<Account> {
    User::from_name(name).ok().flatten().map(Account::from)
}

/// Returns a user's name, or the number where it has none.
pub fn user_name(uid: u32) -> String {
    account(uid).map_or_else(|| format!("uid {uid}"), |a| a.name)
}

/// Returns the name of this machine.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Returns the user on whose behalf this process acts.
pub fn caller_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Returns whom a file or folder belongs to.
pub fn file_owner(path: &Path) -> Option<u32> {
    path.metadata().ok().map(|m| m.uid())
}

/// Whether a process has this number, also where the system hides it from the caller. A zombie is one.
pub fn process_exists(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    matches!(test_kill_process(pid), Ok(()) | Err(Errno::PERM))
}

/// Returns the CPU time that this process has used.
pub fn own_cpu() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return Duration::ZERO };
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// Kills every process of a group that this process made and whose leader it has not reaped.
pub fn kill_group(leader: u32) {
    let group = i32::try_from(leader).ok().and_then(Pid::from_raw);
    if let Some(group) = group.filter(|g| !g.is_init()) {
        // A group that is gone already is what was wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Whether an error says that this process or this machine may open no more files.
pub fn is_out_of_files(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

/// Raises this process's limit of open files to what `wanted` needs, as far as the hard limit allows; returns the limit
/// that then holds.
pub fn raise_open_files(wanted: u64) -> u64 {
    let now = getrlimit(Resource::Nofile);
    let Some(current) = now.current.filter(|current| *current < wanted) else {
        return now.current.unwrap_or(u64::MAX);
    };
    let raised = now.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: now.maximum }) {
        Ok(()) => raised,
        Err(_) => current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_a_process_are_told_from_those_with_one() {
        assert!(process_exists(1) && process_exists(std::process::id()));
        assert!(!process_exists(0) && !process_exists(4_194_304) && !process_exists(u32::MAX));
    }

    #[test]
    fn root_has_a_name_and_nobody_knows_the_last_number() {
        assert_eq!(user_name(0), "root");
        assert_eq!(user_name(4_294_967_290), "uid 4294967290");
        assert_eq!(account_of_name("root").map(|a| a.uid), Some(0));
    }
}
