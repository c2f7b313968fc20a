//! Full, read-only, failing and bound file systems; sizes as the disk counts them.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::{Env, is_root_or_skip, skip};

use super::yard::{COMPRESS, Mounted, WEEK, age, aged, clean, config, each, fill, has_or_skip, lines, names};

/// Predicted, reported and gained bytes agree within one percent.
#[track_caller]
fn agree(report: &serde_json::Value, gained: u64) {
    let near = |name: &str| {
        let bytes = report[name].as_u64().unwrap();
        assert!(bytes.abs_diff(gained) * 100 <= gained, "{name} is {bytes}, the disk gained {gained}");
    };
    near("planned_bytes");
    near("freed_bytes");
}

#[test]
fn a_full_disk_is_freed_by_as_much_as_was_said() {
    if !is_root_or_skip("a_full_disk_is_freed_by_as_much_as_was_said") {
        return;
    }
    for inodes in ["", ",nr_inodes=128"] {
        let env = Env::new();
        let disk = Mounted::tmpfs(env.root(), &format!("size=8m{inodes}"));
        config(&env, WEEK);
        for n in 0..100 {
            aged(env.path(format!("logs/app{n}.log")), vec![b'x'; 1_000 * n], 9);
        }
        let full = fill(env.path("full"));
        for n in 0..200 {
            // Also the last inode is taken.
            if File::create(env.path(format!("empty{n}"))).is_err() {
                break;
            }
        }
        let before = disk.available();
        let outcome = clean(&env).expect(0);
        agree(&outcome.json(), disk.available() - before);
        assert!(full.exists() && names(env.path("logs")).is_empty(), "{outcome}");
    }
}

#[test]
fn on_ext4_the_disk_gains_what_was_said() {
    if !is_root_or_skip("on_ext4_the_disk_gains_what_was_said") {
        return;
    }
    let env = Env::new();
    let Some(disk) = Mounted::ext4(&env, env.root(), "64M") else {
        return skip("on_ext4_the_disk_gains_what_was_said", "no loop device or no mkfs.ext4");
    };
    config(
        &env,
        &format!(
            "{WEEK}\n[[clean.rule]]\npaths = [\"pack/*.log\"]\nolder_than = \"1d\"\naction = \"compress\"\n"
        ),
    );
    for n in 0..300 {
        aged(env.path(format!("logs/app{n}.log")), lines(n * 10), 9);
        aged(env.path(format!("pack/app{n}.log")), lines(400 + n), 9);
    }
    rustix::fs::sync();
    let before = disk.available();
    let outcome = clean(&env).expect(0);
    rustix::fs::sync();
    agree(&outcome.json(), disk.available() - before);
    assert!(names(env.path("pack")).iter().all(|name| name.ends_with(".log.zst")), "{outcome}");
}

#[test]
fn rules_wait_for_the_high_mark_and_stop_at_the_low_one() {
    if !is_root_or_skip("rules_wait_for_the_high_mark_and_stop_at_the_low_one") {
        return;
    }
    let env = Env::new();
    let _disk = Mounted::tmpfs(env.root(), "size=10m");
    config(&env, &format!("[clean]\nif_disk_above_percent = 80\nuntil_disk_below_percent = 70\n{WEEK}"));
    for n in 10..70 {
        aged(env.path(format!("logs/app{n}.log")), vec![b'x'; 100_000], n);
    }
    let outcome = env.run(&["clean", "--yes"]).expect(0).says("NOTHING TO DO");
    assert!(outcome.stdout.contains("not above 80 %"), "{outcome}");
    aged(env.path("ballast"), vec![b'x'; 3_000_000], 0);
    let report = clean(&env).expect(0).json();
    let after = report["disks"][0]["used_percent_after"].as_f64().unwrap();
    assert!((68.5..70.0).contains(&after), "{report:#}");
    // The oldest went first.
    let left = names(env.path("logs"));
    assert!(left.contains(&"app10.log".to_owned()) && !left.contains(&"app69.log".to_owned()), "{left:?}");
    config(&env, &format!("[clean]\nif_disk_above_percent = 80\n{WEEK}"));
    env.run(&["clean", "--yes", "--always"]).expect(0);
    assert!(names(env.path("logs")).is_empty());
}

#[test]
fn compression_on_a_full_disk_loses_nothing_and_leaves_nothing_behind() {
    if !is_root_or_skip("compression_on_a_full_disk_loses_nothing_and_leaves_nothing_behind") {
        return;
    }
    let env = Env::new();
    let disk = Mounted::tmpfs(env.root(), "size=12m");
    config(&env, COMPRESS);
    // Does not shrink, so that it needs more room than was expected of a log.
    let noise: Vec<u8> =
        (0..1_500_000_u64).map(|n| (n.wrapping_mul(n) >> 7).wrapping_mul(0x9E37_79B9) as u8).collect();
    aged(env.path("logs/noise.log.1"), &noise, 3);
    let text = lines(60_000);
    aged(env.path("logs/text.log.1"), &text, 3);
    let full = fill(env.path("full"));
    clean(&env).expect(2);
    assert_eq!(names(env.path("logs")), ["noise.log.1", "text.log.1"]);
    // Room for the one, and too little for the other.
    let room = disk.available() + 1_500_000;
    File::options().write(true).open(&full).unwrap().set_len(full.metadata().unwrap().len() - room).unwrap();
    clean(&env);
    let left = names(env.path("logs"));
    assert_eq!(left.len(), 2, "{left:?}");
    let read = |name: &str| match fs::read(env.path(format!("logs/{name}"))) {
        Ok(bytes) => bytes,
        Err(_) => zstd::decode_all(File::open(env.path(format!("logs/{name}.zst"))).unwrap()).unwrap(),
    };
    assert!(read("noise.log.1") == noise && read("text.log.1") == text);
    fs::remove_file(full).unwrap();
    clean(&env);
    assert!(env.path("logs/text.log.1.zst").exists());
}

#[test]
fn on_a_read_only_disk_nothing_is_done_and_all_is_told() {
    if !is_root_or_skip("on_a_read_only_disk_nothing_is_done_and_all_is_told") {
        return;
    }
    let env = Env::new();
    let disk = Mounted::tmpfs(env.root(), "size=4m");
    config(&env, WEEK);
    aged(env.path("logs/a.log"), "x", 9);
    aged(env.path("logs/b.log"), "x", 9);
    disk.remount("ro");
    let outcome = clean(&env).expect(2);
    let report = outcome.json();
    assert_eq!((&report["outcome"], &report["freed_bytes"]), (&"failed".into(), &0.into()));
    assert!(
        each(&report, "errors", "error").iter().all(|why| why.contains("Read-only file system")),
        "{outcome}"
    );
    assert_eq!(names(env.path("logs")).len(), 2);
}

#[test]
fn what_may_not_be_removed_is_told_and_the_rest_goes() {
    if !is_root_or_skip("what_may_not_be_removed_is_told_and_the_rest_goes") {
        return;
    }
    let env = Env::new();
    config(&env, WEEK);
    for path in ["logs/open/a.log", "logs/shut/b.log", "logs/dark/c.log"] {
        aged(env.path(path), "x", 9);
        std::os::unix::fs::chown(env.path(path), Some(65_534), Some(65_534)).unwrap();
    }
    for path in ["", "fuelops.toml", "logs", "logs/open", "logs/shut", "logs/dark"] {
        std::os::unix::fs::chown(env.path(path), Some(65_534), Some(65_534)).unwrap();
    }
    for (folder, mode) in [("logs/shut", 0o555), ("logs/dark", 0o000)] {
        fs::set_permissions(env.path(folder), fs::Permissions::from_mode(mode)).unwrap();
    }
    let outcome = env.finish(env.fuelops_as_nobody(&["clean", "--yes", "--format", "json"])).expect(1);
    let report = outcome.json();
    let wrong = each(&report, "errors", "path");
    let wanted = ["logs/dark", "logs/shut/b.log"].map(|path| env.path(path).display().to_string());
    assert_eq!(wrong, wanted, "{outcome}");
    assert!(!env.path("logs/open/a.log").exists() && env.path("logs/shut/b.log").exists());
}

#[test]
fn an_immutable_file_stays_and_is_named() {
    if !is_root_or_skip("an_immutable_file_stays_and_is_named") {
        return;
    }
    let env = Env::new();
    let Some(_disk) = Mounted::ext4(&env, env.root(), "16M") else {
        return skip("an_immutable_file_stays_and_is_named", "no loop device or no mkfs.ext4");
    };
    config(&env, WEEK);
    let path = aged(env.path("logs/a.log"), "x", 9);
    aged(env.path("logs/b.log"), "x", 9);
    let chattr =
        |flag: &str| assert!(Command::new("chattr").arg(flag).arg(&path).status().unwrap().success());
    chattr("+i");
    let outcome = clean(&env).expect(1);
    chattr("-i");
    assert_eq!(each(&outcome.json(), "skipped", "why"), ["immutable (chattr +i or +a)"], "{outcome}");
    assert_eq!(names(env.path("logs")), ["a.log"]);
}

/// The disk loses its tail: what lies there cannot be read any more.
#[test]
fn a_source_that_cannot_be_read_stays_as_it_is() {
    if !is_root_or_skip("a_source_that_cannot_be_read_stays_as_it_is") {
        return;
    }
    let env = Env::new();
    let Some(disk) = Mounted::ext4(&env, env.root(), "64M") else {
        return skip("a_source_that_cannot_be_read_stays_as_it_is", "no loop device or no mkfs.ext4");
    };
    config(&env, COMPRESS);
    aged(env.path("logs/big.log.1"), lines(600_000), 3);
    aged(env.path("logs/small.log.1"), lines(1_000), 3);
    let size = env.path("logs/big.log.1").metadata().unwrap().len();
    rustix::fs::sync();
    disk.unmount();
    let image = env.tmp().join("image");
    let point = env.root();
    assert!(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(&point).status().unwrap().success());
    let disk = Mounted::adopt(point);
    let whole = image.metadata().unwrap().len();
    File::options().write(true).open(&image).unwrap().set_len(whole / 4).unwrap();
    let outcome = env.run(&["clean", "--yes", "--format", "json"]);
    File::options().write(true).open(&image).unwrap().set_len(whole).unwrap();
    assert!(matches!(outcome.code, Some(1 | 2)), "{outcome}");
    assert!(env.path("logs/big.log.1").exists() && !env.path("logs/big.log.1.zst").exists(), "{outcome}");
    assert_eq!(env.path("logs/big.log.1").metadata().unwrap().len(), size);
    assert!(outcome.stdout.contains("os error 5"), "{outcome}");
    drop(disk);
}

#[test]
fn what_is_mounted_inside_the_tree_is_not_touched() {
    if !is_root_or_skip("what_is_mounted_inside_the_tree_is_not_touched") {
        return;
    }
    let (env, other) = (Env::new(), Env::new());
    aged(other.path("precious.log"), "x", 90);
    aged(other.path("deep/precious.log"), "x", 90);
    config(
        &env,
        "[[clean.rule]]\npaths = [\"logs/**\", \"logs/bound/*.log\", \"logs/crash_*\"]\nolder_than = \"7d\"\nkeep_last = 0\n",
    );
    aged(env.path("logs/a.log"), "x", 9);
    aged(env.path("logs/crash_1/a.log"), "x", 9);
    let _bound = Mounted::bind(&other.root(), env.path("logs/bound"));
    let _inner = Mounted::bind(&other.root(), env.path("logs/crash_1/bound"));
    let disk = Mounted::tmpfs(env.path("logs/memory"), "size=1m");
    aged(env.path("logs/memory/b.log"), "x", 9);
    let report = clean(&env).json();
    assert!(other.path("precious.log").exists() && other.path("deep/precious.log").exists());
    assert!(env.path("logs/memory/b.log").exists() && !env.path("logs/a.log").exists());
    let told = each(&report, "skipped", "why");
    assert!(
        told.iter().filter(|why| why.contains("another file system is mounted")).count() >= 2,
        "{told:?}"
    );
    drop(disk);
}

#[test]
fn a_disk_of_its_own_that_a_pattern_spells_is_cleaned() {
    if !is_root_or_skip("a_disk_of_its_own_that_a_pattern_spells_is_cleaned") {
        return;
    }
    let env = Env::new();
    let _disk = Mounted::tmpfs(env.path("logs"), "size=1m");
    config(&env, WEEK);
    aged(env.path("logs/a.log"), "x", 9);
    clean(&env).expect(0);
    assert!(names(env.path("logs")).is_empty());
}

#[test]
fn holes_and_second_names_count_for_what_they_free() {
    let env = Env::new();
    config(&env, WEEK);
    let sparse = aged(env.path("logs/sparse.log"), "x", 9);
    let mut file = File::options().write(true).open(&sparse).unwrap();
    file.set_len(1 << 40).unwrap();
    file.seek(SeekFrom::Start(1 << 39)).unwrap();
    file.write_all(b"x").unwrap();
    drop(file);
    age(&sparse, 9);
    let linked = aged(env.path("logs/linked.log"), vec![b'x'; 100_000], 9);
    fs::hard_link(&linked, env.path("elsewhere")).unwrap();
    let outcome = clean(&env).expect(0);
    let report = outcome.json();
    assert!(report["freed_bytes"].as_u64().unwrap() < 100_000, "{outcome}");
    assert_eq!(each(&report, "skipped", "why"), ["has 2 names: removing one of them frees nothing"]);
    assert_eq!(names(env.path("logs")), ["linked.log"]);
}

#[test]
fn a_wrong_clock_switches_ages_off() {
    const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    if !has_or_skip("faketime", "a_wrong_clock_switches_ages_off") || !Path::new(LIBRARY).exists() {
        return;
    }
    let env = Env::new();
    config(&env, &format!("{WEEK}\n[[clean.rule]]\npaths = [\"reports/*\"]\nkeep_last = 1\n"));
    aged(env.path("logs/a.log"), "x", 3);
    aged(env.path("reports/r_20260101.txt"), "x", 3);
    aged(env.path("reports/r_20260102.txt"), "x", 2);
    for shift in ["+30d", "-30d"] {
        let mut run = env.fuelops(&["clean", "--yes", "--format", "json"]);
        run.env("LD_PRELOAD", LIBRARY).env("FAKETIME", shift);
        let report = env.finish(run).expect(0).json();
        assert!(
            report["notes"][0].as_str().unwrap().ends_with("rules by age are switched off"),
            "{report:#}"
        );
        assert!(env.path("logs/a.log").exists(), "{shift}");
    }
    assert_eq!(names(env.path("reports")), ["r_20260102.txt"]);
}
