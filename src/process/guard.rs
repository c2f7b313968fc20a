//! What is never signalled, whatever seems to prove that it is ours.

use std::collections::HashSet;
use std::fmt;

use crate::platform;
use crate::process::Table;

/// Programs whose data dies with them, or that are slow to come back; stopped only where a service is this very program.
const DATABASES: [&str; 10] = [
    "mysqld",
    "mariadbd",
    "postgres",
    "postmaster",
    "redis-server",
    "valkey-server",
    "mongod",
    "memcached",
    "clickhouse-server",
    "influxd",
];

/// Why a process is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Init,
    Kernel,
    Ourselves,
    /// It started us, or holds our terminal.
    Ancestor,
    /// A container, where the same number and path mean others.
    Contained,
    UnknownOwner,
    OtherUser(u32),
    OtherUnit(String),
    Database(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Init => f.write_str("it is the first process of the machine"),
            Self::Kernel => f.write_str("it is a part of the kernel"),
            Self::Ourselves => f.write_str("it is fuelops itself"),
            Self::Ancestor => f.write_str("fuelops was started by it"),
            Self::Contained => f.write_str("it lives in a container"),
            Self::UnknownOwner => f.write_str("its owner may not be known"),
            Self::OtherUser(uid) => write!(f, "it belongs to {}", platform::user_name(*uid)),
            Self::OtherUnit(unit) => write!(f, "it belongs to the unit {unit}"),
            Self::Database(name) => write!(f, "{name} is a database server and no service of this config"),
        }
    }
}

/// What may be stopped in the name of one service.
#[derive(Clone, Debug, Default)]
pub struct Permit {
    /// Users that its processes may belong to.
    pub users: Vec<u32>,
    /// The unit that runs it, if one does.
    pub unit: Option<String>,
    /// The name of its program: a database server may be stopped only under its own name.
    pub program: Option<String>,
}

/// Knows whom this process must not end, at one moment.
#[derive(Clone, Debug)]
pub struct Guard {
    me: u32,
    ancestors: HashSet<u32>,
    own_unit: Option<String>,
}

impl Guard {
    /// Looks up from this process to the first.
    pub fn new(table: &Table) -> Self {
        let me = std::process::id();
        let mut ancestors = HashSet::new();
        let mut at = me;
        while let Some(parent) = table.stat(at).map(|stat| stat.parent).filter(|parent| *parent > 0) {
            if !ancestors.insert(parent) {
                break;
            }
            at = parent;
        }
        // 0 where it lives outside our PID namespace, as for a command that was brought into a container.
        let leader = nix::unistd::getsid(None).ok().and_then(|pid| u32::try_from(pid.as_raw()).ok());
        ancestors.extend(leader.filter(|pid| *pid != 0 && *pid != me));
        let own_unit = platform::control_group(me).as_deref().and_then(unit_of).map(str::to_owned);
        Self { me, ancestors, own_unit }
    }

    /// Says why a process must not be signalled; `None` where nothing stands against it.
    pub fn objection(&self, table: &Table, pid: u32, permit: &Permit) -> Option<Refusal> {
        if pid <= 1 {
            return Some(Refusal::Init);
        }
        if pid == self.me {
            return Some(Refusal::Ourselves);
        }
        if self.ancestors.contains(&pid) {
            return Some(Refusal::Ancestor);
        }
        if table.stat(pid).is_some_and(|stat| stat.is_kernel) {
            return Some(Refusal::Kernel);
        }
        if platform::is_contained(pid) == Some(true) {
            return Some(Refusal::Contained);
        }
        match platform::process_owner(pid) {
            None => return Some(Refusal::UnknownOwner),
            Some(owner) if !permit.users.contains(&owner) => return Some(Refusal::OtherUser(owner)),
            Some(_) => {}
        }
        self.unit_objection(pid, permit).or_else(|| database_objection(pid, permit))
    }

    fn unit_objection(&self, pid: u32, permit: &Permit) -> Option<Refusal> {
        let group = platform::control_group(pid)?;
        let unit = unit_of(&group)?;
        let is_known = permit.unit.as_deref() == Some(unit) || self.own_unit.as_deref() == Some(unit);
        (!is_known).then(|| Refusal::OtherUnit(unit.to_owned()))
    }
}

fn database_objection(pid: u32, permit: &Permit) -> Option<Refusal> {
    let exe = platform::executable(pid)?.path;
    let name = exe.file_name()?.to_string_lossy().into_owned();
    let is_server = DATABASES.contains(&name.as_str());
    (is_server && permit.program.as_deref() != Some(name.as_str())).then_some(Refusal::Database(name))
}

/// The unit in the path of a control group: its last part that is a service; a user's own instance of systemd is none.
fn unit_of(group: &str) -> Option<&str> {
    // Groups of our own making are named after services, and are no units.
    let group = group.split("/fuelops/").next()?;
    let last = group.rsplit('/').find(|part| part.ends_with(".service"))?;
    (!last.starts_with("user@")).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ourselves_ancestors_and_init_are_refused_even_to_root() {
        let table = Table::read().unwrap();
        let guard = Guard::new(&table);
        let permit = Permit { users: vec![0, platform::caller_uid()], ..Permit::default() };
        let me = std::process::id();
        assert_eq!(guard.objection(&table, me, &permit), Some(Refusal::Ourselves));
        assert_eq!(guard.objection(&table, 1, &permit), Some(Refusal::Init));
        assert_eq!(guard.objection(&table, 0, &permit), Some(Refusal::Init));
        let parent = table.stat(me).unwrap().parent;
        if parent > 1 {
            assert_eq!(guard.objection(&table, parent, &permit), Some(Refusal::Ancestor));
        }
    }

    #[test]
    fn a_process_of_another_user_is_refused() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let table = Table::read().unwrap();
        let guard = Guard::new(&table);
        let me = platform::caller_uid();
        let permit = |users: Vec<u32>| Permit { users, ..Permit::default() };
        assert_eq!(guard.objection(&table, child.id(), &permit(vec![me])), None);
        let objection = guard.objection(&table, child.id(), &permit(vec![me + 1]));
        assert_eq!(objection, Some(Refusal::OtherUser(me)));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn units_are_read_from_the_path_of_a_group() {
        assert_eq!(unit_of("/system.slice/nginx.service"), Some("nginx.service"));
        assert_eq!(unit_of("/system.slice/nginx.service/worker"), Some("nginx.service"));
        assert_eq!(unit_of("/user.slice/user-1000.slice/session-3.scope"), None);
        assert_eq!(unit_of("/user.slice/user-1000.slice/user@1000.service"), None);
        assert_eq!(unit_of("/user.slice/user@1000.service/app.slice/app-x.service"), Some("app-x.service"));
        assert_eq!(unit_of("/fuelops/tag/s-web.service"), None);
        assert_eq!(unit_of("/"), None);
    }
}
