//! A mark in the environment of what we start, inherited by whatever that starts.
//!
//! It survives double forks and new sessions. Its absence proves nothing (a program may write over its environment), and
//! its presence counts only together with the right owner: everybody can set a variable.

use std::fs::File;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::platform;
use crate::process::Table;

/// The variable that holds it.
pub const VARIABLE: &str = "FUELOPS_RUN";
/// Random bytes in a cookie.
const BYTES: usize = 16;

/// The mark of one start of one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cookie(String);

impl Cookie {
    /// Makes one that nobody has.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> io::Result<Self> {
        let mut raw = [0; BYTES];
        File::open("/dev/urandom")?.read_exact(&mut raw)?;
        Ok(Self(data_encoding::HEXLOWER.encode(&raw)))
    }

    /// The mark that was written down when a program was started; `None` where the text is none.
    pub fn known(text: &str) -> Option<Self> {
        let is_mark = text.len() == 2 * BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_mark.then(|| Self(text.to_owned()))
    }

    /// What the variable is set to.
    pub fn value(&self) -> &str {
        &self.0
    }

    /// Whether a process was started with it.
    pub fn marks(&self, pid: u32) -> bool {
        let Some(environment) = platform::environment(pid) else { return false };
        let wanted = format!("{VARIABLE}={}", self.0);
        environment.split(|byte| *byte == 0).any(|part| part == wanted.as_bytes())
    }

    /// Every process of the table that has it and belongs to one of these users.
    pub fn holders(&self, table: &Table, users: &[u32]) -> Vec<u32> {
        let is_ours = |pid: u32| platform::process_owner(pid).is_some_and(|owner| users.contains(&owner));
        table
            .stats()
            .filter(|stat| !stat.is_kernel)
            .map(|stat| stat.pid)
            .filter(|pid| self.marks(*pid) && is_ours(*pid))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_daemon_that_forked_twice_is_found_and_another_is_not() {
        let cookie = Cookie::new().unwrap();
        assert_ne!(cookie, Cookie::new().unwrap());
        let out = Command::new("sh")
            .args(["-c", "setsid sh -c 'sleep 60 >/dev/null 2>&1 & echo $!'"])
            .env(VARIABLE, cookie.value())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let daemon: u32 = String::from_utf8(out.stdout).unwrap().trim().parse().unwrap();
        let me = platform::caller_uid();
        let table = Table::read().unwrap();
        assert_eq!(cookie.holders(&table, &[me]), [daemon]);
        assert!(cookie.holders(&table, &[me + 1]).is_empty());
        platform::ProcessHold::take(daemon).unwrap().signal(platform::Signal::KILL);
    }
}
