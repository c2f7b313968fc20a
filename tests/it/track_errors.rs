//! `fuelops track-errors` from the outside: commands, the wire, real SDKs, kills and crowds.

mod commands;
mod crowd;
mod disk;
mod sdks;
mod wire;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::Env;

/// A running `track-errors serve`.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(env: &Env) -> Self {
        Self::start_with(env, &[])
    }

    fn start_with(env: &Env, more: &[&str]) -> Self {
        let args = [&["track-errors", "serve", "--listen", "127.0.0.1:0"], more].concat();
        let mut command: Command = env.fuelops(&args);
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let told = lines.find_map(|line| {
            let line = line.unwrap();
            line.split_once("listening on http://127.0.0.1:").map(|(_, port)| port.trim().parse().unwrap())
        });
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port: told.expect("the server says where it listens") }
    }

    fn dsn(&self) -> String {
        format!("http://0123456789abcdef0123456789abcdef@127.0.0.1:{}/1", self.port)
    }

    /// Sends a request and returns the status and the whole answer.
    fn send(&self, path: &str, headers: &str, body: &[u8]) -> (u16, String) {
        send(self.port, path, headers, body)
    }

    fn envelope(&self, event: &str) -> (u16, String) {
        let body = format!("{{}}\n{{\"type\":\"event\"}}\n{event}\n");
        self.send("/api/1/envelope/?sentry_key=k", "", body.as_bytes())
    }

    fn signal(&mut self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap_or(());
        self.child.wait().map(drop).unwrap_or(());
    }
}

fn send(port: u16, path: &str, headers: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = if headers.contains("Content-Length") {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}{headers}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap_or(());
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map(drop).unwrap_or(());
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0), answer)
}

/// The report as JSON.
fn report(env: &Env) -> Value {
    env.run(&["track-errors", "--format", "json"]).json()
}

/// How often all issues happened, all time.
fn counted(env: &Env) -> u64 {
    let list = env.run(&["track-errors", "list", "--format", "json"]).json();
    list["issues"].as_array().unwrap().iter().map(|issue| issue["count"].as_u64().unwrap()).sum()
}
