//! The wire: what hostile, broken and odd clients send.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use super::{Server, counted, report};
use crate::support::{Env, wait_until};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn odd_events_are_kept_and_broken_ones_are_answered() {
    let env = Env::new();
    let server = Server::start(&env);
    let deep = format!("{{\"extra\": {}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let large = format!("{{\"message\": \"{}\"}}", "x".repeat(3 << 20));
    let kept = [
        "{}",
        "{\"message\": \"a\", \"extra\": {\"n\": NaN, \"s\": \"\\ud800\", \"z\": \"\\u0000\"}}",
        "{\"timestamp\": \"1970-01-01T00:00:00Z\"}",
        "{\"timestamp\": 4102444800}",
        "{\"exception\": {\"values\": [{\"type\": null, \"value\": {\"a\": 1}, \"stacktrace\": []}]}}",
        &deep,
        &large,
    ];
    for event in kept {
        let (status, answer) = server.envelope(event);
        assert_eq!(status, 200, "{} {answer}", &event[..event.len().min(80)]);
        assert!(answer.contains("\"id\":\""), "{answer}");
    }
    for (body, status) in [
        (&b""[..], 400),
        (b"hello", 400),
        (b"{}\n{\"type\":\"event\"}\n{\"a\":", 400),
        (b"{}\n{\"type\":\"event\",\"length\":1073741824}\n{\"a\":", 400),
        (b"{}\n{\"type\":\"never_heard_of\"}\n{}\n", 200),
        (b"{}", 200),
    ] {
        assert_eq!(server.send("/api/1/envelope/", "", body).0, status, "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(counted(&env), kept.len() as u64);
    let are_told = || {
        let losses = report(&env)["losses"].to_string();
        losses.contains("malformed") && losses.contains("never_heard_of")
    };
    assert!(wait_until(Duration::from_secs(20), are_told), "{}", report(&env)["losses"]);
}

#[test]
fn bombs_and_declared_gigabytes_are_refused() {
    let env = Env::new();
    let server = Server::start(&env);
    let bomb = gzip(&vec![b'x'; 64 << 20]);
    assert_eq!(server.send("/api/1/envelope/", "Content-Encoding: gzip\r\n", &bomb).0, 413);
    assert_eq!(
        server
            .send(
                "/api/1/envelope/",
                "Content-Encoding: zstd\r\n",
                &zstd::encode_all(&vec![b'x'; 64 << 20][..], 3).unwrap()
            )
            .0,
        413
    );
    assert_eq!(server.send("/api/1/envelope/", "Content-Encoding: br\r\n", b"\xff\xff\xff").0, 400);
    assert_eq!(server.send("/api/1/envelope/", "Content-Length: 1073741824\r\n", b"{}").0, 413);
    assert_eq!(server.envelope("{\"message\": \"alive\"}").0, 200);
}

#[test]
fn strangers_and_other_sites_are_turned_away() {
    let env = Env::new();
    env.write("fuelops.toml", "[errors]\nrequire_key = true\n");
    let server = Server::start(&env);
    let body = b"{}\n{\"type\":\"event\"}\n{}\n";
    let key = env.run(&["track-errors", "dsn"]).stdout;
    let key = key.trim_start_matches("http://").split('@').next().unwrap();
    let auth = format!("X-Sentry-Auth: Sentry sentry_key={key}, sentry_version=7\r\n");
    assert_eq!(server.send("/api/1/envelope/", &auth, body).0, 200);
    assert_eq!(server.send(&format!("/api/1/envelope/?sentry_key={key}"), "", body).0, 200);
    assert_eq!(server.send("/api/1/envelope/?sentry_key=wrong", "", body).0, 403);
    assert_eq!(server.send("/api/1/envelope/", "", body).0, 403);
    // A wrong key is told before the body comes.
    let late = "Content-Length: 5000\r\n";
    assert_eq!(server.send("/api/1/envelope/?sentry_key=wrong", late, body).0, 403);
    assert_eq!(server.send("/api/1/store/", late, body).0, 403);
    let cross = format!("{auth}Content-Type: text/plain\r\nOrigin: https://evil.example\r\n");
    assert_eq!(server.send("/api/1/envelope/", &cross, body).0, 403);
    assert_eq!(server.send("/api/1/nothing/", &auth, body).0, 404);
    assert_eq!(server.send("/api/1/store/", &auth, b"{\"message\": \"by store\"}").0, 200);
    assert_eq!(counted(&env), 3);
}

#[test]
fn what_a_client_says_of_its_losses_is_scrubbed() {
    let env = Env::new();
    let server = Server::start(&env);
    let body = "{}\n{\"type\":\"client_report\"}\n{\"discarded_events\":[{\"reason\":\"mysql://u:hunter2@h\",\"category\":\"error\",\"quantity\":3}]}\n";
    assert_eq!(server.send("/api/1/envelope/", "", body.as_bytes()).0, 200);
    let told = || report(&env)["losses"].to_string();
    assert!(wait_until(Duration::from_secs(20), || told().contains("client:mysql")), "{}", told());
    assert!(!told().contains("hunter2"), "{}", told());
}

#[test]
fn slow_senders_keep_nobody_waiting() {
    let env = Env::new();
    let server = Server::start(&env);
    let slow: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
            stream.write_all(b"POST /api/1/envelope/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le").unwrap();
            stream
        })
        .collect();
    let start = std::time::Instant::now();
    assert_eq!(server.envelope("{\"message\": \"not kept waiting\"}").0, 200);
    assert!(start.elapsed() < Duration::from_secs(5));
    drop(slow);
}

#[test]
fn the_same_event_twice_counts_once() {
    let env = Env::new();
    let server = Server::start(&env);
    let event = "{\"event_id\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"message\": \"m\"}";
    for path in ["/api/1/envelope/?sentry_key=k", "/stream"] {
        let body = format!("{{}}\n{{\"type\":\"event\"}}\n{event}\n");
        assert_eq!(server.send(path, "", body.as_bytes()).0, 200);
    }
    assert_eq!(counted(&env), 1);
}
