//! What integration tests stand on: a hermetic place to run the binary in, and real servers to run it against.
//!
//! Everything lies in temporary folders and on free loopback ports, and is gone when its value is dropped.

mod backend;
mod disk;
mod env;
mod receiver;
pub(crate) mod servers;
mod watch;
mod yard;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub(crate) use backend::Backend;
pub(crate) use disk::{Frozen, Mounted, fill};
pub(crate) use env::{Env, Outcome};
pub(crate) use receiver::{Receiver, Reply, Request};
pub(crate) use watch::{SERVER, Watch};
pub(crate) use yard::{Yard, is_alive, signal};

/// A port that nobody listens on, given to one caller of this process only.
pub(crate) fn free_port() -> u16 {
    static GIVEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);
    let mut given = GIVEN.lock().unwrap();
    let given = given.get_or_insert_default();
    loop {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        if given.insert(port) {
            return port;
        }
    }
}

/// The whole answer of a loopback server to a GET, or nothing where there is none within a second.
pub(crate) fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Waits until `ready` says so; the answer is whether it did in time.
pub(crate) fn wait_until(limit: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if ready() {
            return true;
        }
        if start.elapsed() > limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Says that a test could not run here: past the capture of the test runner, and in the summary of `tests/run`.
pub(crate) fn skip(test: &str, why: &str) {
    // Written to the stream itself: `eprintln!` would be captured with the output of a test that passes.
    std::io::stderr().write_all(format!("skipped: {test}: {why}\n").as_bytes()).unwrap();
    if let Some(path) = std::env::var_os("FUELOPS_TEST_SKIPS") {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "{test}: {why}").unwrap();
    }
}

/// Whether the tests run as root; where not, the test is skipped aloud.
pub(crate) fn is_root_or_skip(test: &str) -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        skip(test, "needs root");
    }
    root
}
