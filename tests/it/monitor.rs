//! `fuelops monitor` on real processes.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use fuelops::store::{Desired, KeptProgram, Wish};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{SERVER, Watch, free_port, is_alive, signal};

#[test]
fn a_killed_service_is_answered_at_once_and_told_once_with_its_end() {
    let watch = Watch::of("").start();
    let old = watch.is_up();
    signal(old, Signal::SIGKILL);
    watch.is_up_anew(old);
    watch.is_told("backend: no longer an incident");
    let log = watch.log();
    assert!(log.contains("killed by signal 9 (SIGKILL); restart 1 within 10m"), "{log}");
    assert_eq!(log.matches("backend: is no good").count(), 1, "{log}");
    assert!(log.lines().all(|line| line.starts_with("[20") && line.as_bytes()[20] == b']'), "{log}");
    let why = watch.env.run(&["monitor", "why", "backend", "--format", "json"]).expect(0).json();
    let words: Vec<&str> =
        why["entries"].as_array().unwrap().iter().filter_map(|entry| entry["what"].as_str()).collect();
    assert!(words.ends_with(&["down", "start", "runs", "up"]), "{words:?}");
    assert_eq!(watch.status()["targets"][0]["restarts_today"], 1);
    let health = watch.env.run(&["health", "--target", "backend", "--format", "json"]).expect(1).json();
    let findings = health["findings"].as_array().unwrap();
    let of_day = findings.iter().find(|finding| finding["check"] == "service.backend.restarts").unwrap();
    assert_eq!(
        (&of_day["severity"], &of_day["observed"]["restarts_per_day"]),
        (&"warning".into(), &1.into())
    );
}

#[test]
fn a_stopped_process_is_a_hang_by_two_signs_and_is_replaced() {
    let watch = Watch::of("health_timeout = \"500ms\"\nfailure_threshold = 2").start();
    let old = watch.is_up();
    signal(old, Signal::SIGSTOP);
    watch.is_up_anew(old);
    assert!(!is_alive(old));
    watch.is_told("restarted (hang)");
    watch.is_told("is stopped by a signal");
}

#[test]
fn a_stale_pid_file_leads_to_nobody_and_a_program_that_ignores_term_is_ended() {
    let watch = Watch::of("pid_file = \"backend.pid\"\nhealth_timeout = \"500ms\"\nfailure_threshold = 2");
    watch.env.write("deaf", "");
    let mut innocent = watch.env.command("sleep").arg("600").current_dir("/").spawn().unwrap();
    let watch = watch.start();
    let old = watch.is_up();
    watch.env.write("backend.pid", innocent.id().to_string());
    signal(old, Signal::SIGSTOP);
    let new = watch.is_up_anew(old);
    let is_well = innocent.try_wait().unwrap().is_none();
    innocent.kill().unwrap();
    innocent.wait().unwrap();
    assert!(is_well && !is_alive(old) && is_alive(new));
}

#[test]
fn workers_that_have_lost_their_parent_are_stopped_before_the_start() {
    let watch = Watch::of("");
    watch.env.write("workers", "");
    let watch = watch.start();
    let old = watch.is_up();
    let workers: Vec<u32> = watch.inhabitants().into_iter().filter(|pid| is_child_of(*pid, old)).collect();
    assert!(!workers.is_empty());
    signal(old, Signal::SIGKILL);
    watch.is_up_anew(old);
    watch.wait_for("the workers are gone", || !workers.iter().any(|pid| is_alive(*pid)));
}

fn is_child_of(pid: u32, parent: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok()) == Some(parent)
}

#[test]
fn services_outlive_their_monitor_and_the_next_one_takes_them_over_and_a_second_one_is_refused() {
    let mut watch = Watch::of("").start();
    let pid = watch.is_up();
    let second = watch.env.run(&["monitor"]).expect(75);
    assert!(second.stderr.contains("monitor.lock is held by process"), "{second}");
    watch.signal_monitor(Signal::SIGKILL);
    assert_eq!(watch.end_of_monitor(), None);
    assert!(is_alive(pid) && watch.answers());
    watch.start_monitor();
    assert_eq!(watch.is_up(), pid, "it is taken over, not started anew");
    signal(pid, Signal::SIGKILL);
    let new = watch.is_up_anew(pid);
    watch.signal_monitor(Signal::SIGTERM);
    assert_eq!(watch.end_of_monitor(), Some(143));
    assert!(is_alive(new) && watch.answers());
    assert!(
        fs::read_to_string(watch.env.path("backend.log")).unwrap().contains(&format!("backend {new} starts"))
    );
}

#[test]
fn one_that_falls_over_again_and_again_is_tried_slowly_and_never_given_up() {
    let watch = Watch::of("restart = { max = 2, backoff = \"100ms\", slow_retry = [\"1h\"] }");
    watch.env.write("main.py", "import sys\nsys.exit(0)\n");
    let watch = watch.start();
    watch.wait_for("slow retries", || watch.phase() == "slow-retry");
    let status = watch.status();
    let target = &status["targets"][0];
    assert_eq!((target["restarts"].as_u64(), &status["verdict"]), (Some(2), &"critical".into()));
    assert!(target["next_ms"].as_u64().unwrap() > 3_000_000, "{target}");
    assert!(watch.log().contains("ended with exit code 0"), "{}", watch.log());
    // The operator mends it and does not wait for an hour.
    assert!(watch.log().contains("still no good"), "{}", watch.log());
    watch.env.run(&["monitor", "ack", "backend"]).expect(0);
    assert_eq!(watch.status()["targets"][0]["is_acknowledged"], true);
}

#[test]
fn what_an_operator_starts_beside_it_is_seen_at_once() {
    let watch = Watch::of("restart = { max = 0, slow_retry = [\"1h\"] }");
    watch.env.write("main.py", "import sys\nsys.exit(0)\n");
    let watch = watch.start();
    watch.wait_for("slow retries", || watch.phase() == "slow-retry");
    watch.env.write("main.py", SERVER);
    watch.env.run(&["start", "backend"]).expect(0);
    watch.wait_for("it is known to be well", || watch.phase() == "healthy");
    let events = fs::read_to_string(watch.state().join("monitor.events.jsonl")).unwrap();
    assert!(events.contains("touched"), "it was not told: {events}");
    assert!(watch.log().contains("another fuelops"), "{}", watch.log());
    watch.env.run(&["stop", "backend"]).expect(0);
    watch.wait_for("it is told", || watch.log().contains("stopped by an operator"));
    let answer = watch.env.run(&["monitor", "pause", "--format", "json"]).expect(0);
    assert!(answer.stdout.contains("fuelops.monitor-answer/1"), "{answer}");
    watch.env.run(&["stop", "backend"]).expect(0);
    watch.wait_for("it is stopped", || watch.phase() == "stopped");
}

#[test]
fn a_check_of_processes_is_told_too() {
    let mut watch = Watch::of("");
    watch.configure(
        "[[check]]\nname = \"worker\"\ntype = \"process\"\nmatch = \"no such program\"\nperiod = \"1s\"",
    );
    watch.start_monitor();
    watch.is_told("worker: is no good");
}

#[test]
fn a_check_of_a_service_that_an_operator_has_stopped_is_no_outage() {
    let mut watch = Watch::of("");
    let port = watch.port;
    watch.configure(&format!(
        "[[check]]\nname = \"front\"\ntype = \"tcp\"\naddress = \"127.0.0.1:{port}\"\nperiod = \"1s\"\nfailure_threshold = 1"
    ));
    watch.start_monitor();
    watch.is_up();
    watch.env.run(&["stop", "backend"]).expect(0);
    let follows = |status: &Value| {
        status["targets"][0]["phase"] == "stopped" && status["targets"][1]["caused_by"] == "backend"
    };
    watch.wait_for("the check follows from it", || follows(&watch.status()));
    let status = watch.status();
    let told = (&status["verdict"], &status["targets"][1]["severity"]);
    assert_eq!(told, (&"degraded".into(), &"warning".into()), "{status}");
}

#[test]
fn what_it_needs_comes_first() {
    let need = free_port();
    let check = format!(
        "depends_on = [\"database\"]\n[[check]]\nname = \"database\"\ntype = \"tcp\"\naddress = \"127.0.0.1:{need}\"\nperiod = \"1s\""
    );
    let watch = Watch::of(&check).start();
    watch.is_told("backend: waits for database");
    assert!(watch.pid().is_none());
    let _database = TcpListener::bind(("127.0.0.1", need)).unwrap();
    watch.is_up();
}

#[test]
fn what_an_operator_stopped_stays_down_and_what_is_paused_is_left_alone() {
    let watch = Watch::of("").start();
    let pid = watch.is_up();
    watch.env.run(&["monitor", "pause", "backend"]).expect(0);
    signal(pid, Signal::SIGKILL);
    watch.wait_for("it is down and paused", || watch.phase() == "paused");
    std::thread::sleep(Duration::from_millis(500));
    assert!(watch.pid().is_none());
    watch.env.run(&["monitor", "resume", "backend"]).expect(0);
    let pid = watch.is_up_anew(pid);
    let stopped = Desired { wish: Wish::Stopped, since: chrono::Utc::now(), in_work_by: None };
    stopped.write(&watch.state(), "backend").unwrap();
    signal(pid, Signal::SIGTERM);
    watch.wait_for("it is stopped", || watch.phase() == "stopped");
    std::thread::sleep(Duration::from_millis(500));
    assert!(watch.pid().is_none());
    Desired { wish: Wish::Run, ..stopped }.write(&watch.state(), "backend").unwrap();
    watch.is_up_anew(pid);
    let unknown = watch.env.run(&["monitor", "pause", "bakend"]).expect(64);
    assert!(unknown.stderr.contains("did you mean \"backend\"?"), "{unknown}");
}

#[test]
fn a_broken_config_is_refused_and_a_good_one_is_taken() {
    let mut watch = Watch::of("").start();
    let pid = watch.is_up();
    watch.configure("perod = \"1s\"");
    assert_eq!(watch.phase(), "healthy", "it can be asked all the same");
    watch.signal_monitor(Signal::SIGHUP);
    watch.is_told("refused the new config");
    assert!(watch.status()["refused_config"].as_str().unwrap().contains("perod"));
    assert!(watch.log().contains("unknown key \"perod\""), "{}", watch.log());
    assert!(watch.answers() && watch.pid() == Some(pid));
    watch.configure("[[check]]\nname = \"disk\"\ntype = \"disk\"\npath = \"/\"");
    watch.signal_monitor(Signal::SIGHUP);
    watch.is_told("read its config anew");
    let status = watch.status();
    assert_eq!((status["targets"].as_array().unwrap().len(), &status["refused_config"]), (2, &Value::Null));
    assert_eq!(watch.pid(), Some(pid));
    watch.configure("[monitor]\nlog_file = \"other.log\"");
    watch.signal_monitor(Signal::SIGHUP);
    let other = || fs::read_to_string(watch.env.path("other.log")).unwrap_or_default();
    watch.wait_for("it writes there from now on", || other().contains("read its config anew"));
}

#[test]
fn of_a_config_that_is_refused_nothing_is_taken() {
    let sink = |file: &str| format!("[[alert]]\nname = \"file\"\ntype = \"file\"\npath = \"{file}\"");
    let mut watch = Watch::of(&sink("alerts.jsonl")).start();
    let pid = watch.is_up();
    let before = fs::read_to_string(watch.env.path("fuelops.toml")).unwrap();
    let after = before.replace("alerts.jsonl", "others.jsonl");
    watch.env.write("fuelops.toml", format!("state_dir = \"elsewhere\"\n{after}"));
    watch.signal_monitor(Signal::SIGHUP);
    watch.is_told("state_dir is another one");
    signal(pid, Signal::SIGKILL);
    let told = || fs::read_to_string(watch.env.path("alerts.jsonl")).unwrap_or_default();
    watch.wait_for("it is told where it was", || told().contains("\"opened\""));
    assert!(!watch.env.path("others.jsonl").exists());
}

#[test]
fn a_killed_keeper_is_followed_by_another_that_reads_on() {
    let watch = Watch::of("").start();
    let pid = watch.is_up();
    let keeper = || KeptProgram::read(&watch.state(), "backend").and_then(|kept| kept.keeper).map(|k| k.pid);
    let old = keeper().unwrap();
    signal(old, Signal::SIGKILL);
    watch.wait_for("another keeper", || keeper().is_some_and(|pid| pid != old && is_alive(pid)));
    assert!(is_alive(pid) && watch.answers());
    signal(pid, Signal::SIGKILL);
    watch.is_up_anew(pid);
}

#[test]
fn a_dry_run_tells_what_it_would_do_and_does_nothing() {
    let watch = Watch::of("");
    let told = watch.env.run(&["monitor", "--dry-run"]).expect(2);
    assert!(told.stdout.contains("backend: would be started: does not run"), "{told}");
    assert!(!watch.answers() && !watch.state().exists() && !watch.env.path("monitor.log").exists());
}

#[test]
fn once_starts_what_is_down_and_ends_when_it_is_well() {
    let watch = Watch::of("");
    let outcome = watch.env.run(&["monitor", "--once"]);
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(watch.answers() && watch.pid().is_some());
    assert!(outcome.stdout.contains("HEALTHY"), "{outcome}");
}

#[test]
fn one_incident_is_told_once_and_taken_back_once_over_a_restart_of_the_monitor() {
    let sink = "[[alert]]\nname = \"file\"\ntype = \"file\"\npath = \"alerts.jsonl\"";
    let mut watch = Watch::of(sink);
    watch.env.write("main.py", "import time\ntime.sleep(600)\n");
    watch.configure(&format!("restart = {{ max = 0, slow_retry = [\"1h\"] }}\n{sink}"));
    watch.start_monitor();
    watch.wait_for("it runs", || watch.pid().is_some());
    signal(watch.pid().unwrap(), Signal::SIGKILL);
    let told = |watch: &Watch| fs::read_to_string(watch.env.path("alerts.jsonl")).unwrap_or_default();
    watch.wait_for("it is told", || told(&watch).contains("\"opened\""));
    watch.signal_monitor(Signal::SIGKILL);
    watch.end_of_monitor();
    watch.env.write("main.py", SERVER);
    watch.start_monitor();
    watch.wait_for("it is taken back", || told(&watch).contains("\"resolved\""));
    let text = told(&watch);
    // A message that was on its way when the monitor was killed may come again, under the same key.
    let keys = |word: &str| -> BTreeSet<String> {
        let of_word = text.lines().filter(|line| line.contains(word));
        of_word.map(|line| serde_json::from_str::<Value>(line).unwrap()["key"].to_string()).collect()
    };
    assert_eq!((keys("\"opened\"").len(), keys("\"resolved\"").len()), (1, 1), "{text}");
}

#[test]
fn what_is_taken_out_of_the_config_while_no_monitor_runs_is_taken_back_by_the_next() {
    let sink = "[[alert]]\nname = \"file\"\ntype = \"file\"\npath = \"alerts.jsonl\"";
    let mut watch = Watch::of("");
    let nobody = free_port();
    watch.configure(&format!(
        "{sink}\n[[check]]\nname = \"peer\"\ntype = \"tcp\"\naddress = \"127.0.0.1:{nobody}\"\nperiod = \"1s\"\n\
         failure_threshold = 1"
    ));
    watch.start_monitor();
    let told = |watch: &Watch| fs::read_to_string(watch.env.path("alerts.jsonl")).unwrap_or_default();
    watch.wait_for("it is told", || told(&watch).contains("\"opened\""));
    watch.signal_monitor(Signal::SIGTERM);
    watch.end_of_monitor();
    watch.configure(sink);
    watch.start_monitor();
    watch.wait_for("it is taken back", || told(&watch).contains("\"resolved\""));
    watch.is_told("peer: no longer an incident: it is watched no more");
}

#[test]
fn of_what_is_silent_nobody_is_told_before_the_silence_ends_over_a_restart_of_the_monitor() {
    let peer = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = peer.local_addr().unwrap();
    let mut watch = Watch::of("");
    watch.configure(&format!(
        "[[alert]]\nname = \"file\"\ntype = \"file\"\npath = \"alerts.jsonl\"\n[[check]]\nname = \"peer\"\ntype = \"tcp\"\n\
         address = \"{address}\"\nperiod = \"1s\"\nfailure_threshold = 1"
    ));
    watch.start_monitor();
    watch.wait_for("all is well", || watch.status()["verdict"] == "healthy");
    watch.env.run(&["monitor", "silence", "peer", "--for", "1h", "--reason", "it moves"]).expect(0);
    drop(peer);
    watch.is_told("peer: is no good");
    watch.signal_monitor(Signal::SIGTERM);
    watch.end_of_monitor();
    watch.start_monitor();
    watch.wait_for("the next monitor knows of it", || {
        watch.status()["silences"][0]["reason"] == "it moves" && watch.status()["verdict"] == "critical"
    });
    let told = |watch: &Watch| fs::read_to_string(watch.env.path("alerts.jsonl")).unwrap_or_default();
    assert!(!told(&watch).contains("peer"), "{}", told(&watch));
    let list = watch.env.run(&["monitor", "silence", "--list"]).expect(0);
    assert!(list.stdout.contains("peer until 20") && list.stdout.contains("it moves"), "{list}");
    watch.env.run(&["monitor", "silence", "peer", "--end"]).expect(0);
    watch.wait_for("it is told now", || told(&watch).contains("\"opened\""));
}

#[test]
fn a_recording_is_played_as_it_was_decided() {
    let mut watch = Watch::of("").start();
    let old = watch.is_up();
    signal(old, Signal::SIGKILL);
    watch.is_up_anew(old);
    watch.is_told("backend: no longer an incident");
    watch.signal_monitor(Signal::SIGTERM);
    watch.end_of_monitor();
    let played = watch.env.run(&["monitor", "replay", ".fuelops/monitor.events.jsonl", "--format", "json"]);
    let played = played.expect(0).json();
    let words: Vec<&str> = played["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|decision| decision["what"].as_str())
        .collect();
    assert_eq!(words, ["start", "down", "start", "up"], "{played}");
}

#[test]
fn without_a_monitor_its_questions_say_so() {
    let watch = Watch::of("");
    let status = watch.env.run(&["monitor", "status"]).expect(3);
    assert!(
        status.stdout.contains("no monitor runs") && status.stdout.contains("fuelops monitor\n"),
        "{status}"
    );
    let pause = watch.env.run(&["monitor", "pause"]).expect(2);
    assert!(pause.stderr.contains("no monitor runs here"), "{pause}");
}
