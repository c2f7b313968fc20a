//! The demo: its sample backend as a program of its own, and the tour.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use fuelops::demo::{Fault, Keep, Stage};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{Env, free_port, get, wait_until};

const LIMIT: Duration = Duration::from_secs(10);

/// A sample backend, started as the demo starts it.
struct Sample {
    child: Child,
    port: u16,
}

impl Sample {
    fn start(env: &Env) -> Self {
        let port = free_port();
        let log = File::options().create(true).append(true).open(env.path("backend.log")).unwrap();
        let mut command = env.fuelops(&["__sample", "backend", &port.to_string()]);
        let child = command.stdin(Stdio::piped()).stdout(log).spawn().unwrap();
        let sample = Self { child, port };
        assert!(wait_until(LIMIT, || sample.get("/health/live").is_some()));
        sample
    }

    fn get(&self, path: &str) -> Option<(u16, serde_json::Value)> {
        let answer = get(self.port, path)?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, serde_json::from_str(body).ok()?))
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// The exit code of its own end.
    fn ends(&mut self) -> Option<i32> {
        assert!(wait_until(LIMIT, || self.child.try_wait().unwrap().is_some()), "it goes on");
        self.child.wait().unwrap().code()
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _collected = self.child.wait();
    }
}

fn log(env: &Env) -> String {
    fs::read_to_string(env.path("backend.log")).unwrap()
}

#[test]
fn sample_backend_serves_logs_and_ends_in_order_on_sigterm() {
    let env = Env::new();
    let mut sample = Sample::start(&env);
    assert_eq!(fs::read_to_string(env.path("backend.pid")).unwrap().trim(), sample.child.id().to_string());
    let (status, health) = sample.get("/health").unwrap();
    assert_eq!((status, health["health_checks"]["cpu_ok"].is_boolean()), (200, true), "{health}");
    let (_, detailed) = sample.get("/health/detailed").unwrap();
    assert_eq!(detailed["process"]["pid"], sample.child.id());
    sample.signal(Signal::SIGTERM);
    assert_eq!(sample.ends(), Some(0));
    assert!(!env.path("backend.pid").exists());
    let log = log(&env);
    assert!(log.contains("\"GET /health HTTP/1.1\" 200 OK"), "{log}");
    assert!(log.trim_end().ends_with(&format!("Finished server process [{}]", sample.child.id())), "{log}");
}

#[test]
fn sample_backend_crashes_with_a_traceback_and_leaves_its_pid_file() {
    let env = Env::new();
    let mut sample = Sample::start(&env);
    env.write("fault", "crash");
    assert_eq!(sample.ends(), Some(1));
    assert!(env.path("backend.pid").exists());
    assert!(log(&env).contains("Traceback (most recent call last):"));
}

#[test]
fn sample_backend_that_hangs_accepts_and_never_answers_until_mended() {
    let env = Env::new();
    let sample = Sample::start(&env);
    env.write("fault", "hang");
    assert!(TcpStream::connect(("127.0.0.1", sample.port)).is_ok());
    assert_eq!(sample.get("/health"), None);
    fs::remove_file(env.path("fault")).unwrap();
    assert!(wait_until(LIMIT, || sample.get("/health").is_some()));
}

#[test]
fn sample_backend_with_errors_answers_500_and_stays_alive() {
    let env = Env::new();
    let sample = Sample::start(&env);
    env.write("fault", "errors\n");
    assert_eq!(sample.get("/health").unwrap().0, 500);
    assert_eq!(sample.get("/fuelAnalytics/api/fleet").unwrap().0, 500);
    assert_eq!(sample.get("/health/live").unwrap().0, 200);
    assert!(log(&env).contains("pymysql.err.OperationalError"));
}

#[test]
fn sample_backend_that_leaks_grows() {
    let env = Env::new();
    let sample = Sample::start(&env);
    let megabytes = || sample.get("/health/detailed").unwrap().1["process"]["memory_mb"].as_f64().unwrap();
    let before = megabytes();
    env.write("fault", "leak");
    assert!(wait_until(LIMIT, || megabytes() > before + 20.0));
}

#[test]
fn sample_backend_refuses_a_taken_port_as_uvicorn_does() {
    let env = Env::new();
    let squatter = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = squatter.local_addr().unwrap().port().to_string();
    let outcome = env.run(&["__sample", "backend", &port]).expect(1);
    assert!(outcome.stdout.contains("error while attempting to bind on address"), "{outcome}");
    assert!(!env.path("backend.pid").exists());
}

#[test]
fn sample_backend_ends_when_whoever_started_it_is_gone() {
    let env = Env::new();
    let mut sample = Sample::start(&env);
    drop(sample.child.stdin.take());
    assert_eq!(sample.ends(), Some(0));
}

#[test]
fn leashed_command_ends_when_whoever_started_it_is_gone() {
    let env = Env::new();
    env.write(
        "fuelops.toml",
        "[[check]]\nname = \"root\"\ntype = \"file-age\"\npath = \"/\"\nmax_age = \"9d\"\n",
    );
    let mut child =
        env.fuelops(&["__leashed", "monitor"]).stdout(Stdio::null()).stdin(Stdio::piped()).spawn().unwrap();
    let is_there = wait_until(LIMIT, || env.path(".fuelops/monitor.lock").exists());
    let lives = child.try_wait().unwrap().is_none();
    drop(child.stdin.take());
    let ends = wait_until(LIMIT, || child.try_wait().unwrap().is_some());
    child.kill().unwrap_or(());
    assert!(is_there && lives && ends, "{is_there} {lives} {ends}");
    assert_eq!(child.wait().unwrap().code(), Some(129));
}

#[test]
fn hidden_commands_stand_in_no_help_and_need_their_words() {
    let env = Env::new();
    let help = env.run(&["--help"]).expect(0);
    assert!(!help.stdout.contains("__"), "{help}");
    env.run(&["__sample", "backend"]).expect(64);
}

fn raise(keep: Keep) -> Stage {
    Stage::raise(Path::new(env!("CARGO_BIN_EXE_fuelops")), keep).unwrap()
}

fn status_of(stage: &Stage) -> Option<u16> {
    get(stage.port(), "/health")?.split(' ').nth(1)?.parse().ok()
}

#[test]
fn stage_is_private_and_leaves_neither_folder_nor_process() {
    let stage = raise(Keep::Nothing);
    let (root, port) = (stage.root().to_owned(), stage.port());
    assert_eq!(fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(stage.config().exists());
    stage.let_stranger_in().unwrap();
    drop(stage);
    assert!(!root.exists());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn stage_breaks_the_backend_in_each_way_and_puts_it_right_again() {
    let stage = raise(Keep::Nothing);
    assert_eq!(status_of(&stage), Some(200));
    stage.inflict(Fault::Errors).unwrap();
    assert_eq!(status_of(&stage), Some(500));
    stage.inflict(Fault::Hang).unwrap();
    assert_eq!(status_of(&stage), None);
    stage.restore().unwrap();
    assert_eq!(status_of(&stage), Some(200));
    stage.inflict(Fault::Crash).unwrap();
    assert!(TcpStream::connect(("127.0.0.1", stage.port())).is_err());
    stage.let_stranger_in().unwrap();
    assert!(get(stage.port(), "/health").unwrap().contains("another program"));
    stage.restore().unwrap();
    assert_eq!(status_of(&stage), Some(200));
}

#[test]
fn curtain_ends_the_demo_from_another_thread_and_nothing_starts_afterwards() {
    let stage = raise(Keep::Nothing);
    let curtain = stage.curtain();
    std::thread::spawn(move || drop(curtain.fall())).join().unwrap();
    assert!(!stage.root().exists());
    assert!(TcpStream::connect(("127.0.0.1", stage.port())).is_err());
    assert!(stage.restore().is_err());
}

#[test]
fn stage_that_is_watched_leaves_neither_the_monitor_nor_what_it_started() {
    let stage = raise(Keep::Nothing);
    let (root, state) = (stage.root().to_owned(), stage.root().join(".fuelops"));
    stage.recover().unwrap();
    stage.watch().unwrap();
    let knows = || fs::read_to_string(root.join("monitor.log")).is_ok_and(|log| log.contains("watches"));
    assert!(wait_until(LIMIT, knows));
    let strike = stage.strike(&state).unwrap();
    let (pid, _) = strike.answered.expect("somebody answers in its place");
    assert_ne!(pid, strike.killed);
    let port = stage.port();
    drop(stage);
    assert!(!root.exists() && TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn kept_stage_keeps_its_folder_and_no_process() {
    let stage = raise(Keep::Folder);
    let (root, port) = (stage.root().to_owned(), stage.port());
    drop(stage);
    assert!(root.join("backend.log").exists());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    fs::remove_dir_all(root).unwrap();
}

/// What a tour left in its folder for temporary files.
fn left_over(env: &Env) -> Vec<PathBuf> {
    fs::read_dir(env.tmp()).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn tour_finds_every_fault_within_its_time_and_leaves_nothing() {
    let env = Env::new();
    let outcome = env.run(&["demo"]).expect(0);
    for cause in ["process-down", "process-hung", "port-taken", "database-down"] {
        assert!(outcome.stdout.contains(&format!("Found: {cause}.")), "{cause}\n{outcome}");
    }
    let outcome = outcome.says("4 of 4 faults found, and recovered").says("fuelops health");
    let outcome = outcome.says("$ fuelops recover --yes").says("RECOVERED");
    let outcome =
        outcome.says("$ fuelops monitor &").says("was killed by signal 9 (SIGKILL); restart 1 within");
    let outcome = outcome.says("critical: backend: pid").says("resolved: backend: it answers as it should");
    let outcome = outcome.says("; a crash was answered after ");
    let (tour, next) = outcome.stdout.split_once("What to type next").unwrap();
    let (_, left) = tour.split_once("What the tour left in the log").unwrap();
    for told in
        ["$ fuelops analyze-logs", "1 × MemoryError at /srv/fuel/fleet.py:57", "#1", "OperationalError"]
    {
        assert!(left.contains(told), "{told}\n{outcome}");
    }
    let commands: Vec<_> = next.lines().filter_map(|line| line.trim().strip_prefix("fuelops ")).collect();
    assert!(!commands.is_empty(), "{outcome}");
    for command in commands {
        let words: Vec<_> = command.split(' ').chain(["--help"]).collect();
        env.run(&words).expect(0);
    }
    assert!(outcome.elapsed < Duration::from_secs(30), "{outcome}");
    assert!(left_over(&env).is_empty(), "{outcome}");
}

#[test]
fn tour_as_json_is_one_document_with_every_scene() {
    let env = Env::new();
    let outcome = env.run(&["demo", "--format", "json"]).expect(0);
    let report = outcome.json();
    assert_eq!(report["schema"], "fuelops.demo/1", "{outcome}");
    let scenes = report["scenes"].as_array().unwrap();
    assert!(scenes.iter().all(|scene| scene["found"] == true), "{outcome}");
    assert!(scenes.iter().all(|scene| scene["health"]["findings"].is_array()), "{outcome}");
    assert_eq!(report["aftermath"]["issues"]["issues"][0]["state"], "new", "{outcome}");
    assert_eq!(report["recovery"]["outcome"], "recovered", "{outcome}");
    let watched = &report["watched"];
    assert!(watched["pid"] != watched["killed_pid"] && watched["answered_ms"].is_u64(), "{outcome}");
    let kinds: Vec<_> = watched["alerts"].as_array().unwrap().iter().map(|alert| &alert["kind"]).collect();
    assert_eq!(kinds, ["opened", "resolved"], "{outcome}");
    assert!(!report["aftermath"]["exceptions"].as_array().unwrap().is_empty(), "{outcome}");
}

#[test]
fn tour_refuses_the_forms_of_a_check() {
    Env::new().run(&["demo", "--format", "prometheus"]).expect(64);
}

#[test]
fn quiet_tour_says_nothing_where_all_is_found() {
    let outcome = Env::new().run(&["demo", "--quiet"]).expect(0);
    assert!(outcome.stdout.is_empty() && outcome.stderr.is_empty(), "{outcome}");
}

#[test]
fn tour_whose_reader_has_seen_enough_ends_well_and_leaves_nothing() {
    let env = Env::new();
    let mut tour = Tour::start(&env);
    drop(tour.out.take());
    assert!(wait_until(LIMIT, || tour.child.try_wait().unwrap().is_some()));
    assert_eq!(tour.child.wait().unwrap().code(), Some(0));
    assert!(left_over(&env).is_empty() && tour.backend_is_gone());
}

#[test]
fn kept_folder_can_be_looked_at_with_health() {
    let env = Env::new();
    env.run(&["demo", "--keep"]).expect(0).says("echo hang > fault");
    let left = left_over(&env);
    let [folder] = left.as_slice() else { panic!("one folder was to be kept: {left:?}") };
    let config = folder.join("fuelops.toml");
    let outcome = env.run(&["health", "--config", config.to_str().unwrap(), "--format", "json"]).expect(2);
    outcome.says("process-down");
    assert!(!folder.join("fault").exists());
}

/// A tour in the midst of its scenes: backend and folder are there.
struct Tour {
    child: Child,
    /// Held open: a tour whose reader is gone ends by itself.
    out: Option<BufReader<ChildStdout>>,
    port: u16,
}

impl Tour {
    fn start(env: &Env) -> Self {
        let mut child = env.fuelops(&["demo"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("Found:") {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "it ended without a scene");
        }
        let [folder] = left_over(env).try_into().unwrap();
        let config = fs::read_to_string(folder.join("fuelops.toml")).unwrap();
        let port = config.lines().find_map(|line| line.strip_prefix("port = ")).unwrap().parse().unwrap();
        Self { child, out: Some(out), port }
    }

    fn signal(&mut self, signal: Signal) -> Option<i32> {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
        assert!(wait_until(LIMIT, || self.child.try_wait().unwrap().is_some()), "it goes on after {signal}");
        self.child.wait().unwrap().code()
    }

    fn backend_is_gone(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_err()
    }
}

#[test]
fn interrupted_tour_clears_everything_away() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let env = Env::new();
        let mut tour = Tour::start(&env);
        assert_eq!(tour.signal(signal), Some(code));
        assert!(left_over(&env).is_empty(), "{signal}");
        assert!(tour.backend_is_gone(), "{signal}");
    }
}

#[test]
fn killed_tour_leaves_no_process() {
    let env = Env::new();
    let mut tour = Tour::start(&env);
    assert_eq!(tour.signal(Signal::SIGKILL), None);
    assert!(wait_until(LIMIT, || tour.backend_is_gone()));
}
