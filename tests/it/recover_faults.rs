//! The fault list of `recover`, `start` and `stop`, on real processes and with the kernel's own features; the page
//! `docs/faults.md` tells of each.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::servers::Systemd;
use crate::support::{
    Backend, Env, Frozen, Mounted, Yard, fill, is_alive, is_root_or_skip, signal, skip, wait_until,
};

const PATIENCE: Duration = Duration::from_secs(40);

fn json(env: &Env, args: &[&str]) -> (Option<i32>, Value) {
    let mut all = args.to_vec();
    all.extend(["--format", "json"]);
    let outcome = env.run(&all);
    (outcome.code, outcome.json())
}

/// Processes of a yard whose words hold this.
fn running(yard: &Yard, word: &str) -> Vec<u32> {
    let is = |pid: &u32| {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains(word) && is_alive(*pid)
    };
    yard.inhabitants().into_iter().filter(is).collect()
}

/// Kills a keeper and its service, gives the service's number to a stranger, and has fuelops at it.
const REUSE: &str = r#"
set -e
"$FUELOPS" start backend >&2
pid=$(cat backend.pid)
keeper=$(python3 -c 'import json; print(json.load(open(".fuelops/kept/backend.json"))["keeper"]["pid"])')
kill -9 "$keeper" "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
python3 - "$pid" <<'PY'
import subprocess, sys
wanted = int(sys.argv[1])
for _ in range(1000):
    with open("/proc/sys/kernel/ns_last_pid", "w") as last:
        last.write(str(wanted - 1))
    stranger = subprocess.Popen(["sleep", "300"], start_new_session=True, stdout=subprocess.DEVNULL)
    if stranger.pid == wanted:
        sys.exit(0)
    stranger.kill()
    stranger.wait()
sys.exit("the number was not to be had")
PY
echo "$pid" >backend.pid
"$FUELOPS" stop --dry-run backend --format json >stop.json
"$FUELOPS" recover --yes --format json >recover.json || true
kill -0 "$pid"
grep -q sleep "/proc/$pid/cmdline"
"#;

#[test]
fn a_stranger_with_the_number_of_the_dead_is_not_touched() {
    if !is_root_or_skip("a_stranger_with_the_number_of_the_dead_is_not_touched") {
        return;
    }
    let yard = Yard::new();
    let script = yard.env.write("reuse.sh", REUSE);
    let mut command = yard.env.command("unshare");
    command.args(["--pid", "--fork", "--mount", "--mount-proc", "--kill-child", "sh"]).arg(script);
    command.env("FUELOPS", env!("CARGO_BIN_EXE_fuelops"));
    yard.env.finish(command).expect(0);
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(yard.env.path(name)).unwrap()).unwrap()
    };
    assert_eq!(read("stop.json")["outcome"], "nothing-to-do", "{:#}", read("stop.json"));
    let report = read("recover.json");
    assert_eq!(report["outcome"], "recovered", "{report:#}");
    assert!(report["stopped"].as_array().unwrap().is_empty(), "{report:#}");
}

const WRITER: &str = "import os, time\nopen('backend.pid', 'w').write(str(os.getpid()))\nwith open('disk/f', 'w') as f:\n    \
    while True:\n        f.write('x')\n        f.flush()\n        os.fsync(f.fileno())\n        time.sleep(0.01)\n";

#[test]
fn what_no_signal_reaches_is_told_and_no_second_one_is_started_beside_it() {
    let test = "what_no_signal_reaches_is_told_and_no_second_one_is_started_beside_it";
    if !is_root_or_skip(test) {
        return;
    }
    let yard = Yard::new();
    let Some(disk) = Mounted::ext4(&yard.env, yard.env.path("disk"), "16M") else {
        return skip(test, "no loop device or no mkfs.ext4");
    };
    yard.env.write("main.py", WRITER);
    let section = "[[service]]\nname = \"backend\"\ncommand = [\"python3\", \"main.py\"]\npid_file = \"backend.pid\"\n\
        stop_timeout = \"500ms\"\n";
    yard.env.write("fuelops.toml", section);
    assert_eq!(json(&yard.env, &["start", "backend"]).0, Some(0));
    let pid = running(&yard, "main.py")[0];
    let Some(frozen) = Frozen::freeze(&yard.env.path("disk")) else {
        return skip(test, "fsfreeze does not work here");
    };
    let waits = || fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") D "));
    assert!(wait_until(PATIENCE, waits), "the writer waits for the disk");
    let (code, report) = json(&yard.env, &["recover", "--full", "--yes"]);
    assert_eq!((code, &report["outcome"]), (Some(2), &"failed".into()), "{report:#}");
    assert!(report["summary"].as_str().unwrap().contains("takes no signal"), "{report:#}");
    assert_eq!(running(&yard, "main.py"), [pid], "no second one");
    let (code, report) = json(&yard.env, &["stop", "backend"]);
    let why = report["services"][0]["detail"].as_str().unwrap();
    assert!(code == Some(2) && why.contains("disk or file system"), "{report:#}");
    drop(frozen);
    assert!(wait_until(PATIENCE, || !is_alive(pid)), "it dies as soon as it can");
    drop(disk);
}

/// Stands in for pyenv (which becomes the interpreter) or conda run (which waits for it).
fn shim(yard: &Yard, hand_over: &str) -> PathBuf {
    let real =
        yard.env.command("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    let real = String::from_utf8(real.stdout).unwrap();
    let path = yard.env.write("shims/python", format!("#!/bin/sh\n{hand_over} {} \"$@\"\n", real.trim()));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let config = fs::read_to_string(yard.env.path("fuelops.toml")).unwrap();
    yard.env.write("fuelops.toml", config.replace("\"python3\"", &format!("\"{}\"", path.display())));
    path
}

#[test]
fn a_service_behind_a_shim_of_its_interpreter_is_started_known_and_stopped_exactly() {
    for hand_over in ["exec", ""] {
        let yard = Yard::new();
        shim(&yard, hand_over);
        assert_eq!(json(&yard.env, &["start", "backend"]).0, Some(0), "{hand_over}");
        assert_eq!(json(&yard.env, &["start", "backend"]).1["outcome"], "nothing-to-do", "{hand_over}");
        let before = running(&yard, "main.py");
        let (code, report) = json(&yard.env, &["restart", "backend"]);
        assert_eq!(code, Some(0), "{report:#}");
        assert!(before.iter().all(|pid| !is_alive(*pid)) && yard.answers(), "{hand_over}");
        assert_eq!(json(&yard.env, &["stop", "backend"]).0, Some(0));
        assert!(running(&yard, "main.py").is_empty(), "{hand_over}");
    }
}

#[test]
fn a_service_behind_a_shim_that_somebody_else_has_started_is_known() {
    let yard = Yard::new();
    let shim = shim(&yard, "exec");
    let mut command = yard.env.command(shim);
    let mut child = command.args(["main.py", &yard.port.to_string()]).stdout(Stdio::null()).spawn().unwrap();
    let pid = child.id();
    std::thread::spawn(move || child.wait());
    yard.wait_until_it_answers();
    signal(pid, Signal::SIGSTOP);
    let report = yard.recover(&["--yes"]).expect(0).json();
    assert_eq!(report["outcome"], "recovered", "{report:#}");
    assert!(!is_alive(pid) && running(&yard, "main.py").len() == 1);
}

const ASGI: &str = "async def app(scope, receive, send):\n    if scope['type'] == 'lifespan':\n        while True:\n            \
    event = (await receive())['type']\n            await send({'type': event + '.complete'})\n            \
    if event.endswith('shutdown'):\n                return\n    \
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n    \
    await send({'type': 'http.response.body', 'body': b'{}'})\n";

#[test]
fn four_workers_of_an_asgi_server_whose_parent_was_killed_are_ended_and_replaced() {
    let python = Backend::python();
    let yard = Yard::new();
    yard.env.write("main.py", ASGI);
    let port = yard.port.to_string();
    let words = ["-m", "uvicorn", "main:app", "--host", "127.0.0.1", "--port", &port, "--workers", "4"];
    let config = fs::read_to_string(yard.env.path("fuelops.toml")).unwrap();
    let listed: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let command = format!("[\"{}\", {}]", python.display(), listed.join(", "));
    let old = format!("[\"python3\", \"main.py\", \"{port}\"]");
    assert!(config.contains(&old));
    yard.env.write("fuelops.toml", config.replace(&old, &command));
    // As the old script does it: nohup, and the pid of what it has started.
    let log = fs::File::create(yard.env.path("backend.log")).unwrap();
    let mut by_hand = yard.env.command(&python);
    let mut child = by_hand.args(words).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let parent = child.id();
    std::thread::spawn(move || child.wait());
    yard.env.write("backend.pid", parent.to_string());
    yard.wait_until_it_answers();
    let before = running(&yard, "python");
    assert!(before.len() >= 5, "{before:?}");
    signal(parent, Signal::SIGKILL);
    yard.wait_for("the parent is gone", || !is_alive(parent));
    let report = yard.recover(&["--yes"]).expect(0).json();
    assert_eq!(report["outcome"], "recovered", "{report:#}");
    assert_eq!(report["causes"][0]["cause"], "orphan-process", "{report:#}");
    assert!(before.iter().all(|pid| !is_alive(*pid)), "all of the old ones are gone");
    assert!(yard.answers());
}

#[test]
fn what_starts_more_slowly_than_the_budget_has_failed_and_is_left_to_come_up() {
    let yard = Yard::new();
    yard.env.write("slow", "10");
    let report = yard.recover(&["--yes", "--budget", "5s"]).expect(2).json();
    assert_eq!(report["outcome"], "failed", "{report:#}");
    assert_eq!(running(&yard, "main.py").len(), 1);
    yard.wait_until_it_answers();
    assert_eq!(yard.recover(&["--yes"]).expect(0).json()["outcome"], "not-needed");
}

#[test]
fn a_link_in_place_of_the_pid_file_is_not_followed() {
    let yard = Yard::new();
    let config = fs::read_to_string(yard.env.path("fuelops.toml")).unwrap();
    yard.env.write("fuelops.toml", config.replace("backend.pid", "service.pid"));
    let precious = yard.env.write("precious", "x");
    symlink(&precious, yard.env.path("service.pid")).unwrap();
    json(&yard.env, &["start", "backend"]);
    assert_eq!(fs::read_to_string(&precious).unwrap(), "x");
    json(&yard.env, &["stop", "backend"]);
    assert_eq!(fs::read_to_string(&precious).unwrap(), "x");
}

#[test]
fn fuelops_killed_before_the_first_signal_or_after_the_last_start_leaves_a_service_that_answers() {
    for marker in
        ["\"entry\":\"begin\"", "\"step\":\"snapshot\"", "\"step\":\"free\"", "\"step\":\"archive\""]
    {
        let yard = Yard::new();
        yard.start();
        let mut recover = yard.env.fuelops(&["recover", "--full", "--yes"]);
        let mut child = recover.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let journal = yard.env.path(".fuelops/recover.steps");
        let is_written =
            || fs::read(&journal).is_ok_and(|text| String::from_utf8_lossy(&text).contains(marker));
        let is_over = wait_until(PATIENCE, || is_written() || child.try_wait().unwrap().is_some());
        child.kill().unwrap_or(());
        child.wait().unwrap();
        assert!(is_over, "{marker}");
        yard.wait_for("the lock is free", || {
            !matches!(yard.recover(&["--dry-run"]).code, Some(75)) && yard.answers()
        });
        yard.wait_for("one instance", || running(&yard, "main.py").len() == 1);
    }
}

#[test]
fn a_disk_without_a_byte_or_an_inode_keeps_no_service_down() {
    if !is_root_or_skip("a_disk_without_a_byte_or_an_inode_keeps_no_service_down") {
        return;
    }
    for options in ["size=3m", "size=8m,nr_inodes=64"] {
        // In this order: the yard's processes end before the disk goes.
        let env = Env::new();
        let disk = Mounted::tmpfs(env.root(), options);
        let yard = Yard::on(env);
        let old = yard.start();
        let words = fs::read_to_string(yard.env.path("backend.log")).unwrap();
        fill(yard.env.path("full"));
        for n in 0..100 {
            if fs::File::create(yard.env.path(format!("empty{n}"))).is_err() {
                break;
            }
        }
        signal(old, Signal::SIGSTOP);
        let outcome = yard.recover(&["--yes"]);
        assert!(yard.answers() && !is_alive(old), "{options}: {outcome}");
        assert!(matches!(outcome.code, Some(0 | 1)), "{options}: {outcome}");
        assert!(outcome.json()["preserved"]["bytes"].as_u64() >= Some(words.len() as u64), "{outcome}");
        yard.clear();
        drop(disk);
    }
}

#[test]
fn root_in_somebody_elses_folder_starts_as_its_owner_and_follows_none_of_their_links() {
    if !is_root_or_skip("root_in_somebody_elses_folder_starts_as_its_owner_and_follows_none_of_their_links") {
        return;
    }
    const NOBODY: u32 = 65_534;
    let yard = Yard::new();
    let stop = yard.env.fuelops_as_nobody(&["stop", "backend", "--format", "json"]);
    let precious = yard.env.tmp().join("precious");
    fs::write(&precious, "x").unwrap();
    fs::create_dir_all(yard.env.path(".fuelops/desired")).unwrap();
    symlink(&precious, yard.env.path(".fuelops/desired/backend.json")).unwrap();
    let owned = Command::new("chown").args(["-hR", "65534:65534"]).arg(yard.env.root()).status().unwrap();
    assert!(owned.success());
    let (code, report) = json(&yard.env, &["start", "backend"]);
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(fs::read_to_string(&precious).unwrap(), "x");
    let owner = |path: &Path| fs::metadata(path).unwrap().uid();
    assert_eq!(owner(Path::new(&format!("/proc/{}", yard.pid()))), NOBODY);
    for name in
        ["backend.log", "backend.pid", "logs", "logs/backend_daily.log", ".fuelops/desired/backend.json"]
    {
        assert_eq!(owner(&yard.env.path(name)), NOBODY, "{name}");
    }
    // And they can end it themselves.
    let outcome = yard.env.finish(stop).expect(0);
    assert_eq!(outcome.json()["outcome"], "done", "{outcome}");
    assert!(running(&yard, "main.py").is_empty());
}

#[test]
fn what_a_unit_runs_is_not_stopped_behind_its_managers_back() {
    let Some(systemd) = Systemd::boot() else { return };
    let env = Env::new();
    let root = env.root().canonicalize().unwrap();
    let unit = format!(
        "[Service]\nWorkingDirectory={}\nExecStart=/bin/sleep 4242\nRestart=always\n",
        root.display()
    );
    systemd.write_unit("web.service", &unit);
    systemd.run(&["systemctl", "start", "web.service"]);
    env.write("fuelops.toml", "[[service]]\nname = \"web\"\ncommand = [\"/bin/sleep\", \"4242\"]\n");
    let outcome = env.finish(systemd.inside(&env.fuelops(&["stop", "web", "--format", "json"]))).expect(2);
    let why = outcome.json()["services"][0]["detail"].as_str().unwrap().to_owned();
    assert!(why.contains("belongs to the unit web.service"), "{outcome}");
    assert_eq!(systemd.run(&["systemctl", "is-active", "web.service"]).trim(), "active");
}
