//! Looks at a machine: processes, ports, the folder. The only file here that does so.

use std::collections::HashMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::init::inventory::{Answer, Inventory, Listening, Process};
use crate::init::{ask, environment, folder};
use crate::platform;
use crate::process::Table;

/// Ports that are asked what they speak.
const MOST_ASKED: usize = 64;

/// Looks around; `keeper` is the word that makes this program the keeper of others, and `variables` tells the names that
/// the caller has in its environment.
pub fn look(root: &Path, keeper: &str, variables: &dyn Fn(&str) -> bool) -> Inventory {
    let Ok(table) = Table::read() else {
        return Inventory { folder: root.to_owned(), files: folder::look(root), ..Inventory::default() };
    };
    let ports = ports(&table);
    let processes = processes(&table, root, keeper, &ports);
    let files = folder::look(root);
    let environment = environment::read(&root.join(".env"), variables);
    let wanted =
        |at: &&(SocketAddr, Option<u32>)| is_worth_asking(at.0.port(), at.1, &processes, &environment);
    let listening = ports.iter().filter(wanted).take(MOST_ASKED).map(|(address, pid)| {
        let program = pid.and_then(|pid| table.stat(pid)).map(|stat| stat.name.clone());
        let is_asked = ask::may_be_asked(program.as_deref());
        let answer = if is_asked { ask::all(*address) } else { Answer::default() };
        Listening { address: *address, pid: *pid, program, answer }
    });
    Inventory {
        folder: root.to_owned(),
        owner: platform::file_owner(root).map(platform::user_name),
        listening: listening.collect(),
        files,
        processes,
        environment,
    }
}

/// What belongs to the folder, stands on a port that everybody knows, or in the folder's `.env`.
fn is_worth_asking(
    port: u16,
    pid: Option<u32>,
    processes: &[Process],
    environment: &[crate::init::inventory::Variable],
) -> bool {
    let is_ours = |process: &&Process| {
        process.is_at_home && (Some(process.pid) == pid || process.ports.contains(&port))
    };
    let is_named = environment.iter().any(|variable| variable.port == Some(port));
    is_named || ask::is_well_known(port) || processes.iter().any(|process| is_ours(&process))
}

/// Every port of a process once, by the address that is nearest, with the process that listens: of a parent and its
/// workers, the parent.
fn ports(table: &Table) -> Vec<(SocketAddr, Option<u32>)> {
    let mut everybody = || table.stats().filter(|stat| !stat.is_kernel).map(|stat| stat.pid).collect();
    let mut found: Vec<_> = platform::every_listener(&mut everybody)
        .unwrap_or_default()
        .into_iter()
        .map(|listener| {
            let top =
                listener.pids.iter().copied().find(|pid| {
                    listener.pids.iter().all(|other| other == pid || table.descends(*other, *pid))
                });
            (listener.address, top.or_else(|| listener.pids.first().copied()))
        })
        .collect();
    once_each(&mut found);
    found
}

/// One of each port and process; of several addresses, one that this machine certainly reaches.
fn once_each(found: &mut Vec<(SocketAddr, Option<u32>)>) {
    let is_far = |address: &SocketAddr| !(address.ip().is_loopback() || address.ip().is_unspecified());
    found.sort();
    found.dedup_by_key(|(address, _)| *address);
    found.sort_by_key(|(address, pid)| (address.port(), *pid, is_far(address), *address));
    found.dedup_by_key(|(address, pid)| (address.port(), *pid));
}

/// Programs that listen, or work in the folder: not the shells and editors there, not those that started this one, and
/// not a fuelops that keeps another program.
fn processes(table: &Table, root: &Path, keeper: &str, ports: &[(SocketAddr, Option<u32>)]) -> Vec<Process> {
    let me = std::process::id();
    let mut of: HashMap<u32, Vec<u16>> = HashMap::new();
    for (address, pid) in ports {
        if let Some(pid) = pid {
            of.entry(*pid).or_default().push(address.port());
        }
    }
    let listens = |pid: u32| table.tree(pid).iter().any(|pid| of.contains_key(pid));
    let mut wanted: Vec<u32> = table
        .stats()
        .filter(|stat| !stat.is_kernel && stat.pid != me && !table.descends(me, stat.pid))
        .map(|stat| stat.pid)
        .filter(|pid| !is_keeper(table.words(*pid).unwrap_or_default(), keeper))
        .filter(|pid| {
            of.contains_key(pid) || (is_at_home(table, *pid, root) && is_program(table, *pid, listens(*pid)))
        })
        .collect();
    wanted.sort_unstable();
    let all = wanted.clone();
    wanted.retain(|pid| !all.iter().any(|other| other != pid && table.descends(*pid, *other)));
    wanted.into_iter().map(|pid| process(table, pid, root, &of)).collect()
}

/// Whether a command line is that of a keeper, or of `fuelops run`: what counts is the program behind it.
fn is_keeper(words: &[OsString], keeper: &str) -> bool {
    let Some((program, rest)) = words.split_first() else { return false };
    let is_fuelops = Path::new(program).file_name().is_some_and(|name| name == env!("CARGO_PKG_NAME"));
    let mut own = rest.iter().take_while(|word| *word != "--");
    rest.first().is_some_and(|word| word == keeper) || (is_fuelops && own.any(|word| word == "run"))
}

fn process(table: &Table, pid: u32, root: &Path, of: &HashMap<u32, Vec<u16>>) -> Process {
    let words = table.words(pid).unwrap_or_default();
    let facts = table.facts(pid);
    let mut ports: Vec<u16> =
        table.tree(pid).iter().filter_map(|pid| of.get(pid)).flatten().copied().collect();
    ports.sort_unstable();
    ports.dedup();
    Process {
        pid,
        words: words.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        dir: facts.and_then(|facts| facts.working_dir.clone()),
        user: facts.and_then(|facts| facts.owner).map(platform::user_name),
        output: platform::output_file(pid),
        unit: platform::control_group(pid).as_deref().and_then(unit),
        ports,
        is_at_home: is_at_home(table, pid, root),
    }
}

fn is_at_home(table: &Table, pid: u32, root: &Path) -> bool {
    // Everything lies below `/`.
    let dir = table.facts(pid).and_then(|facts| facts.working_dir.as_deref());
    root.parent().is_some() && dir.is_some_and(|dir| dir.starts_with(root))
}

/// Whether a process in the folder is a program of it: it listens, or runs a script, or works on a queue.
fn is_program(table: &Table, pid: u32, listens: bool) -> bool {
    let words = table.words(pid).unwrap_or_default();
    let Some(program) = words.first().map(PathBuf::from) else { return false };
    let name = program.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let runs_script = words.iter().skip(1).any(|word| {
        let word = word.to_string_lossy();
        [".py", ".js", ".rb", ".php", ".jar"].iter().any(|ending| word.ends_with(ending)) || word == "celery"
    });
    let is_interpreter = ["python", "node", "ruby", "php", "java"].iter().any(|kind| name.starts_with(kind));
    listens || (is_interpreter && runs_script)
}

/// `/system.slice/portal.service` names the unit; user sessions and scopes do not.
fn unit(group: &str) -> Option<String> {
    let name = group.rsplit('/').find(|part| part.ends_with(".service"))?;
    (group.starts_with("/system.slice/") && !name.starts_with("user@")).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_services_of_the_system_are_units() {
        assert_eq!(unit("/system.slice/portal.service"), Some("portal.service".to_owned()));
        let template = "/system.slice/system-celery.slice/celery-worker@1.service";
        assert_eq!(unit(template), Some("celery-worker@1.service".to_owned()));
        assert_eq!(unit("/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope"), None);
        assert_eq!(unit("/"), None);
    }

    #[test]
    fn server_on_several_addresses_is_one() {
        let at = |address: &str, pid| (address.parse().unwrap(), Some(pid));
        let mut found = vec![
            at("10.0.0.5:6379", 7),
            at("127.0.0.1:6379", 7),
            at("127.0.0.1:8000", 9),
            at("[::1]:6379", 7),
            at("127.0.0.2:8000", 8),
        ];
        once_each(&mut found);
        assert_eq!(found, [at("127.0.0.1:6379", 7), at("127.0.0.2:8000", 8), at("127.0.0.1:8000", 9)]);
    }

    #[test]
    fn own_ancestors_are_no_services() {
        let table = Table::read().unwrap();
        let me = std::process::id();
        let root = std::env::current_dir().unwrap();
        let found = processes(&table, &root, "__keeper", &ports(&table));
        assert!(found.iter().all(|process| process.pid != me && !table.descends(me, process.pid)));
    }
}
