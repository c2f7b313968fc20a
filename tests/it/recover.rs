//! `fuelops recover` on real processes.

use std::fs;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{Env, Yard, is_alive, signal};

fn pids(report: &Value, list: &str) -> Vec<u64> {
    report[list].as_array().unwrap().iter().map(|entry| entry["pid"].as_u64().unwrap()).collect()
}

fn status<'a>(report: &'a Value, step: &str) -> &'a str {
    let steps = report["steps"].as_array().unwrap();
    steps.iter().find(|s| s["name"] == step).and_then(|s| s["status"].as_str()).unwrap_or("absent")
}

#[test]
fn dead_backend_is_started_and_a_second_run_finds_nothing_to_do() {
    let yard = Yard::new();
    let report = yard.recover(&["--yes"]).expect(0).json();
    assert_eq!((&report["schema"], &report["outcome"]), (&"fuelops.recover/1".into(), &"recovered".into()));
    assert_eq!(report["causes"][0]["cause"], "process-down");
    assert!(yard.answers());
    assert_eq!(report["started"][0]["pid"], yard.pid());
    assert!(report["downtime_ms"].as_u64().is_some() && report["stopped"].as_array().unwrap().is_empty());
    let log = fs::read_to_string(yard.env.path("recovery.log")).unwrap();
    assert!(log.lines().all(|line| line.starts_with("[20") && line.as_bytes()[20] == b']'), "{log}");
    assert!(log.contains("RECOVERED"), "{log}");
    let again = yard.recover(&["--yes"]).expect(0).json();
    assert_eq!(again["outcome"], "not-needed");
    assert_eq!(again["started"].as_array().unwrap().len(), 0);
}

#[test]
fn hung_backend_is_replaced_its_log_kept_whole_and_look_alikes_live() {
    let yard = Yard::new();
    let old = yard.start();
    let words = fs::read_to_string(yard.env.path("backend.log")).unwrap();
    let mut tail = yard.env.command("tail").args(["-f", "main.py"]).stdout(Stdio::null()).spawn().unwrap();
    let script = format!("sleep 300; echo python3 main.py {}", yard.port);
    let mut shell = yard.env.command("bash").args(["-c", &script]).spawn().unwrap();
    signal(old, Signal::SIGSTOP);
    let report = yard.recover(&["--yes"]).expect(0).json();
    assert_eq!(report["outcome"], "recovered", "{report:#}");
    assert_eq!(pids(&report, "stopped"), [u64::from(old)]);
    assert!(!report["stopped"][0]["proof"].as_str().unwrap().is_empty());
    assert!(!is_alive(old) && is_alive(tail.id()) && is_alive(shell.id()));
    let refused = pids(&report, "refused");
    assert!(refused.contains(&tail.id().into()) && refused.contains(&shell.id().into()), "{report:#}");
    let kept = fs::read_dir(yard.crash_folder().unwrap()).unwrap().flatten();
    let kept: Vec<String> = kept.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let is_log = |name: &&String| name.starts_with("backend.log");
    assert!(kept.iter().any(|name| is_log(&name)) && kept.contains(&"manifest.json".to_owned()), "{kept:?}");
    assert_eq!(report["preserved"]["bytes"], words.len());
    let fresh = fs::read_to_string(yard.env.path("backend.log")).unwrap();
    assert!(!fresh.contains(words.trim()), "the fresh log begins anew");
    tail.kill().unwrap();
    shell.kill().unwrap();
    tail.wait().unwrap();
    shell.wait().unwrap();
}

#[test]
fn workers_whose_parent_was_killed_are_stopped_and_the_port_is_free_again() {
    let yard = Yard::new();
    yard.env.write("workers", "");
    let parent = yard.start();
    let before = yard.inhabitants();
    assert!(before.len() >= 3, "{before:?}");
    signal(parent, Signal::SIGKILL);
    yard.wait_for("the parent is gone", || !is_alive(parent));
    let report = yard.recover(&["--yes"]).expect(0).json();
    assert_eq!(
        (&report["outcome"], &report["causes"][0]["cause"]),
        (&"recovered".into(), &"orphan-process".into())
    );
    let left: Vec<u32> = before.into_iter().filter(|pid| is_alive(*pid)).collect();
    assert!(left.is_empty(), "{left:?} of the old ones live");
    assert!(yard.answers());
}

#[test]
fn stranger_on_the_port_is_named_and_left_unless_evicted() {
    let yard = Yard::new();
    let listener =
        format!("import socket,time; s=socket.create_server(('127.0.0.1',{})); time.sleep(300)", yard.port);
    let mut stranger = Command::new("python3").args(["-c", &listener]).current_dir("/").spawn().unwrap();
    yard.wait_for("the stranger listens", || std::net::TcpStream::connect(("127.0.0.1", yard.port)).is_ok());
    let refused = yard.recover(&["--yes"]).expect(2).json();
    assert_eq!(refused["outcome"], "refused", "{refused:#}");
    // Other tests' backends look like it, too.
    assert!(pids(&refused, "refused").contains(&stranger.id().into()), "{refused:#}");
    assert!(is_alive(stranger.id()));
    let evicted = yard.recover(&["--yes", "--evict"]).expect(0).json();
    assert_eq!(evicted["outcome"], "recovered", "{evicted:#}");
    assert_eq!(pids(&evicted, "stopped"), [u64::from(stranger.id())]);
    stranger.wait().unwrap();
}

#[test]
fn a_plan_that_nobody_confirmed_changes_nothing() {
    let yard = Yard::new();
    for (args, code) in [(&[][..], 1), (&["--dry-run"][..], 0), (&["--drill"][..], 0)] {
        let report = yard.recover(args).expect(code).json();
        assert_eq!(report["outcome"], "planned");
        assert_eq!(status(&report, "start"), "planned");
        assert_eq!(report["next"][0]["command"], "fuelops recover --yes");
    }
    assert!(!yard.answers() && yard.inhabitants().is_empty());
    for name in ["recovery.log", "logs", ".fuelops"] {
        assert!(!yard.env.path(name).exists(), "{name} was made");
    }
}

#[test]
fn what_is_asked_to_be_left_out_is() {
    let yard = Yard::new();
    let old = yard.start();
    signal(old, Signal::SIGSTOP);
    let skip = ["--yes", "--skip", "preserve", "--skip", "snapshot", "--skip", "archive"];
    let report = yard.recover(&skip).expect(0).json();
    assert_eq!((status(&report, "preserve"), status(&report, "snapshot")), ("skipped", "skipped"));
    assert!(yard.crash_folder().is_none());
}

#[test]
fn full_restarts_what_is_healthy_and_preventive_does_too() {
    let yard = Yard::new();
    for flag in ["--full", "--preventive"] {
        if !yard.answers() {
            yard.start();
        }
        let old = yard.pid();
        let report = yard.recover(&["--yes", flag]).expect(0).json();
        assert_eq!(
            (&report["outcome"], pids(&report, "stopped")),
            (&"recovered".into(), vec![u64::from(old)])
        );
        assert!(yard.answers() && yard.pid() != old);
    }
}

#[test]
fn fuelops_killed_at_any_moment_ends_with_the_service_up() {
    for marker in
        ["\"step\":\"stop\"", "stopping", "stopped", "preserve", "\"step\":\"start\"", "\"step\":\"verify\""]
    {
        let yard = Yard::new();
        yard.env.write("deaf", "");
        let old = yard.start();
        let mut child =
            yard.env.fuelops(&["recover", "--full", "--yes"]).stdout(Stdio::null()).spawn().unwrap();
        let journal = yard.env.path(".fuelops/recover.steps");
        yard.wait_for(marker, || {
            let text = fs::read(&journal).unwrap_or_default();
            String::from_utf8_lossy(&text).contains(marker)
        });
        child.kill().unwrap();
        child.wait().unwrap();
        yard.wait_for("the guard brings a new one up", || {
            yard.answers()
                && fs::read_to_string(yard.env.path("backend.pid")).is_ok_and(|pid| pid != old.to_string())
        });
        yard.wait_for("the guard is done", || {
            fs::read_to_string(&journal).is_ok_and(|text| text.contains("\"end\""))
        });
        let running = yard.inhabitants().into_iter().filter(|pid| {
            fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|words| String::from_utf8_lossy(&words).contains("main.py"))
        });
        assert_eq!(running.count(), 1, "one instance, after {marker}");
    }
}

#[test]
fn of_two_at_once_the_second_is_told_who_is_at_work() {
    let yard = Yard::new();
    yard.env.write("deaf", "");
    yard.start();
    let mut first = yard.env.fuelops(&["recover", "--full", "--yes"]).stdout(Stdio::null()).spawn().unwrap();
    let lock = yard.env.path(".fuelops/action.lock");
    yard.wait_for("the lock is taken", || {
        fs::read_to_string(&lock).is_ok_and(|text| text.contains("recover"))
    });
    let second = yard.env.run(&["recover", "--yes"]).expect(75);
    assert!(second.stderr.contains(&format!("process {}", first.id())), "{second}");
    assert!(first.wait().unwrap().success());
    assert!(yard.answers());
}

#[test]
fn up_and_dead_again_is_no_recovery_and_the_third_try_is_refused() {
    let yard = Yard::new();
    yard.env.write("dies", "0.8");
    for _ in 0..2 {
        let report = yard.recover(&["--yes"]).expect(2).json();
        assert_eq!(report["outcome"], "failed", "{report:#}");
    }
    let report = yard.recover(&["--yes"]).expect(2).json();
    assert_eq!(report["outcome"], "circuit-open", "{report:#}");
    fs::remove_file(yard.env.path("dies")).unwrap();
    assert_eq!(yard.recover(&["--yes", "--force"]).expect(0).json()["outcome"], "recovered");
}

#[test]
fn what_never_answers_well_has_failed_within_the_budget() {
    let yard = Yard::new();
    yard.env.write("503", "");
    let report = yard.recover(&["--yes", "--budget", "8s"]).expect(2).json();
    assert_eq!(report["outcome"], "failed");
    assert!(report["summary"].as_str().unwrap().contains("503"), "{report:#}");
    assert!(report["elapsed_ms"].as_u64().unwrap() < 20_000, "{report:#}");
}

#[test]
fn what_lives_and_answers_wrongly_is_left_and_not_restarted_away() {
    let yard = Yard::new();
    let old = yard.start();
    yard.env.write("503", "");
    let report = yard.recover(&["--yes"]).expect(2).json();
    assert_eq!((&report["outcome"], pids(&report, "stopped")), (&"refused".into(), vec![]), "{report:#}");
    assert!(report["summary"].as_str().unwrap().contains("answers 503"), "{report:#}");
    assert!(!report["next"].as_array().unwrap().is_empty(), "{report:#}");
    assert!(is_alive(old));
}

#[test]
fn slow_start_is_waited_for() {
    let yard = Yard::new();
    yard.env.write("slow", "3");
    let report = yard.recover(&["--yes"]).expect(0).json();
    assert_eq!(report["outcome"], "recovered", "{report:#}");
    assert!(report["downtime_ms"].as_u64().unwrap() >= 2_500, "{report:#}");
}

#[test]
fn traceback_in_the_fresh_log_degrades() {
    let yard = Yard::new();
    yard.env.write("traceback", "");
    let report = yard.recover(&["--yes"]).expect(1).json();
    assert_eq!(report["outcome"], "degraded", "{report:#}");
    assert!(report["summary"].as_str().unwrap().contains("cannot load trucks"), "{report:#}");
}

#[test]
fn links_in_place_of_our_files_are_not_followed() {
    let yard = Yard::new();
    let old = yard.start();
    let precious = yard.env.write("precious", "x");
    std::os::unix::fs::symlink(&precious, yard.env.path("recovery.log")).unwrap();
    fs::rename(yard.env.path("backend.log"), yard.env.path("real.log")).unwrap();
    std::os::unix::fs::symlink("real.log", yard.env.path("backend.log")).unwrap();
    signal(old, Signal::SIGSTOP);
    let report = yard.recover(&["--yes"]).json();
    assert_eq!(fs::read_to_string(&precious).unwrap(), "x");
    assert!(yard.env.path("real.log").exists(), "{report:#}");
    assert_eq!(status(&report, "preserve"), "partial");
}

#[test]
fn unknown_services_and_none_at_all_are_mistakes_of_the_caller() {
    let yard = Yard::new();
    let outcome = yard.env.run(&["recover", "--target", "backnd"]).expect(64);
    assert!(outcome.stderr.contains("did you mean \"backend\"?"), "{outcome}");
    let empty = Env::new();
    assert!(empty.run(&["recover"]).expect(64).stderr.contains("[[service]]"));
}

#[test]
fn first_interrupt_finishes_the_start() {
    let yard = Yard::new();
    yard.env.write("deaf", "");
    let old = yard.start();
    let child = yard.env.fuelops(&["recover", "--full", "--yes"]).stdout(Stdio::null()).spawn().unwrap();
    let journal = yard.env.path(".fuelops/recover.steps");
    yard.wait_for("it stops", || fs::read_to_string(&journal).is_ok_and(|text| text.contains("stopping")));
    signal(child.id(), Signal::SIGINT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(yard.answers() && yard.pid() != old);
}

#[test]
fn nothing_is_stopped_that_could_not_be_started_again() {
    let yard = Yard::new();
    let old = yard.start();
    yard.configure("env_file = \"absent.env\"");
    let report = yard.recover(&["--full", "--yes"]).expect(2).json();
    assert_eq!(report["outcome"], "refused", "{report:#}");
    assert!(report["summary"].as_str().unwrap().contains("absent.env"), "{report:#}");
    assert!(is_alive(old) && yard.answers());
}

#[test]
fn what_dies_at_once_is_not_waited_for_and_its_last_words_are_told() {
    let yard = Yard::new();
    for end in ["import nosuchmodule", "raise ValueError('nosuchmodule')"] {
        yard.env.write("main.py", format!("import time\ntime.sleep(0.3)\n{end}\n"));
        let report = yard.recover(&["--yes", "--force", "--budget", "60s"]).expect(2).json();
        assert_eq!(report["outcome"], "failed");
        assert!(report["elapsed_ms"].as_u64().unwrap() < 30_000, "{report:#}");
        let summary = report["summary"].as_str().unwrap();
        assert_eq!(summary.matches("nosuchmodule").count(), 1, "{summary}");
        assert_eq!(report["next"][0]["command"], "fuelops analyze-logs");
    }
}

#[test]
fn what_has_left_the_tree_of_a_kept_service_goes_with_it_and_a_wanted_end_is_no_crash() {
    let yard = Yard::new();
    yard.env.write("daemon", "");
    yard.recover(&["--yes"]).expect(0);
    let runs = |word: &str| {
        let is = |pid: &u32| {
            let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&words).contains(word)
        };
        yard.inhabitants().into_iter().filter(is).collect::<Vec<u32>>()
    };
    let [daemon] = runs("sleep")[..] else { panic!("{:?}", runs("sleep")) };
    yard.env.write("deaf", "");
    fs::remove_file(yard.env.path("daemon")).unwrap();
    let report = yard.recover(&["--full", "--yes"]).expect(0).json();
    assert!(pids(&report, "stopped").contains(&daemon.into()), "{report:#}");
    assert!(runs("sleep").is_empty() && yard.answers());
    // The second time it takes KILL, by order.
    yard.recover(&["--full", "--yes"]).expect(0);
    assert!(!yard.env.path("logs/crashes.log").exists());
}
