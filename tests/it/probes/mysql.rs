//! MySQL, by the MariaDB that Debian has.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use fuelops::model::{Cause, Severity};
use nix::sys::signal::Signal;

use super::faults::says;
use super::{expect, look_at, look_at_all, short};
use crate::support::servers::MariaDb;
use crate::support::wait_until;

fn check(url: &str) -> String {
    format!("type = \"mysql\"\nurl = \"{url}\"")
}

/// A client that holds a connection until it is dropped.
struct Guest(Child);

impl Guest {
    fn of(server: &MariaDb, user: &str) -> Self {
        let socket = format!("--socket={}", server.socket().display());
        let mut command = Command::new("mariadb");
        command.args(["--no-defaults", &socket, "--user", user, "--execute", "SELECT SLEEP(600)"]);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _collected = self.0.wait();
    }
}

#[test]
fn a_good_server_is_ok_and_counts_nothing_against_us() {
    let Some(server) = MariaDb::start() else { return };
    for _ in 0..3 {
        let finding = look_at(&check(&server.url()));
        expect(&finding, Severity::Ok, "MariaDB ");
        assert_eq!(finding.observed["connections"], 1, "{finding:#?}");
        assert_eq!(finding.observed["read_only"], false);
        assert!(finding.observed["login_ms"].as_f64().unwrap() > 0.0);
        assert_eq!(finding.observed["replication"], serde_json::json!([]));
    }
    let refused = look_at(&check(&server.url().replace("root@", "nobody:s3cr3t@")));
    expect(&refused, Severity::Critical, "wrong user or password (1045)");
    // A login that is refused is one that was ended well; hanging up is what the server counts.
    assert_eq!(server.sql("SHOW GLOBAL STATUS LIKE 'Aborted_clients'").trim(), "Aborted_clients\t0");
    let broken = server.sql("SHOW GLOBAL STATUS LIKE 'Connection_errors%'");
    assert!(broken.lines().all(|line| line.ends_with("\t0")), "{broken}");
}

#[test]
fn logins_and_rights_are_told_in_words_and_never_with_the_password() {
    let Some(server) = MariaDb::shared() else { return };
    let port = server.port;
    server.sql("CREATE USER IF NOT EXISTS 'fuel'@'%' IDENTIFIED BY 'rig:ht/1'");
    server.sql("CREATE USER IF NOT EXISTS 'safe'@'%' IDENTIFIED BY 'x' REQUIRE SSL");
    let of = |rest: &str| look_at(&check(&format!("mysql://{rest}")));
    let good = of(&format!("fuel:rig%3Aht%2F1@127.0.0.1:{port}"));
    expect(&good, Severity::Ok, "MariaDB ");
    // Without the right to see replication and counters of others, the rest is still told.
    assert!(!good.observed.contains_key("replication"), "{good:#?}");
    let wrong = of(&format!("fuel:s3cr3t@127.0.0.1:{port}/fuel"));
    expect(&wrong, Severity::Critical, "refuses us: wrong user or password (1045)");
    let expected = format!("mysql --host=127.0.0.1 --port={port} --user=fuel -p fuel");
    assert_eq!(wrong.hint.as_ref().unwrap().command.as_deref(), Some(expected.as_str()));
    assert!(!format!("{wrong:?}").contains("s3cr3t"));
    let none = of(&format!("root@127.0.0.1:{port}/nowhere"));
    expect(&none, Severity::Critical, "the database does not exist (1049)");
    expect(&of(&format!("fuel:rig%3Aht%2F1@127.0.0.1:{port}/mysql")), Severity::Critical, "lacks a right");
    expect(&of(&format!("safe:x@127.0.0.1:{port}")), Severity::Critical, "wrong user or password");
    let socket = format!("mysql:///?socket={}", server.socket().display());
    expect(&look_at(&check(&socket)), Severity::Ok, "MariaDB ");
    let table = format!("{}\nquery = \"SELECT * FROM gone\"", check(&server.url()));
    expect(&look_at(&table), Severity::Critical, "refuses the query: Table 'fuel.gone' doesn't exist (1146)");
}

#[test]
fn connections_are_counted_until_none_is_left() {
    let Some(server) = MariaDb::start_with(&["--max-connections=10"]) else { return };
    server.sql("CREATE USER 'fuel'@'%'; CREATE USER 'fuel'@'localhost'");
    let url = format!("mysql://fuel@127.0.0.1:{}", server.port);
    let connected = || server.sql("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'fuel'");
    let mut guests: Vec<_> = (0..8).map(|_| Guest::of(&server, "fuel")).collect();
    assert!(wait_until(Duration::from_secs(30), || connected().trim() == "8"));
    let busy = look_at(&check(&url));
    expect(&busy, Severity::Warning, "9 of 10 connections in use");
    assert_eq!(busy.observed["connections_percent"], 90.0);
    // A guest that comes while our own connections are still there is refused, and another one comes.
    assert!(wait_until(Duration::from_secs(30), || {
        guests.push(Guest::of(&server, "fuel"));
        thread::sleep(Duration::from_millis(100));
        connected().trim() == "10"
    }));
    let full = look_at(&check(&url));
    expect(&full, Severity::Critical, "refuses us: all connections are taken (1040)");
    assert_eq!(full.cause, Some(Cause::DatabaseDown));
    assert_eq!(full.observed["error_code"], "1040");
    assert!(full.hint.unwrap().command.unwrap().ends_with("-e 'SHOW FULL PROCESSLIST'"));
}

#[test]
fn a_server_that_takes_no_writes_is_yellow() {
    let Some(server) = MariaDb::start() else { return };
    server.sql("SET GLOBAL read_only = 1");
    let finding = look_at(&check(&server.url()));
    expect(&finding, Severity::Warning, "takes no writes: read_only is on");
    assert_eq!(finding.observed["read_only"], true);
    server.sql("CHANGE MASTER TO master_host = '127.0.0.1', master_port = 1, master_user = 'x'; START SLAVE");
    let replica = look_at(&check(&server.url()));
    expect(&replica, Severity::Warning, "its replication from 127.0.0.1 does not run");
    assert_eq!(replica.observed["replication"][0]["running"], false);
}

#[test]
fn tls_is_used_where_it_is_offered_and_asked_for_where_it_is_needed() {
    let tls = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/tls");
    // The server runs as somebody else, who may not look into this folder.
    let copies = tempfile::tempdir().unwrap();
    std::fs::set_permissions(copies.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for file in ["good.pem", "good.key"] {
        std::fs::copy(tls.join(file), copies.path().join(file)).unwrap();
    }
    let option = |name: &str, file: &str| format!("--{name}={}", copies.path().join(file).display());
    let (cert, key) = (option("ssl-cert", "good.pem"), option("ssl-key", "good.key"));
    let Some(server) = MariaDb::start_with(&[&cert, &key]) else { return };
    server
        .sql("CREATE USER 'safe'@'%' IDENTIFIED BY 'x' REQUIRE SSL; SET GLOBAL require_secure_transport = 1");
    let url = format!("mysql://safe:x@localhost:{}", server.port);
    let of = |mode: &str| look_at(&check(&format!("{url}{mode}")));
    expect(&of(""), Severity::Ok, "MariaDB ");
    expect(&of("?ssl-mode=REQUIRED"), Severity::Ok, "MariaDB ");
    let open = of("?ssl-mode=DISABLED");
    // MariaDB says no more than that; MySQL has an error of its own for it (3159).
    expect(&open, Severity::Critical, "refuses us: wrong user or password (1045)");
    assert!(open.hint.unwrap().text.contains("must use TLS"));
    let stranger = of("?ssl-mode=VERIFY_IDENTITY");
    expect(&stranger, Severity::Critical, "its certificate is signed by nobody that is trusted here");
    let known = format!("?ssl-mode=VERIFY_IDENTITY&ssl-ca={}", tls.join("ca.pem").display());
    expect(&of(&known), Severity::Ok, "MariaDB ");
    let Some(plain) = MariaDb::shared() else { return };
    let none = look_at(&check(&format!("{}?ssl-mode=REQUIRED", plain.url())));
    expect(&none, Severity::Critical, "offers no TLS, which the url asks for");
}

#[test]
fn a_server_that_hangs_or_dies_is_down() {
    let Some(server) = MariaDb::start() else { return };
    let url = server.url();
    server.server.signal(Signal::SIGSTOP);
    let hung = look_at_all(&[short("mysql", &url)]).remove(0);
    expect(&hung, Severity::Critical, "says nothing that MySQL would say within 1.5 s");
    assert_eq!(hung.cause, Some(Cause::DatabaseDown));
    server.server.signal(Signal::SIGCONT);
    let slow = format!("{}\nquery = \"SELECT SLEEP(30)\"", short("mysql", &url));
    let slow = look_at_all(&[slow]).remove(0);
    expect(&slow, Severity::Critical, "does not answer the query within 1.5 s");
    assert!(slow.hint.unwrap().command.unwrap().ends_with("-e 'SHOW FULL PROCESSLIST'"));
    let died = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(700));
            server.server.signal(Signal::SIGKILL);
        });
        look_at(&format!("{}\nquery = \"SELECT SLEEP(30)\"", check(&url)))
    });
    expect(&died, Severity::Critical, "closed the connection in the middle of the query");
}

#[test]
fn refusals_before_the_greeting_are_told_in_words() {
    for (packet, words, command) in [
        (&b"\x17\0\0\0\xff\x10\x04Too many connections"[..], "all connections are taken (1040)", true),
        (
            b"\x30\0\0\0\xff\x69\x04Host '10.0.0.9' is blocked because of many con",
            "blocked after too many",
            true,
        ),
        (b"\x1e\0\0\0\xff\x6a\x04Host 'x' is not allowed to c", "this host may not connect (1130)", false),
    ] {
        let mut packet = packet.to_vec();
        packet[0] = u8::try_from(packet.len() - 4).unwrap();
        let port = says(packet.leak());
        let finding = look_at(&check(&format!("mysql://root@127.0.0.1:{port}")));
        expect(&finding, Severity::Critical, words);
        assert_eq!(finding.hint.unwrap().command.is_some(), command);
    }
}
