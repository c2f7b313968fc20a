//! Who serves the ports of this machine that failing checks ask.

use crate::checks::evidence::Server;
use crate::config::{Address, Check};
use crate::model::{Finding, Severity};
use crate::platform::{self, ProcessState};
use crate::text::arguments::without_secrets;
use crate::text::{redact, shell};

/// Ports that are looked up.
const MOST: usize = 128;

/// The host and port that each check asks. May hang where a URL stands in a file.
pub(super) fn endpoints(checks: &[Check]) -> Vec<(String, Address)> {
    checks.iter().filter_map(|check| Some((check.name.clone(), check.kind.endpoint()?))).collect()
}

/// Ports on loopback that checks which failed ask.
pub(super) fn ports(endpoints: &[(String, Address)], failed: &[String]) -> Vec<u16> {
    let wanted = endpoints.iter().filter(|(name, address)| failed.contains(name) && address.is_loopback());
    let mut ports: Vec<u16> = wanted.map(|(_, address)| address.port).take(MOST).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// Names of checks that failed.
pub(super) fn failed(findings: &[Finding]) -> Vec<String> {
    let bad = findings.iter().filter(|f| f.severity > Severity::Ok);
    bad.filter_map(|f| f.check.strip_prefix("check.").map(str::to_owned)).collect()
}

/// Finds the holders of these ports, as far as this caller may see them.
pub(super) fn find(ports: &[u16]) -> Vec<Server> {
    if ports.is_empty() {
        return Vec::new();
    }
    let mut everybody = || {
        let all = platform::processes().unwrap_or_default();
        all.into_iter().filter(|stat| !stat.is_kernel).map(|stat| stat.pid).collect()
    };
    let listeners = platform::listeners(ports, &[], &mut everybody).unwrap_or_default();
    let servers = listeners.into_iter().filter_map(|listener| {
        // Of several, the parent started first.
        let pid = listener.pids.into_iter().min()?;
        let words = platform::command_line(pid).unwrap_or_default();
        let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        let line = shell::command(without_secrets(&words));
        let command = redact::secrets(&line).into_owned();
        let is_stopped = platform::process_stat(pid).is_some_and(|stat| stat.state == ProcessState::Stopped);
        let (port, dir) = (listener.address.port(), platform::working_dir(pid));
        Some(Server { port, pid, command, dir, is_stopped })
    });
    servers.collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn own_listener_is_found_with_its_folder() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = find(&[port]);
        assert_eq!((found[0].port, found[0].pid), (port, std::process::id()));
        assert_eq!(found[0].dir, std::env::current_dir().ok());
        assert!(find(&[]).is_empty());
    }
}
