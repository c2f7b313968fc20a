//! `fuelops start`, `stop` and `restart` on real processes and under real managers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::servers::Systemd;
use crate::support::{Env, Outcome, Yard, is_alive, signal};

/// A program of the test's own, ended with it.
struct Guest(Child);

impl Guest {
    fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.kill().unwrap_or(());
        self.0.wait().unwrap();
    }
}

/// Stops what a test has started, however it ends.
struct Down<'e>(&'e Env);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        let _stopped = self.0.run(&["stop", "--all"]);
    }
}

fn run(env: &Env, args: &[&str]) -> Outcome {
    let mut all = args.to_vec();
    all.extend(["--format", "json"]);
    env.run(&all)
}

fn turn<'a>(report: &'a Value, service: &str) -> &'a Value {
    let turns = report["services"].as_array().unwrap();
    turns
        .iter()
        .find(|turn| turn["service"] == service)
        .unwrap_or_else(|| panic!("no {service} in {report:#}"))
}

fn pids(report: &Value, list: &str) -> Vec<u64> {
    report[list].as_array().unwrap().iter().map(|entry| entry["pid"].as_u64().unwrap()).collect()
}

#[test]
fn a_service_starts_once_stays_down_once_stopped_and_comes_back_when_started() {
    let yard = Yard::new();
    let report = run(&yard.env, &["start", "backend"]).expect(0).json();
    assert_eq!((&report["schema"], &report["outcome"]), (&"fuelops.start/1".into(), &"done".into()));
    let backend = turn(&report, "backend");
    assert_eq!((&backend["status"], &backend["pid"]), (&"started".into(), &yard.pid().into()));
    assert!(yard.answers(), "it was waited for");
    yard.wait_for("its words are captured", || {
        fs::read_to_string(yard.env.path("backend.log")).is_ok_and(|log| log.contains("starts"))
    });

    let again = run(&yard.env, &["start", "backend"]).expect(0).json();
    assert_eq!(
        (&again["outcome"], &turn(&again, "backend")["status"]),
        (&"nothing-to-do".into(), &"unchanged".into())
    );

    let pid = yard.pid();
    let stopped = run(&yard.env, &["stop", "backend"]).expect(0).json();
    assert_eq!(pids(&stopped, "stopped"), [u64::from(pid)]);
    assert!(stopped["stopped"][0]["proof"].as_str().is_some_and(|proof| !proof.is_empty()));
    assert!(!is_alive(pid) && !yard.answers());
    assert!(!yard.env.path("logs/crashes.log").exists(), "a wanted end is no crash");
    assert_eq!(run(&yard.env, &["stop", "backend"]).expect(0).json()["outcome"], "nothing-to-do");

    assert_eq!(
        yard.recover(&["--yes"]).expect(0).json()["outcome"],
        "not-needed",
        "what was stopped stays down"
    );
    assert!(!yard.answers());
    run(&yard.env, &["start", "backend"]).expect(0);
    signal(yard.pid(), Signal::SIGKILL);
    yard.wait_for("its crash is recorded", || yard.env.path("logs/crashes.log").exists());
    let report = yard.recover(&["--yes"]).expect(0).json();
    assert_eq!(report["outcome"], "recovered", "it is wanted again");
    assert_eq!(report["outage"]["known_by"], "crash-record", "{report:#}");
}

#[test]
fn a_restart_ends_the_whole_tree_however_deaf_and_look_alikes_live() {
    let yard = Yard::new();
    yard.env.write("workers", "");
    yard.env.write("deaf", "");
    run(&yard.env, &["start", "--all"]).expect(0);
    let is_own = |pid: &u32| {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains("python")
    };
    let before: Vec<u32> = yard.inhabitants().into_iter().filter(is_own).collect();
    assert!(before.len() >= 3, "{before:?}");
    let tail = Guest::start(yard.env.command("tail").args(["-f", "main.py"]));
    let report = run(&yard.env, &["restart", "backend"]).expect(0).json();
    assert_eq!(turn(&report, "backend")["status"], "restarted", "{report:#}");
    assert!(before.iter().all(|pid| !is_alive(*pid)) && is_alive(tail.0.id()));
    assert!(
        report["stopped"].as_array().unwrap().iter().any(|stopped| stopped["signal"] == "SIGKILL"),
        "{report:#}"
    );
    assert!(yard.answers() && !before.contains(&yard.pid()));
}

#[test]
fn what_is_not_ours_is_refused_and_named() {
    let yard = Yard::new();
    let listener =
        format!("import socket,time; s=socket.create_server(('127.0.0.1',{})); time.sleep(300)", yard.port);
    let stranger = Guest::start(Command::new("python3").args(["-c", &listener]).current_dir("/"));
    yard.wait_for("the stranger listens", || std::net::TcpStream::connect(("127.0.0.1", yard.port)).is_ok());
    for (verb, outcome, code) in
        [("start", "refused", 2), ("restart", "refused", 2), ("stop", "nothing-to-do", 0)]
    {
        let report = run(&yard.env, &[verb, "backend"]).expect(code).json();
        assert_eq!(report["outcome"], outcome, "{report:#}");
        assert_eq!(pids(&report, "refused"), [u64::from(stranger.0.id())], "{verb}");
    }
    assert!(is_alive(stranger.0.id()));
}

#[test]
fn remains_of_an_earlier_run_are_ended_by_stop_and_nothing_starts_beside_them() {
    let yard = Yard::new();
    yard.env.write("workers", "");
    let parent = yard.start();
    signal(parent, Signal::SIGKILL);
    yard.wait_for("the parent is gone", || !is_alive(parent));
    let report = run(&yard.env, &["start", "backend"]).expect(2).json();
    let why = turn(&report, "backend")["detail"].as_str().unwrap();
    assert!(why.contains("earlier run") && why.contains("restart"), "{report:#}");
    run(&yard.env, &["stop", "backend"]).expect(0);
    assert!(!yard.answers());
    run(&yard.env, &["start", "backend"]).expect(0);
}

#[test]
fn what_a_service_needs_comes_up_first_and_what_never_answers_has_failed() {
    let yard = Yard::new();
    let web = "command = [\"sh\", \"-c\", \"exec sleep 300\"]\n";
    let config = fs::read_to_string(yard.env.path("fuelops.toml")).unwrap();
    let more = format!("[[service]]\nname = \"web\"\n{web}depends_on = [\"backend\"]\n[logs]");
    yard.env.write("fuelops.toml", config.replace("[logs]", &more));
    let report = run(&yard.env, &["start", "web"]).expect(0).json();
    assert_eq!(turn(&report, "backend")["needed_by"], "web", "{report:#}");
    assert_eq!(
        (&turn(&report, "backend")["status"], &turn(&report, "web")["status"]),
        (&"started".into(), &"started".into())
    );
    let report = run(&yard.env, &["stop", "backend"]).expect(0).json();
    assert_eq!(report["services"].as_array().unwrap().len(), 1, "exactly the named one: {report:#}");
    assert!(report["notes"][0].as_str().unwrap().contains("web needs backend"), "{report:#}");
    run(&yard.env, &["stop", "--all"]).expect(0);
    yard.env.write("503", "");
    let config = fs::read_to_string(yard.env.path("fuelops.toml")).unwrap();
    yard.env.write("fuelops.toml", config.replace("stop_timeout", "start_timeout = \"2s\"\nstop_timeout"));
    let report = run(&yard.env, &["start", "web"]).expect(2).json();
    assert!(turn(&report, "backend")["detail"].as_str().unwrap().contains("503"), "{report:#}");
    assert_eq!(turn(&report, "web")["status"], "failed", "nothing starts on what does not answer");
    assert_eq!(report["next"][0]["command"], "fuelops logs backend");
}

#[test]
fn a_need_that_is_a_check_is_waited_for_and_named() {
    let yard = Yard::new();
    let closed = crate::support::free_port();
    yard.configure("depends_on = [\"mysql\"]\nstart_timeout = \"1s\"");
    let config = fs::read_to_string(yard.env.path("fuelops.toml")).unwrap();
    let check =
        format!("[[check]]\nname = \"mysql\"\ntype = \"tcp\"\naddress = \"127.0.0.1:{closed}\"\n[logs]");
    yard.env.write("fuelops.toml", config.replace("[logs]", &check));
    let report = run(&yard.env, &["start", "backend"]).expect(2).json();
    let why = turn(&report, "backend")["detail"].as_str().unwrap();
    assert!(why.contains("mysql") && why.contains("--no-deps"), "{report:#}");
    assert!(!yard.answers());
    run(&yard.env, &["start", "--no-deps", "backend"]).expect(0);
}

#[test]
fn what_could_not_come_up_again_stays_up() {
    let yard = Yard::new();
    let old = yard.start();
    yard.configure("env_file = \"absent.env\"");
    let report = run(&yard.env, &["restart", "backend"]).expect(2).json();
    assert!(turn(&report, "backend")["detail"].as_str().unwrap().contains("absent.env"), "{report:#}");
    assert!(is_alive(old) && yard.answers());
}

#[test]
fn what_would_wait_for_a_dead_database_stays_up() {
    let yard = Yard::new();
    let port = crate::support::free_port();
    let check = format!("[[check]]\nname = \"db\"\ntype = \"tcp\"\naddress = \"127.0.0.1:{port}\"\n");
    let old = yard.start();
    yard.configure(&format!("depends_on = [\"db\"]\nstart_timeout = \"1s\"\n{check}"));
    let report = run(&yard.env, &["restart", "backend"]).expect(2).json();
    let detail = turn(&report, "backend")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("is left as it is") && detail.contains("--no-deps"), "{detail}");
    assert!(is_alive(old) && yard.answers());
    run(&yard.env, &["restart", "--no-deps", "backend"]).expect(0);
    assert!(!is_alive(old) && yard.answers());
}

#[test]
fn services_that_differ_in_their_environment_alone_are_not_taken_for_each_other() {
    let env = Env::new();
    let service = |name: &str| {
        format!(
            "[[service]]\nname = \"{name}\"\ncommand = [\"sleep\", \"100000\"]\nenv = {{ QUEUE = \"{name}\" }}\n"
        )
    };
    env.write("fuelops.toml", format!("{}{}", service("mails"), service("reports")));
    let _down = Down(&env);
    let started = run(&env, &["start", "--all"]).expect(0).json();
    let pid = |name: &str| u32::try_from(turn(&started, name)["pid"].as_u64().unwrap()).unwrap();
    let (mails, reports) = (pid("mails"), pid("reports"));
    assert_ne!(mails, reports);
    let stopped = run(&env, &["stop", "mails"]).expect(0).json();
    assert_eq!(pids(&stopped, "stopped"), [u64::from(mails)]);
    assert!(is_alive(reports) && !is_alive(mails));
    let again = run(&env, &["start", "mails"]).expect(0).json();
    assert_eq!(turn(&again, "mails")["status"], "started", "{again:#}");
    run(&env, &["stop", "--all"]).expect(0);
    assert!(!is_alive(reports));
}

#[test]
fn a_dry_run_shows_whom_it_would_touch_and_makes_nothing() {
    let yard = Yard::new();
    let report = run(&yard.env, &["start", "--dry-run", "backend"]).expect(0).json();
    assert_eq!(
        (&report["outcome"], &turn(&report, "backend")["status"]),
        (&"planned".into(), &"planned".into())
    );
    assert!(!yard.answers() && !yard.env.path(".fuelops").exists());
    let old = yard.start();
    let report = run(&yard.env, &["restart", "--dry-run", "backend"]).expect(0).json();
    assert_eq!(pids(&report, "stopped"), [u64::from(old)]);
    assert!(is_alive(old) && !yard.env.path(".fuelops").exists());
}

#[test]
fn names_are_asked_for_and_a_wrong_one_is_told() {
    let yard = Yard::new();
    let none = yard.env.run(&["start"]).expect(64);
    assert!(none.stderr.contains("--all (services: backend)"), "{none}");
    let wrong = yard.env.run(&["stop", "backnd"]).expect(64);
    assert!(wrong.stderr.contains("did you mean \"backend\"?"), "{wrong}");
}

#[test]
fn one_at_a_time_and_the_second_is_told_who_is_at_work() {
    let yard = Yard::new();
    yard.env.write("slow", "4");
    let mut first = yard.env.fuelops(&["start", "backend"]).stdout(Stdio::null()).spawn().unwrap();
    let lock = yard.env.path(".fuelops/action.lock");
    yard.wait_for("the lock is taken", || {
        fs::read_to_string(&lock).is_ok_and(|text| text.contains("start backend"))
    });
    let second = yard.env.run(&["stop", "backend"]).expect(75);
    assert!(second.stderr.contains("start backend"), "{second}");
    assert!(first.wait().unwrap().success());
}

/// Several services of one manager, each named after its unit.
fn managed(env: &Env, manager: &str, units: &[&str]) {
    let service = |unit: &&str| {
        let name = unit.rsplit('/').next().unwrap().trim_end_matches(".service");
        format!(
            "[[service]]\nname = \"{name}\"\nmanager = \"{manager}\"\nunit = \"{unit}\"\nstop_timeout = \"1s\"\n\
             start_timeout = \"20s\"\n"
        )
    };
    env.write("fuelops.toml", units.iter().map(service).collect::<String>());
}

#[test]
fn units_of_systemd_are_started_stopped_and_restarted_by_it() {
    let Some(systemd) = Systemd::boot() else { return };
    let env = Env::new();
    let sleep = "[Service]\nExecStart=/bin/sleep 1000\n";
    systemd.write_unit("good.service", sleep);
    systemd.write_unit("bad.service", "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'exit 3'\n");
    systemd.write_unit(
        "deaf.service",
        "[Service]\nExecStart=/bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'\n",
    );
    systemd.write_unit("always.service", &format!("{sleep}Restart=always\nRestartSec=0\n"));
    systemd.write_unit(
        "spent.service",
        &format!("{sleep}[Unit]\nStartLimitBurst=1\nStartLimitIntervalSec=1h\n"),
    );
    managed(
        &env,
        "systemd",
        &["good.service", "bad.service", "deaf.service", "always.service", "spent.service", "absent.service"],
    );
    let inside = |args: &[&str]| {
        let mut all = args.to_vec();
        all.extend(["--format", "json"]);
        env.finish(systemd.inside(&env.fuelops(&all)))
    };
    let main_pid = |unit: &str| systemd.run(&["systemctl", "show", "-P", "MainPID", unit]).trim().to_owned();
    let is_active = |unit: &str| systemd.run(&["systemctl", "is-active", unit]).trim().to_owned();

    let report = inside(&["start", "good"]).expect(0).json();
    assert_eq!(
        (&turn(&report, "good")["status"], turn(&report, "good")["pid"].to_string()),
        (&"started".into(), main_pid("good"))
    );
    assert_eq!(inside(&["start", "good"]).expect(0).json()["outcome"], "nothing-to-do");
    let old = main_pid("good");
    let report = inside(&["restart", "good"]).expect(0).json();
    assert!(turn(&report, "good")["status"] == "restarted" && main_pid("good") != old, "{report:#}");
    inside(&["stop", "good"]).expect(0);
    assert_eq!(is_active("good"), "inactive");
    assert_eq!(inside(&["stop", "good"]).expect(0).json()["outcome"], "nothing-to-do");

    let report = inside(&["start", "bad"]).expect(2).json();
    assert_eq!(report["next"][0]["command"], "systemctl status bad.service", "{report:#}");
    let report = inside(&["start", "absent"]).expect(2).json();
    assert!(
        turn(&report, "absent")["detail"].as_str().unwrap().contains("no unit absent.service"),
        "{report:#}"
    );

    // What does not end in time is killed, and what its manager would bring back stays down.
    inside(&["start", "deaf"]).expect(0);
    let report = inside(&["stop", "deaf"]).expect(0).json();
    assert_ne!(is_active("deaf"), "active", "{report:#}");
    inside(&["start", "always"]).expect(0);
    inside(&["stop", "always"]).expect(0);
    assert_eq!(is_active("always"), "inactive");

    // Too many starts in a short time are forgiven by somebody who asks for one more.
    systemd.run(&["systemctl", "start", "spent.service"]);
    systemd.run(&["systemctl", "kill", "-s", "KILL", "spent.service"]);
    systemd.run(&["systemctl", "start", "spent.service"]);
    assert_eq!(is_active("spent"), "failed");
    let report = inside(&["start", "spent"]).expect(0).json();
    assert_eq!(turn(&report, "spent")["status"], "started", "{report:#}");
}

#[test]
fn recover_has_a_failed_unit_restarted_by_its_manager_and_leaves_a_stopped_one() {
    let Some(systemd) = Systemd::boot() else { return };
    let env = Env::new();
    systemd.write_unit("good.service", "[Service]\nExecStart=/bin/sleep 1000\n");
    managed(&env, "systemd", &["good.service"]);
    let inside = |args: &[&str]| {
        let mut all = args.to_vec();
        all.extend(["--format", "json"]);
        env.finish(systemd.inside(&env.fuelops(&all)))
    };
    systemd.run(&["systemctl", "start", "good.service"]);
    systemd.run(&["systemctl", "kill", "-s", "KILL", "good.service"]);
    let report = inside(&["recover", "--yes"]).expect(0).json();
    assert_eq!(report["outcome"], "recovered", "{report:#}");
    assert_eq!(systemd.run(&["systemctl", "is-active", "good"]).trim(), "active");
    inside(&["stop", "good"]).expect(0);
    assert_eq!(inside(&["recover", "--yes"]).expect(0).json()["outcome"], "not-needed");
}

#[test]
fn a_manager_that_is_not_here_is_said_to_be_absent() {
    let env = Env::new();
    for (manager, tool) in
        [("docker", "docker"), ("kubernetes", "kubectl"), ("launchd", "launchctl"), ("systemd", "systemctl")]
    {
        managed(&env, manager, &["deployment/api"]);
        for verb in ["start", "stop", "restart"] {
            let mut command = env.fuelops(&[verb, "api", "--format", "json"]);
            command.env("PATH", env.root());
            let report = env.finish(command).expect(2).json();
            let expected = format!("{tool} is not on this machine");
            assert_eq!(turn(&report, "api")["detail"], expected, "{report:#}");
        }
    }
}

/// A stand-in for a manager's tool, which notes how it is called: there is no such manager here.
fn stand_in(env: &Env, tool: &str, script: &str) {
    let path = env.write(format!("bin/{tool}"), format!("#!/bin/sh\necho \"$*\" >>\"$0.calls\"\n{script}"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn with_tools(env: &Env, args: &[&str]) -> Outcome {
    let mut command = env.fuelops(args);
    let path = std::env::var("PATH").unwrap();
    command.args(["--format", "json"]).env("PATH", format!("{}:{path}", env.path("bin").display()));
    env.finish(command)
}

fn calls(env: &Env, tool: &str) -> Vec<String> {
    let path = env.path(format!("bin/{tool}.calls"));
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(path).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn docker_is_called_with_plain_words_and_its_refusals_are_told() {
    let env = Env::new();
    managed(&env, "docker", &["api"]);
    let script = "case $1 in inspect) cat \"$0.state\" ;; start) echo running 42 0 >\"$0.state\" ;; \
        stop) echo exited 0 137 >\"$0.state\" ;; esac\n";
    stand_in(&env, "docker", script);
    env.write("bin/docker.state", "exited 0 0\n");
    let look =
        "inspect --type container --format {{.State.Status}} {{.State.Pid}} {{.State.ExitCode}} -- api";
    let report = with_tools(&env, &["start", "api", "--no-wait"]).expect(0).json();
    assert_eq!(turn(&report, "api")["pid"], 42, "{report:#}");
    assert_eq!(calls(&env, "docker"), [look, "start -- api", look]);
    with_tools(&env, &["stop", "api"]).expect(0);
    assert_eq!(calls(&env, "docker"), [look, "stop -t 1 -- api", look]);
    stand_in(&env, "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1\n");
    let report = with_tools(&env, &["start", "api"]).expect(2).json();
    assert_eq!(turn(&report, "api")["detail"], "docker: Cannot connect to the Docker daemon");
    assert_eq!(report["next"][0]["command"], "docker info");
}

#[test]
fn a_workload_of_kubernetes_gets_back_as_many_replicas_as_it_had() {
    let env = Env::new();
    managed(&env, "kubernetes", &["prod/deployment/api"]);
    let script = "case $3 in get) cat \"$0.state\" ;; annotate) echo \"${6#*=}\" >\"$0.note\" ;; \
        scale) echo \"${4#*=} $(cat \"$0.note\")\" >\"$0.state\" ;; esac\n";
    stand_in(&env, "kubectl", script);
    env.write("bin/kubectl.state", "3 \n");
    with_tools(&env, &["stop", "api"]).expect(0);
    let of = "--namespace prod";
    let get = format!(
        "{of} get deployment/api -o jsonpath={{.spec.replicas}} {{.metadata.annotations.fuelops/replicas}}"
    );
    let noted = format!("{of} annotate deployment/api --overwrite fuelops/replicas=3");
    let none = format!("{of} scale --replicas=0 deployment/api");
    let settle = |seconds: u32| format!("{of} rollout status --timeout={seconds}s deployment/api");
    assert_eq!(calls(&env, "kubectl"), [get.clone(), noted, none, settle(1)]);
    with_tools(&env, &["start", "api", "--no-wait"]).expect(0);
    assert_eq!(calls(&env, "kubectl"), [get, format!("{of} scale --replicas=3 deployment/api"), settle(20)]);
}
