//! `fuelops logs`: merged in time order, followed through rotation, raw into a pipe.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::Env;

const BACKEND: &str = "2026-03-02 10:00:01,000 [INFO] main - up
2026-03-02 10:00:03,000 [ERROR] main - failed
Traceback (most recent call last):
  File \"main.py\", line 3, in f
KeyError: 'x'
2026-03-02 10:00:05,000 [ERROR] main - \u{1f50d} DEBUG: keys
";
const SYNC: &str = "2026-03-02 10:00:02,000 - sync - INFO - begin
INFO:     10.0.0.1:5 - \"GET /health HTTP/1.1\" 200 OK
2026-03-02 10:00:04,000 - sync - WARNING - slow
";

fn two_logs() -> Env {
    let env = Env::new();
    env.write("backend.log", BACKEND);
    env.write("wialon_sync.log", SYNC);
    env
}

#[test]
fn records_are_merged_by_time_and_keep_their_lines() {
    let outcome = two_logs().run(&["logs"]).expect(0);
    let begins =
        ["up", "begin", "GET /health", "failed", "Traceback", "main.py", "KeyError", "slow", "DEBUG"];
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), begins.len(), "{outcome}");
    for (line, word) in lines.iter().zip(begins) {
        assert!(line.contains(word), "`{word}` is not in `{line}`\n{outcome}");
    }
}

#[test]
fn the_asked_lines_are_shown_and_no_record_is_cut() {
    let env = two_logs();
    // The last line, the one before, then a traceback of four lines.
    for (asked, shown) in [(1, 1), (2, 2), (3, 6), (5, 6), (6, 6), (7, 7), (9, 9)] {
        let outcome = env.run(&["logs", "-n", &asked.to_string()]).expect(0);
        assert_eq!(outcome.stdout.lines().count(), shown, "{asked}: {outcome}");
    }
    assert_eq!(env.run(&["logs", "-n", "0"]).expect(0).stdout, "");
}

#[test]
fn json_is_one_object_a_record_with_its_place_and_without_secrets() {
    let env = two_logs();
    let long = "2026-03-02 09:00:00,000 [INFO] main - so it goes\n".repeat(5_000);
    env.write(
        "backend.log.1",
        long + "2026-03-02 09:59:59,000 [ERROR] main - password=hunter2 \x1b[31mred\n",
    );
    let records = |args: &[&str]| -> Vec<Value> {
        let outcome = env.run(&[&["logs", "--format", "json"], args].concat()).expect(0);
        outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let all = records(&["-n", "9"]);
    let failed = all.iter().find(|record| record["text"].as_str().unwrap().contains("failed")).unwrap();
    assert_eq!(failed["schema"], "fuelops.log-record/1");
    assert_eq!(
        (&failed["file"], &failed["line"], &failed["level"]),
        (&"backend.log".into(), &2.into(), &"error".into())
    );
    assert_eq!(failed["text"].as_str().unwrap().lines().count(), 4, "{failed}");
    assert_eq!(all.last().unwrap()["level"], "debug", "as audited");
    let rotated = &records(&["-n", "10"])[0];
    assert_eq!((&rotated["file"], &rotated["line"]), (&"backend.log.1".into(), &5_001.into()));
    assert_eq!(rotated["text"], "2026-03-02 09:59:59,000 [ERROR] main - password=[redacted] red");
    env.run(&["logs", "--format", "html"]).expect(64);
}

#[test]
fn level_is_the_deserved_one_and_times_are_bounds() {
    let env = two_logs();
    let errors = env.run(&["logs", "--level", "error"]).expect(0);
    assert_eq!(errors.stdout.lines().count(), 4, "debug text at ERROR is no error\n{errors}");
    let since = env.run(&["logs", "--since", "2026-03-02T10:00:04Z"]).expect(0);
    assert_eq!(since.stdout.lines().count(), 2, "{since}");
    let between = ["logs", "--since", "2026-03-02T10:00:02Z", "--until", "2026-03-02T10:00:03Z"];
    assert_eq!(env.run(&between).expect(0).stdout.lines().count(), 2);
    env.run(&["logs", "--since", "soon"]).expect(64);
}

#[test]
fn terminal_commands_reach_a_pipe_as_they_are_and_a_coloured_view_not_at_all() {
    let env = Env::new();
    env.write("backend.log", "2026-03-02 10:00:01,000 [ERROR] main - \x1b]52;c;ZXZpbA==\x07x\n");
    env.run(&["logs"]).expect(0).says("\x1b]52;c;ZXZpbA==\x07x");
    let coloured = env.run(&["logs", "--color", "always"]).expect(0);
    assert!(!coloured.stdout.contains("\x1b]52"), "{coloured}");
    assert!(coloured.stdout.contains("\x1b[31m"), "an error is red\n{coloured}");
}

#[test]
fn without_any_log_it_is_unknown() {
    let env = Env::new();
    env.run(&["logs"]).expect(3);
    env.run(&["logs", "nobody"]).expect(64);
}

/// A follower with its output; killed if the test fails half-way.
struct Follower(Child, BufReader<ChildStdout>);

impl Follower {
    fn start(env: &Env) -> Self {
        let mut command: Command = env.fuelops(&["logs", "-f", "-n", "1"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self(child, out)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.kill().unwrap_or(());
        self.0.wait().map(drop).unwrap_or(());
    }
}

#[test]
fn follower_survives_rotation_truncation_and_new_files_and_ends_with_130() {
    let env = Env::new();
    let log = env.write("backend.log", "one\ntwo\n");
    let mut follower = Follower::start(&env);
    assert_eq!(follower.line(), "two\n");
    fs::rename(&log, env.path("backend.log.1")).unwrap();
    env.write("backend.log", "after rotation\n");
    assert_eq!(follower.line(), "after rotation\n");
    env.write("backend.log", "");
    std::thread::sleep(std::time::Duration::from_millis(300));
    env.write("backend.log", "again\n");
    assert_eq!(follower.line(), "again\n");
    env.write("logs/new.log", "a new file\n");
    assert_eq!(follower.line(), "a new file\n");
    kill(Pid::from_raw(i32::try_from(follower.0.id()).unwrap()), Signal::SIGINT).unwrap();
    assert_eq!(follower.0.wait().unwrap().code(), Some(130));
}

#[test]
fn a_zone_is_that_of_what_is_typed_read_and_told() {
    let env = two_logs();
    let zoned = |command: &[&str]| env.run(&[command, &["--tz", "America/Bogota"]].concat());
    if zoned(&["logs"]).code == Some(64) {
        return; // This machine has no zones.
    }
    let outcome = zoned(&["logs", "--format", "json", "-n", "1"]).expect(0);
    assert!(outcome.stdout.contains("\"at\":\"2026-03-02T15:00:05Z\""), "{outcome}");
    // In Bogota it was 10:00:04, and in UTC 15:00:04.
    for since in ["2026-03-02 10:00:04", "2026-03-02T15:00:04Z"] {
        let outcome = zoned(&["logs", "--since", since]).expect(0);
        assert_eq!(outcome.stdout.lines().count(), 2, "{outcome}");
    }
    let report = zoned(&["analyze-logs", "--no-save", "--since", "2026-03-02 10:00"]).expect(0).stdout;
    assert!(report.contains("2026-03-02 10:00 to 2026-03-02 10:00"), "{report}");
    assert!(report.contains("America/Bogota"), "{report}");
    let refused = env.run(&["logs", "--tz", "Atlantis/Capital"]).expect(64);
    assert!(refused.stderr.contains("America/Bogota"), "{refused}");
}
