//! The kernel killed it for want of memory.

use std::time::Duration;

use crate::checks::Kill;
use crate::config::CheckKind;
use crate::diagnose::naming::Named;
use crate::diagnose::scene::{Node, Part};
use crate::model::Cause;
use crate::text::human;

/// How long ago a kill may be that is known by the program's name alone.
const BY_NAME: Duration = Duration::from_secs(15 * 60);

/// A service's process is gone, and the kernel says that it killed the very pid that the pid file, or the log, names.
pub(super) fn service(node: Node<'_>) -> Option<Named> {
    let (service, Part::Process) = node.service()? else { return None };
    if !node.is_one_of(&[Cause::ProcessDown, Cause::OrphanProcess]) {
        return None;
    }
    let evidence = node.evidence();
    let logged = evidence.last_words_of(&service.name).and_then(|words| words.pid).map(f64::from);
    let pid = node.number("stale_pid").or(logged)?;
    let is_its = |kill: &&Kill| kill.pid.is_some_and(|its| f64::from(its).total_cmp(&pid).is_eq());
    let kill = evidence.kills.iter().find(is_its)?;
    let cause = if kill.is_of_group { Cause::MemoryLimit } else { Cause::MemoryFull };
    // Workers without a parent stay what they are: they hold the port.
    let cause = (node.cause() == Some(Cause::ProcessDown)).then_some(cause);
    Some(Named { cause, evidence: text(kill) })
}

/// A database or cache does not answer, nobody listens there, and the kernel killed one of its kind.
pub(super) fn server(node: Node<'_>) -> Option<Named> {
    let names: &[&str] = match node.kind()? {
        CheckKind::Mysql(_) => &["mysqld", "mariadbd"],
        CheckKind::Postgres(_) => &["postgres"],
        CheckKind::Redis(_) => &["redis-server", "valkey-server"],
        _ => return None,
    };
    let endpoint = node.endpoint().filter(|endpoint| endpoint.is_loopback())?;
    let evidence = node.evidence();
    let is_down = node.is_one_of(&[Cause::DatabaseDown, Cause::CacheDown, Cause::ProcessDown]);
    if !is_down || evidence.servers.iter().any(|server| server.port == endpoint.port) {
        return None;
    }
    // Nothing but its name tells that it is this one: an older kill was followed by a start long ago.
    let is_its = |kill: &&Kill| kill.age <= BY_NAME && names.contains(&kill.name.as_str());
    let kill = evidence.kills.iter().find(is_its)?;
    Some(Named { cause: None, evidence: text(kill) })
}

fn text(kill: &Kill) -> String {
    let (ago, short) =
        (human::duration(kill.age), if kill.is_of_group { "its control group" } else { "the machine" });
    let who = kill.pid.map_or_else(|| kill.name.clone(), |pid| format!("pid {pid} ({})", kill.name));
    format!("the kernel killed {who} {ago} ago: {short} was out of memory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::{Evidence, LastWords};
    use crate::diagnose::testing::{bad, diagnosed as read};

    fn kill(pid: u32, is_of_group: bool) -> Kill {
        Kill { pid: Some(pid), name: "python3".into(), age: Duration::from_secs(180), is_of_group }
    }

    fn process(stale: Option<u32>) -> crate::model::Finding {
        let finding = bad("service.api.process", Cause::ProcessDown);
        match stale {
            Some(pid) => finding.with("stale_pid", pid),
            None => finding,
        }
    }

    #[test]
    fn the_pid_of_the_pid_file_names_the_cause() {
        for (is_of_group, cause) in [(true, Cause::MemoryLimit), (false, Cause::MemoryFull)] {
            let evidence = Evidence { kills: vec![kill(7, is_of_group)], ..Evidence::default() };
            let found = &read(vec![process(Some(7))], &evidence)[0];
            assert_eq!(found.cause, Some(cause));
            assert!(found.summary.contains("the kernel killed pid 7 (python3) 3m ago"), "{}", found.summary);
        }
    }

    #[test]
    fn the_kill_of_another_proves_nothing() {
        let evidence = Evidence { kills: vec![kill(8, false)], ..Evidence::default() };
        for stale in [Some(7), None] {
            assert_eq!(read(vec![process(stale)], &evidence)[0].cause, Some(Cause::ProcessDown));
        }
    }

    #[test]
    fn in_a_container_no_pid_of_the_hosts_log_is_taken_for_one_of_ours() {
        let kills = vec![Kill { pid: None, ..kill(7, false) }];
        let evidence = Evidence { kills, ..Evidence::default() };
        assert_eq!(read(vec![process(Some(7))], &evidence)[0].cause, Some(Cause::ProcessDown));
    }

    #[test]
    fn old_kill_of_a_database_is_not_why_it_is_down_now() {
        for (minutes, is_told) in [(5, true), (16, false)] {
            let age = Duration::from_secs(minutes * 60);
            let kill = Kill { pid: Some(8), name: "mysqld".into(), age, is_of_group: false };
            let evidence = Evidence { kills: vec![kill], ..Evidence::default() };
            let found = &read(vec![bad("check.mysql", Cause::DatabaseDown)], &evidence)[0];
            assert_eq!(found.summary.contains("the kernel killed pid 8"), is_told, "{}", found.summary);
        }
    }

    #[test]
    fn without_a_pid_file_the_log_has_to_name_the_pid() {
        for (pid, cause) in
            [(Some(8), Cause::MemoryFull), (Some(9), Cause::ProcessDown), (None, Cause::ProcessDown)]
        {
            let words = LastWords {
                service: "api".into(),
                log: "/srv/api.log".into(),
                silent_for: Duration::from_secs(9),
                pid,
                faults: Vec::new(),
            };
            let evidence =
                Evidence { kills: vec![kill(8, false)], last_words: vec![words], ..Evidence::default() };
            assert_eq!(read(vec![process(None)], &evidence)[0].cause, Some(cause));
        }
    }
}
