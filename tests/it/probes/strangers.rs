//! Whatever listens on the port, or stops in the middle: each probe says what it met, inside its deadline.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use fuelops::model::{Cause, Severity};

use super::faults::{Then, counting, cut, says, web};
use super::{expect, look_at, look_at_all, short};
use crate::support::servers::{MariaDb, Postgres, Redis};
use crate::support::{free_port, wait_until};

const KINDS: [&str; 3] = ["mysql", "postgres", "redis"];

fn url(kind: &str, port: u16) -> String {
    let path = if kind == "redis" { "0" } else { "fuel" };
    let user = match kind {
        "mysql" => "root@",
        "postgres" => "postgres@",
        _ => "",
    };
    format!("{kind}://{user}127.0.0.1:{port}/{path}")
}

#[test]
fn nothing_there_is_told_and_is_the_cause() {
    for kind in KINDS {
        let finding = look_at(&short(kind, &url(kind, free_port())).replace("timeout = \"1500ms\"", ""));
        expect(&finding, Severity::Critical, "refuses connections: nothing listens there");
        let down = if kind == "redis" { Cause::CacheDown } else { Cause::DatabaseDown };
        assert_eq!(finding.cause, Some(down));
    }
}

#[test]
fn servers_of_other_protocols_are_named() {
    let others = [
        ("HTTP", web()),
        ("SSH", says(b"SSH-2.0-OpenSSH_9.2p1\r\n")),
        ("SMTP or FTP", says(b"220 mail.example ESMTP\r\n")),
    ];
    let pairs: Vec<_> = KINDS.iter().flat_map(|kind| others.map(|other| (*kind, other))).collect();
    let checks: Vec<_> = pairs.iter().map(|(kind, (_, port))| short(kind, &url(kind, *port))).collect();
    for ((kind, (protocol, _)), finding) in pairs.iter().zip(look_at_all(&checks)) {
        expect(&finding, Severity::Critical, &format!("speaks {protocol}, not"));
        assert_eq!(finding.cause, Some(Cause::BadResponse), "{kind}");
    }
}

#[test]
fn web_server_that_hangs_up_on_an_empty_line_is_named() {
    let port = free_port();
    let mut command = Command::new("python3");
    command.args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()]);
    let _server = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    assert!(wait_until(Duration::from_secs(30), || TcpStream::connect(("127.0.0.1", port)).is_ok()));
    let checks = KINDS.map(|kind| short(kind, &url(kind, port)).replace("1500ms", "5s"));
    for (kind, finding) in KINDS.iter().zip(look_at_all(&checks)) {
        expect(&finding, Severity::Critical, "speaks HTTP, not");
        assert_eq!(finding.cause, Some(Cause::BadResponse), "{kind}");
    }
}

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _collected = self.0.wait();
    }
}

#[test]
fn real_servers_are_told_apart() {
    let (Some(mysql), Some(postgres), Some(redis)) = (MariaDb::shared(), Postgres::shared(), Redis::shared())
    else {
        return;
    };
    for (kind, port, protocol) in
        [("postgres", mysql.port, "MySQL"), ("redis", mysql.port, "MySQL"), ("mysql", redis.port, "Redis")]
    {
        let finding = look_at_all(&[short(kind, &url(kind, port))]).remove(0);
        expect(&finding, Severity::Critical, &format!("speaks {protocol}, not"));
    }
    // PostgreSQL hangs up on whatever it does not understand, and Redis waits for the end of a line.
    for (kind, port) in [("mysql", postgres.port), ("redis", postgres.port), ("postgres", redis.port)] {
        let finding = look_at_all(&[short(kind, &url(kind, port))]).remove(0);
        assert_eq!(finding.severity, Severity::Critical, "{finding:#?}");
    }
}

#[test]
fn a_conversation_that_stops_anywhere_is_red_within_its_deadline() {
    let (Some(mysql), Some(postgres), Some(redis)) = (MariaDb::shared(), Postgres::shared(), Redis::shared())
    else {
        return;
    };
    let mut checks = Vec::new();
    for (kind, server) in KINDS.iter().zip([mysql.port, postgres.port, redis.port]) {
        let (port, count) = counting(server);
        let whole = look_at_all(&[short(kind, &url(kind, port)).replace("1500ms", "20s")]).remove(0);
        assert_eq!(whole.severity, Severity::Ok, "{whole:#?}");
        let total = count.load(Ordering::Relaxed);
        assert!(total > 60, "{total}");
        // At the very start, at each of the small steps of the handshake, and then here and there to the last byte.
        let early = (0..60).step_by(7);
        let later = (60..total).step_by((total / 8).max(1));
        for after in early.chain(later) {
            for then in [Then::Stall, Then::HangUp] {
                checks.push((after, then, short(kind, &url(kind, cut(server, after, then)))));
            }
        }
    }
    let tables: Vec<_> = checks.iter().map(|(_, _, table)| table.clone()).collect();
    for ((after, then, table), finding) in checks.iter().zip(look_at_all(&tables)) {
        assert_eq!(finding.severity, Severity::Critical, "{table} {then:?} after {after}: {finding:#?}");
        let stage = finding.observed["failed_stage"].as_str().unwrap();
        let words = if *then == Then::Stall { "within 1.5 s" } else { "closed the connection" };
        assert!(finding.summary.contains(words), "{then:?} after {after}: {finding:#?}");
        assert!(*after > 0 || ["greeting", "login", "query"].contains(&stage), "{finding:#?}");
    }
}

#[test]
fn servers_without_end_are_cut_off() {
    let endless = super::faults::serve(|mut stream| {
        let mut stream_of_stars = b"*1\r\n".repeat(16_384);
        stream_of_stars.splice(..0, *b"*1000000\r\n");
        while std::io::Write::write_all(&mut stream, &stream_of_stars).is_ok() {}
    });
    for kind in KINDS {
        let finding = look_at_all(&[short(kind, &url(kind, endless))]).remove(0);
        assert_eq!(finding.severity, Severity::Critical, "{finding:#?}");
    }
}
