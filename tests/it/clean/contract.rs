//! Plan first, exit codes, JSON, and what is refused.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::support::{Env, is_root_or_skip};

use super::yard::{WEEK, aged, clean, config, each, names};

fn yard() -> Env {
    let env = Env::new();
    config(&env, WEEK);
    for n in 1..4 {
        aged(env.path(format!("logs/app.log.{n}")), vec![b'x'; 10_000], 10 + n);
    }
    aged(env.path("logs/app.log"), "now", 0);
    env
}

#[test]
fn off_a_terminal_the_plan_is_shown_and_nothing_done() {
    let env = yard();
    let outcome = env.run(&["clean", "--format", "json"]).expect(1);
    let report = outcome.json();
    assert_eq!(report["schema"], "fuelops.clean/1");
    assert_eq!(each(&report, "planned", "action"), ["delete"; 3]);
    assert_eq!(each(&report, "planned", "rule"), ["logs/**"; 3]);
    let wanted: Vec<String> =
        (1..4).map(|n| env.path(format!("logs/app.log.{n}")).display().to_string()).collect();
    assert_eq!(each(&report, "planned", "path"), wanted);
    let taken = env.path("logs/app.log.1").metadata().unwrap().blocks() * 512;
    assert_eq!(report["planned"][0]["bytes"], taken);
    for list in ["done", "skipped", "errors"] {
        assert_eq!(report[list], serde_json::json!([]), "{outcome}");
    }
    assert_eq!(report["freed_bytes"], 0);
    assert_eq!(names(env.path("logs")).len(), 4);
    assert!(!env.path(".fuelops").exists(), "a plan creates nothing");
}

#[test]
fn a_dry_run_is_done_when_the_plan_is_shown() {
    let env = yard();
    env.run(&["clean", "--dry-run"]).expect(0).says("3 files would go").says("logs/**");
    assert_eq!(names(env.path("logs")).len(), 4);
    env.run(&["clean", "--dry-run", "--yes"]).expect(64);
}

#[test]
fn what_was_planned_is_done_and_then_there_is_nothing_to_do() {
    let env = yard();
    let outcome = clean(&env).expect(0);
    let report = outcome.json();
    assert_eq!(report["outcome"], "done");
    assert_eq!(report["done"], report["planned"]);
    assert_eq!(report["freed_bytes"], report["planned_bytes"]);
    assert_eq!(names(env.path("logs")), ["app.log"]);
    let report = clean(&env).expect(0).json();
    assert_eq!((&report["outcome"], &report["planned"]), (&"nothing-to-do".into(), &serde_json::json!([])));
    env.run(&["clean"]).expect(0).says("NOTHING TO DO");
}

#[test]
fn quiet_runs_say_one_line_or_none() {
    let env = yard();
    let outcome = env.run(&["clean", "--yes", "--quiet"]).expect(0);
    assert_eq!(outcome.stdout, "fuel: 3 files done, 36.0 KiB freed\n");
    assert_eq!(outcome.stderr, "");
    let outcome = env.run(&["clean", "--yes", "--quiet"]).expect(0);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
    aged(env.path("logs/app.log.7"), "x", 8);
    let outcome = env.run(&["clean", "--quiet"]).expect(1);
    assert!(outcome.stdout.contains("1 file would go") && outcome.stdout.contains("--yes"), "{outcome}");
}

#[test]
fn without_rules_the_built_in_ones_hold() {
    let env = Env::new();
    config(&env, "");
    let gone = [
        "backend.log.2",
        "logs/worker.log.2",
        "logs/analysis_20250101_000000.txt",
        "core.17",
        "app/__pycache__/main.cpython-311.pyc",
        "tmp/upload/part.1",
        "logs/crash_20250101_000000/backend.log",
    ];
    let kept = [
        "backend.log.1",
        "backend.log",
        "logs/worker.log.1",
        "logs/analysis_20250102_000000.txt",
        "core.18",
        "app/main.py",
        "logs/crash_20250102_000000/backend.log",
        "backups/mysql.sql.gz",
        "errors.db",
        ".git/objects/pack.tmp",
    ];
    for (days, paths) in [(400, &gone[..]), (390, &kept[..])] {
        for path in paths {
            aged(env.path(path), "x", days);
        }
    }
    clean(&env).expect(0);
    for path in gone {
        assert!(!env.path(path).exists(), "{path} is still there");
    }
    for path in kept {
        assert!(env.path(path).exists(), "{path} is gone");
    }
    assert!(!env.path("logs/crash_20250101_000000").exists());
}

#[test]
fn too_large_folders_are_refused() {
    let env = Env::new();
    let home = env.root().parent().unwrap().display().to_string();
    for (rules, why) in [
        ("[clean]\nroots = [\"/\"]".to_owned(), "folder of the system"),
        ("[clean]\nroots = [\"/usr\"]".to_owned(), "folder of the system"),
        (format!("[clean]\nroots = [\"{home}\"]"), "home folder"),
        ("[clean]\nroots = [\"/proc\"]".to_owned(), "is refused"),
        ("[[clean.rule]]\npaths = [\"/var/log/*\"]\nolder_than = \"1d\"".to_owned(), "lies outside root"),
        ("[[clean.rule]]\npaths = [\"../*\"]\nolder_than = \"1d\"".to_owned(), "has `..` in it"),
    ] {
        config(&env, &rules);
        let outcome = env.run(&["clean", "--yes"]).expect(78);
        assert!(outcome.stderr.contains(why), "{why}\n{outcome}");
    }
    env.write("fuelops.toml", "root = \"/\"\n");
    assert!(env.run(&["clean", "--yes"]).expect(78).stderr.contains("whole machine"));
    let repository = Env::new();
    fs::create_dir_all(repository.path(".git")).unwrap();
    config(&env, &format!("[clean]\nroots = [\"{}\"]", repository.root().display()));
    assert!(env.run(&["clean", "--yes"]).expect(78).stderr.contains("repository"));
}

#[test]
fn a_root_of_its_own_is_reached_by_absolute_patterns() {
    let (env, other) = (Env::new(), Env::new());
    let folder = other.root().display().to_string();
    let rule = format!("[[clean.rule]]\npaths = [\"{folder}/*.old\"]\nolder_than = \"7d\"\nkeep_last = 0\n");
    config(&env, &format!("[clean]\nroots = [\"{folder}\"]\n{rule}"));
    aged(other.path("a.old"), "x", 8);
    aged(other.path("a.new"), "x", 8);
    clean(&env).expect(0);
    assert_eq!(names(other.root()), ["a.new"]);
}

#[test]
fn a_second_clean_is_told_to_come_later() {
    let env = yard();
    fs::create_dir(env.path(".fuelops")).unwrap();
    let lock = fs::File::create(env.path(".fuelops/clean.lock")).unwrap();
    lock.lock().unwrap();
    let outcome = clean(&env).expect(75);
    assert!(outcome.stderr.contains("clean.lock is held by"), "{outcome}");
    assert_eq!(names(env.path("logs")).len(), 4);
    env.run(&["clean", "--dry-run"]).expect(0);
    drop(lock);
    clean(&env).expect(0);
}

#[test]
fn many_at_once_do_the_work_once() {
    let env = yard();
    let running: Vec<_> = (0..6)
        .map(|_| {
            env.fuelops(&["clean", "--yes", "--quiet"]).stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    let codes: Vec<i32> = running.into_iter().map(|mut run| run.wait().unwrap().code().unwrap()).collect();
    assert!(codes.contains(&0) && codes.iter().all(|code| [0, 75].contains(code)), "{codes:?}");
    assert_eq!(names(env.path("logs")), ["app.log"]);
}

#[test]
fn an_ordinary_user_cleans_only_what_is_its_own() {
    if !is_root_or_skip("an_ordinary_user_cleans_only_what_is_its_own") {
        return;
    }
    let env = yard();
    for path in ["", "fuelops.toml", "logs", "logs/app.log.1", "logs/app.log.2"] {
        std::os::unix::fs::chown(env.path(path), Some(65_534), Some(65_534)).unwrap();
    }
    let outcome = env.finish(env.fuelops_as_nobody(&["clean", "--yes", "--format", "json"])).expect(1);
    let report = outcome.json();
    assert_eq!(each(&report, "skipped", "why"), ["belongs to another user"], "{outcome}");
    assert_eq!(names(env.path("logs")), ["app.log", "app.log.3"]);
}

#[test]
fn a_config_of_an_ordinary_user_gives_root_no_power_over_files_of_others() {
    if !is_root_or_skip("a_config_of_an_ordinary_user_gives_root_no_power_over_files_of_others") {
        return;
    }
    let env = yard();
    for path in ["", "fuelops.toml", "logs", "logs/app.log.1"] {
        std::os::unix::fs::chown(env.path(path), Some(65_534), Some(65_534)).unwrap();
    }
    clean(&env).expect(1);
    assert_eq!(names(env.path("logs")), ["app.log", "app.log.2", "app.log.3"]);
}
