//! A real systemd as the first process of a namespace of its own, where this machine allows it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Server, find, new_dir};
use crate::support::{is_root_or_skip, skip, wait_until};

/// How long it may take to boot; where it does not, this machine is one that does not allow it.
const BOOT_LIMIT: Duration = Duration::from_secs(30);

/// Boots in a control group of its own, so that several can run side by side, and removes that again.
/// `/run` and `/etc/systemd/system` are empty inside; everything else is the machine's. There is no journal and no D-Bus.
const BOOT: &str = r#"
group=fuelops-it.$$ groups=
for root in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
  [ -f "$root/cgroup.procs" ] || continue
  mkdir "$root/$group" && groups="$groups $root/$group"
done
(
  me=$(exec sh -c 'echo "$PPID"')
  for folder in $groups; do echo "$me" >"$folder/cgroup.procs" || exit 1; done
  export SYSTEMD_UNIT_PATH=/run/systemd/system:/etc/systemd/system
  exec unshare --fork --pid --mount --cgroup --mount-proc --kill-child sh -ec "$INSIDE"
) &
unshare=$!
trap 'stop=1' TERM
stop=
while [ -z "$stop" ] && kill -0 "$unshare" 2>/dev/null; do wait "$unshare"; done
# systemd ignores what it does not know; from outside, nothing survives this.
for folder in $groups; do
  tries=0
  while [ "$tries" -lt 20 ]; do
    find "$folder" -name cgroup.procs -exec cat {} + 2>/dev/null | while read -r pid; do kill -KILL "$pid" 2>/dev/null; done
    find "$folder" -depth -type d -exec rmdir {} \; 2>/dev/null
    [ -d "$folder" ] || break
    tries=$((tries + 1))
    sleep 0.05
  done
done
"#;

const INSIDE: &str = r#"
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/systemd/system
mkdir -p /run/systemd/system
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  umount -l /sys/fs/cgroup
  mount -t cgroup2 none /sys/fs/cgroup
else
  umount -l /sys/fs/cgroup
  mount -t tmpfs tmpfs /sys/fs/cgroup
  mkdir /sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd,xattr cgroup /sys/fs/cgroup/systemd
  # The other controllers are shared with everybody: systemd is told that there are none.
  head -n 1 /proc/cgroups >/run/cgroups
  mount --bind /run/cgroups /proc/cgroups
fi
for target in default basic sysinit multi-user shutdown umount final; do
  printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' "$target" >"/run/systemd/system/$target.target"
done
exec /lib/systemd/systemd --system --unit=default.target --log-target=console --show-status=no
"#;

/// A booted systemd, in which units can be written, started and looked at.
#[derive(Debug)]
pub(crate) struct Systemd {
    _server: Server,
    /// Its pid as this side sees it.
    pid: u32,
}

impl Systemd {
    /// Boots one; `None`, said aloud, where that is not possible.
    pub(crate) fn boot() -> Option<Self> {
        static TOLD: OnceLock<()> = OnceLock::new();
        find("nsenter", "util-linux", &TOLD)?;
        if !Path::new("/lib/systemd/systemd").exists() {
            TOLD.get_or_init(|| skip("systemd", "the package systemd is not installed"));
            return None;
        }
        if !is_root_or_skip("systemd") {
            return None;
        }
        let inside = format!("INSIDE={INSIDE}");
        let server = Server::watch(new_dir("systemd"), "TERM", &["env", &inside, "sh", "-c", BOOT]);
        let mut pid = None;
        let booted = wait_until(BOOT_LIMIT, || {
            pid = pid.or_else(|| descendant(server.pid(), "systemd"));
            pid.is_some_and(|pid| {
                let asked = ["systemctl", "is-system-running"];
                let state = enter(pid, Path::new("/"), &asked).output().unwrap();
                matches!(String::from_utf8_lossy(&state.stdout).trim(), "running" | "degraded")
            })
        });
        let Some(pid) = pid.filter(|_| booted) else {
            let why = format!("systemd does not boot in a namespace here: {}", server.log());
            TOLD.get_or_init(|| skip("systemd", &why));
            return None;
        };
        Some(Self { _server: server, pid })
    }

    /// A command that runs inside, as a caller of [`crate::support::Env`] has prepared it.
    pub(crate) fn inside(&self, command: &Command) -> Command {
        let mut entered = enter(self.pid, command.get_current_dir().unwrap_or(Path::new("/")), &[]);
        entered.arg(command.get_program()).args(command.get_args()).env_clear();
        entered.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        entered
    }

    /// Runs a program inside to its end; its standard output, whatever its exit code.
    pub(crate) fn run(&self, words: &[&str]) -> String {
        let output = enter(self.pid, Path::new("/"), words).stdin(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Writes a unit file and has systemd read it.
    pub(crate) fn write_unit(&self, name: &str, text: &str) {
        let path = format!("/proc/{}/root/run/systemd/system/{name}", self.pid);
        fs::write(path, text).unwrap();
        self.run(&["systemctl", "daemon-reload"]);
    }

    /// Sends systemd itself a signal: a stopped one answers nobody.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.pid).unwrap()), signal).unwrap();
    }
}

/// A command inside; the folder is one of both sides.
fn enter(pid: u32, folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--target={pid}")).args(["--mount", "--pid", "--cgroup"]);
    command.arg(format!("--wdns={}", folder.display())).arg("--").args(words);
    command
}

/// The first process below another that has this name.
fn descendant(of: u32, name: &str) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{of}/task/{of}/children")).ok()?;
    children.split_whitespace().filter_map(|pid| pid.parse().ok()).find_map(|pid: u32| {
        let own = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        if own.trim() == name { Some(pid) } else { descendant(pid, name) }
    })
}
