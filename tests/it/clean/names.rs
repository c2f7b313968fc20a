//! Names and kinds that lead others astray: newlines, dashes, bytes that are no text, pipes, very deep and very wide trees.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;

use crate::support::{Env, is_root_or_skip};

use super::yard::{WEEK, aged, clean, config, each, names};

#[test]
fn hostile_names_go_and_are_shown_harmlessly() {
    let env = Env::new();
    config(&env, WEEK);
    let hostile: [&[u8]; 6] = [
        b"new\nline.log",
        b"-rf.log",
        b"\xff\xfe.log",
        b"\x1b]52;c;cm0gLXJmIC8=\x07.log",
        b"$(touch pwned).log",
        b" .log",
    ];
    for name in hostile {
        aged(env.path("logs").join(OsStr::from_bytes(name)), "x", 9);
    }
    let table = env.run(&["clean", "--dry-run"]).expect(0);
    assert!(!table.stdout.contains('\x1b') && table.stdout.lines().count() < 40, "{table}");
    let report = clean(&env).expect(0).json();
    assert_eq!(report["done"].as_array().unwrap().len(), hostile.len());
    assert!(each(&report, "done", "path").iter().any(|path| path.ends_with("\\xff\\xfe.log")), "{report:#}");
    assert!(names(env.path("logs")).is_empty());
}

#[test]
fn links_pipes_sockets_and_devices_stay() {
    let env = Env::new();
    config(&env, &WEEK.replace("7d", "0s"));
    fs::create_dir_all(env.path("logs/real")).unwrap();
    aged(env.path("elsewhere/precious.log"), "x", 90);
    std::os::unix::fs::symlink(env.path("elsewhere"), env.path("logs/folder")).unwrap();
    std::os::unix::fs::symlink(env.path("elsewhere/precious.log"), env.path("logs/file.log")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, env.path("logs/pipe.log"), rustix::fs::Mode::RUSR).unwrap();
    let _socket = UnixListener::bind(env.path("logs/socket.log")).unwrap();
    if is_root_or_skip("links_pipes_sockets_and_devices_stay (device)") {
        let made = rustix::fs::mknodat(
            rustix::fs::CWD,
            env.path("logs/device.log"),
            rustix::fs::FileType::CharacterDevice,
            rustix::fs::Mode::RUSR,
            rustix::fs::makedev(1, 3),
        );
        made.unwrap();
    }
    let before = names(env.path("logs"));
    let outcome = clean(&env).expect(0);
    assert_eq!(names(env.path("logs")), before, "{outcome}");
    assert!(env.path("elsewhere/precious.log").exists());
    let told = each(&outcome.json(), "skipped", "why").join("; ");
    assert!(told.contains("symbolic link") && told.contains("pipe") && told.contains("socket"), "{told}");
}

#[test]
fn a_tree_of_300_levels_is_cleaned_to_its_bottom() {
    let env = Env::new();
    config(
        &env,
        "[[clean.rule]]\npaths = [\"logs/**/*.log\", \"crash_*\"]\nolder_than = \"7d\"\nkeep_last = 0\n",
    );
    for top in ["logs", "crash_1"] {
        let mut deep = env.path(top);
        for _ in 0..300 {
            deep.push("d");
        }
        aged(deep.join("a.log"), "x", 9);
    }
    clean(&env).expect(0);
    let mut deep = env.path("logs");
    for _ in 0..300 {
        deep.push("d");
    }
    assert!(deep.is_dir() && names(deep).is_empty() && !env.path("crash_1").exists());
}

#[test]
fn fifty_thousand_names_in_one_folder_are_no_trouble() {
    let env = Env::new();
    config(&env, WEEK);
    fs::create_dir_all(env.path("logs")).unwrap();
    let first = aged(env.path("logs/f.log"), "x", 9);
    let times = fs::metadata(&first).unwrap().modified().unwrap();
    for n in 0..50_000 {
        let file = fs::File::create(env.path(format!("logs/f{n}.log"))).unwrap();
        file.set_modified(times).unwrap();
    }
    env.run(&["clean", "--yes", "--quiet"]).expect(0).says("50,001 files done");
    assert!(names(env.path("logs")).is_empty());
}

#[test]
fn databases_stay_whatever_they_are_called_and_however_small_they_are() {
    let env = Env::new();
    config(&env, &WEEK.replace("7d", "0s"));
    fs::create_dir_all(env.path("logs")).unwrap();
    let mut wanted = vec!["state.log-journal".to_owned(), "torn.log".to_owned()];
    for ending in ["log", "txt", "json", "csv", "out", "err", "gz", "zst", "anything"] {
        let name = format!("state.{ending}");
        let database = rusqlite::Connection::open(env.path("logs").join(&name)).unwrap();
        database.execute_batch("PRAGMA page_size = 512; CREATE TABLE t (x)").unwrap();
        assert_eq!(env.path("logs").join(&name).metadata().unwrap().len(), 1024);
        wanted.push(name);
    }
    aged(env.path("logs/state.log-journal"), "what would undo the last transaction", 9);
    aged(env.path("logs/torn.log"), [b"SQLite format 3\0".as_slice(), &[7; 700]].concat(), 9);
    aged(env.path("logs/pages.log"), [b'x'; 1024], 9);
    aged(env.path("logs/nightly-journal"), "beside nothing", 9);
    // What is torn is seen only when it is about to go.
    let report = clean(&env).expect(1).json();
    wanted.sort();
    assert_eq!(names(env.path("logs")), wanted, "{report:#}");
}
