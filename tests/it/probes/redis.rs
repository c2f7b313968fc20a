//! Redis.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use fuelops::model::{Cause, Severity};
use nix::sys::signal::Signal;

use super::faults::says;
use super::{expect, look_at, look_at_all, short};
use crate::support::servers::Redis;
use crate::support::wait_until;

fn check(url: &str) -> String {
    format!("type = \"redis\"\nurl = \"{url}\"")
}

fn writing(url: &str) -> String {
    format!("{}\nwrite_probe = true", check(url))
}

#[test]
fn a_good_server_is_ok_and_keeps_nothing_of_a_write_probe() {
    let Some(server) = Redis::start() else { return };
    let finding = look_at(&check(&server.url()));
    expect(&finding, Severity::Ok, "Redis ");
    assert_eq!((&finding.observed["role"], &finding.observed["max_bytes"]), (&"primary".into(), &0.into()));
    expect(&look_at(&writing(&server.url())), Severity::Ok, "and takes writes");
    assert_eq!(server.cli(&["DBSIZE"]).trim(), "0");
    let third = server.url().replace("/0", "/3");
    expect(&look_at(&writing(&third)), Severity::Ok, "and takes writes");
    let beyond = look_at(&check(&server.url().replace("/0", "/99")));
    expect(&beyond, Severity::Critical, "it has no database of this number (ERR)");
}

#[test]
fn full_memory_answers_and_is_down() {
    let Some(server) = Redis::start_with(&["--maxmemory", "3mb"]) else { return };
    let block = "x".repeat(100_000);
    assert!(wait_until(Duration::from_secs(30), || server.cli(&["APPEND", "heap", &block]).contains("OOM")));
    assert!(server.cli(&["PING"]).contains("PONG"));
    let seen = look_at(&check(&server.url()));
    expect(&seen, Severity::Critical, "its memory is full and nothing is thrown out: it refuses writes");
    assert_eq!(seen.cause, Some(Cause::CacheDown));
    let written = look_at(&writing(&server.url()));
    expect(&written, Severity::Critical, "refuses the write probe: its memory is full");
    assert_eq!((&written.observed["error_code"], written.cause), (&"OOM".into(), Some(Cause::CacheDown)));
    server.cli(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    expect(&look_at(&writing(&server.url())), Severity::Ok, "and takes writes");
}

#[test]
fn logins_are_told_in_words_and_never_with_the_password() {
    let Some(server) = Redis::start_with(&["--requirepass", "rightone"]) else { return };
    expect(&look_at(&check(&server.url())), Severity::Ok, "Redis ");
    let bare = look_at(&check(&format!("redis://127.0.0.1:{}/0", server.port)));
    expect(&bare, Severity::Critical, "refuses the query: it wants a password (NOAUTH)");
    let wrong = look_at(&check(&server.url().replace("rightone", "s3cr3t")));
    expect(&wrong, Severity::Critical, "refuses us: wrong user or password (WRONGPASS)");
    assert!(!format!("{wrong:?}").contains("s3cr3t"));
    server.cli(&["ACL", "SETUSER", "looker", "on", ">pw", "+ping"]);
    let looker = look_at(&check(&format!("redis://looker:pw@127.0.0.1:{}/0", server.port)));
    expect(&looker, Severity::Ok, "Redis answers in");
    let Some(open) = Redis::shared() else { return };
    let needless = look_at(&check(&format!("redis://:pw@127.0.0.1:{}/0", open.port)));
    expect(&needless, Severity::Critical, "wrong password, or one where none is wanted");
}

#[test]
fn a_server_that_cannot_save_takes_no_writes() {
    let Some(server) = Redis::start() else { return };
    let folder = server.server.dir();
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o500)).unwrap();
    server.cli(&["CONFIG", "SET", "save", "3600 1"]);
    server.cli(&["SET", "a", "1"]);
    server.cli(&["BGSAVE"]);
    let refused = || look_at(&check(&server.url()));
    assert!(wait_until(Duration::from_secs(30), || refused().severity == Severity::Critical));
    // Even PING is refused then.
    expect(&refused(), Severity::Critical, "refuses the query: it cannot save to its disk");
    assert_eq!(refused().cause, Some(Cause::CacheDown));
    server.cli(&["CONFIG", "SET", "stop-writes-on-bgsave-error", "no"]);
    expect(&look_at(&check(&server.url())), Severity::Warning, "its last save failed");
    std::fs::set_permissions(folder, PermissionsExt::from_mode(0o700)).unwrap();
}

#[test]
fn a_replica_takes_no_writes_and_tells_when_its_primary_is_gone() {
    let Some(primary) = Redis::start() else { return };
    let port = primary.port.to_string();
    let Some(replica) = Redis::start_with(&["--replicaof", "127.0.0.1", &port]) else { return };
    let seen = || look_at(&check(&replica.url()));
    assert!(wait_until(Duration::from_secs(60), || seen().severity == Severity::Ok), "{:#?}", seen());
    assert_eq!(seen().observed["role"], "replica");
    expect(&look_at(&writing(&replica.url())), Severity::Critical, "it is a replica, and takes no writes");
    drop(primary);
    assert!(wait_until(Duration::from_secs(30), || seen().severity == Severity::Warning));
    expect(&seen(), Severity::Warning, &format!("its link to 127.0.0.1:{port} is down"));
}

#[test]
fn a_server_that_hangs_loads_or_is_full_of_clients_is_down() {
    let Some(server) = Redis::start_with(&["--maxclients", "4"]) else { return };
    let held: Vec<_> =
        (0..4).map(|_| std::net::TcpStream::connect(("127.0.0.1", server.port)).unwrap()).collect();
    expect(&look_at(&check(&server.url())), Severity::Critical, "all connections are taken");
    drop(held);
    server.server.signal(Signal::SIGSTOP);
    let hung = look_at_all(&[short("redis", &server.url())]).remove(0);
    expect(&hung, Severity::Critical, "does not answer the query within 1.5 s");
    assert_eq!(hung.cause, Some(Cause::SlowResponse));
    let loading = says(b"-LOADING Redis is loading the dataset in memory\r\n");
    let loading = look_at(&check(&format!("redis://127.0.0.1:{loading}/0")));
    expect(&loading, Severity::Critical, "it is loading its data");
}
