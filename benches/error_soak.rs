//! The counts of `track-errors` in full: kills under load, many processes at once, ten thousand connections.
//!
//! `cargo bench --profile dev --bench errors -- soak` takes a few minutes; `./tests/run` has the same with small counts.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fuelops::errors::door::{Admitted, Arrival, Door, EventId, Source};
use fuelops::errors::store::{Access, Room, Store};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::{Server, exchange, say};

const KILLS: usize = 50;
const CLIENTS: usize = 8;
const PROCESSES: usize = 8;
const CAPTURES: usize = 10_000;
const HELD: usize = 10_000;

pub(crate) fn run(folder: &Path) {
    kills(folder);
    captures(folder);
    connections(folder);
}

fn envelope(id: EventId, text: &str) -> Vec<u8> {
    let body = format!("{{}}\n{{\"type\":\"event\"}}\n{{\"event_id\":\"{id}\",\"message\":\"{text}\"}}\n");
    format!("POST /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

/// Kills the server again and again while events come; each that was acknowledged has to be known afterwards.
fn kills(folder: &Path) {
    fs::remove_dir_all(folder.join(".fuelops")).unwrap_or(());
    let acknowledged = Mutex::new(Vec::new());
    for round in 0..KILLS {
        let mut server = Server::beside(folder);
        let end = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (acknowledged, end, port) = (&acknowledged, &end, server.port);
                scope.spawn(move || {
                    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return };
                    let mut buffer = Vec::new();
                    while !end.load(Ordering::Relaxed) {
                        let id = EventId::random();
                        // Storms and single issues.
                        let text = if client % 2 == 0 { "storm" } else { &format!("round {round}") };
                        if !exchange(&mut stream, &mut buffer, &envelope(id, text)) {
                            return;
                        }
                        acknowledged.lock().expect("no panic").push(id);
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(400));
            server.kill();
            end.store(true, Ordering::Relaxed);
        });
    }
    let acknowledged = acknowledged.into_inner().expect("no panic");
    let missing = missing(&folder.join(".fuelops/errors.db"), &acknowledged);
    say(&format!("{KILLS} × kill -9 under load: {} acknowledged, {missing} missing", acknowledged.len()));
}

/// How many of these events the store does not know: those that count when they come again.
fn missing(path: &Path, ids: &[EventId]) -> usize {
    let now = chrono::Utc::now().timestamp_micros();
    let mut store = Store::open(path, Access::Write, now).expect("a store");
    let arrival = Arrival { received: now, source: Source::Sdk, count: 1, keeps_body: false, id: None };
    let event = Door::default().admit(serde_json::json!({"message": "again"}), arrival);
    let again: Vec<Admitted> = ids.iter().map(|id| Admitted { id: *id, ..event.clone() }).collect();
    let outcomes = store.apply(&again, now, Room::CountsOnly).expect("written");
    outcomes.iter().filter(|outcome| !outcome.is_duplicate).count()
}

/// The module in the old one's place, in many processes at once, while reports take in what they write.
fn captures(folder: &Path) {
    fs::remove_dir_all(folder.join(".fuelops")).unwrap_or(());
    let fuelops = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_fuelops")).args(args).current_dir(folder).output();
        output.expect("the binary starts").stdout
    };
    fs::write(folder.join("error_tracker.py"), fuelops(&["track-errors", "shim"])).expect("a file");
    let script = format!(
        "import error_tracker\nfor i in range({CAPTURES}):\n  try:\n    {{}}['a']\n  except KeyError as error:\n    \
         error_tracker.track_error(error, context='loop', endpoint='/x', request_data={{'n': i}})\n"
    );
    let start = Instant::now();
    let mut children: Vec<_> = (0..PROCESSES)
        .map(|_| {
            let mut python = Command::new("python3");
            python.args(["-c", &script]).current_dir(folder).stdin(Stdio::null());
            python.spawn().expect("python3 starts")
        })
        .collect();
    while children.iter_mut().any(|child| child.try_wait().expect("a child").is_none()) {
        fuelops(&["track-errors"]);
    }
    let report: serde_json::Value =
        serde_json::from_slice(&fuelops(&["track-errors", "--format", "json"])).expect("a report");
    let all = PROCESSES * CAPTURES;
    say(&format!(
        "{PROCESSES} processes × {CAPTURES} captures: {} of {all} counted, in {:.0} s",
        report["events"],
        start.elapsed().as_secs_f64()
    ));
}

/// Connections that never finish their request; others are answered beside them.
fn connections(folder: &Path) {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("the hard limit is allowed");
    let server = Server::start(folder);
    let (mut held, mut worst, mut failed) = (Vec::new(), Duration::ZERO, 0);
    for n in 0..HELD {
        match TcpStream::connect(("127.0.0.1", server.port)) {
            Ok(mut stream) => {
                // One that is closed already is as good: it was let go for its slowness.
                stream.write_all(b"POST /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le").unwrap_or(());
                held.push(stream);
            }
            Err(_) => failed += 1,
        }
        if n % 500 == 499 {
            let start = Instant::now();
            let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
            assert!(exchange(&mut stream, &mut Vec::new(), &envelope(EventId::random(), "honest")));
            worst = worst.max(start.elapsed());
        }
    }
    say(&format!(
        "{} connections that never finish, {failed} refused: an event beside them takes {:.1} s at worst, peak {} MB",
        held.len(),
        worst.as_secs_f64(),
        server.peak_mb()
    ));
}
