//! PostgreSQL.

use std::thread;
use std::time::Duration;

use fuelops::model::{Cause, Severity};
use nix::sys::signal::Signal;

use super::faults::says;
use super::{expect, look_at, look_at_all, short};
use crate::support::servers::Postgres;
use crate::support::wait_until;

fn check(url: &str) -> String {
    format!("type = \"postgres\"\nurl = \"{url}\"")
}

#[test]
fn a_good_server_is_ok_and_sees_a_clean_end() {
    let Some(server) = Postgres::start_with(&["log_disconnections=on", "log_connections=on"], "") else {
        return;
    };
    let finding = look_at(&check(&server.url()));
    expect(&finding, Severity::Ok, "PostgreSQL ");
    assert_eq!(finding.observed["role"], "primary");
    assert!(finding.observed["connections"].as_u64().unwrap() >= 1, "{finding:#?}");
    assert_eq!(finding.observed["max_connections"], 100);
    assert!(wait_until(Duration::from_secs(20), || server.server.log().contains("disconnection: session")));
    assert!(!server.server.log().contains("unexpected EOF"), "{}", server.server.log());
    let by_socket = format!("{}?host={}", server.url(), server.server.dir().display());
    let by_socket = look_at(&check(&by_socket));
    expect(&by_socket, Severity::Ok, "PostgreSQL ");
    assert!(by_socket.observed["address"].as_str().unwrap().contains("/.s.PGSQL."), "{by_socket:#?}");
}

#[test]
fn logins_and_rights_are_told_in_words_and_never_with_the_password() {
    let rules = "host all fuel 127.0.0.1/32 scram-sha-256\nhost all barred 127.0.0.1/32 reject\n\
        hostssl all safe 127.0.0.1/32 trust\nhost all safe 127.0.0.1/32 reject";
    let Some(server) = Postgres::start_with(&[], rules) else { return };
    server
        .sql("CREATE ROLE fuel LOGIN PASSWORD 'rig:ht/1'; CREATE ROLE barred LOGIN; CREATE ROLE safe LOGIN");
    server.sql("CREATE DATABASE closed");
    server.sql("REVOKE CONNECT ON DATABASE closed FROM PUBLIC");
    let of = |login: &str, rest: &str| {
        look_at(&check(&format!("postgres://{login}@127.0.0.1:{}/{rest}", server.port)))
    };
    expect(&of("fuel:rig%3Aht%2F1", "fuel"), Severity::Ok, "PostgreSQL ");
    let wrong = of("fuel:s3cr3t", "fuel");
    expect(&wrong, Severity::Critical, "refuses us: wrong user or password (28P01)");
    assert!(!format!("{wrong:?}").contains("s3cr3t"));
    let command = format!("psql -h 127.0.0.1 -p {} -U fuel -d fuel", server.port);
    assert_eq!(wrong.hint.unwrap().command.unwrap(), command);
    expect(&of("fuel", "fuel"), Severity::Critical, "wrong user or password (28P01)");
    expect(&of("postgres", "nowhere"), Severity::Critical, "the database does not exist (3D000)");
    expect(&of("nobody", "fuel"), Severity::Critical, "there is no such user (28000)");
    expect(&of("barred", "fuel"), Severity::Critical, "TLS is required, or nobody may come from here");
    expect(&of("safe", "fuel?sslmode=disable"), Severity::Critical, "TLS is required");
    expect(&of("fuel:rig%3Aht%2F1", "closed"), Severity::Critical, "the user lacks a right (42501)");
    expect(&of("postgres", "fuel?sslmode=require"), Severity::Critical, "offers no TLS");
    let table = format!("{}\nquery = \"SELECT * FROM gone\"", check(&server.url()));
    let finding = look_at(&table);
    expect(&finding, Severity::Critical, "refuses the query: relation \"gone\" does not exist (42P01)");
    expect(&of("postgres", "fuel?sslmode=maybe"), Severity::Unknown, "ssl mode \"maybe\" is not known");
}

#[test]
fn connections_are_counted_until_none_is_left() {
    let settings = ["max_connections=5", "superuser_reserved_connections=1", "log_connections=on"];
    let Some(server) = Postgres::start_with(&settings, "") else { return };
    server.sql("CREATE ROLE fuel LOGIN");
    let url = format!("postgres://fuel@127.0.0.1:{}/fuel", server.port);
    let guest = || {
        // A session that stays until it is ended below.
        let table = check(&format!("{url}\"\ntimeout = \"60s\"\nquery = \"SELECT pg_sleep(60)"));
        thread::spawn(move || look_at_all(&[table]))
    };
    let guests: Vec<_> = (0..4).map(|_| guest()).collect();
    // By the log: who asks the server holds the place of a guest meanwhile.
    let are_in = || server.server.log().matches("connection authorized: user=fuel").count() == 4;
    assert!(wait_until(Duration::from_secs(30), are_in), "{}", server.server.log());
    let full = look_at(&check(&url));
    expect(&full, Severity::Critical, "refuses us: all connections are taken (53300)");
    assert_eq!(full.cause, Some(Cause::DatabaseDown));
    let reserved = look_at(&check(&server.url()));
    expect(&reserved, Severity::Critical, "5 of 5 connections in use");
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'fuel'");
    for guest in guests {
        guest.join().unwrap();
    }
}

#[test]
fn standby_is_good_and_a_read_only_primary_is_not() {
    let Some(server) = Postgres::start() else { return };
    let standby = server.standby();
    let finding = look_at(&check(&standby.url()));
    expect(&finding, Severity::Ok, "PostgreSQL ");
    assert_eq!(
        (&finding.observed["role"], &finding.observed["read_only"]),
        (&"standby".into(), &true.into())
    );
    let writes = format!("{}\nquery = \"CREATE TABLE t (a int)\"", check(&standby.url()));
    expect(&look_at(&writes), Severity::Critical, "takes no writes at present (25006)");
    server.sql("ALTER SYSTEM SET default_transaction_read_only = on");
    server.sql("SELECT pg_reload_conf()");
    let frozen = || look_at(&check(&server.url()));
    assert!(wait_until(Duration::from_secs(20), || frozen().severity == Severity::Warning));
    expect(&frozen(), Severity::Warning, "takes no writes: default_transaction_read_only is on");
}

#[test]
fn a_server_that_hangs_or_dies_is_down() {
    let Some(server) = Postgres::start() else { return };
    let url = server.url();
    server.server.signal(Signal::SIGSTOP);
    let hung = look_at_all(&[short("postgres", &url)]).remove(0);
    expect(&hung, Severity::Critical, "says nothing that PostgreSQL would say within 1.5 s");
    server.server.signal(Signal::SIGCONT);
    let slow = format!("{}\nquery = \"SELECT pg_sleep(30)\"", short("postgres", &url));
    expect(&look_at_all(&[slow]).remove(0), Severity::Critical, "does not answer the query within 1.5 s");
    let died = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(700));
            server.server.signal(Signal::SIGQUIT);
        });
        look_at(&format!("{}\nquery = \"SELECT pg_sleep(30)\"", check(&url)))
    });
    assert_eq!((died.severity, died.cause), (Severity::Critical, Some(Cause::DatabaseDown)), "{died:#?}");
}

#[test]
fn a_server_that_starts_or_recovers_says_so() {
    let error = |message: &str| {
        let fields = format!("SFATAL\0VFATAL\0C57P03\0M{message}\0\0");
        let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
        let packet = [&b"E"[..], &length, fields.as_bytes()].concat();
        let port = says(packet.leak());
        look_at(&check(&format!("postgres://postgres@127.0.0.1:{port}/fuel?sslmode=disable")))
    };
    expect(&error("the database system is starting up"), Severity::Critical, "it is starting up (57P03)");
    expect(&error("the database system is shutting down"), Severity::Critical, "it is shutting down");
    expect(&error("the database system is in recovery mode"), Severity::Critical, "it recovers from a crash");
}
