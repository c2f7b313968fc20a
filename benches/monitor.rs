//! The figures of `monitor` on a small HTTP server: `cargo bench --bench monitor`. Linux; needs python3.
//!
//! Prints one Markdown table: how long the server's own start takes, how long it does not answer after `kill -9` and after
//! SIGSTOP, what an idle monitor and its keeper cost, how soon a hundred services are up; beside them Monit, supervisord and
//! pm2, where they are found (see `peers/mod.rs`). Ends with 1 if a bar is missed. `FUELOPS_BENCH_BINARY` names another binary
//! to measure. `-- soak` makes a day short instead, with faults throughout, and prints what memory has grown by.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark that cannot run has nothing to say"
)]

mod monitor_soak;
mod peers;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fuelops::store::KeptProgram;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use peers::{Peer, PeerYard};
use tempfile::TempDir;

const KILLS: usize = 15;
const HANGS: usize = 7;
const MANY: usize = 100;
const IDLE: Duration = Duration::from_secs(60);
/// What has not been answered by then never is.
const NEVER: Duration = Duration::from_secs(20);
const LIMIT: Duration = Duration::from_secs(120);
/// Processor time as the kernel counts it for a process.
const TICKS_PER_SECOND: f64 = 100.0;

/// Answers everybody; small, so that what is measured is who watches it.
const SERVER: &str = "\
import os, socket, sys
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=64)
open('server.pid', 'w').write(str(os.getpid()))
while True:
    client, _ = listener.accept()
    try:
        client.recv(4096)
        client.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok')
    except OSError:
        pass
    client.close()
";
/// Without the site's packages, which take most of a start.
const ISOLATED: [&str; 2] = ["-I", "-S"];

/// The interpreter itself: what `python3` names may be a script that looks for it, and takes longer than the server.
fn python() -> &'static str {
    static FOUND: OnceLock<String> = OnceLock::new();
    FOUND.get_or_init(|| {
        let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
        String::from_utf8(asked.unwrap().stdout).unwrap().trim().to_owned()
    })
}

/// One line of the table.
struct Figure {
    what: String,
    bar: f64,
    measured: f64,
    unit: &'static str,
    /// By peer, in their order; empty where they are not asked, not a number where they never get there.
    beside: Vec<f64>,
}

fn main() -> ExitCode {
    // `cargo test --benches` and the like only ask whether it starts.
    if !std::env::args().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    if std::env::args().any(|word| word == "soak") {
        let figure = monitor_soak::growth();
        println!("{}", table(std::slice::from_ref(&figure), &[]));
        return if figure.measured <= figure.bar { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let peers = peers::found();
    let mut figures = vec![own_start()];
    figures.push(killed(&peers));
    figures.push(hung(&peers));
    figures.push(hung_by_default());
    figures.extend(idle(&peers));
    figures.extend(many());
    println!("{}", table(&figures, &peers));
    match figures.iter().all(|figure| figure.measured <= figure.bar) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// What is taken by whoever watches: megabytes, and percent of one processor.
struct Cost {
    pss: f64,
    share: f64,
}

/// A folder with services and a monitor; everything ends with it.
struct Yard {
    dir: TempDir,
    monitor: Child,
    ports: Vec<u16>,
}

impl Yard {
    /// `more` goes into each service's section.
    fn start(services: usize, more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("server.py"), SERVER).unwrap();
        let ports = free_ports(services);
        let mut config = String::from("name = \"bench\"\n");
        let (python, [isolated, alone]) = (python(), ISOLATED);
        for port in &ports {
            let url = format!("http://127.0.0.1:{port}/");
            writeln!(
                config,
                "[[service]]\nname = \"s{port}\"\ncommand = [{python:?}, {isolated:?}, {alone:?}, \"server.py\", \"{port}\"]\n\
                 port = {port}\nhealth_url = \"{url}\"\n{more}"
            )
            .unwrap();
        }
        fs::write(dir.path().join("fuelops.toml"), config).unwrap();
        let binary =
            std::env::var("FUELOPS_BENCH_BINARY").unwrap_or(env!("CARGO_BIN_EXE_fuelops").to_owned());
        let mut command = Command::new(binary);
        let command = command.args(["monitor", "--quiet"]).current_dir(dir.path()).stdin(Stdio::null());
        let monitor = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { dir, monitor, ports }
    }

    fn kept(&self, port: u16) -> Option<KeptProgram> {
        KeptProgram::read(&self.dir.path().join(".fuelops"), &format!("s{port}"))
    }

    fn pid(&self, port: u16) -> Option<u32> {
        self.kept(port)?.program.map(|program| program.pid)
    }

    fn is_up(&self) {
        for port in &self.ports {
            wait_until(|| answers(*port) && self.pid(*port).is_some());
        }
    }

    /// The monitor and the keepers.
    fn watchers(&self) -> Vec<u32> {
        let keeper = |port: &u16| self.kept(*port)?.keeper.map(|keeper| keeper.pid);
        let mut pids: Vec<u32> = self.ports.iter().filter_map(keeper).collect();
        pids.push(self.monitor.id());
        pids.sort_unstable();
        pids.dedup();
        pids
    }

    fn pss(&self) -> f64 {
        self.watchers().into_iter().map(pss_megabytes).sum()
    }

    /// What the watchers take while nothing happens.
    fn cost(&self) -> Cost {
        let pids = self.watchers();
        let used = || pids.iter().map(|pid| cpu_seconds(*pid)).sum::<f64>();
        let before = used();
        sleep(IDLE);
        let share = (used() - before) / IDLE.as_secs_f64() * 100.0;
        Cost { pss: self.pss(), share }
    }

    /// Milliseconds from a signal until another process answers.
    fn struck(&self, signal: Signal) -> f64 {
        let port = self.ports[0];
        let old = self.pid(port).unwrap();
        let begun = Instant::now();
        kill(Pid::from_raw(old.cast_signed()), signal).unwrap();
        wait_until(|| {
            (signal == Signal::SIGKILL || self.pid(port).is_some_and(|pid| pid != old)) && answers(port)
        });
        milliseconds(begun.elapsed())
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        self.monitor.kill().unwrap_or(());
        self.monitor.wait().map(drop).unwrap_or(());
        for port in &self.ports {
            if let Some(pid) = self.pid(*port) {
                kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL).unwrap_or(());
            }
        }
    }
}

fn own_start() -> Figure {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("server.py"), SERVER).unwrap();
    let start = || {
        let port = free_ports(1)[0];
        let begun = Instant::now();
        let mut command = Command::new(python());
        let command = command.args(ISOLATED).args(["server.py", &port.to_string()]).current_dir(dir.path());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_until(|| answers(port));
        let took = milliseconds(begun.elapsed());
        child.kill().unwrap();
        child.wait().unwrap();
        took
    };
    let measured = median((0..KILLS).map(|_| start()).collect());
    let what = "the server's own start".to_owned();
    Figure { what, bar: f64::INFINITY, measured, unit: "ms", beside: Vec::new() }
}

/// What each peer takes, in the median; after the first miss it is not asked again.
fn beside(peers: &[Peer], signal: Signal, times: usize, calm: impl Fn(usize) -> Duration) -> Vec<f64> {
    let of_one = |yard: PeerYard<'_>| {
        let strike = |n| {
            sleep(calm(n));
            yard.struck(signal, NEVER)
        };
        (0..times).map(strike).collect::<Option<_>>().map_or(f64::NAN, median)
    };
    peers.iter().map(|peer| of_one(peer.watch())).collect()
}

fn killed(peers: &[Peer]) -> Figure {
    // Each is the first in its window.
    let yard = Yard::start(1, "period = \"30s\"\nrestart = { max = 9, window = \"1s\", backoff = \"1ms\" }");
    yard.is_up();
    let strike = || {
        sleep(Duration::from_millis(1500));
        yard.struck(Signal::SIGKILL)
    };
    let measured = median((0..KILLS).map(|_| strike()).collect());
    // Spread over the phases of their looks.
    let calm = |n: usize| Duration::from_millis(2500 + 137 * u64::try_from(n).unwrap());
    let beside = beside(peers, Signal::SIGKILL, KILLS, calm);
    let what = "`kill -9` to answering again, median".to_owned();
    Figure { what, bar: 40.0, measured, unit: "ms", beside }
}

fn hung(peers: &[Peer]) -> Figure {
    let more = "period = \"1s\"\nhealth_timeout = \"500ms\"\nfailure_threshold = 1\n\
                restart = { max = 9, window = \"1s\", backoff = \"1ms\" }";
    let yard = Yard::start(1, more);
    yard.is_up();
    // Spread over the phases of the period.
    let calm = |n: usize| Duration::from_millis(3000 + 137 * u64::try_from(n).unwrap());
    let strike = |n: usize| {
        sleep(calm(n));
        yard.struck(Signal::SIGSTOP)
    };
    let measured = median((0..HANGS).map(strike).collect());
    let beside = beside(peers, Signal::SIGSTOP, HANGS, |n| 2 * calm(n));
    let what = "SIGSTOP to answering again, period 1 s, timeout 500 ms, threshold 1, median".to_owned();
    Figure { what, bar: 1500.0, measured, unit: "ms", beside }
}

/// With everything as it is where the config says nothing, but for how soon a restart is the first in its window again.
fn hung_by_default() -> Figure {
    let yard = Yard::start(1, "restart = { max = 9, window = \"1s\", backoff = \"1ms\" }");
    yard.is_up();
    // Spread over the phases of the period.
    let strike = |n: usize| {
        sleep(Duration::from_millis(3000 + 4700 * u64::try_from(n).unwrap()));
        yard.struck(Signal::SIGSTOP)
    };
    let measured = median((0..HANGS).map(strike).collect());
    let what = "SIGSTOP to answering again at default settings, median".to_owned();
    Figure { what, bar: 40_000.0, measured, unit: "ms", beside: Vec::new() }
}

fn idle(peers: &[Peer]) -> [Figure; 2] {
    let yard = Yard::start(1, "period = \"30s\"");
    yard.is_up();
    sleep(Duration::from_secs(3));
    let cost = yard.cost();
    let of_peer = |peer: &Peer| {
        let yard = peer.watch();
        sleep(Duration::from_secs(5));
        yard.residents().into_iter().map(pss_megabytes).sum::<f64>()
    };
    let beside = peers.iter().map(of_peer).collect();
    let what = "idle PSS of monitor and keeper".to_owned();
    let memory = Figure { what, bar: 10.0, measured: cost.pss, unit: "MB", beside };
    let what = "idle processor share at 30 s".to_owned();
    [memory, Figure { what, bar: 0.1, measured: cost.share, unit: "%", beside: Vec::new() }]
}

/// The bar of the first one is what the starts themselves take on all processors, and 300 ms.
fn many() -> [Figure; 3] {
    let begun = Instant::now();
    let yard = Yard::start(MANY, "period = \"1s\"\nstart_timeout = \"60s\"");
    yard.is_up();
    let measured = milliseconds(begun.elapsed());
    let starts: f64 = yard.ports.iter().filter_map(|port| yard.pid(*port)).map(cpu_seconds).sum();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let bar = (starts * 1000.0 / processors as f64 + 300.0).round();
    // What follows the starts is not idleness.
    sleep(Duration::from_secs(10));
    let cost = yard.cost();
    let alone = |what, bar, measured, unit| Figure { what, bar, measured, unit, beside: Vec::new() };
    [
        alone(format!("{MANY} services, all answering"), bar, measured, "ms"),
        alone(format!("PSS of monitor and keeper, {MANY} services"), 24.0, cost.pss, "MB"),
        alone(format!("processor share, {MANY} services each second"), 1.0, cost.share, "%"),
    ]
}

fn answers(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_millis(300)))?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(start.ends_with(b"200"))
    };
    ask().unwrap_or(false)
}

fn wait_until(mut is_there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < LIMIT, "not within {LIMIT:?}");
        sleep(Duration::from_micros(500));
    }
}

/// Ports that nobody listens on; held all together first, since the kernel gives one that was let go again.
fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<TcpListener> = (0..count).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    fields.iter().sum::<f64>() / TICKS_PER_SECOND
}

fn pss_megabytes(pid: u32) -> f64 {
    let path = format!("/proc/{pid}/smaps_rollup");
    let rollup = fs::read_to_string(Path::new(&path)).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes: f64 =
        line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default();
    kilobytes / 1000.0 * 1.024
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn table(figures: &[Figure], peers: &[Peer]) -> String {
    let names: String = peers.iter().map(|peer| format!(" {} |", peer.name)).collect();
    let mut text =
        format!("| what | bar | fuelops |{names}\n| --- | --- | --- |{}\n", " --- |".repeat(peers.len()));
    for Figure { what, bar, measured, unit, beside } in figures {
        let bar = if bar.is_finite() { format!("{bar} {unit}") } else { "–".to_owned() };
        write!(text, "| {what} | {bar} | {measured:.2} {unit} |").unwrap();
        for n in 0..peers.len() {
            match beside.get(n) {
                Some(measured) if measured.is_finite() => write!(text, " {measured:.2} {unit} |").unwrap(),
                Some(_) => write!(text, " not within {} s |", NEVER.as_secs()).unwrap(),
                None => text.push_str(" – |"),
            }
        }
        text.push('\n');
    }
    text
}
