//! The figures of `track-errors`: a load generator of its own against the real binary, and a report over a million events.
//!
//! `cargo bench --bench errors` prints a row for each figure, `cargo bench --bench errors -- storm record` those whose names
//! hold one of the words. Events are shaped and packed as sentry-python sends them;
//! each answer is awaited before the connection sends its next, so what is counted is on the disk. `-- soak` counts instead
//! of measuring.

mod error_soak;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fuelops::errors::door::{Arrival, Door, Source};
use fuelops::errors::store::{Access, Room, Store};

const SECONDS: u64 = 8;
const CONNECTIONS: usize = 64;

fn main() {
    let folder = std::env::temp_dir().join(format!("fuelops-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    let small: Vec<Vec<u8>> = (0..512).map(|n| request(&event(n, 3), Packing::Gzip)).collect();
    let large: Vec<Vec<u8>> = (0..64).map(|n| request(&event(n, 39), Packing::Gzip)).collect();
    let one: Vec<Vec<u8>> = vec![request(&event(0, 3), Packing::Gzip)];
    say(&format!(
        "event: {} bytes, {} packed; large: {} bytes",
        event(0, 3).len(),
        small[0].len(),
        event(0, 39).len()
    ));
    if std::env::args().any(|word| word == "soak") {
        error_soak::run(&folder);
        return fs::remove_dir_all(&folder).expect("the temporary folder goes");
    }
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    for (name, requests) in [("4 KB events", &small), ("50 KB events", &large), ("storm, one issue", &one)] {
        if wanted(name) {
            throughput(name, &folder, requests);
        }
    }
    if wanted("paced") {
        paced(&folder, &small);
    }
    if wanted("record") {
        record(&folder);
    }
    if wanted("report") {
        million(&folder);
    }
    fs::remove_dir_all(&folder).expect("the temporary folder goes");
}

fn say(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).expect("stdout");
}

#[derive(Clone, Copy)]
enum Packing {
    Gzip,
}

/// An event as sentry-python sends it, with so many frames; `n` decides its issue.
fn event(n: usize, frames: usize) -> String {
    let frame = |i: usize| {
        format!(
            r#"{{"filename":"app/module_{i}.py","abs_path":"/srv/fuel/app/module_{i}.py","function":"handler_{}","module":"app.module_{i}","lineno":{},"pre_context":["    def load(self, truck):","        if truck is None:","            return None","        row = self.rows.get(truck)","        if row:"],"context_line":"            return self.convert(row, unit={})","post_context":["        return None","","    def convert(self, row, unit):","        value = row['value']","        return value * FACTORS[unit]"],"vars":{{"self":"<app.Fleet object at 0x7f31c2a0>","truck":"'DO{n}'","row":"{{'value': None, 'unit': 'l'}}","unit":"'gal'"}},"in_app":true}}"#,
            if i == 0 { n } else { 0 },
            100 + i,
            n % 7
        )
    };
    let frames: Vec<String> = (0..frames).map(frame).collect();
    let modules: Vec<String> = (0..30).map(|i| format!(r#""package-{i}":"1.{i}.0""#)).collect();
    format!(
        r#"{{"level":"error","exception":{{"values":[{{"mechanism":{{"type":"generic","handled":true}},"module":null,"type":"KeyError","value":"'DO{n}'","stacktrace":{{"frames":[{}]}}}}]}},"timestamp":"{}","contexts":{{"trace":{{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331","op":"http.server"}},"runtime":{{"name":"CPython","version":"3.11.9"}}}},"transaction":"/trucks/{{truck}}","transaction_info":{{"source":"route"}},"tags":{{"region":"north"}},"extra":{{"sys.argv":["main.py"]}},"modules":{{{}}},"release":"app@1.4.2","environment":"production","server_name":"web-1","sdk":{{"name":"sentry.python","version":"2.75.0"}},"platform":"python"}}"#,
        frames.join(","),
        chrono::Utc::now().to_rfc3339(),
        modules.join(",")
    )
}

fn request(event: &str, packing: Packing) -> Vec<u8> {
    let Packing::Gzip = packing;
    let envelope = format!(
        "{{}}\n{{\"type\":\"event\",\"content_type\":\"application/json\",\"length\":{}}}\n{event}\n",
        event.len()
    );
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(envelope.as_bytes()).expect("memory");
    let body = encoder.finish().expect("memory");
    let mut request = format!(
        "POST /api/1/envelope/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-sentry-envelope\r\nContent-Encoding: gzip\r\nX-Sentry-Auth: Sentry sentry_key=k, sentry_version=7\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend(body);
    request
}

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// With an empty store.
    fn start(folder: &Path) -> Self {
        fs::remove_dir_all(folder.join(".fuelops")).unwrap_or(());
        Self::beside(folder)
    }

    /// With the store that is there.
    fn beside(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fuelops"))
            .args(["track-errors", "serve", "--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stderr = child.stderr.take().expect("piped");
        let mut lines = BufReader::new(stderr).lines();
        let port = lines
            .find_map(|line| line.ok()?.split_once("http://127.0.0.1:")?.1.trim().parse().ok())
            .expect("the server says where it listens");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port }
    }

    fn proc(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap_or_default()
    }

    fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let ticks = |i: usize| fields.get(i).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        Duration::from_millis((ticks(11) + ticks(12)) * 10)
    }

    fn peak_mb(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("");
        line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) / 1024
    }
}

impl Server {
    /// By SIGKILL.
    fn kill(&mut self) {
        self.child.kill().unwrap_or(());
        self.child.wait().map(drop).unwrap_or(());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends one request and reads its answer; true for 200.
fn exchange(stream: &mut TcpStream, buffer: &mut Vec<u8>, request: &[u8]) -> bool {
    if stream.write_all(request).is_err() {
        return false;
    }
    buffer.clear();
    let mut chunk = [0; 2048];
    loop {
        let Ok(n) = stream.read(&mut chunk) else { return false };
        if n == 0 {
            return false;
        }
        buffer.extend_from_slice(&chunk[..n]);
        let text = String::from_utf8_lossy(buffer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return head.starts_with("HTTP/1.1 200");
            }
        }
    }
}

fn throughput(name: &str, folder: &Path, requests: &[Vec<u8>]) {
    let server = Server::start(folder);
    let (done, failed, end) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for client in 0..CONNECTIONS {
            let (done, failed, end, port) = (&done, &failed, &end, server.port);
            scope.spawn(move || {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
                stream.set_nodelay(true).expect("a socket");
                let (mut buffer, mut n) = (Vec::new(), client * 7);
                while !end.load(Ordering::Relaxed) {
                    let ok = exchange(&mut stream, &mut buffer, &requests[n % requests.len()]);
                    if ok { done } else { failed }.fetch_add(1, Ordering::Relaxed);
                    n += 1;
                }
            });
        }
        std::thread::sleep(Duration::from_secs(SECONDS));
        end.store(true, Ordering::Relaxed);
    });
    let (done, elapsed) = (done.load(Ordering::Relaxed), start.elapsed().as_secs_f64());
    let cpu = server.cpu().as_micros() as f64 / done.max(1) as f64;
    say(&format!(
        "{name}: {:.0}/s acknowledged after commit, {cpu:.0} µs of processor each, {} failed, peak {} MB",
        done as f64 / elapsed,
        failed.load(Ordering::Relaxed),
        server.peak_mb()
    ));
}

/// A thousand a second: how long an event waits, and `/health/live` beside it.
fn paced(folder: &Path, requests: &[Vec<u8>]) {
    let server = Server::start(folder);
    let (events, lives) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let live = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec();
    std::thread::scope(|scope| {
        for client in 0..11_usize {
            let (events, lives, live, port) = (Arc::clone(&events), Arc::clone(&lives), &live, server.port);
            scope.spawn(move || {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
                stream.set_nodelay(true).expect("a socket");
                let mut buffer = Vec::new();
                let begun = Instant::now();
                for n in 0..SECONDS * 100 {
                    let due = Duration::from_micros(n * 10_000 + client as u64 * 900);
                    std::thread::sleep(due.saturating_sub(begun.elapsed()));
                    let start = Instant::now();
                    let (request, times) = if client == 10 {
                        (live, &lives)
                    } else {
                        (&requests[(n as usize * 10 + client) % requests.len()], &events)
                    };
                    assert!(exchange(&mut stream, &mut buffer, request));
                    times.lock().expect("no panic").push(start.elapsed());
                }
            });
        }
    });
    let p99 = |times: &Mutex<Vec<Duration>>| {
        let mut times = times.lock().expect("no panic").clone();
        times.sort();
        times[times.len() * 99 / 100].as_secs_f64() * 1e3
    };
    say(&format!("p99 at 1,000/s: event {:.1} ms, /health/live {:.1} ms", p99(&events), p99(&lives)));
}

fn record(folder: &Path) {
    fs::remove_dir_all(folder.join(".fuelops")).unwrap_or(());
    let mut times: Vec<Duration> = (0..100)
        .map(|_| {
            let start = Instant::now();
            let args = ["track-errors", "record", "--type", "E", "--message", "m", "-q"];
            let status = Command::new(env!("CARGO_BIN_EXE_fuelops")).args(args).current_dir(folder).status();
            assert!(status.expect("the binary starts").success());
            start.elapsed()
        })
        .collect();
    times.sort();
    say(&format!("record, a process each: median {:.1} ms", times[50].as_secs_f64() * 1e3));
}

/// A million events of a week; and as many of the last minutes, with bodies, which are counted one by one.
fn million(folder: &Path) {
    fill(folder, 86_400 * 7, false);
    report(folder, &[]);
    fill(folder, 200, true);
    report(folder, &["--since", "5m"]);
}

/// Makes a store of a million events of 10,000 issues, one every so many microseconds up to now.
fn fill(folder: &Path, spacing: i64, keeps_body: bool) {
    fs::remove_dir_all(folder.join(".fuelops")).unwrap_or(());
    let path = folder.join(".fuelops/errors.db");
    let now = chrono::Utc::now().timestamp_micros();
    let mut store = Store::open(&path, Access::Write, now).expect("a store");
    let door = Door::default();
    for batch in 0..1000 {
        let events: Vec<_> = (0..1000)
            .map(|n| {
                let n = batch * 1000 + n;
                let (issue, at) = (n % 10_000, now - n * spacing);
                let extra: Vec<i64> = (1..100).map(|i| n * i * i).collect();
                let event = serde_json::json!({"exception": {"values": [{"type": format!("E{issue}"), "value": "m"}]},
                    "tags": {"endpoint": format!("/e{}", issue % 50)}, "timestamp": at as f64 / 1e6, "extra": {"a": extra}});
                door.admit(event, Arrival { received: now, source: Source::Import, count: 1, keeps_body, id: None })
            })
            .collect();
        store.apply(&events, now, Room::Bodies).expect("written");
    }
}

fn report(folder: &Path, words: &[&str]) {
    for _ in 0..2 {
        let start = Instant::now();
        let args = ["track-errors"].iter().chain(words);
        let output = Command::new(env!("CARGO_BIN_EXE_fuelops")).args(args).current_dir(folder).output();
        assert!(output.expect("the binary starts").status.success());
        say(&format!(
            "report {} over 1,000,000 events of 10,000 issues: {:.0} ms",
            words.join(" "),
            start.elapsed().as_secs_f64() * 1e3
        ));
    }
}
