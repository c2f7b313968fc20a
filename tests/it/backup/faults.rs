//! What must not happen to a good backup, whatever else goes wrong.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{backup, check, file, make, names, place, program, sqlite, states};
use crate::support::servers::MariaDb;
use crate::support::{Env, is_root_or_skip, wait_until};

/// Runs with programs of the place's own before those of the system.
fn with_programs(env: &Env, words: &[&str]) -> (crate::support::Outcome, serde_json::Value) {
    let mut command = env.fuelops(&[&["backup"], words, &["--format", "json"]].concat());
    command.env("PATH", format!("{}:/usr/bin:/bin", env.path("bin").display()));
    let outcome = env.finish(command);
    let report = outcome.json();
    (outcome, report)
}

fn mariadb_place(server: &MariaDb) -> Env {
    server.sql("USE fuel; CREATE TABLE trucks (id INT PRIMARY KEY, name TEXT); INSERT INTO trucks SELECT seq, REPEAT('x', 200) FROM seq_1_to_20000");
    let env = place(&check("mysql", "mysql", &server.url()), "\"mysql\"");
    make(&env);
    env
}

#[test]
fn backup_by_a_dumper_that_fails_in_any_way_replaces_nothing() {
    let Some(server) = MariaDb::start() else { return };
    let env = mariadb_place(&server);
    let before = names(&env);
    let real = "/usr/bin/mariadb-dump \"$@\"";
    for (script, expected) in [
        ("exec false".to_owned(), "ended with exit code 1"),
        ("exec true".to_owned(), "breaks off"),
        (
            format!("case $* in *--version*) exec {real};; esac; {real} 2>/dev/null | head -c 300000"),
            "breaks off",
        ),
        (
            format!(
                "case $* in *--version*) exec {real};; esac; {real} 2>/dev/null | head -c 300000; exit 3"
            ),
            "ended with exit code 3",
        ),
        (format!("case $* in *--version*) exec {real};; esac; {real}; kill -9 $$"), "ended by signal 9"),
        (
            format!("case $* in *--version*) exec {real};; esac; {real}; echo 'Error 2013: lost' >&2"),
            "complained: Error 2013",
        ),
        ("echo 'mysqldump: unknown option --hex-blob' >&2; exit 7".to_owned(), "unknown option"),
    ] {
        program(&env.path("bin/mariadb-dump"), &script);
        let (outcome, report) = with_programs(&env, &["create"]);
        let outcome = outcome.expect(2);
        let why = report["errors"][0]["error"].as_str().unwrap();
        assert!(why.contains(expected), "{script}: {outcome}");
        assert_eq!(names(&env), before, "{script}: {outcome}");
    }
    assert_eq!(states(&env), ["verified"]);
}

#[test]
fn backup_without_its_program_names_the_package() {
    let env = place(&check("mysql", "mysql", "mysql://root@127.0.0.1:9/fuel"), "\"mysql\"");
    fs::create_dir(env.path("bin")).unwrap();
    let mut command = env.fuelops(&["backup", "create"]);
    command.env("PATH", env.path("bin"));
    let outcome = env.finish(command).expect(2);
    assert!(outcome.stdout.contains("mariadb-client"), "{outcome}");
    assert_eq!(names(&env), Vec::<String>::new());
}

#[test]
fn backup_of_a_server_that_dies_in_the_middle_replaces_nothing() {
    let Some(server) = MariaDb::start() else { return };
    let env = mariadb_place(&server);
    let before = names(&env);
    let slow = "case $* in *--version*) exec /usr/bin/mariadb-dump \"$@\";; esac
        /usr/bin/mariadb-dump \"$@\" | { head -c 100000; touch started; sleep 3; cat; }; exit 2";
    program(&env.path("bin/mariadb-dump"), slow);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| with_programs(&env, &["create"]));
        assert!(wait_until(Duration::from_secs(60), || env.path("started").exists()));
        server.server.signal(Signal::SIGKILL);
        run.join().unwrap().0.expect(2);
    });
    assert_eq!(names(&env), before);
}

#[test]
fn backup_of_what_shrank_to_nothing_is_kept_and_replaces_nothing() {
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 5000);
    let good = make(&env);
    sqlite(&env.path("app.db"), 0);
    let (outcome, report) = backup(&env, &["create"]);
    let outcome = outcome.expect(2);
    assert_eq!(report["backups"][0]["state"], "suspicious", "{outcome}");
    assert!(report["backups"][0]["why"].as_str().unwrap().contains("it holds no row"), "{outcome}");
    assert_eq!(states(&env), ["suspicious", "verified"]);
    let (outcome, report) = backup(&env, &["restore", "app.db", "--into", "copy.db", "--yes"]);
    outcome.expect(0);
    assert_eq!(report["restore"]["id"], good.as_str());
    // Somebody says that it is meant so.
    backup(&env, &["create", "--accept-smaller"]).0.expect(0);
    assert_eq!(states(&env), ["verified", "suspicious", "verified"]);
}

#[test]
fn backup_on_a_full_disk_leaves_the_old_one_and_no_remains() {
    if !is_root_or_skip("a small disk for backups") {
        return;
    }
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 100);
    let dir = env.path("backups");
    fs::create_dir(&dir).unwrap();
    let disk = Tmpfs::mount(&dir, "size=256k");
    make(&env);
    let before = names(&env);
    // Random content, which no compression makes small.
    let database = rusqlite::Connection::open(env.path("app.db")).unwrap();
    database.execute_batch("CREATE TABLE noise AS SELECT randomblob(2000000) AS x").unwrap();
    let (outcome, report) = backup(&env, &["create"]);
    let outcome = outcome.expect(2);
    assert!(report["errors"][0]["error"].as_str().unwrap().to_lowercase().contains("full"), "{outcome}");
    assert_eq!(names(&env), before, "{outcome}");
    assert_eq!(states(&env), ["verified"]);
    drop(disk);
}

/// A mounted tmpfs, gone with its value.
struct Tmpfs<'a>(&'a std::path::Path);

impl<'a> Tmpfs<'a> {
    fn mount(at: &'a std::path::Path, options: &str) -> Self {
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).status();
        assert!(status.unwrap().success());
        Self(at)
    }
}

impl Drop for Tmpfs<'_> {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.0).status().unwrap();
    }
}

#[test]
fn backup_that_is_killed_leaves_nothing_that_counts() {
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 200_000);
    make(&env);
    for milliseconds in [1, 3, 6, 10, 15, 20, 30, 40, 60, 90, 130, 200, 300, 450] {
        let mut command = env.fuelops(&["backup", "create"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        let (outcome, report) = backup(&env, &["verify"]);
        for entry in report["backups"].as_array().unwrap() {
            assert!(matches!(entry["state"].as_str(), Some("verified" | "incomplete")), "{outcome}");
        }
    }
    make(&env);
    assert!(!names(&env).iter().any(|name| name.contains("partial")), "{:?}", names(&env));
    let left: Vec<_> = fs::read_dir(env.path(".fuelops")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name == "backup.key" || name == "backup.lock"), "{left:?}");
    assert!(states(&env).iter().all(|state| state == "verified"));
}

#[test]
fn two_backups_at_once_are_one_and_a_75() {
    let Some(server) = MariaDb::start() else { return };
    let env = mariadb_place(&server);
    program(&env.path("bin/mariadb-dump"), "touch started; sleep 2; exec /usr/bin/mariadb-dump \"$@\"");
    std::thread::scope(|scope| {
        let first = scope.spawn(|| with_programs(&env, &["create"]));
        assert!(wait_until(Duration::from_secs(60), || env.path("started").exists()));
        let second = env.run(&["backup", "create"]).expect(75);
        assert!(second.stderr.contains("backup create"), "{second}");
        env.run(&["backup", "list"]).expect(0);
        first.join().unwrap().0.expect(0);
    });
}

#[test]
fn backup_that_is_interrupted_ends_at_once_and_leaves_nothing() {
    let Some(server) = MariaDb::start() else { return };
    let env = mariadb_place(&server);
    let before = names(&env);
    program(&env.path("bin/mariadb-dump"), "touch started; sleep 600 & echo $! >sleeper; wait");
    let mut command = env.fuelops(&["backup", "create"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", env.path("bin").display()));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(wait_until(Duration::from_secs(60), || env.path("sleeper").exists()));
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGTERM).unwrap();
    let mut code = None;
    assert!(wait_until(Duration::from_secs(30), || {
        code = child.try_wait().unwrap();
        code.is_some()
    }));
    assert_eq!(code.unwrap().code(), Some(143));
    assert_eq!(names(&env), before);
    let sleeper = fs::read_to_string(env.path("sleeper")).unwrap();
    let sleeper = Pid::from_raw(sleeper.trim().parse().unwrap());
    assert!(
        wait_until(Duration::from_secs(10), || kill(sleeper, None).is_err()),
        "the dumper's child lives on"
    );
}

#[test]
fn backup_drill_that_is_interrupted_leaves_no_database_behind() {
    let Some(server) = MariaDb::start() else { return };
    let env = mariadb_place(&server);
    let script =
        "case $* in *--execute*) exec /usr/bin/mariadb \"$@\";; esac\nsleep 600 & echo $! >sleeper; wait";
    program(&env.path("bin/mariadb"), script);
    let mut command = env.fuelops(&["backup", "verify", "--deep"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", env.path("bin").display()));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(wait_until(Duration::from_secs(60), || env.path("sleeper").exists()));
    assert!(server.sql("SHOW DATABASES").contains("fuelops_verify_"));
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGTERM).unwrap();
    let mut code = None;
    assert!(wait_until(Duration::from_secs(60), || {
        code = child.try_wait().unwrap();
        code.is_some()
    }));
    assert_eq!(code.unwrap().code(), Some(143));
    let left = server.sql("SHOW DATABASES");
    assert!(!left.contains("fuelops_verify_"), "{left}");
}

#[test]
fn backup_whose_archive_or_manifest_was_changed_is_found_and_not_restored() {
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 5000);
    let id = make(&env);
    let (archive, manifest) = (file(&env, ".sqlite.zst"), file(&env, ".manifest.json"));
    let (good, signed) = (fs::read(&archive).unwrap(), fs::read_to_string(&manifest).unwrap());
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    fs::write(&archive, &bad).unwrap();
    let (outcome, report) = backup(&env, &["verify"]);
    outcome.expect(2);
    assert_eq!(report["backups"][0]["state"], "damaged");
    let (outcome, _) = backup(&env, &["restore", &id, "--into", "copy.db", "--yes"]);
    assert!(outcome.expect(2).stdout.contains("damaged"));
    fs::write(&archive, &good).unwrap();
    fs::write(&manifest, signed.replace("\"rows\": 5000", "\"rows\": 5001")).unwrap();
    backup(&env, &["verify"]).0.expect(2);
    backup(&env, &["restore", &id, "--into", "copy.db", "--yes"]).0.expect(2);
    assert_eq!(states(&env), ["unproven"]);
    assert!(!env.path("copy.db").exists());
    fs::write(&manifest, signed).unwrap();
    assert_eq!(states(&env), ["verified"]);
}

#[test]
fn backup_that_is_damaged_makes_way_for_the_one_before_it() {
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 5000);
    let older = make(&env);
    let first = names(&env);
    sqlite(&env.path("app.db"), 5001);
    let newer = make(&env);
    let archive =
        names(&env).into_iter().find(|name| !first.contains(name) && name.ends_with(".zst")).unwrap();
    let archive = env.path("backups").join(archive);
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&archive, bytes).unwrap();
    let (outcome, report) = backup(&env, &["restore", "app.db", "--into", "copy.db", "--yes"]);
    let outcome = outcome.expect(0);
    assert_eq!(report["restore"]["id"], older.as_str(), "{outcome}");
    let note = report["notes"][0].as_str().unwrap();
    assert!(note.starts_with(&format!("{newer} was passed over: it is damaged")), "{outcome}");
    backup(&env, &["restore", &newer, "--into", "other.db", "--yes"]).0.expect(2);
}

#[test]
fn what_a_restore_has_replaced_comes_back_by_its_id_only() {
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 3000);
    let good = make(&env);
    sqlite(&env.path("app.db"), 2900);
    let (outcome, report) = backup(&env, &["restore", "sqlite:app.db", "--yes"]);
    let outcome = outcome.expect(0);
    let safety = report["restore"]["safety"].as_str().unwrap();
    let told = &report["backups"][0];
    assert_eq!((&told["state"], &told["is_safety"]), (&"verified".into(), &true.into()), "{outcome}");
    let (outcome, report) = backup(&env, &["restore", "app.db", "--yes"]);
    assert_eq!(report["restore"]["id"], good.as_str(), "{}", outcome.expect(0));
    let (outcome, report) = backup(&env, &["restore", safety, "--into", "before.db", "--yes"]);
    assert_eq!(report["restore"]["rows"], 2900, "{}", outcome.expect(0));
    env.run(&["backup", "list"]).expect(0).says("app.db (replaced)");
}

#[test]
fn backup_tells_newcomers_what_to_write() {
    let env = Env::new();
    sqlite(&env.path("app.db"), 50);
    let outcome = env.run(&["backup", "create", "sqlite:app.db"]).expect(64);
    assert!(outcome.stderr.contains("databases = [\"sqlite:app.db\"]"), "{outcome}");
    let env = place("", "\"sqlite:data/app.db\"");
    fs::create_dir_all(env.path("data/app.db")).unwrap();
    let outcome = env.run(&["backup", "create", "sqlite:data/app.db"]).expect(2);
    assert!(outcome.stdout.contains("is a folder and no database"), "{outcome}");
    fs::remove_dir(env.path("data/app.db")).unwrap();
    sqlite(&env.path("data/app.db"), 50);
    let full = format!("sqlite:{}", env.path("data/app.db").display());
    for word in ["sqlite:data/app.db", "data/app.db", &full] {
        env.run(&["backup", "create", word]).expect(0).says("data/app.db");
    }
    env.run(&["backup", "restore", "sqlite:data/app.db", "--into", "", "--yes"]).expect(64);
}

#[test]
fn a_database_that_root_brings_back_belongs_to_its_folders_owner() {
    if !is_root_or_skip("ownership of a restored database") {
        return;
    }
    let env = place("", "\"sqlite:data/app.db\"");
    fs::create_dir(env.path("data")).unwrap();
    std::os::unix::fs::chown(env.path("data"), Some(65_534), Some(65_534)).unwrap();
    sqlite(&env.path("data/app.db"), 50);
    make(&env);
    fs::remove_file(env.path("data/app.db")).unwrap();
    backup(&env, &["restore", "data/app.db", "--yes"]).0.expect(0);
    let metadata = fs::metadata(env.path("data/app.db")).unwrap();
    assert_eq!((metadata.uid(), metadata.mode() & 0o777), (65_534, 0o600));
}

#[test]
fn backups_whose_key_is_lost_stay_and_prove_nothing() {
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 50);
    let id = make(&env);
    fs::remove_file(env.path(".fuelops/backup.key")).unwrap();
    assert_eq!(states(&env), ["unproven"]);
    backup(&env, &["restore", &id, "--into", "copy.db", "--yes"]).0.expect(2);
    let (outcome, report) = backup(&env, &["create"]);
    let outcome = outcome.expect(1);
    assert!(report["notes"][0].as_str().unwrap().contains("backup.key is not there"), "{outcome}");
    assert_eq!(states(&env), ["verified", "unproven"]);
    make(&env);
    backup(&env, &["prune", "--yes"]).0.expect(0);
    assert_eq!(states(&env).len(), 3);
}

#[test]
fn backup_into_a_link_is_refused() {
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 50);
    fs::create_dir(env.path("elsewhere")).unwrap();
    symlink(env.path("elsewhere"), env.path("backups")).unwrap();
    let outcome = env.run(&["backup", "create"]).expect(74);
    assert!(outcome.stderr.contains("symbolic link"), "{outcome}");
    assert_eq!(fs::read_dir(env.path("elsewhere")).unwrap().count(), 0);
}
