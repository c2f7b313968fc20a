//! The tree changes under the walker, and the walker is killed.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::support::{Env, wait_until};

use super::yard::{COMPRESS, WEEK, age, aged, clean, config, each, lines, names};

/// Something that goes on until it is dropped.
struct Meddler {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Meddler {
    fn new(mut meddle: impl FnMut(u64) + Send + 'static) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            for n in 0.. {
                if seen.load(Ordering::Relaxed) {
                    break;
                }
                meddle(n);
            }
        });
        Self { is_over, thread: Some(thread) }
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join);
    }
}

#[test]
fn folders_that_turn_into_links_lead_nowhere() {
    const RUNS: usize = 12;
    let (env, other) = (Env::new(), Env::new());
    config(
        &env,
        "[[clean.rule]]\npaths = [\"logs/**/*.log\", \"logs/**/crash_*\"]\nolder_than = \"7d\"\nkeep_last = 0\n",
    );
    for n in 0..50 {
        aged(other.path(format!("precious{n}.log")), "x", 90);
        aged(other.path(format!("crash_1/precious{n}.log")), "x", 90);
    }
    let (folder, link) = (env.path("logs/a/b"), env.path("logs/a/link"));
    fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(other.root(), &link).unwrap();
    let swaps = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&swaps);
    let meddler = Meddler::new(move |_| {
        renameat_with(CWD, &folder, CWD, &link, RenameFlags::EXCHANGE).unwrap();
        count.fetch_add(1, Ordering::Relaxed);
    });
    for run in 0..RUNS {
        for n in 0..50 {
            // Either name is a folder at one moment and a link at the next: made by whoever is the folder now.
            let path = env.path(format!("logs/a/{}/x{n}.log", if run % 2 == 0 { "b" } else { "link" }));
            if path.parent().unwrap().symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
                let aside = env.path(format!("aside{n}"));
                aged(&aside, "x", 90);
                fs::rename(aside, path).unwrap_or(());
            }
        }
        clean(&env);
    }
    drop(meddler);
    assert!(swaps.load(Ordering::Relaxed) > 1_000);
    let lost = (0..50).filter(|n| !other.path(format!("precious{n}.log")).exists()).count();
    assert_eq!(lost, 0, "files outside the tree are gone");
    assert_eq!(names(other.path("crash_1")).len(), 50);
}

#[test]
fn files_that_grow_move_and_vanish_underfoot_do_no_harm() {
    let env = Env::new();
    config(&env, WEEK);
    let logs = env.path("logs");
    for n in 0..3_000 {
        aged(logs.join(format!("f{n}.log")), "x", 9);
    }
    let grown = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&grown);
    let folder = logs.clone();
    let meddler = Meddler::new(move |n| {
        let path = folder.join(format!("f{}.log", n * 7919 % 3_000));
        match n % 3 {
            0 => {
                // A line that was written belongs to a file that must still be there.
                if let Ok(mut file) = File::options().append(true).open(&path) {
                    file.write_all(b"a line\n").unwrap();
                    drop(file);
                    if path.exists() {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            1 => fs::rename(&path, folder.join(format!("moved{n}.log"))).unwrap_or(()),
            _ => fs::remove_file(&path).unwrap_or(()),
        }
    });
    let outcome = clean(&env);
    drop(meddler);
    assert!(matches!(outcome.code, Some(0 | 1)), "{outcome}");
    assert_eq!(outcome.json()["errors"], serde_json::json!([]), "{outcome}");
    let stayed = names(&logs).iter().filter(|name| logs.join(name).metadata().unwrap().len() > 1).count();
    assert!(stayed as u64 <= grown.load(Ordering::Relaxed));
}

#[test]
fn a_file_that_somebody_has_open_stays() {
    let env = Env::new();
    config(&env, WEEK);
    let path = aged(env.path("logs/open.log"), "x", 9);
    aged(env.path("logs/shut.log"), "x", 9);
    let mut reader = env.command("sleep").arg("60").stdin(File::open(&path).unwrap()).spawn().unwrap();
    let outcome = clean(&env).expect(1);
    reader.kill().unwrap();
    reader.wait().unwrap();
    let told = each(&outcome.json(), "skipped", "why");
    assert_eq!(told, [format!("open in process {}", reader.id())], "{outcome}");
    assert_eq!(names(env.path("logs")), ["open.log"]);
    clean(&env).expect(0);
    assert!(names(env.path("logs")).is_empty());
}

/// The content of a log, wherever it stands by now.
fn content(log: &Path) -> Option<Vec<u8>> {
    let packed = PathBuf::from(format!("{}.zst", log.display()));
    match fs::read(log) {
        Ok(bytes) => Some(bytes),
        Err(_) => zstd::decode_all(File::open(packed).ok()?).ok(),
    }
}

#[test]
fn killed_at_any_point_a_log_and_its_successor_are_never_both_lost() {
    const FILES: usize = 40;
    let env = Env::new();
    config(&env, COMPRESS);
    let texts: Vec<Vec<u8>> = (0..FILES).map(|n| lines(1_000 + 400 * n)).collect();
    let log = |n: usize| env.path(format!("logs/app{n}.log.1"));
    for round in 0..40_u64 {
        for (n, text) in texts.iter().enumerate() {
            fs::remove_file(format!("{}.zst", log(n).display())).unwrap_or(());
            aged(log(n), text, 3);
        }
        let mut run = env.fuelops(&["clean", "--yes", "--quiet"]).stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(round * 5));
        run.kill().unwrap();
        run.wait().unwrap();
        for (n, text) in texts.iter().enumerate() {
            assert!(content(&log(n)).as_ref() == Some(text), "round {round}: app{n}.log.1 is lost");
        }
    }
    clean(&env).expect(0);
    let left = names(env.path("logs"));
    assert!(left.iter().filter(|name| !name.starts_with('.')).all(|name| name.ends_with(".zst")), "{left:?}");
    // What killed runs left is swept once it is old.
    for name in left.iter().filter(|name| name.starts_with(".fuelops-")) {
        age(&env.path("logs").join(name), 2);
    }
    clean(&env).expect(0);
    assert_eq!(names(env.path("logs")).len(), FILES);
}

#[test]
fn a_source_and_its_successor_that_a_kill_left_become_one() {
    let env = Env::new();
    config(&env, COMPRESS);
    let text = lines(2_000);
    aged(env.path("logs/a.log.1"), &text, 3);
    aged(env.path("logs/a.log.1.zst"), zstd::encode_all(&text[..], 3).unwrap(), 3);
    aged(env.path("logs/b.log.1"), &text, 3);
    aged(env.path("logs/b.log.1.zst"), zstd::encode_all(&b"other"[..], 3).unwrap(), 3);
    let report = clean(&env).expect(1).json();
    assert_eq!(names(env.path("logs")), ["a.log.1.zst", "b.log.1", "b.log.1.zst"]);
    assert!(each(&report, "skipped", "why")[0].contains("holds something else"), "{report:#}");
}

#[test]
fn an_interrupted_run_ends_with_130_and_leaves_no_half() {
    let env = Env::new();
    config(&env, COMPRESS);
    let text = lines(20_000);
    for n in 0..120 {
        aged(env.path(format!("logs/app{n}.log.1")), &text, 3);
    }
    let run = env
        .fuelops(&["clean", "--yes", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let is_begun = wait_until(Duration::from_secs(30), || {
        names(env.path("logs")).iter().any(|name| name.starts_with(".fuelops-"))
    });
    assert!(is_begun);
    kill(Pid::from_raw(i32::try_from(run.id()).unwrap()), Signal::SIGINT).unwrap();
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let left = names(env.path("logs"));
    assert!(!left.iter().any(|name| name.starts_with(".fuelops-")), "{left:?}");
    for n in 0..120 {
        assert!(content(&env.path(format!("logs/app{n}.log.1"))).as_ref() == Some(&text));
    }
    clean(&env).expect(0);
}
