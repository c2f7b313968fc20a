//! `fuelops backup` against real servers, real disks and real kills.

mod databases;
mod faults;
mod files;
mod proof;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Env, Outcome};

/// A place with a config of these checks and databases.
fn place(checks: &str, databases: &str) -> Env {
    let env = Env::new();
    let text = format!("name = \"fuel\"\n{checks}\n[backup]\ninclude = []\ndatabases = [{databases}]\n");
    env.write("fuelops.toml", text);
    env
}

/// A check of a database server.
fn check(name: &str, kind: &str, url: &str) -> String {
    format!("[[check]]\nname = \"{name}\"\ntype = \"{kind}\"\nurl = \"{url}\"\n")
}

/// Runs a subcommand with its report in JSON.
fn backup(env: &Env, words: &[&str]) -> (Outcome, Value) {
    let words = [&["backup"], words, &["--format", "json"]].concat();
    let outcome = env.run(&words);
    let report = outcome.json();
    assert_eq!(report["schema"], "fuelops.backup/1", "{outcome}");
    (outcome, report)
}

/// Makes backups, which has to go well; returns the first one's id.
#[track_caller]
fn make(env: &Env) -> String {
    let (outcome, report) = backup(env, &["create"]);
    let outcome = outcome.expect(0);
    assert_eq!(report["outcome"], "done", "{outcome}");
    report["backups"][0]["id"].as_str().unwrap().to_owned()
}

/// The state of each listed backup, newest first.
fn states(env: &Env) -> Vec<String> {
    let (_, report) = backup(env, &["list"]);
    let backups = report["backups"].as_array().unwrap();
    backups.iter().map(|backup| backup["state"].as_str().unwrap().to_owned()).collect()
}

/// The names in the folder of the backups.
fn names(env: &Env) -> Vec<String> {
    let Ok(entries) = fs::read_dir(env.path("backups")) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The one file of the backups whose name ends so.
fn file(env: &Env, ending: &str) -> PathBuf {
    let name = names(env).into_iter().find(|name| name.ends_with(ending)).unwrap();
    env.path("backups").join(name)
}

/// A program of the place's own.
fn program(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A database of SQLite with so many rows.
fn sqlite(path: &Path, rows: u32) {
    let database = rusqlite::Connection::open(path).unwrap();
    let fill = format!(
        "CREATE TABLE IF NOT EXISTS trucks (id INTEGER PRIMARY KEY, name TEXT); DELETE FROM trucks;
         INSERT INTO trucks WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
         SELECT i, 'truck ' || (i * 7919 % 10007) FROM n WHERE i <= {rows}"
    );
    database.execute_batch(&fill).unwrap();
}
