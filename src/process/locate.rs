//! Finds a service's own process among all.

use std::time::{Duration, SystemTime};

use crate::platform::{self, Listener, ProcessState};
use crate::process::{Likeness, PidFile, Program, Table, Wanted};

/// A program may write its pid file a little before, or be started a little after, what the clocks say.
const CLOCK_SLACK: Duration = Duration::from_secs(5);

/// Where a service's process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    Running {
        pid: u32,
        proof: Proof,
        /// Further processes that are the same program by the same proof.
        copies: Vec<u32>,
    },
    /// Its parent is gone; these children live on.
    Orphaned {
        pids: Vec<u32>,
    },
    /// This one looks like it, and may not be looked at closely enough to prove it.
    Unproven {
        pid: u32,
    },
    Down,
}

/// What proves that a process is the service's own. Its owner is right in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Executable, words and folder agree.
    Command,
    /// A keeper has started it and wrote down who it is; it may have put another program in its place since.
    Kept,
    /// The pid file names it, and executable and folder do not contradict.
    PidFile,
    /// It holds the service's port, and executable and folder agree.
    Port,
}

/// Whose a process is that holds a service's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It belongs to the service's own tree.
    Service,
    /// A child of the service that has lost its parent.
    Orphan,
    Stranger,
}

impl Wanted {
    /// Processes that are the service's by their command alone, without those that descend from another such.
    pub fn roots(&self, table: &Table) -> Vec<u32> {
        let mut same: Vec<u32> = table
            .stats()
            .map(|stat| stat.pid)
            .filter(|pid| self.likeness(table, *pid) == Likeness::Same)
            .collect();
        same.retain(|pid| self.has_owner(table, *pid));
        let all = same.clone();
        // A forked worker has its parent's words.
        same.retain(|pid| !all.iter().any(|other| table.descends(*pid, *other)));
        same.sort_by_key(|pid| (std::cmp::Reverse(table.stat(*pid).map(|s| s.age)), *pid));
        same
    }

    /// Finds the service's process. `listeners` are those of the service's port.
    pub fn locate(&self, table: &Table, listeners: &[Listener]) -> Presence {
        let holders: Vec<u32> = listeners.iter().flat_map(|l| l.pids.iter().copied()).collect();
        let (orphans, mut roots): (Vec<u32>, Vec<u32>) =
            self.roots(table).into_iter().partition(|pid| self.lost_its_parent(table, *pid));
        let named = self.pid_file.pid();
        let has = |root: u32, pid: u32| root == pid || table.descends(pid, root) || table.descends(root, pid);
        let kept = self.kept.filter(|pid| is_alive(table, *pid) && self.has_owner(table, *pid));
        if let Some(pid) = kept.filter(|pid| !roots.iter().any(|root| has(*root, *pid))) {
            return Presence::Running { pid, proof: Proof::Kept, copies: roots };
        }
        // The kept one, the one that the pid file names, then the one that holds the port, then the oldest.
        roots.sort_by_key(|root| {
            let is_kept = kept.is_some_and(|pid| has(*root, pid));
            let is_named = named.is_some_and(|pid| has(*root, pid));
            let has_port = holders.iter().any(|pid| has(*root, *pid));
            (!is_kept, !is_named, !has_port)
        });
        if let Some((&pid, copies)) = roots.split_first() {
            return Presence::Running { pid, proof: Proof::Command, copies: copies.to_vec() };
        }
        if let Some((pid, proof)) = self.by_other_proof(table, &holders) {
            return Presence::Running { pid, proof, copies: Vec::new() };
        }
        let mut pids = orphans;
        pids.extend(table.stats().map(|stat| stat.pid).filter(|pid| self.is_orphan(table, *pid, &holders)));
        pids.sort_unstable();
        pids.dedup();
        if !pids.is_empty() {
            return Presence::Orphaned { pids };
        }
        self.unproven(table).map_or(Presence::Down, |pid| Presence::Unproven { pid })
    }

    /// Says whose a process is that holds the service's port.
    pub fn owner_of(&self, table: &Table, presence: &Presence, pid: u32) -> Owner {
        let belongs = |root: u32| root == pid || table.descends(pid, root);
        let is_own = match presence {
            Presence::Running { pid: root, copies, .. } => {
                belongs(*root) || copies.iter().any(|copy| belongs(*copy))
            }
            Presence::Unproven { pid: root } => belongs(*root),
            Presence::Orphaned { pids } if pids.contains(&pid) => return Owner::Orphan,
            Presence::Orphaned { .. } | Presence::Down => false,
        };
        if is_own {
            return Owner::Service;
        }
        if self.is_orphan(table, pid, &[pid]) { Owner::Orphan } else { Owner::Stranger }
    }

    fn likeness(&self, table: &Table, pid: u32) -> Likeness {
        let alive = |stat: &&platform::ProcessStat| !stat.is_kernel && stat.state != ProcessState::Zombie;
        let (Some(program), Some(_)) = (&self.program, table.stat(pid).filter(alive)) else {
            return Likeness::Different;
        };
        let Some(words) = table.words(pid) else { return Likeness::Different };
        program.likeness(words, || table.facts(pid))
    }

    /// Whether it belongs to the right user, and to no other service.
    fn has_owner(&self, table: &Table, pid: u32) -> bool {
        let owner = table.facts(pid).and_then(|f| f.owner);
        owner.is_some_and(|owner| self.may_belong_to(owner)) && !self.is_a_twins(table, pid)
    }

    fn is_a_twins(&self, table: &Table, pid: u32) -> bool {
        self.of_twins.iter().any(|root| *root == pid || table.descends(pid, *root))
    }

    fn is_at_home(&self, table: &Table, pid: u32) -> bool {
        let dir = self.program.as_ref().map(Program::dir);
        table.facts(pid).is_some_and(|f| f.working_dir.as_deref().is_some_and(|d| Some(d) == dir))
    }

    fn has_executable(&self, table: &Table, pid: u32) -> bool {
        let exe = table.facts(pid).and_then(|f| f.executable.as_ref());
        exe.is_some_and(|exe| self.program.as_ref().is_some_and(|p| p.is_executable(&exe.path)))
    }

    /// Proof for a program whose words cannot be compared: it has written a title over them, or a launcher started it.
    fn by_other_proof(&self, table: &Table, holders: &[u32]) -> Option<(u32, Proof)> {
        let program = self.program.as_ref()?;
        let is_alike = |pid: u32| {
            let fits = self.likeness(table, pid) == Likeness::Titled || program.is_launcher();
            is_alive(table, pid) && fits && self.has_owner(table, pid) && self.is_at_home(table, pid)
        };
        if let PidFile::Names { pid, written } = self.pid_file
            && is_alike(pid)
            && !is_younger(table, pid, written)
        {
            return Some((pid, Proof::PidFile));
        }
        let holder = holders.iter().copied().find(|pid| is_alike(*pid))?;
        // The parent of workers that share a port holds it as well.
        let top = holders.iter().copied().filter(|pid| table.descends(holder, *pid) && is_alike(*pid));
        Some((top.min().unwrap_or(holder), Proof::Port))
    }

    /// A process of this program whose group has lost the leader that the pid file names.
    fn lost_its_parent(&self, table: &Table, pid: u32) -> bool {
        let Some(stat) = table.stat(pid) else { return false };
        let is_leaderless = stat.group != pid && table.stat(stat.group).is_none();
        is_leaderless && self.pid_file.pid() == Some(stat.group)
    }

    /// A child that lives on without its parent: the service's owner, executable and folder, and either marked as a
    /// worker that Python spawns, or of the group that the pid file's dead process led.
    fn is_orphan(&self, table: &Table, pid: u32, holders: &[u32]) -> bool {
        let Some(stat) = table.stat(pid).filter(|s| !s.is_kernel && s.state != ProcessState::Zombie) else {
            return false;
        };
        let is_of_dead_group = self.lost_its_parent(table, pid);
        let is_worker = table.words(pid).is_some_and(is_spawned_worker);
        if !is_of_dead_group && !(is_worker && (holders.contains(&pid) || self.port.is_none())) {
            return false;
        }
        let is_ours = |pid| self.has_owner(table, pid) && self.is_at_home(table, pid);
        // A living parent of the same kind is somebody else's program, at work.
        let has_parent = stat.parent > 1 && is_ours(stat.parent) && self.has_executable(table, stat.parent);
        is_ours(pid) && self.has_executable(table, pid) && !has_parent
    }

    /// The process that has the right words and may not be looked at more closely. Others of the same words may be
    /// somebody else's copies: without the pid file's word only the right user's counts.
    fn unproven(&self, table: &Table) -> Option<u32> {
        let looks = |pid: &u32| self.likeness(table, *pid) == Likeness::Words && self.has_owner(table, *pid);
        let found: Vec<u32> = table.stats().map(|stat| stat.pid).filter(looks).collect();
        // A title tells nothing, and what could is not to be read: the pid file's word is all there is.
        let is_veiled = |pid: u32| {
            let is_title = table.words(pid).is_some_and(|words| words.len() == 1);
            let facts = table.facts(pid);
            is_title && facts.is_some_and(|f| f.executable.is_none()) && self.has_owner(table, pid)
        };
        let named = self.pid_file.pid().filter(|pid| found.contains(pid) || is_veiled(*pid));
        let is_owners = |pid: &u32| table.facts(*pid).is_some_and(|f| f.owner == self.owner);
        let oldest = |found: Vec<u32>| {
            found.into_iter().filter(is_owners).max_by_key(|pid| table.stat(*pid).map(|s| s.age))
        };
        named.or_else(|| oldest(found))
    }
}

/// Whether a process started after its pid file was written: then the number is somebody else's by now.
fn is_younger(table: &Table, pid: u32, written: Option<SystemTime>) -> bool {
    let age = table.stat(pid).map(|stat| stat.age);
    let since = written.and_then(|at| SystemTime::now().duration_since(at).ok());
    matches!((age, since), (Some(age), Some(since)) if age + CLOCK_SLACK < since)
}

/// `python -c "from multiprocessing.spawn import spawn_main; …" --multiprocessing-fork`, and its fork server's like.
fn is_spawned_worker(words: &[std::ffi::OsString]) -> bool {
    let after = words.iter().position(|word| word == "-c").and_then(|at| words.get(at + 1));
    after.is_some_and(|code| code.to_string_lossy().starts_with("from multiprocessing."))
}

fn is_alive(table: &Table, pid: u32) -> bool {
    table.stat(pid).is_some_and(|stat| stat.state != ProcessState::Zombie)
}

#[cfg(test)]
pub(super) mod tests {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::*;
    use crate::platform::{Executable, ProcessStat, StartMark};
    use crate::process::Facts;
    use crate::process::table::KnownRow;

    pub(in crate::process) fn stat(pid: u32, parent: u32) -> ProcessStat {
        ProcessStat {
            pid,
            parent,
            group: pid,
            name: "python3".to_owned(),
            state: ProcessState::Sleeping,
            threads: 1,
            rss_bytes: 1,
            cpu: Duration::ZERO,
            started: StartMark(u64::from(pid)),
            age: Duration::from_secs(1_000),
            is_kernel: false,
        }
    }

    const WORKER: &str =
        "python3|-c|from multiprocessing.spawn import spawn_main; x()|--multiprocessing-fork";

    struct World {
        dir: tempfile::TempDir,
        rows: Vec<KnownRow>,
    }

    impl World {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("main.py"), "").unwrap();
            let world = Self { dir, rows: Vec::new() };
            world.with(1, 0, "init", |_, facts| facts.working_dir = Some("/".into()))
        }

        /// Adds a process of the right user, in the right folder, under Python; `change` makes it another.
        fn with(
            mut self,
            pid: u32,
            parent: u32,
            words: &str,
            change: impl FnOnce(&mut ProcessStat, &mut Facts),
        ) -> Self {
            let mut stat = stat(pid, parent);
            let mut facts = Facts {
                executable: Some(Executable { path: "/usr/bin/python3.11".into(), is_deleted: false }),
                working_dir: Some(self.dir()),
                owner: Some(1000),
                is_contained: false,
            };
            change(&mut stat, &mut facts);
            self.rows.push((stat, Some((words.split('|').map(OsString::from).collect(), facts))));
            self
        }

        fn dir(&self) -> PathBuf {
            self.dir.path().canonicalize().unwrap()
        }

        fn wanted(&self, command: &str, pid_file: Option<u32>) -> Wanted {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            let pid_file = pid_file.map_or(PidFile::Missing, |pid| PidFile::Names { pid, written: None });
            let program = Program::new(&words, self.dir.path());
            Wanted {
                program,
                owner: Some(1000),
                trusted: vec![0],
                pid_file,
                kept: None,
                of_twins: Vec::new(),
                port: Some(8000),
            }
        }

        fn presence(&self, pid_file: Option<u32>, holders: &[u32]) -> Presence {
            self.wanted("python3 main.py", pid_file).locate(&self.table(), &held(holders))
        }

        fn table(&self) -> Table {
            Table::of(self.rows.clone())
        }
    }

    fn held(pids: &[u32]) -> Vec<Listener> {
        vec![Listener { address: "0.0.0.0:8000".parse().unwrap(), uid: Some(1000), pids: pids.to_vec() }]
    }

    fn running(pid: u32, copies: &[u32]) -> Presence {
        Presence::Running { pid, proof: Proof::Command, copies: copies.to_vec() }
    }

    #[test]
    fn own_process_is_found_whatever_the_pid_file_says() {
        let world = World::new().with(10, 1, "python3|main.py", |_, _| ());
        assert_eq!(world.presence(None, &[10]), running(10, &[]));
        assert_eq!(world.presence(Some(10), &[10]), running(10, &[]));
        assert_eq!(world.presence(Some(4711), &[]), running(10, &[]));
    }

    #[test]
    fn process_of_another_user_is_not_ours() {
        let world = World::new().with(10, 1, "python3|main.py", |_, facts| facts.owner = Some(33));
        assert_eq!(world.presence(Some(10), &[10]), Presence::Down);
    }

    #[test]
    fn stranger_with_the_pid_of_the_file_is_not_ours() {
        let world = World::new().with(10, 1, "sleep|1000", |_, f| {
            f.executable = Some(Executable { path: "/usr/bin/sleep".into(), is_deleted: false });
        });
        assert_eq!(world.presence(Some(10), &[]), Presence::Down);
    }

    #[test]
    fn squatter_in_the_same_folder_is_a_stranger() {
        let world = World::new().with(10, 1, "python3|-m|http.server|8000", |_, _| ());
        assert_eq!(world.presence(Some(10), &[10]), Presence::Down);
        let wanted = world.wanted("python3 main.py", None);
        assert_eq!(wanted.owner_of(&world.table(), &Presence::Down, 10), Owner::Stranger);
    }

    #[test]
    fn forked_workers_belong_to_their_parent_and_second_copies_are_told() {
        let world = World::new()
            .with(10, 1, "python3|main.py", |_, _| ())
            .with(11, 10, "python3|main.py", |_, _| ())
            .with(20, 1, "python3|main.py", |_, _| ());
        assert_eq!(world.presence(None, &[20]), running(20, &[10]));
        assert_eq!(world.presence(Some(10), &[20]), running(10, &[20]));
    }

    #[test]
    fn spawned_workers_without_parent_are_orphans() {
        let world =
            World::new()
                .with(11, 1, WORKER, |stat, _| stat.group = 10)
                .with(12, 1, WORKER, |stat, _| stat.group = 10);
        assert_eq!(world.presence(None, &[11, 12]), Presence::Orphaned { pids: vec![11, 12] });
        assert_eq!(world.presence(Some(10), &[]), Presence::Orphaned { pids: vec![11, 12] });
    }

    #[test]
    fn spawned_worker_of_a_living_stranger_is_no_orphan() {
        let world =
            World::new()
                .with(10, 1, "python3|other.py", |_, _| ())
                .with(11, 10, WORKER, |stat, _| stat.group = 10);
        assert_eq!(world.presence(None, &[11]), Presence::Down);
    }

    #[test]
    fn what_a_keeper_has_started_for_a_twin_is_no_copy_of_ours_and_neither_are_its_children() {
        let world = World::new()
            .with(10, 1, "python3|main.py", |_, _| ())
            .with(11, 10, "python3|main.py", |_, _| ())
            .with(20, 1, "python3|main.py", |_, _| ());
        let by = |of_twins: &[u32]| {
            let wanted = Wanted { of_twins: of_twins.to_vec(), ..world.wanted("python3 main.py", None) };
            wanted.locate(&world.table(), &[])
        };
        assert_eq!(by(&[]), running(10, &[20]));
        assert_eq!(by(&[10]), running(20, &[]));
        assert_eq!(by(&[10, 20]), Presence::Down);
    }

    #[test]
    fn what_a_keeper_has_started_is_ours_whatever_it_has_become() {
        let world = World::new()
            .with(10, 1, "sleep|300", |_, _| ())
            .with(11, 1, "sleep|300", |_, facts| facts.owner = Some(33))
            .with(20, 1, "python3|main.py", |_, _| ());
        let by = |kept| Wanted { kept, ..world.wanted("python3 main.py", None) }.locate(&world.table(), &[]);
        assert_eq!(by(Some(10)), Presence::Running { pid: 10, proof: Proof::Kept, copies: vec![20] });
        assert_eq!(by(Some(20)), running(20, &[]));
        assert_eq!(by(Some(11)), running(20, &[]), "a record is not believed about another user's");
        assert_eq!(by(Some(4711)), running(20, &[]));
    }

    #[test]
    fn titled_process_needs_the_pid_file_or_the_port() {
        let world = World::new().with(10, 1, "fuel: backend", |_, _| ());
        assert_eq!(world.presence(None, &[]), Presence::Down);
        let by = |proof| Presence::Running { pid: 10, proof, copies: Vec::new() };
        assert_eq!(world.presence(Some(10), &[]), by(Proof::PidFile));
        assert_eq!(world.presence(None, &[10]), by(Proof::Port));
    }

    #[test]
    fn younger_process_than_its_pid_file_has_a_reused_number() {
        let world = World::new().with(10, 1, "fuel: backend", |stat, _| stat.age = Duration::from_secs(5));
        let mut wanted = world.wanted("python3 main.py", Some(10));
        let hour_ago = SystemTime::now() - Duration::from_secs(3_600);
        wanted.pid_file = PidFile::Names { pid: 10, written: Some(hour_ago) };
        assert_eq!(wanted.locate(&world.table(), &[]), Presence::Down);
    }

    #[test]
    fn missing_rights_leave_it_unproven() {
        let world = World::new().with(10, 1, "python3|main.py", |_, facts| {
            facts.executable = None;
            facts.working_dir = None;
        });
        assert_eq!(world.presence(None, &[]), Presence::Unproven { pid: 10 });
    }

    #[test]
    fn unproven_process_of_root_needs_the_pid_file() {
        let world = World::new().with(10, 1, "python3|main.py", |_, facts| {
            *facts = Facts { owner: Some(0), ..Facts::default() };
        });
        assert_eq!(world.presence(None, &[]), Presence::Down);
        assert_eq!(world.presence(Some(10), &[]), Presence::Unproven { pid: 10 });
    }

    #[test]
    fn veiled_title_is_believed_with_the_pid_file_only() {
        let world = World::new().with(10, 1, "fuel: backend", |_, facts| {
            *facts = Facts { owner: Some(1000), ..Facts::default() };
        });
        assert_eq!(world.presence(None, &[]), Presence::Down);
        assert_eq!(world.presence(Some(10), &[]), Presence::Unproven { pid: 10 });
    }

    #[test]
    fn zombie_is_not_running() {
        let world = World::new().with(10, 1, "python3|main.py", |stat, _| stat.state = ProcessState::Zombie);
        assert_eq!(world.presence(Some(10), &[]), Presence::Down);
    }
}
