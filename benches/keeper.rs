//! The figures of `run`, of the keeper and of `recover`: `cargo bench --bench keeper`; with `-- --short` in a minute, for
//! whether all of it works.
//!
//! Prints one Markdown table for README. Each figure is a median over runs of the release binary as a process of its own;
//! bars are those that README promises. Ends with 1 if one is missed. The long runs of what must never happen are tests:
//! `FUELOPS_SOAK=10000 cargo test --release --test it soak::`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot run has nothing to say"
)]

#[expect(dead_code, unused_imports, reason = "the tests need more of it than the figures do")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use chrono::Utc;
use fuelops::keeper::{Keeper, Start};
use fuelops::store::{Desired, KeptProgram, LogFiles, Wish};
use nix::sys::signal::Signal;

use support::{Env, Yard, signal, wait_until};

const BINARY: &str = env!("CARGO_BIN_EXE_fuelops");
/// Words that make this program the one that is captured.
const PRINT: &str = "--print";
const WORK: &str = "--work";

/// The work between two lines of the program whose pace is measured: ten thousand lines a second.
const PAUSE: Duration = Duration::from_micros(100);
const LINES: u32 = 30_000;
const MANY_SERVICES: usize = 100;
const PROCESSES: usize = 2_000;
const STOP_TIMEOUT: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(60);

/// How much of each is run.
#[derive(Clone, Copy)]
struct Scale {
    printed: u64,
    runs: usize,
    ends: usize,
    recoveries: usize,
}

const FULL: Scale = Scale { printed: 1 << 30, runs: 5, ends: 20, recoveries: 20 };
const SHORT: Scale = Scale { printed: 32 << 20, runs: 1, ends: 3, recoveries: 2 };

/// Which side of its bar a figure has to be on.
#[derive(Clone, Copy)]
enum Side {
    AtLeast,
    AtMost,
}

/// One line of the table.
struct Figure {
    what: String,
    side: Side,
    bar: f64,
    measured: f64,
    unit: &'static str,
}

impl Figure {
    fn at_most(what: impl Into<String>, bar: f64, measured: f64, unit: &'static str) -> Self {
        Self { what: what.into(), side: Side::AtMost, bar, measured, unit }
    }

    fn at_least(what: impl Into<String>, bar: f64, measured: f64, unit: &'static str) -> Self {
        Self { what: what.into(), side: Side::AtLeast, bar, measured, unit }
    }

    fn holds(&self) -> bool {
        match self.side {
            Side::AtLeast => self.measured >= self.bar,
            Side::AtMost => self.measured <= self.bar,
        }
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some(PRINT) => return print(args[1].parse().unwrap()),
        Some(WORK) => return work(Path::new(&args[1])),
        // `cargo test --benches` and the like only ask whether it starts.
        _ if !args.iter().any(|word| word == "--bench") => return ExitCode::SUCCESS,
        _ => {}
    }
    let scale = if args.iter().any(|word| word == "--short") { SHORT } else { FULL };
    let mut figures = throughput(scale);
    figures.push(slowdown(scale));
    figures.extend(keepers());
    figures.push(end_noticed(scale));
    figures.extend(recoveries(scale));
    figures.push(plan(scale));
    println!("{}", table(&figures));
    if figures.iter().all(Figure::holds) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The captured program: prints lines as fast as they are taken.
fn print(bytes: u64) -> ExitCode {
    let line =
        b"2026-11-22 18:15:00,123 INFO api.fleet: GET /fuelAnalytics/api/fleet 200 in 12 ms, 37 trucks\n";
    let block = line.repeat(700);
    let mut stdout = io::stdout().lock();
    for _ in 0..bytes / block.len() as u64 {
        stdout.write_all(&block).unwrap();
    }
    ExitCode::SUCCESS
}

/// The program whose pace is measured: computes, prints a line, and again; writes down how long that took.
fn work(took: &Path) -> ExitCode {
    let begun = Instant::now();
    // Line by line, as a log is written.
    let mut stdout = File::from(io::stdout().as_fd().try_clone_to_owned().unwrap());
    for number in 0..LINES {
        let until = Instant::now() + PAUSE;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        let line = format!("2026-11-22 18:15:00,123 INFO api.fleet: request {number} answered in 12 ms\n");
        stdout.write_all(line.as_bytes()).unwrap();
    }
    fs::write(took, begun.elapsed().as_secs_f64().to_string()).unwrap();
    ExitCode::SUCCESS
}

fn myself() -> PathBuf {
    std::env::current_exe().unwrap()
}

fn throughput(scale: Scale) -> Vec<Figure> {
    let rate = |blocked: bool| {
        let runs = (0..scale.runs).map(|_| {
            let env = Env::new();
            if blocked {
                // No file can be made below a file: what is read and told apart is thrown away.
                env.write("logs", "");
            }
            let mut run =
                env.fuelops(&["run", "-q", "--name", "print", "--log-file", "logs/print.log", "--"]);
            run.arg(myself()).args([PRINT, &scale.printed.to_string()]);
            let begun = Instant::now();
            assert!(run.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
            scale.printed as f64 / 1e6 / begun.elapsed().as_secs_f64()
        });
        median(runs.collect())
    };
    vec![
        Figure::at_least("output read and told apart into records", 500.0, rate(true), "MB/s"),
        Figure::at_least("… and written into all three files, rotated", 200.0, rate(false), "MB/s"),
    ]
}

/// By how much a program is slower than with its output in a file.
fn slowdown(scale: Scale) -> Figure {
    let env = Env::new();
    let took = env.path("took");
    let pace = |mut command: Command| {
        command.arg(&took);
        assert!(command.stderr(Stdio::null()).status().unwrap().success());
        fs::read_to_string(&took).unwrap().parse::<f64>().unwrap()
    };
    let (mut alone, mut captured) = (Vec::new(), Vec::new());
    for _ in 0..scale.runs {
        let mut command = env.command(myself());
        command.arg(WORK).stdout(File::create(env.path("alone.log")).unwrap());
        alone.push(pace(command));
        let mut command = env.fuelops(&["run", "-q", "--name", "work", "--"]);
        command.arg(myself()).arg(WORK).stdout(Stdio::null());
        captured.push(pace(command));
    }
    let more = (median(captured) / median(alone) - 1.0) * 100.0;
    Figure::at_most("a program with 10,000 lines a second is slower by", 3.0, more, "%")
}

/// A keeper and what it keeps; gone, with all programs, when it is dropped.
struct Kept {
    env: Env,
    pids: Vec<u32>,
}

impl Kept {
    fn new() -> Self {
        Self { env: Env::new(), pids: Vec::new() }
    }

    fn keeper(&self) -> Keeper {
        Keeper::of(&self.env.path(".fuelops"), BINARY.into(), std::env::vars_os().collect())
    }

    fn start(&mut self, name: &str, script: &str) -> u32 {
        let start = Start {
            name: name.to_owned(),
            words: ["sh", "-c", script].map(str::to_owned).to_vec(),
            dir: self.env.root(),
            env: std::env::vars_os().collect(),
            user: None,
            files: LogFiles::of(name, None, &self.env.root()),
            file_user: None,
            pid_file: None,
        };
        let pid = self.keeper().start(start).unwrap();
        self.pids.push(pid);
        pid
    }

    /// What the keeper's memory comes to, shared pages by their part.
    fn pss(&self, name: &str) -> f64 {
        let keeper = KeptProgram::read(&self.env.path(".fuelops"), name).unwrap().keeper.unwrap().pid;
        let rollup = fs::read_to_string(format!("/proc/{keeper}/smaps_rollup")).unwrap();
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap() * 1024.0 / 1e6
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let state = self.env.path(".fuelops");
        for kept in KeptProgram::all(&state) {
            let desired = Desired { wish: Wish::Stopped, since: Utc::now(), in_work_by: None };
            desired.write(&state, &kept.name).unwrap_or(());
        }
        for pid in &self.pids {
            signal(*pid, Signal::SIGKILL);
        }
    }
}

fn keepers() -> Vec<Figure> {
    let mut kept = Kept::new();
    kept.start("s0", "echo up; exec sleep 600");
    std::thread::sleep(Duration::from_secs(1));
    let one = kept.pss("s0");
    for number in 1..MANY_SERVICES {
        kept.start(&format!("s{number}"), "echo up; exec sleep 600");
    }
    std::thread::sleep(Duration::from_secs(1));
    let many = kept.pss("s0");
    vec![
        Figure::at_most("keeper with 1 service: PSS", 4.0, one, "MB"),
        Figure::at_most(format!("keeper with {MANY_SERVICES} services: PSS"), 12.0, many, "MB"),
    ]
}

/// From the kill to the moment that the keeper writes down as the end.
fn end_noticed(scale: Scale) -> Figure {
    let mut kept = Kept::new();
    let mut spans = Vec::new();
    for number in 0..scale.ends {
        let name = format!("e{number}");
        // What it leaves behind holds its output open: the keeper tells of it until that has ended, too.
        let pid = kept.start(&name, "sleep 600 & exec sleep 600");
        std::thread::sleep(Duration::from_millis(50));
        let killed = Utc::now();
        signal(pid, Signal::SIGKILL);
        let mut ended = None;
        wait_until(PATIENCE, || {
            let programs = kept.keeper().programs();
            ended = programs
                .iter()
                .find(|program| program.name == name)
                .and_then(|program| program.ended.clone());
            ended.is_some()
        });
        let span = ended.expect("the end is told").at - killed;
        spans.push(span.num_microseconds().unwrap() as f64 / 1e3);
    }
    end_all(&kept.env);
    Figure::at_most("end of a service noticed after", 5.0, median(spans), "ms")
}

/// Ends whatever runs in a place of its own.
fn end_all(env: &Env) {
    let root = env.root().canonicalize().unwrap();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&root)) {
            signal(pid, Signal::SIGKILL);
        }
    }
}

/// A backend with two workers, deaf to TERM: down by at least its own time to stop and to start.
fn recoveries(scale: Scale) -> Vec<Figure> {
    let yard = Yard::new();
    let config = fs::read_to_string(yard.env.path("fuelops.toml")).unwrap();
    let timeout = format!("stop_timeout = \"{}ms\"", STOP_TIMEOUT.as_millis());
    yard.env.write("fuelops.toml", config.replace("stop_timeout = \"2s\"", &timeout));
    yard.env.write("workers", "");
    yard.env.write("deaf", "");
    let starts = (0..scale.runs).map(|_| {
        let begun = Instant::now();
        yard.start();
        let took = begun.elapsed().as_secs_f64() * 1e3;
        yard.clear();
        took
    });
    let own_start = median(starts.collect());
    yard.recover(&["--yes"]).expect(0);
    let mut down = Vec::new();
    for _ in 0..scale.recoveries {
        let report = yard.recover(&["--full", "--force", "--yes"]).expect(0).json();
        down.push(report["downtime_ms"].as_f64().unwrap());
        fs::remove_dir_all(yard.env.path("logs")).unwrap();
    }
    let own = STOP_TIMEOUT.as_secs_f64() * 1e3 + own_start;
    let longest = down.iter().copied().fold(0.0, f64::max);
    let middle = median(down);
    vec![
        Figure::at_most("`recover`, two workers, deaf to TERM: downtime p50", 5_000.0, middle, "ms"),
        Figure::at_most(format!("… the longest of {}", scale.recoveries), 30_000.0, longest, "ms"),
        Figure::at_most("… beyond the backend's own stop and start", 500.0, middle - own, "ms"),
    ]
}

fn plan(scale: Scale) -> Figure {
    let yard = Yard::new();
    let mut crowd: Vec<Child> = Vec::new();
    for _ in 0..PROCESSES {
        crowd.push(Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap());
    }
    let plans = (0..scale.runs).map(|_| yard.recover(&["--dry-run"]).json()["elapsed_ms"].as_f64().unwrap());
    let took = median(plans.collect());
    for mut child in crowd {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    Figure::at_most(format!("the plan beside {PROCESSES} processes"), 300.0, took, "ms")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn table(figures: &[Figure]) -> String {
    let mut out = String::from("| what | bar | measured |\n| --- | ---: | ---: |\n");
    for figure in figures {
        let Figure { what, side, bar, measured, unit } = figure;
        let side = if matches!(side, Side::AtLeast) { "≥" } else { "≤" };
        let mark = if figure.holds() { "" } else { " ✖" };
        writeln!(out, "| {what} | {side} {bar} {unit} | {measured:.1} {unit}{mark} |").unwrap();
    }
    out
}
