//! Asks a port what it speaks: a GET, or Redis's PING. One connection a question, with a short deadline each.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::init::inventory::Answer;

const TIMEOUT: Duration = Duration::from_millis(700);
/// Bytes of an answer that are read.
const MAX_ANSWER: u64 = 16 * 1024;
/// Routes by which services tell how they are, the most telling first; the last tells only that one answers.
pub(super) const ROUTES: [&str; 5] = ["/health", "/healthz", "/-/ready", "/api/health", "/"];

const REDIS: u16 = 6379;
const NODE_EXPORTER: u16 = 9100;
/// Ports by which a server is known: MySQL, PostgreSQL, Redis, Prometheus, node_exporter, RabbitMQ.
const WELL_KNOWN: [u16; 6] = [3306, 5432, REDIS, 9090, NODE_EXPORTER, 5672];
/// Servers that take a connection without a login for an attack, and block a host that makes too many.
const NEVER_ASKED: [u16; 3] = [3306, 5432, 5672];
const NEVER_ASKED_PROGRAMS: [&str; 4] = ["mysqld", "mariadbd", "postgres", "beam.smp"];

/// Whether everybody knows who listens there.
pub(super) fn is_well_known(port: u16) -> bool {
    WELL_KNOWN.contains(&port)
}

/// Whether a program may be asked, on whatever port it listens.
pub(super) fn may_be_asked(program: Option<&str>) -> bool {
    program.is_none_or(|name| !NEVER_ASKED_PROGRAMS.contains(&name))
}

/// Asks whatever may be asked.
pub(super) fn all(address: SocketAddr) -> Answer {
    let address = reachable(address);
    let port = address.port();
    if NEVER_ASKED.contains(&port) {
        return Answer::default();
    }
    if port == REDIS {
        return Answer { redis: says_pong(address), ..Answer::default() };
    }
    let metrics = get(address, "/metrics").is_some_and(|(status, body)| status == 200 && is_metrics(&body));
    Answer { http: best_route(address), metrics, redis: false }
}

/// An address that listens everywhere is asked on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn best_route(address: SocketAddr) -> Option<(String, u16)> {
    let mut answered = None;
    for route in ROUTES {
        // What does not speak HTTP at all is not asked again.
        let (status, _) = get(address, route)?;
        if (200..300).contains(&status) {
            return Some((route.to_owned(), status));
        }
        answered = answered.or(Some((route.to_owned(), status)));
    }
    answered
}

fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let question = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let answer = exchange(address, &question)?;
    let status = answer.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Some((status, body.to_owned()))
}

fn says_pong(address: SocketAddr) -> bool {
    exchange(address, "PING\r\nQUIT\r\n").is_some_and(|answer| answer.starts_with("+PONG"))
}

fn exchange(address: SocketAddr, question: &str) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).ok()?;
    stream.set_read_timeout(Some(TIMEOUT)).ok()?;
    stream.set_write_timeout(Some(TIMEOUT)).ok()?;
    stream.write_all(question.as_bytes()).ok()?;
    let mut answer = Vec::new();
    // What came before the deadline counts.
    let _cut_off = stream.take(MAX_ANSWER).read_to_end(&mut answer);
    (!answer.is_empty()).then(|| String::from_utf8_lossy(&answer).into_owned())
}

fn is_metrics(body: &str) -> bool {
    body.lines().any(|line| line.starts_with("# TYPE ") || line.starts_with("# HELP "))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn served(answers: &'static [(&'static str, &'static str)]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut buffer = [0; 1024];
                let length = stream.read(&mut buffer).unwrap_or(0);
                let question = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let found = answers.iter().find(|(path, _)| question.starts_with(&format!("GET {path} ")));
                let answer = found.map_or("HTTP/1.1 404 Not Found\r\n\r\n", |(_, answer)| answer);
                let _gone = stream.write_all(answer.as_bytes());
            }
        });
        address
    }

    #[test]
    fn database_is_not_knocked_at_on_any_port() {
        assert!(!may_be_asked(Some("mariadbd")) && may_be_asked(Some("python3")) && may_be_asked(None));
    }

    #[test]
    fn first_route_that_answers_well_is_the_best() {
        let address = served(&[("/healthz", "HTTP/1.1 200 OK\r\n\r\nok"), ("/", "HTTP/1.1 200 OK\r\n\r\n")]);
        assert_eq!(all(address).http, Some(("/healthz".to_owned(), 200)));
        assert_eq!(all(served(&[])).http, Some(("/health".to_owned(), 404)));
    }

    #[test]
    fn page_of_metrics_is_known_by_its_comments() {
        const PAGE: &str = "HTTP/1.1 200 OK\r\n\r\n# TYPE up gauge\nup 1\n";
        assert!(all(served(&[("/metrics", PAGE)])).metrics);
        assert!(!all(served(&[("/metrics", "HTTP/1.1 200 OK\r\n\r\n<html>")])).metrics);
    }

    #[test]
    fn what_speaks_no_http_has_no_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _gone = stream.write_all(b"SSH-2.0-x\r\n");
            }
        });
        assert_eq!(all(address), Answer::default());
    }
}
