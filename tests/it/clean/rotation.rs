//! Rotation under writers: no line is lost, and programs follow.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::{Env, wait_until};

use super::yard::{aged, clean, config, each, has_or_skip, lines, names};

const WRITERS: usize = 8;
const LIMIT: Duration = Duration::from_secs(60);

fn rotate(extra: &str) -> String {
    format!("[[clean.rule]]\npaths = [\"logs/app.log\"]\nlarger_than = 1000\naction = \"rotate\"\n{extra}\n")
}

/// Every line of a log and its members.
fn all_lines(env: &Env) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(env.path("logs")).iter().filter(|name| name.starts_with("app.log")) {
        let mut text = String::new();
        let mut file = File::open(env.path("logs").join(name)).unwrap();
        if name.ends_with(".zst") {
            zstd::Decoder::new(file).unwrap().read_to_string(&mut text).unwrap();
        } else {
            file.read_to_string(&mut text).unwrap();
        }
        found.extend(text.lines().map(str::to_owned));
    }
    found
}

#[track_caller]
fn nothing_is_lost(env: &Env, each: usize) {
    let found = all_lines(env);
    let distinct: BTreeSet<&String> = found.iter().filter(|line| line.starts_with("writer ")).collect();
    assert_eq!(distinct.len(), WRITERS * each, "of {} lines", found.len());
    assert_eq!(found.len(), distinct.len(), "some lines stand twice");
}

#[test]
fn eight_writers_that_open_for_each_line_lose_none() {
    const EACH: usize = 1_500;
    let env = Env::new();
    config(
        &env,
        &format!(
            "{}\n[[clean.rule]]\npaths = [\"logs/app.log.[0-9]*\"]\nolder_than = \"0s\"\naction = \"compress\"\n",
            rotate("")
        ),
    );
    fs::create_dir_all(env.path("logs")).unwrap();
    let log = env.path("logs/app.log");
    let is_rotated = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (log, is_rotated) = (&log, &is_rotated);
                scope.spawn(move || {
                    for n in 0..EACH {
                        // The last lines come after a rotation, however slow the machine is.
                        let is_early = n < EACH - 10 || is_rotated.load(Ordering::Relaxed);
                        assert!(is_early || wait_until(LIMIT, || is_rotated.load(Ordering::Relaxed)));
                        let mut file = File::options().append(true).create(true).open(log).unwrap();
                        file.write_all(format!("writer {writer} line {n}\n").as_bytes()).unwrap();
                    }
                })
            })
            .collect();
        while !writers.iter().all(thread::ScopedJoinHandle::is_finished) {
            let outcome = clean(&env);
            assert!(matches!(outcome.code, Some(0 | 1)), "{outcome}");
            is_rotated.fetch_or(names(env.path("logs")).len() > 1, Ordering::Relaxed);
        }
    });
    assert!(is_rotated.into_inner(), "nothing was rotated");
    nothing_is_lost(&env, EACH);
}

/// A program with eight threads that write to one log, which it opens anew when it is told by SIGHUP.
const PROGRAM: &str = r#"
import signal, sys, threading, time
path, each = sys.argv[1], int(sys.argv[2])
log = open(path, "a", buffering=1)
lock = threading.Lock()
def reopen(*_):
    global log
    new = open(path, "a", buffering=1)
    with lock:
        old, log = log, new
        old.close()
if len(sys.argv) > 3:
    signal.signal(signal.SIGHUP, lambda *_: threading.Thread(target=reopen).start())
def write(writer):
    for n in range(each):
        with lock:
            log.write(f"writer {writer} line {n}\n")
        time.sleep(0.0005)
threads = [threading.Thread(target=write, args=(w,)) for w in range(8)]
[t.start() for t in threads]
while any(t.is_alive() for t in threads):
    time.sleep(0.01)
if len(sys.argv) > 4:
    time.sleep(60)
"#;

fn program(env: &Env, args: &[&str]) -> Child {
    fs::create_dir_all(env.path("logs")).unwrap();
    let log = env.path("logs/app.log");
    fs::remove_file(&log).unwrap_or(());
    let mut command = env.command("python3");
    command.args(["-c", PROGRAM]).arg(&log).args(args).stdout(Stdio::null());
    let child = command.spawn().unwrap();
    assert!(wait_until(Duration::from_secs(30), || log.metadata().is_ok_and(|meta| meta.len() > 2_000)));
    child
}

#[test]
fn a_program_that_keeps_its_log_open_follows_a_signal_and_loses_nothing() {
    const EACH: usize = 1_000;
    if !has_or_skip("python3", "a_program_that_keeps_its_log_open_follows_a_signal_and_loses_nothing") {
        return;
    }
    let env = Env::new();
    config(&env, &rotate("reopen = \"HUP\""));
    let mut child = program(&env, &[&EACH.to_string(), "reopens"]);
    let mut rotations = 0;
    while child.try_wait().unwrap().is_none() {
        let outcome = clean(&env);
        assert!(matches!(outcome.code, Some(0 | 1)), "{outcome}");
        rotations += outcome.json()["done"].as_array().unwrap().len();
        thread::sleep(Duration::from_millis(50));
    }
    assert!(child.wait().unwrap().success() && rotations > 0);
    nothing_is_lost(&env, EACH);
}

#[test]
fn a_program_that_would_die_of_the_signal_is_left_alone() {
    if !has_or_skip("python3", "a_program_that_would_die_of_the_signal_is_left_alone") {
        return;
    }
    let env = Env::new();
    config(&env, &rotate("reopen = \"HUP\""));
    let mut child = program(&env, &["100000"]);
    let outcome = clean(&env);
    let still_runs = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(still_runs && outcome.stdout.contains("has no handler for HUP"), "{outcome}");
    assert_eq!(names(env.path("logs")), ["app.log"]);
    config(&env, &rotate(""));
    let mut child = program(&env, &["100000"]);
    let outcome = clean(&env);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(outcome.stdout.contains("`reopen` has to say how it opens a new one"), "{outcome}");
}

#[test]
fn a_command_tells_the_program_and_its_failure_is_told() {
    let env = Env::new();
    for (command, code, warning) in [("touch told", 0, None), ("exit 3", 1, Some("exit status: 3"))] {
        config(
            &env,
            &rotate(&format!("reopen = [\"sh\", \"-c\", \"cd {} && {command}\"]", env.root().display())),
        );
        aged(env.path("logs/app.log"), lines(100), 0);
        let outcome = clean(&env).expect(code);
        let told = each(&outcome.json(), "warnings", "why").join("");
        assert!(warning.is_none_or(|text| told.contains(text)), "{outcome}");
    }
    assert!(env.path("told").exists());
    assert_eq!(names(env.path("logs")), ["app.log", "app.log.1", "app.log.2"]);
}

#[test]
fn rotated_members_move_up_and_only_so_many_stay() {
    let env = Env::new();
    config(&env, &rotate("keep_last = 2"));
    for n in 1..6 {
        aged(env.path("logs/app.log"), format!("generation {n}\n").repeat(100), 0);
        clean(&env).expect(0);
    }
    clean(&env).expect(0);
    assert_eq!(names(env.path("logs")), ["app.log", "app.log.1", "app.log.2"]);
    let first = |name: &str| fs::read_to_string(env.path(name)).unwrap().lines().next().map(str::to_owned);
    assert_eq!(first("logs/app.log"), None);
    assert_eq!(first("logs/app.log.1").unwrap(), "generation 5");
    assert_eq!(first("logs/app.log.2").unwrap(), "generation 4");
}

#[test]
fn copying_and_truncating_is_done_where_it_is_asked_for_and_its_loss_said() {
    let env = Env::new();
    config(&env, &rotate("copytruncate = true"));
    let text = lines(500);
    let log = aged(env.path("logs/app.log"), &text, 0);
    let appender = File::options().append(true).open(&log).unwrap();
    let mut child = env.command("sleep").arg("60").stdout(appender.try_clone().unwrap()).spawn().unwrap();
    let outcome = clean(&env).expect(0);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(outcome.stdout.contains("may be lost"), "{outcome}");
    assert_eq!(fs::read(env.path("logs/app.log.1")).unwrap(), text);
    assert_eq!(log.metadata().unwrap().len(), 0);
    // Who writes at a place of its own would leave a hole.
    aged(&log, &text, 0);
    let writer = File::options().write(true).open(&log).unwrap();
    let mut child = env.command("sleep").arg("60").stdout(writer).spawn().unwrap();
    let outcome = clean(&env);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(outcome.stdout.contains("a hole would stay"), "{outcome}");
    assert_eq!(log.metadata().unwrap().len(), text.len() as u64);
}

#[test]
fn truncation_empties_in_place_and_only_where_it_is_asked_for() {
    let env = Env::new();
    config(&env, "[[clean.rule]]\npaths = [\"logs/app.log\"]\nlarger_than = 1000\naction = \"truncate\"\n");
    let log = aged(env.path("logs/app.log"), lines(500), 0);
    let _appender = File::options().append(true).open(&log).unwrap();
    clean(&env).expect(0);
    assert_eq!((log.metadata().unwrap().len(), names(env.path("logs")).len()), (0, 1));
}

#[test]
fn killed_at_any_point_rotation_keeps_every_line() {
    let env = Env::new();
    config(&env, &rotate(""));
    let log = env.path("logs/app.log");
    let mut written = 0;
    for round in 0..40_u64 {
        fs::create_dir_all(env.path("logs")).unwrap();
        let mut file = File::options().append(true).create(true).open(&log).unwrap();
        for _ in 0..100 {
            writeln!(file, "writer 0 line {written}").unwrap();
            written += 1;
        }
        drop(file);
        let mut run = env.fuelops(&["clean", "--yes", "--quiet"]).stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(round * 2));
        run.kill().unwrap();
        run.wait().unwrap();
        assert!(Path::new(&log).exists(), "round {round}: nothing has the log's name");
    }
    clean(&env);
    let found = all_lines(&env);
    let distinct: BTreeSet<&String> = found.iter().collect();
    assert_eq!((found.len(), distinct.len()), (written, written));
}
