//! The commands, one process after another on one file.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::{Value, json};

use super::{counted, report};
use crate::support::Env;

#[test]
fn without_a_store_all_is_unknown_and_nothing_is_created() {
    let env = Env::new();
    let outcome = env.run(&["track-errors", "--format", "json"]);
    assert_eq!((outcome.code, outcome.json()["verdict"].as_str()), (Some(3), Some("unknown")));
    let list = env.run(&["track-errors", "list"]);
    assert_eq!(list.code, Some(3));
    assert!(list.stderr.contains("`fuelops track-errors ingest-logs`"), "{}", list.stderr);
    assert!(!env.path(".fuelops").exists());
}

#[test]
fn prune_removes_what_is_too_old_and_says_so_where_there_is_nothing() {
    let env = Env::new();
    env.run(&["track-errors", "prune"]).expect(3);
    env.run(&["track-errors", "record", "--message", "x"]).expect(0);
    let pruned = env.run(&["track-errors", "prune", "--format", "json"]).expect(0).json();
    assert_eq!(pruned["events"], 0, "{pruned:#}");
    env.write("fuelops.toml", "[errors]\nmax_age = \"1s\"\n");
    std::thread::sleep(Duration::from_millis(1_100));
    let pruned = env.run(&["track-errors", "prune", "--format", "json"]).expect(0).json();
    assert_eq!(pruned["events"], 1, "{pruned:#}");
}

#[test]
fn an_issue_lives_from_new_to_regressed() {
    let env = Env::new();
    let record = |n: u32| {
        env.run(&[
            "track-errors",
            "record",
            "--type",
            "SyncError",
            "--message",
            &format!("no answer after {n} s"),
            "--endpoint",
            "/sync",
        ])
    };
    assert_eq!(record(1).code, Some(0));
    assert_eq!(record(2).code, Some(0));
    let list = || env.run(&["track-errors", "list", "--format", "json"]).json()["issues"].clone();
    assert_eq!((list()[0]["count"].as_u64(), list()[0]["state"].as_str()), (Some(2), Some("new")));
    assert_eq!(list().as_array().unwrap().len(), 1);
    assert_eq!(env.run(&["track-errors", "gate", "--since", "1h"]).code, Some(2));
    assert_eq!(env.run(&["track-errors", "resolve", "1"]).code, Some(0));
    assert_eq!(list()[0]["state"], "resolved");
    assert_eq!(env.run(&["track-errors", "gate", "--since", "1h"]).code, Some(0));
    record(3);
    assert_eq!(list()[0]["state"], "regressed");
    assert_eq!(env.run(&["track-errors", "ignore", "1", "--count", "2"]).code, Some(0));
    record(4);
    assert_eq!(list()[0]["state"], "ignored");
    record(5);
    assert_eq!(list()[0]["state"], "new");
    let report = report(&env);
    assert_eq!((report["events"].as_u64(), report["verdict"].as_str()), (Some(5), Some("degraded")));
    assert_eq!(report["by_endpoint"][0], json!({"endpoint": "/sync", "count": 5}));
}

#[test]
fn an_issue_that_is_not_there_is_the_callers_mistake_and_no_verdict() {
    let env = Env::new();
    env.run(&["track-errors", "record", "--type", "E", "--message", "m"]).expect(0);
    for words in [["show", "99"], ["resolve", "99"], ["ignore", "99"], ["unmerge", "99"]] {
        let refused = env.run(&[&["track-errors"], &words[..]].concat()).expect(64);
        assert!(refused.stderr.contains("there is no issue 99"), "{refused}");
    }
    env.run(&["track-errors", "why", "ffff"]).expect(64);
    env.run(&["track-errors", "why", "99"]).expect(64);
    // The newest event of an issue stands for it.
    let why = env.run(&["track-errors", "why", "1", "--format", "json"]).expect(0).json();
    let show = env.run(&["track-errors", "show", "#1", "--format", "json"]).json();
    assert_eq!(why["fingerprint"], show["issue"]["fingerprint"]);
    env.run(&["track-errors"]).expect(0).says("  1 error of 1 issue in 24 h – ");
    env.run(&["track-errors", "--since", "5m"]).expect(0).says(" in 5m – ");
    env.run(&["track-errors", "record", "--level", "warning", "--message", "w"]).expect(0);
    env.run(&["track-errors"]).expect(0).says("  2 events (1 error) of 2 issues in ");
}

#[test]
fn health_judges_what_was_kept_and_names_what_is_new() {
    let env = Env::new();
    let finding = || {
        let report = env.run(&["health", "--target", "system", "--format", "json"]).json();
        let findings = report["findings"].as_array().unwrap().clone();
        findings.into_iter().find(|finding| finding["check"] == "errors.rate")
    };
    assert_eq!(finding(), None);
    let record = || env.run(&["track-errors", "record", "--type", "SyncError", "--message", "no answer"]);
    assert_eq!(record().code, Some(0));
    let first = finding().unwrap();
    assert_eq!((first["severity"].as_str(), first["cause"].as_str()), (Some("ok"), None));
    assert_eq!(first["hint"]["command"], "fuelops track-errors show 1");
    let table = env.run(&["health", "--target", "system"]).stdout;
    assert!(table.contains("#1 SyncError") && table.contains("fuelops track-errors show 1"), "{table}");
    for _ in 0..4 {
        record();
    }
    let fifth = finding().unwrap();
    assert_eq!((fifth["severity"].as_str(), fifth["cause"].as_str()), (Some("warning"), Some("error-rate")));
    // What was read from a log counts where logs are counted, and not here.
    env.write("fuelops.toml", "[logs]\npaths = [\"backend.log\"]\n");
    let now = chrono::Local::now().format("%Y-%m-%d %H:%M:%S");
    env.write("backend.log", format!("{now},000 - app - ERROR - order 17 failed\n").repeat(30));
    assert_eq!(env.run(&["track-errors", "ingest-logs"]).code, Some(0));
    assert_eq!(counted(&env), 35);
    assert_eq!(finding().unwrap()["observed"]["errors_per_hour"], 5);
}

#[test]
fn a_command_keeps_its_exit_code_and_what_it_said_is_recorded() {
    let env = Env::new();
    let run = |words: &[&str]| {
        env.run(&[&["track-errors", "record", "--context", "nightly", "--"], words].concat())
    };
    assert_eq!(run(&["sh", "-c", "exit 0"]).code, Some(0));
    assert!(!env.path(".fuelops").exists());
    assert_eq!(run(&["sh", "-c", "echo broken >&2; exit 7"]).code, Some(7));
    assert_eq!(run(&["sh", "-c", "kill -9 $$"]).code, Some(137));
    assert_eq!(run(&["no-such-program"]).code, Some(127));
    let missing =
        ["track-errors", "record", "--traceback", "none.txt", "--", "sh", "-c", "echo torn >&2; exit 9"];
    let missing = env.run(&missing);
    assert_eq!(missing.code, Some(9));
    assert!(
        missing.stderr.contains("none.txt") && missing.stderr.contains("recorded as issue"),
        "{}",
        missing.stderr
    );
    let python = run(&["python3", "-c", "def f():\n    return {}['a']\nf()"]);
    assert_eq!(python.code, Some(1));
    let report = report(&env);
    let types: Vec<&str> =
        report["by_type"].as_array().unwrap().iter().map(|t| t["type"].as_str().unwrap()).collect();
    assert_eq!((report["events"].as_u64(), types), (Some(5), vec!["CommandFailed", "KeyError"]));
    assert!(report.to_string().contains("exit code 7: broken"), "{report}");
}

#[test]
fn the_old_modules_file_comes_in_once_and_goes_out_again() {
    let env = Env::new();
    let traceback = "Traceback (most recent call last):\n  File \"/srv/main.py\", line 3, in get\n    return d[k]\nKeyError: 'DO9693'\n";
    let record = |kind: &str, traceback: Option<&str>, count: u64| {
        json!({"timestamp": "2026-11-20T10:00:00.000001", "type": kind, "message": "'DO9693'", "context": "sync", "endpoint": "/api/fleet",
            "request_data": {"truck": "DO9693", "api_key": "hunter2"}, "traceback": traceback, "count": count})
    };
    let file = json!({"errors": [record("KeyError", Some(traceback), 2), record("ValueError", None, 1)],
        "error_counts": {"KeyError": 2, "ValueError": 1}, "last_updated": "2026-11-20T10:00:01"});
    env.write("logs/error_tracking.json", file.to_string());
    for _ in 0..2 {
        assert_eq!(env.run(&["track-errors", "import", "logs/error_tracking.json"]).code, Some(0));
        assert_eq!(counted(&env), 3);
    }
    let outcome = env.run(&["track-errors", "export", "--format", "error-tracking"]);
    let out: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(out["error_counts"], file["error_counts"]);
    let back = &out["errors"][0];
    for key in ["type", "message", "context", "endpoint", "count", "traceback"] {
        assert_eq!(back[key], file["errors"][0][key], "{key}");
    }
    assert!(!outcome.stdout.contains("hunter2") && out["last_updated"].is_string());
}

#[test]
fn logs_come_in_once_through_growth_and_rotation() {
    let env = Env::new();
    let block = format!(
        "{bar}\nCRASH: 2026-11-20 10:00:00\nContext: startup\n{bar}\nError: ValueError: bad\nTraceback:\nTraceback (most recent call last):\n  File \"/srv/main.py\", line 9, in boot\n    check()\nValueError: bad\n{bar}\n",
        bar = "=".repeat(80)
    );
    let line = |n: u32| format!("2026-11-20 10:00:{n:02},000 [ERROR] app - order {n} failed\n");
    env.write("logs/crashes.log", &block);
    env.write("backend.log", line(1) + "2026-11-20 10:00:01,500 [INFO] app - fine\n" + &line(2));
    let ingest = || env.run(&["track-errors", "ingest-logs", "--format", "json"]);
    assert_eq!(ingest().json()["events"], 3);
    assert_eq!(ingest().json()["events"], 0);
    fs::rename(env.path("backend.log"), env.path("backend.log.1")).unwrap();
    env.write("backend.log", line(3));
    assert_eq!(ingest().json()["events"], 1);
    let list = env.run(&["track-errors", "list", "--format", "json", "--sort", "count"]).json();
    let issues: Vec<_> = list["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| (i["type"].as_str().unwrap(), i["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(issues, [("app", 3), ("ValueError", 1)]);
}

#[test]
fn a_traceback_that_is_half_written_is_waited_for() {
    let env = Env::new();
    let head = "2026-11-20 10:00:01,000 [ERROR] app - sync failed\nTraceback (most recent call last):\n";
    let frame = "  File \"/srv/main.py\", line 3, in get\n    return d[k]\n";
    env.write("backend.log", format!("2026-11-20 10:00:00,000 [ERROR] app - order 1 failed\n{head}{frame}"));
    let mut log = fs::OpenOptions::new().append(true).open(env.path("backend.log")).unwrap();
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        log.write_all(b"KeyError: 'DO9693'\n").unwrap();
    });
    let ingest = || env.run(&["track-errors", "ingest-logs", "backend.log", "--format", "json"]).json();
    assert_eq!(ingest()["events"], 2);
    writer.join().unwrap();
    assert_eq!(ingest()["events"], 0);
    let list = env.run(&["track-errors", "list", "--type", "KeyError", "--format", "json"]).json();
    assert_eq!(list["issues"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_store_is_private_and_secrets_are_not_in_it() {
    let env = Env::new();
    env.run(&[
        "track-errors",
        "record",
        "--type",
        "E",
        "--message",
        "mysql://root:hunter2@db refused",
        "--data",
        r#"{"password": "hunter2", "card": "4111 1111 1111 1111"}"#,
        "--tag",
        "token=hunter2",
    ]);
    for name in ["errors.db", "errors.db-wal"] {
        let path = env.path(".fuelops").join(name);
        let Ok(bytes) = fs::read(&path) else { continue };
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for secret in ["hunter2", "4111"] {
            assert!(memchr::memmem::find(&bytes, secret.as_bytes()).is_none(), "{name} holds {secret}");
        }
    }
    assert!(!env.run(&["track-errors", "show", "1", "--format", "json"]).stdout.contains("hunter2"));
}

#[test]
fn a_spool_that_cannot_be_taken_in_keeps_no_report_back() {
    let env = Env::new();
    env.run(&["track-errors", "record", "--type", "E", "--message", "m"]);
    fs::create_dir(env.path(".fuelops/errors.spool.1-1")).unwrap();
    let outcome = env.run(&["track-errors", "--format", "json"]);
    assert_eq!((outcome.code, outcome.json()["events"].as_u64()), (Some(0), Some(1)), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("not taken in"), "{}", outcome.stderr);
}

#[test]
fn what_is_told_next_works_where_the_config_lies_elsewhere() {
    let env = Env::new();
    env.write("other/fuelops.toml", "");
    env.run(&["--config", "other/fuelops.toml", "track-errors", "dsn"]);
    env.write("empty.json", "{\"errors\": []}");
    env.run(&["--config", "other/fuelops.toml", "track-errors", "import", "empty.json"]);
    let list = env.run(&["--config", "other/fuelops.toml", "track-errors", "list"]);
    assert!(list.stdout.contains("no issues yet"), "{}", list.stdout);
    env.run(&["--config", "other/fuelops.toml", "track-errors", "record", "--type", "E", "--message", "m"]);
    let report = env.run(&["--config", "other/fuelops.toml", "track-errors"]);
    assert!(
        report.stdout.contains("fuelops --config other/fuelops.toml track-errors show 1"),
        "{}",
        report.stdout
    );
}

#[test]
fn merged_issues_are_one_and_come_apart_again() {
    let env = Env::new();
    for kind in ["A", "B"] {
        env.run(&["track-errors", "record", "--type", kind, "--message", "x"]);
    }
    let counts = || -> Vec<u64> {
        let list = env.run(&["track-errors", "list", "--format", "json", "--sort", "first-seen"]).json();
        list["issues"].as_array().unwrap().iter().map(|i| i["count"].as_u64().unwrap()).collect()
    };
    assert_eq!(env.run(&["track-errors", "merge", "1", "2"]).code, Some(0));
    assert_eq!(counts(), [2]);
    env.run(&["track-errors", "record", "--type", "B", "--message", "x"]);
    assert_eq!(counts(), [3]);
    assert_eq!(env.run(&["track-errors", "unmerge", "1"]).code, Some(0));
    assert_eq!(counts().iter().sum::<u64>(), 3);
    assert_eq!(counts().len(), 2);
}

#[test]
fn why_needs_no_store() {
    let env = Env::new();
    env.write("event.json", r#"{"platform": "python", "exception": {"values": [{"type": "KeyError", "value": "'a'", "stacktrace": {"frames": [{"module": "main", "function": "get", "in_app": true}]}}]}}"#);
    let why = env.run(&["track-errors", "why", "--event", "event.json", "--format", "json"]).json();
    assert!(why["fingerprint"].as_str().unwrap().starts_with("v1:"));
    assert_eq!(why["variants"]["system"]["contributes"], true);
    assert_eq!(why["variants"]["app"]["contributes"], false);
    assert!(!env.path(".fuelops").exists());
}

#[test]
fn a_newer_store_and_a_damaged_one() {
    let env = Env::new();
    env.write(".fuelops/errors.db", "this is no database ".repeat(1000));
    let outcome = env.run(&["track-errors", "record", "--type", "E", "--message", "m"]);
    assert_eq!(outcome.code, Some(0));
    assert!(outcome.stderr.contains("kept as"), "{}", outcome.stderr);
    assert_eq!(report(&env)["losses"][0]["reason"], "damaged-store");
    env.run(&["track-errors"]).says("1 × store: damaged, kept beside the new one");
}

#[test]
fn a_span_means_what_it_means_for_logs() {
    let env = Env::new();
    let at = |time: &str| json!({"timestamp": time, "type": "E", "message": "m", "context": "", "count": 1, "traceback": null});
    let file = json!({"errors": [at("2026-11-18T23:30:00Z"), at("2026-11-19T04:30:00Z"), at("2026-11-19T05:30:00Z")]});
    env.write("old.json", file.to_string());
    env.run(&["track-errors", "import", "old.json"]).expect(0);
    let report = |words: &[&str]| {
        let words = [&["track-errors", "--format", "json"], words].concat();
        env.run(&words).json()["events"].as_u64()
    };
    let day = ["--since", "2026-11-19", "--until", "2026-11-19 23:59:59"];
    assert_eq!(report(&[&day[..], &["--tz", "utc"]].concat()), Some(2));
    assert_eq!(report(&[&day[..], &["--tz", "-05:00"]].concat()), Some(1));
    assert_eq!(report(&["--until", "2026-11-19T05:00:00Z"]), Some(2), "a day up to then");
    let table =
        env.run(&["track-errors", "--since", "2026-11-19", "--until", "2026-11-20", "--tz", "+02:00"]);
    assert!(table.stdout.contains("2026-11-19 06:30"), "{table}");
    assert!(table.stdout.contains(" in 24 h up to 2026-11-20 00:00 – "), "{table}");
    let listed = |words: &[&str]| {
        let words = [&["track-errors", "list", "--format", "json"], words].concat();
        env.run(&words).json()["issues"].as_array().unwrap().len()
    };
    assert_eq!((listed(&["--until", "2026-11-18"]), listed(&["--until", "2026-11-19T00:00Z"])), (0, 1));
    let wrong = env.run(&["track-errors", "--since", "2026-11-19", "--until", "2026-11-18"]).expect(64);
    assert!(wrong.stderr.contains("is later than --until"), "{wrong}");
    let gate = |tz: &str| {
        let since = ["--since", "2026-11-18 23:00", "--tz", tz];
        env.run(&[&["track-errors", "gate"], &since[..]].concat()).code
    };
    assert_eq!((gate("utc"), gate("-05:00")), (Some(2), Some(0)));
}
