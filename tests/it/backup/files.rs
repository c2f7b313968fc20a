//! Logs: packed, verified, unpacked; and runs that nobody watches.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::{backup, make, names, sqlite, states};
use crate::support::{Env, is_root_or_skip};

fn place() -> Env {
    let env = Env::new();
    env.write("fuelops.toml", "name = \"fuel\"\n");
    env.write("backend.log", "one\ntwo\n");
    env.write("logs/worker.log", "three\n".repeat(50_000));
    env
}

#[test]
fn backup_of_logs_comes_back_as_it_was() {
    let env = place();
    let worker = fs::File::options().write(true).open(env.path("logs/worker.log")).unwrap();
    worker.set_permissions(fs::Permissions::from_mode(0o640)).unwrap();
    worker.set_modified(SystemTime::now() - Duration::from_secs(90_000)).unwrap();
    let id = make(&env);
    assert!(id.starts_with("logs-"), "{id}");
    backup(&env, &["verify", "--deep"]).0.expect(0);
    backup(&env, &["restore", "logs", "--yes"]).0.expect(2);
    let (outcome, report) = backup(&env, &["restore", "logs", "--into", "back", "--yes"]);
    let outcome = outcome.expect(0);
    assert_eq!(report["restore"]["files"], 2, "{outcome}");
    for path in ["backend.log", "logs/worker.log"] {
        assert_eq!(
            fs::read(env.path("back").join(path)).unwrap(),
            fs::read(env.path(path)).unwrap(),
            "{path}"
        );
        let known = |path| fs::metadata(path).map(|known| (known.mode(), known.mtime())).unwrap();
        assert_eq!(known(env.path("back").join(path)), known(env.path(path)), "{path}");
    }
    backup(&env, &["restore", "logs", "--into", "back", "--yes"]).0.expect(2);
}

#[test]
fn backup_without_anything_to_back_up_is_unknown() {
    let env = Env::new();
    env.write("fuelops.toml", "name = \"fuel\"\n");
    let (outcome, report) = backup(&env, &["create"]);
    outcome.expect(3);
    assert_eq!(report["outcome"], "unknown");
    backup(&env, &["verify"]).0.expect(3);
    backup(&env, &["list"]).0.expect(3);
    assert_eq!(names(&env), Vec::<String>::new());
    env.run(&["backup", "create", "nonsense"]).expect(64);
    assert!(!env.path("backups").exists() && !env.path(".fuelops/backup.key").exists());
}

#[test]
fn backup_that_fails_before_the_first_one_leaves_neither_folder_nor_key() {
    let env = Env::new();
    env.write("fuelops.toml", "name = \"fuel\"\n[backup]\ndatabases = [\"sqlite:none.db\"]\n");
    backup(&env, &["create"]).0.expect(2);
    assert!(!env.path("backups").exists() && !env.path(".fuelops/backup.key").exists());
}

#[test]
fn backup_keeps_links_out_and_databases_apart() {
    let env = place();
    symlink("/etc/hostname", env.path("evil.log")).unwrap();
    let (outcome, report) = backup(&env, &["create"]);
    outcome.expect(0);
    assert_eq!(report["backups"][0]["files"].as_array().unwrap().len(), 2);
    sqlite(&env.path("state.log"), 5);
    let (outcome, report) = backup(&env, &["create"]);
    let outcome = outcome.expect(1);
    assert!(outcome.stdout.contains("sqlite:state.log"), "{outcome}");
    assert_eq!(report["outcome"], "degraded");
}

/// As cron runs it: nothing in the environment, another folder, no terminal; by the very line of `config aliases`.
#[test]
fn backup_runs_from_cron_and_says_nothing_where_all_is_well() {
    let env = place();
    sqlite(&env.path("app.db"), 100);
    env.write("fuelops.toml", "name = \"fuel\"\n[backup]\ndatabases = [\"sqlite:app.db\"]\n");
    let lines = env.run(&["config", "aliases", "cron"]).expect(0).stdout;
    let line = lines.lines().find(|line| line.contains("backup create")).unwrap();
    assert!(line.starts_with("0 */6 * * * "), "{line}");
    let command = line.splitn(6, ' ').nth(5).unwrap().replace("\\%", "%");
    for expected in [1, 2] {
        let mut cron = Command::new("/bin/sh");
        cron.args(["-c", &command]).env_clear().current_dir("/").stdin(std::process::Stdio::null());
        let outcome = env.finish(cron).expect(0);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""), "{outcome}");
        assert_eq!(states(&env).len(), expected * 2);
    }
    fs::remove_file(env.path("app.db")).unwrap();
    let mut cron = Command::new("/bin/sh");
    cron.args(["-c", &command]).env_clear().current_dir("/").stdin(std::process::Stdio::null());
    let outcome = env.finish(cron).expect(2);
    assert!(outcome.stdout.contains("app.db: there is no database"), "{outcome}");
    assert_eq!(outcome.stdout.lines().count(), 1, "{outcome}");
}

#[test]
fn backup_removes_what_is_too_old_and_never_the_last_good_one() {
    let env = place();
    let text = "name = \"fuel\"\n[backup]\nmax_age = \"1s\"\nkeep_last = 1\n";
    env.write("fuelops.toml", text);
    for _ in 0..2 {
        backup(&env, &["create", "--no-prune"]).0.expect(0);
        std::thread::sleep(Duration::from_millis(2100));
    }
    let (outcome, report) = backup(&env, &["prune"]);
    let outcome = outcome.expect(1);
    assert_eq!(
        (&report["outcome"], report["removed"].as_array().unwrap().len()),
        (&"planned".into(), 1),
        "{outcome}"
    );
    assert_eq!(states(&env).len(), 2);
    backup(&env, &["prune", "--dry-run"]).0.expect(0);
    backup(&env, &["prune", "--yes"]).0.expect(0);
    assert_eq!(states(&env), ["verified"]);
    let (outcome, report) = backup(&env, &["prune", "--yes"]);
    outcome.expect(0);
    assert_eq!(report["outcome"], "nothing-to-do");
}

#[test]
fn backup_of_root_in_somebodys_folder_belongs_to_that_somebody() {
    if !is_root_or_skip("ownership of backups") {
        return;
    }
    let env = place();
    let user = 65_534;
    // The config of an ordinary user: root acts with that user's rights only.
    fs::write(env.path("secret.log"), "root's own").unwrap();
    fs::set_permissions(env.path("secret.log"), PermissionsExt::from_mode(0o600)).unwrap();
    for path in ["", "logs", "fuelops.toml", "backend.log", "logs/worker.log"] {
        std::os::unix::fs::chown(env.path(path), Some(user), Some(user)).unwrap();
    }
    for folder in env.root().ancestors().take_while(|folder| *folder != std::env::temp_dir()) {
        fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let (outcome, report) = backup(&env, &["create"]);
    let outcome = outcome.expect(1);
    assert!(report["skipped"][0]["path"].as_str().unwrap().ends_with("secret.log"), "{outcome}");
    for name in
        names(&env).iter().map(|name| format!("backups/{name}")).chain([".fuelops/backup.key".to_owned()])
    {
        assert_eq!(fs::metadata(env.path(&name)).unwrap().uid(), user, "{name}");
    }
    // The user goes on with what root has made.
    let list = env.fuelops_as_nobody(&["backup", "list", "--format", "json"]);
    assert!(env.finish(list).expect(0).says("verified").stdout.contains("logs-"));
}
