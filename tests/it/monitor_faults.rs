//! The fault list of `monitor`, on real processes and with the kernel's own features; the first ones stand in `monitor.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{
    Frozen, Mounted, Receiver, Reply, SERVER, Watch, fill, free_port, is_alive, is_root_or_skip, signal, skip,
};

/// Long enough for several looks at a period of a second.
const SOME_LOOKS: Duration = Duration::from_secs(4);
const FILE_SINK: &str = "[[alert]]\nname = \"file\"\ntype = \"file\"\npath = \"alerts.jsonl\"\n";

/// What the file of alerts was told.
fn told(watch: &Watch) -> Vec<Value> {
    let text = fs::read_to_string(watch.env.path("alerts.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How often the service was started: it says so each time.
fn starts(watch: &Watch) -> usize {
    fs::read_to_string(watch.env.path("backend.log")).unwrap_or_default().matches(" starts").count()
}

#[test]
fn a_monitor_that_is_killed_while_it_restarts_leaves_one_instance_to_the_next() {
    for delay in [0, 30, 300] {
        let mut watch = Watch::of("").start();
        let old = watch.is_up();
        watch.env.write("slow", "1");
        signal(old, Signal::SIGKILL);
        watch.is_told("backend: is started: pid");
        std::thread::sleep(Duration::from_millis(delay));
        watch.signal_monitor(Signal::SIGKILL);
        watch.end_of_monitor();
        watch.start_monitor();
        let new = watch.is_up();
        let instances = watch.instances();
        assert_eq!(instances, [new], "killed after {delay} ms:\n{}", watch.log());
    }
}

#[test]
fn an_error_answer_is_told_and_left_alone_and_the_looks_themselves_are_no_errors() {
    let logging = SERVER.replace(
        "        pass\n",
        "        print(f'INFO:     127.0.0.1:{self.client_address[1]} - \"GET /health HTTP/1.1\" 503 Service Unavailable', flush=True)\n",
    );
    assert_ne!(logging, SERVER);
    let watch = Watch::of("failure_threshold = 2");
    watch.env.write("main.py", logging);
    let watch = watch.start();
    let pid = watch.is_up();
    watch.env.write("503", "");
    watch.is_told("backend: is no good");
    std::thread::sleep(SOME_LOOKS);
    assert_eq!((watch.pid(), starts(&watch)), (Some(pid), 1), "{}", watch.log());
    let health = watch.env.run(&["health", "--format", "json"]).json();
    let findings = health["findings"].as_array().unwrap();
    let errors = findings.iter().find(|finding| finding["check"] == "logs.errors").unwrap();
    assert_eq!(errors["observed"]["errors_per_hour"], 0, "{errors}");
    fs::remove_file(watch.env.path("503")).unwrap();
    watch.is_told("backend: no longer an incident");
    assert_eq!(watch.pid(), Some(pid));
}

#[test]
fn a_start_that_takes_many_periods_is_waited_for() {
    let watch = Watch::of("failure_threshold = 1");
    watch.env.write("slow", "6");
    let watch = watch.start();
    watch.is_up();
    assert_eq!(starts(&watch), 1, "{}", watch.log());
    assert!(!watch.log().contains("restarted"), "{}", watch.log());
}

#[test]
fn a_need_that_comes_and_goes_restarts_nobody() {
    let need = free_port();
    let check = format!(
        "depends_on = [\"database\"]\n[[check]]\nname = \"database\"\ntype = \"tcp\"\naddress = \"127.0.0.1:{need}\"\n\
         period = \"1s\"\nfailure_threshold = 1"
    );
    let database = || TcpListener::bind(("127.0.0.1", need)).unwrap();
    let mut there = Some(database());
    let watch = Watch::of(&check).start();
    let pid = watch.is_up();
    for round in 1..=3 {
        drop(there.take());
        watch.wait_for("its loss is seen", || watch.log().matches("database: is no good").count() == round);
        there = Some(database());
        let back = "database: no longer an incident";
        watch.wait_for("its return is seen", || watch.log().matches(back).count() == round);
    }
    assert_eq!((watch.pid(), starts(&watch)), (Some(pid), 1), "{}", watch.log());
}

#[test]
fn what_an_operator_does_beside_it_is_neither_undone_nor_told_as_a_fault() {
    let watch = Watch::of(FILE_SINK).start();
    let mut pid = watch.is_up();
    for words in [&["restart", "backend"][..], &["recover", "--yes", "--full"]] {
        let outcome = watch.env.run(words);
        assert!(matches!(outcome.code, Some(0 | 1)), "{outcome}");
        let new = watch.is_up_anew(pid);
        watch.wait_for("it is known to be well", || watch.status()["targets"][0]["pid"] == new);
        assert_eq!(watch.instances(), [new], "{words:?}: {}", watch.log());
        pid = new;
    }
    watch.env.run(&["stop", "backend"]).expect(0);
    watch.wait_for("it is stopped", || watch.phase() == "stopped");
    std::thread::sleep(SOME_LOOKS);
    assert_eq!((watch.pid(), told(&watch)), (None, Vec::new()), "{}", watch.log());
    watch.env.run(&["start", "backend"]).expect(0);
    watch.is_up();
    assert_eq!(watch.status()["targets"][0]["restarts_today"], 0, "{}", watch.log());
}

#[test]
fn a_state_folder_that_takes_no_write_keeps_no_service_down() {
    if !is_root_or_skip("a_state_folder_that_takes_no_write_keeps_no_service_down") {
        return;
    }
    let watch = Watch::of("");
    let state = Mounted::tmpfs(watch.state(), "size=1m");
    let watch = watch.start();
    let old = watch.is_up();
    fill(watch.state().join("full"));
    is_restarted(&watch, old);
    drop(watch);
    drop(state);
}

#[test]
fn a_state_folder_that_became_read_only_keeps_no_service_down() {
    let test = "a_state_folder_that_became_read_only_keeps_no_service_down";
    if !is_root_or_skip(test) {
        return;
    }
    let watch = Watch::of("");
    let Some(state) = Mounted::ext4(&watch.env, watch.state(), "16M") else {
        return skip(test, "no loop device or no mkfs.ext4");
    };
    let watch = watch.start();
    let old = watch.is_up();
    if !state.fail() {
        return skip(test, "this kernel lets nobody play a broken disk");
    }
    is_restarted(&watch, old);
    drop(watch);
    drop(state);
}

#[test]
fn a_state_folder_that_was_read_only_from_the_first_keeps_no_service_down() {
    if !is_root_or_skip("a_state_folder_that_was_read_only_from_the_first_keeps_no_service_down") {
        return;
    }
    let watch = Watch::of("");
    let state = Mounted::tmpfs(watch.state(), "size=1m");
    state.remount("ro");
    let watch = watch.start();
    watch.wait_for("it answers", || watch.answers());
    is_restarted(&watch, watch.instances()[0]);
    let status = watch.env.run(&["monitor", "status"]).expect(0);
    assert!(status.stdout.contains(&watch.instances()[0].to_string()), "{}", status.stdout);
    // What was started with its records in memory is stopped by them.
    watch.env.run(&["stop", "backend"]).expect(0);
    assert!(watch.instances().is_empty());
    drop(watch);
    drop(state);
}

/// Kills the service, and waits for the one other that has to answer.
#[track_caller]
fn is_restarted(watch: &Watch, old: u32) {
    signal(old, Signal::SIGKILL);
    watch.wait_for("another one answers", || watch.answers() && !watch.instances().contains(&old));
    assert_eq!(watch.instances().len(), 1, "{}", watch.log());
    watch.is_told("backend: no longer an incident");
}

#[test]
fn a_disk_that_takes_no_write_under_its_log_holds_up_no_restart() {
    let test = "a_disk_that_takes_no_write_under_its_log_holds_up_no_restart";
    if !is_root_or_skip(test) {
        return;
    }
    let watch = Watch::of("");
    let Some(disk) = Mounted::ext4(&watch.env, watch.env.path("disk"), "16M") else {
        return skip(test, "no loop device or no mkfs.ext4");
    };
    watch.configure("[monitor]\nlog_file = \"disk/monitor.log\"");
    let watch = watch.start();
    let old = watch.is_up();
    let Some(frozen) = Frozen::freeze(&watch.env.path("disk")) else {
        return skip(test, "fsfreeze does not work here");
    };
    signal(old, Signal::SIGKILL);
    watch.is_up_anew(old);
    watch.wait_for("it is known to be well", || watch.phase() == "healthy");
    drop(frozen);
    let log = || fs::read_to_string(watch.env.path("disk/monitor.log")).unwrap_or_default();
    watch.wait_for("nothing of it is lost", || log().contains("backend: no longer an incident"));
    drop(watch);
    drop(disk);
}

#[test]
fn a_clock_that_jumps_by_an_hour_makes_no_incident() {
    let test = "a_clock_that_jumps_by_an_hour_makes_no_incident";
    let Some(library) = faketime() else { return skip(test, "needs libfaketime") };
    let mut watch = Watch::of(FILE_SINK);
    let clock = watch.env.write("clock", "+0");
    watch.start_monitor_with(|command| {
        // The clock that intervals are taken by cannot jump, here as anywhere.
        command.env("LD_PRELOAD", &library).env("FAKETIME_TIMESTAMP_FILE", &clock);
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    });
    let pid = watch.is_up();
    for jump in ["+1h", "-1h", "+0"] {
        watch.env.write("clock", jump);
        std::thread::sleep(SOME_LOOKS);
        assert_eq!(
            (watch.pid(), watch.phase()),
            (Some(pid), "healthy".to_owned()),
            "{jump}: {}",
            watch.log()
        );
    }
    assert_eq!((told(&watch), starts(&watch)), (Vec::new(), 1), "{}", watch.log());
    watch.env.write("clock", "+1h");
    signal(pid, Signal::SIGKILL);
    let new = watch.is_up_anew(pid);
    watch.wait_for("it is told and taken back", || told(&watch).len() == 2);
    assert!(is_alive(new) && starts(&watch) == 2, "{}", watch.log());
    // Ended in order, it leaves nothing of the library's in the shared memory.
    watch.signal_monitor(Signal::SIGTERM);
    watch.end_of_monitor();
}

fn faketime() -> Option<PathBuf> {
    let folder = Path::new("/usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
    Some(folder.join("faketime/libfaketimeMT.so.1")).filter(|library| library.exists())
}

#[test]
fn a_monitor_without_a_free_descriptor_restarts_nobody_for_it_and_starts_what_ended_once_it_can() {
    let mut watch = Watch::of("failure_threshold = 1").start();
    let pid = watch.is_up();
    let monitor = watch.monitor();
    open_files(monitor, 3);
    std::thread::sleep(SOME_LOOKS);
    assert_eq!((watch.pid(), starts(&watch)), (Some(pid), 1), "{}", watch.log());
    signal(pid, Signal::SIGKILL);
    std::thread::sleep(SOME_LOOKS);
    open_files(monitor, 256);
    let new = watch.is_up_anew(pid);
    assert_eq!(watch.monitor(), monitor);
    assert_eq!(watch.instances(), [new], "{}", watch.log());
}

/// How many files a process may have open from now on.
fn open_files(pid: u32, most: u32) {
    let pid = pid.to_string();
    let limited = Command::new("prlimit").args(["--pid", &pid, &format!("--nofile={most}:4096")]).status();
    assert!(limited.unwrap().success());
}

#[test]
fn fifty_checks_that_fail_at_once_are_a_few_messages_and_each_is_taken_back() {
    let peer = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = peer.local_addr().unwrap();
    let receiver = Receiver::start(|_, _| Reply::new(200, ""));
    let check = |n: usize| {
        format!("[[check]]\nname = \"peer{n}\"\ntype = \"tcp\"\naddress = \"{address}\"\nperiod = \"1s\"\n")
    };
    let checks: String = (0..50).map(check).collect();
    let url = receiver.url("/");
    let sink = format!("[[alert]]\nname = \"hook\"\ntype = \"webhook\"\nurl = \"{url}\"\n");
    let watch = Watch::of(&format!("{sink}{checks}")).start();
    watch.wait_for("all is well", || watch.status()["verdict"] == "healthy");
    drop(peer);
    watch.wait_for("all are found", || watch.log().matches(": is no good").count() == 50);
    let _peer = TcpListener::bind(address).unwrap();
    let incidents = |kind: &str| -> BTreeSet<String> {
        let bodies =
            receiver.seen().into_iter().map(|request| serde_json::from_str::<Value>(&request.body).unwrap());
        let notices = bodies.flat_map(|body| body["notices"].as_array().unwrap().clone());
        let of_kind = notices.filter(|notice| notice["kind"] == kind);
        of_kind.map(|notice| notice["incident"].to_string()).collect()
    };
    watch.wait_for("all are taken back", || incidents("resolved").len() == 50);
    assert_eq!(incidents("opened"), incidents("resolved"));
    assert!(receiver.seen().len() <= 10, "{} messages", receiver.seen().len());
}
