//! The way there and back for each kind of database.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{backup, check, make, names, place, sqlite, states};
use crate::support::servers::{MariaDb, Postgres};

/// A text with everything that a dump has to get right.
const ODD: &str = "it''s \\\\ a; (test)\\n-- Dump completed\\n\\\\. ✔ \\t%s";

fn fill_mariadb(server: &MariaDb, rows: u32) {
    server.sql(&format!(
        "DROP DATABASE IF EXISTS fuel; CREATE DATABASE fuel CHARACTER SET utf8mb4; USE fuel;
         CREATE TABLE `tr``ucks` (id INT PRIMARY KEY, name TEXT, raw BLOB, litres DOUBLE, at DATETIME(6)) ENGINE=InnoDB;
         INSERT INTO `tr``ucks` SELECT seq, CONCAT('{ODD} ', seq), UNHEX(MD5(seq)), seq / 7, NOW(6) FROM seq_1_to_{rows};
         CREATE TABLE empty (x INT);
         CREATE VIEW many AS SELECT COUNT(*) AS n FROM `tr``ucks`;
         CREATE TRIGGER t BEFORE INSERT ON empty FOR EACH ROW SET NEW.x = 1;
         CREATE PROCEDURE p() SELECT '-- Table structure for table `fake`';"
    ));
}

#[test]
fn backup_of_mariadb_comes_back_equal() {
    let Some(server) = MariaDb::start() else { return };
    fill_mariadb(&server, 2000);
    let env = place(&check("mysql", "mysql", &server.url()), "\"mysql\"");
    let (outcome, report) = backup(&env, &["create"]);
    let outcome = outcome.expect(0);
    let made = &report["backups"][0];
    assert_eq!(
        (&made["state"], &made["table_count"], &made["rows"]),
        (&"verified".into(), &2.into(), &2000.into()),
        "{outcome}"
    );
    assert!(made["versions"]["server"].as_str().unwrap().contains("MariaDB"), "{outcome}");
    assert!(made["versions"]["tool"].as_str().unwrap().contains("mariadb-dump"), "{outcome}");
    let id = made["id"].as_str().unwrap();
    backup(&env, &["verify"]).0.expect(0);
    let (outcome, report) = backup(&env, &["verify", "--deep"]);
    assert_eq!(report["backups"][0]["drill"]["equal"], true, "{outcome}");
    assert!(!server.sql("SHOW DATABASES").contains("fuelops_verify"));
    // Beside it, then in its place after a disaster.
    let (outcome, report) = backup(&env, &["restore", "mysql", "--into", "copy", "--yes"]);
    let outcome = outcome.expect(0);
    assert_eq!(
        (&report["restore"]["id"], &report["restore"]["done"]),
        (&id.into(), &true.into()),
        "{outcome}"
    );
    let digest = "SELECT COUNT(*), BIT_XOR(CRC32(CONCAT_WS('|', id, name, HEX(raw), litres, at))) FROM ";
    let whole = server.sql(&format!("{digest} fuel.`tr``ucks`"));
    assert_eq!(server.sql(&format!("{digest} copy.`tr``ucks`")), whole);
    assert_eq!(server.sql("SELECT n FROM copy.many").trim(), "2000");
    backup(&env, &["restore", "mysql", "--into", "copy", "--yes"]).0.expect(2);
    server.sql("DELETE FROM fuel.`tr``ucks` WHERE id > 5");
    let (outcome, report) = backup(&env, &["restore", id]);
    let outcome = outcome.expect(1);
    assert_eq!(report["outcome"], "planned", "{outcome}");
    assert_eq!(server.sql("SELECT COUNT(*) FROM fuel.`tr``ucks`").trim(), "5");
    let (outcome, report) = backup(&env, &["restore", id, "--yes"]);
    let outcome = outcome.expect(0);
    assert!(report["restore"]["safety"].is_string(), "{outcome}");
    assert_eq!(server.sql(&format!("{digest} fuel.`tr``ucks`")), whole);
    // What was replaced shrank: it is there, but counts for nothing.
    assert_eq!(states(&env), ["suspicious", "verified"]);
}

#[test]
fn backup_of_a_server_with_a_hostile_password_leaves_no_trace_of_it() {
    let Some(server) = MariaDb::start() else { return };
    fill_mariadb(&server, 10);
    let password = r#"p"a'ss\n#;w%o $(rd)` x"#;
    let quoted = password.replace('\\', "\\\\").replace('\'', "\\'");
    server.sql(&format!("CREATE USER fuel@'%' IDENTIFIED BY '{quoted}'; GRANT ALL ON *.* TO fuel@'%'"));
    let escaped: String = password.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let url = server.url().replace("root@", &format!("fuel:{escaped}@"));
    let env = place(&check("mysql", "mysql", &url), "\"mysql\"");
    let spy = env.path("bin/mariadb-dump");
    super::program(
        &spy,
        "tr '\\0' '\\n' </proc/$$/cmdline >>spied; tr '\\0' '\\n' </proc/$$/environ >>spied\nexec /usr/bin/mariadb-dump \"$@\"",
    );
    let mut command = env.fuelops(&["backup", "create", "--format", "json", "-v"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", env.path("bin").display()));
    let outcome = env.finish(command).expect(0);
    let spied = fs::read_to_string(env.path("spied")).unwrap();
    assert!(spied.contains("--single-transaction"), "{spied}");
    for text in [&spied, &outcome.stdout, &outcome.stderr] {
        assert!(!text.contains("ss\\n#") && !text.contains("%22"), "{text}");
    }
    let left: Vec<_> = fs::read_dir(env.path(".fuelops")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("login")), "{left:?}");
}

fn fill_postgres(server: &Postgres, rows: u32) {
    server.sql(&format!(
        "DROP SCHEMA public CASCADE; CREATE SCHEMA public;
         CREATE TABLE trucks (id int PRIMARY KEY, name text, raw bytea, at timestamptz);
         INSERT INTO trucks SELECT i, E'it''s \\\\. \\n -- \\t' || i, decode(md5(i::text), 'hex'), now() FROM generate_series(1, {rows}) i;
         CREATE TABLE \"odd name\" (x int); CREATE INDEX ON trucks (name);
         CREATE VIEW many AS SELECT count(*) AS n FROM trucks;"
    ));
}

#[test]
fn backup_of_postgres_comes_back_equal() {
    let Some(server) = Postgres::start() else { return };
    fill_postgres(&server, 2000);
    let url = server.url().replace("/fuel", "/postgres");
    let env = place(&check("pg", "postgres", &url), "\"pg\"");
    let (outcome, report) = backup(&env, &["create"]);
    let outcome = outcome.expect(0);
    let made = &report["backups"][0];
    assert_eq!(
        (&made["state"], &made["table_count"], &made["rows"]),
        (&"verified".into(), &2.into(), &2000.into()),
        "{outcome}"
    );
    assert!(made["versions"]["server"].is_string(), "{outcome}");
    backup(&env, &["verify"]).0.expect(0);
    let (outcome, report) = backup(&env, &["verify", "--deep"]);
    assert_eq!(report["backups"][0]["drill"]["equal"], true, "{outcome}");
    let digest = "SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM trucks t";
    let whole = server.sql(digest);
    server.sql("DELETE FROM trucks WHERE id > 1500; CREATE TABLE later (y int)");
    let (outcome, report) = backup(&env, &["restore", "pg", "--yes"]);
    let outcome = outcome.expect(0);
    assert!(report["restore"]["safety"].is_string(), "{outcome}");
    assert_eq!(server.sql(digest), whole);
    let (outcome, _) = backup(&env, &["restore", "pg", "--into", "it's a \"copy\"", "--yes"]);
    outcome.expect(0);
    assert!(server.sql("SELECT datname FROM pg_database").contains("it's a \"copy\""));
}

#[test]
fn a_database_that_was_dropped_comes_back() {
    let Some(server) = Postgres::start() else { return };
    let env = place(&check("pg", "postgres", &server.url()), "\"pg\"");
    let fill = server.url().replace("postgres://", "postgresql://");
    let psql = |words: &str| {
        let mut command = env.command("psql");
        command.args([&fill, "-At", "-c", words]);
        env.finish(command).expect(0).stdout
    };
    psql("CREATE TABLE t AS SELECT generate_series(1, 50) AS n");
    make(&env);
    server.sql("DROP DATABASE fuel");
    let (outcome, report) = backup(&env, &["restore", "pg", "--yes"]);
    let outcome = outcome.expect(0);
    assert!(report["restore"]["safety"].is_null(), "{outcome}");
    assert_eq!(psql("SELECT count(*) FROM t").trim(), "50");
}

#[test]
fn backup_of_sqlite_comes_back_equal() {
    let env = place("", "\"sqlite:data/app.db\"");
    fs::create_dir(env.path("data")).unwrap();
    sqlite(&env.path("data/app.db"), 3000);
    let id = make(&env);
    assert!(id.starts_with("app.db-"), "{id}");
    let (outcome, report) = backup(&env, &["verify", "--deep"]);
    assert_eq!(report["backups"][0]["drill"]["equal"], true, "{outcome}");
    let mode = |path: &str| fs::metadata(env.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("backups"), mode(".fuelops"), mode(".fuelops/backup.key")), (0o700, 0o700, 0o600));
    for name in names(&env) {
        assert_eq!(mode(&format!("backups/{name}")), 0o600, "{name}");
    }
    sqlite(&env.path("data/app.db"), 2);
    let (outcome, report) = backup(&env, &["restore", "data/app.db", "--yes"]);
    let outcome = outcome.expect(0);
    assert_eq!(report["restore"]["rows"], 3000, "{outcome}");
    let database = rusqlite::Connection::open(env.path("data/app.db")).unwrap();
    let rows: u32 = database.query_row("SELECT count(*) FROM trucks", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 3000);
    backup(&env, &["restore", &id, "--into", "copy.db", "--yes"]).0.expect(0);
    assert!(env.path("copy.db").is_file());
}

#[test]
fn a_damaged_sqlite_database_is_set_aside_and_restored_once_nobody_has_it_open() {
    let env = place("", "\"sqlite:data/app.db\"");
    fs::create_dir(env.path("data")).unwrap();
    let live = env.path("data/app.db");
    sqlite(&live, 3000);
    let id = make(&env);
    let mut bytes = fs::read(&live).unwrap();
    bytes[4096..20_000].fill(0xa5);
    fs::write(&live, &bytes).unwrap();
    fs::set_permissions(&live, fs::Permissions::from_mode(0o640)).unwrap();
    let user = fs::File::open(&live).unwrap();
    let (outcome, _) = backup(&env, &["restore", &id, "--yes"]);
    let outcome = outcome.expect(2);
    assert!(outcome.to_string().contains(&format!("it is open in pid {}", std::process::id())), "{outcome}");
    assert_eq!(fs::read(&live).unwrap(), bytes);
    drop(user);
    let (outcome, report) = backup(&env, &["restore", &id, "--yes"]);
    let outcome = outcome.expect(0);
    assert!(report["notes"].to_string().contains("app.db.damaged-"), "{outcome}");
    let aside = names_in(&env.path("data")).into_iter().find(|name| name.contains(".damaged-")).unwrap();
    assert_eq!(fs::read(env.path("data").join(aside)).unwrap(), bytes);
    let database = rusqlite::Connection::open(&live).unwrap();
    let rows: u32 = database.query_row("SELECT count(*) FROM trucks", [], |row| row.get(0)).unwrap();
    assert_eq!((rows, fs::metadata(&live).unwrap().permissions().mode() & 0o777), (3000, 0o640));
}

fn names_in(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}
