//! `analyze-logs --follow`: the report, then what changes, through rotation, until a signal comes or nobody reads.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use chrono::{SecondsFormat, TimeDelta, Utc};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::{Env, wait_until};

/// How long a line is waited for, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

fn record(level: &str, message: &str) -> String {
    let at = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    format!("{{\"timestamp\": \"{at}\", \"level\": \"{level}\", \"message\": \"{message}\"}}\n")
}

fn append(env: &Env, name: &str, text: &str) {
    let path = env.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// A follower with its lines; killed if the test fails half-way.
struct Follower {
    child: Child,
    lines: Receiver<String>,
}

impl Follower {
    fn start(env: &Env, args: &[&str]) -> Self {
        let args = [&["analyze-logs", "--follow", "--no-save"], args].concat();
        let mut child = env.fuelops(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.lines.recv_timeout(PATIENCE).expect("a line")).unwrap()
    }

    /// The next line that says this of what changed.
    #[track_caller]
    fn news(&self, kind: &str) -> Value {
        loop {
            let line = self.json();
            assert_eq!(line["schema"], "fuelops.log-news/1", "{line}");
            if line["kind"] == kind {
                return line;
            }
        }
    }

    fn end(&mut self, signal: Signal) -> Option<i32> {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.child.kill().unwrap_or(());
        self.child.wait().map(drop).unwrap_or(());
    }
}

#[test]
fn changes_are_told_through_rotation_and_new_files_and_no_line_else() {
    let env = Env::new();
    env.write("backend.log", record("info", "up") + &record("info", "idle"));
    let mut follower = Follower::start(&env, &["--format", "json"]);
    assert_eq!(follower.json()["schema"], "fuelops.analyze-logs/1");

    append(&env, "backend.log", &(record("info", "new, and no news") + &record("error", "queue 1 is stuck")));
    let new = follower.news("new");
    assert_eq!((&new["count"], &new["place"]), (&1.into(), &"backend.log:4".into()), "{new}");
    assert!(new["summary"].as_str().unwrap().contains("is stuck"), "{new}");

    fs::rename(env.path("backend.log"), env.path("backend.log.1")).unwrap();
    let secret =
        record("error", "queue 2 is stuck") + &record("error", "cannot log in with password=hunter2");
    append(&env, "backend.log", &secret);
    let new = follower.news("new");
    assert_eq!(new["place"], "backend.log:2", "the queue is known: {new}");
    assert!(!new.to_string().contains("hunter2"), "{new}");

    append(&env, "logs/late.log", &record("warning", "disk is nearly full"));
    assert_eq!(follower.news("new")["place"], "logs/late.log:1");

    append(&env, "backend.log", &record("error", "queue 3 is stuck").repeat(500));
    let verdict = follower.news("verdict");
    assert_eq!(verdict["verdict"], "critical", "{verdict}");
    assert_eq!(follower.end(Signal::SIGINT), Some(130));
}

#[test]
fn a_crash_is_told_with_its_last_words() {
    let env = Env::new();
    env.write("backend.log", record("info", "Started server process [1]") + &record("info", "at work"));
    let mut follower = Follower::start(&env, &["--format", "json"]);
    follower.json();
    append(
        &env,
        "backend.log",
        &(record("info", "about to fall") + &record("info", "Started server process [2]")),
    );
    let crash = follower.news("crash");
    let summary = crash["summary"].as_str().unwrap();
    assert!(summary.contains("pid 2") && summary.contains("about to fall"), "{crash}");
    assert_eq!(crash["place"], "backend.log:4");
    assert_eq!(follower.end(Signal::SIGTERM), Some(143));
}

#[test]
fn lines_for_people_say_when_what_how_often_and_where() {
    let env = Env::new();
    let past = Utc::now() - TimeDelta::hours(2);
    let line = format!("{} INFO up\n", past.to_rfc3339_opts(SecondsFormat::Secs, true));
    env.write("backend.log", line.repeat(2));
    let follower = Follower::start(&env, &[]);
    follower.lines.recv_timeout(PATIENCE).expect("the report");
    append(&env, "backend.log", &record("error", "cannot reach truck \\u001b]0;x\\u0007").repeat(3));
    let is_news = |line: &str| line.contains("cannot reach truck") && line.contains("backend.log:");
    let line = std::iter::from_fn(|| follower.lines.recv_timeout(PATIENCE).ok()).find(|line| is_news(line));
    let line = line.expect("told");
    assert!(line.contains(" new ") && line.contains("×") && !line.contains('\x1b'), "{line}");
}

#[test]
fn it_ends_when_nobody_reads_any_more() {
    let env = Env::new();
    env.write("backend.log", record("info", "up"));
    let args = ["analyze-logs", "--follow", "--no-save"];
    let mut child = env.fuelops(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = wait_until(PATIENCE, || child.try_wait().unwrap().is_some());
    child.kill().unwrap_or(());
    assert!(ended && child.wait().unwrap().success());
}

#[test]
fn what_ends_and_what_does_not_exclude_each_other() {
    let env = Env::new();
    env.write("backend.log", record("info", "up"));
    for args in [
        &["--check"][..],
        &["--until", "1h"],
        &["--format", "html"],
        &["--output", "x"],
        &["-"],
        &["--state", "seen"],
    ] {
        env.run(&[&["analyze-logs", "--follow"], args].concat()).expect(64);
    }
}
