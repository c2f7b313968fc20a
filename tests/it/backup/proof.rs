//! What is known of backups after they were made: damage that was found, a key that is lost, names that are unknown.

use std::fs;

use super::{backup, check, file, make, names, place, program, sqlite, states};
use crate::support::servers::MariaDb;

/// Turns one bit of a file; turned twice, it is as it was.
fn flip(path: &std::path::Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn backup_that_was_found_damaged_counts_for_nothing_until_it_is_whole_again() {
    let env =
        place("[[check]]\nname = \"backups\"\ntype = \"backup\"\nmax_age = \"1h\"\n", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 500);
    let id = make(&env);
    let archive = file(&env, ".sqlite.zst");
    let health = || {
        let report = env.run(&["health", "--format", "json"]).json();
        let findings = report["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["check"] == "check.backups").unwrap()["severity"].clone()
    };
    assert_eq!(health(), "ok");
    flip(&archive);
    // A list reads no archive.
    assert_eq!(states(&env), ["verified"]);
    backup(&env, &["verify"]).0.expect(2);
    let (outcome, report) = backup(&env, &["list"]);
    let outcome = outcome.expect(2);
    assert_eq!(report["backups"][0]["state"], "damaged", "{outcome}");
    let cure = report["notes"][0].as_str().unwrap();
    assert!(cure.contains("fuelops backup create app.db") && cure.contains(&id), "{outcome}");
    assert_eq!(health(), "critical");
    let (outcome, report) = backup(&env, &["restore", "app.db", "--into", "copy.db", "--yes"]);
    assert!(report["errors"][0]["error"].as_str().unwrap().contains("is damaged"), "{outcome}");
    // What was found is signed like the rest.
    let manifest = file(&env, ".manifest.json");
    let noted = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, noted.replace("\"flaw\"", "\"flat\"")).unwrap();
    assert_eq!(states(&env), ["unproven"]);
    fs::write(&manifest, noted).unwrap();
    flip(&archive);
    assert_eq!(states(&env), ["damaged"]);
    backup(&env, &["verify", &id]).0.expect(0);
    assert_eq!(states(&env), ["verified"]);
    assert_eq!(health(), "ok");
}

#[test]
fn backup_that_a_restore_finds_damaged_is_not_listed_as_verified() {
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 500);
    let id = make(&env);
    flip(&file(&env, ".sqlite.zst"));
    backup(&env, &["restore", &id, "--into", "copy.db", "--yes"]).0.expect(2);
    assert_eq!(states(&env), ["damaged"]);
}

#[test]
fn backup_key_that_is_lost_or_another_is_told_by_every_command() {
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 500);
    let id = make(&env);
    let key = env.path(".fuelops/backup.key");
    let kept = fs::read(&key).unwrap();
    let told = |words: &[&str], cause: &str| {
        let (outcome, report) = backup(&env, words);
        let outcome = outcome.expect(2);
        let error = report["errors"][0]["error"].as_str().unwrap_or_default();
        assert!(error.contains(cause) && error.contains("zstd -d"), "{words:?}: {outcome}");
    };
    let restore = ["restore", "app.db", "--into", "copy.db", "--yes"];
    for (content, cause) in [
        (None, "is not there"),
        (Some("ab".repeat(32)), "is not the one"),
        (Some(String::new()), "holds no key any more"),
    ] {
        fs::remove_file(&key).unwrap();
        if let Some(content) = content {
            fs::write(&key, content).unwrap();
            fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
        for words in [&["list"][..], &["verify"], &["verify", &id], &["prune", "--yes"], &restore] {
            told(words, cause);
        }
        fs::write(&key, &kept).unwrap();
        fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    backup(&env, &["list"]).0.expect(0);
    fs::write(&key, "half a ke").unwrap();
    let (outcome, report) = backup(&env, &["create"]);
    assert!(report["notes"][0].as_str().unwrap().contains("holds no key any more"), "{}", outcome.expect(1));
    assert_eq!(states(&env), ["verified", "unproven"]);
}

#[test]
fn backup_commands_agree_on_names_that_nothing_has() {
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 500);
    backup(&env, &["verify"]).0.expect(3);
    backup(&env, &["restore", "app.db", "--yes"]).0.expect(2);
    let id = make(&env);
    for words in [["verify", "ap.db"], ["restore", "ap.db"]] {
        let outcome = env.run(&[&["backup"][..], &words].concat()).expect(64);
        assert!(outcome.stderr.contains("did you mean \"app.db\""), "{outcome}");
        assert!(outcome.stderr.contains("fuelops backup list"), "{outcome}");
    }
    backup(&env, &["verify", &id]).0.expect(0);
}

#[test]
fn backup_restore_that_failed_is_headed_by_how_it_leaves_things() {
    let env = place("", "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 500);
    let id = make(&env);
    let words = ["backup", "restore", &id, "--into", "nowhere/copy.db", "--yes"];
    let outcome = env.run(&words).expect(2);
    let first = outcome.stdout.lines().next().unwrap().to_owned();
    assert!(first.contains("was not restored") && first.contains("is as it was"), "{outcome}");
    assert!(!outcome.stdout.contains("is not restored yet"), "{outcome}");

    let Some(server) = MariaDb::start() else { return };
    server.sql("USE fuel; CREATE TABLE trucks (id INT PRIMARY KEY); INSERT INTO trucks VALUES (1)");
    let env = place(&check("mysql", "mysql", &server.url()), "\"mysql\"");
    make(&env);
    let client =
        "case $* in *--binary-mode*) head -c 100 > /dev/null; echo 'ERROR 2013: lost' >&2; exit 1;; esac";
    program(&env.path("bin/mariadb"), &format!("{client}\nexec /usr/bin/mariadb \"$@\""));
    let restore = |into: &[&str]| {
        let words = [&["backup", "restore", "mysql", "--yes", "--format", "json"], into].concat();
        let mut command = env.fuelops(&words);
        command.env("PATH", format!("{}:/usr/bin:/bin", env.path("bin").display()));
        env.finish(command).expect(2).json()["restore"]["target_state"].clone()
    };
    assert_eq!(restore(&[]), "half-restored");
    // A database that was made for it is gone again.
    assert_eq!(restore(&["--into", "copy"]), "untouched");
    assert!(!server.sql("SHOW DATABASES").contains("copy"));
}

/// Takes every backup of more than an hour ago.
const CLEAN: &str = "[[clean.rule]]\npaths = [\"backups/*\"]\nolder_than = \"1h\"\nkeep_last = 0\n";

#[test]
fn clean_reads_the_backup_that_stays_before_older_ones_go() {
    let env = place(CLEAN, "\"sqlite:app.db\"");
    sqlite(&env.path("app.db"), 5000);
    make(&env);
    let archive = file(&env, ".sqlite.zst");
    sqlite(&env.path("app.db"), 5001);
    make(&env);
    let newer = names(&env).into_iter().map(|name| env.path("backups").join(name));
    let newer =
        newer.filter(|path| path.extension().is_some_and(|e| e == "zst")).find(|path| *path != archive);
    let newer = newer.unwrap();
    let age = || {
        let old = std::time::SystemTime::now() - std::time::Duration::from_secs(9 * 86_400);
        for name in names(&env) {
            let file = fs::File::options().append(true).open(env.path("backups").join(name)).unwrap();
            file.set_modified(old).unwrap();
        }
    };
    flip(&newer);
    age();
    let before = names(&env);
    // Not the table: where its lines break depends on how long the paths are.
    let outcome = env.run(&["clean", "--yes", "--format", "json"]).expect(1);
    assert!(outcome.stdout.contains("the backup before it stays as well"), "{outcome}");
    assert_eq!(names(&env), before);
    backup(&env, &["restore", "app.db", "--into", "copy.db", "--yes"]).0.expect(0);
    // Once it is whole, it stands for the one before it.
    flip(&newer);
    backup(&env, &["verify"]).0.expect(0);
    age();
    env.run(&["clean", "--yes"]).expect(0);
    assert!(!archive.exists() && newer.exists());
}
