//! Memory, file descriptors and processor time that are used up.

use std::fs;
use std::path::PathBuf;

use super::play::{Diagnosis, Expected};
use super::stage::Stage;

const BELOW_PROCESS: &[&str] = &["service.backend.port", "service.backend.http", "check.fleet"];

/// A control group with a memory limit, below the one that the tests run in; removed when dropped.
struct MemoryGroup(PathBuf);

impl MemoryGroup {
    fn new(bytes: u64) -> Option<Self> {
        let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
        let of = |line: &str| line.splitn(3, ':').nth(2).map(|path| path.trim_start_matches('/').to_owned());
        let one = groups.lines().find(|line| line.split(':').nth(1) == Some("memory")).and_then(of);
        let (top, limit) = match one {
            Some(path) => (PathBuf::from("/sys/fs/cgroup/memory").join(path), "memory.limit_in_bytes"),
            None => {
                let path = groups.lines().find(|line| line.starts_with("0::")).and_then(of)?;
                (PathBuf::from("/sys/fs/cgroup").join(path), "memory.max")
            }
        };
        let dir = top.join(format!("fuelops-test-{}", std::process::id()));
        fs::create_dir(&dir).ok()?;
        let group = Self(dir);
        fs::write(group.0.join(limit), bytes.to_string()).ok()?;
        Some(group)
    }

    /// Starts the backend as a member.
    fn start(&self, stage: &mut Stage) -> u32 {
        let join = format!("echo $$ > {}/cgroup.procs && exec \"$@\"", self.0.display());
        stage.spawn(&["sh", "-c", &join, "sh"], "backend.py", &[])
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        let _still_used = fs::remove_dir(&self.0);
    }
}

scenarios! {
    killed_for_its_control_groups_limit:
        "it grows beyond the memory limit of its control group, and the kernel kills it",
        |stage| {
            stage.service("").fleet();
            // Elsewhere the kernel's log names pids of the host.
            let is_host = fs::read_link("/proc/self/ns/pid").is_ok_and(|ns| ns.as_os_str() == "pid:[4026531836]");
            let is_readable = is_host && fs::File::open("/dev/kmsg").is_ok();
            let Some(group) = MemoryGroup::new(48 << 20).filter(|_| is_readable) else {
                return stage.skip("needs root, a memory control group, the kernel's log and its PID namespace");
            };
            group.start(stage);
            stage.listens();
            stage.ask("/grow");
            stage.ends();
            stage.keep(group);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.process",
            cause: "memory-limit",
            says: "the kernel killed pid {pid} (python",
            folded: BELOW_PROCESS,
            hint: "fuelops recover",
            code: 2,
        }]);
    memory_error_ends_it:
        "it asks for more memory than its limit (ulimit -v) and ends with a MemoryError",
        |stage| {
            stage.service("").fleet();
            stage.spawn(&["sh", "-c", "ulimit -v 200000 && exec \"$@\"", "sh"], "backend.py", &[]);
            stage.listens();
            stage.ask("/grow");
            stage.ends();
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.process",
            cause: "process-down",
            says: "its last words: a program could not get the memory that it asked for",
            folded: BELOW_PROCESS,
            hint: "fuelops recover",
            code: 2,
        }]);
    larger_than_allowed:
        "it uses more memory than the config allows it",
        |stage| {
            stage.service("limits = { memory = \"1MiB\" }");
            stage.start(&[]);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.process",
            cause: "memory-limit",
            says: "uses more than its limit of 1.00 MiB",
            folded: &[],
            hint: "ps -o pid,user,rss,args -p {pid}",
            code: 1,
        }]);
    no_descriptor_left:
        "it leaks files until it can open nothing, not even a connection",
        |stage| {
            stage.service("").fleet();
            stage.spawn(&["sh", "-c", "ulimit -n 64 && exec \"$@\"", "sh"], "backend.py", &[]);
            stage.listens();
            stage.ask("/leak");
            stage.says("Too many open files");
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.process",
            cause: "files-exhausted",
            says: "of 64 files open",
            folded: &["service.backend.http", "check.fleet"],
            hint: "lsof -nP -p {pid}",
            code: 2,
        }]);
}
