//! Real servers, out of Debian's packages, as private instances: own folder, free loopback port, ordinary user.
//!
//! Each is started with `start`, or shared by all tests of the process with `shared`, and both are `None`, said aloud,
//! where the package is not installed. Nothing outlives the tests: a small shell watches over each server, and ends it
//! and removes its folder when the value is dropped or the test's process is gone, however it went.

mod alertmanager;
mod mariadb;
mod postgres;
mod prometheus;
mod redis;
mod smtp;
mod systemd;

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{skip, wait_until};

pub(crate) use alertmanager::Alertmanager;
pub(crate) use mariadb::MariaDb;
pub(crate) use postgres::Postgres;
pub(crate) use prometheus::{NodeExporter, Prometheus};
pub(crate) use redis::Redis;
pub(crate) use smtp::{Smtp, SmtpMode};
pub(crate) use systemd::Systemd;

/// How long a server may take until it serves, on a machine that is busy with other tests.
const START_LIMIT: Duration = Duration::from_secs(90);
/// The ordinary user whom servers run as when the tests run as root: some refuse root.
const NOBODY: u32 = 65_534;
/// Where Debian keeps servers that are not for everybody's path.
const FURTHER_PATHS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/// Starts what follows in the background, tells its pid, and waits for the end of its own input: then nobody needs the
/// server any more. `$1` is the folder, `$2` the signal that ends it.
const WATCHDOG: &str = r#"
dir=$1 signal=$2
shift 2
"$@" </dev/null >>"$dir/server.log" 2>&1 &
server=$!
echo "$server"
exec >/dev/null
cat >/dev/null
kill -CONT "$server" 2>/dev/null
kill -"$signal" "$server" 2>/dev/null
waited=0
while [ "$waited" -lt 100 ]; do
  # Gone, or dead and ours to collect.
  case $(ps -o stat= -p "$server" 2>/dev/null) in '' | Z*) break ;; esac
  sleep 0.02
  waited=$((waited + 1))
done
kill -KILL "$server" 2>/dev/null
rm -rf -- "$dir"
"#;

/// A program that runs in a folder of its own until this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    dir: PathBuf,
    pid: u32,
    watchdog: Child,
    /// Closed, it tells the watchdog to end the server.
    leash: Option<ChildStdin>,
}

impl Server {
    /// Starts a program that is ended by `signal`, as an ordinary user. `dir` is from [`new_dir`], and goes with it.
    fn launch(dir: PathBuf, signal: &str, program: &[&str]) -> Self {
        Self::watch(dir, signal, &as_ordinary_user(program))
    }

    /// The same, as whoever runs the tests.
    fn watch(dir: PathBuf, signal: &str, program: &[&str]) -> Self {
        let mut watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(&dir)
            .arg(signal)
            .args(program)
            .current_dir(&dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // An interrupt at the terminal reaches the tests; the watchdog ends after them.
            .process_group(0)
            .spawn()
            .unwrap();
        let leash = watchdog.stdin.take();
        let mut first = String::new();
        BufReader::new(watchdog.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let pid = first.trim().parse().unwrap();
        Self { dir, pid, watchdog, leash }
    }

    /// Waits until the server serves; fails with its log otherwise.
    fn wait_for(&self, what: &str, ready: impl FnMut() -> bool) {
        assert!(wait_until(START_LIMIT, ready), "{what} did not start\n{}", self.log());
    }

    /// The server's folder, with its data and its log.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The server's own pid.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends the server a signal: `SIGSTOP` makes it hang, `SIGKILL` makes it crash.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.pid).unwrap()), signal).unwrap();
    }

    /// What it has written to its standard streams.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.dir.join("server.log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ended = self.watchdog.wait();
    }
}

/// A new folder that belongs to whom servers run as.
fn new_dir(name: &str) -> PathBuf {
    let dir = tempfile::Builder::new().prefix(&format!("fuelops-{name}.")).tempdir().unwrap().keep();
    if nix::unistd::geteuid().is_root() {
        chown(&dir, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    File::create(dir.join("server.log")).unwrap();
    dir
}

/// The same command, as an ordinary user where the tests run as root.
fn as_ordinary_user<'a>(program: &[&'a str]) -> Vec<&'a str> {
    let mut words = Vec::new();
    if nix::unistd::geteuid().is_root() {
        words.extend(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
    }
    words.extend(program);
    words
}

/// Runs a tool as an ordinary user to its end; fails with what it said unless it succeeded.
fn run(dir: &Path, program: &[&str]) -> String {
    let words = as_ordinary_user(program);
    let output = Command::new(words[0]).args(&words[1..]).current_dir(dir).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{program:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{program:?}: {}\n{text}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// Where a program of a Debian package is; `None`, said aloud once, where it is not installed.
fn find(program: &str, package: &str, told: &OnceLock<()>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(FURTHER_PATHS.map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    if found.is_none() {
        told.get_or_init(|| skip(program, &format!("the package {package} is not installed")));
    }
    found
}

fn accepts(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn a_server_ends_with_its_value_and_leaves_no_folder() {
    let dir = new_dir("sleep");
    let server = Server::launch(dir.clone(), "TERM", &["sleep", "1000"]);
    let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap());
    // Even a stopped one.
    server.signal(Signal::SIGSTOP);
    drop(server);
    assert!(kill(pid, None).is_err(), "still there");
    assert!(!dir.exists());
}
